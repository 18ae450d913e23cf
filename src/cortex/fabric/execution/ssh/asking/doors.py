"""From the remembered record of a device to the door that it is reached through.

Reads the file that says where devices are reached at other than their own address. Which host
keys open a door is judged by the client.
"""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from cortex.clients.ssh import Door
from cortex.decoding import host_and_port, read_json
from cortex.errors import Malformed, Misconfigured, Rejected
from cortex.fabric.execution.ssh.diagnostics import place_of
from cortex.fabric.execution.wording import name_of
from cortex.settings.knobs import Ssh

_SETTING: Final = "ssh.addresses_file"
_PORT: Final = 22
_DECODER: Final = msgspec.json.Decoder(dict[str, str])
Addresses = Mapping[str, tuple[str, int]]
"""Host and port by MAC address."""


def door_of(mac: str, row: Mapping[str, object], addresses: Addresses, settings: Ssh) -> Door:
    """Return the door of a remembered device.

    Raises:
        Rejected: Nothing says where it is reached.

    """
    host, port = addresses.get(mac) or _own(mac, row, settings)
    pin = str(row.get("ssh_hostkey_fingerprint") or "")
    trusted = {one.casefold() for one in settings.old_keys}
    return Door(
        mac,
        host,
        port,
        pins=(pin,) if pin else (),
        realm="console" if place_of(str(row.get("type"))) == "console" else "device",
        old_keys=bool(trusted & {mac, str(row.get("name") or mac).casefold()}),
        name=name_of(row, mac),
    )


def _own(mac: str, row: Mapping[str, object], settings: Ssh) -> tuple[str, int]:
    if settings.only_addresses:
        where = f"in {str(settings.addresses_file)!r}" if settings.addresses_file else "anywhere"
        message = f"no address is given for {name_of(row, mac)} ({mac}) {where}"
        hint = "ssh.only_addresses keeps to the devices of that file"
        raise Rejected(message, reason="no-address", hint=hint)
    # The record repeats what the device said of itself: only a plain address is believed.
    try:
        return str(ipaddress.ip_address(str(row.get("ip") or ""))), _PORT
    except ValueError:
        message = f"no address of {name_of(row, mac)} ({mac}) is remembered"
        hint = f"ask once while the controller answers, or name it in {_SETTING}"
        raise Rejected(message, reason="no-address", hint=hint) from None


def read_addresses(path: Path | None) -> Addresses:
    """Read the file with addresses; nothing without one.

    Raises:
        Misconfigured: It cannot be read, or is no JSON of MAC to `host:port`.

    """
    if path is None:
        return {}
    try:
        told = read_json(path.read_bytes(), _DECODER, what="the file with addresses")
    except (OSError, Malformed) as error:
        raise _unusable(path, str(error)) from error
    return {mac.lower(): _place(path, place) for mac, place in told.items()}


def _place(path: Path, place: str) -> tuple[str, int]:
    if found := host_and_port(place):
        return found
    raise _unusable(path, f"{place!r:.80} is no host:port")


def _unusable(path: Path, why: str) -> Misconfigured:
    return Misconfigured(
        f"{_SETTING} {str(path)!r} cannot be used: {why}",
        setting=_SETTING,
        hint='write it as {"0c:ea:14:00:00:01": "127.0.0.1:2201"}',
    )
