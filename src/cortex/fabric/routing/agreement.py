"""Hold a proposed call against the frame: only what the text really orders may be done.

A closed decision over finite features, whoever proposed the call. Arguments and targets are for
`binding`, leave and confirmation for the activator.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Any

from cortex.fabric.catalogue.tool import (
    REFERENCE_KINDS,
    Act,
    Direction,
    DirectionBy,
    Risk,
    TargetKind,
    Tool,
    Verb,
    direction_of,
)
from cortex.fabric.routing.frame import Frame, Mood, Polarity
from cortex.fabric.routing.language.lexicon import (
    CONDITIONS,
    ENGLISH,
    NEGATIONS,
    READING,
    REPORTS,
    SCHEDULES,
)
from cortex.fabric.routing.language.nouns import NOUNS
from cortex.fabric.routing.language.text import wordset


class Reason(StrEnum):
    """Why a call does not agree with a text; the first that holds is given."""

    LANGUAGE = "language"
    QUOTED = "quoted"
    REPORTED = "reported"
    NEGATED = "negated"
    EXCEPTION = "exception"
    CONDITIONAL = "conditional"
    SCHEDULED = "scheduled"
    QUESTION = "question"
    PAST = "past"
    STATEMENT = "statement"
    COMPOUND = "compound"
    NO_VERB = "no_verb"
    OTHER_VERB = "other_verb"
    OPPOSITE = "opposite"
    OTHER_TARGET = "other_target"
    MANY_TARGETS = "many_targets"


@dataclass(frozen=True, slots=True)
class Agreed:
    """The text asks for what the tool does; `unasked` when it may even run without a yes."""

    unasked: bool


@dataclass(frozen=True, slots=True)
class Disagreed:
    """The text asks for something else, or does not ask."""

    reason: Reason


_ORDERS = frozenset({Mood.COMMAND, Mood.REQUEST})
_TELLING = frozenset({Mood.STATEMENT, Mood.PAST})
"""Moods of words that order nothing, unless people say that they do."""
_VAGUE = READING | {Verb.SET, None}
"""Verbs that may stand in a wish for any change: "I'd like to see it blink"."""
_TIMES = frozenset({"duration", "time"})
_MOODS: Mapping[Mood, Reason] = {
    Mood.QUOTED: Reason.QUOTED,
    Mood.REPORTED: Reason.REPORTED,
    Mood.CONDITIONAL: Reason.CONDITIONAL,
    Mood.SCHEDULED: Reason.SCHEDULED,
    Mood.QUESTION: Reason.QUESTION,
    Mood.PAST: Reason.PAST,
    Mood.STATEMENT: Reason.STATEMENT,
}
_FOREIGN_WORDS = frozenset({Mood.QUOTED, Mood.REPORTED})
_EXCEPTING = frozenset({"except", "excluding", "but"})
_LEAVING_OUT = _EXCEPTING | {"not", "without", "minus"}
"""Words by which a question asks for what is left; a call has no place for them."""


def agree(
    tool: Tool,
    arguments: Mapping[str, Any],
    frame: Frame,
    *,
    learned: bool = False,
    taught: bool = False,
) -> Agreed | Disagreed:
    """Say whether a call of the tool with these arguments is what the text asks for.

    `learned` says that the call comes from memory or a classifier: a read then agrees with a
    text of any reading verb, or of none that is known. For writes it changes nothing.
    `taught` says that people told that exactly this wording means the call: it may then be no
    plain order, and never goes unasked.
    """
    if _denial_told(tool, arguments, frame):
        return Agreed(unasked=False)
    if learned and not tool.writes:
        reason = hopeless(frame) or _against_wording(frame, taught=taught)
        return Disagreed(reason) if reason else Agreed(unasked=False)
    filled = {one.name: one.default for one in tool.arguments} | dict(arguments)
    hold = _against_writing if tool.writes else _against_reading
    reason = _against_any(frame) or hold(tool, filled, frame)
    if reason and taught and tool.risk is Risk.WRITE:
        reason = _against_taught(tool, filled, frame)
    if reason:
        return Disagreed(reason)
    return Agreed(unasked=tool.writes and tool.unasked and not taught and _exact(frame))


def _denial_told(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> bool:
    """Tell whether a read answers a plain wish that something is not done, by what waits."""
    denied = frame.polarity is Polarity.NEGATIVE and frame.mood in _ORDERS | _TELLING
    told = not tool.writes and arguments.get("unwanted") is True
    return told and denied and frame.language == "en" and not frame.clauses


def hopeless(frame: Frame) -> Reason | None:
    """Say why the form of a text rules every call out; none when some tool could agree."""
    if frame.language not in {"en", "und"}:
        return Reason.LANGUAGE
    if frame.mood in _FOREIGN_WORDS:
        return _MOODS[frame.mood]
    if frame.polarity is Polarity.NEGATIVE:
        return Reason.EXCEPTION if _excepts(frame) else Reason.NEGATED
    return None


def _against_any(frame: Frame) -> Reason | None:
    """Find what speaks against every call that is not learned: form, or no verb that is known."""
    if frame.language == "und":
        return Reason.NO_VERB
    return hopeless(frame) or (Reason.NO_VERB if frame.verb is None else None)


def _against_wording(frame: Frame, *, taught: bool) -> Reason | None:
    """Find what speaks against a read that was learned: a change, or a wish to leave things out."""
    if not _LEAVING_OUT.isdisjoint(frame.template.split()):
        return Reason.EXCEPTION
    looks = taught or frame.verb is None or frame.verb in READING
    return None if looks else Reason.OTHER_VERB


def _against_taught(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> Reason | None:
    """Find what speaks against a write even in words that people said to mean exactly it.

    They may tell instead of ordering, and name no action or kind of thing that is known. What
    denies, asks, depends, is for later, or orders another change is never overruled.
    """
    return _against_telling(tool, arguments, frame) or _against_turn(tool, arguments, frame)


def _against_telling(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> Reason | None:
    """Find what speaks against a write in the form of words that may tell instead of ordering."""
    if reason := hopeless(frame):
        return reason
    if frame.mood not in _ORDERS | _TELLING:
        return _MOODS[frame.mood]
    if _marked(frame):
        # A wording is kept without its marks: "block it" and "block it?" are the same one.
        return Reason.STATEMENT
    lasting = [arguments.get(one.name) for one in tool.arguments if one.kind == "duration"]
    if any(one.kind in _TIMES for one in frame.mentions) and not any(lasting):
        return Reason.SCHEDULED
    return Reason.COMPOUND if frame.clauses else _in_words(frame)


def _marked(frame: Frame) -> bool:
    text = frame.text
    for one in frame.mentions:
        if one.kind not in {"quoted", "name"}:
            text = text.replace(one.text, "")
    return not _UNMARKED.fullmatch(text.rstrip("?") if frame.mood is Mood.REQUEST else text)


_UNMARKED = re.compile(r"[\w\s,.!'’-]*")  # the apostrophe people type


def _in_words(frame: Frame) -> Reason | None:
    """Find a single word that denies, depends, reports or puts off, however a text was read."""
    words = frozenset(frame.template.split())
    return next((reason for reason, known in _WARNING if not known.isdisjoint(words)), None)


_WARNING = (
    (Reason.EXCEPTION, _LEAVING_OUT),
    (Reason.NEGATED, NEGATIONS),
    (Reason.CONDITIONAL, CONDITIONS),
    (Reason.REPORTED, REPORTS),
    (Reason.SCHEDULED, SCHEDULES),
)


def _against_turn(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> Reason | None:
    """Find what speaks against a write in the action, the direction and the number of a text."""
    own = [act for act in tool.acts if act.verb is frame.verb]
    if not own and frame.verb not in _VAGUE:
        return Reason.OTHER_VERB
    turned = bool(own) or frame.direction is not Direction.NONE
    acts = own or tool.acts
    if turned and all(direction_of(act, arguments) is not frame.direction for act in acts):
        return Reason.OPPOSITE
    return _against_number(tool, arguments, frame)


def _excepts(frame: Frame) -> bool:
    """Tell whether the only denial is an exception: "block everything except my laptop"."""
    words = frame.template.split()
    denials = {word for word in words if word in NEGATIONS or word.endswith("n't")}
    return bool(denials) and denials <= _EXCEPTING and frame.quantity == "all"


def _against_reading(tool: Tool, _: Mapping[str, Any], frame: Frame) -> Reason | None:
    return None if any(act.verb is frame.verb for act in tool.acts) else Reason.OTHER_VERB


def _against_writing(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> Reason | None:
    """Find what speaks against a write: first the form of the text, then what it names."""
    if frame.mood not in _ORDERS:
        return _MOODS[frame.mood]
    if frame.clauses:
        return Reason.COMPOUND
    return _against_act(tool, arguments, frame)


def _against_act(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> Reason | None:
    acts = [act for act in tool.acts if act.verb is frame.verb]
    if not acts:
        return Reason.OTHER_VERB
    acts = [act for act in acts if direction_of(act, arguments) is frame.direction]
    if not acts:
        return Reason.OPPOSITE
    if not _fitting(acts, frame.target) or _strays(frame):
        return Reason.OTHER_TARGET
    return _against_number(tool, arguments, frame)


def _against_number(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> Reason | None:
    many = frame.quantity != "one" and _for_one(tool)
    return Reason.MANY_TARGETS if many and not _for_all(tool, arguments, frame) else None


def _fitting(acts: list[Act], target: TargetKind | None) -> bool:
    return target is None or any(act.target is target for act in acts)


def _strays(frame: Frame) -> bool:
    """Tell whether an act without a target of its own is told of something that it never is for.

    No inventory is asked who "my hard disk" is when its speed is to be tested, so every word
    about a test, and every word before "voucher", must be one that is known there.
    """
    words = re.findall(r"[a-z']+", frame.object.lower())
    if frame.verb is Verb.TEST:
        return not all(_belongs(word, _TESTED, _TESTED_KINDS) for word in words)
    if frame.verb is Verb.CREATE and frame.target is TargetKind.VOUCHER:
        kind = takewhile(lambda word: word not in {"voucher", "vouchers"}, words)
        return not all(_belongs(word, _ISSUED, _ISSUED_KINDS) for word in kind)
    return False


def _belongs(word: str, known: frozenset[str], kinds: frozenset[TargetKind]) -> bool:
    noun = NOUNS.get(word)
    return noun.kind in kinds if noun else word in known or word in ENGLISH


_TESTED = wordset("""
    line connection link throughput download upload fast quick isp provider latency fibre fiber dsl
    broadband rate capacity net
""")
_TESTED_KINDS = frozenset(
    {TargetKind.INTERNET, TargetKind.DEVICE, TargetKind.NETWORK, TargetKind.SITE}
)
_ISSUED = wordset("hotspot portal twenty single multi code codes pass")
_ISSUED_KINDS = frozenset(
    {TargetKind.VOUCHER, TargetKind.WLAN, TargetKind.INTERNET, TargetKind.CLIENT}
)


def _for_one(tool: Tool) -> bool:
    """Tell whether a tool acts on exactly one entity."""
    return any(one.required and one.kind in {*REFERENCE_KINDS, "mac"} for one in tool.arguments)


def _for_all(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> bool:
    """Tell whether the text says all and the call means all: "disable all leds"."""
    everything = any(
        "all" in one.choices and one.kind in REFERENCE_KINDS and arguments.get(one.name) == "all"
        for one in tool.arguments
    )
    return everything and frame.quantity == "all"


def _exact(frame: Frame) -> bool:
    """Tell whether an agreed text leaves nothing open: a bare order for one named kind of thing.

    An address says as much as a kind does.
    """
    stated = frame.target is not None or any(one.kind in {"mac", "ip"} for one in frame.mentions)
    certain = _INDEFINITE.isdisjoint(frame.template.split())
    return stated and certain and frame.mood is Mood.COMMAND and frame.quantity == "one"


_INDEFINITE = frozenset({"a", "an", "any", "some"})
"""Who says "a printer" leaves open which."""


_FAULTS: Mapping[Reason, str] = {
    Reason.LANGUAGE: "I understand English only, so nothing was done. Please say it in English.",
    Reason.QUOTED: "The action stands in quotation marks, so nothing was done.",
    Reason.REPORTED: "That reads like somebody else's words, so nothing was done.",
    Reason.NEGATED: "I read that as a wish not to do it, so nothing was done.",
    Reason.EXCEPTION: "That makes an exception, and I take one thing at a time, so nothing was"
    " done.",
    Reason.CONDITIONAL: "That depends on something that I do not watch, so nothing was done.",
    Reason.SCHEDULED: "That is for later or for a limited time, and I do not know when exactly, so"
    " nothing was done.",
    Reason.QUESTION: "That is a question, so nothing was done.",
    Reason.PAST: "I read that as something already done, so nothing was done now.",
    Reason.STATEMENT: "I could not read that as a plain order, so nothing was done.",
    Reason.COMPOUND: "Those are several things at once, so nothing was done.",
    Reason.NO_VERB: "I found no action in that, so nothing was done.",
    Reason.OTHER_VERB: "You name another action than this, so nothing was done.",
    Reason.OPPOSITE: "You name the opposite of this, or no direction, so nothing was done.",
    Reason.OTHER_TARGET: "You name another kind of thing than this is for, so nothing was done.",
    Reason.MANY_TARGETS: "You name several things and this is for one, so nothing was done: give"
    " one order for each, or name one thing.",
}
_FORMAL = frozenset(_MOODS.values()) | {Reason.NEGATED}
"""Reasons that lie in the form of a text, which may well name the very act of the tool."""

_WORDS: Mapping[tuple[Verb, Direction], str] = {
    (Verb.BLOCK, Direction.OFF): "unblock",
    (Verb.SWITCH, Direction.ON): "turn on",
    (Verb.SWITCH, Direction.OFF): "turn off",
    (Verb.AUTHORIZE, Direction.OFF): "revoke the access of",
    (Verb.LOCATE, Direction.OFF): "stop locating",
    (Verb.CYCLE, Direction.NONE): "power-cycle",
}
"""How an act is ordered, where it is not by the verb's own name."""

_VALUED = frozenset({Verb.RENAME, Verb.SET})


def explain(reason: Reason, frame: Frame, tool: Tool) -> str:
    """Say in two sentences why nothing was done, and how to order what the tool does."""
    fault = _FAULTS[reason]
    if reason is Reason.LANGUAGE:
        return fault
    if reason is Reason.COMPOUND and frame.clauses:
        return f'{fault} Ask for one at a time, first "{frame.clauses[0]}".'
    if reason in _FORMAL and frame.object and _names(frame, tool):
        return f'{fault} "{_order(frame)}" would mean: {_deed(frame, tool)}'
    if not tool.examples:
        return fault
    return f'{fault} "{tool.examples[0]}" would mean: {tool.summary}'


def _names(frame: Frame, tool: Tool) -> bool:
    """Tell whether a text names an act of the tool, whatever else is wrong with it."""
    return any(
        act.verb is frame.verb
        and (isinstance(act.direction, DirectionBy) or act.direction is frame.direction)
        for act in tool.acts
    )


def _order(frame: Frame) -> str:
    """Put the act of a text as a plain order."""
    verb = frame.verb or Verb.SHOW
    words = _WORDS.get((verb, frame.direction), verb.value)
    return f"{words} {frame.object}" + (" to …" if verb in _VALUED else "")


def _deed(frame: Frame, tool: Tool) -> str:
    """Say what a tool does: to the thing named where that is all it needs to know."""
    needed = [one.name for one in tool.arguments if one.required]
    if len(needed) != 1 or not tool.preview:
        return tool.summary
    return tool.preview.replace(f"{{{needed[0]}}}", frame.object)
