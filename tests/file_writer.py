"""A process that writes files and can be killed: `python -m tests.file_writer <verb> <folder> …`.

`halt <event>` replaces `one` and stops where the event is about to happen, says so, and waits for
its input to end; `keep <file>` has a file lent, says so, and waits as well; `often <times>`
replaces `one` by 4,096 of a digit, each time of the next.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cortex.files import appending, write_private

SIZE = 4_096


@contextmanager
def kept(file: Path) -> Iterator[None]:
    """Have another process keep a file to itself until the block ends."""
    command = [sys.executable, "-m", "tests.file_writer", "keep", str(file.parent), file.name]
    with subprocess.Popen(  # noqa: S603  # our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"kept\n"
            yield
        finally:
            process.kill()


def halt_at(wanted: str) -> None:
    """Stop at the first event of that name which tells of a draft."""

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == wanted and str(arguments[0]).endswith(".new"):
            sys.stdout.write("halted\n")
            sys.stdout.flush()
            sys.stdin.read()

    sys.addaudithook(watch)


def main(verb: str, folder: Path, more: str) -> None:
    """Do as the verb says."""
    if verb == "halt":
        halt_at(more)
        write_private(folder / "one", b"new")
        return
    if verb == "keep":
        with appending(folder / more):
            sys.stdout.write("kept\n")
            sys.stdout.flush()
            sys.stdin.read()
        return
    for n in range(int(more)):
        write_private(folder / "one", str(n % 10).encode() * SIZE)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
