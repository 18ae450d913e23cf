"""`cortex ssh`: which host keys of devices are known, and how a changed one is accepted.

Works on the data folder directly; an SSH layer that runs notices at its next connection. What a
key is good for is judged by the client.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cortex.cli import exits, render
from cortex.cli.connection import home_option, own_home, settings_of
from cortex.cli.devices.recording import KeyChange, record
from cortex.cli.devices.remembered import Device, Remembered, remembered
from cortex.cli.pasting import pasted
from cortex.clients.ssh import Accepted, HostKey, host_key
from cortex.clients.ssh.refusals import CHANGED
from cortex.clients.ssh.trust.keys import demand_fingerprint, labelled
from cortex.decoding import host_and_port
from cortex.errors import Malformed, Rejected
from cortex.settings.loading import prepare_home

_COLUMNS = ("device", "mac", "address", "fingerprint", "from", "since")
_FIRST = ("device", "fingerprint", "from")
_SSH = 22


@click.group("ssh", short_help="List, accept or forget the host keys of devices.")
def ssh_command() -> None:
    """Look after the host keys by which devices are known when they are reached over SSH."""


@ssh_command.command("hosts")
@click.option("--json", "raw", is_flag=True, help="Print the rows as JSON.")
@home_option
def hosts_command(home: Path | None, *, raw: bool) -> int:
    """List the devices, and by which host keys they are known.

    `controller`: as the controller recorded it; `accepted`: by a person; `first use`: seen first,
    under `ssh.first_use`. Devices without a key are not logged in to.
    """
    found = _remembered(home)
    rows = list(_rows(found))
    if raw:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=True))
    elif rows:
        render.show_table([(name, name) for name in _COLUMNS], map(_shown_row, rows), first=_FIRST)
    else:
        click.echo(f"no device is remembered on {found.settings.home}, and no key is accepted")
        ask = pasted("`cortex ask 'list all devices'`")
        click.echo(f"  ask once while the controller answers, as {ask}")
    return exits.DONE


@ssh_command.command("accept")
@click.argument("device")
@click.option("--fingerprint", help="Accept this key and no other, without asking.")
@click.option("--at", "place", help="Where it is reached, as 192.168.1.20 or 127.0.0.1:2201.")
@home_option
def accept_command(
    device: str, *, fingerprint: str | None, place: str | None, home: Path | None
) -> int:
    """Accept the host key that a device, by name or MAC, shows now.

    Nothing is logged in to. Compare the fingerprint first with what the device itself shows, as
    on its label or console, or know why it changed.
    """
    if fingerprint is not None:
        demand_fingerprint(fingerprint)
    found = _remembered(home)
    wanted = found.named(device)
    shown = _shown(found, wanted, place)
    accepted = found.keys.of(wanted.mac)
    _explain(wanted, shown, accepted)
    if fingerprint is not None and not shown.matches(fingerprint):
        message = f"{wanted.name} shows another key than {fingerprint}: nothing was accepted"
        hint = "somebody may be in between; look at the device itself"
        raise Rejected(message, reason=CHANGED, hint=hint)
    if _is_known(shown, wanted, accepted):
        click.echo("this key is known already; nothing to do")
        return exits.DONE
    if fingerprint is None:
        if not sys.stdin.isatty():
            click.echo("nothing was accepted: give --fingerprint with the one you expect", err=True)
            return exits.NEEDS_YES
        if not click.confirm(f"accept this key for {exits.inert(wanted.name)}?"):
            click.echo("nothing was accepted")
            return exits.NEEDS_YES
    prepare_home(found.settings.home)
    found.keys.accept(wanted.mac, shown.sha256)
    _record(found, "ssh_accept", wanted, shown.sha256)
    click.echo(f"accepted for {exits.inert(wanted.name)} ({wanted.mac})")
    return exits.DONE


@ssh_command.command("forget")
@click.argument("device")
@home_option
def forget_command(device: str, home: Path | None) -> int:
    """Forget the key that was accepted for a device; what the controller recorded stays."""
    found = _remembered(home)
    wanted = found.named(device)
    kept = found.keys.of(wanted.mac)
    if not found.keys.forget(wanted.mac) or kept is None:
        message = f"no key was accepted for {wanted.name} ({wanted.mac})"
        raise Malformed(message, hint="`cortex ssh hosts` lists those that were")
    _record(found, "ssh_forget", wanted, kept.fingerprint)
    left = "the controller's is left" if wanted.pin else "none is left, so it is not logged in to"
    click.echo(f"forgotten for {exits.inert(wanted.name)} ({wanted.mac}): {left}")
    return exits.DONE


def _record(found: Remembered, change: KeyChange, device: Device, fingerprint: str) -> None:
    if why_not := record(found.settings, change, device, fingerprint):
        click.echo(f"  not on record: {exits.inert(why_not)}", err=True)


def _remembered(home: Path | None) -> Remembered:
    return remembered(settings_of(own_home(home)))


def _shown(found: Remembered, device: Device, place: str | None) -> HostKey:
    door = found.door(device, _place(place) if place else None)
    longest = found.settings.execution_ssh.ssh.connect_timeout.total_seconds()
    return asyncio.run(host_key(door, timeout_s=longest))


def _place(text: str) -> tuple[str, int]:
    """Read an address with or without a port; one of IPv6 with a port stands in brackets."""
    if found := host_and_port(text, default=_SSH):
        return found
    message = f"{text!r} is no address to reach a device at"
    raise Malformed(message, hint="write it as 192.168.1.20 or 127.0.0.1:2201")


def _explain(device: Device, shown: HostKey, accepted: Accepted | None) -> None:
    """Say which keys are known, and which one the device shows."""
    click.echo(f"{exits.inert(device.name)} ({device.mac})")
    if device.pin:
        click.echo(
            f"  known   {exits.inert(labelled(device.pin))} (controller, {_moment(device.at)})"
        )
    if accepted:
        told = f"{_way(accepted)}, {_moment(accepted.since)}"
        click.echo(f"  known   {accepted.fingerprint} ({told})")
    if not device.pin and not accepted:
        click.echo("  known   none")
    click.echo(f"  shows   {shown.sha256} ({exits.inert(shown.kind)})")
    click.echo(f"          {labelled(shown.md5)}")


def _is_known(shown: HostKey, device: Device, accepted: Accepted | None) -> bool:
    if device.pin and shown.matches(device.pin):
        return True
    return bool(accepted and accepted.by_hand and shown.matches(accepted.fingerprint))


def _rows(found: Remembered) -> Iterator[dict[str, Any]]:
    accepted = found.keys.everything()
    everybody = {**{mac: Device(mac) for mac in accepted}, **found.devices}
    for device in sorted(everybody.values(), key=lambda one: (one.name.casefold(), one.mac)):
        address = str(device.row.get("ip") or "")
        row = {"device": device.name, "mac": device.mac, "address": address}
        kept = accepted.get(device.mac)
        if device.pin:
            yield {**row, "fingerprint": device.pin, "from": "controller", "since": device.at}
        if kept:
            way = _way(kept)
            yield {**row, "fingerprint": kept.fingerprint, "from": way, "since": kept.since}
        if not device.pin and not kept:
            yield {**row, "fingerprint": None, "from": None, "since": None}


def _shown_row(row: dict[str, Any]) -> dict[str, Any]:
    fingerprint = labelled(row["fingerprint"]) if row["fingerprint"] else None
    return {**row, "fingerprint": fingerprint, "since": _moment(row["since"])}


def _way(accepted: Accepted) -> str:
    return "accepted" if accepted.by_hand else "first use"


def _moment(moment: float | None) -> str:
    if not moment:
        return ""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")
