"""Trusted routes as a rules document: memory teaches the rules.

Decides how a wording becomes a pattern, and leaves out every route whose rule would not do what
the route does; `routing.rules` compiles what is left.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cortex.errors import Misconfigured
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.experience.evidence import Evidence, Stage
from cortex.fabric.routing.experience.routes import Route, proposal_of
from cortex.fabric.routing.experience.templates import NAME, kinds_at, masked
from cortex.fabric.routing.language import read
from cortex.fabric.routing.rules import Rules, compile_rules

_GAP = r",?\s+"
_NAMED = r"[\w'’.@+&-]+(?: [\w'’.@+&-]+){0,3}"
_PATTERNS: Mapping[str, str] = {
    NAME: _NAMED,
    "<mac>": r"[0-9a-f][0-9a-f:. -]{10,16}",
    "<ip>": r"[0-9a-f][0-9a-f.:]{2,44}",
    "<vlan>": r"vlan[ #-]*[0-9]{1,5}",
    "<port>": r"port[ #-]*[0-9]{1,5}",
    "<duration>": r"[\w ]{2,30}",
    "<time>": r"[\w :/'-]{1,20}",
    "<number>": r"[\w.]{1,12}",
    "<quoted>": r".{1,128}",
}
_SAID: Mapping[str, tuple[str, ...]] = {
    NAME: ("printer", "kitchen", "printer-2"),
    "<mac>": ("aa:bb:cc:dd:ee:ff",),
    "<ip>": ("192.168.1.20",),
    "<vlan>": ("vlan 30",),
    "<port>": ("port 5",),
    "<duration>": ("2 hours", "last 24 hours"),
    "<time>": ("today", "tomorrow", "7 pm"),
    "<number>": ("12", "5"),
    "<quoted>": ('"Sample"', "Sample"),
}
"""What may stand in an example for each slot: the first that is read as that slot is taken."""

_SUREST = 0.9
"""As sure as a rule is that says nothing of its confidence."""


def as_rules(
    routes: Iterable[tuple[Route, Evidence, str]],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a rules document of the trusted routes, and why others of them were left out.

    Each route comes with its evidence and its id; what is left out is told by the id.
    """
    trusted = [one for one in routes if one[1].stage >= Stage.TRUSTED]
    rules, left_out = dict[str, dict[str, Any]](), dict[str, str]()
    for route, evidence, name in sorted(trusted, key=lambda one: one[2]):
        found = "somebody says that it is wrong" if _disputed(evidence) else _rule(route, evidence)
        if isinstance(found, str):
            left_out[name] = found
        else:
            rules[name] = found
    while overruled := _overruled(rules):
        left_out |= dict.fromkeys(overruled, "another learned rule knows the same words")
        rules = {name: rule for name, rule in rules.items() if name not in overruled}
    return _document(rules.values()), left_out


def _document(rules: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"routing": {"keywords": [dict(rule) for rule in rules]}}


def _disputed(evidence: Evidence) -> bool:
    return evidence.barred_for_all or bool(evidence.barred_for)


def _rule(route: Route, evidence: Evidence) -> dict[str, Any] | str:
    """Return a route as a rule, or why it cannot be one."""
    meant = list(_meant(route))
    if not meant:
        return "no example of it can be given"
    tool = resolve_tool(route.tool)
    # What was learned or taught may serve words that a rule may not.
    plain = [one for one in meant if _says(tool, *one)]
    if not plain:
        return "its words do not say what is done, as those of a rule must"
    example, proposal = plain[0]
    fixed = {name: one["fixed"] for name, one in route.arguments.items() if "fixed" in one}
    rule = {
        "pattern": _pattern(route),
        "layer": route.layer,
        "tool": route.tool,
        "confidence": round(min(evidence.bound, _SUREST), 2),
        "requiresConfirmation": tool.writes,
        "examples": [example],
    } | ({"arguments": fixed} if fixed else {})
    try:
        compiled = compile_rules(_document([rule]))
    except Misconfigured as problem:
        return problem.message
    proposed = [dict(one.arguments) for one in compiled.propose(read(example)).proposals]
    return rule if proposed == [proposal.arguments] else "a rule cannot tell its arguments"


def _says(tool: Tool, example: str, proposal: Proposal) -> bool:
    return isinstance(agree(tool, proposal.arguments, read(example)), Agreed)


def _meant(route: Route) -> Iterator[tuple[str, Proposal]]:
    """Yield queries of a route's wording, each with the call that the route makes of it."""
    words = route.template.split()
    for choice in range(max(map(len, _SAID.values()))):
        said = [_SAID[word][choice % len(_SAID[word])] if word in _SAID else word for word in words]
        frame = read(" ".join(said))
        if masked(frame).template != route.template or frame.polarity != route.polarity:
            continue
        proposal = proposal_of(route, frame, tier="keyword", confidence=1.0, why="")
        if proposal is not None:
            yield " ".join(said), proposal


def _pattern(route: Route) -> str:
    """Write a template as an anchored pattern, with the arguments that it gives as groups."""
    groups = {_place(source): name for name, source in sorted(route.arguments.items())}
    words, parts = route.template.split(), list[str]()
    seen = dict[str, int]()
    at = 0
    while at < len(words):
        word, width = words[at], 1
        index = seen.get(word, 0)
        seen[word] = index + 1
        pattern = _PATTERNS.get(word, re.escape(word).replace("'", "['’]"))
        name = groups.get((word, index))
        if word == NAME and ("phrase", index) in groups:
            name, width = groups["phrase", index], 1 + kinds_at(words, at + 1)
            pattern = _GAP.join([pattern, *map(re.escape, words[at + 1 : at + width])])
        parts.append(f"(?P<{name}>{pattern})" if name else pattern)
        at += width
    return f"^{_GAP.join(parts)}$"


def _place(source: Mapping[str, Any]) -> tuple[str, int]:
    """Say which slot of a template an argument comes from."""
    index = source.get("index", 0)
    match source.get("slot"):
        case "name":
            return NAME, index
        case "mention":
            return f"<{'quoted' if source['kind'] == 'name' else source['kind']}>", index
        case slot:
            return str(slot), index


def _overruled(rules: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Name the rules whose own example goes to another tool when all stand together."""
    silent = [{**rule, "examples": []} for rule in rules.values()]
    compiled = compile_rules(_document(silent))
    return [name for name, rule in rules.items() if _goes_elsewhere(compiled, rule)]


def _goes_elsewhere(compiled: Rules, rule: Mapping[str, Any]) -> bool:
    hits = compiled.matching(rule["examples"][0])
    surest = max(one.confidence for one in hits)
    winners = {one.tool.name for one in hits if one.tool and one.confidence == surest}
    return winners != {rule["tool"]}
