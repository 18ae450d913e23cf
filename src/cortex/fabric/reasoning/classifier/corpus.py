"""Read the labelled sentences that the classifier learns from, and refuse what is wrong in them.

One YAML file per writer, so that a head can be tried on sentences of a writer it never saw.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from cortex.errors import Misconfigured
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.reasoning.classifier.verdict import REFUSALS
from cortex.settings.documents import read_document

FOLDER: Final = Path(__file__).parent.parent / "utterances"
FEWEST: Final = 40
"""Sentences that every tool needs, over all writers."""
WRITERS: Final = 3
"""The fewest writers: one to try a head on, and two to calibrate it without them."""
_GROUPS: Mapping[str, Iterable[str]] = {"tools": TOOLS, "rejects": REFUSALS}
_HINT = "each file holds `tools:` and `rejects:`, and in them a list of sentences under each name"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: who wrote it, the class it belongs to, and where it stands."""

    writer: str
    label: str
    text: str
    place: str


def load(folder: Path = FOLDER, *, fewest: int = FEWEST) -> tuple[Sentence, ...]:
    """Read every file of a folder, in the order of their names.

    Raises:
        Misconfigured: a file cannot be read, a sentence is not one, stands twice or under an
            unknown name, or a class has too few; the message names file and place.

    """
    files = sorted(folder.glob("*.yaml"))
    found = tuple(sentence for file in files for sentence in _sentences(file))
    _check_twins(found)
    _check_counts(found, folder, fewest)
    return found


def digest(sentences: Iterable[Sentence]) -> str:
    """Digest sentences with their writers and classes, to tell whether any has changed."""
    listed = "\n".join(f"{one.writer}\t{one.label}\t{one.text}" for one in sentences)
    return hashlib.sha256(listed.encode()).hexdigest()[:16]


def _sentences(file: Path) -> Iterator[Sentence]:
    document = _mapping(_document(file), file, "the document")
    for group, known in _GROUPS.items():
        listed = _mapping(document.get(group), file, group)
        for label, texts in listed.items():
            place = f"{group}.{label}"
            if label not in known:
                raise _wrong(file, f"{place}: there is no such class")
            yield from _listed(file, place, label, texts)
    if unknown := sorted(map(str, set(document) - set(_GROUPS))):
        raise _wrong(file, f"{unknown[0]}: there is no such group")


def _listed(file: Path, place: str, label: str, texts: Any) -> Iterator[Sentence]:
    if not isinstance(texts, list):
        raise _wrong(file, f"{place}: {texts!r} is no list of sentences")
    for number, text in enumerate(texts, start=1):
        if not isinstance(text, str) or not text.strip():
            raise _wrong(file, f"{place}, sentence {number}: {text!r} is no sentence")
        yield Sentence(file.stem, label, text, f"{file.name}: {place}, sentence {number}")


def _document(file: Path) -> Any:
    try:
        return read_document(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _wrong(file, f"it cannot be read: {error}") from error


def _mapping(found: Any, file: Path, place: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise _wrong(file, f"{place}: {type(found).__name__} where names with lists should be")
    return found


def _check_twins(sentences: Iterable[Sentence]) -> None:
    seen: dict[str, Sentence] = {}
    for one in sentences:
        first = seen.setdefault(" ".join(one.text.casefold().split()), one)
        if first is not one:
            message = f"{one.place}: {one.text!r} stands already in {first.place}"
            raise Misconfigured(message, setting="utterances", hint="remove one of the two")


def _check_counts(sentences: Sequence[Sentence], folder: Path, fewest: int) -> None:
    counted = Counter(one.label for one in sentences)
    if len({one.writer for one in sentences}) < WRITERS:
        message = f"{str(folder)!r} holds the sentences of fewer than {WRITERS} writers"
        hint = "a head is tried on a writer it never saw; each has a file of their own"
        raise Misconfigured(message, setting="utterances", hint=hint)
    for label in (*TOOLS, *REFUSALS):
        if counted[label] < fewest:
            message = f"{str(folder)!r} holds {counted[label]} sentences for {label!r}"
            raise Misconfigured(message, setting="utterances", hint=f"write at least {fewest}")


def _wrong(file: Path, what: str) -> Misconfigured:
    return Misconfigured(f"{file.name}: {what}", setting="utterances", source=str(file), hint=_HINT)
