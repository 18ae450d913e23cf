"""What is told of the network names the sources that were asked, and what they cannot tell."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.fabric.execution.api.connection import Connection
from cortex.fabric.execution.api.lists import Shelf
from cortex.simulators.unifi.control.faults import Latency
from tests.fabric.execution.bench import Bench, by_key

pytestmark = pytest.mark.anyio

STRANGER = "aa:bb:cc:dd:ee:01"


def official(tmp_path: Path) -> Bench:
    """Return a bench whose controller opens its official API only."""
    return Bench(tmp_path, controller=by_key(), key_scope="integration")


@pytest.mark.parametrize("tool", ["get_client", "authorize_guest"])
async def test_an_address_that_the_source_cannot_tell_of_is_not_said_to_be_nobodys(
    tmp_path: Path, tool: str
) -> None:
    reply = await official(tmp_path).plan(tool, client=STRANGER)
    assert (reply.status, reply.error and reply.error.code) == ("failed", "inventory_incomplete")
    assert "live client does not list everything" in reply.answer
    assert "MAC address" not in (reply.error.hint if reply.error else "")


async def test_an_address_that_every_source_was_asked_for_is_nobodys(tmp_path: Path) -> None:
    reply = await Bench(tmp_path).plan("get_client", client=STRANGER)
    assert (reply.status, reply.answer) == ("clarify", f"There is no client {STRANGER!r}.")


async def test_a_client_is_told_from_the_sources_that_were_asked(tmp_path: Path) -> None:
    bench = official(tmp_path)
    guest = await bench.do("get_client", client=bench.client("android-guest").mac)
    assert guest.data["sources"] == ["live client"]
    everything = await Bench(tmp_path / "all").do("get_client", client="nas")
    assert everything.data["sources"] == ["known client", "live client"]


async def test_a_list_whose_reading_began_before_a_write_is_not_kept(tmp_path: Path) -> None:
    bench, reached = Bench(tmp_path), asyncio.Event()

    async def controller(scope: Any, receive: Any, send: Any) -> None:
        if "wlanconf" in scope["path"]:
            reached.set()
        await bench.simulator.app(scope, receive, send)

    connection = Connection(bench.settings.controller, httpx.ASGITransport(controller))
    site = await connection.site("")
    shelf = Shelf(5.0, lambda: bench.now)
    bench.strike(Latency(path="*/wlanconf", ms=200, times=1))
    reading = asyncio.create_task(shelf.fetch(site, "wlan", fresh=False))
    async with asyncio.timeout(5):
        await reached.wait()
        shelf.forget(site)
        await reading
    for wlan in bench.home.wlans.values():
        wlan["name"] = f"New {wlan['name']}"
    names = [one.name for one in (await shelf.fetch(site, "wlan", fresh=False)).entities]
    await connection.aclose()
    assert all(name.startswith("New ") for name in names)
