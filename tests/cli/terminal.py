"""A pseudo terminal for programs that look whether they have one."""

import contextlib
import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_PATIENCE_S = 40.0


def drawn_on_a_terminal(command: Sequence[str], *, columns: int) -> str:
    """Run a program whose output is a terminal of this width, and read it without colours."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    # A width in the environment would count for more than that of the terminal.
    environ = {name: one for name, one in os.environ.items() if name != "COLUMNS"}
    with subprocess.Popen(  # noqa: S603  # our own program
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ
    ) as process:
        os.close(theirs)
        shown = b""
        # Linux reports the end of a terminal that nobody holds open as an input/output error.
        with contextlib.suppress(OSError):
            while part := os.read(ours, 65536):
                shown += part
        os.close(ours)
        assert process.wait(20) == 0, shown
    return _STYLE.sub("", shown.decode()).replace("\r\n", "\n")


@dataclass(frozen=True)
class Typed:
    """What is typed once a prompt is shown."""

    prompt: str
    text: str
    key: bool = False
    """Whether the program waits for one key, not for a line: what comes earlier is dropped."""


def typed_at_a_terminal(
    command: Sequence[str], typed: Iterable[Typed], *, columns: int = 80
) -> tuple[int, str]:
    """Run a program at a terminal, and type each text once it waits for it.

    Returns its exit code and all that was shown, without colours.
    """
    ours, theirs = pty.openpty()
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, ours)
        termios.tcsetwinsize(theirs, (24, columns))
        process = stack.enter_context(
            subprocess.Popen(  # noqa: S603  # our own program
                command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
            )
        )
        stack.callback(process.kill)
        os.close(theirs)
        shown = _typed(ours, list(typed))
        return process.wait(20), _STYLE.sub("", shown).replace("\r\n", "\n")


def _typed(terminal: int, left: list[Typed]) -> str:
    raw, seen = b"", 0
    deadline = time.monotonic() + _PATIENCE_S
    while (part := _next(terminal)) is not None:
        assert time.monotonic() < deadline, f"it did not end: {raw!r}"
        raw += part
        at = raw.find(left[0].prompt.encode(), seen) if left else -1
        if at >= 0 and not (left[0].key and termios.tcgetattr(terminal)[3] & termios.ICANON):
            seen = at + 1
            os.write(terminal, left.pop(0).text.encode())
    assert not left, f"it never showed {left[0].prompt!r}: {raw!r}"
    return raw.decode()


def _next(terminal: int) -> bytes | None:
    """Read what is shown within a moment; None once nobody holds the terminal any more."""
    if not select.select([terminal], [], [], 0.02)[0]:
        return b""
    # Linux reports the end of a terminal that nobody holds open as an input/output error.
    with contextlib.suppress(OSError):
        return os.read(terminal, 65536) or None
    return None
