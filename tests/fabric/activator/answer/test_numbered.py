"""A port that is named by its number is answered for, or it is said that it was left out."""

from pathlib import Path

import pytest

from tests.fabric.activator.test_real_layer import both

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "query",
    [
        "what is on port 3 of the core switch",
        "which device is plugged into port 3 on the core switch",
        "who is on port three of the core switch?",
        "is port 3 of the core switch up?",
        "what is on the core switch port 3",
    ],
)
async def test_only_the_port_that_was_said_is_shown(tmp_path: Path, query: str) -> None:
    async with both(tmp_path) as (one, _):
        answer = await one.ask(query)
        assert (answer["status"], answer["route"]["tool"]) == ("done", "list_ports"), answer
        assert answer["route"]["arguments"]["port"] == 3
        assert [row["port"] for row in answer["data"]["rows"]] == [3]
        assert "port 3 of Core Switch" in answer["answer"]


async def test_a_port_that_is_not_there_is_said_not_to_be(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, _):
        answer = await one.ask("what is on port 99 of the core switch")
        assert (answer["status"], answer["data"]["rows"]) == ("done", []), answer
        assert "no such port 99" in answer["answer"]


async def test_a_number_that_no_port_has_is_refused(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, _):
        answer = await one.ask("what is on port 300000 of the core switch")
        assert answer["status"] == "refused", answer
        assert "'port' cannot be 300000" in answer["answer"]


async def test_a_port_of_no_switch_is_asked_about(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, _):
        answer = await one.ask("what is on port 3?")
        assert (answer["status"], answer["error"]["code"]) == ("clarify", "incomplete"), answer
        assert answer["answer"].startswith("Which device?")


async def test_a_number_that_no_call_heeds_is_said_to_be_left_out(tmp_path: Path) -> None:
    async with both(tmp_path) as (one, _):
        answer = await one.ask("show me all clients on the IoT VLAN with port 3")
        assert (answer["status"], answer["route"]["tool"]) == ("done", "list_clients"), answer
        assert 'I did not take "port 3" into account.' in answer["answer"]
