"""What devices wrote down, and the named checks that a device answers in its own words.

Whatever a line says, it is shown as a text and never acted on.
"""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any, Final

from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.ssh.asking.call import SshCall, known_to_controller, noted
from cortex.fabric.execution.ssh.asking.fleet import unread
from cortex.fabric.execution.ssh.diagnostics import CHECKS
from cortex.fabric.execution.ssh.parsing.log import MOST_LINES, LogLine, check_log, read_log, tail
from cortex.fabric.execution.ssh.parsing.probes import Lookup, Ping
from cortex.fabric.execution.ssh.parsing.text import Unparsed
from cortex.fabric.execution.ssh.readers import READERS, printed
from cortex.fabric.execution.wording import counted, inert

_OF_EACH: Final = 50
"""Lines of each device's log where many are asked."""
_PROBES: Final = frozenset({"ping", "traceroute", "dns"})
_LOG_S: Final = 8.0
"""Seconds that logs may take where many are asked: an old device reads its flash for a while."""
_SEVERITIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("emerg", "panic", "alert"), "very_high"),
    **dict.fromkeys(("crit", "err", "error"), "high"),
    **dict.fromkeys(("warn", "warning"), "medium"),
}
_RANKS: Final = ("", "low", "medium", "high", "very_high")


async def get_device_logs(call: SshCall) -> Answer:
    """Show the last lines of a device's own log, with a text in them if asked."""
    most, contains = int(call.get("lines") or 100), str(call.get("contains") or "")
    asked = MOST_LINES if contains else most
    text = await call.devices.told(call.mac, "log_tail", lines=asked)
    name = call.devices.name(call.mac)
    try:
        check_log(text, "the log")
        lines = tail(text, "the log", most=most, contains=contains)
    except Unparsed as error:
        raise unread(name, error) from error
    having = f" with {inert(contains)!r}" if contains else ""
    return Answer(
        text=f"The last {counted(len(lines), 'line')}{having} of the log of {name}.",
        rows=[{"line": line} for line in lines],
        sources=call.sources([call.mac]),
        note=f"of the last {MOST_LINES} lines at most" if contains else "",
    )


async def run_diagnostic(call: SshCall) -> Answer:
    """Run one named check on a device and show what it printed."""
    check = str(call.get("check"))
    question, name = CHECKS[check], call.devices.name(call.mac)
    slots = {"target": str(call.get("target") or "")} if check in _PROBES else {}
    if question == "info":
        await call.devices.info(call.mac)
    text = await call.devices.told(call.mac, question, **slots)
    try:
        lines, read = printed(question, text), READERS[question](text)
    except Unparsed as error:
        raise unread(name, error) from error
    said = _said(read, slots.get("target", "")) or counted(len(lines), "line")
    return Answer(
        text=f"{check.replace('_', ' ')} on {name}: {said}.",
        rows=[{"line": line} for line in lines],
        sources=call.sources([call.mac]),
    )


def _said(read: object, target: str) -> str:
    """Put the result of a probe into words; empty for what has lines to show."""
    match read:
        case Ping(sent=sent, received=received, avg_ms=average):
            time = f", {average:g} ms on average" if average is not None else ""
            return f"{target} answered {received} of {sent}{time}"
        case Lookup(addresses=addresses, said=said):
            return f"{target} is {', '.join(addresses)}" if addresses else said or "no answer"
        case _:
            return ""


async def list_events(call: SshCall) -> Answer:
    """List the last log lines of the devices, latest first, in place of events.

    Raises:
        CortexError: No device answered.

    """
    macs = [str(call.get("device"))] if call.get("device") else list(call.macs())
    if call.get("category") not in {None, "devices"}:
        macs = []
    heard = await call.devices.each(macs, lambda mac: _log(call, mac), each_s=_LOG_S, all_s=_LOG_S)
    heard = heard.of_some()
    told = [_events(call, mac, heard.answers[mac]) for mac in sorted(heard.answers)]
    # Clocks of devices differ and some name no year: the latest of each, then the ones before.
    rows = [row for same in zip_longest(*told) for row in same if row]
    return Answer(
        text=f"{counted(len(rows), 'line')} of the logs of"
        f" {counted(len(heard.answers), 'device')}, the latest of each first.",
        rows=rows,
        complete=False,
        sources=call.sources(heard.answers),
        note="only what the devices that answered wrote themselves, whenever it was",
        missing=noted(known_to_controller("events"), call.who_not(heard.errors)),
    )


async def _log(call: SshCall, mac: str) -> tuple[LogLine, ...]:
    return await call.devices.read(
        mac, "log_tail", lambda text: read_log(text, most=_OF_EACH), lines=_OF_EACH
    )


def _events(call: SshCall, mac: str, lines: tuple[LogLine, ...]) -> Iterator[dict[str, Any]]:
    least = _RANKS.index(call.get("severity") or "")
    wanted = [str(call.get(name) or "").casefold() for name in ("search", "client")]
    for line in reversed(lines):
        severity = _SEVERITIES.get(line.severity, "low" if line.severity else "")
        program = f"{line.program}: " if line.program else ""
        message = f"{call.devices.name(mac)}: {program}{line.message}"
        if _RANKS.index(severity) >= least and all(one in message.casefold() for one in wanted):
            yield {
                "time": line.time,
                "severity": severity,
                "category": "devices",
                "message": message,
            }
