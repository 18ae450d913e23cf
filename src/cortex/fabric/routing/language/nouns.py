"""The nouns of a network: which kind of thing each names, and the head noun of a phrase."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cortex.fabric.catalogue.tool import TargetKind
from cortex.fabric.routing.language.lexicon import ARTICLES, PREPOSITIONS
from cortex.fabric.routing.language.text import Token

_NOUNS: Mapping[TargetKind, str] = {
    TargetKind.CLIENT: """client laptop notebook phone smartphone iphone ipad tablet tv television
        printer camera cam console playstation ps4 ps5 xbox nintendo computer pc desktop macbook
        imac chromebook android watch speaker sonos echo alexa roku firetv thermostat doorbell
        scanner kindle nas server terminal projector workstation mobile handset guest user host
        vacuum fridge lock plug bulb homepod receiver talker""",
    TargetKind.DEVICE: """ap accesspoint switch gateway router udm udr ucg uxg usg usw uap ugw
        bridge repeater wap aps""",
    TargetKind.PORT: "port",
    TargetKind.WLAN: "wifi wi-fi wlan ssid",
    TargetKind.NETWORK: "network vlan subnet lan",
    TargetKind.SITE: "site",
    TargetKind.RULE: "rule policy firewall",
    TargetKind.FORWARD: "forward forwarding portforward port-forward forwarded",
    TargetKind.PROFILE: "profile",
    TargetKind.VOUCHER: "voucher",
    TargetKind.RADIO: "radio channel band antenna",
    TargetKind.LED: "led light",
    TargetKind.POE: "poe",
    TargetKind.PASSWORD: "password passphrase passcode psk",
    TargetKind.ADDRESS: "ip address",
    TargetKind.EVENT: "event alert threat alarm notification",
    TargetKind.LOG: "log syslog logfile",
    TargetKind.HEALTH: "health status",
    TargetKind.INTERNET: "internet wan speed isp speedtest uplink bandwidth",
    TargetKind.CONTROLLER: "controller system version",
    TargetKind.TIMER: "timer countdown",
}
_PHRASES: Mapping[tuple[str, str], str] = {
    ("access", "point"): "ap", ("access", "points"): "aps", ("dream", "machine"): "udm",
    ("wireless", "network"): "wifi", ("wireless", "networks"): "ssids",
    ("wifi", "network"): "wifi", ("wifi", "networks"): "ssids", ("wi-fi", "network"): "wifi",
    ("wi-fi", "networks"): "ssids", ("nintendo", "switch"): "console", ("speed", "test"): "speed",
    ("apple", "tv"): "tv", ("access", "switch"): "switch",
}  # fmt: skip
GENERIC = frozenset({"device", "devices", "gear", "hardware", "equipment"})
"""People say it of clients and of network devices alike."""

_SECRETS = frozenset({"key", "keys", "secret", "secrets", "pin", "token"})
_EMPTY = frozenset({"firmware", "name", "software", "signal", "history", "config"})
"""Nouns that belong to the thing named after them: "the firmware of the office switch"."""


_NAMED_AFTER = frozenset({"rule", "policy", "profile"})
"""Nouns with the name behind them, which may hold any words: "the rule Block cameras"."""


_RECORDS = frozenset({TargetKind.EVENT, TargetKind.LOG, TargetKind.HEALTH})


class Noun(NamedTuple):
    """What a noun names."""

    kind: TargetKind | None
    plural: bool


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in "aeo":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def _table() -> dict[str, Noun]:
    table = {name: Noun(None, name == "devices") for name in GENERIC}
    for kind, words in _NOUNS.items():
        for noun in words.split():
            table[_plural(noun)] = Noun(kind, plural=True)
    for kind, words in _NOUNS.items():
        for noun in words.split():
            table[noun] = Noun(kind, noun == "aps")
    table["leds"] = table["led"]  # one device has several
    return table


NOUNS: Mapping[str, Noun] = _table()


def noun_of(word: str, following: str = "") -> Noun | None:
    """Return what a word names, alone or with the word after it."""
    return NOUNS.get(_PHRASES.get((word, following), word))


def _about(word: str) -> bool:
    noun = NOUNS.get(word)
    return noun is not None and noun.kind in _RECORDS


def _bare(word: str) -> str:
    return "".join(char for char in word if not char.isdigit()) if word[-1].isdigit() else word


def head_of(phrase: Sequence[Token], *, deeper: bool = False) -> Noun | None:
    """Return the head noun of a phrase: the last noun before a preposition.

    Where the first part has no noun at all, it is a name; `deeper` then reads on behind the
    preposition.
    """
    found: Noun | None = None
    empty, before = True, ""
    for index, token in enumerate(phrase):
        if token.kind != "word":
            empty = empty and token.kind != "quoted"
            continue
        if token.word in PREPOSITIONS and index:
            if found or not (empty or deeper):
                break
            continue
        if token.word in ARTICLES:
            continue
        following = phrase[index + 1].word if index + 1 < len(phrase) else ""
        if (before, token.word) not in _PHRASES:
            noun = noun_of(token.word, following) or noun_of(_bare(token.word))
            found = noun or found
            if token.word in _NAMED_AFTER and not _about(following):
                break
        empty = empty and token.word in _EMPTY
        before = token.word
    return found


def kinds_in(phrase: Iterable[Token]) -> frozenset[TargetKind]:
    """Return every kind of thing that a phrase mentions."""
    return frozenset(
        noun.kind
        for token in phrase
        if token.kind == "word" and (noun := noun_of(_bare(token.word))) and noun.kind
    )


def speaks_of_secret(text: str) -> bool:
    """Tell whether a text is about a password, and so may hold one."""
    words = re.findall(r"[\w-]+", text.casefold())
    nouns = (NOUNS.get(word) for word in words)
    return not _SECRETS.isdisjoint(words) or any(
        noun is not None and noun.kind is TargetKind.PASSWORD for noun in nouns
    )
