"""The agents that run now: who they are, what they can do, how busy they are.

Soft state: each agent writes its whole record with every heartbeat, so a server that lost
everything knows all of them again after one. Who joined and who left is told on `cortex.events`.
"""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
import structlog

from cortex.clients.redis import RedisClient, server_now_ms
from cortex.coordination.streams import EVENTS, add
from cortex.decoding import read_json
from cortex.errors import CortexError, Malformed

_log = structlog.get_logger()
Status = Literal["starting", "ready", "busy", "idle", "unhealthy", "stopping", "stopped"]
_METADATA = msgspec.json.Decoder(dict[str, Any])
_TAKES_WORK = frozenset({"ready", "idle"})
_KEPT = 4
"""How many times as long as the silence that makes an agent stale its record is kept."""


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent, as others see it."""

    agent_id: str
    agent_type: str
    name: str
    status: Status
    capabilities: tuple[str, ...] = ()
    stream: str = ""
    """Where it takes its tasks from."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    registered_at: str = ""
    """When it joined, as ISO 8601 in UTC; set by the registry."""
    last_heartbeat: str = ""
    """When it was last heard of, likewise."""
    task_count: int = 0
    """How many tasks it works on: its load."""
    version: str = ""


class Registry:
    """The agents of one prefix."""

    def __init__(
        self,
        redis: RedisClient,
        *,
        stale_after: timedelta = timedelta(seconds=15),
        prefix: str = "cortex",
        events: str = EVENTS,
    ) -> None:
        self._redis = redis
        self._stale_ms = int(stale_after / timedelta(milliseconds=1))
        self._index = f"{prefix}:agents"
        """The ids of all agents, by the server's time of their last heartbeat in milliseconds."""
        self._events = events

    async def beat(self, agent: Agent) -> Agent:
        """Write an agent's whole record, joined now or heard of again, and return it dated.

        Raises:
            Malformed: a name in it cannot be stored.
            CortexError: the server is away, or refuses.

        """
        now_ms = await server_now_ms(self._redis)
        moment = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds")
        dated = replace(agent, registered_at=agent.registered_at or moment, last_heartbeat=moment)
        record = self._record(agent.agent_id)
        words = [word for pair in _fields(dated).items() for word in pair]
        replies = await self._redis.pipeline(
            [
                ("HSET", record, *words),
                ("PEXPIRE", record, self._stale_ms * _KEPT),
                ("ZADD", self._index, now_ms, agent.agent_id),
            ]
        )
        for reply in replies:
            if isinstance(reply, CortexError):
                raise reply
        if replies[2] == 1:
            await self._tell("agent.joined", dated.agent_id, dated.agent_type)
        return dated

    async def leave(self, agent_id: str) -> None:
        """Take an agent out of the registry."""
        agent = await self.get(agent_id)
        await self._redis.call("DEL", self._record(agent_id))
        if await self._redis.call("ZREM", self._index, agent_id) == 1:
            await self._tell("agent.left", agent_id, agent.agent_type if agent else "")

    async def get(self, agent_id: str) -> Agent | None:
        """Look an agent up; None when it is not known."""
        return _agent(await self._redis.call("HGETALL", self._record(agent_id)))

    async def agents(self) -> list[Agent]:
        """List the agents that were heard of lately."""
        alive_since = await server_now_ms(self._redis) - self._stale_ms
        ids: Any = await self._redis.call("ZRANGEBYSCORE", self._index, alive_since, "+inf")
        names = [name.decode() for name in ids]
        records = await self._redis.pipeline([("HGETALL", self._record(one)) for one in names])
        return [agent for one in records if (agent := _agent(one)) is not None]

    async def find(self, capability: str) -> list[Agent]:
        """List the agents that can do something and take work, the least busy first."""
        able = (
            one
            for one in await self.agents()
            if capability in one.capabilities and one.status in _TAKES_WORK
        )
        return sorted(able, key=lambda one: (one.task_count, one.agent_id))

    async def sweep(self) -> list[str]:
        """Take out the agents that fell silent; tell which. Each is told once, whoever sweeps."""
        stale_at = await server_now_ms(self._redis) - self._stale_ms
        found: Any = await self._redis.call("ZRANGEBYSCORE", self._index, "-inf", f"({stale_at}")
        gone = []
        for agent_id in (name.decode() for name in found):
            if await self._redis.call("ZREM", self._index, agent_id) == 1:
                gone.append(agent_id)
                await self._tell("agent.left", agent_id, "")
        return gone

    async def _tell(self, event: str, agent_id: str, agent_type: str) -> None:
        told = {"event": event, "agent_id": agent_id, "agent_type": agent_type}
        await add(self._redis, self._events, told)

    def _record(self, agent_id: str) -> str:
        return f"{self._index}:{agent_id}"


class Presence:
    """One agent's own entry, kept fresh while the process runs."""

    def __init__(
        self, registry: Registry, agent: Agent, *, every: timedelta = timedelta(seconds=5)
    ) -> None:
        self._registry = registry
        self._every_s = every.total_seconds()
        self.agent = agent
        """What is written with the next heartbeat."""

    def now(self, *, status: Status, task_count: int) -> None:
        """Say how it is; others see it with the next heartbeat."""
        self.agent = replace(self.agent, status=status, task_count=task_count)

    async def keep(self) -> None:
        """Beat until cancelled, also past a server that is away; then leave."""
        try:
            while True:
                await self._beat()
                apart = random.uniform(0.8, 1.0)  # noqa: S311  # keeps agents apart, no secret
                await asyncio.sleep(self._every_s * apart)
        finally:
            with suppress(CortexError):
                await self._registry.leave(self.agent.agent_id)

    async def _beat(self) -> None:
        sent = self.agent
        try:
            dated = await self._registry.beat(sent)
        except CortexError as err:
            _log.warning("registry is out of reach", agent=sent.agent_id, error=err.message)
            return
        self.agent = replace(self.agent, registered_at=dated.registered_at)


def _fields(agent: Agent) -> dict[str, str | int]:
    if wrong := [one for one in agent.capabilities if "," in one or not one]:
        message = f"agent {agent.agent_id!r} cannot have the capability {wrong[0]!r}"
        raise Malformed(message, hint="a capability has a name, without a comma")
    return {
        "agent_id": agent.agent_id,
        "agent_type": agent.agent_type,
        "name": agent.name,
        "status": agent.status,
        "capabilities": ",".join(agent.capabilities),
        "stream": agent.stream,
        "metadata": msgspec.json.encode(agent.metadata).decode(),
        "registered_at": agent.registered_at,
        "last_heartbeat": agent.last_heartbeat,
        "task_count": agent.task_count,
        "version": agent.version,
    }


def _agent(reply: Any) -> Agent | None:
    """Read a record; one that another program damaged counts as none."""
    if not isinstance(reply, list) or not reply:
        return None
    told: dict[str, Any] = {
        name.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for name, value in zip(reply[::2], reply[1::2], strict=True)
    }
    try:
        told["metadata"] = read_json(told.get("metadata") or "{}", _METADATA, what="metadata")
        told["capabilities"] = [one for one in told.get("capabilities", "").split(",") if one]
        return msgspec.convert(told, Agent, strict=False)
    except (Malformed, msgspec.ValidationError) as err:
        _log.warning("agent is unreadable", agent=told.get("agent_id"), error=str(err))
        return None
