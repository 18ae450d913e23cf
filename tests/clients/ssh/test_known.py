"""The file of accepted host keys."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from cortex.clients.ssh import Accepted, HostKey, KnownHosts
from cortex.errors import Malformed, Misconfigured, Unavailable
from tests.clients.ssh.devices import MAC
from tests.file_writer import kept

ONE, TWO = (HostKey.of("ssh-rsa", blob).sha256 for blob in (b"1", b"2"))


def _file(folder: Path) -> Path:
    return folder / "ssh" / "hosts.json"


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    known = KnownHosts(_file(tmp_path))
    assert known.of(MAC) is None
    assert not known.everything()
    assert not known.forget(MAC)
    assert not _file(tmp_path).exists()


def test_an_accepted_key_is_kept_until_it_is_forgotten(tmp_path: Path) -> None:
    known = KnownHosts(_file(tmp_path))
    known.accept(MAC, f"{ONE}=")
    assert KnownHosts(_file(tmp_path)).of(MAC) == Accepted(ONE, by_hand=True)
    known.accept(MAC, TWO)
    assert known.everything() == {MAC: Accepted(TWO, by_hand=True)}
    assert known.forget(MAC)
    assert known.of(MAC) is None


def test_since_when_a_key_is_kept_is_told_where_it_was_written_down(tmp_path: Path) -> None:
    moments = iter((5.0, 6.0, 7.0))
    known = KnownHosts(_file(tmp_path), clock=lambda: next(moments))
    assert known.first_seen(MAC, ONE).since == 5.0
    assert known.first_seen(MAC, TWO).since == 5.0
    known.accept(MAC, TWO)
    assert known.everything()[MAC].since == 7.0
    _file(tmp_path).write_text(f'{{"{MAC}": {{"fingerprint": "{ONE}", "by_hand": false}}}}')
    assert known.everything()[MAC].since == 0.0


def test_the_first_key_seen_does_not_take_the_place_of_another(tmp_path: Path) -> None:
    known = KnownHosts(_file(tmp_path))
    assert known.first_seen(MAC, ONE) == Accepted(ONE, by_hand=False)
    assert known.first_seen(MAC, TWO) == Accepted(ONE, by_hand=False)
    known.accept(MAC, TWO)
    assert known.first_seen(MAC, ONE) == Accepted(TWO, by_hand=True)


def test_what_is_no_fingerprint_is_not_accepted(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="'nonsense'"):
        KnownHosts(_file(tmp_path)).accept(MAC, "nonsense")


def test_the_file_is_its_owner_s_alone_and_no_draft_is_left(tmp_path: Path) -> None:
    KnownHosts(_file(tmp_path)).accept(MAC, ONE)
    folder = _file(tmp_path).parent
    assert {each.name for each in folder.iterdir()} == {"hosts.json", "hosts.json.lock"}
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in folder.iterdir())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": {"fingerprint": "x"}}'])
def test_a_file_that_is_not_ours_is_neither_believed_nor_replaced(
    content: str, tmp_path: Path
) -> None:
    file = _file(tmp_path)
    file.parent.mkdir()
    file.write_text(content)
    known = KnownHosts(file)
    with pytest.raises(Misconfigured, match=r"hosts\.json"):
        known.of(MAC)
    with pytest.raises(Misconfigured):
        known.accept(MAC, ONE)
    assert file.read_text() == content


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    _file(tmp_path).mkdir(parents=True)
    with pytest.raises(Misconfigured, match="directory"):
        KnownHosts(_file(tmp_path)).of(MAC)
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured):
        KnownHosts(tmp_path / "file" / "hosts.json").accept(MAC, ONE)


def _accept(file: Path, start: int) -> None:
    for number in range(start, start + 20):
        KnownHosts(file).accept(f"device-{number}", ONE)


def test_processes_do_not_lose_each_other_s_keys(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_accept, args=(_file(tmp_path), start)) for start in (0, 100)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
    assert len(KnownHosts(_file(tmp_path)).everything()) == 40


def test_a_process_that_holds_the_keys_is_not_waited_for_without_end(tmp_path: Path) -> None:
    KnownHosts(_file(tmp_path)).accept(MAC, ONE)
    file = _file(tmp_path)
    with kept(file.with_name(f"{file.name}.lock")):
        with pytest.raises(Unavailable, match="not changed: another process") as caught:
            KnownHosts(file).forget(MAC)
        assert KnownHosts(file).of(MAC) is not None
    assert "fuser" in caught.value.hint
    assert KnownHosts(file).forget(MAC)
