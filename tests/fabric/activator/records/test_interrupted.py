"""A write that was under way when all was killed is told of at the next start, once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.streams import OUTCOMES, entries_of
from cortex.fabric.messages.intents import FILE, OLDER, UNSETTLED, Ending, Intent
from cortex.fabric.messages.outcomes import FIELD, OutcomeEvent, decode
from cortex.settings.knobs import Redis
from tests.fabric.activator.desk import Desk, desk
from tests.fabric.activator.learning.room import room, settled
from tests.fabric.activator.peers.rooms import until

pytestmark = pytest.mark.anyio
WHERE = "aa:bb:cc:dd:ee:ff"


def intent(nonce: str, **more: Any) -> Intent:
    told: dict[str, Any] = {
        "nonce": nonce,
        "digest": "d1",
        "tool": "block_client",
        "site": "default",
        "targets": (WHERE,),
        "names": ("Kids iPad",),
        "principal": "ada",
        "query_id": "q1",
        "recorded_at": 1_790_000_000.0,
        "expires_at": 1_790_000_100.0,
        "sends": True,
        "before": {"blocked": False},
    }
    return Intent(**{**told, **more})


def ending(nonce: str, status: str = "done") -> Ending:
    return Ending(ended=nonce, status=status, answer="It is blocked.")


def left(home: Path, *lines: Intent | Ending, file: str = FILE, cut: bytes = b"") -> Path:
    """Leave what a layer had written down when it was killed."""
    folder = home / "execution-unifi-api"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = b"".join(msgspec.json.encode(one) + b"\n" for one in lines)
    (folder / file).write_bytes(written + cut)
    return folder / file


def ended_in(file: Path) -> list[Ending]:
    found = (
        line
        for line in file.read_bytes().splitlines()
        if line.startswith(b'{"ended"') and line[-1:] == b"}"
    )
    return [msgspec.json.decode(line, type=Ending) for line in found]


async def writes(one: Desk) -> list[dict[str, Any]]:
    events = (await one.http.get("/v1/events?limit=100")).json()["events"]
    return [event["facts"] for event in events if event["kind"] == "write"]


@asynccontextmanager
async def started(home: Path, redis: RedisClient) -> AsyncIterator[Desk]:
    async with desk(home, redis=Redis(url=redis.url)) as one:
        yield one


async def told(redis: RedisClient) -> list[OutcomeEvent]:
    entries = entries_of(await redis.call("XRANGE", OUTCOMES, "-", "+"))
    events = [decode(one.fields[FIELD.encode()]) for one in entries]
    return [one for one in events if one.kind == "write"]


async def test_a_write_without_an_end_is_an_unverified_one_of_the_audit_log_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    file = left(tmp_path, intent("n1"), cut=b'{"ended":"n1","sta')
    for _ in range(3):
        async with started(tmp_path, redis):

            async def is_ended() -> bool:
                return bool(ended_in(file))

            await until(is_ended)
    (event,) = await told(redis)
    assert (event.status, event.error_code, event.verified) == ("unverified", "interrupted", False)
    assert (event.tool, event.principal, event.query_id) == ("block_client", "ada", "q1")
    assert [(one.id, one.name) for one in event.targets] == [(WHERE, "Kids iPad")]
    (end,) = ended_in(file)
    assert (end.ended, end.status) == ("n1", UNSETTLED)


async def test_a_telling_that_nobody_took_is_told_again_as_the_same_event(
    tmp_path: Path, redis: RedisClient
) -> None:
    left(tmp_path, intent("n1"))
    async with desk(tmp_path, redis=Redis(url="redis://127.0.0.1:1/0")):
        pass
    (tmp_path / "outbox.jsonl").replace(tmp_path / "kept")
    (first,) = [decode(one) for one in (tmp_path / "kept").read_bytes().splitlines()]
    async with started(tmp_path, redis):

        async def is_told() -> bool:
            return bool(await told(redis))

        await until(is_told)
    assert [one.id for one in await told(redis)] == [first.id]


async def test_what_ended_or_was_never_to_be_sent_is_not_told_of(tmp_path: Path) -> None:
    left(tmp_path, intent("old"), intent("lost"), file=OLDER)
    left(tmp_path, ending("old"), intent("n1"), ending("n1"), intent("n2", sends=False))
    async with desk(tmp_path) as one:
        (fact,) = await writes(one)
    assert (fact["status"], fact["error"], fact["targets"]) == (
        "unverified", "interrupted", [WHERE],
    )  # fmt: skip


async def test_files_that_cannot_be_read_stop_nothing(tmp_path: Path) -> None:
    left(tmp_path, cut=b"\xff\n[[[\n{}\n").chmod(0o600)
    (tmp_path / "execution-odd" / FILE).mkdir(parents=True)
    async with desk(tmp_path) as one:
        assert await writes(one) == []


async def test_the_list_of_what_was_done_has_it_with_its_doubt(tmp_path: Path) -> None:
    left(tmp_path, intent("n1"))
    async with room(tmp_path) as one:
        await settled(one)
        answer = await one.ask("who blocked the kids ipad?")
        (row,) = answer["data"]["rows"]
    assert (row["on"], row["by"], row["result"]) == ("Kids iPad", "ada", "unverified")


async def test_what_names_an_unknown_tool_or_holds_a_secret_is_told_without_its_digest(
    tmp_path: Path, redis: RedisClient
) -> None:
    odd = intent("n1", tool="gone_tool", names=())
    left(tmp_path, odd, intent("n2", tool="set_wlan_password", targets=()), intent("n3"))
    async with started(tmp_path, redis):

        async def are_told() -> bool:
            return len(await told(redis)) == 3

        await until(are_told)
    assert [one.arguments_digest for one in await told(redis)] == ["", "", "d1"]
