"""`cortex demo`: go through the scenario on a fresh lab, and hold every answer to what is true.

The answers are checked in the simulator's own state and in its journal of requests, not in what
Cortex says about itself. Every wait has an end.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from cortex.clients.activator import ActivatorClient
from cortex.errors import Conflict, CortexError
from cortex.fabric.messages import QueryResponse, Status
from cortex.lab.cast import Cast, choose
from cortex.lab.memory import children, layers_below, pss_mib, tree_mib
from cortex.lab.processes import all_end
from cortex.lab.scenario import CORRECTION, STEPS, Step
from cortex.lab.site import ControlPlane, Lab, LabOptions, running_lab

_COOLDOWN = timedelta(seconds=3)
_SLEEP_WITHIN_S = 20.0
_DEADLINE_MS = 20_000
_SPEED = 100.0
_LAYER = "execution-unifi-api"
_WIDTH = 100
_LEARNED_WITHIN_S = 10.0
_TIMED_WITHIN_S = 30.0

Say = Callable[[str], None]


@dataclass(slots=True)
class Tally:
    """How many checks there were, and which were not as expected."""

    total: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, title: str, problem: str) -> None:
        """Count one check."""
        self.total += 1
        if problem:
            self.wrong.append(f"{title}: {problem}")


def run(seed: int, environ: Mapping[str, str], say: Say) -> Tally:
    """Run the demo and tell what was as expected.

    Raises:
        CortexError: the lab does not start.

    """
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="cortex-demo-") as folder:
        options = LabOptions(
            home=Path(folder) / "home", seed=seed, speed=_SPEED, cooldown=_COOLDOWN
        )
        say(f"starting a simulated UniFi site (seed {seed}) and Cortex in front of it …")
        with (
            running_lab(options, environ) as lab,
            ActivatorClient(lab.activator.url, lab.token) as client,
        ):
            _Demo(lab, client, say=say, tally=tally).play()
    return tally


class _Demo:
    """One run: what was asked last, and how it went so far."""

    def __init__(self, lab: Lab, client: ActivatorClient, *, say: Say, tally: Tally) -> None:
        self._lab = lab
        self._client = client
        self._say = say
        self._tally = tally
        self._plane = ControlPlane(lab.simulator)
        self._cast = choose(self._plane.world())
        self._last: QueryResponse | None = None
        self._confirmation = ""
        self._writes = 0

    def play(self) -> None:
        """Go through all of it."""
        try:
            self._memory("at rest", asleep=True)
            for number, step in enumerate(STEPS, start=1):
                self._step(number, step)
            self._memory("at work", asleep=False)
            self._sleep_and_wake()
            self._account()
        finally:
            self._plane.close()

    def _step(self, number: int, step: Step) -> None:
        if step.fault:
            self._plane.break_next(step.fault)
        if step.controller:
            self._plane.controller(step.controller)
        if step.tier:
            self._client.remembers(within_s=_LEARNED_WITHIN_S)
        before = len(self._plane.writes())
        query = step.ask.format(**asdict(self._cast)) or step.follow
        try:
            response = self._do(step, query)
            problem = self._problem(step, response, len(self._plane.writes()) - before)
        except CortexError as error:
            response, problem = None, f"{error.message} {error.hint}".strip()
        if step.fault:
            problem = problem or ("" if self._plane.struck() else "nothing went wrong meanwhile")
            self._plane.mend()
        self._writes += step.writes
        self._tally.count(f"{number}. {query}", problem)
        said = query if step.ask else f"({_follow(step, self._cast)})"
        self._say(f"\n{number:>3}. {step.title}: {said}")
        if response is not None:
            self._say(f"     {_short(response.answer)}")
            self._say(f"     {_trail(response, self._layer_pid(response))}")
        self._say(f"     {_expectation(step)}  {'✗ ' + problem if problem else '✓'}")

    def _do(self, step: Step, query: str) -> QueryResponse | None:
        match step.follow:
            case "nothing":
                return self._ask(query)
            case "pick the tablet":
                return self._ask(_picked(self._last, self._cast))
            case "undo":
                return self._ask(_undo(self._last))
            case "say yes":
                return self._keep(self._client.confirm(self._confirmation, yes=True))
            case "wait":
                return self._wait()
            case "say yes again" | "correct it":
                return self._correct() if step.follow == "correct it" else self._yes_again()

    def _yes_again(self) -> QueryResponse | None:
        """Send a used yes once more: the activator must refuse it."""
        try:
            return self._keep(self._client.confirm(self._confirmation, yes=True))
        except Conflict as refusal:
            return QueryResponse(query_id="", status="refused", answer=refusal.message)

    def _correct(self) -> QueryResponse | None:
        """Say in plain words what was meant by the question before."""
        if self._last is None:
            return None
        query_id = self._last.query_id
        body = {"query_id": query_id, "feedback": "correction", "correction": CORRECTION}
        reply = self._client.call("POST", "/v1/feedback", body)
        return QueryResponse(query_id=query_id, status="done", answer=str(reply.get("learned", "")))

    def _wait(self) -> QueryResponse:
        """Wait until what was for a time only has come to its end."""
        over = self._client.outlives_timers(within_s=_TIMED_WITHIN_S)
        [latest, *_] = self._client.get("/v1/timers")["timers"]
        status: Status = "done" if over else "failed"
        return QueryResponse(query_id="", status=status, answer=str(latest["result"]))

    def _ask(self, query: str) -> QueryResponse:
        return self._keep(self._client.query({"query": query, "deadline_ms": _DEADLINE_MS}))

    def _keep(self, body: dict[str, Any]) -> QueryResponse:
        self._last = msgspec.convert(body, QueryResponse)
        if self._last.confirmation is not None:
            self._confirmation = self._last.confirmation.token
        return self._last

    def _problem(self, step: Step, response: QueryResponse | None, writes: int) -> str:
        if response is None:
            return "there was nothing to go on from"
        if response.status not in step.status:
            return f"answered {response.status}"
        if writes != step.writes:
            return f"{writes} changes reached the network"
        if problem := _misrouted(step, response):
            return problem
        return step.holds(response, self._plane.world(), self._cast) if step.holds else ""

    def _layers(self) -> Iterator[Mapping[str, Any]]:
        yield from self._client.get("/v1/layers")["layers"]

    def _layer_pid(self, response: QueryResponse) -> int | None:
        named = response.route.layer if response.route else _LAYER
        return next((one.get("pid") for one in self._layers() if one["name"] == named), None)

    def _memory(self, when: str, *, asleep: bool) -> None:
        activator = self._lab.activator.pid
        below = layers_below(activator)
        rest = tuple(pid for pid in children(activator) if pid not in below)
        parts = [f"activator {pss_mib(activator):.0f} MiB (pid {activator})"]
        parts += [f"layer {pss_mib(pid):.0f} MiB (pid {pid})" for pid in below]
        parts += [f"Redis {pss_mib(*rest):.0f} MiB"] if rest else []
        self._say(f"\nmemory {when}: {tree_mib(activator):.0f} MiB = {' + '.join(parts)}")
        if asleep:
            self._tally.count(f"nothing else runs {when}", f"still {below}" if below else "")

    def _sleep_and_wake(self) -> None:
        self._say(
            f"\nno questions for {_COOLDOWN.total_seconds():.0f} s: the layer goes to sleep …"
        )
        self._await_sleep()
        self._memory("asleep", asleep=True)
        response = self._ask("who is online?")
        woke = _LAYER in response.layers_woken and response.status == "done"
        self._tally.count("a sleeping layer wakes", "" if woke else f"answered {response.status}")
        times = response.timings_ms
        self._say(
            f"asked again: woken in {times.wake:.0f} ms (pid {self._layer_pid(response)}), "
            f"answered in {times.total:.0f} ms  {'✓' if woke else '✗'}"
        )

    def _await_sleep(self) -> None:
        """Wait until no layer runs; telemetry wakes once more for what the others left."""
        deadline = time.monotonic() + _SLEEP_WITHIN_S
        while (awake := layers_below(self._lab.activator.pid)) and time.monotonic() < deadline:
            all_end(awake, within_s=deadline - time.monotonic())

    def _account(self) -> None:
        there = len(self._plane.writes())
        problem = "" if there == self._writes else f"{there} reached the network"
        self._tally.count("changes, none lost, none doubled", problem)
        mark = f"✗ {problem}" if problem else "✓"
        self._say(f"\nchanges of the network: {there}, expected {self._writes}  {mark}")


def _misrouted(step: Step, response: QueryResponse) -> str:
    route = response.route
    tier, tool = (route.tier, route.tool) if route else ("no tier", "no tool")
    if step.tier and tier != step.tier:
        return f"{tier} knew the way"
    if step.layer and route and route.layer != step.layer:
        return f"{route.layer} answered"
    return f"taken for {tool}" if step.tool and tool != step.tool else ""


def _follow(step: Step, cast: Cast) -> str:
    """Say what is done about the answer before, where nothing is asked."""
    match step.follow:
        case "pick the tablet":
            return f"picks {cast.tablet}"
        case "wait":
            return "waits"
        case "correct it":
            return f"says that {CORRECTION!r} was meant"
        case _:
            return step.follow


def _picked(last: QueryResponse | None, cast: Cast) -> str:
    choices = last.choices if last else ()
    named = [one.query for one in choices if cast.tablet in one.label]
    return named[0] if named else ""


def _undo(last: QueryResponse | None) -> str:
    return last.undo.query if last and last.undo else ""


def _short(answer: str) -> str:
    plain = "".join(one if one.isprintable() else " " for one in answer)
    return plain if len(plain) <= _WIDTH else f"{plain[: _WIDTH - 1]}…"


def _trail(response: QueryResponse, pid: int | None) -> str:
    times = response.timings_ms
    tier = response.route.tier if response.route else "no tier"
    spent = (
        ("route", times.route),
        ("wake", times.wake),
        ("execute", times.execute),
        ("verify", times.verify),
        ("total", times.total),
    )
    split = " ".join(f"{name} {ms:.0f}" for name, ms in spent if round(ms))
    return f"[{response.status} · {tier} · layer pid {pid or '-'} · ms: {split}]"


def _expectation(step: Step) -> str:
    changes = {0: "no change", 1: "one change"}.get(step.writes, f"{step.writes} changes")
    known = f", from {step.tier}" if step.tier else ""
    by = f", by {step.layer}" if step.layer else ""
    return f"expected {' or '.join(step.status)}, {changes}{known}{by}"
