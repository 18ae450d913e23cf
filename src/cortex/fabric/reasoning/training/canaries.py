"""Sentences of which it is known what they mean, or must not mean; and what comes of them.

The examples and counterexamples of every tool, the orders among the examples turned round, and
learned wordings that no head was taught. What a head says goes through the rules of language, as
it does for a query: what they refuse is done by nobody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.reasoning.classifier.corpus import Sentence
from cortex.fabric.reasoning.classifier.verdict import Verdict
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.experience.routes import arguments_for
from cortex.fabric.routing.language import read

Result = Literal["wrong_write", "wrong", "asked", "right"]
_TURNED_ROUND = "do not {}"


class Classifier(Protocol):
    """What says what a text means."""

    def classify(self, text: str) -> Verdict:
        """Say what a text means."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A sentence, the tool that it means if any, or the one that it must not be taken for."""

    text: str
    means: str = ""
    never: str = ""
    """The tool that it must not be taken for."""


def canaries(learned: Iterable[Sentence] = ()) -> tuple[Canary, ...]:
    """List every canary once."""
    found = {one.text: one for one in (*_of_tools(), *_of(learned))}
    return tuple(found.values())


def result_of(canary: Canary, classifier: Classifier) -> Result:
    """Try a head on a sentence; asking back and passing on harm nobody."""
    tool = _gone_for(canary.text, classifier)
    if not tool:
        return "asked" if canary.means else "right"
    if tool == canary.means or (not canary.means and tool != canary.never):
        return "right"
    return "wrong_write" if TOOLS[tool].writes else "wrong"


def _gone_for(text: str, classifier: Classifier) -> str:
    verdict = classifier.classify(text)
    if verdict.kind != "route":
        return ""
    tool, frame = TOOLS[verdict.readings[0].tool], read(text)
    agreed = agree(tool, arguments_for(tool, frame), frame, learned=True)
    return tool.name if isinstance(agreed, Agreed) else ""


def _of_tools() -> Iterator[Canary]:
    for tool in TOOLS.values():
        for text in tool.examples:
            yield Canary(text, means=tool.name)
            if tool.writes:
                yield Canary(_TURNED_ROUND.format(text), never=tool.name)
        for text in tool.counterexamples:
            yield Canary(text, never=tool.name)


def _of(learned: Iterable[Sentence]) -> Iterator[Canary]:
    return (Canary(one.text, means=one.label) for one in learned)
