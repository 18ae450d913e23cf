"""Tier 1: the rules document compiled to one linear-time matcher that proposes calls.

Pure: takes the parsed document, never a file. A hit is a proposal only; whether it agrees
with the frame is decided by `routing.agreement`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import re2

from cortex.errors import Malformed, Misconfigured, UnknownTool
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import TOOLS, canonical, resolve_tool
from cortex.fabric.routing.agreement import Disagreed, Reason, agree
from cortex.fabric.routing.arguments import fill, missing, plain
from cortex.fabric.routing.cascade import Opinion, Proposal, Tier
from cortex.fabric.routing.complexity import DEFAULT_WEIGHTS, Weights, weights_from
from cortex.fabric.routing.frame import Frame

TEXT_LIMIT = 4_000
"""Characters beyond which a text is no keyword command: such a one is left to other tiers."""
_SET_MEMORY = 32 << 20
_PATTERN_MEMORY = 4 << 20
_PATTERN_LIMIT = 2_000
_REMEMBERED = 512
_DEFAULT_CONFIDENCE = 0.9
_SURE_FROM = 0.85
"""Confidence below which a rule only guesses."""
_TIER_OF_LAYER: Mapping[str, Tier] = MappingProxyType(
    {"reasoning-classifier": "classifier", "reasoning-slm": "slm"}
)
_SSH = "execution-unifi-ssh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: a pattern, and the call or the tier that it stands for."""

    place: str
    pattern: str
    tool: Tool | None
    layer: str
    confidence: float
    requires_confirmation: bool
    arguments: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, and the one matcher that finds which of them a text fulfils."""

    rules: tuple[Rule, ...]
    matcher: Any
    weights: Weights = DEFAULT_WEIGHTS

    def propose(self, frame: Frame) -> Opinion:
        """Say what the rules make of a query: calls, best first, or a tier to go to."""
        hits = list(self._hits(frame.plain, frame.text))
        calls = [
            call
            for rule, form in hits
            if rule.tool
            and not _misses(call := _call(rule, rule.tool, form, frame), rule.tool, frame)
        ]
        calls.sort(key=lambda one: (-one[1].confidence, one[0]))
        best: dict[str, Proposal] = {}
        for _, proposal in calls:
            best.setdefault(proposal.tool, proposal)
        tiers = (rule for rule, _ in hits if rule.tool is None)
        skip = max(tiers, key=lambda rule: rule.confidence, default=None)
        return _opinion(tuple(best.values()), skip)

    def matching(self, text: str) -> tuple[Rule, ...]:
        """Return the rules whose pattern a text fulfils, in the document's order."""
        return tuple(rule for rule, _ in self._hits("", text))

    def _hits(self, order: str, text: str) -> Iterator[tuple[Rule, str]]:
        """Find rules by the order put plainly, the text without politeness, then as it stands."""
        if len(text) > TEXT_LIMIT:
            return
        order, encodable = (one.encode("utf-8", "replace").decode() for one in (order, text))
        seen: dict[int, str] = {}
        for form in dict.fromkeys(filter(None, (plain(order), plain(encodable), encodable))):
            for index in self.matcher.Match(form) or ():
                seen.setdefault(index, form)
        for index, form in sorted(seen.items()):
            yield self.rules[index], form


def compile_rules(
    document: object, tools: Mapping[str, Tool] = TOOLS, *, place: str = "routing"
) -> Rules:
    """Compile a parsed rules document; `place` is what errors call its `routing` section.

    Raises:
        Misconfigured: anything in the document is wrong; names the place.

    """
    sections = _mapping(document, place, {"routing", "complexity"})
    routing = _section(sections, "routing", place)
    keywords = _section(_mapping(routing, place, {"keywords"}), "keywords", place)
    entries = _list(keywords, f"{place}.keywords")
    rules = tuple(
        _rule(entry, f"{place}.keywords[{index}]", tools) for index, entry in enumerate(entries)
    )
    compiled = Rules(rules, _matcher(rules, f"{place}.keywords"), _weights(sections))
    for rule in rules:
        _check_examples(compiled, rule)
    return compiled


def _weights(sections: Mapping[str, Any]) -> Weights:
    place = "complexity"
    given = sections.get(place, {})
    if not isinstance(given, Mapping):
        raise _wrong(place, f"a mapping of weights belongs here, not {given!r:.80}.")
    return weights_from(given, place=place)


def _call(rule: Rule, tool: Tool, form: str, frame: Frame) -> tuple[int, Proposal]:
    """Propose the rule's call, and count the required arguments that it still lacks."""
    said: dict[str, Any] = next(
        (one.groupdict() for one in _compiled(rule.pattern).finditer(form)), {}
    )
    arguments = {**fill(tool, said, frame), **rule.arguments}
    return len(missing(tool, arguments)), Proposal(
        tier="keyword",
        tool=tool.name,
        layer=rule.layer,
        arguments=arguments,
        confidence=rule.confidence,
        why=f"rule {rule.place}: {rule.pattern}",
        needs_confirmation=rule.requires_confirmation,
    )


def _misses(call: tuple[int, Proposal], tool: Tool, frame: Frame) -> bool:
    """Tell whether a rule that only guesses by a name is refuted by the kind of thing named."""
    guessed = call[1].confidence < _SURE_FROM
    return guessed and agree(tool, call[1].arguments, frame) == Disagreed(Reason.OTHER_TARGET)


def _opinion(proposals: tuple[Proposal, ...], skip: Rule | None) -> Opinion:
    """Drop the calls when a rule is surer that the query belongs to another tier."""
    if skip is None:
        return Opinion(proposals)
    surer = all(skip.confidence > one.confidence for one in proposals)
    return Opinion(() if surer else proposals, _TIER_OF_LAYER[skip.layer])


@lru_cache(maxsize=_REMEMBERED)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, _options(_PATTERN_MEMORY))


def _options(memory: int) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = memory
    return options


def _matcher(rules: tuple[Rule, ...], place: str) -> Any:
    matcher = re2.Set.SearchSet(_options(_SET_MEMORY))
    try:
        for rule in rules:
            matcher.Add(rule.pattern)
        matcher.Compile()
    except re2.error as problem:
        message = f"{len(rules)} rules are too many or too complex for one matcher: {problem}."
        raise _wrong(place, message, "Use fewer rules, or simpler patterns.") from problem
    return matcher


def _wrong(place: str, message: str, hint: str = "") -> Misconfigured:
    return Misconfigured(f"{place}: {message}", setting=place, hint=hint)


def _mapping(value: object, place: str, keys: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        message = f"a mapping with {', '.join(sorted(keys))} belongs here, not {value!r:.80}."
        raise _wrong(place, message)
    for key in value:
        if key not in keys:
            message = f"the key {key!r:.80} is not known; known are {', '.join(sorted(keys))}."
            raise _wrong(place, message)
    return value


def _section(value: Mapping[str, Any], key: str, place: str) -> object:
    if key not in value:
        raise _wrong(place, f"the key {key!r} is missing.")
    return value[key]


def _list(value: object, place: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _wrong(place, f"a list belongs here, not {value!r:.80}.")
    return list(value)


def _rule(entry: object, place: str, tools: Mapping[str, Tool]) -> Rule:
    given = _mapping(entry, place, _KEYS)
    tool = _tool(given.get("tool"), f"{place}.tool", tools)
    return Rule(
        place=place,
        pattern=_pattern(given.get("pattern"), f"{place}.pattern", tool),
        tool=tool,
        layer=_layer(given.get("layer"), f"{place}.layer", tool),
        confidence=_confidence(given.get("confidence", _DEFAULT_CONFIDENCE), f"{place}.confidence"),
        requires_confirmation=_flag(
            given.get("requiresConfirmation", False), f"{place}.requiresConfirmation"
        ),
        arguments=_arguments(given, place, tool),
        examples=_sayings(given.get("examples", ()), f"{place}.examples"),
        counterexamples=_sayings(given.get("counterexamples", ()), f"{place}.counterexamples"),
    )


_KEYS = {
    "pattern", "layer", "tool", "requiresConfirmation", "confidence", "arguments", "site",
    "examples", "counterexamples",
}  # fmt: skip


def _tool(name: object, place: str, tools: Mapping[str, Tool]) -> Tool | None:
    if name is None:
        return None
    if not isinstance(name, str):
        raise _wrong(place, f"a tool's name belongs here, not {name!r:.80}.")
    try:
        return resolve_tool(name, tools)
    except UnknownTool as problem:
        raise _wrong(place, problem.message, problem.hint) from problem


def _pattern(pattern: object, place: str, tool: Tool | None) -> str:
    if not isinstance(pattern, str) or not 0 < len(pattern) <= _PATTERN_LIMIT:
        message = f"a text of 1 to {_PATTERN_LIMIT} characters belongs here, not {pattern!r:.80}."
        raise _wrong(place, message)
    try:
        groups = _compiled(pattern).groupindex
    except (re2.error, UnicodeEncodeError) as problem:
        message = f"{pattern!r:.80} cannot be used: {_reason(problem)}."
        hint = "Patterns are RE2: no look-around, no back-references, repeats up to 1000."
        raise _wrong(place, message, hint) from problem
    for name in groups:
        if tool is None or tool.argument(name) is None:
            message = f"the group {name!r} is no argument of {tool.name if tool else 'a layer'}."
            raise _wrong(place, message)
        if len(re2.findall(rf"\(\?P?<{name}>", pattern)) > 1:
            raise _wrong(place, f"the group {name!r} is there twice; only one would be read.")
    return pattern


def _reason(problem: Exception) -> str:
    reason = problem.args[0]
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(problem)


def _layer(layer: object, place: str, tool: Tool | None) -> str:
    if tool is None:
        known = set(_TIER_OF_LAYER)
        reason = "a rule without a tool goes to a reasoning layer"
    else:
        known = {tool.layer, _SSH} if tool.ssh_twin else {tool.layer}
        layer = tool.layer if layer is None else layer
        reason = f"{tool.name} is served elsewhere"
    if not isinstance(layer, str) or layer not in known:
        message = f"{layer!r:.80} cannot be the layer: {reason} ({', '.join(sorted(known))})."
        raise _wrong(place, message)
    return layer


def _confidence(value: object, place: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1:
        return float(value)
    message = f"a number above 0 and up to 1 belongs here, not {value!r:.80}."
    raise _wrong(place, message)


def _flag(value: object, place: str) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(place, f"true or false belongs here, not {value!r:.80}.")


def _arguments(given: Mapping[str, Any], place: str, tool: Tool | None) -> dict[str, Any]:
    fixed, inside = given.get("arguments", {}), f"{place}.arguments"
    if not isinstance(fixed, Mapping):
        raise _wrong(inside, f"a mapping belongs here, not {fixed!r:.80}.")
    placed = [(f"{inside}.{name}", name, value) for name, value in fixed.items()]
    if "site" in given:
        placed.append((f"{place}.site", "site", given["site"]))
    return {name: _fixed(where, tool, name, value) for where, name, value in placed}


def _fixed(place: str, tool: Tool | None, name: object, value: object) -> Any:
    if tool is None:
        raise _wrong(place, "a rule without a tool takes no arguments.")
    argument = tool.argument(str(name))
    if argument is None:
        hint = "YAML reads a bare on, off, yes or no as true or false: put it in quotes."
        message = f"{tool.name} takes no argument {name!r:.80}."
        raise _wrong(place, message, hint if isinstance(name, bool) else "")
    try:
        return canonical(tool, argument, value)
    except Malformed as problem:
        raise _wrong(place, problem.message, problem.hint) from problem


def _sayings(value: object, place: str) -> tuple[str, ...]:
    sayings = _list(value, place)
    for one in sayings:
        if not isinstance(one, str):
            raise _wrong(place, f"texts belong here, not {one!r:.80}.")
    return tuple(sayings)


def _check_examples(compiled: Rules, rule: Rule) -> None:
    for index, example in enumerate(rule.examples):
        place = f"{rule.place}.examples[{index}]"
        hits = compiled.matching(example)
        if rule not in hits:
            raise _wrong(place, f"{example!r:.80} does not match {rule.pattern!r:.200}.")
        surest = max(one.confidence for one in hits)
        winners = [one for one in hits if one.confidence == surest]
        if all(one.tool is not rule.tool for one in winners):
            message = f"{example!r:.80} goes to {winners[0].place} instead, which is surer."
            raise _wrong(place, message)
    for index, example in enumerate(rule.counterexamples):
        if rule in compiled.matching(example):
            place = f"{rule.place}.counterexamples[{index}]"
            raise _wrong(place, f"{example!r:.80} matches {rule.pattern!r:.200}, and must not.")
