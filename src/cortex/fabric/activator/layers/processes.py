"""Wake layers as child processes, hand out claims on them, and put them to sleep.

The thin shell around `lifecycle`: one owner per layer feeds it every event and performs every
effect, in one event loop and without an `await` in between, so that no read of a state can race a
change of it. `design.md` has the rules.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import httpx
import structlog

from cortex.errors import CortexError, LayerNotReady, QueueFull
from cortex.fabric.activator.layers.child import Child
from cortex.fabric.activator.layers.table import Program
from cortex.fabric.lifecycle.machine import claims, due, on, phase
from cortex.fabric.lifecycle.vocabulary import (
    Cold,
    Demand,
    Deny,
    Event,
    Failed,
    Phase,
    Policy,
    Released,
    Serve,
    Start,
    State,
    Stop,
    Tick,
    Up,
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Awake:
    """A layer that is up, held by one claim; `wake_ms` is how long the claim waited for it."""

    url: str
    pid: int
    woke: bool
    wake_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an event did to a layer; `took_s` is the length of a start that just succeeded."""

    layer: str
    before: Phase
    after: Phase
    pending: int
    reason: str = ""
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A layer as it is now; `since_s` says for how long, if it ever changed."""

    layer: str
    phase: Phase
    since_s: float | None
    pid: int | None
    claims: int
    cooldown_s: float
    last_error: str


class ProcessLayers:
    """The layers of one machine."""

    def __init__(
        self,
        programs: Mapping[str, Program],
        *,
        policy: Callable[[str], Policy],
        logs: Path,
        client: httpx.AsyncClient,
        report: Callable[[Change], None],
    ) -> None:
        self._owners = {
            name: _Owner(name, program, policy=policy(name), log=logs / f"{name}.log",
                         client=client, report=report)
            for name, program in programs.items()
        }  # fmt: skip
        self._names = itertools.count(1)

    @asynccontextmanager
    async def claim(self, layer: str, deadline: float) -> AsyncIterator[Awake]:
        """Hold a layer, woken if it sleeps, until the block ends.

        `deadline` is on the event loop's clock.

        Raises:
            LayerNotReady: there is no such layer here, or it did not come up.
            QueueFull: too many wait already.

        """
        if (owner := self._owners.get(layer)) is None:
            message = f"the layer {layer!r} is not part of this installation"
            raise LayerNotReady(message, retry_after=3600)
        name = f"{layer}/{next(self._names)}"
        begun = asyncio.get_running_loop().time()
        try:
            served = await owner.asked(Demand(name, deadline))
            waited = (asyncio.get_running_loop().time() - begun) * 1000
            yield Awake(url=served.url, pid=served.pid, woke=served.woken, wake_ms=waited)
        finally:
            owner.feed(Released(name))

    def wait_for(self, layer: str) -> float | None:
        """Guess how many seconds a claim would wait, 0 if unknown; None when it need not wait.

        Good for telling people. To find out for sure, claim.
        """
        owner = self._owners.get(layer)
        return owner.wait() if owner else None

    def look(self) -> tuple[Sight, ...]:
        """Show every layer that this installation can start."""
        return tuple(owner.sight() for owner in self._owners.values())

    async def close(self) -> None:
        """Stop every layer and wait until it is gone."""
        await asyncio.gather(*(owner.close() for owner in self._owners.values()))


class _Owner:
    """The only one that knows and changes the state of one layer."""

    def __init__(
        self,
        layer: str,
        program: Program,
        *,
        policy: Policy,
        log: Path,
        client: httpx.AsyncClient,
        report: Callable[[Change], None],
    ) -> None:
        self._layer = layer
        self._program = program
        self._policy = policy
        self._log = log
        self._client = client
        self._report = report
        self._state: State = Cold()
        self._since: float | None = None
        self._last_start_s = 0.0
        self._waiting: dict[str, asyncio.Future[Serve]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._child: Child | None = None
        self._lives: set[asyncio.Task[None]] = set()
        self._closed = False

    async def asked(self, demand: Demand) -> Serve:
        """Put a demand and wait for its answer."""
        if self._closed:
            raise self._stopping()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Serve] = loop.create_future()
        self._waiting[demand.claim] = answer
        self.feed(demand)
        try:
            return await answer
        finally:
            self._waiting.pop(demand.claim, None)

    def feed(self, event: Event) -> None:
        """Take one event and perform what follows."""
        now = asyncio.get_running_loop().time()
        before = phase(self._state)
        step = on(self._state, event, now=now, policy=self._policy)
        self._state = step.state
        took_s = self._for_s(now) or 0.0
        after = phase(self._state)
        if after != before:
            self._since = now
        if after == "ready" != before:
            self._last_start_s = took_s
        for effect in step.effects:
            self._perform(effect)
        self._wind(now)
        self._report(
            Change(
                layer=self._layer,
                before=before,
                after=after,
                pending=len(claims(self._state)),
                reason=getattr(event, "reason", ""),
                took_s=took_s if after == "ready" else 0.0,
            )
        )

    def wait(self) -> float | None:
        """Guess how long a demand would wait."""
        return None if isinstance(self._state, Up) else self._last_start_s

    def sight(self) -> Sight:
        """Show the layer as it is now."""
        up = self._state if isinstance(self._state, Up) else None
        return Sight(
            layer=self._layer,
            phase=phase(self._state),
            since_s=self._for_s(asyncio.get_running_loop().time()),
            pid=up.pid if up else None,
            claims=len(claims(self._state)),
            cooldown_s=self._policy.cooldown,
            last_error=self._state.trouble.reason,
        )

    def _for_s(self, now: float) -> float | None:
        return None if self._since is None else now - self._since

    async def close(self) -> None:
        """Stop the process, if there is one, and turn away who still asks."""
        self._closed = True
        if self._timer:
            self._timer.cancel()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._stopping())
        if self._child:
            self._child.stop()
        if self._lives:
            await asyncio.wait(self._lives)

    def _stopping(self) -> LayerNotReady:
        return LayerNotReady(f"{self._layer} is not started: the activator is stopping")

    def _start(self, run: int) -> None:
        if self._closed:
            news = Failed(run, "the activator is stopping")
            asyncio.get_running_loop().call_soon(self.feed, news)
            return
        self._child = Child(
            self._program, run=run, log=self._log, client=self._client, tell=self.feed
        )
        life = asyncio.create_task(self._child.live(), name=f"{self._layer}#{run}")
        self._lives.add(life)
        life.add_done_callback(self._lived)

    def _lived(self, life: asyncio.Task[None]) -> None:
        self._lives.discard(life)
        if not life.cancelled() and (error := life.exception()):
            _log.error("watching a layer broke", layer=self._layer, exc_info=error)

    def _perform(self, effect: Start | Stop | Serve | Deny) -> None:
        match effect:
            case Start(run):
                self._start(run)
            case Stop():
                if self._child:
                    self._child.stop()
            case Serve(claim=claim):
                if (answer := self._waiting.get(claim)) and not answer.done():
                    answer.set_result(effect)
            case Deny(claim=claim):
                if (answer := self._waiting.get(claim)) and not answer.done():
                    answer.set_exception(self._denial(effect))
            case _:
                assert_never(effect)

    def _denial(self, deny: Deny) -> CortexError:
        if deny.why == "full":
            message = f"{self._layer} is busy: {deny.reason}"
            return QueueFull(message, retry_after=deny.retry_after)
        return LayerNotReady(
            f"{self._layer} could not be woken: {deny.reason}", retry_after=deny.retry_after
        )

    def _wind(self, now: float) -> None:
        if self._timer:
            self._timer.cancel()
        at = due(self._state, self._policy)
        loop = asyncio.get_running_loop()
        self._timer = None
        if at is not None and not self._closed:
            self._timer = loop.call_at(max(at, now), self.feed, Tick())
