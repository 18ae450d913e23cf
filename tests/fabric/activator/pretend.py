"""An execution layer of a hundred lines: a few clients and devices, grants checked, nonces kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cortex.errors import CortexError
from cortex.fabric.activator.layers.processes import Awake, Sight
from cortex.fabric.messages import (
    Choice,
    ClassifyReply,
    ClassifyRequest,
    ErrorBody,
    ExecuteRequest,
    Grant,
    Outcome,
    Plan,
    PlanReply,
    PlanRequest,
    Preview,
    Target,
    Undo,
)
from cortex.fabric.messages.grants import digest_of, flaw_of

PRINTER = Target(kind="client", id="aa:bb:cc:00:00:01", name="Printer")
OFFICE_PHONE = Target(kind="client", id="aa:bb:cc:00:00:02", name="Office")
GARAGE = Target(kind="device", id="dd:ee:ff:00:00:01", name="Garage AP")
OFFICE_AP = Target(kind="device", id="dd:ee:ff:00:00:02", name="Office")
_RISKS = {"restart_device": "destructive", "list_clients": "read"}


@dataclass
class PretendLayer:
    """The network, and what may go wrong on the way to it."""

    service: str = ""
    grant_key: bytes = b""
    targets: tuple[Target, ...] = (PRINTER, GARAGE)
    warnings: tuple[str, ...] = ()
    unchanged: bool = False
    """Whether all is as wanted already."""
    blocked: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    """One entry per write that really reached the network."""
    nonces: dict[str, Outcome] = field(default_factory=dict)
    planned: int = 0
    lose_plans: int = 0
    """How many of the next plans get no answer."""
    slow: bool = False
    """Whether executing takes as long as is waited for it."""
    nonsense: bool = False
    """Whether writes are performed and answered with something unreadable."""
    broken: bool = False
    """Whether planning breaks in a way that nobody foresaw."""
    lose_replies: int = 0
    """How many of the next writes are performed without their reply getting out."""
    repeats: ErrorBody | None = None
    """What a nonce that was seen before fails with, instead of repeating its ending."""
    deadlines: list[int] = field(default_factory=list)
    """How long each plan may take, in milliseconds."""
    grants: list[Grant] = field(default_factory=list)
    """The leave of each write."""
    hold: asyncio.Event | None = None
    """While set and not released, executing waits."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once executing begins."""
    query_ids: list[str] = field(default_factory=list)
    reads: dict[str, ClassifyReply] = field(default_factory=dict)
    """What the classifier makes of a text; it passes on all others."""
    classifies: bool = True
    """Whether the classifier answers sense."""
    classified: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        """Serve it."""
        routes = [
            Route("/v1/plan", self._plan, methods=["POST"]),
            Route("/v1/execute", self._execute, methods=["POST"]),
            Route("/v1/classify", self._classify, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    async def _plan(self, request: Request) -> Response:
        if request.headers["authorization"] != f"Bearer {self.service}":
            return _json(ErrorBody(code="unauthenticated", message="no"), 401)
        self.query_ids.append(request.headers["x-cortex-query-id"])
        self.planned += 1
        if self.broken:
            raise ZeroDivisionError
        if self.lose_plans:
            self.lose_plans -= 1
            raise ConnectionResetError
        asked = msgspec.json.decode(await request.body(), type=PlanRequest)
        self.deadlines.append(asked.deadline_ms)
        return _json(self._reply(asked))

    async def _classify(self, request: Request) -> Response:
        asked = msgspec.json.decode(await request.body(), type=ClassifyRequest)
        self.classified.append(asked.text)
        if self.slow:
            raise TimeoutError
        if not self.classifies:
            return Response(b"<html>", media_type="text/html")
        return _json(self.reads.get(asked.text, ClassifyReply(verdict="pass")))

    def _reply(self, asked: PlanRequest) -> PlanReply:
        kind = next((one for one in ("client", "device") if one in asked.arguments), "")
        named = str(asked.arguments.get(kind, "")).lower()
        found = [one for one in self.targets if one.kind == kind and named in one.name.lower()]
        if kind and len(found) != 1:
            choices = tuple(
                Choice(label=one.name, query=f"… {one.id}", target=one) for one in found
            )
            text = f"No {kind} is called {named!r}."
            several = PlanReply(status="clarify", answer=text, choices=choices, binds="several")
            return several if found else PlanReply(status="clarify", answer=text, binds="none")
        return PlanReply(status="planned", plan=self._planned(asked, tuple(found)))

    def _planned(self, asked: PlanRequest, targets: tuple[Target, ...]) -> Plan:
        names = tuple(one.name for one in targets)
        return Plan(
            tool=asked.tool,
            site=asked.site,
            arguments=asked.arguments,
            targets=targets,
            risk=_RISKS.get(asked.tool, "write"),
            preview=Preview(what=f"{asked.tool} {' '.join(names)}", on=names, undo="ask again",
                            warnings=self.warnings, unchanged=self.unchanged),
            digest=digest_of(
                tool=asked.tool, site=asked.site, arguments=asked.arguments, targets=targets
            ),
        )  # fmt: skip

    async def _execute(self, request: Request) -> Response:
        asked = msgspec.json.decode(await request.body(), type=ExecuteRequest)
        self.reached.set()
        if self.slow:
            raise TimeoutError
        if self.hold is not None:
            await self.hold.wait()
        if asked.plan.risk == "read":
            rows = [{"name": one.name} for one in self.targets if one.kind == "client"]
            return _json(Outcome(status="done", answer="2 clients", data={"rows": rows}))
        answer = _json(*self._write(asked))
        return Response(b"<html>", media_type="text/html") if self.nonsense else answer

    def _write(self, asked: ExecuteRequest) -> tuple[Outcome | ErrorBody, int]:
        grant = asked.grant
        if grant is None or flaw_of(grant, asked.plan, key=self.grant_key, now=0):
            return ErrorBody(code="not_allowed", message="no grant"), 403
        self.grants.append(grant)
        if self.repeats and grant.nonce in self.nonces:
            why = self.repeats
            return Outcome(status="failed", answer=why.message, error=why), 200
        if grant.nonce not in self.nonces:
            ids = [one.id for one in asked.plan.targets]
            self.sent.append(" ".join([asked.plan.tool, *ids]))
            if asked.plan.tool == "block_client":
                self.blocked.update(ids)
            undo = Undo(tool="unblock_client", arguments=asked.plan.arguments, query="unblock it")
            self.nonces[grant.nonce] = Outcome(status="done", answer="It is done.", undo=undo)
        if self.lose_replies:
            self.lose_replies -= 1
            raise ConnectionResetError
        return self.nonces[grant.nonce], 200


@dataclass
class StandingLayers:
    """Layers that are always up, with the claims on them counted."""

    claims: int = 0
    asked: list[str] = field(default_factory=list)
    refusals: list[CortexError] = field(default_factory=list)
    """What the next claims are answered with instead."""
    gate: asyncio.Event | None = None
    """While set and not released, a claim waits."""
    waited_for: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a claim waits."""

    @asynccontextmanager
    async def claim(self, layer: str, deadline: float) -> AsyncIterator[Awake]:
        """Hold the layer."""
        assert deadline > 0
        if self.gate is not None:
            self.waited_for.set()
            await self.gate.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        self.claims += 1
        self.asked.append(layer)
        try:
            yield Awake(url="http://layer", pid=1, woke=len(self.asked) == 1, wake_ms=12.5)
        finally:
            self.claims -= 1

    def wait_for(self, layer: str) -> float | None:
        """Have it awake from the second claim on."""
        return None if layer in self.asked else 0.4

    def look(self) -> tuple[Sight, ...]:
        """Show nothing."""
        return ()

    async def close(self) -> None:
        """Have nothing to do."""


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json")
