"""The one table of what is performed over SSH: each tool by name."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.change import Change
from cortex.fabric.execution.means import Served
from cortex.fabric.execution.ssh.asking.call import SshCall
from cortex.fabric.execution.ssh.changes import devices as device_changes
from cortex.fabric.execution.ssh.changes import ports as port_changes
from cortex.fabric.execution.ssh.reads import clients, devices, logs, network, ports, wireless

LAYER = "execution-unifi-ssh"

READS: Mapping[str, Callable[[SshCall], Awaitable[Answer]]] = MappingProxyType(
    {
        "get_system_info": network.get_system_info,
        "get_network_health": network.get_network_health,
        "list_networks": network.list_networks,
        "list_events": logs.list_events,
        "list_devices": devices.list_devices,
        "get_device": devices.get_device,
        "get_device_stats": devices.get_device_stats,
        "get_device_logs": logs.get_device_logs,
        "run_diagnostic": logs.run_diagnostic,
        "get_radio": wireless.get_radio,
        "list_ports": ports.list_ports,
        "list_clients": clients.list_clients,
        "get_client": clients.get_client,
        "list_wlans": wireless.list_wlans,
        "get_wlan": wireless.get_wlan,
    }
)
CHANGES: Mapping[str, Change[SshCall]] = MappingProxyType(
    {
        "restart_device": device_changes.RESTART_DEVICE,
        "adopt_device": device_changes.ADOPT_DEVICE,
        "power_cycle_port": port_changes.POWER_CYCLE_PORT,
    }
)
SERVED = Served(
    layer=LAYER, reads=READS, changes=CHANGES, asked="the device", elsewhere="the controller"
)
