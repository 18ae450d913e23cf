"""The endpoints that show: layers, tools, events; and the one that stops writes."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cortex.errors import Malformed
from cortex.fabric.activator.access.leave import WriteLeave
from cortex.fabric.activator.failover.wiring import WaysRound
from cortex.fabric.activator.journal import Journal
from cortex.fabric.activator.layers.footprint import memory_mib
from cortex.fabric.activator.layers.processes import Sight
from cortex.fabric.activator.layers.table import ABSENT
from cortex.fabric.activator.metrics import CONTENT_TYPE, Metrics
from cortex.fabric.activator.peers.wiring import Sharing
from cortex.fabric.activator.web.bodies import json_answer, read_body
from cortex.fabric.activator.web.gate import Gate
from cortex.fabric.activator.web.streams import KEEP_ALIVE, EventStream, event
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import TOOLS, schema_of

_KEEP_ALIVE_S = 15.0
_MOST_DIGITS = 9
_MOST_EVENTS = 500


class WritesRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the kill switch lets writes through."""

    allowed: bool


class LayerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One layer as it is now."""

    name: str
    state: str
    pid: int | None = None
    since: float | None = None
    """Unix seconds."""
    memory_mib: float | None = None
    claims: int = 0
    """Requests that hold it: waiting and at work."""
    cooldown_s: float | None = None
    last_error: str = ""


class Watched(Protocol):
    """Layers that can be looked at."""

    def look(self) -> tuple[Sight, ...]:
        """Show every layer that this installation can start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """The showing endpoints."""

    gate: Gate
    leave: WriteLeave
    layers: Watched
    journal: Journal
    metrics: Metrics
    shared: Sharing
    ways_round: WaysRound
    now: Callable[[], float]

    async def show_layers(self, request: Request) -> Response:
        """Answer `GET /v1/layers`."""
        self.gate.enter(request, "read")
        rows = await asyncio.to_thread(self._rows, self.layers.look())
        return json_answer({"layers": rows, **self._outage()})

    async def show_tools(self, request: Request) -> Response:
        """Answer `GET /v1/tools`: what this token is good for."""
        principal = self.gate.enter(request, "read")
        tools = (tool for tool in TOOLS.values() if principal.may_use(tool.name))
        return json_answer({"tools": [_tool(tool) for tool in tools]})

    async def show_events(self, request: Request) -> Response:
        """Answer `GET /v1/events`: what happened lately, or what happens from now on."""
        self.gate.enter(request, "admin")
        if "text/event-stream" in request.headers.get("accept", ""):
            return EventStream(self._tail(_whole(request, "after", 0)))
        limit = _whole(request, "limit", _MOST_EVENTS)
        return json_answer({"events": self.journal.latest(limit)})

    async def show_writes(self, request: Request) -> Response:
        """Answer `GET /v1/writes`: whether anything may be changed now."""
        self.gate.enter(request, "read")
        return json_answer(self._writes())

    async def switch_writes(self, request: Request) -> Response:
        """Answer `POST /v1/writes`: pull the kill switch, or release it."""
        principal = self.gate.enter(request, "admin")
        body = await read_body(request, WritesRequest)
        if body.allowed:
            self.leave.allow()
        else:
            self.leave.stop(by=principal.name)
        self.journal.add("writes", allowed=body.allowed, principal=principal.name)
        return json_answer(self._writes())

    async def show_coordination(self, request: Request) -> Response:
        """Answer `GET /v1/coordination`: Redis, and what activators share over it."""
        self.gate.enter(request, "read")
        return json_answer(await self.shared.shown())

    async def show_health(self, _request: Request) -> Response:
        """Answer `GET /health` and `GET /ready`: ready without Redis too, and that is said."""
        state = self.shared.coordination.state
        return json_answer({"status": "ok", "coordination": state, **self._outage()})

    async def show_metrics(self, _request: Request) -> Response:
        """Answer `GET /metrics`."""
        return Response(self.metrics.page(), headers={"content-type": CONTENT_TYPE})

    def _outage(self) -> dict[str, Any]:
        """Show since when the controller does not answer, and why, while it does not."""
        if (outage := self.ways_round.outage) is None:
            return {}
        return {"outage": {"since": outage.since, "why": outage.why}}

    def _writes(self) -> dict[str, Any]:
        why = self.leave.why_not()
        reason = why.message if why else ""
        return {"allowed": why is None, "stopped": self.leave.stopped, "reason": reason}

    def _rows(self, sights: tuple[Sight, ...]) -> list[LayerRow]:
        present = [self._row(sight) for sight in sights]
        absent = [
            LayerRow(name=name, state="absent", last_error=why) for name, why in ABSENT.items()
        ]
        return present + absent

    def _row(self, sight: Sight) -> LayerRow:
        return LayerRow(
            name=sight.layer,
            state=sight.phase,
            pid=sight.pid,
            since=None if sight.since_s is None else round(self.now() - sight.since_s, 3),
            memory_mib=memory_mib(sight.pid) if sight.pid else None,
            claims=sight.claims,
            cooldown_s=sight.cooldown_s,
            last_error=sight.last_error,
        )

    async def _tail(self, after: int) -> AsyncGenerator[bytes, None]:
        async with aclosing(self.journal.follow(after=after)) as entries:
            upcoming = asyncio.ensure_future(anext(entries))
            try:
                while True:
                    done, _ = await asyncio.wait({upcoming}, timeout=_KEEP_ALIVE_S)
                    if not done:
                        yield KEEP_ALIVE
                        continue
                    entry = upcoming.result()
                    upcoming = asyncio.ensure_future(anext(entries))
                    yield event(entry.kind, entry)
            finally:
                upcoming.cancel()
                await asyncio.gather(upcoming, return_exceptions=True)


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        message = f"{name} {text[:_MOST_DIGITS]!r} is no whole number of at most 9 digits"
        raise Malformed(message)
    return int(text)


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "summary": tool.summary,
        "risk": tool.risk,
        "layer": tool.layer,
        "unasked": tool.unasked,
        "undo": tool.undo,
        "examples": tool.examples,
        "arguments": schema_of(tool),
    }
