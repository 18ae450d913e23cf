"""What access points tell of their radios and of the Wi-Fi networks that they send."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from cortex.errors import Rejected
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.ssh.asking.call import SshCall, known_to_controller, noted
from cortex.fabric.execution.ssh.asking.fleet import Heard
from cortex.fabric.execution.ssh.asking.live import access_points
from cortex.fabric.execution.ssh.parsing.dump import Dump
from cortex.fabric.execution.ssh.parsing.wireless import Radio
from cortex.fabric.execution.ssh.readers import READERS
from cortex.fabric.execution.wording import counted, enumerated

_SEEN: Final = "only what the access points that answered show"
_EACH: Final = known_to_controller("their security and networks", "which are hidden or for guests")
_ONE: Final = known_to_controller("its security and network", "whether it is hidden or for guests")


async def get_radio(call: SshCall) -> Answer:
    """Show an access point's radios as they are now."""
    rows = [_radio(one) for one in await _radios(call)]
    name = call.devices.name(call.mac)
    said = ", ".join(f"{row['band']} on channel {row['channel']}" for row in rows)
    return Answer(
        text=f"{name}: {said}." if rows else f"{name} shows no radio.",
        rows=rows,
        complete=False,
        sources=call.sources([call.mac]),
        missing=known_to_controller("how satisfied clients are"),
    )


async def _radios(call: SshCall) -> Iterable[Radio]:
    """Return the radios: of the dump, else of the list of interfaces."""
    dump = await call.devices.dump_if_any(call.mac)
    if dump is None:
        plain: Any = await call.devices.read(call.mac, "radios", READERS["radios"])
        return tuple(plain)
    return [_in_use(radio, dump) for radio in dump.radios]


def _in_use(radio: Radio, dump: Dump) -> Radio:
    """Add the channel and the clients, which a radio that chooses for itself shows per network."""
    sent = [wlan for wlan in dump.wlans if wlan.band == radio.band]
    used = next((wlan.channel for wlan in sent if wlan.channel), None)
    clients = sum(wlan.clients or 0 for wlan in sent)
    return replace(
        radio,
        channel=radio.channel or used,
        clients=clients if radio.clients is None and sent else radio.clients,
    )


def _radio(radio: Radio) -> dict[str, Any]:
    return {
        "band": f"{radio.band} GHz" if radio.band else radio.name,
        "channel": radio.channel,
        "width": f"{radio.width_mhz} MHz" if radio.width_mhz else "",
        "power": f"{radio.power} dBm" if radio.power is not None else "",
        "utilization": "" if radio.busy_percent is None else f"{radio.busy_percent} %",
        "clients": radio.clients,
        "satisfaction": None,
    }


async def list_wlans(call: SshCall) -> Answer:
    """List the Wi-Fi networks that access points send now."""
    heard = await _asked(call)
    rows = _wlans(heard.answers.values())
    names = enumerated([row["name"] for row in rows], most=10)
    return Answer(
        text=f"{counted(len(rows), 'Wi-Fi network')} on the air: {names}.",
        rows=rows,
        complete=False,
        sources=call.sources(heard.answers),
        note=_SEEN,
        missing=noted(_EACH, call.who_not(heard.errors)),
    )


async def get_wlan(call: SshCall) -> Answer:
    """Show one Wi-Fi network as access points send it now.

    Raises:
        Rejected: None that answers sends it.

    """
    heard = await _asked(call)
    found = [row for row in _wlans(heard.answers.values()) if row["name"] == call.get("wlan")]
    if not found:
        message = f"no access point that answered sends {call.name('wlan')!r}"
        raise Rejected(message, reason="not-seen", hint="ask again when the controller answers")
    facts = found[0]
    return Answer(
        text=f"{call.name('wlan')} is on the air: {facts['band']}, with"
        f" {counted(facts['clients'], 'client')}.",
        facts=facts,
        complete=False,
        sources=call.sources(heard.answers),
        note=_SEEN,
        missing=noted(_ONE, call.who_not(heard.errors)),
    )


async def _asked(call: SshCall) -> Heard:
    """Return the dumps of the access points.

    Raises:
        CortexError: None of them answered.

    """
    heard = await access_points(call.devices)
    return heard.of_some()


def _wlans(dumps: Iterable[Dump]) -> list[dict[str, Any]]:
    sent: dict[str, dict[str, int]] = {}
    for dump in dumps:
        for wlan in dump.wlans:
            if wlan.essid:
                bands = sent.setdefault(wlan.essid, {})
                bands[wlan.band] = bands.get(wlan.band, 0) + (wlan.clients or 0)
    return [_wlan(name, sent[name]) for name in sorted(sent, key=str.casefold)]


def _wlan(name: str, bands: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": name,
        "enabled": True,
        "band": ", ".join(f"{band} GHz" for band in sorted(bands) if band),
        "security": "",
        "network": "",
        "guest": None,
        "hidden": None,
        "clients": sum(bands.values()),
    }
