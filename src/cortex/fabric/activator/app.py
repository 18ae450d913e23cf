"""Wire the activator: the only place where its parts are made and handed to each other."""

import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from typing import Any, Protocol

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cortex.errors import CortexError
from cortex.fabric.activator.access.keys import grant_key, service_credential
from cortex.fabric.activator.access.leave import WriteLeave
from cortex.fabric.activator.access.tokens import ensure_admin
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.conversing.conversation import Conversing
from cortex.fabric.activator.answer.execution import Execution
from cortex.fabric.activator.answer.flow import Answers, Asking
from cortex.fabric.activator.failover.asking import Inquiry
from cortex.fabric.activator.failover.doubts import Heeding
from cortex.fabric.activator.failover.wiring import WaysRound, ways_round
from cortex.fabric.activator.feedback import Feedback
from cortex.fabric.activator.journal import Journal
from cortex.fabric.activator.layers.calls import LayerCalls
from cortex.fabric.activator.layers.lag import LagWatch, patience_of
from cortex.fabric.activator.layers.processes import Awake, ProcessLayers, Sight
from cortex.fabric.activator.layers.table import Program, programs
from cortex.fabric.activator.learning.tiers.classification import ClassifierTier
from cortex.fabric.activator.metrics import Metrics
from cortex.fabric.activator.mind import Mind, mind
from cortex.fabric.activator.peers.wiring import Sharing, sharing
from cortex.fabric.activator.records.interrupted import accounted
from cortex.fabric.activator.records.operations import Operations
from cortex.fabric.activator.records.scheduled import TimerRecords
from cortex.fabric.activator.records.sharing import Records
from cortex.fabric.activator.rulebook import load_rules
from cortex.fabric.activator.tasks.verdicts.looking import Looking
from cortex.fabric.activator.tasks.wiring import Tasks, tasks
from cortex.fabric.activator.timers.running import Timekeeping, timekeeping
from cortex.fabric.activator.timers.views import TimerViews
from cortex.fabric.activator.web import errors
from cortex.fabric.activator.web.bodies import json_answer
from cortex.fabric.activator.web.gate import Gate
from cortex.fabric.activator.web.memory import MemoryViews
from cortex.fabric.activator.web.openapi import document
from cortex.fabric.activator.web.queries import Queries
from cortex.fabric.activator.web.routes import LearnedRoutes
from cortex.fabric.activator.web.streams import CallerLeft
from cortex.fabric.activator.web.views import Views
from cortex.fabric.catalogue.record import LAYER
from cortex.fabric.lifecycle.vocabulary import Policy
from cortex.fabric.routing.rules import Rules
from cortex.settings.knobs import Activator

_RENDERED: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    CortexError: errors.render,
    HTTPException: errors.render_framework,
    CallerLeft: errors.render_departure,
    Exception: errors.render_failure,
}
_CONNECTIONS = httpx.Limits(max_connections=256, max_keepalive_connections=16)


class Layers(Protocol):
    """The layers as the activator uses them."""

    def claim(self, layer: str, deadline: float) -> AbstractAsyncContextManager[Awake]:
        """Hold a layer, woken if it sleeps, until the block ends."""

    def wait_for(self, layer: str) -> float | None:
        """Guess how many seconds a claim would wait; None when it need not wait."""

    def look(self) -> tuple[Sight, ...]:
        """Show every layer that this installation can start."""

    async def close(self) -> None:
        """Let go of every layer."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the endpoints are wired to."""

    settings: Activator
    rules: Rules
    accounts: Accounts
    layers: Layers
    leave: WriteLeave
    ways_round: WaysRound
    mind: Mind
    shared: Sharing
    timekeeping: Timekeeping
    now: Callable[[], float]


def build(
    settings: Activator,
    *,
    layers: Layers | None = None,
    table: Mapping[str, Program] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    now: Callable[[], float] = time.time,
) -> Starlette:
    """Make the activator of these settings; no layer runs before somebody asks.

    Without `layers` they are child processes, from the programs in `table`. Calls to layers go
    through `transport`. `now` tells Unix seconds.

    Raises:
        Misconfigured: the rules, the tokens or the keys cannot be used.

    """
    ensure_admin(settings.home, now=now())
    counts = Metrics()
    shared = sharing(settings, counts=counts, now=now)
    accounts = Accounts(
        metrics=counts,
        journal=Journal(now),
        feedback=Feedback(settings.home, now),
        events=shared.events,
    )
    client = _client(transport)
    if layers is None:
        table = programs(settings.layer_environ) if table is None else table
        layers = _processes(settings, table, client, accounts)
    parts = _parts(settings, accounts, shared, layers, client, now=now)
    answers = _answers(parts)
    tasking = _tasking(parts, answers)
    return Starlette(
        routes=_routes(parts, answers, tasking),
        exception_handlers=dict(_RENDERED),
        lifespan=_lifespan(parts, answers, tasking, client),
    )


def _parts(
    settings: Activator,
    accounts: Accounts,
    shared: Sharing,
    layers: Layers,
    client: httpx.AsyncClient,
    *,
    now: Callable[[], float],
) -> _Parts:
    calls = LayerCalls(client, service_credential(settings.home))
    leave = WriteLeave(settings.home, writes=settings.writes)
    rules, counts = load_rules(settings.rules_file), accounts.metrics
    tier = partial(ClassifierTier, layers, calls)
    learning = mind(
        settings, rules=rules, classifier=tier, counts=counts, learned=shared.learned, now=now
    )
    accounts, key = replace(accounts, learning=learning.learner), grant_key(settings.home)
    execution = Execution(layers, calls, leave=leave, grant_key=key, now=now)
    inquiry, coordination = Inquiry(layers, calls), shared.coordination
    ways = ways_round(settings, execution, inquiry, coordination, accounts, now=now)
    return _Parts(
        settings=settings,
        rules=rules,
        accounts=accounts,
        layers=layers,
        leave=leave,
        ways_round=ways,
        mind=learning,
        shared=shared,
        timekeeping=timekeeping(
            settings,
            coordination=coordination,
            execution=Heeding(execution, ways.way.doubts),
            leave=leave,
            accounts=accounts,
            now=now,
        ),
        now=now,
    )


def _client(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    # Layers speak plain HTTP on loopback: an empty trust store spares us the CA bundle's memory.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(
        transport=transport, limits=_CONNECTIONS, verify=context, trust_env=False
    )


def _processes(
    settings: Activator,
    table: Mapping[str, Program],
    client: httpx.AsyncClient,
    accounts: Accounts,
) -> ProcessLayers:
    def policy(layer: str) -> Policy:
        cooldown = settings.layer_cooldowns.get(layer, settings.cooldown)
        return Policy(
            cooldown=cooldown.total_seconds(),
            start_timeout=settings.start_timeout.total_seconds(),
            queue_limit=settings.queue_limit,
        )

    accounts.expect(table)
    return ProcessLayers(
        table,
        policy=policy,
        logs=settings.home / "logs",
        client=client,
        report=accounts.changed,
    )


def _answers(parts: _Parts) -> Answers:
    settings = parts.settings
    return Answers(
        tiers=parts.mind.tiers,
        execution=parts.ways_round.way,
        leave=parts.leave,
        accounts=parts.accounts,
        asking=Asking(
            unasked=settings.unasked,
            confirm_ttl_s=settings.confirm_ttl.total_seconds(),
            confirmations=parts.shared.confirmations,
            timers=parts.timekeeping.timers,
            conversing=Conversing(parts.shared.conversations, parts.now),
            own={LAYER: _records(parts)},
            weights=parts.rules.weights,
        ),
        now=parts.now,
    )


def _records(parts: _Parts) -> Records:
    kept, zone_of = parts.timekeeping, parts.timekeeping.timers.zones.known
    return Records(
        Operations(parts.mind.memory, parts.now, zone_of),
        TimerRecords(kept.store, kept.cancelling, parts.now),
    )


def _tasking(parts: _Parts, answers: Answers) -> Tasks:
    return tasks(
        parts.settings,
        coordination=parts.shared.coordination,
        answers=answers,
        accounts=parts.accounts,
        layers=parts.layers,
        looking=Looking(
            way=parts.ways_round.way,
            store=parts.timekeeping.store,
            firing=parts.timekeeping.firing,
            accounts=parts.accounts,
            now=parts.now,
        ),
    )


def _routes(parts: _Parts, answers: Answers, tasking: Tasks) -> list[Route]:
    settings, accounts = parts.settings, parts.accounts
    gate = Gate(
        settings.home,
        quota_per_minute=settings.quota_per_minute,
        feedback_per_minute=settings.feedback_per_minute,
        monotonic=time.monotonic,
        service=service_credential(settings.home),
        denied=accounts.events.denied,
    )
    queries = Queries(
        gate=gate,
        answers=answers,
        ask=tasking.escalating.query,
        accounts=accounts,
        teacher=parts.mind.teacher,
        deadline_limit_ms=int(settings.deadline_limit.total_seconds() * 1000),
    )
    return [
        *_remembering(parts, gate),
        *_timing(parts, gate),
        *tasking.routes(gate),
        *_showing(parts, gate),
        Route("/v1/query", queries.query, methods=["POST"]),
        Route("/v1/confirm", queries.confirm, methods=["POST"]),
        Route("/v1/explain", queries.explain, methods=["POST"]),
        Route("/v1/feedback", queries.judge, methods=["POST"]),
    ]


def _showing(parts: _Parts, gate: Gate) -> list[Route]:
    views = Views(
        gate=gate,
        leave=parts.leave,
        layers=parts.layers,
        journal=parts.accounts.journal,
        metrics=parts.accounts.metrics,
        shared=parts.shared,
        ways_round=parts.ways_round,
        now=parts.now,
    )
    return [
        Route("/v1/layers", views.show_layers),
        Route("/v1/coordination", views.show_coordination),
        Route("/v1/tools", views.show_tools),
        Route("/v1/events", views.show_events),
        Route("/v1/writes", views.show_writes),
        Route("/v1/writes", views.switch_writes, methods=["POST"]),
        Route("/health", views.show_health),
        Route("/ready", views.show_health),
        Route("/metrics", views.show_metrics),
        Route("/openapi.json", _describe),
    ]


def _remembering(parts: _Parts, gate: Gate) -> list[Route]:
    learned = LearnedRoutes(gate=gate, rules=parts.rules, curating=parts.mind.curating)
    memory = MemoryViews(gate=gate, memory=parts.mind.memory, ledger=parts.mind.ledger)
    return [
        Route("/v1/routes", learned.show_routes),
        Route("/v1/routes/export", learned.export),
        Route("/v1/routes/rollback", learned.roll_back, methods=["POST"]),
        Route("/v1/routes/{route_id}", learned.show_route, methods=["GET"]),
        Route("/v1/routes/{route_id}", learned.forget, methods=["DELETE"]),
        Route("/v1/memory", memory.show),
        Route("/v1/memory/migrate", memory.migrate, methods=["POST"]),
        Route("/v1/memory/{collection}", memory.page, methods=["GET"]),
        Route("/v1/memory/{collection}", memory.put, methods=["PUT"]),
        Route("/v1/memory/{collection}/search", memory.search, methods=["POST"]),
    ]


def _timing(parts: _Parts, gate: Gate) -> list[Route]:
    kept = parts.timekeeping
    timers = TimerViews(gate=gate, store=kept.store, cancelling=kept.cancelling, now=parts.now)
    return [
        Route("/v1/timers", timers.show, methods=["GET"]),
        Route("/v1/timers/{timer_id:path}", timers.cancel, methods=["DELETE"]),
    ]


async def _describe(_request: Request) -> Response:
    return json_answer(document(metadata.version("cortex-platform")))


def _lag_watch(parts: _Parts) -> LagWatch:
    readied = parts.shared.coordination.readied
    return LagWatch(parts.layers, readied, patience_of(parts.settings))


def _lifespan(
    parts: _Parts, answers: Answers, tasking: Tasks, client: httpx.AsyncClient
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def living(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(client.aclose)
            await parts.shared.living(stack, parts.layers)
            doubted = parts.ways_round.way.doubts.interrupted
            interrupted = accounted(
                parts.settings.home, parts.accounts, parts.shared.outbox, doubted
            )
            await stack.enter_async_context(interrupted)
            stack.push_async_callback(parts.layers.close)
            await stack.enter_async_context(_lag_watch(parts).living())
            await parts.ways_round.living(stack)
            await parts.mind.living(stack)
            await parts.timekeeping.living(stack)
            stack.push_async_callback(answers.close)
            await tasking.living(stack)
            yield

    return living
