"""Queries over HTTP: what is read, asked back, refused and done."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fabric.activator.desk import desk
from tests.fabric.activator.pretend import (
    GARAGE,
    OFFICE_AP,
    OFFICE_PHONE,
    PRINTER,
    PretendLayer,
)
from tests.requirements import requirement

pytestmark = pytest.mark.anyio


@requirement("tier1.keyword-match")
async def test_a_read_that_a_rule_knows_is_answered(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("list all clients")
    assert answer["status"] == "done"
    assert answer["data"] == {"rows": [{"name": "Printer"}]}
    assert answer["route"]["tier"] == "keyword"
    assert answer["layers_woken"] == ["execution-unifi-api"]
    assert answer["timings_ms"]["wake"] == 12.5
    assert one.layer.query_ids == [answer["query_id"]]


async def test_a_harmless_write_in_plain_words_runs_unasked_and_can_be_undone(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("block client printer")
    assert answer["status"] == "done"
    assert one.layer.blocked == {PRINTER.id}
    assert answer["undo"]["tool"] == "unblock_client"


@pytest.mark.parametrize(
    ("query", "knobs", "warnings"),
    [
        ("block client printer", {"unasked": False}, ()),
        ("block client printer", {}, ("it prints just now",)),
        ("could you block the printer?", {}, ()),
        ("restart device garage ap", {}, ()),
    ],
    ids=["asking for all writes", "a warning", "no bare order", "destructive"],
)
async def test_a_write_that_is_not_harmless_and_certain_waits_for_a_yes(
    tmp_path: Path, query: str, knobs: dict[str, Any], warnings: tuple[str, ...]
) -> None:
    async with desk(tmp_path, PretendLayer(warnings=warnings), **knobs) as one:
        answer = await one.ask(query)
        assert answer["status"] == "confirm"
        assert one.layer.sent == []
        done = await one.confirm(answer["confirmation"]["token"])
    assert done.json()["status"] == "done"
    assert done.json()["query_id"] == answer["query_id"]
    assert len(one.layer.sent) == 1


@requirement("write.only-when-told")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("don't block the printer", "negated"),
        ("is it safe to block the printer?", "question"),
        ("block the printer at 7pm", "unavailable"),
        ("block the printer for a while", "scheduled"),
        ("bloquea la impresora", "language"),
        ('she said "block the printer"', "quoted"),
        ("if it fails, block the printer", "conditional"),
    ],
)
async def test_what_is_no_order_is_refused_with_the_reason(
    tmp_path: Path, query: str, code: str
) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask(query)
    assert answer["status"] == "refused"
    assert answer["error"]["code"] == code
    assert one.layer.planned == 0


async def test_a_timed_order_is_offered_without_its_time(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("block client printer for 2 hours")
        offered = answer["choices"][0]["query"]
        assert offered == "block client printer"
        assert (await one.ask(offered))["status"] == "done"


async def test_several_things_at_once_are_offered_one_by_one(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("block the printer and restart the garage ap")
    assert answer["status"] == "clarify"
    assert [choice["query"] for choice in answer["choices"]] == [
        "block the printer",
        "restart the garage ap",
    ]


@requirement("tier1.no-rule-passes-on")
async def test_a_query_that_no_tier_knows_is_answered_with_the_three_nearest(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("make me a sandwich")
    assert (answer["status"], answer["error"]["code"]) == ("clarify", "not_understood")
    assert len(answer["choices"]) == 3
    assert answer["route"] is None
    assert one.layers.asked == ["reasoning-classifier"]


@requirement("rules.layer-without-tool")
async def test_a_query_that_needs_reasoning_says_so(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("why is my wifi slow?")
    assert (answer["status"], answer["error"]["code"]) == ("clarify", "needs_reasoning")


async def test_a_name_that_nothing_has_is_asked_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("block client fridge")
    assert answer["status"] == "clarify"
    assert "fridge" in answer["answer"]


async def test_tied_readings_are_told_apart_by_what_there_is(tmp_path: Path) -> None:
    async with desk(tmp_path, PretendLayer(targets=(PRINTER, GARAGE))) as one:
        answer = await one.ask("rename printer to Inky")
    assert answer["status"] == "done"
    assert one.layer.sent == [f"rename_client {PRINTER.id}"]


async def test_tied_readings_that_both_fit_are_asked_back(tmp_path: Path) -> None:
    async with desk(tmp_path, PretendLayer(targets=(OFFICE_PHONE, OFFICE_AP))) as one:
        answer = await one.ask("rename office to Den")
        assert answer["status"] == "clarify"
        assert one.layer.sent == []
        queries = {choice["target"]["kind"]: choice["query"] for choice in answer["choices"]}
        assert queries == {
            "client": "rename client office to Den",
            "device": "rename device office to Den",
        }
        assert (await one.ask(queries["device"]))["route"]["tool"] == "rename_device"


async def test_a_dry_run_shows_what_would_be_done_and_does_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, writes=False) as one:
        answer = await one.ask("restart device garage ap", dry_run=True)
    assert answer["status"] == "done"
    assert answer["data"]["facts"]["on"] == ["Garage AP"]
    assert answer["confirmation"] is None
    assert one.layer.sent == []


async def test_who_asks_for_answers_only_changes_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("block client kids ipad", mode="llm")
        assert (answer["status"], answer["error"]["code"]) == ("refused", "mode")
        assert (await one.ask("list all clients", mode="llm"))["status"] == "done"
    assert not [sent for sent in one.layer.sent if sent.startswith("block_client")]


async def test_what_is_so_already_is_said_without_a_yes_and_nothing_is_sent(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, PretendLayer(unchanged=True)) as one:
        answer = await one.ask("restart device garage ap")
    assert (answer["status"], answer["answer"]) == ("done", "restart_device Garage AP")
    assert answer["confirmation"] is None
    assert one.layer.grants == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("make me a sandwich", "low_confidence"),
        ("investigate why the wifi is slow", "investigation"),
    ],
)
async def test_a_query_without_a_route_says_why_it_would_go_on_and_goes_nowhere(
    tmp_path: Path, query: str, reason: str
) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask(query)
        explained = (await one.http.post("/v1/explain", json={"query": query})).json()
        page = (await one.http.get("/metrics")).text
    assert answer["error"]["reason"] == explained["error"]["reason"] == reason
    assert "cortex_activator_escalations_total{" not in page


@pytest.mark.parametrize(
    ("layer", "reason"),
    [(PretendLayer(slow=True), "timeout"), (PretendLayer(lose_plans=99), "error")],
)
async def test_a_call_that_failed_says_why_it_would_go_on(
    tmp_path: Path, layer: PretendLayer, reason: str
) -> None:
    async with desk(tmp_path, layer) as one:
        answer = await one.ask("list all clients", deadline_ms=1_000)
    assert (answer["status"], answer["error"]["reason"]) == ("failed", reason)


async def test_the_operator_weighs_what_makes_a_query_hard(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("routing: {keywords: []}\ncomplexity: {question: 60}\n")
    async with desk(tmp_path, rules_file=rules) as one:
        answer = await one.ask("who is online?")
    assert answer["complexity"]["factors"] == {"question": 60}


async def test_an_explanation_names_the_way_and_wakes_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        reply = await one.http.post("/v1/explain", json={"query": "restart device garage ap"})
    answer = reply.json()
    assert answer["data"]["proposals"][0]["tool"] == "restart_device"
    assert answer["data"]["proposals"][0]["needs_yes"] is True
    assert answer["frame"]["verb"] == "restart"
    assert one.layers.asked == []


async def test_an_explanation_names_the_time_of_an_order(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        body = {"query": "restart device garage ap at 3 am"}
        answer = (await one.http.post("/v1/explain", json=body)).json()
    assert answer["answer"] == "That would be restart_device (at 3 am)."
    assert answer["data"]["time"] == ["at 3 am"]


async def test_an_explanation_of_a_wish_not_to_says_what_is_looked_for(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        body = {"query": "don't block the tv"}
        answer = (await one.http.post("/v1/explain", json=body)).json()
    assert answer["data"]["proposals"][0]["tool"] == "list_timers"
    assert answer["answer"] == (
        "Nothing would be done; that would look for timers that wait to do it."
    )


async def test_a_low_limit_shortens_the_usual_deadlines_and_refuses_only_what_is_spelt_out(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, deadline_limit=timedelta(seconds=5)) as one:
        paused = await one.ask("restart device garage ap")
        assert all(0 < given <= 5_000 for given in one.layer.deadlines)
        token = paused["confirmation"]["token"]
        assert (await one.confirm(token, deadline_ms=5_001)).status_code == 400
        assert (await one.confirm(token)).json()["status"] == "done"
        spelt_out = {"query": "list all clients", "deadline_ms": 5_001}
        assert (await one.http.post("/v1/query", json=spelt_out)).status_code == 400


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"query": "a", "colour": 1}',
        b'{"query": ""}',
        b'{"query": "\xff\xfe"}',
        b'{"query": "list\\u0000clients"}',
        b'{"query": "' + b"a" * 8193 + b'"}',
        b'{"query": "list clients", "deadline_ms": 0}',
        b'{"query": "list clients", "deadline_ms": 999999999}',
        b'{"query": "list clients", "deadline_ms": 1e400}',
        b'{"query": "list clients", "site": "' + b"a" * 257 + b'"}',
        b'{"query": "list clients", "context": {"a": ' + b"[" * 100_000,
        b" " * (1024 * 1024 + 1),
    ],
    ids=[
        "empty", "cut off", "unknown field", "empty query", "not text", "control character",
        "long query", "no time", "too much time", "endless time", "long site", "deep", "large",
    ],
)  # fmt: skip
async def test_a_body_that_is_no_query_is_refused_with_a_hint(
    tmp_path: Path, content: bytes
) -> None:
    async with desk(tmp_path) as one:
        reply = await one.http.post("/v1/query", content=content)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "malformed"
    assert reply.json()["error"]["hint"]


@pytest.mark.parametrize(
    "query",
    [
        "set the password of Home Guest to hunter2SECRETpw",
        "the wifi password is hunter2SECRETpw",
        "don't change the wifi passphrases to hunter2SECRETpw",
    ],
)
async def test_no_password_comes_back_in_an_answer(tmp_path: Path, query: str) -> None:
    async with desk(tmp_path) as one:
        reply = await one.http.post("/v1/query", json={"query": query})
        explained = await one.http.post("/v1/explain", json={"query": query})
    assert "hunter2SECRETpw" not in reply.text
    assert "hunter2SECRETpw" not in explained.text


async def test_who_asks_for_help_is_told_what_can_be_asked(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("what can you do?")
    assert (answer["status"], answer["answer"]) == ("clarify", "I can, for example:")
    assert len(answer["choices"]) == 3


async def test_unknown_words_are_not_taken_for_a_language(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        assert (await one.ask("xyzzy"))["error"]["code"] == "not_understood"
