"""No sentence that something is measured with is one that the classifier was trained on."""

import re

import pytest
from benchmarks.routing.replay import intents
from benchmarks.routing.suites import HALVES, suite

from cortex.fabric.activator.rulebook import load_rules
from cortex.fabric.reasoning.classifier import corpus
from cortex.fabric.routing.language import read


def plain(text: str) -> str:
    """Write a text as training sees it at most: without capitals and punctuation."""
    return " ".join(re.findall(r"\w+", text.casefold()))


TRAINED = frozenset(plain(one.text) for one in corpus.load())


def test_the_replay_asks_nothing_that_the_classifier_was_trained_on() -> None:
    asked = {words for one in intents() for words in (one.canonical, *one.says)}
    assert {words for words in asked if plain(words) in TRAINED} == set()


@pytest.mark.parametrize("half", HALVES)
def test_no_polarity_sentence_is_one_that_the_classifier_was_trained_on(half: str) -> None:
    found = suite(half)
    asked = {one.text for one in (*found.forbidden, *found.ordered)}
    assert {text for text in asked if plain(text) in TRAINED} == set()


def test_the_plain_words_of_the_replay_are_words_that_rules_know() -> None:
    rules = load_rules(None)
    for one in intents():
        proposed = rules.propose(read(one.canonical)).proposals
        assert one.tool in {proposal.tool for proposal in proposed}, one.canonical
