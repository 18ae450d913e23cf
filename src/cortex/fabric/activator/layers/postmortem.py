"""Say in a sentence why a layer process ended, from its exit code and its last words.

Reads the end of the layer's log; never repeats a traceback or a value that should stay secret.
"""

import json
import re
import signal
from collections.abc import Mapping
from pathlib import Path

_TAIL = 8 * 1024
_LONGEST = 300
_SECRET_NAME = re.compile(r"KEY|TOKEN|PASSWORD|PASSPHRASE|SECRET", re.IGNORECASE)
_SHORTEST_SECRET = 4
_SAID_IN = ("error", "message", "event")
"""Where a JSON log line holds its words, the most telling first."""
_GRAVE = frozenset({"error", "critical"})
"""Levels of what may have ended a process; whatever else it logged last did not."""


def reason_of(code: int, words: str) -> str:
    """Join an exit code and the last words into a reason."""
    ended = _ended(code)
    return f"{ended}: {words}" if words else ended


def last_words(log: Path, *, since: int, environ: Mapping[str, str]) -> str:
    """Return the last line after `since` (a byte offset) without secrets; none if it is calm."""
    try:
        with log.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(since, end - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    spoken = [line.strip() for line in lines if line.strip()]
    return _clean(_said(spoken[-1]), environ) if spoken else ""


def _ended(code: int) -> str:
    if code >= 0:
        return f"it ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if name == "SIGKILL":
        return "it was killed (SIGKILL: out of memory, or by hand)"
    return f"it was killed ({name})"


def _said(line: str) -> str:
    try:
        body = json.loads(line)
    except ValueError:
        return line
    if not isinstance(body, dict):
        return line
    if body.get("level", "error") not in _GRAVE:
        return ""
    said = (body[name] for name in _SAID_IN if isinstance(body.get(name), str) and body[name])
    return next(said, "").strip()


def _clean(text: str, environ: Mapping[str, str]) -> str:
    for name, value in environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "…")
    printable = "".join(one if one.isprintable() else " " for one in text)
    return printable if len(printable) <= _LONGEST else f"{printable[: _LONGEST - 1]}…"
