"""How far a route may be trusted, by what has happened with it.

Projects a route's happenings, in whatever order they come, onto a stage and a threshold; what
a stage allows is for `recall`. What one person says of a route counts for that person alone
until somebody who may operate, or a second person, says so too.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, TypeVar

from typing_extensions import override

from cortex.fabric.routing.experience.beta import lower_bound
from cortex.fabric.routing.experience.threshold import Witnessed, calibrated

Kind = Literal["ran", "feedback", "witness", "forgotten", "rolled_back"]
_BAD = frozenset({"negative", "wrong_tool", "correction"})
_BARRING = frozenset({"wrong_tool", "correction"})
SECONDED = 2
"""People who must say the same before it counts for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How much evidence a route needs: the operator's settings (`memory.*`), and the margin."""

    similarity: float
    """Cosine from which a learned route answers other wordings, until outcomes calibrate it."""
    min_samples: int
    """Verified successes from which a route is learned."""
    learned_bound: float
    """Lower bound of the success rate from which it is learned."""
    success_rate: float
    """Lower bound of the success rate from which it is trusted."""
    half_life_s: float
    """Age in seconds at which evidence counts half."""
    margin: float = 0.02
    """How much nearer than the nearest route to another call a route must be."""


class Stage(StrEnum):
    """How far a route has come; later stages compare greater."""

    NONE = "none"
    """Nothing speaks for it, or more against it than for it."""
    NEW = "new"
    """It came off once."""
    LEARNED = "learned"
    """It came off often enough to answer wordings near its own."""
    TRUSTED = "trusted"
    """It came off so often that it may become a rule."""

    @property
    def rank(self) -> int:
        """Return its place in the order, from 0."""
        return _ORDER.index(self)

    @override
    def __lt__(self, other: str) -> bool:
        return self.rank < Stage(other).rank

    @override
    def __le__(self, other: str) -> bool:
        return self.rank <= Stage(other).rank

    @override
    def __gt__(self, other: str) -> bool:
        return self.rank > Stage(other).rank

    @override
    def __ge__(self, other: str) -> bool:
        return self.rank >= Stage(other).rank

    def moved(self, steps: int) -> "Stage":
        """Return the stage so many steps up, or down where negative, ending at the ends."""
        return _ORDER[min(max(self.rank + steps, 0), len(_ORDER) - 1)]


_ORDER = (Stage.NONE, Stage.NEW, Stage.LEARNED, Stage.TRUSTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened with a route."""

    at: float
    """Unix time in seconds."""
    kind: Kind
    success: bool | None = None
    """Whether what was run came off, verified; of feedback, whether it teaches the route."""
    feedback: str = ""
    principal: str = ""
    """An opaque digest of who was there."""
    vouched: bool = False
    """Whether the principal may operate or administer."""
    similarity: float | None = None
    """The cosine at which the route was served or witnessed."""
    agreed: bool | None = None
    """Whether another query near this route ended with the same call."""
    back_to: float | None = None
    """Of a rollback: the time whose state holds again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the evidence amounts to: decayed counts, their lower bound, and the stage."""

    successes: float = 0.0
    failures: float = 0.0
    samples: int = 0
    """Successes that were counted, whatever their age."""
    bound: float = 0.0
    ceiling: Stage = Stage.TRUSTED
    """The highest stage that complaints leave; each later success lifts it by one step."""
    stage: Stage = Stage.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Standing):
    """All that is known about a route, everybody's word included."""

    threshold: float
    """Cosine from which the route answers other wordings."""
    barred_for: frozenset[str] = frozenset()
    """Who said that it is the wrong tool."""
    barred_for_all: bool = False
    barred_by_vouched: bool = False
    """Whether one of them may operate or administer."""
    teachers: frozenset[str] = frozenset()
    """Who has seen it come off."""
    vouched: bool = False
    """Whether one of them may operate or administer."""
    first_at: float = 0.0
    last_at: float = 0.0
    worked_at: float = 0.0
    """When it last came off; 0 for never."""
    asked: int = 0
    """How often it was run."""
    as_of: float = 0.0
    """The time to which the counts have decayed."""
    others: Standing | None = None
    """What it amounts to without the word of those in `personal`; none when that is the same."""
    personal: Mapping[str, Standing] = field(default_factory=dict)
    """What it amounts to for people whose word counts for themselves alone so far."""

    def standing(self, principal: str) -> Standing:
        """Return what the evidence amounts to for one principal."""
        return self.personal.get(principal) or self.others or self

    def barred(self, principal: str) -> bool:
        """Tell whether it must not serve this principal."""
        return self.barred_for_all or principal in self.barred_for

    def open_to(self, principal: str) -> bool:
        """Tell whether it may serve this principal: by own evidence, or by that of enough."""
        seconded = self.vouched or len(self.teachers) >= SECONDED
        return seconded or principal in self.teachers


_Counted = TypeVar("_Counted", bound=Standing)


def project(happenings: Iterable[Happening], *, now: float, policy: Policy) -> Evidence:
    """Return what a route's happenings amount to now, in whatever order they are given."""
    valid = _valid(happenings)
    alone = _alone(valid)
    shared = [one for one in valid if one not in alone]
    personal = {
        name: _fold(
            [one for one in valid if one not in alone or one.principal == name], now, policy
        )
        for name in sorted({one.principal for one in alone})
    }
    every = _fold(valid, now, policy)
    counted = [one for one in valid if one.kind in {"ran", "feedback"}]
    good = [one for one in valid if _verdict(one) is True]
    borne_out = any(one.vouched for one in good)
    bars = _bars(valid)
    return Evidence(
        successes=every.successes,
        failures=every.failures,
        samples=every.samples,
        bound=every.bound,
        ceiling=every.ceiling,
        stage=every.stage,
        threshold=_threshold(shared, policy),
        barred_for=frozenset(bars),
        barred_for_all=any(bars.values()) or (len(bars) >= SECONDED and not borne_out),
        barred_by_vouched=any(bars.values()),
        teachers=frozenset(one.principal for one in good),
        vouched=borne_out,
        first_at=min((one.at for one in counted), default=0.0),
        last_at=max((one.at for one in counted), default=0.0),
        worked_at=max((one.at for one in good), default=0.0),
        asked=sum(one.kind == "ran" for one in counted),
        as_of=now,
        others=_fold(shared, now, policy) if alone else None,
        personal=personal,
    )


def aged(evidence: Evidence, *, now: float, policy: Policy) -> Evidence:
    """Return the evidence as it stands at a later time, when nothing has happened since."""
    return replace(
        _at(evidence, now - evidence.as_of, policy),
        as_of=max(now, evidence.as_of),
        others=evidence.others and _at(evidence.others, now - evidence.as_of, policy),
        personal={
            name: _at(one, now - evidence.as_of, policy) for name, one in evidence.personal.items()
        },
    )


def stage_for(successes: float, failures: float, samples: int, policy: Policy) -> Stage:
    """Return the stage that counts of successes and failures reach by themselves."""
    if samples == 0 or successes < failures:
        return Stage.NONE
    bound = lower_bound(successes, failures)
    if samples < policy.min_samples or bound < policy.learned_bound:
        return Stage.NEW
    return Stage.TRUSTED if bound >= policy.success_rate else Stage.LEARNED


def _valid(happenings: Iterable[Happening]) -> list[Happening]:
    """Return what counts, in order of time: what was forgotten or rolled back does not."""
    counted = list[Happening]()
    undone_from: float | None = None
    for one in sorted(happenings, key=_in_time, reverse=True):
        if undone_from is not None and one.at > undone_from:
            continue
        undone_from = None
        if one.kind == "rolled_back":
            undone_from = one.back_to
        elif one.kind == "forgotten":
            break
        else:
            counted.append(one)
    return counted[::-1]


_LATEST = ("ran", "witness", "feedback", "forgotten", "rolled_back")
"""What counts as later among happenings of the same instant."""


def _in_time(one: Happening) -> tuple[object, ...]:
    rest = (one.success, one.feedback, one.principal, one.vouched, one.similarity, one.agreed)
    return (one.at, _LATEST.index(one.kind), *map(str, rest), str(one.back_to))


def _verdict(one: Happening) -> bool | None:
    """Tell whether a happening speaks for its route, against it, or neither."""
    if one.kind == "ran":
        return one.success
    if one.kind != "feedback":
        return None
    if one.feedback == "positive" or (one.success and one.feedback not in _BAD - {"correction"}):
        return True
    return False if one.feedback in _BAD else None


def _alone(happenings: Sequence[Happening]) -> frozenset[Happening]:
    """Return the feedback that nobody else bears out: it counts for whoever gave it.

    Against a route that came off for somebody who may operate, only such a person's word is enough.
    """
    alone = set[Happening]()
    trusted = any(one.vouched and _verdict(one) for one in happenings)
    for verdict in (True, False):
        said = [one for one in happenings if one.kind == "feedback" and _verdict(one) is verdict]
        people = {one.principal for one in said}
        enough = len(people) >= SECONDED and (verdict or not trusted)
        if not enough and not any(one.vouched for one in said):
            alone.update(said)
    return frozenset(alone)


def _fold(happenings: Sequence[Happening], now: float, policy: Policy) -> Standing:
    """Go through happenings in time: counts decay, complaints lower the ceiling."""
    successes = failures = 0.0
    samples, ceiling, before = 0, Stage.TRUSTED, 0.0
    for one in happenings:
        verdict = _verdict(one)
        if verdict is None:
            continue
        kept = _kept(one.at - before, policy)
        successes, failures, before = successes * kept, failures * kept, one.at
        if verdict:
            successes, samples, ceiling = successes + 1, samples + 1, ceiling.moved(1)
            continue
        if one.kind == "feedback":
            reached = stage_for(successes, failures, samples, policy)
            ceiling = min(ceiling, reached).moved(-1)
        failures += 1
    found = Standing(successes=successes, failures=failures, samples=samples, ceiling=ceiling)
    return _at(found, now - before, policy)


def _at(standing: _Counted, later_s: float, policy: Policy) -> _Counted:
    """Return a standing at a later time: its counts have decayed."""
    kept = _kept(later_s, policy)
    successes, failures = standing.successes * kept, standing.failures * kept
    reached = stage_for(successes, failures, standing.samples, policy)
    return replace(
        standing,
        successes=successes,
        failures=failures,
        bound=lower_bound(successes, failures),
        stage=min(reached, standing.ceiling),
    )


def _kept(later_s: float, policy: Policy) -> float:
    return math.pow(0.5, max(0.0, later_s) / policy.half_life_s)


def _bars(happenings: Sequence[Happening]) -> dict[str, bool]:
    """Return who says that this is the wrong tool, and whether they may operate.

    Whoever says later that it was right takes it back; who may operate does so for everybody.
    """
    bars = dict[str, bool]()
    for one in happenings:
        if one.kind != "feedback":
            continue
        if _verdict(one):
            bars = {} if one.vouched else {p: v for p, v in bars.items() if p != one.principal}
        elif one.feedback in _BARRING:
            bars[one.principal] = one.vouched or bars.get(one.principal, False)
    return bars


def _threshold(happenings: Sequence[Happening], policy: Policy) -> float:
    witnessed = [
        Witnessed(one.similarity, agreed)
        for one in happenings
        if one.similarity is not None
        and one.similarity < 1
        and (agreed := _witness(one)) is not None
    ]
    return calibrated(
        witnessed,
        start=policy.similarity,
        min_samples=policy.min_samples,
        success_rate=policy.success_rate,
    )


def _witness(one: Happening) -> bool | None:
    """Tell whether a query near the route meant its call; that a call failed does not say."""
    if one.kind == "witness":
        return one.agreed
    return None if one.kind == "ran" and not one.success else _verdict(one)
