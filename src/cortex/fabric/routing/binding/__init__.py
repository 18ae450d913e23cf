"""Bind a reference in words to exactly one entity of the live inventory, or say why not.

Pure: the inventory is an argument. Steps run from certain to uncertain and the first that finds
anything decides: address or id, alias, hostname, all words, likeness, a whole name among other
words. Names come from strangers' devices, so two that look the same never bind by name, and a write
never binds by likeness, by a name among other words, nor by a common noun that others bear too.
Whether the inventory was whole is for the caller to know and to say.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal

from cortex.fabric.routing.binding.containment import standing_in
from cortex.fabric.routing.binding.names import (
    distance,
    folded,
    keys_of,
    numbers_of,
    skeleton,
    tolerance,
    unburdened,
    vocabulary,
    words_of,
)
from cortex.fabric.routing.language.lexicon import (
    DETERMINERS,
    DOUBTS,
    FILLERS,
    PREPOSITIONS,
    QUESTIONS,
    STATES,
)
from cortex.fabric.routing.language.nouns import noun_of

SHOWN = 10
NEAR = 3
How = Literal["exact", "alias", "words", "fuzzy"]

_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12}")
_FILLERS = frozenset(
    [
        "the",
        "a",
        "an",
        "my",
        "our",
        "your",
        "his",
        "her",
        "their",
        "this",
        "that",
        "these",
        "those",
        "one",
        "please",
    ]
)
_SMALL_WORDS = DETERMINERS | DOUBTS | FILLERS | PREPOSITIONS | QUESTIONS | STATES
_NOUNS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "client": frozenset(["client", "clients", "device", "station", "host", "machine", "user"]),
        "device": frozenset(["device", "unifi", "ubiquiti", "hardware"]),
        "wlan": frozenset(["wlan", "wifi", "wi", "fi", "ssid", "wireless", "network"]),
        "network": frozenset(["network", "vlan", "lan", "subnet"]),
        "site": frozenset({"site"}),
        "rule": frozenset(["rule", "policy", "firewall"]),
        "forward": frozenset(["port", "forward", "forwarding", "rule"]),
        "profile": frozenset(["port", "profile"]),
    }
)
_TYPES: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        ("access", "point"): "ap",
        ("accesspoint",): "ap",
        ("ap",): "ap",
        ("aps",): "ap",
        ("switch",): "switch",
        ("gateway",): "gateway",
        ("router",): "gateway",
        ("console",): "gateway",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One thing of the inventory that a reference may mean."""

    kind: str
    id: str
    names: tuple[str, ...]
    """The alias first, then the hostname and what else it is called; empty texts are skipped."""
    mac: str = ""
    ip: str = ""
    type: str = ""
    """For devices: `ap`, `switch` or `gateway`; empty when unknown."""
    detail: str = ""
    online: bool = True

    @property
    def name(self) -> str:
        """The first name there is, else the id."""
        return next((name for name in self.names if name.strip()), self.id)


@dataclass(frozen=True, slots=True)
class Bound:
    """Exactly one entity is meant."""

    entity: Entity
    how: How


@dataclass(frozen=True, slots=True)
class Several:
    """It may be one of these (or, if it is only one, it may be that one): ask."""

    entities: tuple[Entity, ...]
    """The first ten, online ones first."""
    total: int


@dataclass(frozen=True, slots=True)
class Missing:
    """No entity is meant by it; `near` holds up to three whose names come closest."""

    near: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reference:
    """A reference, taken apart: what it must find, and which type of device it speaks of."""

    text: str
    words: tuple[str, ...]
    """Its words without articles."""
    required: tuple[str, ...]
    """Its words without articles and without nouns that only say what kind of thing it is."""
    type: str


def bind(
    reference: str, entities: Sequence[Entity], *, kind: str, for_write: bool = False
) -> Bound | Several | Missing:
    """Find what `reference` means among the entities of one kind.

    Words of purpose or role behind a name count as part of it only where an entity is called so.
    """
    rows = [entity for entity in entities if entity.kind == kind]
    if certain := _by_address(reference, rows):
        return certain
    meant = _read(reference, kind)
    for how, test in _steps(meant):
        if candidates := [row for row in rows if test(row)]:
            rivals = _rivals(candidates, rows, meant) if for_write else ()
            return _without_twins([*candidates, *rivals], rows, meant, how)
    if twins := [row for row in rows if _looks_like(reference, row)]:
        return _several(twins)
    if (named := unburdened(reference)) and named != folded(reference):
        return bind(named, rows, kind=kind, for_write=for_write)
    likely = _by_likeness(meant, rows, for_write=for_write)
    if for_write or not isinstance(likely, Missing):
        return likely
    return _by_name_within(meant, rows) or likely


def port_id(mac: str, port: int) -> str:
    """Return the stable id of one port of a device."""
    return f"{mac}#{port}"


def address_of(reference: str) -> str:
    """Return the MAC (lower case, colons) or IP address that a text is, or an empty text."""
    text = reference.strip().lower()
    if _MAC.fullmatch(text):
        digits = re.sub(r"[^0-9a-f]", "", text)
        return ":".join(digits[i : i + 2] for i in range(0, 12, 2))
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _by_address(reference: str, rows: Sequence[Entity]) -> Bound | Several | Missing | None:
    """Look an id, MAC or IP address up; an address that nobody has is never taken for a name."""
    text = reference.strip()
    address = address_of(text)
    named = {text, address} - {""}
    found = [row for row in rows if named & {row.id, row.mac, row.ip}]
    online = [row for row in found if row.online]
    if found:
        return _verdict(online if len(online) == 1 else found, "exact")
    return Missing() if address and not text.isalnum() else None


def _read(reference: str, kind: str) -> _Reference:
    words = tuple(word for word in words_of(reference) if word not in _FILLERS)
    type_, rest = _type_in(words) if kind == "device" else ("", words)
    nouns = _NOUNS.get(kind, frozenset())
    required = tuple(word for word in rest if word not in nouns)
    return _Reference(reference, words, required, type_)


def _type_in(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Split a noun such as "access point" off the words, wherever it stands."""
    for noun, type_ in _TYPES.items():
        for start in range(len(words) - len(noun) + 1):
            if words[start : start + len(noun)] == noun:
                return type_, words[:start] + words[start + len(noun) :]
    return "", words


def _steps(meant: _Reference) -> Iterable[tuple[How, Callable[[Entity], bool]]]:
    """Yield the ways a name can be meant, the surest first."""
    literal = folded(meant.text)
    yield "alias", lambda row: bool(literal) and folded(_alias(row)) == literal
    without_articles = frozenset({"".join(meant.words)}) - {""}
    without_nouns = frozenset({"".join(meant.required)}) - {""}
    for keys in (keys_of(meant.text), without_articles, without_nouns):
        yield "alias", partial(_is_called, meant=meant, keys=keys, which=_ALIAS)
        yield "alias", partial(_is_called, meant=meant, keys=keys, which=_OTHER_NAMES)
    yield "words", lambda row: _fits(row, meant) and _holds(row, meant)


_ALIAS = slice(0, 1)
_OTHER_NAMES = slice(1, None)


def _is_called(row: Entity, meant: _Reference, *, keys: frozenset[str], which: slice) -> bool:
    return _fits(row, meant) and any(keys & keys_of(name) for name in row.names[which])


def _alias(row: Entity) -> str:
    return row.names[0] if row.names else ""


def _fits(row: Entity, meant: _Reference) -> bool:
    return not meant.type or not row.type or row.type == meant.type


def _holds(row: Entity, meant: _Reference) -> bool:
    """Tell whether one name holds every word; only a noun, as in "the switch", fits them all."""
    if not meant.required:
        return bool(meant.words)
    return any(set(meant.required) <= vocabulary(name) for name in row.names)


def _rivals(
    candidates: Sequence[Entity], rows: Sequence[Entity], meant: _Reference
) -> list[Entity]:
    """Find what a bare common noun means as well: "the tv" is not only the one named TV."""
    if len(meant.words) != 1 or noun_of(meant.words[0]) is None:
        return []
    taken = {row.id for row in candidates}
    return [
        row
        for row in rows
        if row.id not in taken
        and _fits(row, meant)
        and any(meant.words[0] in vocabulary(name) for name in row.names)
    ]


def _looks_like(reference: str, row: Entity) -> bool:
    form = skeleton(reference)
    return bool(form) and any(skeleton(name) == form for name in row.names)


def _without_twins(
    candidates: list[Entity], rows: Sequence[Entity], meant: _Reference, how: How
) -> Bound | Several | Missing:
    """Bind one candidate, unless another entity goes by a name that looks the same."""
    if len(candidates) > 1:
        return _several(candidates)
    found = candidates[0]
    forms = {skeleton(found.name), skeleton(meant.text), skeleton("".join(meant.words))} - {""}
    twins = [row for row in rows if row.id != found.id and skeleton(row.name) in forms]
    return _verdict([found, *twins], how)


def _by_likeness(
    meant: _Reference, rows: Sequence[Entity], *, for_write: bool
) -> Bound | Several | Missing:
    ranked = sorted(
        ((_unlike(meant, row), row) for row in rows if _fits(row, meant)),
        key=lambda pair: (pair[0], pair[1].name.casefold(), pair[1].id),
    )
    whole = "".join(meant.required)
    allowed = tolerance(whole)
    close = [row for score, row in ranked if score <= allowed]
    if not close or not whole:
        return Missing(_near(meant, rows))
    alone = len(ranked) == 1 or ranked[1][0] > ranked[0][0] + 1
    if alone and len(close) == 1 and not for_write:
        return _without_twins(close, rows, meant, "fuzzy")
    return _several(close)


def _by_name_within(meant: _Reference, rows: Sequence[Entity]) -> Bound | Several | None:
    """Bind what alone is named in full among other words, for reads: "garage ap right now"."""
    fitting = [row for row in rows if _fits(row, meant)]
    names = {form for row in fitting for form in (*row.names, row.mac, row.ip) if _telling(form)}
    whole = {skeleton(name) for name in standing_in(meant.text, names)}
    found = [row for row in rows if whole & set(map(skeleton, (*row.names, row.mac, row.ip)))]
    return _verdict(found, "fuzzy") if found else None


def _telling(name: str) -> bool:
    """Tell whether a name among other words is one: not a number, noun or small word by itself."""
    words = words_of(name)
    alone = words[0] if len(words) == 1 else ""
    plain = alone.isdigit() or alone in _SMALL_WORDS or noun_of(alone) is not None
    return bool(words) and not plain


def _unlike(meant: _Reference, row: Entity) -> int:
    """Return the slips between reference and name, far when they exceed tolerance by over one."""
    whole = "".join(meant.required)
    limit = tolerance(whole) + 1
    scores = [_FAR]
    for name in row.names:
        if numbers_of(meant.text) != numbers_of(name):
            continue
        words = [word for word in words_of(name) if (word,) not in _TYPES]
        scores += [distance(whole, "".join(words), limit=limit), _word_slips(meant.required, words)]
    best = min(scores)
    return best if best <= limit else _FAR


_FAR = 99


def _word_slips(required: Sequence[str], words: Sequence[str]) -> int:
    """Add up each word's distance to its nearest word in the name; far if one has none."""
    total = 0
    for word in required:
        limit = tolerance(word)
        slips = min((distance(word, other, limit=limit) for other in words), default=_FAR)
        if slips > limit:
            return _FAR
        total += slips
    return total if required else _FAR


def _near(meant: _Reference, rows: Sequence[Entity]) -> tuple[Entity, ...]:
    """Return the entities that share a word with the reference, or half of its letters."""
    whole = "".join(meant.required)
    limit = max(2, len(whole) // 2)
    telling = {word for word in meant.required if not word.isdigit()}
    scored: list[tuple[int, str, Entity]] = []
    for row in rows:
        shared = max((len(telling & vocabulary(name)) for name in row.names), default=0)
        edits = min(
            (distance(whole, "".join(words_of(name)), limit=limit) for name in row.names),
            default=limit + 1,
        )
        if whole and (shared or edits <= limit):
            scored.append((edits - 2 * limit * shared, row.name.casefold(), row))
    scored.sort(key=lambda entry: entry[:2])
    return tuple(row for _, _, row in scored[:NEAR])


def _verdict(found: Sequence[Entity], how: How) -> Bound | Several:
    return Bound(found[0], how) if len(found) == 1 else _several(found)


def _several(found: Sequence[Entity]) -> Several:
    ordered = sorted(found, key=lambda row: (not row.online, row.name.casefold(), row.id))
    return Several(tuple(ordered[:SHOWN]), len(ordered))
