"""The verb of a clause: which act it names, which way, and which words name the thing.

Decides by the verb, its particle and its object: "kick out" blocks, "kick" reconnects, "set up"
creates. Whether anybody wants the act done is for `mood`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from cortex.fabric.catalogue.tool import Direction, TargetKind, Verb
from cortex.fabric.routing.language.lexicon import (
    ARTICLES,
    FORMS,
    OFF,
    ON,
    PAIRS,
    PARTICLES,
    PREPOSITIONS,
    READING,
    SENSES,
    Form,
    Sense,
)
from cortex.fabric.routing.language.nouns import NOUNS, Noun, head_of, kinds_in
from cortex.fabric.routing.language.text import Token, wordset

Phrase = Sequence[Token]
PROPERTIES = (
    TargetKind.PASSWORD, TargetKind.ADDRESS, TargetKind.RADIO, TargetKind.PROFILE,
    TargetKind.POE, TargetKind.LED,
)  # fmt: skip
"""What a setting is about, wherever it stands: "give the printer a fixed address"."""

_SWITCHED = frozenset({"on", "off", "enabled", "disabled"})
LISTS = frozenset({"blocklist", "blacklist", "denylist"})
_BANS = frozenset({"block", "ban", "restriction", "quarantine", "blocking"})
_ENDERS = wordset("cancel stop abort end delete remove drop clear kill scrap discard")
"""Verbs that end a timer; of anything else, some of them deny."""

_ENDING = wordset("""
    canceling stopping aborting ending dropping clearing killing scrapping discarding
""")
_LIFTERS = frozenset({"remove", "delete", "lift"})
_RUNNERS = wordset("run perform start do execute conduct")
_BEFORE_TESTS = wordset("a an the another new quick internet wan network")
_PAST_TESTS = wordset("result results history last latest")
_MADE = frozenset(
    {
        TargetKind.VOUCHER, TargetKind.WLAN, TargetKind.NETWORK, TargetKind.RULE,
        TargetKind.FORWARD, TargetKind.PROFILE, TargetKind.SITE,
    }
)  # fmt: skip
_SHOWN = wordset("""
    stats statistics history list overview details info log logs events figures numbers graph graphs
    settings report summary
""")
_DEVICE_VERBS = frozenset(
    {Verb.RESTART, Verb.ADOPT, Verb.UPGRADE, Verb.LOCATE, Verb.PROVISION, Verb.CYCLE}
)
"""Verbs that make a bare "device" one of ours."""


class Deed(NamedTuple):
    """What a verb and its object name."""

    verb: Verb
    direction: Direction
    phrase: tuple[Token, ...]
    """The object: every token behind the verb but its particle."""

    @property
    def writes(self) -> bool:
        """Whether it would change anything."""
        return self.verb not in READING


def lemma(word: str) -> tuple[str, Form] | None:
    """Return the base and the form of a verb, however it is hyphenated."""
    return FORMS.get(word) or (FORMS.get(word.replace("-", "")) if "-" in word else None)


def words_of(phrase: Phrase) -> tuple[str, ...]:
    """Return the words of a phrase; quotations and marks are none."""
    return tuple(token.word for token in phrase if token.kind == "word")


def deed_at(clause: Phrase, at: int) -> Deed | None:
    """Return what the verb at a place names, in whatever form it stands there."""
    word = clause[at].word
    if len(clause) > at + 1 and (sense := _pair(word, clause[at + 1].word)):
        phrase = tuple(clause[at + 2 :])
        return Deed(*(_tested(sense, phrase) or sense), phrase)
    found = lemma(word)
    base = found[0] if found else word
    sense, phrase = SENSES.get(base), tuple(clause[at + 1 :])
    if base in PARTICLES:
        sense, phrase = _with_particle(PARTICLES[base], phrase, sense)
    refine = _REFINEMENTS.get(base)
    sense = refine(sense, phrase) if refine else sense
    if ends_a_timer(clause, at):
        sense = (Verb.CANCEL, Direction.NONE)
    if sense == (Verb.BLOCK, OFF) and base in _LIFTERS:
        phrase = _lifted_from(phrase)
    if [token.word for token in phrase[:2]] == ["access", "to"]:
        phrase = phrase[2:]
    return Deed(*sense, phrase) if sense else None


def ends_a_timer(clause: Phrase, at: int) -> bool:
    """Tell whether the word at a place ends a timer: "stop the timer of the tv"."""
    found = lemma(clause[at].word)
    if (found[0] if found else clause[at].word) not in _ENDERS:
        return False
    phrase = clause[at + 1 :]
    if any(_goes_on(token.word) for token in phrase):
        return False  # "stop cancelling the timer"
    head = head_of(phrase)
    return head is not None and head.kind is TargetKind.TIMER


def _goes_on(word: str) -> bool:
    found = lemma(word)
    return word in _ENDING or (found is not None and found[1] == "gerund")


def _cancel(_: Sense | None, __: Phrase) -> None:
    """Have it deny, unless a timer is named."""


def _lifted_from(phrase: tuple[Token, ...]) -> tuple[Token, ...]:
    """Return what a block is taken from: "remove the block on the iPad"."""
    words = [token.word for token in phrase]
    ban = next((at for at, word in enumerate(words) if word in _BANS), None)
    if ban is None:
        return phrase
    behind = (at for at in range(ban, len(words)) if words[at] in {"on", "from", "of", "for"})
    return phrase[next(behind, len(words)) + 1 :]


def _pair(word: str, following: str) -> Sense | None:
    found = lemma(word)
    return PAIRS.get((found[0] if found else word, following)) or PAIRS.get(
        (word, (lemma(following) or (following,))[0])
    )


def _with_particle(
    particles: Mapping[str, Sense], phrase: tuple[Token, ...], alone: Sense | None
) -> tuple[Sense | None, tuple[Token, ...]]:
    """Find the particle that completes a verb; two that contradict leave no direction."""
    places = {at for at in range(len(phrase)) if _completes(phrase, at, particles)}
    senses = {particles[phrase[at].word] for at in places}
    for at in sorted(places - {0})[:1]:
        if len(phrase) > at + 1 and phrase[at + 1].word in ARTICLES:
            phrase = phrase[:at]  # "kick the iPad off the wifi" is about the iPad alone
    rest = tuple(token for at, token in enumerate(phrase) if at not in places)
    if len(senses) > 1:
        return (min(senses)[0], Direction.NONE), rest
    return (senses.pop() if senses else alone), rest


def _completes(phrase: Phrase, at: int, particles: Mapping[str, Sense]) -> bool:
    word = phrase[at].word
    if word not in particles:
        return False
    if at == 0 or word != "on":
        return True
    following = phrase[at + 1] if at + 1 < len(phrase) else None
    if following is None or following.kind == "mark":
        return True
    return following.word in PREPOSITIONS or following.word in {"and", "or", "again", "now"}


def _admit(sense: Sense | None, phrase: Phrase) -> Sense | None:
    words = words_of(phrase)
    if words[:1] in {("me",), ("us",)}:
        return None
    if "back" in words or "again" in words:
        return Verb.BLOCK, OFF
    if "guest" in words or "guests" in words:
        return Verb.AUTHORIZE, ON
    return sense


def _locate(sense: Sense | None, phrase: Phrase) -> Sense | None:
    head = head_of(phrase)
    return (Verb.SHOW, Direction.NONE) if head and head.kind is TargetKind.CLIENT else sense


def _flash(sense: Sense | None, phrase: Phrase) -> Sense | None:
    return (Verb.UPGRADE, Direction.NONE) if "firmware" in words_of(phrase) else sense


def _update(sense: Sense | None, phrase: Phrase) -> Sense | None:
    head, words = head_of(phrase), words_of(phrase)
    if "name" in words:
        return Verb.RENAME, Direction.NONE
    if words[:1] in {("me",), ("us",), ("on",)}:
        return Verb.SHOW, Direction.NONE
    if "firmware" in words or not head or head.kind in {None, TargetKind.DEVICE}:
        return sense
    return Verb.SET, Direction.NONE


def _make(sense: Sense | None, phrase: Phrase) -> Sense | None:
    words, head = words_of(phrase), head_of(phrase)
    known = words[:1] and words[0] in {"the", "my", "our", "this", "that", "it"}
    if head and head.kind in _MADE and not known:
        return Verb.CREATE, Direction.NONE
    return sense


def _give(sense: Sense | None, phrase: Phrase) -> Sense | None:
    if {"guest", "access"} <= set(words_of(phrase)):
        return Verb.AUTHORIZE, ON
    return sense if TargetKind.ADDRESS in kinds_in(phrase) else None


def _get(sense: Sense | None, phrase: Phrase) -> Sense | None:
    words = words_of(phrase)
    if {"rid", "off", "out", "back", "to"} & set(words):
        return None
    form = lemma(words[-1]) if words else None
    caused = form and form[1] == "past" and not {"have", "are", "is", "i"} & set(words)
    return None if caused else sense


def _call(sense: Sense | None, phrase: Phrase) -> Sense | None:
    quoted = any(token.kind == "quoted" for token in phrase)
    return sense if quoted or len(words_of(phrase)) > 2 else None  # noqa: PLR2004  # "call the ISP"


def _name(sense: Sense | None, phrase: Phrase) -> Sense | None:
    return sense if any(token.kind == "quoted" for token in phrase) else None


def _lift(sense: Sense | None, phrase: Phrase) -> Sense | None:
    words, head = set(words_of(phrase)), head_of(phrase)
    if words & {"whitelist", "allowlist"}:
        return None
    if words & LISTS or (words & _BANS and not (head and head.kind is TargetKind.RULE)):
        return Verb.BLOCK, OFF
    return sense


def _listed(sense: Sense | None, phrase: Phrase) -> Sense | None:
    words = set(words_of(phrase))
    if words & LISTS:
        return Verb.BLOCK, ON
    return None if "back" in words else sense


def _forward(sense: Sense | None, phrase: Phrase) -> Sense | None:
    return sense if any(word[0].isdigit() for word in words_of(phrase)) else None


def _tested(sense: Sense | None, phrase: Phrase) -> Sense | None:
    past = not _PAST_TESTS.isdisjoint(words_of(phrase))
    return (Verb.SHOW, Direction.NONE) if past and sense and sense[0] is Verb.TEST else sense


def _test(sense: Sense | None, phrase: Phrase) -> Sense | None:
    return _tested(sense, phrase) if words_of(phrase) else None


def _fix(sense: Sense | None, phrase: Phrase) -> Sense | None:
    return (Verb.SET, Direction.NONE) if TargetKind.ADDRESS in kinds_in(phrase) else sense


def _set(sense: Sense | None, phrase: Phrase) -> Sense | None:
    words = words_of(phrase)
    if "name" in words[: words.index("to") if "to" in words else 0]:
        return Verb.RENAME, Direction.NONE
    if sense and sense[0] is Verb.SET and words and words[-1] in _SWITCHED:
        return Verb.SWITCH, (ON if words[-1] in {"on", "enabled"} else OFF)
    return sense


def _run(_: Sense | None, phrase: Phrase) -> Sense | None:
    words = [word for word in words_of(phrase[:5]) if word not in _BEFORE_TESTS]
    if words[:1] == ["speedtest"] or words[:2] == ["speed", "test"]:
        return _tested((Verb.TEST, Direction.NONE), phrase)
    if words[:1] and words[0] in {"diagnostic", "diagnostics", "ping", "traceroute"}:
        return Verb.DIAGNOSE, Direction.NONE
    return None


def _force(_: Sense | None, phrase: Phrase) -> Sense | None:
    return (Verb.RECONNECT, Direction.NONE) if "reconnect" in words_of(phrase) else None


def _install(_: Sense | None, phrase: Phrase) -> Sense | None:
    return (Verb.UPGRADE, Direction.NONE) if "firmware" in words_of(phrase) else None


def _push(_: Sense | None, phrase: Phrase) -> Sense | None:
    known = {"config", "configuration", "settings"} & set(words_of(phrase))
    return (Verb.PROVISION, Direction.NONE) if known else None


def _end(_: Sense | None, phrase: Phrase) -> Sense | None:
    return (Verb.AUTHORIZE, OFF) if {"guest", "access"} <= set(words_of(phrase)) else None


def _forget(sense: Sense | None, phrase: Phrase) -> Sense | None:
    """Tell "forget the printer" from "forget it", which takes an order back."""
    words = words_of(phrase)
    back = words[:1] == ("about",) or words in {("it",), ("that",), ("this",)}
    return None if back else sense


def _bring(sense: Sense | None, phrase: Phrase) -> Sense | None:
    """Tell "bring up the stats" from "bring up the guest wifi"."""
    told = sense == (Verb.SWITCH, ON) and not _SHOWN.isdisjoint(words_of(phrase))
    return (Verb.SHOW, Direction.NONE) if told else sense


_REFINEMENTS: Mapping[str, Callable[[Sense | None, Phrase], Sense | None]] = {
    "allow": _admit, "permit": _admit, "let": _admit, "locate": _locate, "identify": _locate,
    "flash": _flash, "update": _update, "make": _make, "give": _give, "get": _get, "call": _call,
    "name": _name, "remove": _lift, "delete": _lift, "lift": _lift, "add": _listed,
    "put": _listed, "move": _listed, "forward": _forward, "fix": _fix, "set": _set, "change": _set,
    "edit": _set, "force": _force, "install": _install, "push": _push, "end": _end,
    "forget": _forget, "test": _test, "measure": _test, "speedtest": _tested,
    "bring": _bring, "cancel": _cancel,
} | dict.fromkeys(_RUNNERS, _run)  # fmt: skip


def target_of(deed: Deed) -> Noun | None:
    """Return what kind of thing an act is about, as far as its object tells."""
    words = [token.word for token in deed.phrase]
    if deed.verb in {Verb.SET, Verb.RENAME} and "to" in words:
        before = deed.phrase[: words.index("to")]
    else:
        before = deed.phrase
    head = head_of(before, deeper=not deed.writes)
    if deed.verb is Verb.SWITCH and head and head.kind is TargetKind.CLIENT and _wifi(before):
        return Noun(TargetKind.WLAN, plural=False)
    if deed.verb in {Verb.SET, Verb.SWITCH} and (found := _property(deed, head)):
        return found
    if deed.verb is Verb.CYCLE and TargetKind.PORT in kinds_in(deed.phrase):
        return Noun(TargetKind.PORT, plural=False)
    if deed[:2] == (Verb.BLOCK, ON) and _partial(words, head, deed.phrase):
        return Noun(TargetKind.RULE, plural=False)
    return _of_ours(deed, head)


def _wifi(phrase: Phrase) -> bool:
    """Tell whether a phrase begins with Wi-Fi, so that a name follows: "wifi Guest"."""
    first = next((token.word for token in phrase if token.word not in ARTICLES), "")
    noun = NOUNS.get(first)
    return noun is not None and noun.kind is TargetKind.WLAN and not noun.plural


def _property(deed: Deed, head: Noun | None) -> Noun | None:
    kinds = kinds_in(deed.phrase) if deed.verb is Verb.SET else frozenset()
    kind = next((one for one in PROPERTIES if one in kinds), None)
    return Noun(kind, head.plural if head else False) if kind else None


def _partial(words: Sequence[str], head: Noun | None, phrase: Phrase) -> bool:
    """Tell whether only some traffic is to be blocked: "from the internet", "YouTube on the tv"."""
    if "from" in words:
        behind = [word for word in words[words.index("from") + 1 :] if word not in {"the", "my"}]
        return not behind or behind[0] not in {"network", "wifi", "wi-fi", "wlan", "joining", "now"}
    about = head is None or head.kind is not TargetKind.CLIENT
    return about and bool({"on", "for"} & set(words)) and TargetKind.CLIENT in kinds_in(phrase)


def _of_ours(deed: Deed, head: Noun | None) -> Noun | None:
    if head and deed.verb is Verb.LOCATE and head.kind is TargetKind.LED:
        return Noun(TargetKind.DEVICE, head.plural)
    if head and head.kind is None and deed.verb in _DEVICE_VERBS:
        return Noun(TargetKind.DEVICE, head.plural)
    return head
