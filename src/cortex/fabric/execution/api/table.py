"""The one table of what is performed: each tool of this layer by name."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.api.changes import clients as client_changes
from cortex.fabric.execution.api.changes import devices as device_changes
from cortex.fabric.execution.api.changes import firewall as firewall_changes
from cortex.fabric.execution.api.changes import ports as port_changes
from cortex.fabric.execution.api.changes import wireless as wireless_changes
from cortex.fabric.execution.api.reads import (
    clients,
    devices,
    events,
    firewall,
    health,
    network,
    ports,
    vouchers,
    wireless,
)
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.change import Change
from cortex.fabric.execution.means import Served

LAYER = "execution-unifi-api"

READS: Mapping[str, Callable[[Call], Awaitable[Answer]]] = MappingProxyType(
    {
        "list_sites": network.list_sites,
        "get_system_info": network.get_system_info,
        "get_network_health": health.get_network_health,
        "list_networks": network.list_networks,
        "list_firewall_rules": firewall.list_firewall_rules,
        "list_events": events.list_events,
        "list_devices": devices.list_devices,
        "get_device": devices.get_device,
        "get_device_stats": devices.get_device_stats,
        "get_radio": devices.get_radio,
        "list_ports": ports.list_ports,
        "list_port_profiles": ports.list_port_profiles,
        "list_clients": clients.list_clients,
        "get_client": clients.get_client,
        "list_blocked_clients": clients.list_blocked_clients,
        "get_client_history": clients.get_client_history,
        "list_wlans": wireless.list_wlans,
        "get_wlan": wireless.get_wlan,
        "list_vouchers": vouchers.list_vouchers,
    }
)
CHANGES: Mapping[str, Change[Call]] = MappingProxyType(
    {
        "block_client": client_changes.BLOCK_CLIENT,
        "unblock_client": client_changes.UNBLOCK_CLIENT,
        "reconnect_client": client_changes.RECONNECT_CLIENT,
        "rename_client": client_changes.RENAME_CLIENT,
        "set_client_fixed_ip": client_changes.SET_CLIENT_FIXED_IP,
        "forget_client": client_changes.FORGET_CLIENT,
        "authorize_guest": client_changes.AUTHORIZE_GUEST,
        "revoke_guest": client_changes.REVOKE_GUEST,
        "restart_device": device_changes.RESTART_DEVICE,
        "upgrade_device": device_changes.UPGRADE_DEVICE,
        "adopt_device": device_changes.ADOPT_DEVICE,
        "forget_device": device_changes.FORGET_DEVICE,
        "provision_device": device_changes.PROVISION_DEVICE,
        "rename_device": device_changes.RENAME_DEVICE,
        "locate_device": device_changes.LOCATE_DEVICE,
        "set_device_led": device_changes.SET_DEVICE_LED,
        "power_cycle_port": port_changes.POWER_CYCLE_PORT,
        "set_port_poe": port_changes.SET_PORT_POE,
        "set_port_profile": port_changes.SET_PORT_PROFILE,
        "set_radio": port_changes.SET_RADIO,
        "set_wlan_enabled": wireless_changes.SET_WLAN_ENABLED,
        "set_wlan_password": wireless_changes.SET_WLAN_PASSWORD,
        "create_vouchers": wireless_changes.CREATE_VOUCHERS,
        "set_firewall_rule_enabled": firewall_changes.SET_FIREWALL_RULE_ENABLED,
        "create_firewall_block": firewall_changes.CREATE_FIREWALL_BLOCK,
        "set_port_forward_enabled": firewall_changes.SET_PORT_FORWARD_ENABLED,
        "run_speedtest": firewall_changes.RUN_SPEEDTEST,
    }
)

OFFICIAL = frozenset(
    {
        "restart_device",
        "forget_device",
        "adopt_device",
        "authorize_guest",
        "revoke_guest",
        "create_vouchers",
    }
)
"""The changes that the official API alone can carry out and show."""


SERVED = Served(layer=LAYER, reads=READS, changes=CHANGES)
