"""Read a secret from a file that nobody else may read.

Leaves the choice of file to `settings.loading`; the secret itself never appears in an error.
"""

import stat
from pathlib import Path

from cortex.errors import Misconfigured

_LONGEST = 64 * 1024


def read_secret(path: Path, *, setting: str, source: str) -> str:
    """Read the only line of a secret file, after checking who may read it.

    Raises:
        Misconfigured: it is missing, empty, not a text, or open to anybody but its owner.

    """
    lines = read_private(path, setting=setting, source=source)
    if len(lines) != 1:
        message = f"{setting}: the secret file {str(path)!r} holds no single line ({source})"
        raise Misconfigured(message, setting=setting, source=source)
    return lines[0]


def read_private(path: Path, *, setting: str, source: str) -> list[str]:
    """Read the lines of a secret file, after checking who may read it.

    Raises:
        Misconfigured: it is missing, not a text, or open to anybody but its owner.

    """
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()[:_LONGEST].decode() if stat.S_ISREG(mode) else ""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        message = f"{setting}: the secret file {str(path)!r} cannot be read: {reason} ({source})"
        raise Misconfigured(message, setting=setting, source=source) from error
    if mode & 0o077:
        message = f"{setting}: others may read the secret file {str(path)!r} ({source})"
        hint = f"chmod 600 {path}"
        raise Misconfigured(message, setting=setting, source=source, hint=hint)
    return [line.strip() for line in content.strip().splitlines()]
