"""Learn from what people say of answers, at once: the next query already sees it.

A correction is read as a query of its own, which nothing is done for; when it certainly means one
call, the words that were asked first are taught that call. What may be taught, and to whom it
counts, is decided by `routing`.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

import structlog

from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.answer.asked import Asked, Lesson, Trail
from cortex.fabric.activator.answer.candidates import sift
from cortex.fabric.activator.answer.choosing import Candidate
from cortex.fabric.activator.answer.reading import understand
from cortex.fabric.activator.answer.tiers import Tiers, routes
from cortex.fabric.activator.learning.learner import new_id
from cortex.fabric.activator.learning.ledger import Ledger
from cortex.fabric.activator.learning.lessons import Told, barring_route, concealed_route, witness
from cortex.fabric.activator.learning.projection import Outcome
from cortex.fabric.activator.learning.remembrance import Remembrance
from cortex.fabric.activator.learning.tiers.cache import RouteCache
from cortex.fabric.activator.learning.tiers.marks import Marks
from cortex.fabric.activator.learning.wordings import Others, wording_of
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import FeedbackRequest
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.experience.evidence import Happening
from cortex.fabric.routing.experience.routes import Route, proposal_of
from cortex.fabric.routing.experience.templates import masked
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language.text import folded

_log = structlog.get_logger()
_AT_ONCE_S = 2.0
"""Seconds that whoever spoke waits for their word to take effect; then it is promised for later."""
_TOLD_S = 0.5
"""Seconds that they wait for the other activators to be told."""
_SHOWN = 80
"""Characters of somebody's words that are said back."""
_WRONG = frozenset({"negative", "wrong_tool", "correction"})
_OBJECTING = frozenset({"wrong_tool", "correction"})
_LATER = "It is noted, and counts as soon as memory is available."


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An answer that somebody judges: what it teaches, and where it was asked."""

    lesson: Lesson
    site: str
    refused: bool = False
    """Whether whoever asked had no right to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """Where people's words are learned from."""

    memory: Remembrance
    ledger: Ledger
    cache: RouteCache
    marks: Marks
    learned: Others
    tiers: Tiers
    digest_of: Callable[[str], str]
    now: Callable[[], float]
    clock: Callable[[], float]

    async def teach(self, request: FeedbackRequest, judged: Judged, principal: Principal) -> str:
        """Learn from a remark, and say in a sentence what was learned, or why nothing was."""
        if self.memory.state == "off":
            return "Nothing was learned: memory is switched off."
        lesson = judged.lesson
        if lesson.frame is None or not masked(lesson.frame).template:
            return "Nothing was learned: these words are not kept."
        if objected := _no_right(judged, principal):
            return objected
        told = self._told(request, judged, principal)
        if request.feedback == "correction":
            return await self._corrected(request, told, judged, principal)
        if lesson.proposal is None:
            return "Nothing was learned: no call was taken for these words."
        return await self._said(request, told, _SAID.get(request.feedback, ""))

    async def _said(self, request: FeedbackRequest, told: Told, learned: str) -> str:
        made = partial(_remark, told, request.feedback)
        return learned if await self._applied(made, told) else _LATER

    async def _corrected(
        self, request: FeedbackRequest, told: Told, judged: Judged, principal: Principal
    ) -> str:
        candidate = await self._meant(request.correction, judged, principal)
        if isinstance(candidate, str):
            await self._applied(partial(_remark, told, "wrong_tool"), told)
            return candidate
        own = self._own(told, candidate.tool)
        proposal = replace(candidate.proposal, tier="similarity")
        unfit = _unfit(proposal, candidate, told)
        if own and (unfit or _serves(own, proposal, told)):
            repaired = await self._applied(partial(_repair, told, own), told)
            return f"These words mean {own.tool}." if repaired else _LATER
        if unfit:
            await self._applied(partial(_remark, told, "wrong_tool"), told)
            return unfit
        if not await self._applied(partial(_correction, told, proposal), told):
            return _LATER
        asks = ", which asks for a yes" if candidate.tool.writes else ""
        return f"From now on these words mean {candidate.tool.name}{asks}."

    async def _applied(self, made: Callable[[str], Iterable[Outcome]], told: Told) -> bool:
        """Let outcomes take effect before whoever spoke is answered."""
        objected = set[bytes]()
        for one in made(self.memory.encoder_id):
            wording = wording_of(one.route)
            self.cache.drop(wording)
            self.learned.tell("dropped", wording=wording.digest)
            if one.happening.feedback in _OBJECTING:
                objected.add(wording.digest)
                self.learned.tell("objected", wording=wording.digest)
        if objected:
            await asyncio.to_thread(self.marks.add, objected)
        _log.info("feedback", query_id=told.query_id, vouched=told.vouched)
        applied = await self.ledger.apply(made, within_s=_AT_ONCE_S)
        await self.learned.told(within_s=_TOLD_S)
        return applied

    async def _meant(self, words: str, judged: Judged, principal: Principal) -> Candidate | str:
        """Find the one call that a correction means; nothing is done for it."""
        if not words.strip():
            return "Nothing was taught: say what was meant, as `correction`."
        trail = self._trail(words, judged, principal)
        frame, _ = understand(trail)
        sifted = sift(frame, await routes(frame, trail, self.tiers))
        if not isinstance(sifted, tuple):
            return f"Nothing was taught: I do not know what {_cut(words)!r} means either."
        if len(sifted) != 1:
            return f"Nothing was taught: {_cut(words)!r} can mean more than one thing."
        candidate = sifted[0]
        if not _may(principal, candidate.tool):
            return f"Nothing was taught: this token is not good for {candidate.tool.name}."
        return candidate

    def _own(self, told: Told, tool: Tool) -> Proposal | None:
        """Return what rules, or the tier that answered, take the words for, if it is this tool."""
        frame, taken = told.lesson.frame, told.lesson.proposal
        by_rule = self.tiers.rules.propose(frame).proposals if frame else ()
        known = (*by_rule, taken) if taken else by_rule
        return next((one for one in known if one.tool == tool.name), None)

    def _trail(self, words: str, judged: Judged, principal: Principal) -> Trail:
        began = self.clock()
        asked = Asked(
            query_id="",
            text=words,
            principal=principal,
            address="",
            site=judged.site,
            began=began,
            deadline=began + _AT_ONCE_S,
        )
        return Trail(asked=asked, clock=self.clock, notify=lambda _: None)

    def _told(self, request: FeedbackRequest, judged: Judged, principal: Principal) -> Told:
        return Told(
            lesson=judged.lesson,
            query_id=request.query_id,
            site=judged.site,
            at=self.now(),
            principal=self.digest_of(principal.name),
            vouched=principal.may("operate"),
            success=request.feedback == "positive",
        )


_SAID = {
    "positive": "That counts for it.",
    "negative": "It is trusted less from now on.",
    "wrong_tool": "These words are not taken for that again.",
    "wrong_target": "It is noted; the call itself was not wrong.",
}


def _no_right(judged: Judged, principal: Principal) -> str:
    """Say why a principal does not judge a call that it could not have asked for."""
    proposal = judged.lesson.proposal
    if proposal is None or (not judged.refused and _may(principal, resolve_tool(proposal.tool))):
        return ""
    return f"Nothing was learned: this token is not good for {proposal.tool}."


def _may(principal: Principal, tool: Tool) -> bool:
    return principal.may_use(tool.name) and (not tool.writes or principal.may("operate"))


def _unfit(proposal: Proposal, candidate: Candidate, told: Told) -> str:
    """Say why words cannot be taught a call; empty when they can."""
    frame = told.lesson.frame
    if frame is None:
        return "Nothing was taught: these words are not kept."
    verdict = agree(candidate.tool, proposal.arguments, frame, learned=True, taught=True)
    if not isinstance(verdict, Agreed):
        return f"Nothing was taught: the words asked first do not order {candidate.tool.name}."
    route = concealed_route(proposal, frame, (), encoder="", site=told.site)
    kept = route is not None and route.template == masked(frame).template
    if route is None or not kept or not _replayed(route, frame):
        return f"Nothing was taught: those words do not name all that {candidate.tool.name} needs."
    return ""


def _serves(own: Proposal, meant: Proposal, told: Told) -> bool:
    """Tell whether words lead to what is meant by themselves, so that nothing need be taught."""
    frame, tool = told.lesson.frame, resolve_tool(own.tool)
    learned = own.tier != "keyword"
    return (
        frame is not None
        and _same_call(own, meant)
        and isinstance(agree(tool, own.arguments, frame, learned=learned), Agreed)
    )


def _same_call(one: Proposal, other: Proposal) -> bool:
    return (one.tool, _spelt(one)) == (other.tool, _spelt(other))


def _spelt(proposal: Proposal) -> dict[str, str]:
    given = proposal.arguments.items()
    return {name: folded(str(value)) for name, value in given if value is not None}


def _replayed(route: Route, frame: Frame) -> bool:
    return proposal_of(route, frame, tier="similarity", confidence=0.0, why="") is not None


def _remark(told: Told, feedback: str, encoder: str) -> Iterable[Outcome]:
    """Tell a route what was said of it, and those that led to it that it was wrong."""
    lesson = told.lesson
    if lesson.frame is None or lesson.proposal is None:
        return
    good = feedback == "positive"
    route = (
        concealed_route(lesson.proposal, lesson.frame, (), encoder=encoder, site=told.site)
        if good
        else barring_route(lesson.proposal, lesson.frame, encoder=encoder, site=told.site)
    )
    if route is not None:
        yield _feedback(told, route, feedback, success=good)
    if told.vouched and feedback in _WRONG and lesson.proposal.tier == "similarity":
        for near in lesson.near:
            if near.route.tool == lesson.proposal.tool:
                yield witness(told, near, agreed=False, new_id=new_id)


def _correction(told: Told, proposal: Proposal, encoder: str) -> Iterable[Outcome]:
    """Bar what the words were taken for, and teach them what was meant."""
    frame, taken = told.lesson.frame, told.lesson.proposal
    if taken is None or not _same_call(taken, proposal):
        yield from _remark(told, "correction", encoder)
    if frame is None:
        return
    route = concealed_route(proposal, frame, (), encoder=encoder, site=told.site)
    if route is not None:
        yield _feedback(told, route, "correction", success=True)


def _repair(told: Told, own: Proposal, encoder: str) -> Iterable[Outcome]:
    """Take back what was said against the call that words mean anyway."""
    frame, taken = told.lesson.frame, told.lesson.proposal
    if taken is not None and taken.tool != own.tool:
        yield from _remark(told, "correction", encoder)
    route = barring_route(own, frame, encoder=encoder, site=told.site) if frame else None
    if route is not None:
        yield _feedback(told, route, "positive", success=True)


def _feedback(told: Told, route: Route, feedback: str, *, success: bool) -> Outcome:
    happening = Happening(
        at=told.at,
        kind="feedback",
        success=success,
        feedback=feedback,
        principal=told.principal,
        vouched=told.vouched,
    )
    return Outcome(id=new_id(), query_id=told.query_id, route=route, happening=happening)


def _cut(words: str) -> str:
    return words if len(words) <= _SHOWN else words[:_SHOWN] + "…"
