"""Conversations over HTTP: the activator, the real execution layer and a simulated controller."""

from pathlib import Path
from typing import Any

import pytest

from tests.fabric.activator.desk import Desk
from tests.fabric.activator.test_real_layer import both, online
from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio


async def say(one: Desk, query: str, **more: Any) -> dict[str, Any]:
    return await one.ask(query, conversation_id="kitchen", **more)


async def test_it_is_the_thing_of_the_question_before_and_a_change_waits_for_a_yes(
    tmp_path: Path,
) -> None:
    async with both(tmp_path, tick=20) as (one, bench):
        shown = await say(one, "show the garage ap")
        assert shown["status"] == "done", shown
        answer = await say(one, "and restart it")
        assert answer["status"] == "confirm", answer
        assert "Garage AP" in answer["confirmation"]["preview"]["what"]
        assert bench.sent() == []
        done = (await one.confirm(answer["confirmation"]["token"])).json()
        assert done["status"] == "done", done
        assert "Garage AP" in done["answer"]


@pytest.mark.parametrize("asked", ["is it back?", "is it online again?", "is it back yet?"])
async def test_whether_a_thing_that_was_restarted_is_back_can_be_asked(
    tmp_path: Path, asked: str
) -> None:
    async with both(tmp_path, tick=20) as (one, _):
        order = await say(one, "restart the garage ap")
        await one.confirm(order["confirmation"]["token"])
        answer = await say(one, asked)
        assert (answer["status"], answer["route"]["tool"]) == ("done", "get_device"), answer
        assert "Garage AP" in answer["answer"]


async def test_even_a_harmless_change_waits_for_a_yes_when_a_pronoun_names_its_target(
    tmp_path: Path,
) -> None:
    async with both(tmp_path) as (one, bench):
        name = online(bench)
        await say(one, f"show client {name}")
        answer = await say(one, "block it")
        assert answer["status"] == "confirm", answer
        assert name in answer["confirmation"]["preview"]["what"]
        assert not bench.client(name).blocked


async def test_undo_that_takes_back_the_last_change_after_a_yes(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        name = online(bench)
        assert (await say(one, f"block client {name}"))["status"] == "done"
        assert (await say(one, "show the garage ap"))["status"] == "done"
        answer = await say(one, "undo that")
        assert answer["status"] == "confirm", answer
        assert name in answer["confirmation"]["preview"]["what"]
        assert bench.client(name).blocked
        done = (await one.confirm(answer["confirmation"]["token"])).json()
        assert done["status"] == "done", done
        assert not bench.client(name).blocked


async def test_outside_a_conversation_an_undo_says_how_to_be_in_one(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        await one.ask(f"block client {online(bench)}")
        answer = await one.ask("undo that")
        assert (answer["status"], answer["error"]["code"]) == ("clarify", "unclear_reference")
        assert "--conversation" in answer["answer"]
        assert len(bench.sent()) == 1


async def test_a_change_given_a_yes_can_be_undone_in_the_same_conversation(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        name = online(bench)
        await say(one, f"show client {name}")
        asked = await say(one, "block it")
        early = await say(one, "undo that")
        assert (early["status"], early["error"]["code"]) == ("clarify", "unclear_reference")
        await one.confirm(asked["confirmation"]["token"])
        assert bench.client(name).blocked
        answer = await say(one, "undo that")
        assert answer["status"] == "confirm", answer


async def test_an_undo_of_what_somebody_else_undid_says_that_nothing_is_to_do(
    tmp_path: Path,
) -> None:
    async with both(tmp_path) as (one, bench):
        name = online(bench)
        await say(one, f"block client {name}")
        bench.client(name).blocked = False
        answer = await say(one, "undo that")
        assert answer["status"] == "done", answer
        assert "confirmation" not in answer or answer["confirmation"] is None
        assert len(bench.sent()) == 1


async def test_the_second_one_is_the_second_row_of_the_list(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, _):
        listed = await say(one, "list all devices")
        rows = listed["data"]["rows"]
        place, second = next(
            (place, row)
            for place, row in enumerate(rows, 1)
            if place > 1 and row["status"] == "online"
        )
        answer = await say(one, f"restart number {place}")
        assert answer["status"] == "confirm", answer
        assert second["name"] in answer["confirmation"]["preview"]["what"]


async def test_a_number_picks_among_the_choices_that_were_offered(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        for twin in list(bench.home.clients.values())[:2]:
            twin.name = "Twin Lamp"
        asked = await say(one, "block client twin lamp")
        answer = await say(one, "the second one")
        assert answer["status"] == "confirm", answer
        assert asked["choices"][1]["target"]["mac"] in answer["route"]["arguments"].values()


async def test_a_question_is_asked_again_and_about_another_thing(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        names = [two.name for two in bench.home.devices.values() if "Garage" not in two.name]
        first = await say(one, "show the garage ap")
        again = await say(one, "again")
        assert (again["status"], again["data"]["facts"]["name"]) == ("done", "Garage AP")
        assert again["route"]["tool"] == first["route"]["tool"]
        other = await say(one, f"and the {names[0]}?")
        assert (other["status"], other["data"]["facts"]["name"]) == ("done", names[0])


@pytest.mark.parametrize(
    "words",
    [
        "don't restart it", "should I restart it?", "what happens if I restart it?", "never block it",
        "is it safe to restart it?", "if it fails, restart it", "she said restart it",
        "why did you restart it?", "don't undo that", "should I undo that?", "it was restarted",
        "did you restart it?", "i would not restart it",
    ],
)  # fmt: skip
async def test_what_is_no_order_changes_nothing_and_asks_for_no_yes(
    tmp_path: Path, words: str
) -> None:
    async with both(tmp_path) as (one, bench):
        await say(one, f"block client {online(bench)}")
        await say(one, "show the garage ap")
        sent = len(bench.sent())
        answer = await say(one, words)
        assert answer["status"] in {"refused", "clarify", "done"}, answer
        assert not answer.get("confirmation")
        assert len(bench.sent()) == sent


async def test_without_a_conversation_it_is_nothing(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        await one.ask("show the garage ap")
        answer = await one.ask("restart it")
    assert answer["status"] == "clarify", answer
    assert answer["error"]["code"] == "incomplete"
    assert bench.sent() == []


async def test_another_principal_with_the_same_id_is_told_nothing(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        await say(one, "show the garage ap")
        other = one.token("guest", "read", "operate", "confirm")
        body = {"query": "restart it", "conversation_id": "kitchen"}
        answer = (await one.http.post("/v1/query", json=body, headers=other)).json()
        undone = {"query": "undo that", "conversation_id": "kitchen"}
        undo = (await one.http.post("/v1/query", json=undone, headers=other)).json()
    assert answer["error"]["code"] == "incomplete"
    assert "Garage" not in str(answer | undo)
    assert not undo.get("confirmation")
    assert bench.sent() == []


async def test_a_limited_token_undoes_nothing_that_it_may_not_do(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, bench):
        name = online(bench)
        limited = one.token("blocker", "read", "operate", "confirm", tools=("block_client",))
        body = {"query": f"block client {name}", "conversation_id": "kitchen"}
        done = (await one.http.post("/v1/query", json=body, headers=limited)).json()
        assert done["status"] == "done", done
        body = {"query": "undo that", "conversation_id": "kitchen"}
        undo = (await one.http.post("/v1/query", json=body, headers=limited)).json()
    assert (undo["status"], undo["error"]["code"]) == ("refused", "not_allowed")


async def test_explain_says_what_it_stands_for_and_leaves_no_turn(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, _):
        await say(one, "show the garage ap")
        body = {"query": "restart it", "conversation_id": "kitchen"}
        told = (await one.http.post("/v1/explain", json=body)).json()
        assert '"it" is Garage AP' in told["data"]["proposals"][0]["why"]
        assert told["data"]["proposals"][0]["needs_yes"]
        assert (await say(one, "show it"))["data"]["facts"]["name"] == "Garage AP"


def test_the_bench_has_a_client_that_is_online(tmp_path: Path) -> None:
    assert online(Bench(tmp_path))
