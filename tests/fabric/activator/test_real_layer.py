"""The activator before the real execution layer and a simulated controller, in one process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from cortex.settings.knobs import Guard
from cortex.simulators.unifi.control.faults import BadStatus, LostReply
from tests.fabric.activator.desk import Desk, desk
from tests.fabric.execution.bench import Bench
from tests.requirements import requirement

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def both(
    home: Path, *, guard: Guard | None = None, tick: float = 0.0
) -> AsyncIterator[tuple[Desk, Bench]]:
    bench = Bench(home, guard=guard, tick=tick)
    async with desk(home, transport=httpx.ASGITransport(bench.app)) as one:
        one.clock.seconds = bench.now
        yield one, bench


def online(bench: Bench, *, but: str = "") -> str:
    """Name a wireless client that is online and has a name of its own, another than `but`."""
    names = [one.name for one in bench.home.clients.values() if one.name]
    plain = (one for one in bench.home.clients.values() if one.name and one.name.isascii())
    own = (one.name for one in plain if names.count(one.name) == 1 and "'" not in one.name)
    return next(name for name in own if name != but)


@requirement("layer.reads-and-writes-unifi")
async def test_a_client_is_blocked_seen_to_be_blocked_and_freed_by_the_undo(
    tmp_path: Path,
) -> None:
    async with both(tmp_path) as (one, bench):
        name = online(bench)
        answer = await one.ask(f"block client {name}")
        assert answer["status"] == "done", answer
        assert bench.client(name).blocked
        undone = await one.ask(answer["undo"]["query"])
        assert undone["status"] == "done", undone
        assert not bench.client(name).blocked


@requirement("write.seen")
@requirement("rules.requires-confirmation")
async def test_a_restart_is_previewed_confirmed_and_seen_to_happen(tmp_path: Path) -> None:
    async with both(tmp_path, tick=20) as (one, bench):
        point = next(d for d in bench.home.devices.values() if d.name == "Garage AP")
        answer = await one.ask(f"restart the {point.name}")
        assert answer["status"] == "confirm", answer
        assert bench.sent() == []
        done = (await one.confirm(answer["confirmation"]["token"])).json()
        assert done["status"] == "done", done
        assert len(bench.sent()) == 1


async def test_the_controllers_lost_reply_is_read_back(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        name = online(bench)
        assert (await one.ask("list all clients"))["status"] == "done"
        bench.strike(LostReply(method="POST", times=1))
        answer = await one.ask(f"block client {name}")
        assert answer["status"] == "done", answer
        assert bench.client(name).blocked
        assert len(bench.sent()) == 1


async def test_a_controller_that_is_gone_fails_the_query_and_says_so(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        bench.strike(BadStatus(status=502))
        answer = await one.ask("list all clients")
    assert answer["status"] == "failed"
    assert answer["error"]["code"] == "unreachable"


async def test_a_protected_client_is_refused_by_the_layer_and_told_so(tmp_path: Path) -> None:
    name = online(Bench(tmp_path / "other"))
    async with both(tmp_path, guard=Guard(protected=(name,))) as (one, bench):
        answer = await one.ask(f"block client {name}")
        assert answer["status"] == "refused", answer
        assert not bench.client(name).blocked


async def test_a_name_of_two_is_asked_back_with_queries_that_mean_each(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        twins = list(bench.home.clients.values())[:2]
        for twin in twins:
            twin.name = "Twin Lamp"
        answer = await one.ask("block client twin lamp")
        assert answer["status"] == "clarify", answer
        picked = answer["choices"][0]
        done = await one.ask(picked["query"])
        assert done["status"] == "done", done
        assert [twin.blocked for twin in twins].count(True) == 1
        assert bench.home.clients[picked["target"]["mac"]].blocked


async def test_an_unknown_site_is_told_by_its_name(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, _):
        answer = await one.ask("list all clients", site="atlantis")
    assert answer["status"] in {"failed", "refused", "clarify"}
    assert "atlantis" in answer["answer"]


async def test_a_bad_value_is_told_and_nothing_is_sent(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        answer = await one.ask("rename client x to " + "n" * 300)
        assert (answer["status"], answer["error"]["code"]) == ("refused", "malformed"), answer
        assert bench.sent() == []
