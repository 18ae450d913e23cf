"""A backup file that was damaged, or made to do harm, is refused before anything is taken."""

import io
import os
import tarfile
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from cortex.cli import exits, run
from cortex.cli.keeping import files, points, redis_keys
from cortex.cli.keeping.archive import MANIFEST, Manifest, unpack, write
from cortex.clients.redis import RedisClient
from cortex.errors import Malformed, Unavailable

EMPTY = Manifest(format=1, version="0", made_at="now")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Give an archive of two files."""
    source = tmp_path / "source"
    (source / "home").mkdir(parents=True)
    (source / "memory.jsonl").write_bytes(b"one\n" * 100)
    (source / "home" / "feedback.jsonl").write_bytes(b"{}\n")
    write(tmp_path / "made.tar", source, EMPTY)
    return tmp_path / "made.tar"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def test_what_was_written_is_read_back_and_is_its_owners_alone(made: Path, into: Path) -> None:
    manifest = unpack(made, into)
    assert {one.name for one in manifest.members} == {"memory.jsonl", "home/feedback.jsonl"}
    assert (into / "memory.jsonl").read_bytes() == b"one\n" * 100
    assert made.stat().st_mode & 0o777 == 0o600
    assert (into / "home" / "feedback.jsonl").stat().st_mode & 0o777 == 0o600


def test_any_changed_byte_of_its_content_is_found(made: Path, into: Path) -> None:
    content = made.read_bytes()
    made.write_bytes(content.replace(b"one\none", b"one\ntwo", 1))
    with pytest.raises(Malformed, match="another content"):
        unpack(made, into)


@pytest.mark.parametrize("left", [0, 1, 600, 2_000, 3_000])
def test_a_file_that_was_cut_off_is_refused(made: Path, into: Path, left: int) -> None:
    made.write_bytes(made.read_bytes()[:left])
    with pytest.raises(Malformed):
        unpack(made, into)


def test_a_missing_file_is_told(into: Path) -> None:
    with pytest.raises(Unavailable):
        unpack(into / "none.tar", into)


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path, into: Path) -> None:
    pipe, home = tmp_path / "pipe.tar", tmp_path / "home"
    os.mkfifo(pipe)
    for odd in (pipe, tmp_path):
        with pytest.raises(Unavailable, match="no regular file"):
            unpack(odd, into)
        # It is refused before there is so much as a data folder with a lock.
        code = run(["restore", str(odd), "--yes", "--home", str(home)])
        assert code == exits.UNAVAILABLE
    assert not home.exists()


def test_another_format_is_refused_by_its_number(tmp_path: Path, into: Path) -> None:
    file = _tar(tmp_path, _named(MANIFEST, b'{"format": 2, "anything": []}'))
    with pytest.raises(Malformed, match="format 2"):
        unpack(file, into)


def _link(kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo("memory.jsonl")
    entry.type = kind
    entry.linkname = "/etc/passwd"
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        tarfile.TarInfo("../escaped"),
        tarfile.TarInfo("/escaped"),
        tarfile.TarInfo("home/../../escaped"),
        tarfile.TarInfo(".hidden"),
        _link(tarfile.SYMTYPE),
        _link(tarfile.LNKTYPE),
        _link(tarfile.FIFOTYPE),
        _link(tarfile.CHRTYPE),
        _link(tarfile.DIRTYPE),
    ],
    ids=lambda one: f"{one.name}-{one.type!r}",
)
def test_only_plain_files_under_plain_names_are_taken(
    tmp_path: Path, into: Path, entry: tarfile.TarInfo
) -> None:
    file = _tar(tmp_path, _listing(entry.name, 0), (entry, b""))
    with pytest.raises(Malformed, match="plain"):
        unpack(file, into)
    assert not list(into.iterdir())
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("size", [10**15, 9 * 1024**3])
def test_a_member_that_says_it_is_huge_is_refused(tmp_path: Path, into: Path, size: int) -> None:
    file = _tar(tmp_path, _listing("memory.jsonl", size), _named("memory.jsonl", b"x"))
    with pytest.raises(Malformed, match="too many"):
        unpack(file, into)


def test_a_member_that_is_not_listed_or_listed_otherwise_is_refused(
    tmp_path: Path, into: Path
) -> None:
    for listing in (_listing("other", 1), _listing("memory.jsonl", 2)):
        file = _tar(tmp_path, listing, _named("memory.jsonl", b"x"))
        with pytest.raises(Malformed, match="as its manifest lists it"):
            unpack(file, into)


def test_a_listed_member_that_is_not_there_is_missed(tmp_path: Path, into: Path) -> None:
    file = _tar(tmp_path, _listing("memory.jsonl", 1))
    with pytest.raises(Malformed, match="missing"):
        unpack(file, into)


def _tar(folder: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    path = folder / "hostile.tar"
    with tarfile.open(path, "w") as tar:
        for entry, content in entries:
            tar.addfile(entry, io.BytesIO(content))
    return path


def _named(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    return entry, content


def _listing(name: str, size: int) -> tuple[tarfile.TarInfo, bytes]:
    members = [{"name": name, "size": size, "sha256": "0" * 64}]
    body = msgspec.to_builtins(EMPTY) | {"members": members}
    return _named(MANIFEST, msgspec.json.encode(body))


def test_a_key_or_a_token_does_not_come_in_with_a_backup(tmp_path: Path) -> None:
    for number, name in enumerate(("tokens.json", "keys/grant", "cortex-telemetry/a/b")):
        file = tmp_path / str(number) / "home" / name
        file.parent.mkdir(parents=True)
        file.write_text("{}")
        with pytest.raises(Malformed, match="no file that is kept"):
            files.check(tmp_path / str(number))


@pytest.mark.parametrize(
    "headers",
    [
        {"size": "-1"},
        {"GNU.sparse.major": "x", "GNU.sparse.minor": "y", "GNU.sparse.size": "x"},
        {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "x,y"},
    ],
)
def test_an_odd_header_is_refused_in_words(
    tmp_path: Path, into: Path, headers: dict[str, str]
) -> None:
    entry, content = _named("memory.jsonl", b"x")
    entry.pax_headers = headers
    file = _tar(tmp_path, _listing("memory.jsonl", 1), (entry, content))
    with pytest.raises(Malformed):
        unpack(file, into)


def test_headers_of_headers_without_end_are_refused_in_words(tmp_path: Path, into: Path) -> None:
    entry, content = _named("memory.jsonl", b"x")
    extended = tarfile.TarInfo("./PaxHeader")
    extended.type = tarfile.XHDTYPE
    file = tmp_path / "hostile.tar"
    file.write_bytes(extended.tobuf() * 5_000 + entry.tobuf() + content.ljust(512, b"\0"))
    with pytest.raises(Malformed):
        unpack(file, into)


def test_a_manifest_that_is_nested_too_deep_is_refused_in_words(tmp_path: Path, into: Path) -> None:
    body = b'{"format":1,"odd":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(Malformed, match="manifest"):
        unpack(_tar(tmp_path, _named(MANIFEST, body)), into)


def test_an_anchor_that_is_nested_too_deep_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "anchor").mkdir()
    (tmp_path / "anchor" / "audit-anchor.json").write_bytes(b'{"odd":' + b"[" * 100_000)
    with pytest.raises(Malformed, match="audit log"):
        files.check(tmp_path)


@pytest.mark.parametrize("vector", [[1.0], [0.0] * 384, [1e300] * 384])
def test_points_that_no_store_takes_are_refused(tmp_path: Path, vector: list[float]) -> None:
    one = {"collection": "routing_queries", "id": str(UUID(int=1)), "vector": vector, "payload": {}}
    file = tmp_path / "memory.jsonl"
    file.write_bytes(msgspec.json.encode(one) + b"\n")
    with pytest.raises(Malformed, match="a vector"):
        points.check(file)


@pytest.mark.parametrize("line", [b"{torn", b'{"collection":"passwords"}', b"\xff"])
def test_points_that_are_none_are_refused(tmp_path: Path, line: bytes) -> None:
    file = tmp_path / "memory.jsonl"
    file.write_bytes(line + b"\n")
    with pytest.raises(Malformed, match="what memory held"):
        points.check(file)


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["cortex:confirmation:1", "elsewhere", "cortex:queue:{timers}:x"])
async def test_a_foreign_key_or_value_for_redis_is_refused_and_changes_nothing(
    tmp_path: Path, redis: RedisClient, name: str
) -> None:
    file = tmp_path / "redis.jsonl"
    file.write_bytes(msgspec.json.encode({"name": name, "expires_ms": 0, "value": b"nonsense"}))
    with pytest.raises(Malformed):
        async with redis_keys.staged(redis, file):
            pytest.fail("it was taken")
    assert await redis.call("DBSIZE") == 0
