"""Entities in a text: addresses, numbers, times, quotations; and the template they leave.

Reads spellings into canonical values; which entity of the network is meant, binding decides.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address

from cortex.fabric.routing.frame import Mention, MentionKind
from cortex.fabric.routing.language.lexicon import UNITS
from cortex.fabric.routing.language.text import Token, wordset

_MAC = re.compile(
    r"[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}([.:-])[0-9a-f]{4}\2[0-9a-f]{4}"
    r"|(?=[0-9]*[a-f])[0-9a-f]{12}"
)
_PAIR = re.compile(r"[0-9a-f]{2}")
_COMPACT = re.compile(
    r"(?:([0-9]{1,6})(?:h|hr|hrs))?(?:([0-9]{1,6})(?:m|min|mins))?(?:([0-9]{1,6})(?:s|sec|secs))?"
)
_AMOUNT = re.compile(r"([0-9]{1,6})-?([a-z]{1,7})")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])(?::([0-5][0-9]))?(am|pm)?")
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")
_LABELLED = re.compile(r"(vlan|port)-?([0-9]{1,5})")
_BAND = re.compile(r"(2\.4|5|6)-?(?:ghz|g)")
_NUMERALS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
}  # fmt: skip
_MIDNIGHTS = {"midnight": "00:00", "noon": "12:00", "midday": "12:00"}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}(?:/[0-9]{2,4})?")
_DAYS = wordset("today tomorrow yesterday tonight")
_BEFORE_CLOCKS = wordset("at until till by before after")
_LEADS = frozenset(
    {"vlan", "port", "last", "past", "half"} | _MIDNIGHTS.keys() | _DAYS | _BEFORE_CLOCKS
)
"""Words without a digit that may begin a mention; shorter ones are looked at anyway."""

_OCTET, _HEX_DIGITS = 2, 12
"""Characters of one part of a MAC address, and of a whole one without separators."""

_SLOTS: dict[MentionKind, str] = {
    "mac": "<mac>", "ip": "<ip>", "vlan": "<vlan>", "port": "<port>", "duration": "<duration>",
    "time": "<time>", "number": "<number>", "quoted": "<quoted>", "name": "<quoted>",
}  # fmt: skip
"""Names that the text gives are as private as quotations; bands are part of the wording."""

Found = tuple[MentionKind, str, int]
"""Kind, canonical value, and how many tokens it takes."""


def mentions_in(tokens: Sequence[Token], text: str) -> tuple[Mention, ...]:
    """Return every entity of the text, in order, none overlapping."""
    mentions, at = list[Mention](), 0
    while at < len(tokens):
        if (found := _at(tokens, at)) is None:
            at += 1
            continue
        kind, value, width = found
        start, end = tokens[at].start, tokens[at + width - 1].end
        mentions.append(Mention(kind, text[start:end], value, start))
        at += width
    return tuple(mentions)


def _at(tokens: Sequence[Token], at: int) -> Found | None:
    token = tokens[at]
    if token.kind == "quoted":
        return _address(token.text.lower(), 1) or ("quoted", token.text, 1)
    if token.kind == "mark" or (len(token.word) > _OCTET and _ordinary(token.word)):
        return None
    words = [one.word for one in tokens[at : at + 7]]
    if token.word[0].isdigit() or token.word in _NUMERALS:
        return _counted(words)
    return _labelled(words) or _address(token.word, 1) or _spaced_mac(words) or _worded(words)


def _ordinary(word: str) -> bool:
    plain = word.isalpha() and len(word) != _HEX_DIGITS
    return plain and word not in _NUMERALS and word not in _LEADS


def _address(word: str, width: int) -> Found | None:
    if len(word) >= _HEX_DIGITS and _MAC.fullmatch(word):
        return "mac", ":".join(_PAIR.findall(re.sub("[.:-]", "", word))), width
    if word.count(".") == 3 or word.count(":") > 1:  # noqa: PLR2004  # the forms of IPv4 and IPv6
        try:
            return "ip", str(ip_address(word)), width
        except ValueError:
            return None
    return None


def _counted(words: Sequence[str]) -> Found | None:
    """Read what begins with a number: address, duration, time, band or the number itself."""
    word = words[0]
    return (
        _address(word, 1)
        or _spaced_mac(words)
        or _band(words)
        or _duration(words)
        or _clock(words)
        or _number(word)
    )


def _number(word: str) -> Found | None:
    if _NUMBER.fullmatch(word):
        return "number", word, 1
    if _NUMERALS.get(word, 1) > 1:
        return "number", str(_NUMERALS[word]), 1
    return None


def _spaced_mac(words: Sequence[str]) -> Found | None:
    six = words[:6]
    if len(six) == 6 and all(_PAIR.fullmatch(one) for one in six):  # noqa: PLR2004  # six octets
        return "mac", ":".join(six), 6
    return None


def _band(words: Sequence[str]) -> Found | None:
    if found := _BAND.fullmatch(words[0]):
        return "band", found[1], 1
    if words[0] in {"2.4", "5", "6"} and words[1:2] in (["ghz"], ["g"]):
        return "band", words[0], 2
    return ("band", "2.4", 1) if words[0] == "2.4" else None


def _duration(words: Sequence[str]) -> Found | None:
    """Read "2h", "1h30m", "90 minutes", "an hour", "1 hour and 30 minutes"."""
    if words[:2] == ["a", "half"] or not (first := _span(words)):
        return None
    seconds, width = first
    rest = words[width:]
    linked = int(rest[:1] == ["and"])
    if rest[linked:] and rest[linked][0].isdigit() and (more := _span(rest[linked:])):
        return "duration", str(seconds + more[0]), width + linked + more[1]
    return "duration", str(seconds), width


def _span(words: Sequence[str]) -> tuple[int, int] | None:
    word = words[0]
    if found := _AMOUNT.fullmatch(word):
        return (int(found[1]) * UNITS[found[2]], 1) if found[2] in UNITS else None
    if word[0].isdigit() and (found := _COMPACT.fullmatch(word)):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds, 1
    unit = UNITS.get(words[1]) if len(words) > 1 else None
    if unit is None or (len(words[1]) == 1 and not word[0].isdigit()):
        return None
    if word in _NUMERALS:
        return _NUMERALS[word] * unit, 2
    return (round(float(word) * unit), 2) if _NUMBER.fullmatch(word) else None


def _clock(words: Sequence[str]) -> Found | None:
    """Read "7 am", "19:30", "7 o'clock"; a bare number is a time only behind "at" and "until"."""
    found = _CLOCK.fullmatch(words[0])
    if _DATE.fullmatch(words[0]):
        return "time", words[0], 1
    if not found:
        return None
    half, width = found[3], 1
    if not half and words[1:2] and words[1] in {"am", "pm", "o'clock"}:
        half, width = words[1], 2
    if not half and not found[2]:
        return None
    hour = int(found[1])
    if half in {"am", "pm"}:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return "time", f"{hour:02}:{found[2] or '00'}", width


def _labelled(words: Sequence[str]) -> Found | None:
    """Read "VLAN 30", "port #5", "port no 5"."""
    if found := _LABELLED.fullmatch(words[0]):
        return _label(found[1], found[2], 1)
    if words[0] not in {"vlan", "port"}:
        return None
    skipped = 1
    while words[skipped : skipped + 1] and words[skipped] in {"#", "id", "no", "number", "nr", "."}:
        skipped += 1
    if words[skipped:] and words[skipped].isdecimal() and len(words[skipped]) <= 5:  # noqa: PLR2004  # 65535
        return _label(words[0], words[skipped], skipped + 1)
    return _spelt_port(words, skipped)


def _spelt_port(words: Sequence[str], at: int) -> Found | None:
    """Read "port three"; "port twenty one" and "port one hundred" are left alone."""
    word, following = (*words[at:], "", "")[:2]
    goes_on = following in _NUMERALS.keys() - {"a", "an"} or following in {"hundred", "thousand"}
    if words[0] != "port" or len(word) <= _OCTET or word not in _NUMERALS or goes_on:
        return None
    return _label("port", str(_NUMERALS[word]), at + 1)


def _label(label: str, number: str, width: int) -> Found:
    return ("vlan" if label == "vlan" else "port"), str(int(number)), width


def _worded(words: Sequence[str]) -> Found | None:
    """Read "at 7", "midnight", "tomorrow", "half an hour", "last week"."""
    word = words[0]
    if word in _MIDNIGHTS:
        return "time", _MIDNIGHTS[word], 1
    if word in _DAYS:
        return "time", word, 1
    if word == "half" and words[1:3] == ["an", "hour"]:
        return "duration", "1800", 3
    if word in {"last", "past"} and words[1:]:
        return _recent(words[1:])
    return _timed(words) if word in _BEFORE_CLOCKS else None


def _timed(words: Sequence[str]) -> Found | None:
    """Read "at 7", "until 7 pm"; "after 2 hours" is a length of time."""
    found = _CLOCK.fullmatch(words[1]) if words[1:] else None
    if not found or (words[2:] and words[2] in UNITS):
        return None
    behind = _clock(words[1:])
    value = behind[1] if behind else f"{int(found[1]):02}:00"
    return "time", value, 1 + (behind[2] if behind else 1)


def _recent(words: Sequence[str]) -> Found | None:
    """Read what follows "last": "hour", "24 hours"."""
    if len(words[0]) > 1 and words[0] in UNITS:
        return "duration", str(UNITS[words[0]]), 2
    found = _duration(words) if words[0][0].isdigit() or words[0] in _NUMERALS else None
    return (found[0], found[1], found[2] + 1) if found else None


def template_of(tokens: Sequence[Token], mentions: Sequence[Mention]) -> str:
    """Return the words in lower case with entities replaced by slots, without punctuation."""
    parts, pending = list[str](), list(reversed(mentions))
    covered = 0
    for token in tokens:
        if pending and token.start >= pending[-1].start:
            mention = pending.pop()
            covered = mention.start + len(mention.text)
            parts.append(_SLOTS.get(mention.kind, mention.text.lower()))
        elif token.start >= covered and token.kind == "word":
            parts.append(token.word)
    return " ".join(parts)
