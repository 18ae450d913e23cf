"""Words that speak of time and tell none: "after dinner", "around 7", "every so often".

Looks at what is left of an order once its phrases of time are known. One such word makes the
order unclear, for what it does to the time is not understood.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cortex.fabric.routing.language.lexicon import FILLERS, PREPOSITIONS, SCHEDULES, UNITS
from cortex.fabric.routing.language.nouns import NOUNS
from cortex.fabric.routing.language.text import wordset

NO_TIME = "I cannot tell a time from it"
DEPENDS = "it depends on something that is not a time"
TWOFOLD = "“on” may belong to the verb or to the day; say “on” or “off” before it"
INEXACT = "it leaves open what is meant"

_CONDITIONS = wordset("when whenever once while whilst")
_NAMES = SCHEDULES | wordset("""
    midday fortnight tmrw tmr everyday weeknight weeknights sunrise sunset dawn dusk starting
    2nite tonite 2night 2morrow 2moro
""")
_WORDS_BEFORE = wordset("""
    around about approximately approx roughly circa almost nearly before after by since past between
    within than except excluding but not or maybe perhaps least most max maximum next from until
    till til to every each no never per during over through mon tue tues wed thu thur thurs fri sat
    sun two three first second third last for in of a an the this that my our only at like say bout
    - – ~ < > + =
""")
"""Words and signs that, right before a phrase of time, make another time of it."""

_WORDS_AFTER = wordset("""
    or ish ago max maximum tops latest earliest apart except excluding but minus plus-minus sharp
    before after mon tue tues wed thu thur thurs fri sat sun per each either onward onwards ahead
    only uhr utc gmt cet cest est edt pst pdt bst local hours time
""")
_TURNING = wordset("turn turning switch switching power powering bring put set")
_PARTICLES = wordset("on off up down out")
_LISTS = wordset("and , & /")
_MONTHS = wordset("""
    january february march april may june july august september october november december
""")
_BEFORE_MONTHS = wordset("of in until till til by since from on before after during")
_DATES = re.compile(r"[0-9]{1,2}/[0-9]{1,2}(?:/[0-9]{2,4})?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_DOTTED_DATE = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}(?:\.[0-9]{2,4})?")
_NUMERALS = wordset("""
    one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty
    sixty ninety
""")
_COUNTS = _NUMERALS | wordset("""
    a an few couple several some many more another next this all whole per each every of half other
    alternate extra full first
""")
_RECENT = wordset("last past previous recent")
_VAGUE = wordset("""
    while bit moment sec jiffy now time rest weekend week day night month year season ages few
    couple being holidays moments times
""")
_OCCASIONS = wordset("""
    night nights day days week weekend noon midnight end start beginning closing opening summer
    winter spring autumn christmas easter holiday holidays vacation lunchtime dinnertime teatime
    bedtime
""")
_REPEATS = UNITS.keys() | wordset("time so other now once few couple odd night full new")
_OPEN = wordset("at until till til from between around @ by")
_ALWAYS_TIMES = wordset("at until till til")
_SOME = wordset("a an another some several few half couple")
_PEOPLE = wordset("people person persons visitor visitors friend friends device devices colleague")
"""For whom something may be, beside the things that are nouns of a network."""

_MEASURES = wordset("ghz g mhz mbps kbps gbps % percent dbm gb mb watts w")
_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:h|hr|hrs|hours?|mins?|minutes?|days?|weeks?|months?)")
_FACE = re.compile(r"[0-9]{1,4}(?:[:.][0-9]{2})?(?:am|pm|ish|-ish|h)?")
_GLUED = re.compile(r"[0-9]{1,4}([a-z]{1,12})")
_ROUGHLY = re.compile(r"[0-9]{1,2}(?::[0-9]{2})?-?ish")
_ORDINAL = re.compile(r"[0-9]{1,2}(?:st|nd|rd|th)")
_NUMBER = re.compile(r"[0-9]{1,4}(?:st|nd|rd|th)?")
_COURTESY = wordset("please pls plz kindly thanks thank thx cheers asap")
_LEADING = _COUNTS | wordset("for in on the up to within least most than about at over by")
_SHOWN = 6
"""Words that are named of an unclear phrase, at most."""


class Vague(NamedTuple):
    """Why some words are unclear, and where they stand."""

    reason: str
    first: int
    end: int


def vague_in(words: Sequence[str], spans: Sequence[tuple[int, int]]) -> Vague | None:
    """Find the first word about time that no phrase accounts for, or that changes a phrase."""
    covered = {at for first, end in spans for at in range(first, end)}
    if found := _twofold(words, spans, covered):
        return found
    for first, end in spans:
        if found := _changed(words, first, end, covered):
            return found
    for at, word in enumerate(words):
        reason = "" if at in covered or not word else _reason(words, at)
        if reason:
            return Vague(reason, _opened(words, at, covered), _shown(words, at, covered))
    return None


def _twofold(
    words: Sequence[str], spans: Sequence[tuple[int, int]], covered: set[int]
) -> Vague | None:
    """Find the "on" of "turn the wifi on monday", which may belong to the verb or to the day."""
    left = {word for at, word in enumerate(words) if at not in covered}
    if left.isdisjoint(_TURNING) or not left.isdisjoint(_PARTICLES):
        return None
    found = next(((first, end) for first, end in spans if words[first] == "on"), None)
    return Vague(TWOFOLD, *found) if found else None


def _changed(words: Sequence[str], first: int, end: int, covered: set[int]) -> Vague | None:
    """Find a word beside a phrase that changes what the phrase says: "not until 7", "7 or 8"."""
    before, after = first - 1, end
    before -= int(before > 0 and words[before] == ".")
    if before >= 0 and before not in covered and words[before] in _WORDS_BEFORE:
        return Vague(INEXACT, before, end)
    if after < len(words) and after not in covered and _continues(words[after : after + 3]):
        return Vague(INEXACT, first, _shown(words, after, covered))
    return None


def _continues(words: Sequence[str]) -> bool:
    """Tell whether words behind a phrase go on about time: "or so", "and 9", "Vienna time"."""
    word, second, third = (*words, "", "")[:3]
    latest = word == "at" and second in {"the", "least", "most"}
    listed = word in _LISTS and (
        bool(_NUMBER.fullmatch(second))
        or (second in _NUMERALS and not third[:1].isalnum())
        or (second in _LISTS and bool(_NUMBER.fullmatch(third)))
    )
    numbered = bool(_NUMBER.fullmatch(word))
    return word in _WORDS_AFTER or second == "time" or numbered or latest or listed


def _reason(words: Sequence[str], at: int) -> str:
    if words[at] in _CONDITIONS or _on_condition(words, at):
        return DEPENDS
    return NO_TIME if any(speaks(words, at) for speaks in _SPEAKING) else ""


def _on_condition(words: Sequence[str], at: int) -> bool:
    three = tuple(words[at : at + 3])
    return (
        three in {("as", "soon", "as"), ("as", "long", "as"), ("so", "long", "as")}
        or three[:2] in {("every", "time"), ("each", "time"), ("the", "moment"), ("the", "minute")}
        or three[:2] == ("the", "instant")
    )


def _named(words: Sequence[str], at: int) -> bool:
    return words[at] in _NAMES or bool(_ROUGHLY.fullmatch(words[at]))


def _repeated(words: Sequence[str], at: int) -> bool:
    """Tell "every hour", "every second day", "every 5 minutes" from "every second ipad"."""
    if words[at] not in {"every", "each", "per"}:
        return False
    following = (*words[at + 1 : at + 3], "", "")
    numbered = following[0].isdecimal() or _ORDINAL.fullmatch(following[0])
    if numbered or following[0] in {"second", "third", "other", "few"}:
        return following[1] in UNITS or following[1] in SCHEDULES or following[1] in _OCCASIONS
    return following[0] in _REPEATS


def _unmeasured(words: Sequence[str], at: int) -> bool:
    """Find "for a while", "for the rest of the day", "in a bit", "for three"."""
    if words[at] not in {"for", "in"}:
        return False
    skipped = int(words[at + 1 : at + 2] != [] and words[at + 1] in {"a", "an", "the", "some"})
    skipped += int(words[at + 1 + skipped : at + 2 + skipped] in (["little"], ["short"], ["long"]))
    following, behind = (*words[at + 1 + skipped : at + 3 + skipped], "", "")[:2]
    number = following.isdecimal() or following in _NUMERALS
    return following in _VAGUE or (number and (not behind[:1].isalnum() or behind in _COURTESY))


def _strange(words: Sequence[str], at: int) -> bool:
    """Tell a length in a unit nobody knows, "for 2 lunches", "for 5mn", from "for 2 guests"."""
    if words[at] != "for":
        return False
    count, behind = (*words[at + 1 : at + 3], "", "")[:2]
    if glued := _GLUED.fullmatch(count):
        return glued[1] not in _MEASURES and not _ORDINAL.fullmatch(count)
    number = count.replace(".", "", 1).isdecimal() or count in _NUMERALS or count in _SOME
    named = behind[:1].isalpha() and behind not in _MEASURES
    told = words[at + 2 : at + 5]
    return number and named and not any(one in NOUNS or one in _PEOPLE for one in told)


def _counted(words: Sequence[str], at: int) -> bool:
    """Find a length of time that is left: "a few minutes", "two months", "2h"."""
    word, before = words[at], words[at - 1] if at else ""
    if _AMOUNT.fullmatch(word):
        return before not in _RECENT
    unit = word in UNITS or word in {"nights", "times"}
    if not unit or len(word) == 1 or word == "second":
        return False
    earlier = words[at - 2] if at > 1 else ""
    number = before in _COUNTS or before.replace(".", "", 1).isdecimal()
    return number and earlier not in _RECENT and not (before == "of" and earlier in _RECENT)


def _occasional(words: Sequence[str], at: int) -> bool:
    """Find "at night", "over the weekend", "by the end", "all day"."""
    if words[at] in {"all", "whole", "entire"}:
        following = words[at + 1] if len(words) > at + 1 else ""
        return following in {"day", "night", "week", "weekend", "month", "year"}
    if words[at] not in {"at", "by", "over", "during", "through", "until", "till", "this"}:
        return False
    skipped = int(words[at + 1 : at + 2] == ["the"])
    following = words[at + 1 + skipped] if len(words) > at + 1 + skipped else ""
    return following in _OCCASIONS


def _misshapen(words: Sequence[str], at: int) -> bool:
    """Find what begins like a time of day and is none: "at 25:00", "until 7ish"."""
    following = (*words[at + 1 : at + 3], "", "")
    if words[at] in _ALWAYS_TIMES:
        # "Half seven" is half past six to some, half past seven to others.
        spelled = following[0] in _NUMERALS
        return (
            spelled or (following[0] == "half" and following[1] in _NUMERALS) or _faces(following)
        )
    return words[at] in _OPEN and _faces(following)


def _faces(following: Sequence[str]) -> bool:
    if not _FACE.fullmatch(following[0]):
        return False
    return following[0] != "2.4" and following[1] not in _MEASURES


def _before_a_month(word: str) -> bool:
    return word in _BEFORE_MONTHS or bool(_NUMBER.fullmatch(word))


def _dated(words: Sequence[str], at: int) -> bool:
    """Tell "on the 24th" from "on the 2nd floor"."""
    word, before = words[at], words[at - 1] if at else ""
    if _DATES.fullmatch(word) or (word in _MONTHS and _before_a_month(before)):
        return True
    if _DOTTED_DATE.fullmatch(word):
        measured = words[at + 1 : at + 2] != [] and words[at + 1] in _MEASURES
        return before in _BEFORE_MONTHS and word != "2.4" and not measured
    if not _ORDINAL.fullmatch(word):
        return False
    following = words[at + 1] if len(words) > at + 1 else ""
    return not following[:1].isalpha() or following in FILLERS or following in PREPOSITIONS


_SPEAKING: tuple[Callable[[Sequence[str], int], bool], ...] = (
    _named,
    _repeated,
    _unmeasured,
    _strange,
    _counted,
    _occasional,
    _misshapen,
    _dated,
)


def _opened(words: Sequence[str], at: int, covered: set[int]) -> int:
    """Return where the unclear words begin: "for a few" belongs to "minutes"."""
    while at and at - 1 not in covered:
        before = words[at - 1]
        if before not in _LEADING and not before.isdecimal():
            break
        at -= 1
    return at


def _shown(words: Sequence[str], at: int, covered: set[int]) -> int:
    """Return where the unclear words end: at a mark, at a phrase, or after a few of them."""
    end = at + 1
    while end < len(words) and end - at < _SHOWN and end not in covered:
        if not words[end][:1].isalnum() or words[end] in _COURTESY:
            break
        end += 1
    return end
