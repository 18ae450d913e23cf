"""Trusted routes as a rules file: alone, or behind the rules that come with Cortex.

Decides how the file is written, and which learned rules stand beside the others; which routes
are trusted, and what rule each of them makes, is the activator's.
"""

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from cortex.errors import Malformed, Misconfigured
from cortex.fabric.routing.rules import compile_rules
from cortex.files import replacing
from cortex.settings.documents import read_document

_WIDTH = 100
_HEADS = {
    False: (
        "# Learned rules alone, from `cortex routes export`. As `activator.rules_file` this file\n"
        "# replaces the rules that come with Cortex, and nothing but what stands here is known.\n"
        "# To have both, export again with --merged.\n"
    ),
    True: (
        "# The rules that come with Cortex and, at the end, learned ones, from\n"
        "# `cortex routes export --merged`. As `activator.rules_file` this replaces those that\n"
        "# come with Cortex: export again after an update, which may bring new ones.\n"
    ),
}
"""What a file is, by whether it holds the rules that come with Cortex too."""


def keywords(document: Any) -> list[Any]:
    """Return the rules of a rules document; none of one that has another shape."""
    routing = document.get("routing") if isinstance(document, Mapping) else None
    found = routing.get("keywords") if isinstance(routing, Mapping) else None
    return found if isinstance(found, list) else []


def merged(document: Any) -> tuple[dict[str, Any], list[str]]:
    """Put learned rules behind those that come with Cortex; name those that do not go with them.

    A learned rule whose own example the others take elsewhere is left out.
    """
    usual = _usual()
    kept, left_out = list[Any](), list[str]()
    learned = keywords(document)
    if not _clash(usual, learned):
        return _joined(usual, learned), left_out
    for rule in learned:
        if problem := _clash(usual, [*kept, rule]):
            left_out.append(f"{rule['pattern']}: {problem}")
        else:
            kept.append(rule)
    return _joined(usual, kept), left_out


def text_of(document: Any, *, merged: bool) -> str:
    """Write a rules document as YAML, and say at its head what it stands for."""
    rules = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return f"{_HEADS[merged]}{rules}"


def advice(file: Path, *, merged: bool) -> str:
    """Say what a written file does where it is used, and what to do with it."""
    if not merged:
        return (
            "alone it would replace the rules that come with Cortex:"
            " to use these beside them, export with --merged"
        )
    return (
        f"read it, then set `activator.rules_file: {file.absolute()}` and start Cortex again;"
        " it holds the rules that come with Cortex, and replaces them"
    )


def write(file: Path, text: str) -> None:
    """Write a file as a whole, mode 0600: a full disk leaves the one that was there.

    Raises:
        Malformed: it cannot be written there.

    """
    try:
        with replacing(file) as draft:
            draft.write(text.encode())
    except OSError as error:
        message = f"{str(file)!r} cannot be written: {error.strerror}"
        raise Malformed(message, hint="name another file with --output") from error


def _usual() -> dict[str, Any]:
    shipped = resources.files("cortex.fabric.routing").joinpath("rules.yaml")
    document: dict[str, Any] = read_document(shipped.read_text("utf-8"))
    return document


def _joined(usual: Mapping[str, Any], learned: Sequence[Any]) -> dict[str, Any]:
    rules = [*keywords(usual), *learned]
    return {**usual, "routing": {**usual["routing"], "keywords": rules}}


def _clash(usual: Mapping[str, Any], learned: Sequence[Any]) -> str:
    try:
        compile_rules(_joined(usual, learned))
    except Misconfigured as problem:
        return problem.message
    return ""
