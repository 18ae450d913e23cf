"""Print what the device finds when it looks for others: ping, traceroute, nslookup.

Whoever is on the site answers if it is there. Outside are a few names everybody knows, and all
addresses, as long as there is a way out.
"""

import ipaddress
from collections.abc import Sequence
from typing import Final

from cortex.simulators.unifi.world.dice import Dice
from cortex.simulators.unifi.world.shell.view import Printed, Shell

_WORLD: Final = {
    "one.one.one.one": "1.1.1.1",
    "dns.google": "8.8.8.8",
    "google.com": "142.250.185.78",
    "www.google.com": "142.250.185.68",
    "ui.com": "18.65.3.77",
    "ping.ui.com": "18.245.46.28",
    "example.com": "93.184.215.14",
}
_MOST_PINGS: Final = 100
_USAGE: Final = "Usage: {} [OPTIONS] HOST\n"


def _options(words: Sequence[str], flags: str) -> tuple[dict[str, str], list[str]]:
    """Split words into options (those in `flags` take no value) and the rest."""
    options: dict[str, str] = {}
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("-") or len(word) == 1:
            rest.append(word)
        elif word[1:] in flags:
            options[word[1:]] = ""
        elif left:
            options[word[1:]] = left.pop(0)
    return options, rest


def _number(text: str, otherwise: int) -> int:
    good = text.isascii() and text.isdigit()
    return int(text) if good and len(text) < len(str(10**9)) else otherwise


def _resolved(shell: Shell, target: str) -> str:
    """Return the address behind a name or address, nothing if there is none."""
    try:
        return str(ipaddress.ip_address(target))
    except ValueError:
        pass
    wanted = target.lower().removesuffix(".").removesuffix(".localdomain")
    if wanted in {"unifi", "setup.ubnt.com"}:
        return shell.gateway_ip
    for client in shell.online:
        if client.hostname.lower() == wanted:
            return client.ip
    known = _WORLD.get(wanted, "")
    return known if _way_out(shell) else ""


def _way_out(shell: Shell) -> bool:
    gateway = shell.site.gateway()
    return gateway is not None and shell.site.is_serving(gateway.mac)


def _answers(shell: Shell, address: str) -> bool:
    """Tell whether anybody answers at an address."""
    devices = shell.site.devices.values()
    if any(each.ip == address and shell.site.is_serving(each.mac) for each in devices):
        return True
    if any(each.ip == address for each in shell.online):
        return True
    return ipaddress.ip_address(address).is_global and _way_out(shell)


def _milliseconds(shell: Shell, address: str, count: int) -> list[float]:
    outside = ipaddress.ip_address(address).is_global
    dice = Dice(int(shell.now) ^ int(ipaddress.ip_address(address)) & 0xFFFFFFFF)
    return [dice.between(280, 990) / 1000 + (8.0 if outside else 0.0) for _ in range(count)]


def ping(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer `ping -c N -W S HOST`."""
    options, rest = _options(words, "q46")
    if len(rest) != 1:
        return Printed(error=_USAGE.format("ping"), status=1)
    target, address = rest[0], _resolved(shell, rest[0])
    if not address:
        return Printed(error=f"ping: bad address '{target}'\n", status=1)
    count = min(_number(options.get("c", ""), 4), _MOST_PINGS) or 1
    head = f"PING {target} ({address}): 56 data bytes\n"
    if not _answers(shell, address):
        lost = f"{count} packets transmitted, 0 packets received, 100% packet loss\n"
        return Printed(f"{head}\n--- {target} ping statistics ---\n{lost}", status=1)
    times = _milliseconds(shell, address, count)
    replies = "".join(
        f"64 bytes from {address}: seq={number} ttl=64 time={took:.3f} ms\n"
        for number, took in enumerate(times)
    )
    mean = sum(times) / count
    return Printed(
        f"{head}{replies}\n--- {target} ping statistics ---\n"
        f"{count} packets transmitted, {count} packets received, 0% packet loss\n"
        f"round-trip min/avg/max = {min(times):.3f}/{mean:.3f}/{max(times):.3f} ms\n"
    )


def traceroute(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer `traceroute -n -m HOPS -w S HOST`."""
    options, rest = _options(words, "nIlr46")
    if not rest:
        return Printed(error=_USAGE.format("traceroute"), status=1)
    target, address = rest[0], _resolved(shell, rest[0])
    if not address:
        return Printed(error=f"traceroute: bad address '{target}'\n", status=1)
    most = _number(options.get("m", ""), 30) or 1
    head = f"traceroute to {target} ({address}), {most} hops max, 38 byte packets\n"
    outside = ipaddress.ip_address(address).is_global
    way = [shell.gateway_ip, "203.0.113.1", "198.51.100.9", address] if outside else [address]
    lines = [
        f"{number:>2}  {hop}" + "".join(f"  {took:.3f} ms" for took in _hop(shell, hop, number))
        for number, hop in enumerate(way, start=1)
    ]
    if not _answers(shell, address):
        lines = [f"{number:>2}  *  *  *" for number in range(1, most + 1)]
    return Printed(head + "".join(f"{line}\n" for line in lines[:most]))


def _hop(shell: Shell, hop: str, number: int) -> list[float]:
    return [took + number for took in _milliseconds(shell, hop, 3)]


def nslookup(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer `nslookup NAME`, as the old or the new BusyBox words it."""
    if not words:
        return Printed(error=_USAGE.format("nslookup"), status=1)
    target, address = words[0], _resolved(shell, words[0])
    server = shell.gateway_ip
    if shell.is_old:
        head = f"Server:    {server}\nAddress 1: {server} unifi.localdomain\n\n"
        if not address:
            return Printed(head, error=f"nslookup: can't resolve '{target}'\n", status=1)
        return Printed(f"{head}Name:      {target}\nAddress 1: {address}\n")
    head = f"Server:\t\t{server}\nAddress:\t{server}:53\n\n"
    if not address:
        return Printed(f"{head}** server can't find {target}: NXDOMAIN\n\n", status=1)
    return Printed(f"{head}Non-authoritative answer:\nName:\t{target}\nAddress: {address}\n\n")
