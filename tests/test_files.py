"""A private file is replaced whole or not at all, whatever ends the one who writes it."""

import errno
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cortex.files import (
    append_private,
    appending,
    replacing,
    write_over,
    write_private,
    write_together,
)
from tests.file_writer import SIZE

DRAFT = ".one.new"


def names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@contextmanager
def writer(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "tests.file_writer", *arguments]
    with subprocess.Popen(  # noqa: S603  # our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def cramped(size: int) -> Iterator[None]:
    """Have no file grow beyond a size, which is as a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_is_replaced_and_leaves_no_draft(tmp_path: Path) -> None:
    one = tmp_path / "made" / "here" / "one"
    for content in (b"a longer one", b"short", b""):
        write_private(one, content)
        assert one.read_bytes() == content
        assert names(one.parent) == {"one"}
    assert mode_of(one.parent) == 0o700


@pytest.mark.parametrize("umask", [0o000, 0o377])
def test_a_file_is_its_owners_alone_under_any_umask(tmp_path: Path, umask: int) -> None:
    (tmp_path / "one").write_bytes(b"open")
    (tmp_path / "one").chmod(0o644)
    before = os.umask(umask)
    try:
        write_private(tmp_path / "one", b"private")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "one") == 0o600


@pytest.mark.parametrize("event", ["open", "os.rename"])
def test_a_kill_between_two_steps_leaves_the_old_file_and_the_next_write_clears_up(
    tmp_path: Path, event: str
) -> None:
    write_private(tmp_path / "one", b"old")
    with writer("halt", str(tmp_path), event) as process:
        assert process.stdout
        assert process.stdout.readline() == b"halted\n"
        process.kill()
        process.wait(30)
    assert (tmp_path / "one").read_bytes() == b"old"
    assert names(tmp_path) == ({"one"} if event == "open" else {"one", DRAFT})
    write_private(tmp_path / "one", b"n")
    assert (tmp_path / "one").read_bytes() == b"n"
    assert names(tmp_path) == {"one"}


def test_a_draft_that_was_left_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / DRAFT).write_bytes(b"a longer one")
    (tmp_path / DRAFT).chmod(0o666)
    write_private(tmp_path / "one", b"short")
    assert (tmp_path / "one").read_bytes() == b"short"
    assert mode_of(tmp_path / "one") == 0o600


def test_a_draft_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"theirs")
    (tmp_path / DRAFT).symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError, match="symbolic links") as caught:
        write_private(tmp_path / "one", b"secret")
    assert caught.value.filename == str(tmp_path / "one")
    assert (tmp_path / "theirs").read_bytes() == b"theirs"


def test_a_second_writer_waits_for_the_first_and_spoils_nothing(tmp_path: Path) -> None:
    with replacing(tmp_path / "one") as draft:
        second = threading.Thread(target=write_private, args=(tmp_path / "one", b"second"))
        second.start()
        draft.write(b"first")
        draft.flush()
        assert (tmp_path / DRAFT).read_bytes() == b"first"
    second.join(30)
    assert not second.is_alive()
    assert (tmp_path / "one").read_bytes() == b"second"
    assert names(tmp_path) == {"one"}


def test_a_writer_that_stands_still_is_not_waited_for_without_end(tmp_path: Path) -> None:
    write_private(tmp_path / "one", b"old")
    with writer("halt", str(tmp_path), "os.rename") as still:
        assert still.stdout is not None
        assert still.stdout.readline() == b"halted\n"
        with pytest.raises(TimeoutError, match="for too long") as caught:
            write_private(tmp_path / "one", b"new")
    assert caught.value.filename == str(tmp_path / "one")
    assert (tmp_path / "one").read_bytes() == b"old"


def test_processes_that_write_at_once_leave_one_of_their_files_whole(tmp_path: Path) -> None:
    write_private(tmp_path / "one", b"0" * SIZE)
    with (
        writer("often", str(tmp_path), "100") as first,
        writer("often", str(tmp_path), "100") as second,
    ):
        while first.poll() is None or second.poll() is None:
            found = (tmp_path / "one").read_bytes()
            assert len(found) == SIZE
            assert len(set(found)) == 1
        assert (first.returncode, second.returncode) == (0, 0)
    assert names(tmp_path) == {"one"}


def test_a_full_disk_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    write_private(tmp_path / "one", b"old")
    with cramped(10_000), pytest.raises(OSError, match="File too large") as caught:
        write_private(tmp_path / "one", b"x" * 20_000)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(tmp_path / "one")
    assert (tmp_path / "one").read_bytes() == b"old"
    assert names(tmp_path) == {"one"}


@pytest.mark.parametrize("large", ["one", "two"])
def test_no_room_for_one_of_several_changes_none(tmp_path: Path, large: str) -> None:
    contents = {tmp_path / name: b"old" for name in ("one", "two")}
    write_together(contents)
    with cramped(100), pytest.raises(OSError, match="File too large"):
        write_together({**dict.fromkeys(contents, b"new"), tmp_path / large: b"x" * 200})
    assert {path: path.read_bytes() for path in contents} == contents
    assert names(tmp_path) == {"one", "two"}


def test_several_files_are_put_in_place_in_the_order_given(tmp_path: Path) -> None:
    moved = []
    recording = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if recording and event == "os.rename" and Path(str(arguments[1])).parent == tmp_path:
            moved.append(Path(str(arguments[1])).name)

    sys.addaudithook(watch)
    write_together({tmp_path / name: b"" for name in ("two", "one", "three")})
    recording = False
    assert moved == ["two", "one", "three"]


def test_a_block_that_fails_changes_nothing(tmp_path: Path) -> None:
    write_private(tmp_path / "one", b"old")
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "one") as draft:
        draft.write(b"%d" % (1 // 0))
    assert (tmp_path / "one").read_bytes() == b"old"
    assert names(tmp_path) == {"one"}


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        write_private(tmp_path / "one", b"new")
    assert caught.value.filename == str(tmp_path / "one")
    assert names(tmp_path) == {"one"}


def test_what_is_appended_goes_to_the_end_of_a_private_file(tmp_path: Path) -> None:
    assert append_private(tmp_path / "one", b"first\n") == 6
    assert append_private(tmp_path / "one", b"second\n") == 13
    assert (tmp_path / "one").read_bytes() == b"first\nsecond\n"
    assert mode_of(tmp_path / "one") == 0o600


def test_a_file_that_is_lent_is_read_and_added_to(tmp_path: Path) -> None:
    for line in (b"first\n", b"second\n"):
        with appending(tmp_path / "one") as file:
            file.write(line)
    with appending(tmp_path / "one") as file:
        file.seek(0)
        assert file.read() == b"first\nsecond\n"
    assert mode_of(tmp_path / "one") == 0o600


def test_what_is_added_while_the_file_is_replaced_goes_to_the_new_one(tmp_path: Path) -> None:
    def add() -> None:
        with appending(tmp_path / "one") as file:
            file.write(b" and more")

    with appending(tmp_path / "one") as held:
        second = threading.Thread(target=add)
        second.start()
        held.write(b"old")
        held.flush()
        write_private(tmp_path / "one", b"new")
    second.join(30)
    assert not second.is_alive()
    assert (tmp_path / "one").read_bytes() == b"new and more"


def test_a_process_that_keeps_a_lent_file_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with writer("keep", str(tmp_path), "one") as still:
        assert still.stdout is not None
        assert still.stdout.readline() == b"kept\n"
        with pytest.raises(TimeoutError, match="for too long"), appending(tmp_path / "one"):
            pass


def test_a_file_is_written_over_in_the_room_that_it_has(tmp_path: Path) -> None:
    write_private(tmp_path / "one", b"[1, 2]")
    write_over(tmp_path / "one", b"[1]")
    assert (tmp_path / "one").read_bytes() == b"[1]   "
    with pytest.raises(OSError, match="No space left"):
        write_over(tmp_path / "one", b"[1, 2, 3]")
    assert (tmp_path / "one").read_bytes() == b"[1]   "
