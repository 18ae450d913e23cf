"""One key after a guessed answer, and what picking a reading teaches, at a terminal."""

import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from cortex.cli import exits
from cortex.cli.memory.judging import worth_judging
from cortex.clients.activator import ActivatorClient
from cortex.fabric.messages import Choice, QueryResponse, RouteBody
from cortex.lab.site import Lab
from tests.cli.conftest import Said
from tests.cli.terminal import Typed, typed_at_a_terminal

Teach = Callable[[str, str], str]
Cortex = Callable[..., Said]
_WORDS = "the usual evening report"
_TOOL = "list_blocked_clients"
_KEY = "I meant …"
_WHAT = "what did you mean?"


def _key(key: str) -> Typed:
    return Typed(_KEY, key, key=True)


@pytest.fixture(autouse=True)
def _guessed(teach: Teach) -> None:
    """Let memory answer the words, so that the next answer to them is a guess."""
    assert teach(_WORDS, "who is blocked?") == f"From now on these words mean {_TOOL}."


def _asked(lab: Lab, words: str, typed: Iterable[Typed]) -> tuple[int, str]:
    command = [sys.executable, "-m", "cortex", "ask", "--home", str(lab.home), words]
    return typed_at_a_terminal(command, typed)


def _tool(mind: ActivatorClient, words: str) -> Any:
    return (mind.query({"query": words})["route"] or {}).get("tool")


def test_w_keeps_the_words_from_being_taken_for_that_again(lab: Lab, mind: ActivatorClient) -> None:
    code, shown = _asked(lab, _WORDS, [_key("w")])
    assert code == exits.DONE
    assert "These words are not taken for that again." in shown
    assert _tool(mind, _WORDS) != _TOOL


def test_t_says_that_the_target_was_wrong_and_keeps_the_call(
    lab: Lab, mind: ActivatorClient
) -> None:
    code, shown = _asked(lab, _WORDS, [_key("t")])
    assert code == exits.DONE
    assert "the call itself was not wrong" in shown
    assert _tool(mind, _WORDS) == _TOOL


def test_w_is_heard_after_an_answer_from_the_cache_as_well(lab: Lab, mind: ActivatorClient) -> None:
    words = "anybody hogging the bandwidth"
    served = [mind.query({"query": words})["route"] for _ in range(2)]
    assert [one["tier"] for one in served] == ["classifier", "cache"]
    code, shown = _asked(lab, words, [_key("w")])
    assert code == exits.DONE
    assert "These words are not taken for that again." in shown
    assert _tool(mind, words) != served[0]["tool"]


def test_c_teaches_what_was_meant(lab: Lab, mind: ActivatorClient) -> None:
    code, shown = _asked(lab, _WORDS, [_key("c"), Typed(_WHAT, "list all devices\n")])
    assert code == exits.DONE
    assert "From now on these words mean list_devices." in shown
    assert _tool(mind, _WORDS) == "list_devices"


def test_c_with_words_that_mean_nothing_says_what_it_did_not_learn(
    lab: Lab, mind: ActivatorClient
) -> None:
    code, shown = _asked(lab, _WORDS, [_key("C"), Typed(_WHAT, "the ones outside\n")])
    assert code == exits.DONE
    assert "Nothing was taught: I do not know what 'the ones outside' means either." in shown
    assert _tool(mind, _WORDS) != _TOOL


@pytest.mark.parametrize(
    "typed",
    [
        [_key("\r")],
        [_key("x")],
        [_key("\x1b[A")],
        [_key("\x03")],
        [_key("\x04")],
        [_key("c"), Typed(_WHAT, "\n")],
        [_key("c"), Typed(_WHAT, "\x04")],
    ],
    ids=["enter", "another key", "an arrow", "ctrl-c", "ctrl-d", "c and enter", "c and ctrl-d"],
)
def test_who_says_nothing_teaches_nothing_and_has_the_answer(
    lab: Lab, mind: ActivatorClient, typed: list[Typed]
) -> None:
    code, shown = _asked(lab, _WORDS, typed)
    assert code == exits.DONE
    assert "cortex:" not in shown
    assert "[Enter] let it stand" in shown
    assert shown.rstrip().endswith((_KEY, f"{_WHAT}:"))
    assert _tool(mind, _WORDS) == _TOOL


def test_an_answer_by_a_rule_is_not_asked_about(lab: Lab) -> None:
    code, shown = _asked(lab, "who is blocked?", [])
    assert code == exits.DONE
    assert _KEY not in shown


def test_whoever_picks_a_reading_teaches_what_the_words_mean(
    lab: Lab, mind: ActivatorClient
) -> None:
    words = "anything odd with the wifi"
    code, shown = _asked(lab, words, [Typed("which one?", "1\n")])
    assert code == exits.DONE, shown
    assert "Did you mean one of these?" in shown
    told = re.search(r"these words mean (\w+)\.", shown)
    assert told, shown
    assert _tool(mind, words) == told[1]


def test_the_feedback_command_tells_what_was_learned(cortex: Cortex, mind: ActivatorClient) -> None:
    query_id = mind.query({"query": _WORDS})["query_id"]
    said = cortex("feedback", query_id, "correction", "--correction", "list all devices")
    assert said.out == "From now on these words mean list_devices.\n"
    assert _tool(mind, _WORDS) == "list_devices"


@pytest.mark.parametrize(
    ("tier", "status", "choices", "worth"),
    [
        ("similarity", "done", 0, True),
        ("classifier", "done", 0, True),
        ("classifier", "clarify", 0, True),
        ("classifier", "clarify", 2, False),
        ("classifier", "confirm", 0, False),
        ("classifier", "failed", 0, False),
        ("cache", "done", 0, True),
        ("keyword", "done", 0, False),
    ],
)
def test_only_a_guess_that_led_somewhere_is_asked_about(
    tier: Any, status: Any, choices: int, *, worth: bool
) -> None:
    response = QueryResponse(query_id="1", status=status, answer="")
    response.route = RouteBody(
        tier=tier, tool=_TOOL, layer="x", arguments={}, confidence=0.9, why=""
    )
    response.choices = (Choice(label="x", query="x"),) * choices
    assert worth_judging(response) is worth
