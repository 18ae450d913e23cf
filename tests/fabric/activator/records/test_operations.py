"""What was done through Cortex, asked for in plain words and answered from memory."""

from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cortex.fabric.activator.records.choosing import Window, chosen, row_of, span_of, window_of
from cortex.settings.knobs import Memory
from tests.fabric.activator.desk import Desk, desk
from tests.fabric.activator.learning.room import ask_as, remembering, room, settled

NOW = 1_790_000_000.0
DAY_S = 86_400.0


async def _block(one: Desk) -> None:
    assert (await one.ask("block client printer"))["status"] == "done"
    await settled(one)


@pytest.mark.anyio
async def test_a_change_is_told_with_who_made_it_and_how_to_undo_it(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        await _block(one)
        answer = await one.ask("who blocked the printer?")
        assert (answer["status"], answer["route"]["tool"]) == ("done", "list_operations"), answer
        (row,) = answer["data"]["rows"]
        assert (row["on"], row["by"], row["result"]) == ("Printer", "admin", "done")
        assert row["undo"] == "unblock it"
        assert one.layer.planned == 1


@pytest.mark.anyio
async def test_only_what_was_asked_for_is_told(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        await _block(one)
        for query, rows in (
            ("what was changed today?", 1),
            ("what did we do to the printer last week?", 1),
            ("what did we do to the garage ap last week?", 0),
            ("who restarted the printer?", 0),
            ("show recent changes by admin", 1),
            ("show recent changes by alice", 0),
            ("what changed today?", 1),
            ("what did you change?", 1),
            ("what did you do yesterday?", 0),
            ("what have you done this week", 1),
            ("what changed on the garage ap today?", 0),
        ):
            answer = await one.ask(query)
            assert answer["status"] == "done", answer
            assert len(answer["data"]["rows"]) == rows, query
        one.clock.seconds += 8 * DAY_S
        answer = await one.ask("what did we do to the printer last week?")
        assert answer["data"]["rows"] == []


@pytest.mark.anyio
async def test_the_time_that_was_looked_at_is_said(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        await _block(one)
        for query, said in (
            ("what did we do to the printer last week?", "1 change through Cortex from 2"),
            ("what was changed yesterday?", "was changed through Cortex from 2"),
            ("who blocked the printer?", "1 change through Cortex at any time."),
        ):
            answer = await one.ask(query)
            assert said in answer["answer"], answer


def test_a_span_is_said_with_its_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    week = window_of({"since": 7 * 86_400}, NOW, berlin)
    said = span_of(week, NOW, berlin)
    assert said == "from 2026-09-14 16:13 CEST to 2026-09-21 16:13 CEST"
    before = span_of(window_of({"day": "yesterday"}, NOW, berlin), NOW, berlin)
    assert before == "from 2026-09-20 00:00 CEST to 2026-09-21 00:00 CEST"


@pytest.mark.parametrize("zone", [None, UTC, ZoneInfo("Europe/Berlin")])
def test_the_moment_of_a_change_names_its_offset(zone: tzinfo | None) -> None:
    told = datetime.fromisoformat(row_of(_done(), zone)["time"])
    assert told.timestamp() == NOW
    assert told.utcoffset() is not None


@pytest.mark.anyio
async def test_a_token_for_some_targets_only_is_not_told_of_others(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        await _block(one)
        limited = one.token("garage", "read", targets=("garage ap",))
        answer = await ask_as(one, limited, "what was changed today?")
    assert (answer["status"], answer["error"]["code"]) == ("refused", "not_allowed")


@pytest.mark.anyio
async def test_without_memory_it_is_said_that_there_is_none(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("what was changed today?")
    assert answer["status"] == "failed", answer
    assert "memory" in answer["answer"]


def _done(**more: Any) -> dict[str, Any]:
    return {"tool": "block_client", "at": NOW, "target_names": ["Kids iPad"]} | more


def test_a_thing_is_found_by_all_words_of_its_name_or_its_address() -> None:
    payload = _done(target_ids=["aa:bb"])
    for about, found in (
        ("the iPad", 1),
        ("ipad kids", 1),
        ("AA:BB", 1),
        ("iPad 2", 0),
        ("the", 0),
    ):
        assert len(chosen([payload], {"about": about}, Window(0))) == found, about


def test_a_day_is_from_midnight_to_midnight_and_the_latest_comes_first() -> None:
    window = window_of({"day": "yesterday"}, NOW, None)
    assert window.until is not None
    assert window.since < window.until <= NOW
    payloads = [_done(at=window.since), _done(at=window.until - 1), _done(at=window.until)]
    assert [one["at"] for one in chosen(payloads, {}, window)] == [window.until - 1, window.since]


@pytest.mark.anyio
async def test_today_is_told_in_the_zone_that_timers_use(tmp_path: Path) -> None:
    zone = ZoneInfo("Pacific/Kiritimati")
    async with desk(tmp_path, memory=Memory(), timezone=zone.key) as one:
        await remembering(one.http)
        await _block(one)
        answer = await one.ask("what was changed today?")
        now = one.clock()
        assert span_of(window_of({"day": "today"}, now, zone), now, zone) in answer["answer"]
