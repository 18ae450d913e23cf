"""Find the names and values of a call in free words, for tiers that know the tool only.

Pure, and for people's own phrasing, which no rule foresaw: which words are a name is decided by
the noun beside them. What a name refers to, binding decides; what is not certain is left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from cortex.fabric.catalogue.tool import Argument, TargetKind, Tool
from cortex.fabric.routing.arguments import bare
from cortex.fabric.routing.extraction.choices import chosen
from cortex.fabric.routing.extraction.phrases import Phrase, phrases_in
from cortex.fabric.routing.extraction.separation import separated
from cortex.fabric.routing.extraction.values import said_values
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language.nouns import noun_of

_KINDS: Mapping[str, tuple[TargetKind, ...]] = {
    "client": (TargetKind.CLIENT,),
    "device": (TargetKind.DEVICE,),
    "wlan": (TargetKind.WLAN, TargetKind.NETWORK),
    "network": (TargetKind.NETWORK,),
    "rule": (TargetKind.RULE,),
    "forward": (TargetKind.FORWARD,),
    "profile": (TargetKind.PROFILE,),
}
_ALONE = frozenset({"client", "device"})
"""Kinds that a noun alone may name: "the printer", "the gateway"."""

_WHERE = frozenset({"of", "on", "in", "at", "from", "for", "to", "off", "through", "by"})
_AMONG = frozenset({"at", "in", "of"})
_ANY = frozenset({"clients", "users", "guests", "hosts", "talkers"})
"""Nouns that say no kind of client, or that have an argument of their own."""

_MEANWHILE = re.compile(
    r"\b(?:during|throughout) (?:the |our |my |that |this |last )*[a-z]+\b", re.IGNORECASE
)
_OWN_NETWORK = frozenset({"home", "house", "household", "local", "whole", "company", "main"})
_EXACT: Final = 4
_RELATED: Final = 2
_LONE: Final = 1.8
_LEAST: Final = 1


def extract(tool: Tool, frame: Frame) -> dict[str, str]:
    """Return the words of a text for the arguments of a tool, those of which it is sure.

    A required reference is the phrase whose noun fits its kind best; an optional one, which only
    reads get, must have its noun beside its name.
    """
    said = said_values(tool, frame)
    given = [value for name, value in said.items() if name in {"name", "password"}]
    phrases = _before_value(phrases_in(frame), frame, given)
    if tool.name == "create_firewall_block":
        return separated(phrases, frame)
    if tool.secrets - said.keys():
        # What has no noun beside it may be the secret.
        phrases = tuple(one for one in phrases if one.kind is not None)
    for argument in tool.arguments:
        if argument.name in said or argument.kind not in _KINDS:
            continue
        taken = [value for name, value in said.items() if _refers(tool, name)]
        left = [one for one in phrases if not any(value in one.text for value in taken)]
        found = _needed(argument, left, tool) if argument.required else _named(argument, left, tool)
        if found:
            said[argument.name] = found.text
    if not tool.writes:
        said |= _choices(tool, frame, said)
    return said


def unused(tool: Tool, arguments: Mapping[str, object], frame: Frame) -> tuple[str, ...]:
    """Return the names in a text that a read of the whole site leaves out of account.

    Empty for a call that is about one thing: what else stands in the text then describes it.
    """
    kinds = {one.name: one.kind for one in tool.arguments}
    if any(kinds.get(name) in _KINDS and value is not None for name, value in arguments.items()):
        return ()
    told = {_KINDS[kind][0] for kind in kinds.values() if kind in _KINDS}
    told |= {TargetKind.DEVICE, TargetKind.CLIENT}
    held = " ".join(map(str, arguments.values())).lower()
    named = [
        one.text
        for one in phrases_in(frame)
        if one.coded or (one.kind in told and _tells(one)) or _says_among(one)
    ]
    return tuple(one for one in (*named, *_sorts(frame)) if one.lower() not in held)


def _says_among(phrase: Phrase) -> bool:
    """Tell whether a name without a noun says where, or whose: "clients at the workshop"."""
    return phrase.kind is None and phrase.names and not phrase.loose and phrase.before in _AMONG


def _sorts(frame: Frame) -> Iterator[str]:
    """Find the words that say which of all: a kind of client, or what happened meanwhile."""
    for word in re.findall(r"[\w-]+", frame.text):
        noun = noun_of(word.lower())
        if noun and noun.plural and noun.kind is TargetKind.CLIENT and word.lower() not in _ANY:
            yield word
    if found := _MEANWHILE.search(frame.text):
        yield found[0]


def _before_value(
    phrases: Sequence[Phrase], frame: Frame, given: Iterable[str]
) -> tuple[Phrase, ...]:
    """Leave out what stands in a new name or a password."""
    spans = [
        (start, start + len(value)) for value in given if (start := frame.text.rfind(value)) >= 0
    ]
    return tuple(
        one for one in phrases if not any(start <= one.start < end for start, end in spans)
    )


def _refers(tool: Tool, name: str) -> bool:
    argument = tool.argument(name)
    return name == "target" or (argument is not None and argument.kind in _KINDS)


def _choices(tool: Tool, frame: Frame, said: Mapping[str, str]) -> dict[str, str]:
    text = frame.text
    for name, value in said.items():
        text = text.replace(value, "") if _refers(tool, name) else text
    values = {one.name: chosen(tool, one, text) for one in tool.arguments}
    return {name: value for name, value in values.items() if value}


def _needed(argument: Argument, phrases: Sequence[Phrase], tool: Tool) -> Phrase | None:
    """Return the phrase for a required reference; none of several as good ones in a write."""
    certain = [one for one in phrases if not (tool.writes and (one.loose or _places(one)))]
    scored = [(_fit(argument, one), one) for one in certain]
    best = max((score for score, _ in scored), default=0)
    found = [one for score, one in scored if score == best and best >= _LEAST]
    texts = {one.text.lower() for one in found}
    if not found or (len(texts) > 1 and tool.writes):
        return None
    return found[0]


def _places(phrase: Phrase) -> bool:
    """Tell where a thing stands from what it is: "the lamp in the Lobby"."""
    return phrase.kind is None and not phrase.coded and phrase.before in {"in", "at"}


def _fit(argument: Argument, phrase: Phrase) -> float:
    """Score how well a phrase fits the kind of an argument; 0 when not at all."""
    kinds = _KINDS[argument.kind]
    if not phrase.names:
        return _LONE if phrase.kind is kinds[0] and argument.kind in _ALONE else 0
    placed = 0.25 * (phrase.before in _WHERE)
    if phrase.kind is kinds[0]:
        return _EXACT + placed
    if phrase.kind in kinds:
        return _RELATED + placed + 1
    if phrase.kind is not None:
        return _LONE if argument.kind == "forward" and phrase.before == "for" else 0
    known = phrase.coded or phrase.text[:1].isupper()
    return (_RELATED if known else _LEAST) + placed + phrase.coded / 2


def _named(argument: Argument, phrases: Sequence[Phrase], tool: Tool) -> Phrase | None:
    if tool.writes:
        return None
    found = [one for one in phrases if one.kind is _KINDS[argument.kind][0] and _tells(one)]
    return found[0] if len({one.text.lower() for one in found}) == 1 else None


def _tells(phrase: Phrase) -> bool:
    """Tell whether a phrase with a noun says which one: "home wifi" says nothing."""
    words = bare(phrase.text).lower().split()
    return phrase.names and not _OWN_NETWORK.issuperset(words[:-1] or words)
