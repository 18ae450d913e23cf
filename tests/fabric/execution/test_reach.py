"""A preview says who loses a connection, and what does not fit is refused before it is sent."""

from pathlib import Path
from typing import Any

import pytest

from tests.fabric.execution.bench import Bench, by_key

pytestmark = pytest.mark.anyio


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (
            "restart_device",
            {"device": "core switch"},
            (
                "24 clients and 8 devices behind it lose their connection: "
                "Office Switch, Garage Switch, Living Room AP, Lobby AP, Hall AP and 3 more."
            ),
        ),
        (
            "restart_device",
            {"device": "office switch"},
            "1 client and 1 device behind it lose their connection: Office AP.",
        ),
        ("restart_device", {"device": "hall ap"}, "3 clients on it lose their connection."),
        ("provision_device", {"device": "garage ap"}, "2 clients on it lose their connection."),
        ("forget_device", {"device": "garage switch"}, "3 clients and 1 device behind it lose"),
        ("upgrade_device", {"device": "office switch"}, "1 client and 1 device behind it"),
        ("restart_device", {"device": "gateway"}, "24 clients and 9 devices behind it lose"),
        (
            "power_cycle_port",
            {"device": "core switch", "port": 4},
            "Meeting Room AP with 2 clients hangs on it.",
        ),
        (
            "set_port_poe",
            {"device": "core switch", "port": 5, "mode": "off"},
            "Garage Switch with 3 clients and 1 more device hangs on it.",
        ),
        ("power_cycle_port", {"device": "core switch", "port": 12}, "Front Door Cam hangs on it."),
        (
            "set_port_profile",
            {"device": "core switch", "port": 7, "profile": "iot"},
            "NAS hangs on it.",
        ),
        (
            "set_radio",
            {"device": "living room ap", "band": "2.4", "channel": 11},
            "2 clients are on its 2.4 GHz radio now.",
        ),
        ("set_wlan_enabled", {"wlan": "guest", "enabled": False}, "3 clients are on it now."),
        ("set_wlan_password", {"wlan": "guest", "password": "correct horse 9"}, "3 clients are on"),
    ],
)
async def test_a_preview_counts_everything_that_is_cut_off(
    bench: Bench, tool: str, arguments: dict[str, Any], said: str
) -> None:
    plan = await bench.planned(tool, **arguments)
    assert said in " ".join(plan.preview.warnings)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("restart_device", {"device": "office ap"}),
        ("set_radio", {"device": "hall ap", "band": "2.4", "channel": 11}),
        ("set_wlan_enabled", {"wlan": "home legacy", "enabled": True}),
        ("set_port_poe", {"device": "core switch", "port": 6, "mode": "off"}),
    ],
)
async def test_a_preview_warns_of_nobody_when_nobody_is_cut_off(
    bench: Bench, tool: str, arguments: dict[str, Any]
) -> None:
    plan = await bench.planned(tool, **arguments)
    assert plan.preview.warnings == ()


async def test_what_the_official_api_does_not_tell_is_said_before_a_restart(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, controller=by_key(), key_scope="integration")
    plan = await bench.planned("restart_device", device="core switch")
    assert plan.preview.warnings == (
        (
            "4 clients are on it now."
            " Whether other devices hang on it cannot be seen through the official API."
        ),
    )


async def test_turning_a_wlan_on_is_not_said_to_cut_anybody_off(bench: Bench) -> None:
    on = await bench.planned("set_wlan_enabled", wlan="home legacy", enabled=True)
    assert on.preview.blast_radius == "Nobody is cut off: Home Legacy can be joined again."
    off = await bench.planned("set_wlan_enabled", wlan="guest", enabled=False)
    assert off.preview.blast_radius == "Every client on Home Guest is cut off."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"band": "2.4", "channel": 99},
            "There is no channel 99 at 2.4 GHz; there are 1 to 13, and 14 in Japan.",
        ),
        ({"band": "5", "channel": 37}, "There is no channel 37 at 5 GHz; there are 36 to 64"),
        ({"band": "2.4", "width": "80"}, "80 MHz does not fit the 2.4 GHz band; 20 and 40 MHz do."),
        (
            {"band": "5", "channel": 165, "width": "80"},
            "80 MHz does not fit channel 165 at 5 GHz; 20 MHz does.",
        ),
        ({"band": "5", "channel": 144, "width": "160"}, "160 MHz does not fit channel 144"),
    ],
)
async def test_a_channel_or_width_that_there_is_not_is_refused(
    bench: Bench, arguments: dict[str, Any], said: str
) -> None:
    reply = await bench.plan("set_radio", device="hall ap", **arguments)
    assert reply.status == "refused"
    assert said in reply.answer


@pytest.mark.parametrize(
    ("channel", "width"), [(36, "160"), (100, "80"), (149, "40"), (177, "20"), ("auto", "80")]
)
async def test_a_channel_and_width_of_the_band_are_planned(
    bench: Bench, channel: int | str, width: str
) -> None:
    plan = await bench.planned(
        "set_radio", device="hall ap", band="5", channel=channel, width=width
    )
    assert plan.arguments["channel"] == channel
