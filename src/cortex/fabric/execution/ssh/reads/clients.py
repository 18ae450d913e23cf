"""Which clients devices see now: on the air by access points, on wires by what switches learnt.

Names are as remembered; what nobody remembers is called as it calls itself.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.ssh.asking.call import SshCall, known_to_controller, noted
from cortex.fabric.execution.ssh.asking.fleet import Heard
from cortex.fabric.execution.ssh.asking.live import DUMP_S
from cortex.fabric.execution.ssh.parsing.dump import Dump
from cortex.fabric.execution.ssh.reads.ports import port_towards
from cortex.fabric.execution.wording import counted, name_of, span

_WEAKEST: Final = -200
_SEEN: Final = "only what the access points and switches that answered see"
_NAMES: Final = "names are as remembered"
Seen = dict[str, Any]
"""What is known of one client, with the keys of the controller's records."""


async def list_clients(call: SshCall) -> Answer:
    """List the clients that match, those that devices see unless asked otherwise."""
    heard, seen = await _seen(call)
    status = call.get("status") or "online"
    rows = [
        row for row in seen.values() if status == "all" or row["online"] is (status == "online")
    ]
    rows = [row for row in rows if _matches(call, row)]
    rows.sort(key=_order(call.get("sort")))
    verb = "is" if len(rows) == 1 else "are"
    return Answer(
        text=f"{counted(len(rows), 'client')} {verb} {'known' if status == 'all' else status},"
        f" by what {counted(len(heard.answers), 'device')} told.",
        rows=[_row(call, row) for row in rows],
        complete=False,
        sources=call.sources(heard.answers),
        note=noted(_SEEN, _NAMES),
        missing=noted(
            known_to_controller("usage", "when each was last seen"), call.who_not(heard.errors)
        ),
    )


async def get_client(call: SshCall) -> Answer:
    """Show one client as devices see it now."""
    heard, seen = await _seen(call)
    mac = str(call.get("client"))
    row = seen.get(mac) or {"mac": mac, "online": False}
    facts = _row(call, row) | {
        "vendor": "",
        "port": row.get("sw_port") if row["online"] else None,
        "blocked": bool(row.get("blocked")),
        "fixed_ip": row.get("fixed_ip") if row.get("use_fixedip") else "",
        "uptime": span(row.get("seconds")),
    }
    # One that is seen is seen, whoever else did not tell.
    missing = "" if row["online"] else call.who_not(heard.errors)
    return Answer(
        text=_sentence(facts),
        facts=facts,
        complete=not missing,
        sources=call.sources(heard.answers),
        note=noted(_SEEN, "whether it is blocked is as remembered"),
        missing=missing,
    )


def _sentence(facts: Mapping[str, Any]) -> str:
    name = facts["name"]
    if facts["status"] != "online":
        return f"{name} is not seen by any device that answered."
    port = f"port {facts['port']} of " if facts["port"] else ""
    wlan = f"{facts['wlan']} at " if facts["wlan"] else ""
    address = f" as {facts['ip']}" if facts["ip"] else ""
    signal = f", signal {facts['signal']} dBm" if facts["signal"] else ""
    return f"{name} is online{address} on {wlan}{port}{facts['device']}{signal}."


async def _seen(call: SshCall) -> tuple[Heard, Mapping[str, Seen]]:
    """Return what was heard, and each client that is seen or remembered.

    Raises:
        CortexError: No device answered.

    """
    macs = call.macs("ap", "switch")
    heard = await call.devices.each(macs, call.devices.dump, each_s=DUMP_S, all_s=DUMP_S)
    heard = heard.of_some()
    seen: dict[str, Seen] = {}
    for row in call.site.known.clients:
        mac = str(row.get("mac") or "").lower()
        seen[mac] = {**row, "mac": mac, "online": False}
    for mac, dump in heard.answers.items():
        for found in _wired(call, mac, dump):
            _add(seen, found)
    for mac, dump in heard.answers.items():
        for found in _wireless(mac, dump):
            _add(seen, found)
    return heard, seen


def _add(seen: dict[str, Seen], found: Seen) -> None:
    known = seen.get(found["mac"], {})
    told = {name: value for name, value in found.items() if value not in {None, ""}}
    seen[found["mac"]] = {**known, "sw_port": None, "essid": "", **told, "online": True}


def _wireless(mac: str, dump: Dump) -> Iterator[Seen]:
    for one in dump.clients:
        yield {
            "mac": one.mac,
            "hostname": one.hostname,
            "ip": one.ip,
            "essid": one.essid,
            "is_wired": False,
            "on": mac,
            "signal": one.signal_dbm,
            "seconds": one.uptime_s,
        }


def _wired(call: SshCall, mac: str, dump: Dump) -> Iterator[Seen]:
    """Yield what was learnt at ports that lead to no other device."""
    rows = call.devices.rows
    leading = {one.port for one in dump.ports if one.uplink}
    leading |= {port for row in rows.values() if (port := port_towards(row, mac)) is not None}
    for entry in dump.mac_table:
        if entry.port not in leading and entry.mac not in rows:
            yield {
                "mac": entry.mac,
                "hostname": entry.hostname,
                "ip": entry.ip,
                "is_wired": True,
                "on": mac,
                "sw_port": entry.port,
            }


def _matches(call: SshCall, row: Seen) -> bool:
    words = str(call.get("search") or "").casefold()
    keys = ("name", "hostname", "mac", "ip", "essid", "network")
    wanted = {
        "network": row.get("network_id"),
        "wlan": row.get("essid"),
        "device": row.get("on"),
        "connection": _connection(row),
    }
    return any(words in str(row.get(key) or "").casefold() for key in keys) and all(
        call.get(name) in {None, value} for name, value in wanted.items()
    )


def _order(sort: str | None) -> Any:
    if sort == "signal":
        return lambda row: (-(row.get("signal") or _WEAKEST), name_of(row).casefold())
    return lambda row: (name_of(row).casefold(), row["mac"])


def _connection(row: Seen) -> str:
    return "wired" if row.get("is_wired") else "wireless"


def _row(call: SshCall, row: Seen) -> Seen:
    online = bool(row["online"])
    return {
        "name": name_of(row, row["mac"]),
        "ip": row.get("ip") if online else "",
        "mac": row["mac"],
        "status": "online" if online else "blocked" if row.get("blocked") else "offline",
        "connection": _connection(row),
        "network": row.get("network") or "",
        "wlan": row.get("essid") or "" if online else "",
        "device": call.devices.name(str(row.get("on"))) if online else "",
        "signal": row.get("signal") if online else None,
        "usage": "",
        "last_seen": "",
    }
