"""A name that is taken is said before a yes, and every renaming can be taken back."""

from pathlib import Path

import pytest

from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    ("tool", "reference", "name", "kind", "holder"),
    [
        ("rename_client", {"client": "kids ipad"}, "nas", "client", "NAS"),
        ("rename_client", {"client": "kids ipad"}, "Garage AP", "device", "Garage AP"),
        ("rename_device", {"device": "garage ap"}, "Lobby AP", "device", "Lobby AP"),
        ("rename_device", {"device": "garage ap"}, "NAS", "client", "NAS"),
    ],
)
async def test_a_name_that_another_bears_is_warned_of(
    bench: Bench, tool: str, reference: dict[str, str], name: str, kind: str, holder: str
) -> None:
    mac = (bench.client if kind == "client" else bench.device)(holder).mac
    plan = await bench.planned(tool, **reference, name=name)
    assert plan.preview.warnings == (f"{name} is already the name of the {kind} {mac}.",)


@pytest.mark.parametrize(
    "name",
    [
        "it",
        "its old name",
        "something better",
        "TBD",
        "him",
        "foo to bar",
        '""',
        "192.168.1.9",
        "3c:22:fb:92:8a:51",
    ],
)
async def test_what_does_not_read_like_a_name_is_warned_of(bench: Bench, name: str) -> None:
    plan = await bench.planned("rename_client", client="kids ipad", name=name)
    assert plan.preview.warnings == (f'"{name}" does not read like a name.',)


async def test_a_free_name_is_not_warned_of(bench: Bench) -> None:
    plan = await bench.planned("rename_client", client="kids ipad", name="Tablet")
    assert plan.preview.warnings == ()


async def test_the_nameless_get_their_hostname_back(bench: Bench) -> None:
    client = bench.client("android-guest")
    assert client.name == ""
    outcome = await bench.do("rename_client", client=client.mac, name="Visitor")
    assert outcome.undo is not None
    assert outcome.undo.arguments["name"] == "android-guest"
    assert (await bench.do(outcome.undo.tool, **outcome.undo.arguments)).status == "done"


async def test_a_nameless_device_gets_its_address_back(bench: Bench) -> None:
    device = next(one for one in bench.home.devices.values() if not one.name)
    outcome = await bench.do("rename_device", device=device.mac, name="Shed AP")
    assert outcome.undo is not None
    assert outcome.undo.arguments["name"] == device.mac


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "Create 1 guest voucher, valid for 1 day."),
     (3, "Create 3 guest vouchers, each valid for 1 day.")],
)  # fmt: skip
async def test_vouchers_are_previewed_with_their_number_and_validity(
    bench: Bench, count: int, said: str
) -> None:
    plan = await bench.planned("create_vouchers", count=count, duration="1d")
    assert plan.preview.what == said


async def test_an_id_is_shown_only_where_it_is_an_address(bench: Bench) -> None:
    wlan = await bench.planned("set_wlan_enabled", wlan="guest", enabled=False)
    assert (wlan.preview.what, wlan.preview.on) == (
        "Turn the Wi-Fi network Home Guest off.",
        ("Home Guest",),
    )
    mac = bench.client("Kids iPad").mac
    client = await bench.planned("block_client", client="kids ipad")
    assert client.preview.on == (f"Kids iPad ({mac})",)
