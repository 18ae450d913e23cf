"""Which files of a data folder are kept, and how they are put back. No key and no token is.

An audit log that is there is put aside, never written over; what the execution layers were about to
send is added to, so that no write is sent a second time; writes that were stopped stay stopped.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cortex.cli.keeping.archive import damaged
from cortex.cli.keeping.restoring import Drafts
from cortex.errors import Conflict
from cortex.fabric.messages.grants import WRITES_STOPPED
from cortex.fabric.telemetry.audit.anchor import FILE as ANCHOR
from cortex.fabric.telemetry.audit.anchor import read_anchor
from cortex.fabric.telemetry.audit.aside import as_own
from cortex.fabric.telemetry.audit.log import put_aside
from cortex.fabric.telemetry.audit.parts import parts_in
from cortex.fabric.telemetry.audit.verifying import verify
from cortex.fabric.telemetry.keeping import Places
from cortex.settings.places import places

_LAYERS = ("execution-unifi-api", "execution-unifi-ssh")
_INTENTS = tuple(
    f"{layer}/{name}" for layer in _LAYERS for name in ("intents.1.jsonl", "intents.jsonl")
)
_HOST_KEYS = "execution-unifi-ssh/known_hosts.json"
_FILES = (
    WRITES_STOPPED,
    "feedback.jsonl",
    "objections.bin",
    "outbox.jsonl",
    _HOST_KEYS,
    *_INTENTS,
)
_FOLDERS = ("reasoning-classifier", "cortex-telemetry")
_LOOKS = 5
_HIDDEN = tuple(one for one in places() if one.hidden)
_SECRET = {(one.section, one.field) for one in _HIDDEN}
"""Settings whose value is a secret, also where it may not stand in a settings file at all."""
_IN_A_FILE = {(one.section, one.key): one.name for one in _HIDDEN if one.secret}


def save(home: Path, into: Path) -> int:
    """Copy the files that are kept, and tell how many there are."""
    found = [home / name for name in _FILES]
    found += [one for name in _FOLDERS for one in sorted((home / name).glob("[!.]*"))]
    kept = [one for one in found if one.is_file() and one.suffix != ".lock"]
    for one in kept:
        _copy(one, into / "home" / one.relative_to(home))
    return len(kept)


def check(source: Path) -> None:
    """Refuse files that no backup holds (a key, under which others could come in), or changed logs.

    Raises:
        Malformed: there is one, or the audit log is not as it was written.

    """
    for one in (source / "home").rglob("*"):
        name = one.relative_to(source / "home")
        known = str(name) in _FILES or str(name.parent) in _FOLDERS
        if one.is_file() and not known:
            problem = f"{str(name)!r:.100} is no file that is kept"
            raise damaged(problem)
    if flaw := verify(source / "audit", source / "anchor").flaw:
        problem = f"its audit log is not as it was written: {flaw.why}"
        raise damaged(problem)


def lay_ready(source: Path, home: Path, drafts: Drafts) -> None:
    """Lay the files that were kept ready beside their places."""
    for one in sorted((source / "home").rglob("*")):
        if not one.is_file():
            continue
        name = str(one.relative_to(source / "home"))
        joined = name in _INTENTS and (home / name).is_file()
        content = _joined(one.read_bytes(), (home / name).read_bytes()) if joined else one
        drafts.add(home / name, content)


def save_audit(audit: Places, into: Path) -> int:
    """Copy the audit log with its anchor, as they stood at one moment; tell its records."""
    log, anchor = into / "audit", into / "anchor"
    why = ""
    for _ in range(_LOOKS):
        shutil.rmtree(log, ignore_errors=True)
        # The anchor first: a log may be ahead of it, never behind.
        if (audit.anchor / ANCHOR).exists():
            _copy(audit.anchor / ANCHOR, anchor / ANCHOR)
        for part in parts_in(audit.log):
            _copy(part.file, log / part.file.name)
        report = verify(log, anchor, patience_s=0)
        if report.flaw is None:
            return report.records
        why = report.flaw.why
    message = f"the audit log is not as it was written: {why}"
    raise Conflict(message, hint="look at it with `cortex audit verify`, and set it aside")


def lay_audit_ready(source: Path, audit: Places, drafts: Drafts) -> None:
    """Lay the audit log that was kept ready beside the one that is there."""
    for part in parts_in(source / "audit"):
        drafts.add(audit.log / part.file.name, part.file)
    kept, guard = read_anchor(source / "anchor"), audit.guard
    known = (audit.anchor / ANCHOR, *([guard.trace] if guard else []))
    if kept or any(one.exists() for one in known):
        # It ends earlier than what is remembered here: sealed anew, it is another log.
        content = as_own(kept, guard, at=time.time())
        for one in known:
            drafts.add(one, content)


def put_audit_aside(audit: Places) -> str:
    """Put an audit log that is held aside; say where it lies now, if there was one."""
    if not any(one.size for one in parts_in(audit.log)):
        return ""
    folder = put_aside(audit.log, at=time.time())
    if (audit.anchor / ANCHOR).exists():
        _copy(audit.anchor / ANCHOR, folder / ANCHOR)
    return str(folder)


def cleaned(document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Take secrets out of a settings document; name what must be set anew."""
    kept: dict[str, Any] = {}
    missing: list[str] = []
    for section, body in document.items():
        if section == "home" or not isinstance(body, dict):
            continue
        kept[section] = {}
        for key, value in body.items():
            if (section, key) not in _SECRET:
                kept[section][key] = _bare(value)
            missing += _anew(section, key, value)
    return kept, missing


def _anew(section: str, key: str, value: Any) -> Iterator[str]:
    """Name what of a setting is not kept."""
    if (section, key) in _SECRET:
        yield f"{section}.{key}"
    elif (section, key) in _IN_A_FILE:
        yield f"{_IN_A_FILE[section, key]}: {value}"
    if _bare(value) != value:
        yield f"{section}.{key}: the password or key in the address"


def _bare(value: Any) -> Any:
    """Take the user, the password and all parameters but the number of a database out of it."""
    if not isinstance(value, str) or "://" not in value:
        return value
    scheme, _, rest = value.partition("://")
    before, _, rest = rest.rpartition("@")
    if "?" in before or "#" in before:
        # Whether a password or a parameter holds the `@` cannot be told: nothing of it is kept.
        return f"{scheme}://"
    place, mark, parameters = rest.partition("#")[0].partition("?")
    kept = "&".join(one for one in parameters.split("&") if one.startswith("db="))
    return f"{scheme}://{place}{mark if kept else ''}{kept}"


def _joined(first: bytes, second: bytes) -> bytes:
    lines = dict.fromkeys((*_lines(first), *_lines(second)))
    return b"".join(line + b"\n" for line in lines)


def _lines(content: bytes) -> Iterator[bytes]:
    return (line for line in content.split(b"\n") if line)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(source, target)
