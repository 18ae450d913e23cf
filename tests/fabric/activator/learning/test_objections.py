"""What people objected to holds without memory, and only for those whose word counts."""

from pathlib import Path

import pytest

from cortex.settings.knobs import Memory
from tests.fabric.activator.desk import desk
from tests.fabric.activator.learning.room import ask_as, judge, room, settled, until
from tests.fabric.activator.pretend import PretendLayer
from tests.requirements import requirement

pytestmark = pytest.mark.anyio


@requirement("learning.corrects")
async def test_a_write_that_was_objected_to_waits_for_a_yes_while_memory_is_away(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as one:
        done = await one.ask("block client printer")
        assert done["status"] == "done"
        await judge(one, done, "wrong_tool")
        await settled(one)
    layer = PretendLayer()
    async with desk(tmp_path, layer, memory=Memory(model_folder=tmp_path / "nowhere")) as one:
        await until(one, lambda said: said["state"] == "unavailable")
        again, other = await one.ask("block client printer"), await one.ask("block printer")
    assert (again["status"], other["status"]) == ("confirm", "done")


async def test_an_objection_without_memory_holds_at_once_and_after_a_restart(
    tmp_path: Path,
) -> None:
    memory = Memory(model_folder=tmp_path / "nowhere")
    async with desk(tmp_path, memory=memory) as one:
        await judge(one, await one.ask("block client printer"), "wrong_tool")
        at_once = await one.ask("block client printer")
    async with desk(tmp_path, memory=memory) as one:
        later = await one.ask("block client printer")
    assert (at_once["status"], later["status"]) == ("confirm", "confirm")


@pytest.mark.parametrize("content", [None, b"torn"])
async def test_no_write_goes_unasked_without_memory_when_the_objections_are_lost(
    tmp_path: Path, content: bytes | None
) -> None:
    memory = Memory(model_folder=tmp_path / "nowhere")
    async with desk(tmp_path, memory=memory) as one:
        await until(one, lambda said: said["state"] == "unavailable")
        assert (await one.ask("block client printer"))["status"] == "done"
    file = tmp_path / "objections.bin"
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink() if content is None else file.write_bytes(content)
    async with desk(tmp_path, memory=memory) as one:
        assert (await one.ask("block client printer"))["status"] == "confirm"
    async with room(tmp_path) as one:
        assert (await one.ask("block client printer"))["status"] == "done"


@pytest.mark.parametrize(
    ("feedback", "meant"), [("wrong_tool", ""), ("correction", "list devices")]
)
async def test_two_readers_redirect_nobody_from_what_a_rule_serves(
    tmp_path: Path, feedback: str, meant: str
) -> None:
    async with room(tmp_path) as one:
        readers = [one.token(name, "read") for name in ("first", "second")]
        for header in readers:
            answer = await ask_as(one, header, "list clients")
            await judge(one, answer, feedback, meant, header)
        own = await ask_as(one, readers[0], "list clients")
        others = await one.ask("list clients")
    assert (own["route"] or {}).get("tool") != "list_clients"
    assert others["route"]["tool"] == "list_clients"


async def test_who_may_not_use_a_tool_bars_it_for_nobody(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        for name in ("first", "second"):
            header = one.token(name, "read")
            refused = await ask_as(one, header, "block client printer")
            assert refused["error"]["code"] == "not_allowed"
            taken = await judge(one, refused, "wrong_tool", "", header)
            assert "not good for block_client" in taken["learned"]
        shown = await settled(one)
    assert shown["routing_outcomes"] == 0


@pytest.mark.parametrize("again", [True, False])
async def test_saying_that_a_rule_was_right_lifts_the_bar_at_once(
    tmp_path: Path, *, again: bool
) -> None:
    async with room(tmp_path) as one:
        first = await one.ask("block client printer")
        await judge(one, first, "wrong_tool")
        barred = await one.ask("block client printer")
        assert barred["route"] is None
        taken = await judge(one, barred if again else first, "correction", "block client printer")
        served = await one.ask("block client printer")
    assert taken["learned"] == "These words mean block_client."
    assert (served["route"]["tier"], served["status"]) == ("keyword", "done")


async def test_a_change_that_is_taught_is_said_to_ask_for_a_yes(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        puzzled = await one.ask("shut out client printer")
        taken = await judge(one, puzzled, "correction", "block client printer")
    assert taken["learned"] == "From now on these words mean block_client, which asks for a yes."
