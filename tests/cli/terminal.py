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

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_PATIENCE_S = 40.0


def drawn_on_a_terminal(command: Sequence[str], *, columns: int) -> str:
    """Run a program whose output is a terminal of this width, and read it without colours."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    with subprocess.Popen(  # noqa: S603  # our own program
        command, stdin=theirs, stdout=theirs, stderr=theirs
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


def typed_at_a_terminal(
    command: Sequence[str], typed: Iterable[tuple[str, str]], *, columns: int = 80
) -> tuple[int, str]:
    """Run a program at a terminal, and type each text once the prompt before it is shown.

    Returns its exit code and all that was shown, without colours.
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    left, shown, seen = list(typed), "", 0
    with subprocess.Popen(  # noqa: S603  # our own program
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        deadline = time.monotonic() + _PATIENCE_S
        while (part := _next(ours, deadline)) is not None:
            shown += part
            if left and (at := shown.find(left[0][0], seen)) >= 0:
                seen = at + len(left[0][0])
                os.write(ours, left.pop(0)[1].encode())
        os.close(ours)
        code = process.wait(20)
    assert not left, f"it never showed {left[0][0]!r}: {shown}"
    return code, _STYLE.sub("", shown).replace("\r\n", "\n")


def _next(terminal: int, deadline: float) -> str | None:
    """Read what is shown next; None once nobody holds the terminal any more."""
    readable, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
    assert readable, "it did not end"
    # Linux reports the end of a terminal that nobody holds open as an input/output error.
    with contextlib.suppress(OSError):
        return os.read(terminal, 65536).decode(errors="replace") or None
    return None
