"""Who may have what done: scopes, lists, confirmations, read-only, the kill switch, quotas."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cortex.errors import Unavailable
from cortex.fabric.activator.access import kill_switch, tokens
from cortex.fabric.activator.access.leave import WriteLeave
from tests.fabric.activator.desk import Desk, desk
from tests.fabric.activator.pretend import PRINTER
from tests.requirements import requirement

pytestmark = pytest.mark.anyio
BLOCK = {"query": "block client printer"}
RESTART = {"query": "restart device garage ap"}


async def paused(one: Desk, headers: dict[str, str] | None = None) -> str:
    reply = await one.http.post("/v1/query", json=RESTART, headers=headers)
    token: str = reply.json()["confirmation"]["token"]
    return token


@requirement("layer.activator-open-endpoints")
@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/openapi.json"])
async def test_what_monitors_need_is_open(tmp_path: Path, path: str) -> None:
    async with desk(tmp_path) as one:
        reply = await one.http.get(path, headers={"authorization": ""})
    assert reply.status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/query"),
        ("POST", "/v1/confirm"),
        ("POST", "/v1/explain"),
        ("POST", "/v1/feedback"),
        ("GET", "/v1/layers"),
        ("GET", "/v1/tools"),
        ("GET", "/v1/routes"),
        ("GET", "/v1/events"),
        ("GET", "/v1/writes"),
        ("POST", "/v1/writes"),
    ],
)
@pytest.mark.parametrize("carried", ["", "Bearer ", "Bearer nonsense", "Basic YWRtaW46YWRtaW4="])
async def test_everything_else_needs_a_token(
    tmp_path: Path, method: str, path: str, carried: str
) -> None:
    async with desk(tmp_path) as one:
        reply = await one.http.request(method, path, headers={"authorization": carried}, json={})
    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "unauthenticated"
    assert reply.headers["www-authenticate"].startswith("Bearer")


async def test_a_revoked_token_is_void_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        headers = one.token("panel", "read")
        assert (await one.http.get("/v1/tools", headers=headers)).status_code == 200
        tokens.revoke(tmp_path, "panel", now=2)
        assert (await one.http.get("/v1/tools", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "method", "path", "body"),
    [
        (["confirm"], "POST", "/v1/query", BLOCK),
        (["read", "operate"], "POST", "/v1/confirm", {"token": "x"}),
        (["read", "operate", "confirm"], "POST", "/v1/writes", {"allowed": True}),
        (["read", "operate", "confirm"], "GET", "/v1/events", None),
    ],
)
async def test_a_token_without_the_scope_is_turned_away(
    tmp_path: Path, scopes: list[str], method: str, path: str, body: Any
) -> None:
    async with desk(tmp_path) as one:
        reply = await one.http.request(method, path, json=body, headers=one.token("a", *scopes))
    assert reply.status_code == 403
    assert reply.json()["error"]["code"] == "not_allowed"


@pytest.mark.parametrize("query", [BLOCK, RESTART])
async def test_a_reader_can_have_nothing_changed_and_wakes_nothing(
    tmp_path: Path, query: dict[str, str]
) -> None:
    async with desk(tmp_path) as one:
        reply = await one.http.post("/v1/query", json=query, headers=one.token("a", "read"))
    assert reply.json()["status"] == "refused"
    assert reply.json()["error"]["code"] == "not_allowed"
    assert one.layers.asked == []


async def test_a_token_for_some_tools_is_good_for_no_other(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        headers = one.token("a", "read", "operate", tools=["list_clients"])
        refused = await one.http.post("/v1/query", json=BLOCK, headers=headers)
        done = await one.http.post("/v1/query", json={"query": "list clients"}, headers=headers)
        shown = await one.http.get("/v1/tools", headers=headers)
    assert refused.json()["error"]["code"] == "not_allowed"
    assert done.json()["status"] == "done"
    assert [tool["name"] for tool in shown.json()["tools"]] == ["list_clients"]


async def test_a_token_for_some_targets_is_good_for_no_other(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        other = one.token("a", "read", "operate", targets=["Printer"])
        right = one.token("b", "read", "operate", targets=[PRINTER.id.upper()])
        refused = await one.http.post("/v1/query", json=BLOCK, headers=other)
        assert refused.json()["error"]["code"] == "not_allowed"
        assert one.layer.sent == []
        done = await one.http.post("/v1/query", json=BLOCK, headers=right)
        assert done.json()["status"] == "done"


@requirement("write.one-yes")
async def test_a_confirmation_serves_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        token = await paused(one)
        assert (await one.confirm(token)).json()["status"] == "done"
        again = await one.confirm(token)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    assert len(one.layer.sent) == 1


@requirement("write.one-yes")
async def test_two_yeses_at_once_do_it_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        token = await paused(one)
        replies = await asyncio.gather(*(one.confirm(token) for _ in range(8)))
    assert sorted(reply.status_code for reply in replies) == [200] + [409] * 7
    assert len(one.layer.sent) == 1


async def test_a_confirmation_that_was_altered_is_unknown(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        token = await paused(one)
        assert (
            await one.confirm(token[:-1] + ("A" if token[-1] != "A" else "B"))
        ).status_code == 409
        assert (await one.confirm("")).status_code == 409
    assert one.layer.sent == []


async def test_a_confirmation_expires(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        token = await paused(one)
        one.clock.seconds += 121
        assert (await one.confirm(token)).status_code == 409
    assert one.layer.sent == []


async def test_a_no_drops_the_call_for_good(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        token = await paused(one)
        declined = (await one.confirm(token, answer="no")).json()
        assert (declined["status"], declined["error"]["code"]) == ("refused", "declined")
        assert (await one.confirm(token)).status_code == 409
    assert one.layer.sent == []


async def test_only_whoever_asked_confirms_or_an_admin(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        asker = one.token("asker", "read", "operate", "confirm")
        other = one.token("other", "read", "operate", "confirm")
        token = await paused(one, asker)
        theirs = await one.http.post("/v1/confirm", json={"token": token}, headers=other)
        assert theirs.status_code == 403
        assert one.layer.sent == []
        assert (await one.confirm(token)).json()["status"] == "done"


async def test_read_only_refuses_every_write_and_answers_reads(tmp_path: Path) -> None:
    async with desk(tmp_path, writes=False) as one:
        answers = [await one.ask(said["query"]) for said in (BLOCK, RESTART)]
        assert [answer["error"]["code"] for answer in answers] == ["read_only"] * 2
        assert (await one.ask("list clients"))["status"] == "done"
    assert one.layer.sent == []


async def test_the_kill_switch_stops_what_is_asked_and_what_is_confirmed(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        token = await paused(one)
        await one.http.post("/v1/writes", json={"allowed": False})
        refused = (await one.confirm(token)).json()
        assert refused["error"]["code"] == "writes_stopped"
        assert (await one.ask(BLOCK["query"]))["error"]["code"] == "writes_stopped"
        assert one.layer.sent == []
        await one.http.post("/v1/writes", json={"allowed": True})
        assert (await one.ask(BLOCK["query"]))["status"] == "done"


@contextmanager
def full_disk() -> Iterator[None]:
    """Let this process write to no file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_the_kill_switch_holds_in_memory_where_the_disk_is_full(tmp_path: Path) -> None:
    leave = WriteLeave(tmp_path, writes=True)
    with full_disk(), pytest.raises(Unavailable, match="only until Cortex is restarted"):
        leave.stop(by="admin")
    assert leave.stopped
    assert (objection := leave.why_not()) is not None
    assert objection.code == "writes_stopped"
    leave.allow()
    assert leave.why_not() is None


async def test_a_yes_needs_what_asking_needed(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        token = await paused(one, one.token("asker", "read", "operate", "confirm"))
        tokens.revoke(one.home, "asker", now=2)
        successor = one.token("asker", "read", "confirm")
        reply = await one.http.post("/v1/confirm", json={"token": token}, headers=successor)
    assert reply.json()["error"]["code"] == "not_allowed"
    assert one.layer.sent == []


async def test_an_absurd_number_of_events_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        for limit in ("9" * 5000, "\N{ARABIC-INDIC DIGIT FIVE}", "-1"):
            reply = await one.http.get("/v1/events", params={"limit": limit})
            assert (reply.status_code, reply.json()["error"]["code"]) == (400, "malformed")


async def test_the_kill_switch_is_looked_at_right_before_sending(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        token = await paused(one)
        kill_switch.stop_writes(tmp_path, by="the operator")
        shown = (await one.http.get("/v1/writes")).json()
        assert shown["allowed"] is False
        assert (await one.confirm(token)).json()["status"] == "refused"
    assert one.layer.sent == []


async def test_one_query_too_many_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with desk(tmp_path, quota_per_minute=2) as one:
        replies = [await one.http.post("/v1/query", json=BLOCK) for _ in range(3)]
        other = await one.http.post("/v1/query", json=BLOCK, headers=one.token("b", "read"))
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert int(replies[2].headers["retry-after"]) >= 1
    assert other.status_code == 200


async def test_only_whoever_asked_can_judge_an_answer(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("block client printer")
        remark = {"query_id": answer["query_id"], "feedback": "wrong_target"}
        other = one.token("b", "read")
        assert (await one.http.post("/v1/feedback", json=remark)).status_code == 200
        assert (await one.http.post("/v1/feedback", json=remark, headers=other)).status_code == 409
        unknown = remark | {"query_id": "0" * 32}
        assert (await one.http.post("/v1/feedback", json=unknown)).status_code == 409
    lines = (tmp_path / "feedback.jsonl").read_text().splitlines()
    assert len(lines) == 1
    assert PRINTER.name not in lines[0]
    assert '"tool":"block_client"' in lines[0]
