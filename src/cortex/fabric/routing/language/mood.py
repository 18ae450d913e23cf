"""How a clause stands to its verb: an order, a polite one, or something that only sounds like it.

An order is an imperative from its first word to its last. Whatever disturbs that form (a
condition, a time, a report, a doubt, a second sentence) makes it something else: when unsure,
it is no order.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from cortex.fabric.catalogue.tool import Direction, TargetKind, Verb
from cortex.fabric.routing.frame import Mention, Mood
from cortex.fabric.routing.language.acts import Deed, Phrase, deed_at, ends_a_timer, lemma, words_of
from cortex.fabric.routing.language.lexicon import (
    ARTICLES,
    CONDITIONS,
    DETERMINERS,
    DOUBTS,
    FILLERS,
    FORMS,
    NEGATIONS,
    PARTICLES,
    PREPOSITIONS,
    QUESTIONS,
    READING,
    REPORTS,
    SCHEDULES,
    SENSES,
    UNITS,
    WEAK,
    Form,
)
from cortex.fabric.routing.language.nouns import NOUNS
from cortex.fabric.routing.language.text import Token, wordset

_PLAIN_MARKS = frozenset(",:.!;*•·–—-()'\"#…&?+")
_LEADING_MARKS = frozenset(",.!*•·–—-…")


def _by_first(*phrases: str) -> dict[str, list[tuple[str, ...]]]:
    table = dict[str, list[tuple[str, ...]]]()
    for words in map(str.split, phrases):
        table.setdefault(words[0], []).append(tuple(words))
    return table


_REQUESTS = _by_first(
    "can you", "could you", "would you", "will you", "can u", "could u", "would u",
    "could i ask you to", "can i ask you to", "may i ask you to", "can i get you to",
    "i want you to", "i need you to", "i would like you to", "i'd like you to",
    "i want to", "i need to", "i would like to", "i'd like to", "i wanna", "we want to",
    "we need to", "let's", "lets", "let us", "make sure to", "be sure to",
    "be so kind and", "be so kind as to",
)  # fmt: skip
_SOFTENERS = _by_first("be so kind as to", "be able to", "possibly", "mind")
_REFUSALS = _by_first(
    "do not", "no need to", "refrain from", "hold off on", "hold off", "rather not", "never",
    "not", "don't", "dont", "donot", "dnt", "stop", "quit", "cease", "avoid", "skip", "cancel",
    "abort", "without", "no", "refuse to", "forget about", "ever", "even", "decline to",
)  # fmt: skip
_REMINDERS = _by_first("do not forget to", "don't forget to", "dont forget to", "remember to")
"""They ask for an act at some other time, and deny nothing."""

_AUXILIARIES = wordset("""
    i we you u to can could should would will may might must shall not ever just never and or
    please also don't does do did would then
""")
"""Words before which a verb in its plain form is an action, not a noun."""

_BEFORE_GERUNDS = wordset(
    "does would will can could should about by after before of from without mind than for"
)
_WEIGHING = wordset("""
    avoid consider try imagine suggest suggests suggested recommend recommended like stop not no
    keep start is
""")
_COUNTED = wordset("two three four five six seven eight nine ten eleven twelve")
_TOWARDS = wordset("at in by on over during until from before after")
_OCCASIONS = wordset("""
    night nights dawn dusk sunrise sunset lunchtime end start beginning closing opening summer
    winter autumn spring january february april june july august september october november
    december christmas xmas easter holiday holidays vacation vacations emergency emergencies
    demand request arrival departure return
""")
"""Times and events behind a preposition; alone, they may be names: "the Summer House AP"."""

_BEFORE_EVENTS = frozenset(
    {
        ("the", "moment"), ("the", "minute"), ("the", "instant"), ("prior", "to"), ("ahead", "of"),
        ("from", "now"), ("following", "the"), ("following", "my"), ("following", "our"),
        ("an", "emergency"),
    }
)  # fmt: skip
_KEPT_HOURS = wordset("office working work business school opening closing quiet peak")
_OPEN = wordset("the my our your its their")
_TAGGED = wordset("i you he she it we they")
ABBREVIATIONS = wordset("mr mrs ms dr st no nr jr sr prof vs")


_EARLY = 6
"""Words within which a question says that it is about what was done: "what did you change"."""

_WINDOW = 24
"""Tokens that are looked at behind a verb in mid-sentence, so that long texts stay cheap."""


class Opening(NamedTuple):
    """How a clause begins: the mood of its imperative, whether it refuses, where its verb is."""

    mood: Mood
    refuses: bool
    at: int


def courtesy(clause: Phrase) -> Opening:
    """Read politeness alone off the beginning of a clause: "could you stop …" begins by "stop"."""
    return opening(clause, refusals={})


def opening(
    clause: Phrase, *, refusals: Mapping[str, Sequence[tuple[str, ...]]] | None = None
) -> Opening:
    """Read politeness and refusal off the beginning of a clause."""
    refusals = _REFUSALS if refusals is None else refusals
    at, mood, refuses = 0, Mood.COMMAND, False
    while at < len(clause):
        if width := _begins(clause, at, _REMINDERS):
            mood = Mood.STATEMENT
        elif mood is not Mood.STATEMENT and (width := _begins(clause, at, _REQUESTS)):
            mood = Mood.REQUEST
        elif clause[at].word == "do" and at + 1 < len(clause) and lemma(clause[at + 1].word):
            width = 1  # "do block it" insists
        elif mood is Mood.REQUEST and (width := _begins(clause, at, _SOFTENERS)):
            pass
        elif width := _refuses(clause, at, refusals):
            refuses = True
        elif clause[at].word in FILLERS or clause[at].text in _LEADING_MARKS:
            width = 1
        else:
            break
        at += width
    return Opening(mood, refuses, at)


def _refuses(clause: Phrase, at: int, refusals: Mapping[str, Sequence[tuple[str, ...]]]) -> int:
    return 0 if ends_a_timer(clause, at) else _begins(clause, at, refusals)


def _begins(clause: Phrase, at: int, phrases: Mapping[str, Sequence[tuple[str, ...]]]) -> int:
    candidates = phrases.get(clause[at].word)
    if not candidates:
        return 0
    words = tuple(token.word for token in clause[at : at + 5])
    return max((len(one) for one in candidates if words[: len(one)] == one), default=0)


def imperative(clause: Phrase) -> tuple[Opening, Deed] | None:
    """Return the opening and the act of a clause that begins with its verb, if it does."""
    start = opening(clause)
    if start.at >= len(clause):
        return None
    token = clause[start.at]
    found = lemma(token.word)
    form = found[1] if found else "base"
    minding = start.at > 0 and clause[start.at - 1].word == "mind"
    if form != "base" and not (form == "gerund" and (start.refuses or minding)):
        return None
    deed = deed_at(clause, start.at)
    if not deed or (deed.writes and deed.phrase and deed.phrase[0].word == "of"):
        return None  # "reboot of the AP" is a noun
    return start, deed


def begins_an_act(clause: Phrase, *, strict: bool) -> bool:
    """Tell whether a clause begins with a verb of its own, order or refusal.

    Weak verbs, which may be nouns, need an object behind them when `strict`.
    """
    start = opening(clause)
    found = imperative(clause)
    if not found:
        return start.refuses and start.at < len(clause)
    word = clause[start.at].word
    base = (lemma(word) or (word,))[0]
    return not strict or base not in WEAK or _has_object(clause, start.at)


def _has_object(clause: Phrase, at: int) -> bool:
    if at + 1 >= len(clause):
        return False
    following = clause[at + 1]
    base = (lemma(clause[at].word) or ("",))[0]
    if following.word in PARTICLES.get(base, ()):
        return True
    return following.kind == "quoted" or following.word in DETERMINERS or ":" in following.word


def asks(clause: Phrase) -> bool:
    """Tell whether a clause begins as a question."""
    words = words_of(clause[:6])
    while words and words[0] in FILLERS:
        words = words[1:]
    if words[:1] == ("when",):
        return words[1:2] != () and words[1] in QUESTIONS
    return bool(words) and words[0] in QUESTIONS


def action_in(clause: Phrase, *, asking: bool, start: int = 0) -> tuple[Deed, Form] | None:
    """Return the first changing act that a clause names from a place on, with its verb's form.

    In a question only acts that somebody might do count: "should I block it", not "is the AP
    rebooting".
    """
    for at in range(start, len(clause)):
        token = clause[at]
        found = lemma(token.word) if token.kind == "word" else None
        if not found or found[1] == "third" or not _stands_as_verb(clause, at, *found):
            continue
        if asking and not _might_be_done(clause, at, found[1]):
            continue
        deed = deed_at(clause[at : at + _WINDOW], 0)
        if deed and deed.writes:
            return deed, found[1]
    return None


def _stands_as_verb(clause: Phrase, at: int, base: str, form: str) -> bool:
    before = clause[at - 1].word if at else ""
    if form == "base":
        if before in ARTICLES or "-" in clause[at].word[len(base) :]:
            return False
        strong = base not in WEAK and base not in PARTICLES
        return strong or at == 0 or before in _AUXILIARIES or _has_object(clause, at)
    if form == "gerund":
        return at == 0 or before in _BEFORE_GERUNDS or before in _WEIGHING
    return True


def _might_be_done(clause: Phrase, at: int, form: str) -> bool:
    before = clause[at - 1].word if at else ""
    if form == "base":
        happened = clause[0].word in {"did", "has", "had"} or "did" in words_of(
            clause[: min(at, _EARLY)]
        )
        return not happened and (not at or before in _AUXILIARIES)
    if form == "gerund":
        return not at or before in _BEFORE_GERUNDS or (at == 1 and before in QUESTIONS)
    return False


def negates(clause: Phrase) -> bool:
    """Tell whether any word of a clause denies."""
    words = words_of(clause)
    for at, word in enumerate(words):
        if word in NEGATIONS or word.endswith("n't"):
            numbered = word == "no" and words[at + 1 : at + 2] and words[at + 1].isdecimal()
            if not numbered:
                return True
        elif "-" in word and not {"not", "no", "never", "dont", "don't"}.isdisjoint(
            word.split("-")
        ):
            return True
    return False


def untagged(clause: Phrase) -> Phrase:
    """Return a clause without the question at its end: "it is online, isn't it"."""
    end = len(clause)
    while end and clause[end - 1].kind == "mark":
        end -= 1
    tag = words_of(clause[max(0, end - 2) : end])
    if end > 2 and tag[:1] and tag[0].endswith("n't") and tag[1:] and tag[1] in _TAGGED:  # noqa: PLR2004  # an act before the tag
        return clause[: end - 2]
    return clause


def stance(clause: Phrase, deed: Deed, mentions: Sequence[Mention]) -> Mood | None:
    """Return what a clause says about its act beside naming it: hearsay, condition or time."""
    words = words_of(clause)
    if not REPORTS.isdisjoint(words):
        return Mood.REPORTED
    if ("in", "the", "event") in zip(words, words[1:], words[2:], strict=False) or any(
        word in CONDITIONS and (word, before) != ("while", "a")
        for before, word in pairwise(("", *words))
    ):
        return Mood.CONDITIONAL
    if _timed(words, deed, mentions):
        return Mood.SCHEDULED
    return None


def _timed(words: Sequence[str], deed: Deed, mentions: Sequence[Mention]) -> bool:
    kinds = {mention.kind for mention in mentions}
    if "time" in kinds or not SCHEDULES.isdisjoint(words):
        return True
    spans = {one.text.split(" ")[0].lower() for one in mentions if one.kind == "duration"}
    if spans and (not _takes_duration(deed) or _in_some(words, spans)):
        return True
    return any(_repeats(words[at : at + 3]) for at in range(len(words)))


def _in_some(words: Sequence[str], spans: frozenset[str] | set[str]) -> bool:
    """Tell "in two hours" from "for two hours"."""
    return any(word == "in" and after in spans for word, after in pairwise(words))


def _repeats(words: Sequence[str]) -> bool:
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first in _TOWARDS and second and _comes(words[1:]):
        return True
    onward = tuple(words) == ("from", "now", "on")
    if ((first, second) in _BEFORE_EVENTS and not onward) or (
        second == "hours" and first in _KEPT_HOURS
    ):
        return True
    if first in {"every", "each", "per", "next"}:
        return second in UNITS or second in {"night", "other", "time", "school"}
    if first in {"from", "between", "by", "around", "about", "past", "since"}:
        return second.isdecimal() or second in _COUNTED
    if first in {"for", "in", "this"}:
        vague = {"now", "bit", "while", "moment", "night", "weekend", "week", "month", "year"}
        return second in vague or (second in {"a", "the"} and words[-1] in vague)
    return False


def _comes(words: Sequence[str]) -> bool:
    """Tell whether a time follows that comes again or is known by a name: "at the end of"."""
    named = words[1:] if words[0] in ARTICLES and words[1:] else words
    return named[0] in _OCCASIONS or (len(named) == len(words) and named[0] in _COUNTED)


def _takes_duration(deed: Deed) -> bool:
    if deed.verb is Verb.CREATE:
        return any(
            (noun := NOUNS.get(word)) and noun.kind is TargetKind.VOUCHER
            for word in words_of(deed.phrase)
        )
    return deed.verb in {Verb.LOCATE, Verb.AUTHORIZE} and deed.direction is not Direction.OFF


def doubtful(phrase: Phrase) -> bool:
    """Tell whether an order's object holds words that no plain order has, or another sentence."""
    if phrase and (phrase[-1].word == "right" or _adds(words_of(phrase))):
        return True
    following: Token | None = None
    for at in range(len(phrase) - 1, -1, -1):
        token, before = phrase[at], phrase[at - 1].word if at else ""
        if token.kind == "mark":
            winks = token.text == ")" and before == ";"
            strange = winks or token.text not in _PLAIN_MARKS
            if strange or (following and _breaks(token, before, following)):
                return True
        elif token.kind == "word" and _disturbs(token.word, before):
            return True
        elif token.word not in FILLERS and (token.word, before) != ("you", "thank"):
            following = token
    return False


def unfinished(phrase: Phrase) -> bool:
    """Tell whether an order breaks off behind an article: "rename the printer to the"."""
    words = words_of(phrase)
    while words and words[-1] in FILLERS:
        words = words[:-1]
    if not words or phrase[-1].kind == "quoted":
        return False
    return words[-1] in _OPEN or (words[-1] in {"a", "an"} and words[-2:-1] in {("to",), ("as",)})


def _adds(words: Sequence[str]) -> bool:
    """Tell whether something else follows by "and": "block it and regret it"."""
    behind = words[words.index("and") :] if "and" in words else ()
    return not {"it", "him", "her", "them"}.isdisjoint(behind)


def _disturbs(word: str, before: str) -> bool:
    if word in DOUBTS:
        return not (word == "you" and before == "thank")
    if (base := FORMS.get(word)) and base[1] == "gerund" and base[0] not in WEAK:
        return base[0] not in SENSES or SENSES[base[0]][0] not in READING
    return "/" in word and "." not in word and ":" not in word


def _breaks(mark: Token, before: str, following: Token) -> bool:
    """Tell whether a mark ends the order although more than politeness follows it."""
    if mark.text in "()'\"#&+-*" or (mark.text == "." and before in ABBREVIATIONS):
        return False
    if mark.text != ",":
        return True
    listed = following.kind == "quoted" or following.word[0].isdigit()
    word = following.word
    return not (listed or word in DETERMINERS or word in NOUNS or word in {"and", *PREPOSITIONS})


def sure(tokens: Iterable[Token]) -> bool:
    """Tell whether no question mark stands in a text."""
    return all(token.text != "?" or token.kind != "mark" for token in tokens)
