"""Tokens on disk: who holds one, and how quickly it is void."""

import json
import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cortex.errors import Conflict, Malformed, Misconfigured, Unauthenticated, Unavailable
from cortex.fabric.activator.access import tokens
from cortex.fabric.activator.access.tokens import TokenFile
from tests.file_writer import kept


def test_a_created_token_names_its_holder_and_scopes(tmp_path: Path) -> None:
    secret = tokens.create(
        tmp_path, "wall-panel", scopes=["operate", "read"], targets=["AA:BB"], now=1
    )
    holder = TokenFile(tmp_path).holder_of(secret)
    assert holder.name == "wall-panel"
    assert holder.scopes == {"read", "operate"}
    assert holder.targets == {"aa:bb"}


def test_only_a_hash_is_kept_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    secret = tokens.create(tmp_path, "a", scopes=["read"], now=1)
    file = tmp_path / "tokens.json"
    assert secret not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_running_process_notices_a_revoked_token_at_its_next_use(tmp_path: Path) -> None:
    secret = tokens.create(tmp_path, "a", scopes=["read"], now=1)
    file = TokenFile(tmp_path)
    file.holder_of(secret)
    tokens.revoke(tmp_path, "a", now=2)
    with pytest.raises(Unauthenticated, match="revoked"):
        file.holder_of(secret)


def test_a_rotated_token_is_void_and_its_successor_keeps_the_scopes(tmp_path: Path) -> None:
    old = tokens.create(tmp_path, "a", scopes=["read"], now=1)
    new = tokens.rotate(tmp_path, "a", now=2)
    file = TokenFile(tmp_path)
    assert file.holder_of(new).scopes == {"read"}
    with pytest.raises(Unauthenticated, match="unknown"):
        file.holder_of(old)


def test_a_name_is_in_use_once_and_free_again_after_its_end(tmp_path: Path) -> None:
    tokens.create(tmp_path, "a", scopes=["read"], now=1)
    with pytest.raises(Conflict, match="in use"):
        tokens.create(tmp_path, "a", scopes=["read"], now=1)
    tokens.revoke(tmp_path, "a", now=2)
    tokens.create(tmp_path, "a", scopes=["read"], now=3)
    assert [one.revoked for one in tokens.listed(tmp_path)] == [2, None]


@pytest.mark.parametrize(
    ("name", "scopes"), [("", ["read"]), ("../x", ["read"]), ("a", []), ("a", ["root"])]
)
def test_a_token_without_a_usable_name_and_scope_is_refused(
    tmp_path: Path, name: str, scopes: list[str]
) -> None:
    with pytest.raises(Malformed):
        tokens.create(tmp_path, name, scopes=scopes, now=1)


def test_ending_a_token_that_is_not_in_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="no token named 'a'"):
        tokens.revoke(tmp_path, "a", now=1)


def test_a_damaged_file_lets_nobody_in(tmp_path: Path) -> None:
    secret = tokens.create(tmp_path, "a", scopes=["read"], now=1)
    file = TokenFile(tmp_path)
    file.holder_of(secret)
    (tmp_path / "tokens.json").write_text("[")
    for _ in range(2):
        with pytest.raises(Misconfigured):
            file.holder_of(secret)


def test_a_removed_file_lets_nobody_in(tmp_path: Path) -> None:
    secret = tokens.create(tmp_path, "a", scopes=["read"], now=1)
    file = TokenFile(tmp_path)
    file.holder_of(secret)
    (tmp_path / "tokens.json").unlink()
    with pytest.raises(Unauthenticated):
        file.holder_of(secret)


def test_the_first_start_leaves_an_admin_token_and_later_ones_do_not(tmp_path: Path) -> None:
    tokens.ensure_admin(tmp_path, now=1)
    left = tokens.admin_token_file(tmp_path)
    secret = left.read_text().strip()
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert TokenFile(tmp_path).holder_of(secret).may("admin")
    left.unlink()
    tokens.ensure_admin(tmp_path, now=2)
    assert not left.exists()


def test_a_first_start_that_leaves_no_admin_token_is_made_up_for_by_the_next(
    tmp_path: Path,
) -> None:
    left = tokens.admin_token_file(tmp_path)
    left.mkdir()
    with pytest.raises(IsADirectoryError):
        tokens.ensure_admin(tmp_path, now=1)
    left.rmdir()
    tokens.ensure_admin(tmp_path, now=2)
    assert TokenFile(tmp_path).holder_of(left.read_text().strip()).may("admin")


def test_the_first_start_leaves_an_admin_token_also_where_another_was_created_before(
    tmp_path: Path,
) -> None:
    other = tokens.create(tmp_path, "laptop", scopes=["read"], now=1)
    tokens.ensure_admin(tmp_path, now=2)
    secret = tokens.admin_token_file(tmp_path).read_text().strip()
    assert TokenFile(tmp_path).holder_of(secret).may("admin")
    assert TokenFile(tmp_path).holder_of(other).name == "laptop"


@pytest.mark.parametrize("left", ["the entry", "the file"])
def test_an_admin_token_that_was_revoked_is_not_made_anew_by_a_start(
    left: str, tmp_path: Path
) -> None:
    tokens.create(tmp_path, "laptop", scopes=["read"], now=1)
    tokens.ensure_admin(tmp_path, now=1)
    tokens.revoke(tmp_path, "admin", now=2)
    file = tmp_path / "tokens.json"
    if left == "the entry":
        tokens.admin_token_file(tmp_path).unlink()
    else:
        rows = json.loads(file.read_text())
        file.write_text(json.dumps([row for row in rows if row["name"] != "admin"]))
    before = file.read_bytes()
    tokens.ensure_admin(tmp_path, now=3)
    assert file.read_bytes() == before


def test_a_process_that_holds_the_tokens_is_not_waited_for_without_end(tmp_path: Path) -> None:
    told = "nothing was changed: another process"
    with kept(tmp_path / "tokens.lock"), pytest.raises(Unavailable, match=told) as caught:
        tokens.create(tmp_path, "laptop", scopes=["read"], now=1)
    assert "fuser" in caught.value.hint
    assert tokens.listed(tmp_path) == ()
    tokens.create(tmp_path, "laptop", scopes=["read"], now=1)


def test_rotating_the_admin_token_renews_its_file(tmp_path: Path) -> None:
    tokens.ensure_admin(tmp_path, now=1)
    secret = tokens.rotate(tmp_path, "admin", now=2)
    assert tokens.admin_token_file(tmp_path).read_text().strip() == secret


def test_an_admin_token_that_was_revoked_and_lost_is_made_anew(tmp_path: Path) -> None:
    tokens.ensure_admin(tmp_path, now=1)
    left = tokens.admin_token_file(tmp_path)
    assert tokens.is_owners(tmp_path, "admin")
    tokens.revoke(tmp_path, "admin", now=2)
    assert not tokens.is_owners(tmp_path, "admin")
    left.unlink()
    secret = tokens.rotate(tmp_path, "admin", now=3)
    assert left.read_text().strip() == secret
    assert TokenFile(tmp_path).holder_of(secret).may("admin")
    assert tokens.is_owners(tmp_path, "admin")


def test_only_the_token_in_the_admin_file_is_the_owners(tmp_path: Path) -> None:
    tokens.create(tmp_path, "panel", scopes=["admin"], now=1)
    assert not tokens.is_owners(tmp_path, "panel")


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    def create(number: int) -> None:
        tokens.create(tmp_path, f"t{number}", scopes=["read"], now=number)

    writers = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=10)
    assert {one.name for one in tokens.listed(tmp_path)} == {f"t{n}" for n in range(8)}


def test_a_name_that_is_given_anew_stands_for_somebody_else(tmp_path: Path) -> None:
    first = tokens.create(tmp_path, "a", scopes=["read"], now=1)
    file = TokenFile(tmp_path)
    one = file.holder_of(first)
    assert file.identified(one.identity) == one
    tokens.revoke(tmp_path, "a", now=2)
    another = file.holder_of(tokens.create(tmp_path, "a", scopes=["read"], now=2))
    assert another.name == one.name
    assert another.identity != one.identity
    assert file.identified(one.identity) is None
    assert file.identified(another.identity) == another


def test_a_rotated_token_stands_for_the_same_one(tmp_path: Path) -> None:
    before = TokenFile(tmp_path).holder_of(tokens.create(tmp_path, "a", scopes=["read"], now=1))
    after = TokenFile(tmp_path).holder_of(tokens.rotate(tmp_path, "a", now=2))
    assert after.holder == before.holder


def test_an_entry_without_an_identity_has_one_that_stays_when_it_is_rotated(
    tmp_path: Path,
) -> None:
    secret = tokens.create(tmp_path, "a", scopes=["read"], now=1)
    file = tmp_path / "tokens.json"
    entries = json.loads(file.read_text())
    del entries[0]["id"]
    file.write_text(json.dumps(entries))
    identity = TokenFile(tmp_path).holder_of(secret).identity
    assert len(identity) == 32
    assert TokenFile(tmp_path).holder_of(secret).identity == identity
    assert TokenFile(tmp_path).holder_of(tokens.rotate(tmp_path, "a", now=2)).identity == identity


def test_an_admin_made_anew_after_a_revocation_is_not_the_one_before(tmp_path: Path) -> None:
    tokens.ensure_admin(tmp_path, now=1)
    [one] = tokens.listed(tmp_path)
    tokens.revoke(tmp_path, "admin", now=2)
    tokens.rotate(tmp_path, "admin", now=3)
    assert tokens.listed(tmp_path)[-1].identity not in {"", one.identity}


@contextmanager
def no_room(beyond: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (beyond, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_tokens_are_revoked_also_where_the_disk_is_full(tmp_path: Path) -> None:
    names = [f"token-{number}" for number in range(4)]
    secrets = [tokens.create(tmp_path, one, scopes=["read"], now=1) for one in names]
    file, running = tmp_path / "tokens.json", TokenFile(tmp_path)
    size, listed = file.stat().st_size, {one.name for one in tokens.listed(tmp_path)}
    with no_room(size):
        for number, name in enumerate(names):
            tokens.revoke(tmp_path, name, now=1_790_000_000.123456)
            for place, secret in enumerate(secrets):
                if place > number:
                    assert running.holder_of(secret).name == names[place]
                else:
                    with pytest.raises(Unauthenticated):
                        running.holder_of(secret)
    assert file.stat().st_size == size
    assert {one.name for one in tokens.listed(tmp_path)} <= listed
    assert not list(tmp_path.glob(".tokens*"))
    tokens.create(tmp_path, "new", scopes=["read"], now=3)
    assert "new" in {one.name for one in tokens.listed(tmp_path)}


def test_what_is_void_is_let_go_of_where_there_is_no_room_to_say_so(tmp_path: Path) -> None:
    secret = tokens.create(tmp_path, "a", scopes=["read"], now=1)
    tokens.create(tmp_path, "b", scopes=["read"], now=1)
    file = tmp_path / "tokens.json"
    file.write_bytes(json.dumps(json.loads(file.read_bytes()), separators=(",", ":")).encode())
    with no_room(file.stat().st_size):
        tokens.revoke(tmp_path, "a", now=1_790_000_000.123456)
    assert [one.name for one in tokens.listed(tmp_path)] == ["b"]
    with pytest.raises(Unauthenticated):
        TokenFile(tmp_path).holder_of(secret)
