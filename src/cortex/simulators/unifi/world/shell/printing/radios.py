"""Print what an access point's radios do, as the tools of its chip word it."""

from collections.abc import Sequence
from typing import Final

from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.rows.clients import station
from cortex.simulators.unifi.world.shell.view import Printed, Shell

_BASE_MHZ: Final = {"ng": 2_407, "na": 5_000, "6e": 5_950}


def _frequency(vap: Record) -> float:
    return (_BASE_MHZ[str(vap["radio"])] + 5 * int(vap["channel"])) / 1_000


def iwconfig(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print the wireless interfaces; those without a radio are told of on standard error."""
    blocks = [
        f'{vap["name"]:<9} IEEE 802.11  ESSID:"{vap["essid"]}"\n'
        f"          Mode:Master  Frequency:{_frequency(vap):.3f} GHz"
        f"  Access Point: {vap['bssid'].upper()}\n"
        "          Bit Rate:1.2010 Gb/s   Tx-Power=22 dBm\n"
        "          Link Quality=94/94  Signal level=-96 dBm  Noise level=-96 dBm\n\n"
        for vap in shell.row["vap_table"]
    ]
    wired = "lo        no wireless extensions.\n\neth0      no wireless extensions.\n\n"
    return Printed("".join(blocks), error=wired)


def iwlist(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer `iwlist ath0 channel`."""
    match list(words):
        case [name, "channel"]:
            for vap in shell.row["vap_table"]:
                if vap["name"] == name:
                    now = f"Current Frequency:{_frequency(vap):.3f} GHz (Channel {vap['channel']})"
                    return Printed(f"{name}     13 channels in total\n          {now}\n")
            return Printed(error=f"{name}     no frequency information.\n", status=255)
        case _:
            return Printed(error="Usage: iwlist [interface] channel\n", status=1)


def wlanconfig(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer `wlanconfig ath0 list sta`, which lists the stations of one interface."""
    match list(words):
        case [name, "list", *_]:
            vap: Record = next(
                (each for each in shell.row["vap_table"] if each["name"] == name), {}
            )
            head = "ADDR               AID CHAN TXRATE RXRATE RSSI IDLE  ASSOCTIME\n"
            return Printed(head + "".join(_stations(shell, vap)))
        case _:
            return Printed(error="usage: wlanconfig ath0 list sta\n", status=1)


def _stations(shell: Shell, vap: Record) -> list[str]:
    lines: list[str] = []
    for client in shell.stations:
        if client.band != vap.get("radio") or client.wlan_id != vap.get("wlanconf_id"):
            continue
        row = station(shell.site, client, shell.now)
        up = row["uptime"]
        lines.append(
            f"{client.mac} {len(lines) + 1:>4} {row['channel']:>4} {row['tx_rate'] // 1000:>5}M"
            f" {row['rx_rate'] // 1000:>5}M {row['rssi']:>4}    0"
            f"  {up // 3600:02}:{up // 60 % 60:02}:{up % 60:02}\n"
        )
    return lines
