"""Decide when a layer starts and stops, and what each caller who needs it is told.

Pure: `on` takes a state and an event and gives the next state and the effects; `due` says when the
clock alone will change something. One owner per layer feeds the events and performs the effects
(`activator.layers`).
"""

from dataclasses import replace
from typing import assert_never

from cortex.fabric.lifecycle.vocabulary import (
    Cold,
    Demand,
    Deny,
    Draining,
    Event,
    Exited,
    Failed,
    Phase,
    Policy,
    Ready,
    Released,
    Serve,
    Start,
    State,
    Step,
    Stop,
    Tick,
    Trouble,
    Up,
    Waiter,
    Waking,
)


def on(state: State, event: Event, *, now: float, policy: Policy) -> Step:
    """Take one event."""
    match event:
        case Demand():
            return _demanded(state, event, now=now, policy=policy)
        case Released(claim):
            return Step(_without(state, claim, now))
        case Ready():
            return _became_ready(state, event, now)
        case Failed(run, reason) | Exited(run, reason):
            return _gone(state, run, reason, now=now, policy=policy)
        case Tick():
            return _passed(state, now, policy)
        case _:
            assert_never(event)


def due(state: State, policy: Policy) -> float | None:
    """Say when a tick is next worth its while, if ever."""
    match state:
        case Cold():
            return None
        case Waking(waiting=waiting, give_up_at=give_up_at):
            return min((give_up_at, *(one.deadline for one in waiting)))
        case Up(claims=claims, idle_since=idle_since):
            return None if claims else idle_since + policy.cooldown
        case Draining(waiting=waiting):
            return min((one.deadline for one in waiting), default=None)
        case _:
            assert_never(state)


def phase(state: State) -> Phase:
    """Name the state for people."""
    match state:
        case Cold():
            return "cold"
        case Waking():
            return "waking"
        case Up():
            return "ready"
        case Draining():
            return "draining"
        case _:
            assert_never(state)


def claims(state: State) -> frozenset[str]:
    """List the whole claims: waiting and at work."""
    match state:
        case Cold():
            return frozenset()
        case Up(claims=at_work):
            return at_work
        case Waking(waiting=waiting) | Draining(waiting=waiting):
            return frozenset(one.claim for one in waiting)
        case _:
            assert_never(state)


def _demanded(state: State, demand: Demand, *, now: float, policy: Policy) -> Step:
    if denied := _denial(state, demand, now=now, policy=policy):
        return Step(state, (denied,))
    waiter = Waiter(demand.claim, demand.deadline)
    match state:
        case Cold(run=run, trouble=trouble):
            return _started(run + 1, (waiter,), trouble, now=now, policy=policy)
        case Up():
            working = replace(state, claims=state.claims | {demand.claim})
            return Step(
                working, (Serve(claim=demand.claim, url=state.url, pid=state.pid, woken=False),)
            )
        case Waking() | Draining():
            return Step(replace(state, waiting=(*state.waiting, waiter)))
        case _:
            assert_never(state)


def _denial(state: State, demand: Demand, *, now: float, policy: Policy) -> Deny | None:
    claim = demand.claim
    if demand.deadline <= now:
        return Deny(claim=claim, why="late", reason="the time for the answer was over already")
    if len(claims(state)) >= policy.queue_limit:
        return Deny(
            claim=claim,
            why="full",
            reason=f"{policy.queue_limit} requests wait or are at work already",
        )
    trouble = state.trouble
    if not isinstance(state, Up | Waking) and now < trouble.retry_at:
        pause = trouble.retry_at - now
        return Deny(claim=claim, why="failed", reason=trouble.reason, retry_after=pause)
    return None


def _started(
    run: int, waiting: tuple[Waiter, ...], trouble: Trouble, *, now: float, policy: Policy
) -> Step:
    give_up_at = now + policy.start_timeout
    waking = Waking(run=run, waiting=waiting, give_up_at=give_up_at, trouble=trouble)
    return Step(waking, (Start(run),))


def _without(state: State, claim: str, now: float) -> State:
    match state:
        case Cold():
            return state
        case Up(claims=at_work):
            if claim not in at_work:
                return state
            return replace(state, claims=at_work - {claim}, idle_since=now)
        case Waking() | Draining():
            left = tuple(one for one in state.waiting if one.claim != claim)
            return replace(state, waiting=left)
        case _:
            assert_never(state)


def _became_ready(state: State, ready: Ready, now: float) -> Step:
    if not isinstance(state, Waking) or state.run != ready.run:
        return Step(state)
    up = Up(
        run=ready.run,
        url=ready.url,
        pid=ready.pid,
        since=now,
        claims=claims(state),
        idle_since=now,
        trouble=state.trouble,
    )
    served = tuple(
        Serve(claim=one.claim, url=ready.url, pid=ready.pid, woken=True) for one in state.waiting
    )
    return Step(up, served)


def _gone(state: State, run: int, reason: str, *, now: float, policy: Policy) -> Step:
    if state.run != run:
        return Step(state)
    match state:
        case Cold():
            return Step(state)
        case Waking(waiting=waiting):
            trouble = _worse(state.trouble, reason, now=now, policy=policy)
            denied = _denied(waiting, trouble, now)
            return Step(Cold(run=run, trouble=trouble), denied)
        case Up():
            return _died_at_work(state, reason, now=now, policy=policy)
        case Draining(waiting=waiting, trouble=trouble):
            if waiting:
                return _started(run + 1, waiting, trouble, now=now, policy=policy)
            return Step(Cold(run=run, trouble=trouble))
        case _:
            assert_never(state)


def _died_at_work(state: Up, reason: str, *, now: float, policy: Policy) -> Step:
    proven = now - state.since >= policy.stable_after
    trouble = (
        Trouble(reason=reason) if proven else _worse(state.trouble, reason, now=now, policy=policy)
    )
    lost = tuple(Deny(claim=one, why="lost", reason=reason) for one in sorted(state.claims))
    return Step(Cold(run=state.run, trouble=trouble), lost)


def _worse(trouble: Trouble, reason: str, *, now: float, policy: Policy) -> Trouble:
    # 2.0 ** 64 is beyond any pause, and a larger power overflows one day in a crash loop.
    doubled = policy.first_pause * 2.0 ** min(trouble.failures, 64)
    pause = min(doubled, policy.longest_pause)
    return Trouble(failures=trouble.failures + 1, reason=reason, retry_at=now + pause)


def _denied(waiting: tuple[Waiter, ...], trouble: Trouble, now: float) -> tuple[Deny, ...]:
    pause = trouble.retry_at - now
    return tuple(
        Deny(claim=one.claim, why="failed", reason=trouble.reason, retry_after=pause)
        for one in waiting
    )


def _passed(state: State, now: float, policy: Policy) -> Step:
    match state:
        case Cold():
            return Step(state)
        case Waking():
            return _waited(state, now, policy)
        case Up(claims=at_work, idle_since=idle_since):
            if at_work or now < idle_since + policy.cooldown:
                return Step(state)
            return Step(Draining(run=state.run), (Stop(state.run),))
        case Draining(waiting=waiting):
            late, left = _late(waiting, now)
            return Step(replace(state, waiting=left), late)
        case _:
            assert_never(state)


def _waited(state: Waking, now: float, policy: Policy) -> Step:
    if now < state.give_up_at:
        late, left = _late(state.waiting, now)
        return Step(replace(state, waiting=left), late)
    reason = f"it was not ready within {policy.start_timeout:g} s"
    trouble = _worse(state.trouble, reason, now=now, policy=policy)
    denied = _denied(state.waiting, trouble, now)
    return Step(Draining(run=state.run, trouble=trouble), (*denied, Stop(state.run)))


def _late(waiting: tuple[Waiter, ...], now: float) -> tuple[tuple[Deny, ...], tuple[Waiter, ...]]:
    late = tuple(
        Deny(claim=one.claim, why="late", reason="it was not ready in time")
        for one in waiting
        if one.deadline <= now
    )
    return late, tuple(one for one in waiting if one.deadline > now)
