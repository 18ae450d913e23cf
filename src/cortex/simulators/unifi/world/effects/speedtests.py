"""Run a speed test on the gateway and keep its result."""

from typing import Final

from cortex.simulators.unifi.world.chronicle import note
from cortex.simulators.unifi.world.dice import Dice
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.refusals import Refusal
from cortex.simulators.unifi.world.site import Site, Speedtest

_DOWN_MBPS: Final = 900
_UP_MBPS: Final = 450


def start(site: Site, *, now: float) -> None:
    """Begin a speed test; a second start while one runs changes nothing.

    Raises:
        Refusal: `api.err.SpeedTestNotSupported`, if the site has no gateway that serves.

    """
    gateway = site.gateway()
    if gateway is None or not gateway.reachable:
        code = "api.err.SpeedTestNotSupported"
        raise Refusal(code)
    if site.running_speedtest is None:
        site.running_speedtest = Speedtest(now, now + site.pace.take(site.pace.speedtest))


def finish(site: Site, running: Speedtest) -> None:
    """Store the result of the test that ran."""
    site.running_speedtest = None
    result = measure(site, running.done_at)
    site.speedtests.append(result)
    note(
        site,
        "speed_tested",
        now=running.done_at,
        DOWN=str(result["xput_download"]),
        UP=str(result["xput_upload"]),
    )
    site.emit("speed-test:update", result)


def measure(site: Site, at: float) -> Record:
    """Return what a test at that time measures: download and upload in Mbps, latency in ms."""
    dice = Dice(int(at) ^ int(site.id[-6:], 16))
    return {
        "_id": site.mint.new(),
        "time": int(at * 1000),
        "xput_download": _DOWN_MBPS - dice.between(0, 900) / 10,
        "xput_upload": _UP_MBPS - dice.between(0, 400) / 10,
        "latency": dice.between(6, 14),
        "interface_name": "eth8",
        "wan_networkgroup": "WAN",
    }
