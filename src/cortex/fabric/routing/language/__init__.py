"""Read one query by rules: what it wants done, whether it orders it, and to what.

Decides nothing about tools; it gives every proposal something to agree with. Only English is
understood; other languages are recognised, and never yield a verb.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from cortex.fabric.catalogue.tool import Direction, TargetKind, Verb
from cortex.fabric.routing.frame import Frame, Mention, Mood, Polarity
from cortex.fabric.routing.language.acts import Deed, Phrase, target_of, words_of
from cortex.fabric.routing.language.clauses import split
from cortex.fabric.routing.language.lexicon import FORMS, QUESTIONS, READING, TROUBLE, Form
from cortex.fabric.routing.language.mentions import mentions_in, template_of
from cortex.fabric.routing.language.mood import (
    Opening,
    action_in,
    asks,
    doubtful,
    imperative,
    negates,
    opening,
    stance,
    sure,
    unfinished,
    untagged,
)
from cortex.fabric.routing.language.nouns import Noun, head_of
from cortex.fabric.routing.language.objects import named, object_of, quantity_of
from cortex.fabric.routing.language.orders import looked, plainly
from cortex.fabric.routing.language.text import normalise, spelled, tokenise, wordset
from cortex.fabric.routing.language.tongues import language_of

__all__ = ["read"]

_STOPS = frozenset({"stop", "quit", "cease"})
_ENDED = ((Verb.LOCATE, Direction.ON), (Verb.BLOCK, Direction.ON))
"""What can be stopped while it lasts; a stopped block is told, never taken for an order."""

_PERFECT = wordset("have has had was were did got i've we've you've they've")
_PASSIVE = wordset("is are be being should must can could would will may might")

_READABLE = wordset("history usage traffic signal firmware statistics stats uptime routes overview")


class _Reading(NamedTuple):
    mood: Mood
    negative: bool
    deed: Deed | None


def read(text: str) -> Frame:
    """Return the reading of one query; any string is read, none is understood by force."""
    text = normalise(text)
    tokens, balanced = tokenise(text)
    mentions = mentions_in(tokens, text)
    language = language_of(_spoken(tokens))
    if language != "en":
        mood = Mood.STATEMENT if sure(tokens) else Mood.QUESTION
        template = template_of(tokens, mentions)
        return Frame(text=text, language=language, mood=mood, mentions=mentions, template=template)
    plain = plainly(tokens)
    parts = split(plain or tokens)
    readings = [_reading(part, _within(mentions, part)) for part in parts]
    at = next((at for at, one in enumerate(readings) if one.deed and one.deed.writes), 0)
    main = readings[at]
    if not balanced and main.mood in {Mood.COMMAND, Mood.REQUEST}:
        main = main._replace(mood=Mood.STATEMENT)
    if plain and main.mood is Mood.COMMAND:
        main = main._replace(mood=Mood.REQUEST)  # what was reworded is never done unasked
    clauses = tuple(text[slice(*_span(part))].rstrip(" ,;") for part in parts)
    frame = _frame(text, main, mentions, clauses if len(clauses) > 1 else (), tokens)
    if plain:
        return replace(frame, plain=spelled(plain))
    return _looking(frame)


def _looking(frame: Frame) -> Frame:
    """Add what a wish to see or to know asks for, where nothing else is asked or ordered."""
    reads = frame.verb is None or frame.verb in READING
    if not reads or frame.polarity is Polarity.NEGATIVE or frame.clauses:
        return frame
    plain = looked(frame.text)
    if frame.verb is None and plain.split(" ")[0].lower() not in QUESTIONS | {"when"}:
        return frame
    return replace(frame, verb=frame.verb or Verb.SHOW, plain=plain)


def _spoken(tokens: Phrase) -> Phrase:
    """Return the words of a text; where all of it is quoted, those inside the quotations."""
    if any(token.kind == "word" for token in tokens):
        return tokens
    return tuple(inner for token in tokens for inner in tokenise(token.text)[0] if token.text)


def _within(mentions: Sequence[Mention], part: Phrase) -> tuple[Mention, ...]:
    start, end = _span(part)
    return tuple(one for one in mentions if start <= one.start < end)


def _span(part: Phrase) -> tuple[int, int]:
    """Return where a clause begins and ends in its text, whatever order its words are in."""
    return min(one.start for one in part), max(one.end for one in part)


def _reading(clause: Phrase, mentions: Sequence[Mention]) -> _Reading:
    found = imperative(clause)
    if not found:
        return _unordered(clause, mentions)
    start, deed = found
    if deed.writes or deed.verb is Verb.TEST:  # a test is run, and loads the line
        return _ordered(clause, start, deed, mentions)
    asked = action_in(clause, asking=True, start=start.at + 1)
    if asked:
        return _Reading(Mood.QUESTION, negates(clause), asked[0])
    polite = start.mood is Mood.REQUEST or sure(clause)
    return _Reading(start.mood if polite else Mood.QUESTION, start.refuses, deed)


def _ordered(clause: Phrase, start: Opening, deed: Deed, mentions: Sequence[Mention]) -> _Reading:
    told = untagged(clause)
    reminded = start.mood is Mood.STATEMENT
    own = int(deed.verb is Verb.CANCEL)  # its own verb denies, of other things
    before, behind = () if reminded else told[: start.at], told[start.at + own :]
    negative = start.refuses or negates((*before, *behind))
    mood = start.mood
    if deed[:2] in _ENDED and start.at and clause[start.at - 1].word in _STOPS:
        negative = negates(clause[: start.at - 1]) or negates(told[start.at :])
        mood = mood if deed.verb is Verb.LOCATE else Mood.STATEMENT
        deed = deed._replace(direction=Direction.OFF)
    mood = stance(clause, deed, mentions) or mood
    if mood in {Mood.COMMAND, Mood.REQUEST} and len(told) < len(clause):
        mood = Mood.QUESTION
    if mood is Mood.COMMAND and not sure(clause):
        mood = Mood.QUESTION
    wonders = deed.verb is Verb.TEST and not {"how", "whether"}.isdisjoint(words_of(deed.phrase))
    unclear = (not wonders and doubtful(deed.phrase)) or unfinished(deed.phrase)
    if mood in {Mood.COMMAND, Mood.REQUEST} and unclear:
        mood = Mood.STATEMENT
    return _Reading(mood, negative, deed)


def _unordered(clause: Phrase, mentions: Sequence[Mention]) -> _Reading:
    """Read a clause that does not begin with its verb: it is never an order."""
    asking = asks(clause) or not sure(clause)
    action = action_in(clause, asking=asking)
    if asking:
        if action:
            return _Reading(Mood.QUESTION, _denies(clause, action[0]), action[0])
        return _Reading(Mood.QUESTION, negative=False, deed=_wondered(clause))
    if not action and (quoted := _quoted(clause)):
        return _Reading(Mood.QUOTED, negates(clause), quoted)
    if action and not _describes(clause, action[1]):
        return _told(clause, action, mentions)
    return _elliptic(clause, mentions) or _noted(clause)


def _wondered(clause: Phrase) -> Deed:
    words = words_of(clause)
    why = any(word.startswith("why") for word in words[:3]) or words[:2] == ("how", "come")
    wrong = "wrong" in words or ("keep" in words and not TROUBLE.isdisjoint(words))
    return Deed(Verb.DIAGNOSE if why or wrong else Verb.SHOW, Direction.NONE, tuple(clause))


def _quoted(clause: Phrase) -> Deed | None:
    """Return the changing act that stands inside quotation marks, if one does."""
    for token in clause:
        inner = tokenise(token.text)[0] if token.kind == "quoted" else ()
        if found := action_in(inner, asking=False):
            return found[0]
    return None


def _describes(clause: Phrase, form: Form) -> bool:
    """Tell whether a participle only describes: "blocked clients"."""
    head = head_of(clause)
    at = opening(clause).at
    first = clause[at].word if at < len(clause) else ""
    return form == "past" and first in FORMS and head is not None and head.plural


def _told(clause: Phrase, action: tuple[Deed, Form], mentions: Sequence[Mention]) -> _Reading:
    deed, form = action
    words = frozenset(words_of(clause))
    past = words & _PERFECT or (form == "past" and not words & _PASSIVE)
    mood = stance(clause, deed, mentions)
    if mood in {None, Mood.SCHEDULED}:
        mood = Mood.PAST if past else mood or Mood.STATEMENT
    return _Reading(mood, _denies(clause, deed), deed)


def _denies(clause: Phrase, deed: Deed) -> bool:
    """Tell whether a clause denies, beside the verb that ends a timer and denies of all else."""
    own = {"cancel"} if deed.verb is Verb.CANCEL else set[str]()
    return negates([token for token in clause if token.word not in own])


def _elliptic(clause: Phrase, mentions: Sequence[Mention]) -> _Reading | None:
    """Read "ten vouchers for 24 hours": the one order that people give without a verb."""
    words = words_of(clause)
    counted = mentions and mentions[0].kind == "number" and mentions[0].start == clause[0].start
    if not counted or words[1:2] not in {("voucher",), ("vouchers",)}:
        return None
    deed = Deed(Verb.CREATE, Direction.NONE, tuple(clause))
    mood = Mood.STATEMENT if doubtful(clause) else Mood.REQUEST
    return _Reading(stance(clause, deed, mentions) or mood, negates(clause), deed)


def _noted(clause: Phrase) -> _Reading:
    """Read what names no act: trouble is to be diagnosed, a bare noun to be shown."""
    words = words_of(clause)
    troubled = not TROUBLE.isdisjoint(words)
    known = head_of(clause, deeper=True) or not _READABLE.isdisjoint(words)
    verb = Verb.DIAGNOSE if troubled else Verb.SHOW if known else None
    deed = Deed(verb, Direction.NONE, tuple(clause)) if verb else None
    refuses = opening(clause).refuses or (not troubled and negates(clause))
    return _Reading(Mood.STATEMENT, refuses, deed)


def _frame(
    text: str,
    reading: _Reading,
    mentions: tuple[Mention, ...],
    clauses: tuple[str, ...],
    tokens: Phrase,
) -> Frame:
    deed = reading.deed or Deed(Verb.SHOW, Direction.NONE, tuple(tokens))
    head = _head(deed)
    name = named(deed, head.kind if head else None, text)
    if name:
        end = name.start + len(name.text)
        outside = (one for one in mentions if not name.start <= one.start < end)
        mentions = tuple(sorted((*outside, name), key=lambda one: one.start))
    return Frame(
        text=text,
        language="en",
        mood=reading.mood,
        polarity=Polarity.NEGATIVE if reading.negative else Polarity.POSITIVE,
        verb=reading.deed.verb if reading.deed else None,
        direction=deed.direction,
        target=head.kind if head and reading.deed else None,
        object=object_of(deed, mentions, name, text),
        quantity=quantity_of(deed, head),
        mentions=mentions,
        clauses=clauses,
        template=template_of(tokens, mentions),
    )


def _head(deed: Deed) -> Noun | None:
    words = words_of(deed.phrase[:4])
    if not deed.writes and words and words[0] in {"who", "who's", "whos"}:
        changed = any(word in FORMS and FORMS[word][1] == "past" for word in words[1:3])
        return Noun(TargetKind.EVENT if changed else TargetKind.CLIENT, plural=True)
    return target_of(deed)
