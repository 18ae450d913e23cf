"""Scores that separate easy queries from hard ones, and stay where they are promised."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.errors import Misconfigured
from cortex.fabric.routing.complexity import (
    DEFAULT_WEIGHTS,
    Complexity,
    Level,
    Weights,
    level_of,
    score,
    weights_from,
)
from cortex.fabric.routing.language import read
from tests.fabric.routing.sentences import DISORDERLY, ORDERS
from tests.requirements import requirement

LABELLED: dict[Level, tuple[str, ...]] = {
    "simple": (
        "list clients",
        "show my networks",
        "block the kids iPad",
        "unblock the printer",
        "restart the garage AP",
        "is the TV online?",
        "who has 192.168.1.57?",
        "rename aa:bb:cc:dd:ee:ff to Front Door Cam",
        "turn off PoE on port 5",
        "what VLANs do I have",
        "run a speed test",
        "get the logs of the core switch for the last hour",
        "which clients are using the most bandwidth?",
        "give the printer a fixed address 10.0.20.15",
    ),
    "moderate": (
        "show me all clients on the guest VLAN with their signal strength and data usage",
        "block the iPad and tell me who else is on that AP",
        "reboot all the access points one by one, wait for each",
        "restart the garage AP if it is offline",
        "the internet is dead!",
        "is the wifi slow?",
        "site won't load but ping works",
        "what changed yesterday, and who changed it?",
        "audit my firewall policies — are there any redundant or conflicting rules?",
        "create a firewall rule that blocks IoT devices between midnight and 6 am",
    ),
    "complex": (
        "why is Wi-Fi slow in the meeting room",
        "why does the POS terminal keep dropping?",
        "why are the cameras disconnecting every night",
        "compare the client counts of the garage AP and the hall AP over the last week",
        "analyze the wifi in the office and troubleshoot roaming",
        "investigate why the office AP keeps dropping clients",
        "the tv drops every evening, find out why",
        "troubleshoot the slow uplink of the core switch and recommend a fix",
    ),
    "expert": (
        "investigate why all APs dropped clients last night and compare it with last week",
        "analyze the traffic of every VLAN over the past week and correlate it with the outages",
        "troubleshoot why the camera on port 12 keeps rebooting, then compare it with port 13",
        "investigate the packet loss on vlan 30, explain why it began and plan a fix step by step",
        "why is the office slow, why are calls dropping, and what is the root cause?",
        "compare every site, analyze the trends of the last month and investigate the outages",
    ),
}
QUERIES = [(text, level) for level, texts in LABELLED.items() for text in texts]


def _score(text: str, **options: Any) -> Complexity:
    return score(text, read(text), **options)


@pytest.mark.parametrize(("text", "level"), QUERIES)
def test_levels_separate_the_labelled_queries(text: str, level: Level) -> None:
    result = _score(text)
    assert result.level == level, result


@requirement("complexity.range")
@given(st.text() | st.sampled_from([text for text, _ in QUERIES]), st.integers(0, 10_000))
def test_a_score_stays_within_its_bounds(text: str, context_size: int) -> None:
    result = _score(text, context_size=context_size)
    assert 0 <= result.score <= 100
    assert result.level == level_of(result.score)
    assert result.score == min(100, max(0, sum(result.factors.values())))


texts = st.sampled_from(
    [text for text, _ in QUERIES]
    + [form.format(**order._asdict()) for form in DISORDERLY[::7] for order in ORDERS[::5]]
) | st.text(st.characters(max_codepoint=0x7F))


@given(texts)
def test_a_score_is_blind_to_letter_case(text: str) -> None:
    assert _score(text.upper()).score == _score(text.lower()).score


@given(texts)
def test_asking_to_investigate_never_lowers_a_score(text: str) -> None:
    assert _score(f"{text} investigate").score >= _score(text).score


@given(texts, st.integers(0, 5_000))
def test_more_context_never_lowers_a_score(text: str, context_size: int) -> None:
    assert _score(text, context_size=context_size).score >= _score(text).score


@requirement("complexity.architecture-weights")
def test_the_weights_of_the_brief_are_the_defaults() -> None:
    long = "x" * 501
    assert _score("investigate").factors == {"investigate": 20}
    assert _score("analyze").factors == {"analyze": 18}
    assert _score("troubleshoot").factors == {"troubleshoot": 22}
    assert _score("list clients").factors == {"lookup": -5}
    assert _score(long).factors == {"long_text": 15}
    assert _score("ok?? ").factors == {"question": 16}
    assert _score("aa:bb:cc:dd:ee:ff 10.0.0.1 vlan 3").factors == {"entity": 9}
    assert _score("hello", context_size=501).factors == {"large_context": 10}


def test_weights_can_be_edited_one_by_one() -> None:
    weights = weights_from({"investigate": 50, "lookup": 0})
    assert weights == Weights(investigate=50, lookup=0)
    assert _score("investigate the ap", weights=weights).score == 50
    assert weights_from({}) == DEFAULT_WEIGHTS


@pytest.mark.parametrize("name", [one.name for one in fields(Weights)])
def test_a_factor_without_weight_is_not_named(name: str) -> None:
    weights = weights_from({name: 0})
    for text, _ in QUERIES:
        assert name not in _score(text, weights=weights).factors


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"investigat": 3}, "complexity.investigat: unknown weight"),
        ({"why": "much"}, "complexity.why: 'much' is no weight"),
        ({"why": True}, "complexity.why: True is no weight"),
        ({"why": 1.5}, "complexity.why: 1.5 is no weight"),
        ({"why": 101}, "complexity.why: 101 is no weight"),
    ],
)
def test_a_wrong_weight_is_named_with_its_place(document: dict[str, Any], message: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        weights_from(document)
    assert str(caught.value) == message
    assert caught.value.hint
    assert caught.value.setting == f"complexity.{next(iter(document))}"
