"""A pseudo terminal for programs that look whether they have one."""

import contextlib
import os
import pty
import re
import subprocess
import termios
from collections.abc import Sequence

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


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
