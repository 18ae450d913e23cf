"""Who was remembered behind a device or a port, for whoever says yes to a change of it."""

from cortex.fabric.execution.ssh.asking.call import SshCall
from cortex.fabric.execution.ssh.reads.ports import port_towards
from cortex.fabric.execution.wording import counted, enumerated, name_of


async def behind_device(call: SshCall) -> str:
    """Say what was remembered on a device; empty for nothing."""
    rows = call.devices.rows
    below = [mac for mac, row in rows.items() if port_towards(row, call.mac) is not None]
    clients = [one for one in call.site.known.clients if _is_on(one, call.mac)]
    told = [counted(len(clients), "client")] if clients else []
    told += [enumerated([name_of(rows[mac], mac) for mac in below])] if below else []
    return f"On it, as remembered: {' and '.join(told)}." if told else ""


def _is_on(client: dict[str, object], mac: str) -> bool:
    return bool(client.get("online")) and mac in {client.get("ap_mac"), client.get("sw_mac")}


async def behind_port(call: SshCall) -> str:
    """Say what was remembered on a port; empty for nothing."""
    port = call.get("port")
    names = [
        name_of(row, mac)
        for mac, row in call.devices.rows.items()
        if port_towards(row, call.mac) == port
    ]
    names += [
        name_of(row)
        for row in call.site.known.clients
        if row.get("online") and (row.get("sw_mac"), row.get("sw_port")) == (call.mac, port)
    ]
    return f"On it, as remembered: {enumerated(names)}." if names else ""
