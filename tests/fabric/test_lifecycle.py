"""The life of a layer: chosen stories, then any story at all."""

from typing import assert_never

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cortex.fabric.lifecycle.machine import claims, due, on, phase
from cortex.fabric.lifecycle.vocabulary import (
    Cold,
    Demand,
    Deny,
    Draining,
    Effect,
    Event,
    Exited,
    Failed,
    Policy,
    Ready,
    Released,
    Serve,
    Start,
    State,
    Step,
    Stop,
    Tick,
    Up,
    Waking,
)
from tests.requirements import requirement

POLICY = Policy(cooldown=300.0, start_timeout=30.0, queue_limit=3)


def tell(state: State, *events: Event, now: float = 0.0, policy: Policy = POLICY) -> Step:
    effects: list[Effect] = []
    for event in events:
        step = on(state, event, now=now, policy=policy)
        state = step.state
        effects.extend(step.effects)
    return Step(state, tuple(effects))


def up(*at_work: str, now: float = 0.0) -> State:
    first, *others = (*at_work, "nobody")
    events = (Demand(first, now + 60), Ready(1, "http://127.0.0.1:1", 7))
    more = (Demand(one, now + 60) for one in others if one != "nobody")
    step = tell(Cold(), *events, *more, now=now)
    return step.state if at_work else tell(step.state, Released("nobody"), now=now).state


@requirement("layer.single-flight")
def test_the_first_demand_starts_a_cold_layer_and_the_others_share_the_start() -> None:
    step = tell(Cold(), Demand("a", 60), Demand("b", 60), Demand("c", 60))
    assert step.effects == (Start(1),)
    assert claims(step.state) == {"a", "b", "c"}


def test_all_who_wait_are_served_when_the_layer_is_ready() -> None:
    waking = tell(Cold(), Demand("a", 60), Demand("b", 60)).state
    step = tell(waking, Ready(1, "http://127.0.0.1:1", 7))
    assert [e.claim for e in step.effects if isinstance(e, Serve) and e.woken] == ["a", "b"]
    assert phase(step.state) == "ready"


def test_one_more_than_the_queue_holds_is_turned_away() -> None:
    step = tell(Cold(), *(Demand(name, 60) for name in "abcd"))
    denied = [e for e in step.effects if isinstance(e, Deny)]
    assert [(e.claim, e.why) for e in denied] == [("d", "full")]


def test_a_demand_whose_time_is_over_wakes_nothing() -> None:
    step = tell(Cold(), Demand("a", 5), now=5)
    assert step.state == Cold()
    assert [(e.claim, e.why) for e in step.effects if isinstance(e, Deny)] == [("a", "late")]


def test_a_crash_while_starting_answers_every_waiter_at_once_with_the_reason() -> None:
    waking = tell(Cold(), Demand("a", 60), Demand("b", 60)).state
    step = tell(waking, Exited(1, "exit code 3: no such file"), now=1)
    assert [(e.claim, e.reason, e.retry_after) for e in step.effects if isinstance(e, Deny)] == [
        ("a", "exit code 3: no such file", 1.0),
        ("b", "exit code 3: no such file", 1.0),
    ]


def test_the_pause_after_a_failed_start_doubles_up_to_its_limit() -> None:
    state: State = Cold()
    now, pauses = 0.0, []
    for _ in range(9):
        state = tell(state, Demand("a", now + 60), now=now).state
        state = tell(state, Failed(state.run, "no"), now=now).state
        pauses.append(state.trouble.retry_at - now)
        now = state.trouble.retry_at
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_demand_during_the_pause_is_told_the_reason_and_when_to_come_back() -> None:
    cold = tell(Cold(), Demand("a", 60), Failed(1, "no")).state
    step = tell(cold, Demand("b", 60), now=0.25)
    assert step.effects == (Deny(claim="b", why="failed", reason="no", retry_after=0.75),)


def test_a_layer_that_served_for_long_and_then_died_starts_again_without_a_pause() -> None:
    step = tell(up("a"), Exited(1, "killed (SIGKILL)"), now=31)
    assert step.effects == (Deny(claim="a", why="lost", reason="killed (SIGKILL)"),)
    assert tell(step.state, Demand("b", 90), now=31).effects == (Start(2),)


def test_a_layer_that_died_soon_after_its_start_pauses() -> None:
    cold = tell(up("a"), Exited(1, "exit code 1"), now=2).state
    assert tell(cold, Demand("b", 90), now=2).effects == (
        Deny(claim="b", why="failed", reason="exit code 1", retry_after=1.0),
    )


def test_an_idle_layer_stops_after_its_cooldown_and_not_before() -> None:
    idle = tell(up("a", now=0), Released("a"), now=10).state
    assert due(idle, POLICY) == 310
    assert tell(idle, Tick(), now=309.9).state == idle
    step = tell(idle, Tick(), now=310)
    assert step.effects == (Stop(1),)
    assert phase(step.state) == "draining"


def test_a_layer_at_work_never_stops() -> None:
    step = tell(up("a"), Tick(), now=10_000)
    assert step.effects == ()
    assert due(step.state, POLICY) is None


def test_a_demand_while_draining_starts_the_layer_again_once_it_is_gone() -> None:
    draining = tell(tell(up("a"), Released("a")).state, Tick(), now=300).state
    waiting = tell(draining, Demand("b", 400), now=301)
    assert waiting.effects == ()
    assert tell(waiting.state, Exited(1, "stopped"), now=302).effects == (Start(2),)


def test_a_waiter_is_told_at_its_deadline_and_the_start_goes_on() -> None:
    waking = tell(Cold(), Demand("a", 5), Demand("b", 60)).state
    assert due(waking, POLICY) == 5
    step = tell(waking, Tick(), now=5)
    assert [(e.claim, e.why) for e in step.effects if isinstance(e, Deny)] == [("a", "late")]
    assert claims(step.state) == {"b"}


def test_a_start_that_takes_too_long_is_given_up_and_stopped() -> None:
    waking = tell(Cold(), Demand("a", 60)).state
    step = tell(waking, Tick(), now=30)
    assert step.effects[-1] == Stop(1)
    assert [e.reason for e in step.effects if isinstance(e, Deny)] == [
        "it was not ready within 30 s"
    ]
    assert isinstance(tell(step.state, Exited(1, "stopped"), now=31).state, Cold)


def test_a_caller_who_leaves_releases_its_claim_in_every_state() -> None:
    waking = tell(Cold(), Demand("a", 60)).state
    for state in (waking, up("a")):
        assert claims(tell(state, Released("a")).state) == frozenset()


def test_news_of_an_earlier_run_changes_nothing() -> None:
    waking = tell(Cold(run=4), Demand("a", 60)).state
    for stale in (Ready(4, "http://127.0.0.1:1", 7), Failed(4, "no"), Exited(4, "gone")):
        assert tell(waking, stale) == Step(waking)


@settings(max_examples=60, stateful_step_count=60)
class _AnyStory(RuleBasedStateMachine):
    """Callers, a clock and a process that does what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.state: State = Cold()
        self.now = 0.0
        self.names = 0
        self.open: dict[str, float] = {}
        self.at_work: set[str] = set()
        self.running: int | None = None
        self.stopping = False

    def feed(self, event: Event) -> None:
        step = on(self.state, event, now=self.now, policy=POLICY)
        self.state = step.state
        for effect in step.effects:
            match effect:
                case Start(run):
                    assert self.running is None, "never two processes"
                    self.running, self.stopping = run, False
                case Stop(run):
                    assert run == self.running
                    assert not self.at_work, "never stopped under work"
                    assert not self.stopping, "told once"
                    self.stopping = True
                case Serve(claim=claim):
                    del self.open[claim]
                    self.at_work.add(claim)
                case Deny(claim=claim, reason=reason, retry_after=retry_after):
                    assert reason
                    assert retry_after >= 0
                    known = self.open.pop(claim, None) is not None
                    assert known != (claim in self.at_work), "each caller is told once"
                    self.at_work.discard(claim)
                case _:
                    assert_never(effect)

    @rule(patience=st.floats(0, 100))
    def ask(self, patience: float) -> None:
        self.names += 1
        name = f"c{self.names}"
        self.open[name] = self.now + patience
        self.feed(Demand(name, self.now + patience))

    @precondition(lambda self: self.at_work)
    @rule(pick=st.integers(0, 9))
    def finish(self, pick: int) -> None:
        name = sorted(self.at_work)[pick % len(self.at_work)]
        self.at_work.discard(name)
        self.feed(Released(name))

    @precondition(lambda self: self.open)
    @rule(last=st.booleans())
    def leave(self, last: bool) -> None:  # noqa: FBT001  # Hypothesis passes by name
        name = sorted(self.open)[-1 if last else 0]
        del self.open[name]
        self.feed(Released(name))

    @rule()
    def release_twice(self) -> None:
        before = self.state
        self.feed(Released("nobody"))
        assert self.state == before

    @precondition(lambda self: self.running is not None)
    @rule()
    def become_ready(self) -> None:
        self.feed(Ready(self.running or 0, "http://127.0.0.1:1", 7))

    @precondition(lambda self: self.running is not None)
    @rule()
    def die(self) -> None:
        run, self.running = self.running or 0, None
        self.feed(Exited(run, "gone"))

    @rule(run=st.integers(0, 3))
    def hear_old_news(self, run: int) -> None:
        if run != self.running:
            before = self.state
            self.feed(Exited(run, "old"))
            assert self.state == before

    @rule(seconds=st.floats(0, 400))
    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while (at := due(self.state, POLICY)) is not None and at <= until:
            self.now = max(self.now, at)
            self.feed(Tick())
        self.now = until

    @invariant()
    def nobody_waits_past_a_deadline(self) -> None:
        assert all(deadline >= self.now for deadline in self.open.values())

    @invariant()
    def the_state_knows_every_claim(self) -> None:
        assert claims(self.state) == set(self.open) | self.at_work
        assert len(claims(self.state)) <= POLICY.queue_limit

    @invariant()
    def waiting_means_that_something_is_under_way(self) -> None:
        if self.open:
            assert isinstance(self.state, Waking | Draining)
            assert self.running is not None

    @invariant()
    def the_state_matches_the_process(self) -> None:
        assert isinstance(self.state, Cold) == (self.running is None)
        assert isinstance(self.state, Draining) == self.stopping or self.running is None
        assert not self.at_work or isinstance(self.state, Up)


TestAnyStory = _AnyStory.TestCase
