"""Print what a switch knows of its ports: link, power, addresses, neighbours, spanning tree.

There are two layouts of every table, as firmware families differ; a reader that counts columns
reads one of them wrong. The port and address rows follow outputs that owners published.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cortex.simulators.unifi.world.records import Client, Device, Record
from cortex.simulators.unifi.world.shell.view import CyclePort, Printed, Shell
from cortex.simulators.unifi.world.site import Site

_INCOMPLETE: Final = '[error] Command line is not complete. Try option "help"\n'
_BYTES_A_PACKET: Final = 900


def swctrl(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer `swctrl`."""
    match list(words):
        case ["poe", ("show" | "restart") as verb, "id", number]:
            return _one_port(shell, verb, number)
        case ["port", "show", "counters"]:
            return Printed(_ports(shell))
        case [topic, "show"] if topic in _TABLES:
            return Printed(_TABLES[topic](shell))
        case _:
            return Printed(_INCOMPLETE, status=1)


def _one_port(shell: Shell, verb: str, number: str) -> Printed:
    if not _is_poe(shell, number):
        return Printed(error=f"[error] Invalid port id {number}\n", status=1)
    if verb == "restart":
        return Printed(order=CyclePort(int(number)))
    return Printed(_poe(shell, int(number)))


def _is_poe(shell: Shell, number: str) -> bool:
    poe = {str(port.index) for port in shell.device.ports if port.poe}
    return number in poe


def _ports(shell: Shell) -> str:
    rows = shell.row["port_table"]
    if shell.wide_tables:
        head = (
            "@: LLDP neighbour, U: uplink\n"
            "   Port Link    Rate    RxPackets     TxPackets       RxBytes       TxBytes"
            " FwdState   Auth  802.1X     Flags\n"
            "   ---- ---- ------- ------------- ------------- ------------- -------------"
            " ---------- ----- ---------- -----\n"
        )
        return head + "".join(_wide_port(shell, row) for row in rows)
    head = (
        "Port   Link  Rate   STP_State    RxErrors  RxBytes         TxBytes         Name\n"
        "-----  ----  -----  -----------  --------  --------------  --------------  ----------\n"
    )
    return head + "".join(_narrow_port(row) for row in rows)


def _link(row: Record) -> str:
    return "U/U" if row["up"] else "U/D"


def _rate(row: Record) -> str:
    return f"{row['speed']}F" if row["up"] else "0H"


def _wide_port(shell: Shell, row: Record) -> str:
    flags = ("@" if _has_device(shell, row) else " ") + ("U" if row["is_uplink"] else " ")
    received, sent = row["rx_bytes"], row["tx_bytes"]
    return (
        f"{flags} {row['port_idx']:>4} {_link(row):>4} {_rate(row):>7}"
        f" {received // _BYTES_A_PACKET:>13} {sent // _BYTES_A_PACKET:>13}"
        f" {received:>13} {sent:>13} {row['stp_state']:<10} force authorized 0x0\n"
    )


def _has_device(shell: Shell, row: Record) -> bool:
    port = shell.site.port(shell.device, row["port_idx"])
    return port is not None and port.peer in shell.site.devices


def _narrow_port(row: Record) -> str:
    return (
        f"{row['port_idx']:>5}  {_link(row):<4}  {_rate(row):<5}  {row['stp_state']:<11}"
        f"  {row['rx_errors']:>8}  {row['rx_bytes']:>14}  {row['tx_bytes']:>14}  {row['name']}\n"
    )


def _poe(shell: Shell, only: int | None = None) -> str:
    rows = [
        row
        for row in shell.row["port_table"]
        if row["port_poe"] and only in {None, row["port_idx"]}
    ]
    limit = f"Total Power Limit(mW): {shell.row['total_max_power'] * 1000}\n\n"
    if shell.wide_tables:
        head = (
            "Port  OpMode      HpMode    PwrLimit   Class   PoEPwr  PwrGood  Power(W)  Voltage(V)"
            "  Current(mA)\n"
            "                              (mW)\n"
            "----  ------  ------------  --------  -------  ------  -------  --------  ----------"
            "  -----------\n"
        )
    else:
        head = (
            "Port OpMode HpMode PwrLimit(mW) Class PoEPwr PwrGood Power(W) Voltage(V) Current(mA)\n"
        )
    return limit + head + "".join(_poe_row(row, wide=shell.wide_tables) for row in rows)


def _poe_row(row: Record, *, wide: bool) -> str:
    given = row["poe_enable"]
    mode = "Auto" if row["poe_mode"] == "auto" else "Off"
    power, good = ("On", "Good") if given else ("Off", "Bad")
    figures = row["poe_power"], row["poe_voltage"], row["poe_current"]
    if wide:
        return (
            f"{row['port_idx']:>4}  {mode:>6}  {'Dot3at':>12}  {32000:>8}  {row['poe_class']:>7}"
            f"  {power:>6}  {good:>7}  {figures[0]:>8}  {figures[1]:>10}  {figures[2]:>11}\n"
        )
    head = f"{row['port_idx']} {mode} Dot3at -1 {row['poe_class']} {power} {good}"
    return f"{head} {figures[0]} {figures[1]} {figures[2]}\n"


def learned(shell: Shell) -> list[Record]:
    """Return the addresses the switch has seen, each on the port that leads to it."""
    found = []
    for client in shell.online:
        index = _way_to(shell, client.uplink_mac, client)
        if index:
            found.append(
                {
                    "port": index,
                    "vlan": shell.site.networks.get(client.network_id, {}).get("vlan", 1),
                    "mac": client.mac,
                    "ip": client.ip,
                    "hostname": client.hostname,
                    "uptime": max(0, int(shell.now - client.associated_at)),
                    "age": 0,
                }
            )
    return sorted(found, key=lambda row: (row["port"], row["mac"]))


def _way_to(shell: Shell, mac: str, client: Client) -> int:
    """Return the port that leads to whatever serves the client: down, or else up."""
    here = shell.device
    if mac == here.mac:
        return client.sw_port
    below = _port_above(shell.site, mac, here.mac)
    return below or next((port.index for port in here.ports if port.is_uplink), 0)


def _port_above(site: Site, mac: str, top: str) -> int:
    while mac:
        device = site.devices[mac]
        if device.uplink_mac == top:
            return device.uplink_port
        mac = device.uplink_mac
    return 0


def _addresses(shell: Shell) -> str:
    rows = learned(shell)
    if shell.wide_tables:
        head = (
            "port vlan mac-address       ip-address      hostname          uptime age"
            " wireless-type\n"
            "---- ---- ----------------- --------------- ---------------- ------ ---"
            " -------------\n"
        )
        lines = [
            f"{row['port']:>4} {row['vlan']:>4} {row['mac']:<17} {row['ip']:<15}"
            f" {row['hostname'][:16]:<16} {row['uptime']:>6} {row['age']:>3}\n"
            for row in rows
        ]
    else:
        head = "VLAN  MAC                Type     Port  Age  IP\n"
        lines = [
            f"{row['vlan']:<4}  {row['mac'].upper()}  dynamic  {row['port']:<4}  {row['age']:<3}"
            f"  {row['ip']}\n"
            for row in rows
        ]
    return f"{head}{''.join(lines)}Total number of entries: {len(rows)}\n"


def _neighbours(shell: Shell) -> str:
    site, rows = shell.site, shell.row["lldp_table"]
    if shell.wide_tables:
        head = (
            "Port  Chassis ID         Port ID           System Name\n"
            "----  -----------------  ----------------  ----------------\n"
        )
        return head + "".join(
            f"{row['local_port_idx']:>4}  {row['chassis_id']}  {row['port_id']:<16}"
            f"  {site.devices[row['chassis_id']].name}\n"
            for row in rows
        )
    return "".join(
        f"Local Port: {row['local_port_idx']}\n"
        f"  Chassis ID: {row['chassis_id']}\n"
        f"  Port ID: {row['port_id']}\n"
        f"  System Name: {site.devices[row['chassis_id']].name}\n"
        for row in rows
    )


def _tree(shell: Shell) -> str:
    root = _bridge(32768, shell.site.gateway() or shell.device)
    rows = shell.row["port_table"]
    if shell.wide_tables:
        head = (
            "Spanning tree: RSTP\n"
            f"Root ID   : {root}\n"
            f"Bridge ID : {_bridge(32768, shell.device)}\n"
            "Port  Role        State       Cost    Priority\n"
            "----  ----------  ----------  ------  --------\n"
        )
        return head + "".join(
            f"{row['port_idx']:>4}  {_part(row):<10}  {row['stp_state']:<10}"
            f"  {20000:>6}  {128:>8}\n"
            for row in rows
        )
    head = f"RSTP enabled, root {root}\nPort State      Role\n"
    return head + "".join(
        f"{row['port_idx']:<4} {row['stp_state']:<10} {_part(row)}\n" for row in rows
    )


def _bridge(priority: int, device: Device) -> str:
    return f"{priority}.{device.mac}"


def _part(row: Record) -> str:
    if not row["up"]:
        return "Disabled"
    return "Root" if row["is_uplink"] else "Designated"


def _optics(shell: Shell) -> str:
    head = "Port  Present  Vendor    Part        Temp(C)\n"
    rows = [port for port in shell.device.ports if port.media == "SFP+"]
    return head + "".join(
        f"{port.index:>4}  {'Yes' if port.peer else 'No':<7}  "
        f"{'Ubiquiti' if port.peer else '-':<8}  {'UDC-1' if port.peer else '-':<10}  -\n"
        for port in rows
    )


def _groups(_shell: Shell) -> str:
    return "LAG  Members  State\n---  -------  -----\n"


_TABLES: Final[Mapping[str, Callable[[Shell], str]]] = {
    "port": _ports,
    "poe": _poe,
    "mac": _addresses,
    "lldp": _neighbours,
    "stp": _tree,
    "sfp": _optics,
    "lag": _groups,
}
