"""What was asked, or taught, is answered from memory; what memory may not do, it does not."""

from pathlib import Path

import pytest

from cortex.fabric.messages import ClassifyReply, Reading
from tests.fabric.activator.learning.room import ask_as, judge, learned, room, settled, tier
from tests.fabric.activator.pretend import PretendLayer
from tests.requirements import requirement

pytestmark = pytest.mark.anyio
ODD = "anybody hogging the bandwidth"


def reader(text: str, *tools: str, verdict: str = "route") -> PretendLayer:
    """Make a layer whose classifier reads one text."""
    layer = PretendLayer()
    readings = tuple(Reading(tool=one, confidence=0.9) for one in tools)
    layer.reads[text] = ClassifyReply(verdict=verdict, readings=readings)  # type: ignore[arg-type]
    return layer


@requirement("tier3.classifier")
async def test_what_the_classifier_found_is_answered_from_the_cache_the_next_time(
    tmp_path: Path,
) -> None:
    async with room(tmp_path, reader(ODD, "list_clients")) as one:
        first, second = await one.ask(ODD), await one.ask(ODD)
    assert (tier(first), tier(second)) == ("classifier", "cache")
    assert first["status"] == second["status"] == "done"
    assert one.layer.classified == [ODD]


@requirement("tier2.similarity")
async def test_a_restart_keeps_what_was_learned(tmp_path: Path) -> None:
    async with room(tmp_path, reader(ODD, "list_clients")) as one:
        await one.ask(ODD)
    async with room(tmp_path) as one:
        answer = await one.ask(ODD)
    assert (tier(answer), answer["status"]) == ("similarity", "done")
    assert "asked once before" in answer["route"]["why"]


async def test_a_correction_answers_the_very_next_question(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        puzzled = await one.ask(ODD)
        assert puzzled["error"]["code"] == "not_understood"
        taken = await judge(one, puzzled, "correction", "list clients")
        answer = await one.ask(ODD)
    assert "list_clients" in taken["learned"]
    assert (tier(answer), answer["route"]["tool"]) == ("similarity", "list_clients")


@requirement("learning.corrects")
async def test_a_mistake_that_was_pointed_out_is_not_made_twice_by_any_tier(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as one:
        wrong = await one.ask("list clients")
        assert tier(wrong) == "keyword"
        await judge(one, wrong, "wrong_tool")
        again = await one.ask("list clients")
        assert again["route"] is None
        other = await one.ask("show clients")
    assert other["route"]["tool"] == "list_clients"


async def test_a_correction_wins_over_a_rule(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        wrong = await one.ask("list clients")
        await judge(one, wrong, "correction", "list devices")
        answer = await one.ask("list clients")
    assert (tier(answer), answer["route"]["tool"]) == ("similarity", "list_devices")


async def test_a_complaint_empties_the_cache(tmp_path: Path) -> None:
    async with room(tmp_path, reader(ODD, "list_clients")) as one:
        await one.ask(ODD)
        cached = await one.ask(ODD)
        assert tier(cached) == "cache"
        await judge(one, cached, "wrong_tool")
        again = await one.ask(ODD)
    assert again["route"] is None


async def test_one_persons_complaint_changes_nothing_for_others(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        guest, friend = one.token("guest", "read"), one.token("friend", "read")
        wrong = await ask_as(one, guest, "list clients")
        await judge(one, wrong, "correction", "list devices", guest)
        own = await ask_as(one, guest, "list clients")
        others = await ask_as(one, friend, "list clients")
    assert own["route"]["tool"] == "list_devices"
    assert (tier(others), others["route"]["tool"]) == ("keyword", "list_clients")


async def test_what_a_second_person_says_too_counts_for_everybody(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        names = [one.token(name, "read") for name in ("first", "second", "third")]
        for header in names[:2]:
            puzzled = await ask_as(one, header, ODD)
            await judge(one, puzzled, "correction", "list devices", header)
        third = await ask_as(one, names[2], ODD)
    assert third["route"]["tool"] == "list_devices"


async def test_a_reader_teaches_nobody_a_change(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        guest = one.token("guest", "read")
        puzzled = await ask_as(one, guest, "give the printer a timeout")
        taken = await judge(one, puzzled, "correction", "block client printer", guest)
    assert "not good for block_client" in taken["learned"]


@requirement("write.asked-when-learned")
async def test_a_change_that_the_cache_remembers_waits_for_a_yes(tmp_path: Path) -> None:
    query = "shut out client printer"
    layer = reader(query, "block_client")
    async with room(tmp_path, layer) as one:
        asked = [await one.ask(query)]
        while asked[-1]["status"] == "confirm" and len(asked) < 6:
            await one.confirm(asked[-1]["confirmation"]["token"])
            await settled(one)
            asked.append(await one.ask(query))
    assert [tier(answer) for answer in asked] == ["classifier", *["cache"] * 5]
    assert all(answer["status"] == "confirm" for answer in asked)
    assert len(layer.sent) == 5


async def test_what_happens_to_a_neighbour_leaves_the_cache_as_it_is(tmp_path: Path) -> None:
    query, neighbour = "shut out client printer", "let client printer in again"
    layer = reader(query, "block_client")
    layer.reads[neighbour] = reader(neighbour, "unblock_client").reads[neighbour]
    async with room(tmp_path, layer) as one:
        for asked in (query, neighbour):
            answer = await one.ask(asked)
            await one.confirm(answer["confirmation"]["token"])
            await settled(one)
        again = await one.ask(query)
    assert (tier(again), again["route"]["tool"]) == ("cache", "block_client")


async def test_a_change_that_memory_has_learned_waits_for_a_yes_after_a_restart(
    tmp_path: Path,
) -> None:
    query = "shut out client printer"
    async with room(tmp_path, reader(query, "block_client")) as one:
        for _ in range(4):
            asked = await one.ask(query)
            await one.confirm(asked["confirmation"]["token"])
    layer = PretendLayer()
    async with room(tmp_path, layer) as one:
        answer = await one.ask(query)
        opposite = await one.ask("let in client printer")
    assert (tier(answer), answer["status"]) == ("similarity", "confirm")
    assert tier(opposite) != "similarity"
    assert layer.sent == []


async def test_readings_are_asked_back_with_queries_that_mean_them(tmp_path: Path) -> None:
    layer = reader(ODD, "list_clients", "get_network_health", verdict="ask")
    async with room(tmp_path, layer) as one:
        answer = await one.ask(ODD)
        picked = [await one.ask(choice["query"]) for choice in answer["choices"]]
    assert (answer["status"], answer["error"]["code"]) == ("clarify", "unsure")
    assert answer["answer"].startswith("Did you mean")
    assert {one["route"]["tool"] for one in picked} == {"list_clients", "get_network_health"}


@pytest.mark.parametrize(
    "query", ["don't list the clients", "liste mir alle clients auf", "show me the wifi password"]
)
async def test_what_is_hopeless_or_secret_leaves_no_trace(tmp_path: Path, query: str) -> None:
    async with room(tmp_path) as one:
        await one.ask(query)
        shown = await settled(one)
    assert (shown["routing_queries"], shown["routing_outcomes"]) == (0, 0)


@requirement("learning.names")
async def test_no_name_is_kept_in_the_routing_collections(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        answer = await one.ask("block client printer")
        assert answer["status"] == "done"
        await settled(one)
        pages = [
            (await one.http.get(f"/v1/memory/{name}")).text
            for name in ("routing_queries", "routing_outcomes")
        ]
        kept = (await one.http.get("/v1/memory/operations")).json()["points"]
    assert all("printer" not in page.lower() and "admin" not in page for page in pages)
    assert [point["payload"]["target_names"] for point in kept] == [["Printer"]]
    assert kept[0]["payload"]["undo"]["tool"] == "unblock_client"


async def test_a_dry_run_and_an_explanation_teach_nothing(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        await one.ask("block client printer", dry_run=True)
        await one.http.post("/v1/explain", json={"query": "list clients"})
        shown = await settled(one)
    assert (shown["routing_outcomes"], shown["operations"]) == (0, 0)


async def test_a_steady_route_is_not_written_down_each_time(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        for _ in range(25):
            await one.ask("list clients")
            await settled(one)
        shown = await settled(one)
        rows = await learned(one)
    assert shown["routing_outcomes"] == 20
    assert [row["stage"] for row in rows] == ["trusted"]


async def test_a_declined_change_counts_against_its_route(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        answer = await one.ask("restart the garage ap")
        token = answer["confirmation"]["token"]
        await one.http.post("/v1/confirm", json={"token": token, "answer": "no"})
        rows = await learned(one)
    assert [(row["successes"], row["failures"]) for row in rows] == [(0.0, 1.0)]


@pytest.mark.parametrize(
    "text", ["anybody whose password is hunter2", "anybody hogging the bandwidth " * 20]
)
async def test_who_judges_words_that_are_not_kept_is_told_so(tmp_path: Path, text: str) -> None:
    async with room(tmp_path, reader(text.strip(), "list_clients")) as one:
        said = await judge(one, await one.ask(text.strip()), "wrong_tool")
    assert said["learned"] == "Nothing was learned: these words are not kept."
