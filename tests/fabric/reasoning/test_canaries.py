"""Heads are tried on what tools say they mean, and on what they must not be taken for."""

from dataclasses import dataclass
from typing import Literal

import pytest

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.reasoning.classifier.corpus import Sentence
from cortex.fabric.reasoning.classifier.verdict import Likely, Verdict
from cortex.fabric.reasoning.training.canaries import Canary, canaries, result_of
from cortex.fabric.reasoning.training.wordings import is_tried, sentences_of


@dataclass
class Sure:
    """Says the same of every text."""

    tool: str
    kind: Literal["route", "ask", "pass"] = "route"

    def classify(self, text: str) -> Verdict:
        """Say it."""
        assert text
        return Verdict(self.kind, (Likely(self.tool, 0.99),))


@pytest.mark.parametrize(
    ("canary", "head", "result"),
    [
        (Canary("show all vlans", means="list_networks"), Sure("list_networks"), "right"),
        (Canary("show all vlans", means="list_networks"), Sure("list_wlans"), "wrong"),
        (Canary("show all vlans", means="list_networks"), Sure("list_wlans", "pass"), "asked"),
        (Canary("block the tv", means="list_clients"), Sure("block_client"), "wrong_write"),
        (Canary("block the tv", never="block_client"), Sure("block_client", "ask"), "right"),
        (Canary("do not block the tv", never="block_client"), Sure("block_client"), "right"),
    ],
)
def test_a_result_is_what_would_come_of_the_sentence(
    canary: Canary, head: Sure, result: str
) -> None:
    assert result_of(canary, head) == result


def test_every_tool_has_canaries_and_no_sentence_stands_twice() -> None:
    found = canaries([Sentence("learned", "list_wlans", "yo the radio names", "x")])
    assert {one.means for one in found} >= TOOLS.keys()
    assert len({one.text for one in found}) == len(found)
    assert Canary("yo the radio names", means="list_wlans") in found


def test_wordings_become_the_same_sentences_each_time_and_are_taught_or_tried() -> None:
    wordings = [(f"kick <name> number {n} at <ip>", "block_client") for n in range(90)]
    first = sentences_of(wordings)
    assert first == sentences_of(reversed(wordings))
    assert not any("<" in one.text for one in first)
    assert 10 < sum(is_tried(one) for one in first) < 60
