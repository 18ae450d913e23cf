"""Lines of a device's log as time, host, facility, severity, program and message. Pure.

Whatever a line says, it stays text: characters that act are dropped, what looks like a secret is
masked, and a line in no known format is a message without the rest. Nothing here fails on a line.
"""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cortex.fabric.execution.ssh.parsing.text import LINE_LENGTH, MOST_TEXT, Unparsed
from cortex.fabric.execution.wording import inert

MOST_LINES: Final = 500
MESSAGE_LENGTH: Final = 1_000
HIDDEN: Final = "(hidden)"

_MOST_OF_ONE: Final = 20
"""Lines that one message may have after its first."""
_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
"""What no text holds; a terminal's sequences are only dropped."""
_ESCAPE: Final = re.compile(
    r"\x1b(?:\[[0-9;:<=>?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)?|[@-Z\\^_])"
)
"""Terminal sequences of ECMA-48 (CSI, OSC, two-character); their visible tails say nothing."""
_SECRET: Final = re.compile(
    r"""(?ix)
    (?P<key> ["']? \b (?: x_\w{1,64}
        | \w{0,32} (?:passw(?:or)?d|passphrase|secret|token|psk|auth_?key) \w{0,16}
        | (?:private|shared|encryption|api|wep|wpa|pre_?shared)[_-]?key ) ["']? )
    (?P<between> \s{0,4} [=:] \s{0,4} )
    (?P<value> "[^"]{0,512}"? | '[^']{0,512}'? | \S{1,512} )
    """
)
_LOGIN: Final = re.compile(r"://[^/\s:@]{1,128}:[^/\s@]{1,256}@")
_ASCTIME: Final = (
    r"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?: [0-9]{4}(?![^ ]))?"
)
_ISO: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_TIME: Final = re.compile(rf"\[?({_ASCTIME}|{_ISO})\]? +")
_BOOT: Final = re.compile(r"(?:<[0-9]{1,3}>)?\[ *([0-9]{1,9}\.[0-9]{1,9})\] ?")
_LEVEL: Final = re.compile(
    r"(kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7])\."
    r"(emerg|panic|alert|crit|err|error|warn|warning|notice|info|debug) +"
)
_HOST: Final = re.compile(r"([^\s:\[\]]{1,253}) +")
_PROGRAM: Final = re.compile(r"(?:: +)?([^\s:\[\]]{1,64})(?:\[([0-9]{1,9})\])?: ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a log; the time is as the device wrote it, which need not be a right one."""

    time: str = ""
    since_boot_s: float | None = None
    host: str = ""
    facility: str = ""
    severity: str = ""
    program: str = ""
    pid: int | None = None
    message: str = ""


def harmless(line: str, *, limit: int = MESSAGE_LENGTH) -> str:
    """Return a line without terminal sequences and secrets, on one line, cut at `limit`."""
    quiet = _ESCAPE.sub("", line[:LINE_LENGTH])
    return masked(inert(quiet, limit=limit))


def masked(line: str) -> str:
    """Hide the value of whatever is named like a secret."""
    named = _SECRET.sub(lambda found: f"{found['key']}{found['between']}{HIDDEN}", line)
    return _LOGIN.sub(f"://{HIDDEN}@", named)


def tail(text: str, what: str, *, most: int = MOST_LINES, contains: str = "") -> tuple[str, ...]:
    """Return the last lines that contain a text, letter case aside, each made harmless.

    Raises:
        Unparsed: the text is longer than any log that is asked for.

    """
    if len(text) > MOST_TEXT:
        raise Unparsed(what, f"{len(text)} characters are more than {MOST_TEXT}")
    wanted = contains.casefold()
    # What is searched is what is shown: nobody finds a hidden value by asking for it.
    latest = (harmless(line) for line in reversed(text.split("\n")) if line.strip())
    found = (line for line in latest if line and wanted in line.casefold())
    return tuple(islice(found, min(max(most, 1), MOST_LINES)))[::-1]


def check_log(text: str, what: str) -> None:
    """Check that a text is a log, as far as it can be told; an empty one is.

    A few plain lines may all belong to one message, such as the end of a trace.

    Raises:
        Unparsed: no line of it has a form that logs have, or it is too long.

    """
    lines = tail(text, what)
    if any(_TIME.match(line) or _BOOT.match(line) for line in lines):
        return
    if len(lines) > _MOST_OF_ONE or (lines and _BINARY.search(text)):
        raise Unparsed(what, f"no line of {len(lines)} begins with a time")


def read_log(text: str, *, most: int = MOST_LINES) -> tuple[LogLine, ...]:
    """Read the last lines of `logread`, `/var/log/messages`, `journalctl` or `dmesg`.

    Raises:
        Unparsed: the text is no log, or longer than any that is asked for.

    """
    check_log(text, "the log")
    return tuple(read_line(line) for line in tail(text, "the log", most=most))


def read_line(line: str) -> LogLine:
    """Read one line that `harmless` returned."""
    if boot := _BOOT.match(line):
        return LogLine(since_boot_s=float(boot[1]), message=line[boot.end() :])
    time = _TIME.match(line)
    if time is None:
        return LogLine(message=line)
    rest = line[time.end() :]
    host, level, after = _levelled(rest)
    program = _PROGRAM.match(after)
    return LogLine(
        time=time[1],
        host=host,
        facility=level[1] if level else "",
        severity=level[2] if level else "",
        program=program[1] if program else "",
        pid=int(program[2]) if program and program[2] else None,
        message=after[program.end() :] if program else after,
    )


def _levelled(rest: str) -> tuple[str, re.Match[str] | None, str]:
    """Split what follows the time into host, facility with severity, and what is left."""
    if level := _LEVEL.match(rest):
        return "", level, rest[level.end() :]
    host = _HOST.match(rest)
    if host is None or _PROGRAM.match(rest):
        return "", None, rest
    after = rest[host.end() :]
    level = _LEVEL.match(after)
    if level is None and not _PROGRAM.match(after):
        return "", None, rest
    return host[1], level, after[level.end() :] if level else after
