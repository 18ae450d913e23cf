"""Orders that name their thing first: "kids ipad, block it" is "block the kids ipad".

Decides only what a pronoun behind the thing stands for. Who may be spoken to, and not about, and
whatever is told rather than named, is no such thing.
"""

from cortex.fabric.catalogue.tool import TargetKind
from cortex.fabric.routing.language.acts import Phrase, lemma, words_of
from cortex.fabric.routing.language.lexicon import (
    CONDITIONS,
    DOUBTS,
    FILLERS,
    NEGATIONS,
    PAIRS,
    PREPOSITIONS,
    REPORTS,
    SCHEDULES,
    SENSES,
)
from cortex.fabric.routing.language.mood import courtesy, imperative
from cortex.fabric.routing.language.nouns import head_of
from cortex.fabric.routing.language.text import Token, wordset

_LONGEST = 10
_OTHERS = (
    wordset("alexa siri google cortana jarvis echo sonos homepod guest guests user users host")
    | FILLERS
)
"""Who is spoken to when one of these words is all that stands before the order."""

FINITE = wordset("""
    is are was were am has have had keeps keep hangs hung froze died stopped broke left went came
    found threw unpacked installed mounted fitted decommissioned
    got lost crashed moved sold replaced returned bought shows looks feels seems needs i'm we're
    he's she's it's they're i've we've they've
""")
"""Verbs by which something is told of a thing that is named before them."""

_TELLING = (
    FINITE |
    (PREPOSITIONS - wordset("of on in at from by with near behind under to the for"))
    | CONDITIONS | DOUBTS | NEGATIONS | REPORTS | SCHEDULES
    | wordset("and or any some every each all both nothing something everything keeps has have had")
)  # fmt: skip
_THINGS = frozenset({TargetKind.CLIENT, TargetKind.DEVICE, TargetKind.PORT, TargetKind.WLAN})
_TURNING = {"stop": False, "quit": False, "cease": False, "start": True, "begin": True}
_BLINKING = wordset("blinking flashing locating")
_LIGHTS = wordset("light lights led leds")
_ITS = wordset("its your")
_PLEASE = wordset("please pls plz kindly")


def addressed(tokens: Phrase) -> tuple[Token, ...] | None:
    """Return the order with its thing behind the verb, if it stands before it and a comma."""
    cut = next((at for at, one in enumerate(tokens[: _LONGEST + 1]) if one.text in ",:"), 0)
    thing, order = tuple(tokens[:cut]), tuple(tokens[cut + 1 :])
    if not order or not is_thing(thing):
        return None
    start = courtesy(order)
    if stopped := _stopped(order[start.at :]):
        return (*stopped, *thing)
    found = imperative(order[start.at :])
    if not found or found[0].refuses or found[0].at:
        return None
    paired = (order[start.at].word, *words_of(order[start.at + 1 : start.at + 2])) in PAIRS
    verbs, behind = order[start.at :][: 1 + paired], order[start.at :][1 + paired :]
    asked = any(one.word in _PLEASE for one in order)
    placed = _placed(thing, behind, asked=asked)
    return (*verbs, *placed) if placed else None


def is_thing(thing: Phrase) -> bool:
    """Tell whether words only name a thing of the network, and nobody who is spoken to."""
    words = words_of(thing)
    if not words or any(one.kind == "mark" for one in thing):
        return False
    if not _TELLING.isdisjoint(words) or (len(words) == 1 and words[0] in _OTHERS):
        return False
    if (found := lemma(words[0])) and found[0] in SENSES and len(words) > 1:
        return False
    head = head_of(thing)
    return (head is not None and head.kind in _THINGS and not head.plural) or _coded(words[-1])


def _stopped(order: Phrase) -> tuple[Token, ...]:
    """Return the verbs of "stop blinking" or "start flashing" where nothing else is ordered."""
    words = [one.word for one in order if one.kind != "mark" and one.word not in FILLERS]
    rest = words[2:]
    if words[:1] and words[0] in _TURNING and words[1:2] and words[1] in _BLINKING:
        light = not rest or (rest[0] in _ITS and rest[1:] and rest[1] in _LIGHTS and not rest[2:])
        verb = Token("word", "blink", "blink", order[1].start, order[1].end)
        return () if not light else (verb,) if _TURNING[words[0]] else tuple(order[:2])
    return ()


def _coded(word: str) -> bool:
    return "-" in word or any(map(str.isdigit, word))


def _placed(thing: Phrase, behind: Phrase, *, asked: bool) -> tuple[Token, ...]:
    """Put a thing where "it" or "its" stands behind a verb; nowhere if something else does."""
    first = behind[0].word if behind else ""
    if first == "it":
        return (*thing, *behind[1:])
    rest = [one for one in behind if one.kind != "mark" and one.word not in FILLERS]
    if not rest:
        return (*thing, *behind) if asked else ()
    if first in _ITS and len(rest) > 1:
        end = next((at for at, one in enumerate(behind) if one.word in FILLERS), len(behind))
        of = Token("word", "of", "of", behind[0].start, behind[0].end)
        return (*behind[1:end], of, *thing, *behind[end:])
    return ()
