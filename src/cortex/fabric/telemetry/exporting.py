"""Write what was learnt as examples to train on, without anything that names somebody's things.

Pure. Only wordings leave, with typed slots where names and numbers stood, and the calls that they
stand for with the same slots as arguments. What is not surely free of names and secrets is left
out and counted. Each example is one line of JSON, in an order that depends on nothing else.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cortex.fabric.catalogue.tool import REFERENCE_KINDS, Argument, Tool
from cortex.fabric.catalogue.tools import TOOLS, schema_of
from cortex.fabric.routing.experience.routes import Route, Source, arguments_for
from cortex.fabric.routing.experience.templates import NAME, kinds_at, masked
from cortex.fabric.routing.extraction.vocabulary import KINDS, PLACES, READABLE, THINGS
from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.lexicon import FORMS
from cortex.fabric.routing.language.nouns import speaks_of_secret

_SLOTS: Final = frozenset(
    f"<{kind}>"
    for kind in ("name", "mac", "ip", "vlan", "port", "duration", "time", "number", "quoted")
)
_LONGEST: Final = 400
_NAMING: Final = REFERENCE_KINDS | {"text", "ip", "mac"}
_WORD: Final = re.compile(r"[a-z]+(?:['’-][a-z]+)*")
_LABEL: Final = re.compile(r"[a-z_]{1,64}")
_BANDS: Final = frozenset({"2.4", "5", "6", "2.4ghz", "5ghz", "6ghz"})
_KNOWN: Final = READABLE | KINDS | THINGS | PLACES | FORMS.keys()


@dataclass(frozen=True, slots=True)
class Export:
    """Lines without their ends, and how many examples were left out as not surely clean."""

    lines: tuple[str, ...]
    left_out: int


def classification(routes: Iterable[Route], sentences: Iterable[tuple[str, str]] = ()) -> Export:
    """Write `{"text": wording, "label": tool}` of routes, and of labelled sentences as asked."""
    pairs = [(one.template if _clean(one) else "", one.tool) for one in routes]
    pairs += [
        (_wording(text) if _LABEL.fullmatch(label) else "", label) for text, label in sentences
    ]
    lines = [_line({"text": text, "label": label}) for text, label in pairs if text]
    return Export(tuple(sorted(set(lines))), len(pairs) - len(lines))


def chat(routes: Iterable[Route]) -> Export:
    """Write conversations in which a wording is answered by the tool call it stands for.

    Each line is `{"messages": [...], "tools": [...]}` in the form that OpenAI's chat completions
    take for fine-tuning.
    """
    listed = list(routes)
    told = [_conversation(one) for one in listed if _clean(one)]
    lines = [_line(one) for one in told if one]
    return Export(tuple(sorted(set(lines))), len(listed) - len(lines))


def _conversation(route: Route) -> dict[str, Any] | None:
    tool = TOOLS[route.tool]
    arguments = dict[str, Any]()
    for name, source in sorted(route.arguments.items()):
        argument = tool.argument(name)
        value = _value(tool, argument, source, route.template) if argument else None
        if value is None:
            return None
        arguments[name] = value
    call = {"name": tool.name, "arguments": _line(arguments)}
    asked = {"role": "user", "content": route.template}
    calls = [{"id": "call_1", "type": "function", "function": call}]
    return {"messages": [asked, {"role": "assistant", "tool_calls": calls}], "tools": [_told(tool)]}


def _told(tool: Tool) -> dict[str, Any]:
    described = {"name": tool.name, "description": tool.summary, "parameters": schema_of(tool)}
    return {"type": "function", "function": described}


def _value(tool: Tool, argument: Argument, source: Source, template: str) -> Any:
    """Return an argument as it is exported: a slot, or a value that names nothing."""
    match source:
        case {"fixed": value}:
            return value if _names_nothing(argument, value) else None
        case {"slot": "phrase", "index": int(index)}:
            return _phrase(template.split(), index)
        case {"slot": "name"}:
            return NAME
        case {"slot": "mention", "kind": kind}:
            written = "quoted" if kind == "name" else kind  # as templates write it
            return f"<{written}>" if f"<{written}>" in _SLOTS else None
        case {"slot": "frame"}:
            chosen = argument.kind in {"boolean", "choice"}
            return _said(tool, argument, template) if chosen else _slot(argument, template.split())
        case _:
            return None


def _slot(argument: Argument, words: list[str]) -> str | None:
    """Return the slot that an argument is read from, if there is just one that it can be."""
    kind = "number" if argument.kind == "integer" else argument.kind
    if words.count(f"<{kind}>") == 1:
        return f"<{kind}>"
    if argument.kind not in _NAMING:
        return None
    # An address goes before every name, as it does where queries are read.
    addressed = [word for word in words if word in {"<mac>", "<ip>"}]
    named = [word for word in words if word in {NAME, "<quoted>"}]
    (only,) = addressed or named if len(addressed or named) == 1 else (None,)
    return _phrase(words, 0) if only == NAME else only


def _said(tool: Tool, argument: Argument, template: str) -> Any:
    """Return what the words around the slots say: which way, or which of a tool's choices."""
    value = arguments_for(tool, read(template)).get(argument.name)
    return value if isinstance(value, bool) or value in argument.choices else None


def _phrase(words: list[str], index: int) -> str | None:
    """Return the n-th name of a wording with the kind of thing behind it."""
    places = [at for at, word in enumerate(words) if word == NAME]
    if index >= len(places):
        return None
    begin = places[index]
    return " ".join(words[begin : begin + 1 + kinds_at(words, begin + 1)])


def _names_nothing(argument: Argument, value: Any) -> bool:
    if value in argument.choices:
        return True
    if argument.kind in _NAMING or not isinstance(value, bool | int | float | str):
        return False
    return not isinstance(value, str) or _readable(value)


def _clean(route: Route) -> bool:
    """Tell whether a route may leave: a tool without secrets, and a wording of known words."""
    tool = TOOLS.get(route.tool)
    if tool is None or tool.secrets:
        return False
    return not speaks_of_secret(route.template) and _readable(route.template)


def _wording(text: str) -> str:
    """Return the wording of a sentence; empty when it cannot leave."""
    template = masked(read(text)).template
    return template if _readable(template) and not speaks_of_secret(text) else ""


def _readable(text: str) -> bool:
    """Tell whether a text is made of slots and of words that are nobody's name."""
    words = text.split()
    spaced = " ".join(words) == text  # any other white space may be somebody's
    return bool(words) and spaced and len(text) <= _LONGEST and all(map(_says_nothing, words))


def _says_nothing(word: str) -> bool:
    if word in _SLOTS or word in _BANDS:
        return True
    known = word in _KNOWN or word.replace("-", "") in FORMS
    return known and _WORD.fullmatch(word) is not None


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
