"""What was taught in exactly these words is offered at once, waits for a yes, and stays theirs."""

from pathlib import Path

import pytest

from tests.fabric.activator.learning.room import ask_as, judge, room, settled, tier
from tests.fabric.activator.pretend import PretendLayer
from tests.requirements import requirement

pytestmark = pytest.mark.anyio
TOLD = "printer got blocked again"


@requirement("learning.corrects")
@pytest.mark.parametrize("words", ["shut out client printer", TOLD, "printer off the air"])
async def test_a_change_that_was_taught_is_offered_at_once_and_waits_for_a_yes(
    tmp_path: Path, words: str
) -> None:
    layer = PretendLayer()
    async with room(tmp_path, layer) as one:
        puzzled = await one.ask(words)
        assert puzzled["status"] in {"clarify", "refused"}
        taken = await judge(one, puzzled, "correction", "block client printer")
        answer = await one.ask(words)
        assert layer.sent == []
        done = (await one.confirm(answer["confirmation"]["token"])).json()
        await settled(one)
        again = await one.ask(words)
    assert taken["learned"] == "From now on these words mean block_client, which asks for a yes."
    assert (tier(answer), answer["status"]) == ("similarity", "confirm")
    assert (answer["route"]["tool"], done["status"]) == ("block_client", "done")
    assert again["status"] == "confirm"
    assert len(layer.sent) == 1


@pytest.mark.parametrize(
    "neighbour",
    [
        "printer got unblocked again",
        "printer got blocked again?",
        "printer got blocked again ;)",
        "printer never got blocked again",
        "printer got blocked again tomorrow",
        "printer got blocked again by somebody",
        "has printer got blocked again",
    ],
)
async def test_words_that_were_not_taught_are_not_served_like_their_neighbours(
    tmp_path: Path, neighbour: str
) -> None:
    async with room(tmp_path) as one:
        await judge(one, await one.ask(TOLD), "correction", "block client printer")
        for _ in range(3):
            asked = await one.ask(TOLD)
            await one.confirm(asked["confirmation"]["token"])
            await settled(one)
        answer = await one.ask(neighbour)
    assert answer["status"] != "done"
    assert tier(answer) not in {"cache", "similarity"} or answer["status"] != "confirm"


async def test_one_who_operates_is_not_bound_by_what_readers_say(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        reader, other = one.token("guest", "read"), one.token("other", "read", "operate")
        await judge(one, await one.ask(TOLD), "correction", "block client printer")
        refused = await ask_as(one, reader, TOLD)
        offered = await ask_as(one, other, TOLD)
    assert refused["error"]["code"] == "not_allowed"
    assert offered["status"] == "confirm"


async def test_a_taught_change_that_is_objected_to_is_not_offered_again(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        await judge(one, await one.ask(TOLD), "correction", "block client printer")
        offered = await one.ask(TOLD)
        one.clock.seconds += 1
        await judge(one, offered, "wrong_tool")
        answer = await one.ask(TOLD)
    assert answer["status"] in {"clarify", "refused"}


async def test_what_destroys_is_taught_only_to_words_that_order_it(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        puzzled = await one.ask("printer, forget it")
        taken = await judge(one, puzzled, "correction", "forget client printer")
        answer = await one.ask("printer, forget it")
    assert taken["learned"].startswith("Nothing was taught")
    assert answer["status"] != "confirm"


async def test_a_call_of_the_same_tool_for_another_thing_is_taught_too(tmp_path: Path) -> None:
    words = "kick printer so it connects again"
    async with room(tmp_path) as one:
        wrong = await one.ask(words)
        assert wrong["route"]["arguments"] != {"client": "printer"}
        taken = await judge(one, wrong, "correction", "reconnect printer")
        answer = await one.ask(words)
    assert "reconnect_client" in taken["learned"]
    assert answer["route"]["arguments"] == {"client": "printer"}
    assert answer["status"] == "confirm"
