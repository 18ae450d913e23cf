"""What a switch or gateway tells of its ports, and what is behind each."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cortex.errors import CortexError
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.ssh.asking.call import SshCall, known_to_controller
from cortex.fabric.execution.ssh.parsing.switching import MacEntry, Poe, PoePort, Port
from cortex.fabric.execution.ssh.readers import READERS
from cortex.fabric.execution.wording import counted, enumerated, name_of, ports_that

_SHOWN: Final = 4


async def list_ports(call: SshCall) -> Answer:
    """List a device's ports as it shows them now."""
    ports, poe, table = await _asked(call)
    power, behind = {one.port: one for one in poe.ports}, _behind(call, ports, table)
    labels = _labels(call)
    rows = [_row(one, power.get(one.port), behind.get(one.port, []), labels) for one in ports]
    wanted = [row for row in rows if _matches(row, call.get("only"), call.get("port"))]
    missing = "" if call.get("port") is not None else known_to_controller("the profiles of ports")
    return Answer(
        text=_summary(call, rows, wanted),
        rows=wanted,
        complete=not missing,
        sources=call.sources([call.mac]),
        note="names of clients are as remembered",
        missing=missing,
    )


async def _asked(call: SshCall) -> tuple[tuple[Port, ...], Poe, tuple[MacEntry, ...]]:
    """Return ports, power and learnt addresses: of the dump, else of the tables of a switch."""
    dump = await call.devices.dump_if_any(call.mac)
    if dump is None:
        ports: Any = await call.devices.read(call.mac, "ports", READERS["ports"])
        poe: Any = await _or_none(call, "poe")
        table: Any = await _or_none(call, "mac_table")
        return ports, poe or Poe(None, ()), table or ()
    return dump.ports, dump.poe, dump.mac_table


async def _or_none(call: SshCall, question: str) -> Any:
    try:
        return await call.devices.read(call.mac, question, READERS[question])
    except CortexError:
        return None


def _labels(call: SshCall) -> Mapping[int, str]:
    table = call.devices.rows.get(call.mac, {}).get("port_table") or []
    return {int(one.get("port_idx") or 0): str(one.get("name") or "") for one in table}


def _behind(
    call: SshCall, ports: Iterable[Port], table: Iterable[MacEntry]
) -> Mapping[int, list[str]]:
    """Name what was learnt at each port; a port that leads to a device names the device alone."""
    clients = {str(row.get("mac")): row for row in call.site.known.clients}
    uplinks = {one.port for one in ports if one.uplink}
    names: dict[int, list[str]] = {}
    for mac, row in call.devices.rows.items():
        if (port := port_towards(row, call.mac)) is not None:
            uplinks.add(port)
            names.setdefault(port, []).append(name_of(row, mac))
    for entry in table:
        if entry.port not in uplinks:
            name = name_of(clients.get(entry.mac), entry.hostname or entry.mac)
            names.setdefault(entry.port, []).append(name)
    return {port: list(dict.fromkeys(found)) for port, found in names.items()}


def port_towards(row: Mapping[str, Any], mac: str) -> int | None:
    """Return the port of a device that a remembered device hangs on; None if not on it."""
    for uplink in (row.get("uplink") or {}, row.get("last_uplink") or {}):
        if uplink.get("uplink_mac") == mac and uplink.get("uplink_remote_port"):
            return int(uplink["uplink_remote_port"])
    return None


def _row(
    port: Port, power: PoePort | None, behind: list[str], labels: Mapping[int, str]
) -> dict[str, Any]:
    watts = power.power_w if power and power.on else None
    return {
        "port": port.port,
        "name": port.name or labels.get(port.port, ""),
        "status": "up" if port.up else "down",
        "speed": f"{port.speed_mbps} Mbit/s" if port.up and port.speed_mbps else "",
        "poe": power.mode.lower() if power else "",
        "poe_power": f"{watts:g} W" if watts else "",
        "profile": "",
        "errors": (port.rx_errors or 0) + (port.tx_errors or 0),
        "clients": enumerated(behind, most=_SHOWN),
    }


def _matches(row: Mapping[str, Any], only: str | None, port: int | None) -> bool:
    if port is not None and row["port"] != port:
        return False
    match only:
        case "up" | "down":
            return bool(row["status"] == only)
        case "poe" | "errors":
            return bool(row[only])
        case _:
            return True


def _summary(call: SshCall, rows: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> str:
    name, port = call.devices.name(call.mac), call.get("port")
    if not rows:
        return f"{name} shows no ports."
    if port is not None and not wanted:
        return f"{name} has no such port {port}."
    if port is not None:
        behind = wanted[0]["clients"] or "Nothing"
        return f"{behind} on port {port} of {name}; the link is {wanted[0]['status']}."
    if call.get("only"):
        return ports_that(call.get("only"), len(wanted), len(rows), name)
    up = sum(row["status"] == "up" for row in rows)
    return f"{name} has {counted(len(rows), 'port')}, {up} of them up."
