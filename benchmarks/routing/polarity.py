"""Sentences that order nothing, against the whole product: none may become a write.

Each sentence is asked twice over HTTP with an admin token in a lab that allows writes: explained,
which needs no target and so hides nothing behind a name that is not there, and asked for real.

What counts as wrong, for a sentence that must not become a write of its tool:

- *executed*: the simulator's journal shows a change while it was asked;
- *written*: the answer is `done` for a write, or `confirm`, a write that waits for a yes;
- *proposed*: explaining names a write that agreed, whatever its target.

Where the sentence orders something else (kinds `antonym` and `other_target`), a write of another
tool is no fault of this sentence, and is counted apart. A *suggestion* is no write: people are
asked, and one of the choices would write the tool if it were picked. Those that offer nothing but
that write are *one-sided* and counted within.

`other_target` names things that no controller knows ("the drain in the bathroom"). Without an
inventory a name is a name, so explaining may propose a call for it; that it is never bound, asking
for real shows. Such proposals are counted apart, as *unbound*.

Beside that, `agreeing` holds every sentence against its tool with no tier between: what would be
let through if some tier, now or later, proposed just the wrong call.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from benchmarks.routing.lab import Site, site
from benchmarks.routing.suites import HALVES, Sentence, share, suite, table
from cortex.fabric.catalogue.tool import DirectionBy, Tool
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.language import read

_ELSEWHERE = frozenset({"antonym", "other_target"})
"""Kinds that may order something else."""
_TAUGHT_LAST = frozenset({"forget_device", "forget_client"})
"""What would take targets away from the lessons after it."""
_WRONG = ("executed", "written", "proposed")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one sentence that must not write has led to."""

    sentence: Sentence
    faults: frozenset[str]
    """Some of executed, written, proposed, unbound, elsewhere, suggested, one-sided, example."""
    status: str
    tier: str

    @property
    def wrong(self) -> bool:
        """Whether it is a wrong write."""
        return not self.faults.isdisjoint(_WRONG)


@dataclass(frozen=True, slots=True)
class Obeyed:
    """What became of one order."""

    sentence: Sentence
    verdict: str
    """`exact`; `tied` with calls that the inventory tells apart; `wrong`; `mistimed`; a status."""
    tier: str


@dataclass(slots=True)
class Run:
    """All findings of one half, in one state of memory."""

    findings: list[Finding] = field(default_factory=list)
    obeyed: list[Obeyed] = field(default_factory=list)

    @property
    def wrong(self) -> list[Finding]:
        """The wrong writes."""
        return [one for one in self.findings if one.wrong]


def wrong_writes(half: str = "visible") -> float:
    """Count sentences that became a write and must not, with memory fresh and taught."""
    return float(sum(len(runs[half].wrong) for runs in (_fresh(), _taught())))


def blind_wrong_writes() -> float:
    """Count the same over the half that was written without sight of rules and tests."""
    return wrong_writes("blind")


def true_commands_refused_percent() -> float:
    """Tell how many orders, of both halves, did not lead to their tool."""
    obeyed = [one for run in _fresh().values() for one in run.obeyed]
    return 100 * sum(one.verdict not in _LED for one in obeyed) / len(obeyed)


_LED = frozenset({"exact", "tied"})


def agreeing(half: str) -> tuple[Sentence, ...]:
    """Return the sentences that agree with some call of the tool that they must not write."""
    return tuple(one for one in suite(half).forbidden if _agrees(one))


def _agrees(sentence: Sentence) -> bool:
    tool, frame = TOOLS[sentence.tool], read(sentence.text)
    return any(isinstance(agree(tool, call, frame), Agreed) for call in _calls(tool))


def _calls(tool: Tool) -> Iterator[dict[str, Any]]:
    """Yield arguments for each direction that a tool can go."""
    ways = [one.direction for one in tool.acts if isinstance(one.direction, DirectionBy)]
    yield {}
    for argument in (tool.argument(way.argument) for way in ways):
        if argument is not None:
            for value in (*(argument.choices or (True, False)), "10.0.0.9"):
                yield {argument.name: value}


@cache
def _fresh() -> dict[str, Run]:
    """Run both halves in a lab that remembers nothing yet."""
    with site() as here:
        return {half: _run(here, half) for half in HALVES}


@cache
def _taught() -> dict[str, Run]:
    """Run both halves in a lab that was asked, and told yes to, everything that is an order."""
    with site() as here:
        # What is put off would be done amid the sentences that must do nothing.
        orders = [one for half in HALVES for one in suite(half).ordered if not one.timed]
        for one in sorted(orders, key=lambda one: one.tool in _TAUGHT_LAST):
            _teach(here, one)
        return {half: _run(here, half) for half in HALVES}


def _teach(here: Site, order: Sentence) -> None:
    """Ask an order, pick nothing, and say yes to the right call and no to any other."""
    answer = here.query(order.text)
    if answer["status"] == "confirm":
        right = answer["route"]["tool"] == order.tool
        here.cortex.confirm(answer["confirmation"]["token"], yes=right)


def _run(here: Site, half: str) -> Run:
    sentences = suite(half)
    run = Run()
    # Orders are explained first: what a lab has forgotten or done is no matter to explaining.
    run.obeyed = [_obeyed(here, one) for one in sentences.ordered]
    seen = max((one["n"] for one in here.controller.writes()), default=0)
    for one in sentences.forbidden:
        finding, seen = _find(here, one, seen)
        run.findings.append(finding)
    return run


def _obeyed(here: Site, order: Sentence) -> Obeyed:
    answer = here.explain(order.text)
    proposed = _proposed(answer)
    if not proposed:
        verdict = str(answer["status"])
    elif proposed == {order.tool}:
        verdict = "exact"
    else:
        verdict = "tied" if order.tool in proposed else "wrong"
    if verdict in _LED and order.timed and not answer["data"]["time"]:
        verdict = "mistimed"
    return Obeyed(order, verdict, _tier(answer))


def _find(here: Site, sentence: Sentence, seen: int) -> tuple[Finding, int]:
    explained, asked = here.explain(sentence.text), here.query(sentence.text)
    changes = here.controller.writes(since=seen)
    faults = {
        *_in_writes(sentence, _proposed(explained), "proposed"),
        *_in_writes(sentence, _written(asked), "written"),
        *(_in_choices(here, sentence, asked)),
    }
    if changes and "elsewhere" not in faults:
        faults.add("executed")
    if sentence.kind == "other_target" and "proposed" in faults:
        faults = (faults - {"proposed"}) | {"unbound"}
    found = Finding(sentence, frozenset(faults), asked["status"], _tier(asked) or _tier(explained))
    return found, max((one["n"] for one in changes), default=seen)


def _in_writes(sentence: Sentence, tools: Iterable[str], fault: str) -> Iterator[str]:
    for tool in tools:
        if TOOLS[tool].writes:
            other = tool != sentence.tool and sentence.kind in _ELSEWHERE
            yield "elsewhere" if other else fault


def _in_choices(here: Site, sentence: Sentence, answer: dict[str, Any]) -> Iterator[str]:
    """Tell whether picking a choice would write the tool."""
    choices = {one["query"] for one in answer.get("choices", ())} - {sentence.text}
    if (answer.get("error") or {}).get("code") == "not_understood":
        named = read(sentence.text).object.casefold()
        examples = {one for one in choices if not named or named not in one.casefold()}
        if any(sentence.tool in _proposed(here.explain(one)) for one in sorted(examples)):
            yield "example"
        choices -= examples
    led = [sentence.tool in _proposed(here.explain(one)) for one in sorted(choices)]
    if any(led):
        yield "suggested"
        if all(led):
            yield "one-sided"


def _proposed(explained: dict[str, Any]) -> set[str]:
    return {str(one["tool"]) for one in explained.get("data", {}).get("proposals", ())}


def _written(asked: dict[str, Any]) -> set[str]:
    """Name the tool that was carried out or waits for a yes."""
    route = asked.get("route")
    acts = asked["status"] in {"done", "unverified", "failed", "accepted", "confirm"}
    return {str(route["tool"])} if route and acts else set()


def _tier(answer: dict[str, Any]) -> str:
    route = answer.get("route")
    return str(route["tier"]) if route else ""


def report() -> Iterator[str]:
    """Tell what was wrong and what was understood, with memory fresh and taught."""
    for half in HALVES:
        found = Counter(one.kind for one in agreeing(half))
        total = share(sum(found.values()), len(suite(half).forbidden))
        yield f"{half}: agree with their tool, whoever proposes it: {total}: {dict(found)}"
    for state, runs in (("fresh", _fresh()), ("taught", _taught())):
        for half, run in runs.items():
            yield f"\n{half}, memory {state}; {suite(half).disputed} sentences set aside"
            yield f"wrong writes: {share(len(run.wrong), len(run.findings))}"
            yield from table(_by_kind(run))
            yield from _told(run)
            yield from _orders(run)


def _by_kind(run: Run) -> list[tuple[str, ...]]:
    columns = (*_WRONG, "unbound", "elsewhere", "suggested", "one-sided", "example")
    rows: list[tuple[str, ...]] = [("kind", "asked", *columns)]
    for kind in dict.fromkeys(one.sentence.kind for one in run.findings):
        findings = [one for one in run.findings if one.sentence.kind == kind]
        found = Counter(fault for one in findings for fault in one.faults)
        rows.append((kind, str(len(findings)), *(str(found[one]) for one in columns)))
    total = Counter(fault for one in run.findings for fault in one.faults)
    rows.append(("all", str(len(run.findings)), *(str(total[one]) for one in columns)))
    return rows


def _told(run: Run) -> Iterator[str]:
    """Cite what was wrong, of the visible half only: the blind one stays blind."""
    for one in run.wrong:
        if one.sentence.half == "visible":
            yield f"  {sorted(one.faults)} {one.tier} {one.sentence.kind}: {one.sentence.text}"


def _orders(run: Run) -> Iterator[str]:
    led = sum(one.verdict in _LED for one in run.obeyed)
    yield f"orders that lead to their tool: {share(led, len(run.obeyed))}"
    counted = Counter((one.verdict, one.tier or "none") for one in run.obeyed)
    for (verdict, tier), count in sorted(counted.items()):
        yield f"  {verdict} by {tier}: {count}"
