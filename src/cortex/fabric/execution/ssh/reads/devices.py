"""What devices tell of themselves: which answer, one in detail, its load now."""

from typing import Any, Final

from cortex.errors import CortexError
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.inventory import device_type
from cortex.fabric.execution.ssh.asking.call import SshCall, known_to_controller, noted
from cortex.fabric.execution.ssh.asking.fleet import Heard
from cortex.fabric.execution.ssh.asking.silence import is_silent, why_not
from cortex.fabric.execution.ssh.known import SOURCE, needs_controller
from cortex.fabric.execution.ssh.parsing.dump import Dump
from cortex.fabric.execution.ssh.parsing.vitals import (
    Info,
    Load,
    Memory,
    read_load,
    read_memory,
    read_uptime,
)
from cortex.fabric.execution.wording import counted, inert, moment, name_of, span

_NOUNS: Final = {"ap": "access point", "switch": "switch", "gateway": "gateway"}
_UNKNOWN: Final = known_to_controller("whether newer firmware waits")
_ALIVE_S: Final = 8.0
"""Seconds in which one device must answer to count as there: longer than a connection may take."""


async def list_devices(call: SshCall) -> Answer:
    """List the remembered devices that match, each asked whether it answers.

    Raises:
        Rejected: It is asked what only the controller knows.

    """
    status = call.get("status")
    if status not in {None, "online", "offline", "pending"}:
        what = f"which devices are {status}"
        raise needs_controller(what)
    macs = [mac for mac in call.devices.rows if _is_wanted(call, mac)]
    asked = frozenset(call.macs()).intersection(macs) if status != "pending" else frozenset()
    heard = await call.devices.each(asked, call.devices.info)
    waiting = frozenset(macs).difference(call.macs())
    silent = frozenset(mac for mac, error in heard.errors.items() if is_silent(error))
    wanted = {"online": frozenset(heard.answers), "offline": silent, "pending": waiting}
    shown = [mac for mac in macs if mac in wanted.get(status or "", macs)]
    shown.sort(key=lambda mac: call.devices.name(mac).casefold())
    rows = [_row(call, mac, heard.answers.get(mac), heard.errors.get(mac)) for mac in shown]
    return Answer(
        text=_summary(call, heard, silent=silent, waiting=len(waiting)),
        rows=rows,
        complete=False,
        sources=(SOURCE, *call.sources(heard.answers)),
        note=f"only the devices that are {_source(call)}",
        missing="" if status else known_to_controller("updates", "how many clients each has"),
    )


def _is_wanted(call: SshCall, mac: str) -> bool:
    row, words = call.devices.rows[mac], str(call.get("search") or "").casefold()
    keys = ("name", "model", "mac", "ip", "version")
    found = any(words in str(row.get(key, "")).casefold() for key in keys)
    return found and call.get("type") in {None, device_type(row)}


def _summary(call: SshCall, heard: Heard, *, silent: frozenset[str], waiting: int) -> str:
    """Say how many answer, who does not and why, and how many wait to be adopted."""
    noun = _NOUNS.get(call.get("type") or "", "device")
    wait = f"{waiting} {'waits' if waiting == 1 else 'wait'} to be adopted" if waiting else ""
    if call.get("status") == "pending":
        return f"{wait or f'No {noun} waits to be adopted'}."
    asked = len(heard.answers) + len(heard.errors)
    answer = "answers" if asked == 1 else "answer"
    told = f"{len(heard.answers)} of {counted(asked, noun)} {_source(call)} {answer} over SSH"
    untold = " Whether a silent one is off cannot be told from here." if silent else ""
    rest = wait if call.get("status") is None else ""
    return f"{noted(told, call.who_not(heard.errors), rest)}.{untold}"


def _source(call: SshCall) -> str:
    return "found" if call.site.known.found else "remembered"


def _row(call: SshCall, mac: str, info: Info | None, error: CortexError | None) -> dict[str, Any]:
    row = call.devices.rows[mac]
    return {
        "name": name_of(row, mac),
        "type": device_type(row) or row.get("type"),
        "model": inert(row.get("model") or (info.model if info else "")),
        "status": "online" if info else _silence(error),
        "ip": (info.ip if info else "") or row.get("ip"),
        "mac": mac,
        "version": inert((info.version if info else "") or row.get("version") or ""),
        "upgradable": None,
        "clients": None,
        "uptime": span(info.uptime_s) if info else "",
    }


def _silence(error: CortexError | None) -> str:
    """Say in a word or two why a device told nothing."""
    if error is None:
        return "pending"
    return why_not(error)


async def get_device(call: SshCall) -> Answer:
    """Show one device as it tells of itself now; that it does not answer is an answer too.

    Raises:
        CortexError: It answers, but not so that it can be asked.

    """
    macs = [call.mac]
    heard = await call.devices.each(macs, call.devices.info, each_s=_ALIVE_S, all_s=_ALIVE_S)
    error = heard.errors.get(call.mac)
    if error is not None and is_silent(error):
        return _silent(call, error)
    info: Info = heard.of_some().answers[call.mac]
    dump, why = await dump_of(call, call.mac)
    facts = _row(call, call.mac, info, None) | _details(call, dump)
    up = f", up for {facts['uptime']}" if facts["uptime"] else ""
    clients = "" if facts["clients"] is None else f", with {counted(facts['clients'], 'client')}"
    firmware = f", firmware {facts['version']}" if facts["version"] else ""
    return Answer(
        text=f"{facts['name']} ({facts['model']}) answers over SSH{up}{clients}{firmware};"
        f" its way to the controller: {info.connection}.",
        facts=facts,
        complete=not why,
        sources=call.sources([call.mac]),
        note=_UNKNOWN,
        missing=why,
    )


def _silent(call: SshCall, error: CortexError) -> Answer:
    return Answer(
        text=f"{error.message}; whether it is off cannot be told from here.",
        facts=_row(call, call.mac, None, error) | _details(call, None),
        complete=False,
        sources=(SOURCE,),
        note="everything but its status is as remembered",
        missing="",
    )


async def dump_of(call: SshCall, mac: str) -> tuple[Dump | None, str]:
    """Return the dump of a device, or why there is none."""
    try:
        return await call.devices.dump(mac), ""
    except CortexError as error:
        return None, error.message


def _details(call: SshCall, dump: Dump | None) -> dict[str, Any]:
    if dump is None:
        return {"cpu": "", "memory": "", "uplink": ""}
    return {
        "clients": len(dump.clients) if dump.radios else None,
        "cpu": _percent(dump.cpu_percent),
        "memory": _percent(dump.memory_percent),
        "uplink": _uplink(call, dump),
    }


def _uplink(call: SshCall, dump: Dump) -> str:
    """Name the device that it hangs on, by its address where nothing is remembered of that."""
    if dump.uplink is None:
        return ""
    return call.devices.name(dump.uplink.remote_mac) if dump.uplink.remote_mac else dump.uplink.name


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:g} %"


async def get_device_stats(call: SshCall) -> Answer:
    """Show how loaded a device is now; how it went before is the controller's to tell."""
    devices, mac = call.devices, call.mac
    uptime = await devices.read(mac, "uptime", read_uptime)
    load: Load = await devices.read(mac, "load", read_load)
    memory: Memory = await devices.read(mac, "memory", read_memory)
    dump, why = await dump_of(call, mac)
    row = {
        "time": moment(call.clock()),
        "clients": len(dump.clients) if dump and dump.radios else None,
        "rx_bytes": "",
        "tx_bytes": "",
        "cpu": dump.cpu_percent if dump else None,
        "memory": _used_percent(memory),
    }
    return Answer(
        text=f"{devices.name(mac)} is up for {span(uptime)}; its load is {load.one:g}"
        f" ({load.five:g} over 5 minutes, {load.fifteen:g} over 15).",
        rows=[row],
        complete=False,
        sources=call.sources([mac]),
        note="only how it is now",
        missing=noted(known_to_controller("how it went before"), why),
    )


def _used_percent(memory: Memory) -> int | None:
    return round(100 * (1 - memory.available / memory.total)) if memory.total else None
