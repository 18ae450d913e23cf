"""Hold proposals against the frame: which may go on, and what to answer when none may.

Pure. What is refused is refused with the frame's reason; what is only unclear is asked back, and
so is what a tier that learns takes for something that the text does not plainly say.
"""

import re
from collections.abc import Iterator, Mapping

from cortex.fabric.activator.answer.choosing import Candidate, Open
from cortex.fabric.activator.answer.offers.calling_off import calls_off, ends_of
from cortex.fabric.activator.answer.offers.examples import example_of, left_open, shown_by
from cortex.fabric.activator.answer.tiers import Routes
from cortex.fabric.catalogue.tool import REFERENCE_KINDS, Risk, Tool
from cortex.fabric.catalogue.tools import TOOLS, resolve_tool
from cortex.fabric.messages import Choice, ErrorBody
from cortex.fabric.routing.agreement import Agreed, Disagreed, Reason, agree, explain
from cortex.fabric.routing.arguments import missing
from cortex.fabric.routing.cascade import Proposal, Tier
from cortex.fabric.routing.frame import Frame, Polarity
from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.nouns import speaks_of_secret
from cortex.fabric.routing.nearest import nearest

_SHOWN = 120
_ABSENT: Mapping[Tier | None, str] = {"slm": "reasoning by the language model"}
_LEARNED: frozenset[Tier] = frozenset({"cache", "similarity", "classifier"})
"""Tiers that know more wordings of a look than the rules know."""
_ABOUT_FORM = frozenset(
    {
        Reason.QUOTED,
        Reason.REPORTED,
        Reason.NEGATED,
        Reason.CONDITIONAL,
        Reason.SCHEDULED,
        Reason.QUESTION,
        Reason.PAST,
        Reason.COMPOUND,
        Reason.EXCEPTION,
    }
)
"""What speaks against any tool, whatever the text names."""
_ABOUT_MEANING = frozenset(
    {Reason.NO_VERB, Reason.OTHER_VERB, Reason.OTHER_TARGET, Reason.STATEMENT}
)
"""What speaks against one tool as a reading of a text, and may be our misunderstanding."""
_EXAMPLES = 3
_READS = {name: tool for name, tool in TOOLS.items() if not tool.writes}
_NAMING = frozenset({*REFERENCE_KINDS, "mac"})
_ASKS_FOR_HELP = re.compile(
    r"\W*(?:help(?: me)?|commands|what (?:can|do) (?:you|i|cortex) (?:do|ask))\W*", re.IGNORECASE
)
_TIMES = frozenset({"duration", "time"})
_LEADS_TO_TIME = re.compile(
    r"\b(?:for|at|in|until|till|after|every|by|on|from|next)(?:\s+the)?\s*$", re.IGNORECASE
)


def sift(frame: Frame, routes: Routes) -> tuple[Candidate, ...] | Open:
    """Return the proposals to plan, or what to answer instead."""
    agreed: list[Candidate] = []
    refused: list[tuple[Proposal, Tool, Reason]] = []
    for proposal in routes.proposals:
        tool = resolve_tool(proposal.tool)
        learned = proposal.tier in _LEARNED
        taught = proposal.taught
        match agree(tool, proposal.arguments, frame, learned=learned, taught=taught):
            case Agreed(unasked):
                agreed.append(Candidate(proposal=proposal, tool=tool, exact=unasked))
            case Disagreed(reason):
                refused.append((proposal, tool, reason))
    if agreed:
        return _complete(agreed)
    if refused:
        return _disagreed(frame, *refused[0])
    return _unknown(frame, routes.sent_to)


def _complete(agreed: list[Candidate]) -> tuple[Candidate, ...] | Open:
    whole = tuple(one for one in agreed if not missing(one.tool, one.proposal.arguments))
    return whole or _incomplete(agreed[0])


def _incomplete(candidate: Candidate) -> Open:
    tool, proposal = candidate.tool, candidate.proposal
    lacking = missing(tool, proposal.arguments)
    wanted = [one for name in lacking if (one := tool.argument(name))]
    said = " ".join(one.help for one in wanted)
    error = ErrorBody(
        code="incomplete",
        message=f"{tool.name} needs {', '.join(lacking)}.",
        hint=f"for example: {tool.examples[0]}" if tool.examples else "",
    )
    return Open(
        status="clarify", text=f"Which {lacking[0]}? {said}", error=error, proposal=proposal
    )


def _disagreed(frame: Frame, proposal: Proposal, tool: Tool, reason: Reason) -> Open:
    positive = frame.polarity is Polarity.POSITIVE
    if proposal.tier in _LEARNED and reason in _ABOUT_MEANING and positive:
        return _unsure(frame, tool, proposal)
    text = explain(reason, frame, tool)
    if reason is Reason.COMPOUND:
        return _one_by_one(frame, text, proposal)
    choices = _untimed(frame, tool, proposal) if reason is Reason.SCHEDULED else ()
    error = ErrorBody(code=reason.value, message=text)
    return Open(status="refused", text=text, choices=choices, error=error, proposal=proposal)


def _unsure(frame: Frame, tool: Tool, proposal: Proposal) -> Open:
    """Ask for plain words, with examples to read: none is what was asked, so none is offered."""
    own = example_of(tool, frame) if not tool.writes or _names_a_thing(tool) else ""
    shown = [one for one in _nearest(frame, _READS) if one.label != tool.summary]
    if own:
        shown = [*shown[: _EXAMPLES - 1], Choice(label=tool.summary, query=own)]
    text = "I am not sure what is to be done. If you mean one of these, say it plainly:"
    return Open(
        status="clarify",
        text=text,
        choices=tuple(shown),
        error=ErrorBody(code="not_understood", message="It is not certain what is to be done."),
        proposal=proposal,
    )


def _names_a_thing(tool: Tool) -> bool:
    return any(one.kind in _NAMING and one.name != "site" for one in tool.arguments)


def _nearest(frame: Frame, tools: Mapping[str, Tool]) -> Iterator[Choice]:
    """Name the tools nearest to a text, each with an example about what the text names.

    What destroys something, and is only near in words, is said of nothing that is there.
    """
    for tool, example in nearest(frame.text, tools, _EXAMPLES):
        destroys = tool.risk is Risk.DESTRUCTIVE
        if query := left_open(tool, example) if destroys else shown_by(tool, example, frame):
            yield Choice(label=tool.summary, query=query)


def _one_by_one(frame: Frame, text: str, proposal: Proposal | None) -> Open:
    choices = tuple(Choice(label=clause, query=clause) for clause in frame.clauses)
    error = ErrorBody(code="compound", message=text)
    return Open(status="clarify", text=text, choices=choices, error=error, proposal=proposal)


def _untimed(frame: Frame, tool: Tool, proposal: Proposal) -> tuple[Choice, ...]:
    """Offer the same without its time, if that is then an order for the same tool."""
    text = frame.text
    for mention in reversed(frame.mentions):
        if mention.kind in _TIMES:
            before = _LEADS_TO_TIME.sub("", text[: mention.start])
            text = before + text[mention.start + len(mention.text) :]
    text = " ".join(text.split())
    if text == frame.text or isinstance(agree(tool, proposal.arguments, read(text)), Disagreed):
        return ()
    return (Choice(label=f"{text}, right now and until undone", query=text),)


def _unknown(frame: Frame, sent_to: Tier | None) -> Open:
    if reason_and_tool := _objection_to_verb(frame):
        reason, tool = reason_and_tool
        text = explain(reason, frame, tool)
        if reason is Reason.COMPOUND:
            return _one_by_one(frame, text, None)
        return Open(status="refused", text=text, error=ErrorBody(code=reason.value, message=text))
    offers = ends_of(frame) if calls_off(frame) else tuple(_nearest(frame, TOOLS))
    if sent_to in _ABSENT:
        text = f"That needs {_ABSENT[sent_to]}, which this installation does not have yet."
        error = ErrorBody(code="needs_reasoning", message=text, hint="ask for the facts one by one")
        text = f"{text} What I can do without it:"
    elif _ASKS_FOR_HELP.fullmatch(frame.text):
        text = "I can, for example:"
        error = ErrorBody(code="not_understood", message="That asks for help.")
    else:
        text = f"I do not know what is meant{_cited(frame.text)}. The nearest I can do:"
        error = ErrorBody(code="not_understood", message="No rule knows this query.")
    return Open(status="clarify", text=text, choices=offers, error=error)


def _objection_to_verb(frame: Frame) -> tuple[Reason, Tool] | None:
    """Find what speaks against any action of this verb, where no rule knew which was meant."""
    if frame.language not in {"en", "und"}:
        return Reason.LANGUAGE, next(iter(TOOLS.values()))
    fitting = [tool for tool in TOOLS.values() if tool.writes and _could_be(tool, frame)]
    for tool in fitting:
        verdict = agree(tool, {}, frame)
        if isinstance(verdict, Disagreed) and verdict.reason in _ABOUT_FORM:
            return verdict.reason, tool
    return None


def _could_be(tool: Tool, frame: Frame) -> bool:
    return any(act.verb is frame.verb and frame.target in {None, act.target} for act in tool.acts)


def _cited(text: str) -> str:
    if speaks_of_secret(text):
        return ""
    return f" by {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'!r}"
