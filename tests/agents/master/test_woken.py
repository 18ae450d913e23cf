"""The master as it runs on one machine: asleep, woken for an escalation, asleep again."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import bundled_url
from cortex.coordination.escalations import MASTER
from cortex.lab.site import Lab, LabOptions, running_lab
from tests.agents.master.company import Worker, until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
_WITHIN_S = 40.0


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    options = LabOptions(home=tmp_path / "home", speed=100, cooldown=timedelta(seconds=1))
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with running_lab(options, environ) as running:
        yield running


async def test_an_escalation_wakes_the_master_and_its_answer_can_be_read(
    lab: Lab, tmp_path: Path
) -> None:
    redis = RedisClient.of(bundled_url(tmp_path / "home"))
    headers = {"authorization": f"Bearer {lab.token}"}
    url = lab.activator.url
    async with httpx.AsyncClient(
        base_url=url, headers=headers, timeout=_WITHIN_S, trust_env=False
    ) as http:

        async def is_state(state: str) -> bool:
            rows = (await http.get("/v1/layers")).json()["layers"]
            return any(row["name"] == MASTER and row["state"] == state for row in rows)

        async def connected() -> bool:
            return (await http.get("/v1/agents")).status_code == 200

        async def there() -> bool:
            agents = (await http.get("/v1/agents")).json()["agents"]
            return any(one["agent_id"] == "expert" for one in agents)

        await until(connected)
        assert await is_state("cold")
        agent = Worker(redis, "expert")
        query = {"query": "investigate why the office AP keeps dropping clients"}
        async with agent.present():
            await until(there)
            asked = (await http.post("/v1/query", json=query)).json()
            assert asked["status"] == "accepted", asked
            handed = await agent.handed(within_s=_WITHIN_S)
            await agent.reply(handed["task_id"], "the channel is crowded")

        async def answered() -> bool:
            shown = (await http.get(f"/v1/tasks/{asked['data']['task_id']}")).json()
            return bool(shown["response"] == "the channel is crowded")

        await until(answered, within_s=_WITHIN_S)
        await until(lambda: is_state("cold"), within_s=_WITHIN_S)
    await redis.close()
