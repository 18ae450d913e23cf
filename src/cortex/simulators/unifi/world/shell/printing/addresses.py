"""Print addresses: the device's own, its routes, its neighbours and the leases it gave."""

from collections.abc import Sequence
from ipaddress import IPv4Address, ip_interface

from cortex.simulators.unifi.world.rows.gateways import networks_for, wan_of
from cortex.simulators.unifi.world.shell.view import Printed, Shell

_LEASE_S = 86_400
_NO_GATEWAY = str(IPv4Address(0))


def _interfaces(shell: Shell) -> list[tuple[str, str, str]]:
    """Return name, address with prefix, and MAC of each interface that has an address."""
    device = shell.device
    if "gateway" not in shell.roles:
        name = "br0" if "ap" in shell.roles else "eth0"
        return [(name, f"{device.ip}/24", device.mac)]
    nets = networks_for(shell.site, "corporate") + networks_for(shell.site, "guest")
    found = [
        (f"br{net.get('vlan', 0)}", str(net["ip_subnet"]), device.mac)
        for net in nets
        if net.get("ip_subnet")
    ]
    wan = wan_of(shell.site)
    return [*found, ("eth8", f"{wan.get('x_wan_ip', '203.0.113.10')}/24", device.mac)]


def ifconfig(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print the interfaces the long way."""
    received, sent = shell.row["rx_bytes"], shell.row["tx_bytes"]
    blocks = [
        f"{name:<9} Link encap:Ethernet  HWaddr {mac.upper()}\n"
        f"          inet addr:{address.partition('/')[0]}"
        f"  Bcast:{ip_interface(address).network.broadcast_address}"
        f"  Mask:{ip_interface(address).netmask}\n"
        "          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n"
        f"          RX packets:{received // 900} errors:0 dropped:0 overruns:0 frame:0\n"
        f"          TX packets:{sent // 900} errors:0 dropped:0 overruns:0 carrier:0\n"
        f"          RX bytes:{received}  TX bytes:{sent}\n\n"
        for name, address, mac in _interfaces(shell)
    ]
    loopback = (
        "lo        Link encap:Local Loopback\n"
        "          inet addr:127.0.0.1  Mask:255.0.0.0\n"
        "          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n"
    )
    return Printed("".join(blocks) + loopback)


def ip(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer the parts of `ip` that show something."""
    match list(words):
        case ["-br", "addr"] | ["-br", "a"] if not shell.is_old:
            rows = [("lo", "UNKNOWN", "127.0.0.1/8")]
            rows += [(name, "UP", address) for name, address, _ in _interfaces(shell)]
            return Printed("".join(f"{a:<16} {b:<14} {c}\n" for a, b, c in rows))
        case ["addr"] | ["a"]:
            return Printed(_long_addresses(shell))
        case ["route"] | ["route", "show"]:
            return Printed(_routes(shell))
        case ["neigh"] | ["neigh", "show"]:
            lines = [f"{who} dev br0 lladdr {mac} REACHABLE\n" for who, mac in _neighbours(shell)]
            return Printed("".join(lines))
        case _:
            return Printed(error="ip: either 'addr', 'route' or 'neigh' is wanted\n", status=1)


def _long_addresses(shell: Shell) -> str:
    return "".join(
        f"{number}: {name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n"
        f"    link/ether {mac} brd ff:ff:ff:ff:ff:ff\n"
        f"    inet {address} scope global {name}\n"
        for number, (name, address, mac) in enumerate(_interfaces(shell), start=2)
    )


def _routes(shell: Shell) -> str:
    lines = [
        f"{ip_interface(address).network} dev {name} proto kernel scope link"
        f" src {address.partition('/')[0]}\n"
        for name, address, _ in _interfaces(shell)
    ]
    if "gateway" in shell.roles:
        way = f"default via {wan_of(shell.site).get('wan_gateway', '203.0.113.1')} dev eth8\n"
    else:
        way = f"default via {shell.gateway_ip} dev {_interfaces(shell)[0][0]}\n"
    return way + "".join(lines)


def netstat(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print the routes as a table, whatever was asked."""
    rows = [
        f"{ip_interface(address).network.network_address!s:<16}{_NO_GATEWAY:<16}"
        f"{ip_interface(address).netmask!s:<16}U         0 0          0 {name}\n"
        for name, address, _ in _interfaces(shell)
    ]
    head = (
        "Kernel IP routing table\n"
        "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
    )
    return Printed(head + "".join(rows))


def brctl(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print the bridges, whatever was asked."""
    number = shell.device.mac.replace(":", "")
    return Printed(
        f"bridge name\tbridge id\t\tSTP enabled\tinterfaces\nbr0\t\tffff.{number}\tno\t\teth0\n"
    )


def bridge(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer `bridge fdb show`: which addresses were seen on which side."""
    if list(words[:2]) != ["fdb", "show"]:
        return Printed(error="Usage: bridge fdb show\n", status=1)
    here = [each for each in shell.online if each.uplink_mac == shell.device.mac]
    lines = [
        f"{each.mac} dev {f'eth{each.sw_port - 1}' if each.is_wired else 'ath0'} master br0\n"
        for each in here
    ]
    return Printed("".join(lines) + f"{shell.device.mac} dev br0 master br0 permanent\n")


def _neighbours(shell: Shell) -> list[tuple[str, str]]:
    """Return address and MAC of whom the device has spoken with lately."""
    if "gateway" in shell.roles:
        found = [(client.ip, client.mac) for client in shell.online]
        return found + [(each.ip, each.mac) for each in shell.site.children(shell.device)]
    gateway = shell.site.gateway()
    return [(gateway.ip, gateway.mac)] if gateway else []


def arp_file(shell: Shell) -> str:
    """Return `/proc/net/arp`."""
    head = "IP address       HW type     Flags       HW address            Mask     Device\n"
    return head + "".join(
        f"{address:<16} 0x1         0x2         {mac}     *        br0\n"
        for address, mac in _neighbours(shell)
    )


def resolver_file(shell: Shell) -> str:
    """Return `/etc/resolv.conf`."""
    if "gateway" in shell.roles:
        return "nameserver 127.0.0.1\nsearch localdomain\n"
    return f"# Generated by udhcpc\nnameserver {shell.gateway_ip}\nsearch localdomain\n"


def leases_file(shell: Shell) -> str:
    """Return the file of dnsmasq's leases: until when, MAC, address, host name, client id."""
    return "".join(
        f"{int(client.associated_at) + _LEASE_S} {client.mac} {client.ip}"
        f" {client.hostname.replace(' ', '-') or '*'} 01:{client.mac}\n"
        for client in shell.online
    )


def most_connections_file(_shell: Shell) -> str:
    """Return how many connections the gateway can keep track of."""
    return "262144\n"


def connections_file(shell: Shell) -> str:
    """Return how many connections the gateway keeps track of."""
    return f"{40 + 17 * len(shell.online) + int(shell.now) // 60 % 13}\n"
