"""Fill a tool's arguments from what a person said: a rule's named groups, then the frame.

Pure. Takes words as they are: whether a reference names anything is for binding, whether a
value is allowed is for `catalogue.tools.check_arguments`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from cortex.fabric.catalogue.tool import (
    REFERENCE_KINDS,
    Argument,
    Direction,
    DirectionBy,
    TargetKind,
    Tool,
)
from cortex.fabric.catalogue.tools import seconds_of
from cortex.fabric.routing.frame import Frame, MentionKind
from cortex.fabric.routing.language.nouns import noun_of

_OPENING = re.compile(
    r"(?:(?:hey|hi|hello|ok|okay|cortex|please|pls|kindly|just|now|so|then|also|and|quickly)\b[\s,.!:]*"
    r"|(?:can|could|would|will)\s+you\s+(?:please\s+|kindly\s+|just\s+)?"
    r"|(?:can|could|may)\s+(?:i|we)\s+(?:please\s+)?(?=see|get|have)"
    r"|(?:i|we)(?:\s+would|'d)\s+like\s+(?:you\s+)?to\s+"
    r"|(?:i|we)\s+(?:want|need)\s+(?:you\s+)?to\s+"
    r"|(?:let's|go\s+(?:ahead\s+)?and|be\s+so\s+kind\s+(?:and|as\s+to))\s+)+",
    re.IGNORECASE,
)
_CLOSINGS = (
    "please", "pls", "thanks", "thank you", "thx", "for me", "right now", "right away", "now",
    "asap", "immediately", "at once",
)  # fmt: skip
_MARKS = " \t\r\n.?!,;:"
_ARTICLE = re.compile(
    r"(?:(?:the|an?|my|our|your|his|her|their|this|that|these|those)\s+)+", re.IGNORECASE
)
_QUOTED = re.compile(r"[\"“”'‘’`](.+)[\"“”'‘’`]")  # noqa: RUF001  # the quotes people type
_GENERIC = frozenset({"it", "them", "that", "this", "one", "him", "her", "everything", "all"})
_KIND_WORDS = {
    "client": re.compile(r"(?:clients?|guests?|users?|devices?)(?:\s+|$)", re.IGNORECASE),
    "device": re.compile(r"(?:unifi\s+)?devices?(?:\s+|$)", re.IGNORECASE),
    "wlan": re.compile(
        r"(?:wi-?fi\s+networks?|wireless\s+networks?|wi-?fi|wlans?|ssids?|networks?)(?:\s+|$)",
        re.IGNORECASE,
    ),
    "network": re.compile(r"networks?(?:\s+|$)", re.IGNORECASE),
    "rule": re.compile(r"(?:firewall\s+)?(?:rules?|polic(?:y|ies))(?:\s+|$)", re.IGNORECASE),
    "profile": re.compile(r"(?:port\s+)?profiles?(?:\s+|$)", re.IGNORECASE),
}
_OWNER = re.compile(r"\b(?:of|on|from|for|at)\s+(.+)$", re.IGNORECASE)
_PLACING = "in|into|of|on|at|to|from|for"
_ASPECT = re.compile(
    r"(?:\W?s)?\s+(?:logs?|leds?|lights?|stats|statistics|history|radios?|ports?|firmware)$",
    re.IGNORECASE,
)
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
}  # fmt: skip
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBERS)})\b")
_MONTH = re.compile(r"\b([0-9]{1,4})\s*months?\b")
_WINDOW = re.compile(
    r"\b(?:last|past|previous)\s+((?:[\w]+\s+)?(?:second|minute|min|hour|hr|day|week|month)s?)\b",
    re.IGNORECASE,
)
_DAY_S = 86_400
_NAMED_WINDOWS = {
    "yesterday": 2 * _DAY_S,
    "today": _DAY_S,
    "this morning": _DAY_S,
    "last night": _DAY_S,
    "overnight": _DAY_S,
    "this week": 7 * _DAY_S,
    "this month": 31 * _DAY_S,
}
_DAYS = {"today": "today", "this morning": "today", "yesterday": "yesterday"}
_DAY = re.compile(rf"\b(?:{'|'.join(_DAYS)})\b", re.IGNORECASE)
_UNMARKED = re.compile(r"(what|who|where|how)s(?= )", re.IGNORECASE)
"""Questions as people type them, without the apostrophe."""

_TRUTH = {
    "on": True, "true": True, "enable": True, "enabled": True,
    "off": False, "false": False, "disable": False, "disabled": False,
}  # fmt: skip
_ON = Direction.ON
_WHOLE = re.compile(r"[0-9]{1,12}")
_UNIT = re.compile(r"(?<=\d)\s*(?:ghz|mhz|g)$", re.IGNORECASE)
_PORTS = re.compile(
    r"^(?:(?:free|unused|available|empty|unoccupied|down) )*ports"
    r"(?: (?:not|in|use|used|free|unused|available|empty|unoccupied|down|left))*$",
    re.IGNORECASE,
)
"""Ports in some state: they name no device."""

_OWN_TARGETS = {
    "client": {None, TargetKind.CLIENT},
    "device": {None, TargetKind.DEVICE},
    "wlan": {None, TargetKind.WLAN},
    "rule": {None, TargetKind.RULE},
    "forward": {None, TargetKind.FORWARD},
}
_MENTIONED: Mapping[str, tuple[MentionKind, ...]] = {
    "client": ("mac", "ip"),
    "device": ("mac", "ip"),
    "port": ("port",),
    "network": ("vlan",),
    "ip": ("ip",),
    "mac": ("mac",),
    "duration": ("duration",),
    "rule": ("quoted",),
    "forward": ("quoted",),
    "wlan": ("quoted",),
    "profile": ("quoted",),
}
_MENTIONED_BY_NAME: Mapping[str, tuple[MentionKind, ...]] = {
    "band": ("band",),
    "name": ("quoted",),
    "count": ("number",),
    "port": ("port",),
}


def plain(text: str) -> str:
    """Return a text without greetings, politeness and closing marks."""
    opened = _OPENING.sub("", text.strip(), count=1) if _OPENING.match(text.strip()) else text
    ended = _without_end(opened)
    return _UNMARKED.sub(r"\1's", ended, count=1) if _UNMARKED.match(ended) else ended


def bare(text: str) -> str:
    """Return a name as it is called: no article, no quotation marks, no politeness behind it."""
    named = _without_end(text)
    if quoted := _QUOTED.fullmatch(named):
        return quoted[1].strip()
    unarticled = _ARTICLE.sub("", named, count=1) if _ARTICLE.match(named) else named
    quoted = _QUOTED.fullmatch(unarticled)
    return (quoted[1] if quoted else unarticled).strip()


def seconds_in(words: str) -> int | None:
    """Read a length or window of time said in words (`two hours`, `last week`) as seconds."""
    lowered = words.lower().strip()
    if lowered in _NAMED_WINDOWS:
        return _NAMED_WINDOWS[lowered]
    if lowered == "half an hour":
        return 1_800
    counted = re.sub(r"^(?:for|in|the|last|past|previous|over|\s)+\b", "", lowered).strip()
    counted = _NUMBER_WORD.sub(lambda one: str(_NUMBERS[one[0]]), counted)
    counted = counted if counted[:1].isdigit() else f"1 {counted}"
    counted = _MONTH.sub(lambda one: f"{int(one[1]) * 30} days", counted.replace(" and ", " "))
    return seconds_of(counted)


def fill(tool: Tool, groups: Mapping[str, str | None], frame: Frame) -> dict[str, Any]:
    """Collect the arguments of a call: what a rule says, then what the frame tells.

    `groups` holds a rule's named groups, as text. An argument that neither tells is left
    out; `missing` names the required ones among them.
    """
    filled: dict[str, Any] = {}
    for one in tool.arguments:
        said = groups.get(one.name)
        value = None if said is None else _read(one, said, frame)
        if value is None:
            value = _from_frame(tool, one, frame)
        if value is not None:
            filled[one.name] = value
    if "day" in filled:
        filled.pop("since", None)
    return filled


def missing(tool: Tool, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the required arguments that a call lacks, in the tool's order."""
    return tuple(
        one.name for one in tool.arguments if one.required and arguments.get(one.name) is None
    )


def _without_end(text: str) -> str:
    """Take closing words and marks off, in time linear in what is taken."""
    text = text.strip().rstrip(_MARKS)
    while closing := next((one for one in _CLOSINGS if _ends(text, one)), ""):
        text = text[: -len(closing)].rstrip(_MARKS)
    return text


def _ends(text: str, closing: str) -> bool:
    before = text[-len(closing) - 1 : -len(closing)]
    return text[-len(closing) :].lower() == closing and before != "" and before in _MARKS


def _read(argument: Argument, said: str, frame: Frame) -> Any:
    if argument.kind == "secret":
        return _secret(said, frame.text)
    return _READERS.get(argument.kind, _reference)(argument, said)


def _secret(said: str, text: str) -> str | None:
    """Take a password only when it is certain where it begins and ends."""
    if quoted := _QUOTED.fullmatch(said.strip()):
        return quoted[1]
    return said if said.split() == [said] and text.endswith(said) else None


def _number(argument: Argument, said: str) -> int | str | None:
    words = re.sub(r"^port\s+", "", bare(said).lower())
    if words in argument.choices:
        return words
    number = str(_NUMBERS.get(said.strip().lower(), words))
    if _WHOLE.fullmatch(number):
        return int(number)
    return (bare(said) or None) if argument.kind == "port" else None


def _choice(argument: Argument, said: str) -> str | None:
    word = _UNIT.sub("", bare(said).lower())
    return word if word in argument.choices else None


def _words(_argument: Argument, said: str) -> str | None:
    """Take words as they stand; an article alone is none."""
    words = _without_end(said)
    if _ARTICLE.fullmatch(f"{words} "):
        return None
    return bare(said) if _QUOTED.fullmatch(words) else words


def _reference(argument: Argument, said: str) -> str | None:
    """Take a name as it is called, without the word for its kind before it."""
    name = bare(said)
    kind = _KIND_WORDS.get(argument.kind)
    if kind and (worded := kind.match(name)):
        name = bare(name[worded.end() :])
    if name.lower() in argument.choices:
        return name.lower()
    return None if name.lower() in _GENERIC else name or None


_READERS: Mapping[str, Callable[[Argument, str], Any]] = {
    "duration": lambda _, said: seconds_in(said),
    "integer": _number,
    "port": _number,
    "choice": _choice,
    "boolean": lambda _, said: _TRUTH.get(said.strip().lower()),
    "text": _words,
}


def _from_frame(tool: Tool, argument: Argument, frame: Frame) -> Any:
    if (turned := _turned(tool, argument, frame.direction)) is not None:
        return turned
    if (mentioned := _mentioned(tool, argument, frame)) is not None:
        return mentioned
    if argument.name == "since":
        return _window(frame.text)
    if argument.name == "day":
        return _day(frame.text)
    if argument.required and argument.kind in REFERENCE_KINDS and _stands_alone(tool):
        return _object(argument, frame)
    return None


def _turned(tool: Tool, argument: Argument, direction: Direction) -> Any:
    ways = (one.direction for one in tool.acts if isinstance(one.direction, DirectionBy))
    way = next((one for one in ways if (one.argument, one.then) == (argument.name, _ON)), None)
    if way is None or direction is Direction.NONE:
        return None
    if direction is Direction.ON:
        return way.on_values[0]
    others = [one for one in argument.choices if one not in way.on_values]
    return False if argument.kind == "boolean" else next(iter(others), None)


def _mentioned(tool: Tool, argument: Argument, frame: Frame) -> Any:
    kinds = _MENTIONED_BY_NAME.get(argument.name) or _kinds_for(tool, argument)
    for kind in kinds:
        values = {one.value for one in frame.mentions if one.kind == kind}
        if len(values) == 1:
            return _MENTION_READERS.get(argument.kind, str)(values.pop())
    return None


def _kinds_for(tool: Tool, argument: Argument) -> tuple[MentionKind, ...]:
    """Tell which mentions may fill an argument: an address goes to one argument only."""
    kinds = _MENTIONED.get(argument.kind, ())
    if kinds == ("quoted",):
        return kinds if _stands_alone(tool) else ()
    if argument.kind in {"client", "device"}:
        if not argument.required:
            return ()
        return tuple(kind for kind in kinds if all(one.kind != kind for one in tool.arguments))
    return kinds


def _whole(value: str) -> int | str:
    return int(value) if _WHOLE.fullmatch(value) else value


_MENTION_READERS: Mapping[str, Callable[[str], Any]] = {
    "duration": lambda value: int(value) if _WHOLE.fullmatch(value) else seconds_in(value),
    "port": _whole,
    "integer": _whole,
    "choice": lambda value: _UNIT.sub("", value),
}


def _window(text: str) -> int | None:
    if found := _WINDOW.search(text):
        return seconds_in(found[1])
    lowered = text.lower()
    return next((long for words, long in _NAMED_WINDOWS.items() if words in lowered), None)


def _day(text: str) -> str | None:
    """Find the one calendar day that a text is about; nothing here knows the time."""
    days = {_DAYS[one[0].lower()] for one in _DAY.finditer(text)}
    return days.pop() if len(days) == 1 else None


def _stands_alone(tool: Tool) -> bool:
    """Tell whether the tool needs one thing said only, so that the object can be nothing else."""
    needed = [one for one in tool.arguments if one.required and one.kind != "boolean"]
    return len(needed) == 1


def _object(argument: Argument, frame: Frame) -> str | None:
    words = frame.object
    if argument.kind == "device" and (said := _behind_port(words, frame)) is not None:
        words = said
    elif frame.target not in _OWN_TARGETS.get(argument.kind, set()):
        owner = _OWNER.search(words)
        words = owner[1] if owner else _ASPECT.sub("", _PORTS.sub("", words))
    return _reference(argument, words)


def _behind_port(words: str, frame: Frame) -> str | None:
    """Return the device whose port is numbered in an object: empty when none is named.

    None where no port is numbered.
    """
    for one in frame.mentions:
        if one.kind == "port" and one.text in words:
            rest = re.sub(rf"(?:\b(?:{_PLACING})\s+)?{re.escape(one.text)}\s*", "", words).strip()
            if owner := _OWNER.search(rest):
                return owner[1]
            noun = noun_of(rest.rsplit(maxsplit=1)[-1].lower()) if rest else None
            return rest if noun and noun.kind is TargetKind.DEVICE else ""
    return None
