"""A read of words that were corrected says so while memory cannot tell what was meant."""

from pathlib import Path

import pytest

from cortex.settings.knobs import Memory
from tests.fabric.activator.desk import desk
from tests.fabric.activator.learning.room import judge, learned, room, tier, until

pytestmark = pytest.mark.anyio


async def test_a_read_that_was_objected_to_says_so_while_memory_is_away(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        await judge(one, await one.ask("list clients"), "wrong_tool")
        assert (await one.ask("list clients"))["route"] is None
    away = Memory(model_folder=tmp_path / "nowhere")
    async with desk(tmp_path, memory=away) as one:
        await until(one, lambda said: said["state"] == "unavailable")
        again, other = await one.ask("list clients"), await one.ask("list devices")
    assert (again["status"], tier(again)) == ("done", "keyword")
    assert "Somebody corrected an earlier answer to these words" in again["answer"]
    assert "corrected" not in other["answer"]


async def test_a_read_is_not_doubted_where_nobody_is_known_to_have_objected(tmp_path: Path) -> None:
    away = Memory(model_folder=tmp_path / "nowhere")
    async with desk(tmp_path, memory=away) as one:
        await until(one, lambda said: said["state"] == "unavailable")
    (tmp_path / "objections.bin").write_bytes(b"torn")
    async with desk(tmp_path, memory=away) as one:
        answer = await one.ask("list clients")
    assert answer["status"] == "done"
    assert "corrected" not in answer["answer"]


@pytest.mark.parametrize("query", ["list clients", "block client printer"])
async def test_an_objection_that_is_forgotten_holds_nothing_up_any_more(
    tmp_path: Path, query: str
) -> None:
    async with room(tmp_path) as one:
        await judge(one, await one.ask(query), "wrong_tool")
        rows = await learned(one)
        replies = [await one.http.delete(f"/v1/routes/{row['id']}") for row in rows]
        answer = await one.ask(query)
    assert {reply.status_code for reply in replies} == {200}
    assert answer["status"] == "done"
    assert "corrected" not in answer["answer"]
