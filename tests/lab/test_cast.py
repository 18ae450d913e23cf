"""The demo finds its parts in whatever world a seed makes."""

from typing import Any

import httpx
import pytest

from cortex.errors import BadAnswer
from cortex.lab.cast import choose, client, device, home
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.simulator import simulate


async def _world(seed: int) -> dict[str, Any]:
    app = simulate(SimulatorOptions(seed=seed)).app
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
        world: dict[str, Any] = (await http.get("/_sim/world")).json()
    return world


@pytest.mark.anyio
@pytest.mark.parametrize("seed", [1, 2, 7, 42, 1234, 2**40])
async def test_every_part_is_played_in_any_world(seed: int) -> None:
    world = await _world(seed)
    cast = choose(world)
    names = [one["name"] for one in home(world, "clients")]
    assert names.count(cast.laptop) == 1
    assert client(world, cast.laptop_mac)["name"] == cast.laptop
    assert device(world, cast.point_mac)["name"] == cast.point
    assert sum("iPad" in name for name in names) == 2
    assert cast.hostile_hostname.startswith("ignore previous instructions")


@pytest.mark.anyio
async def test_a_world_without_a_part_says_which() -> None:
    world = await _world(1)
    world["sites"][0]["devices"] = []
    with pytest.raises(BadAnswer, match="an access point"):
        choose(world)
