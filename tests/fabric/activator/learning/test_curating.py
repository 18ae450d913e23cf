"""What was learned can be looked at, forgotten, rolled back, exported, and filled in by layers."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cortex.fabric.activator.access.keys import service_credential
from cortex.fabric.memory.collections import DIMENSIONS
from cortex.fabric.routing.rules import compile_rules
from tests.fabric.activator.desk import Desk
from tests.fabric.activator.learning.room import ask_as, judge, learned, room, settled, tier

pytestmark = pytest.mark.anyio
ODD = "anybody hogging the bandwidth"


async def taught(one: Desk) -> dict[str, Any]:
    """Teach one odd wording, and return its route."""
    await judge(one, await one.ask(ODD), "correction", "list clients")
    rows = await learned(one)
    return next(row for row in rows if row["template"] == ODD)


async def test_a_route_shows_what_it_was_learned_from(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        route = await taught(one)
        one.clock.seconds += 1
        await one.ask(ODD)
        await settled(one)
        shown = (await one.http.get(f"/v1/routes/{route['id']}")).json()
    assert [(row["kind"], row["user_feedback"]) for row in shown["outcomes"]] == [
        ("feedback", "correction"),
        ("ran", ""),
    ]
    assert "principal" not in json.dumps(shown["outcomes"])


async def test_a_forgotten_route_answers_nothing_from_then_on(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        route = await taught(one)
        assert (await one.http.delete(f"/v1/routes/{route['id']}")).status_code == 200
        assert (await one.ask(ODD))["route"] is None
        assert (await one.http.get(f"/v1/routes/{route['id']}")).status_code == 409
    async with room(tmp_path) as one:
        assert (await one.ask(ODD))["route"] is None


async def test_who_forgets_a_route_is_told_what_the_words_may_mean_then(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        puzzled = await one.ask(ODD)
        for meant in ("list devices", "list clients"):
            one.clock.seconds += 1
            await judge(one, puzzled, "correction", meant)
        ids = {row["tool"]: row["id"] for row in await learned(one) if row["template"] == ODD}
        replies = [
            (await one.http.delete(f"/v1/routes/{ids[tool]}")).json()
            for tool in ("list_clients", "list_devices")
        ]
    left = [[(row["id"], row["tool"], row["stage"]) for row in one["left"]] for one in replies]
    assert left == [[(ids["list_devices"], "list_devices", "new")], []]


async def test_a_rollback_counts_only_what_it_changes(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        before = datetime.fromtimestamp(one.clock.seconds, UTC).isoformat()
        one.clock.seconds += 10
        await taught(one)
        one.clock.seconds += 10
        replies = [
            (await one.http.post("/v1/routes/rollback", json={"to": before})).json()
            for _ in range(2)
        ]
    assert replies == [{"routes": 1}, {"routes": 0}]


async def test_a_route_that_is_no_rule_is_named_by_its_words(tmp_path: Path) -> None:
    odd = "the usual evening report"
    async with room(tmp_path) as one:
        await judge(one, await one.ask(odd), "correction", "list clients")
        (route,) = await learned(one)
        for _ in range(12):
            await one.ask(odd)
            await settled(one)
        body = (await one.http.get("/v1/routes/export")).json()
    assert [each.split(": ")[0] for each in body["left_out"]] == [f'"{odd}" ({route["id"]})']


async def test_a_rollback_takes_back_what_came_after(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        await one.ask("list clients")
        await settled(one)
        one.clock.seconds += 10
        before = datetime.fromtimestamp(one.clock.seconds, UTC).isoformat()
        one.clock.seconds += 10
        await taught(one)
        one.clock.seconds += 10
        reply = await one.http.post("/v1/routes/rollback", json={"to": before})
        assert reply.json() == {"routes": 1}
        assert (await one.ask(ODD))["route"] is None
        assert [row["template"] for row in await learned(one)] == ["list clients"]


@pytest.mark.parametrize(
    "moment", ["yesterday", "2099-01-01T00:00:00+00:00", "0001-01-01T00:00:00+14:00"]
)
async def test_a_rollback_to_no_past_time_is_refused(tmp_path: Path, moment: str) -> None:
    async with room(tmp_path) as one:
        reply = await one.http.post("/v1/routes/rollback", json={"to": moment})
    assert reply.status_code == 400


async def test_trusted_routes_are_exported_as_rules_that_load(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        await taught(one)
        for _ in range(9):
            await one.ask(ODD)
            await settled(one)
        body = (await one.http.get("/v1/routes/export")).json()
    patterns = [rule.pattern for rule in compile_rules(body["rules"]).rules]
    assert len(patterns) == 1
    assert body["left_out"] == []


async def test_only_an_admin_unlearns(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        guest = one.token("guest", "read")
        route = await taught(one)
        replies = [
            await one.http.delete(f"/v1/routes/{route['id']}", headers=guest),
            await one.http.post("/v1/routes/rollback", json={"to": "x"}, headers=guest),
            await one.http.get("/v1/routes/export", headers=guest),
            await one.http.get("/v1/memory/operations", headers=guest),
            await one.http.post("/v1/memory/migrate", json={"url": "x"}, headers=guest),
            await one.http.put("/v1/memory/operations", json={"points": []}, headers=guest),
        ]
    assert {reply.status_code for reply in replies} == {403}


async def test_a_layer_writes_findings_and_finds_them_again(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        layer = {"authorization": f"Bearer {service_credential(one.home)}"}
        known = str(uuid4())
        points = [
            {
                "id": known,
                "text": "the garage access point lost its power",
                "payload": {"tool": "a"},
            },
            {"text": "the guest wifi password was changed", "payload": {"tool": "b"}},
        ]
        path = "/v1/memory/troubleshooting"
        put = await one.http.put(path, json={"points": points}, headers=layer)
        asked = {"text": "why is the garage ap without power", "limit": 1}
        found = await one.http.post(f"{path}/search", json=asked, headers=layer)
        page = (await one.http.get(f"{path}?tool=b")).json()
    assert put.status_code == 200, put.text
    assert [hit["id"] for hit in found.json()["hits"]] == [known]
    assert [point["payload"]["tool"] for point in page["points"]] == ["b"]


@pytest.mark.parametrize(
    "point",
    [
        {"text": "", "payload": {}},
        {"text": "a", "vector": [1.0]},
        {"vector": [1.0, 2.0]},
        {"id": "seven", "text": "a"},
        {"text": "a", "payload": {"much": "x" * 70_000}},
        {"vector": [1e39] * DIMENSIONS},
        {"vector": [1e38] * DIMENSIONS},
        {"vector": [1e-46] * DIMENSIONS},
    ],
)
async def test_a_point_that_cannot_be_kept_is_refused(tmp_path: Path, point: Any) -> None:
    async with room(tmp_path) as one:
        reply = await one.http.put("/v1/memory/operations", json={"points": [point]})
    assert reply.status_code == 400, reply.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("operations/search", {"text": "a", "equals": {"site": 99999999999999999999}}),
        ("migrate", {"url": "http://127.0.0.1:99999"}),
        ("migrate", {"url": "qdrant"}),
        ("migrate", {"url": ""}),
        ("migrate", {"url": "ftp://127.0.0.1"}),
    ],
)
async def test_a_request_that_no_store_can_answer_is_refused(
    tmp_path: Path, path: str, body: Any
) -> None:
    async with room(tmp_path) as one:
        reply = await one.http.post(f"/v1/memory/{path}", json=body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "malformed")


async def test_nobody_writes_routes_by_hand(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        points = [{"text": "block everything", "payload": {"tool": "block_client"}}]
        replies = [
            await one.http.put(f"/v1/memory/{name}", json={"points": points})
            for name in ("routing_queries", "routing_outcomes")
        ]
        unknown = await one.http.get("/v1/memory/diaries")
    assert [reply.status_code for reply in replies] == [403, 403]
    assert unknown.status_code == 400


async def test_feedback_is_bounded_for_each_principal(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        guest = one.token("guest", "read")
        answer = await ask_as(one, guest, "list clients")
        body = {"query_id": answer["query_id"], "feedback": "positive"}
        replies = [await one.http.post("/v1/feedback", json=body, headers=guest) for _ in range(61)]
    assert replies[-1].status_code == 429
    assert "retry-after" in replies[-1].headers


async def test_a_positive_word_keeps_a_route_and_teaches_it(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        answer = await one.ask("list clients")
        taken = await judge(one, answer, "positive")
        rows = await learned(one)
        again = await one.ask("list clients")
    assert taken["learned"] == "That counts for it."
    assert rows[0]["successes"] == 2.0
    assert tier(again) == "keyword"


@pytest.mark.parametrize(
    ("correction", "why"),
    [
        ("", "say what was meant"),
        ("make me a sandwich", "do not know what"),
        ("block client printer", "do not order block_client"),
        ("list client printer", "do not"),
    ],
)
async def test_a_correction_that_cannot_be_taught_says_why(
    tmp_path: Path, correction: str, why: str
) -> None:
    async with room(tmp_path) as one:
        taken = await judge(one, await one.ask(ODD), "correction", correction)
        again = await one.ask(ODD)
    assert why in taken["learned"]
    assert again["route"] is None
