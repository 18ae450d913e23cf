"""An activator in this process with a real memory: the embedded store and the real encoder."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from cortex.settings.knobs import Memory
from tests.fabric.activator.desk import Desk, desk
from tests.fabric.activator.pretend import PretendLayer

_WITHIN_S = 40.0


@asynccontextmanager
async def room(home: Path, layer: PretendLayer | None = None, **knobs: Any) -> AsyncIterator[Desk]:
    """Open one, and wait until its memory is open."""
    memory = Memory(**knobs)
    async with desk(home, layer, memory=memory) as one:
        await remembering(one.http)
        yield one


async def until(one: Desk, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Look at memory until something holds of it."""
    return await _looked(one.http, holds)


async def remembering(http: httpx.AsyncClient) -> None:
    """Wait until memory is open, also that of an activator in a process of its own."""
    await _looked(http, lambda shown: bool(shown["state"] == "ready"))


async def _looked(
    http: httpx.AsyncClient, holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    async with asyncio.timeout(_WITHIN_S):
        while True:
            shown: dict[str, Any] = (await http.get("/v1/memory")).json()
            if holds(shown):
                return shown
            await asyncio.sleep(0.01)


async def settled(one: Desk) -> dict[str, Any]:
    """Wait until all that was learned is written."""
    return await until(one, lambda shown: shown["backlog"] == 0)


async def ask_as(one: Desk, header: Mapping[str, str], query: str) -> dict[str, Any]:
    """Ask as somebody else, and expect an answer."""
    reply = await one.http.post("/v1/query", json={"query": query}, headers=header)
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def judge(
    one: Desk,
    answer: Mapping[str, Any],
    feedback: str,
    correction: str = "",
    header: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Judge an answer, and expect that it is taken."""
    body = {"query_id": answer["query_id"], "feedback": feedback, "correction": correction}
    reply = await one.http.post("/v1/feedback", json=body, headers=header)
    assert reply.status_code == 200, reply.text
    taken: dict[str, Any] = reply.json()
    return taken


async def learned(one: Desk) -> list[dict[str, Any]]:
    """List the routes that were learned."""
    await settled(one)
    rows: list[dict[str, Any]] = (await one.http.get("/v1/routes")).json()["learned"]
    return rows


def tier(answer: Mapping[str, Any]) -> str:
    """Name the tier of an answer; empty when no route was taken."""
    return str(answer["route"]["tier"]) if answer["route"] else ""
