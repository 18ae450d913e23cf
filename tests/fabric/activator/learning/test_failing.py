"""Without memory, or without the classifier, everything else goes on as before."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from typing_extensions import override

from cortex.errors import LayerNotReady, QueueFull, Unavailable, Unreachable
from cortex.fabric.activator.answer.asked import Lesson
from cortex.fabric.activator.learning.learner import new_id
from cortex.fabric.activator.learning.ledger import Entry, Ledger, Written
from cortex.fabric.activator.learning.lessons import Told, outcomes_of
from cortex.fabric.activator.learning.projection import Outcome, outcome_point, route_in
from cortex.fabric.activator.learning.remembrance import OpenStore, Remembrance, open_store
from cortex.fabric.activator.learning.routebook import RouteBook
from cortex.fabric.activator.learning.tiers.cache import RouteCache
from cortex.fabric.activator.learning.wordings import Wordings
from cortex.fabric.activator.metrics import Metrics
from cortex.fabric.activator.mind import policy_of
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.peers.learned import Learned
from cortex.fabric.memory.embedded import open_embedded
from cortex.fabric.memory.embedding.places import model_folder
from cortex.fabric.memory.server import open_server
from cortex.fabric.memory.store import Point, Store
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.language import read
from cortex.settings.knobs import Memory, Redis
from cortex.simulators.qdrant.app import QdrantServer
from tests.fabric.activator.desk import desk
from tests.fabric.activator.learning.room import learned, room, tier, until
from tests.fabric.activator.pretend import PretendLayer
from tests.requirements import requirement

pytestmark = pytest.mark.anyio
ODD = "anybody hogging the bandwidth"
_WITHIN_S = 20.0


def told(text: str = ODD, *, at: float = 1_800_000_000.0) -> Told:
    """Tell of a question that came off."""
    proposal = Proposal(
        tier="classifier", tool="list_clients", layer="execution-unifi-api", confidence=1, why=""
    )
    lesson = Lesson(asker="a", frame=read(text), proposal=proposal)
    return Told(
        lesson=lesson, query_id="q", site="", at=at, principal="a", vouched=True, success=True
    )


def outcome(encoder: str, text: str = ODD, *, at: float = 1_800_000_000.0) -> Outcome:
    """Make the outcome of that."""
    return outcomes_of(told(text, at=at), encoder, new_id)[0]


@asynccontextmanager
async def ledger(
    home: Path, opens: OpenStore = open_store, memory: Remembrance | None = None
) -> AsyncIterator[tuple[Ledger, Remembrance]]:
    """Open a ledger whose memory is tried again without a pause."""
    memory = memory or Remembrance(Memory(), home, opens=opens, again_s=0.02)
    book = RouteBook(
        memory=memory,
        wordings=Wordings(),
        cache=RouteCache(10),
        metrics=Metrics(),
        policy=policy_of(Memory()),
        learned=Learned(Coordination(Redis(enabled=False), home), memory=""),
    )
    one = Ledger(memory=memory, book=book, counts=Metrics(), now=lambda: 1_800_000_001.0)

    async def opened() -> None:
        await book.load(now=1_800_000_001.0)

    tasks = [asyncio.create_task(one.run()), asyncio.create_task(memory.open(opened))]
    try:
        yield one, memory
    finally:
        await one.drain()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await memory.close()


async def holds(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(_WITHIN_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def test_a_locked_store_is_said_and_used_once_it_is_free(tmp_path: Path) -> None:
    other = await open_embedded(tmp_path / "memory")
    async with ledger(tmp_path) as (one, memory):
        await holds(lambda: memory.state == "unavailable")
        assert str(tmp_path) in memory.reason
        one.add(Entry(outcomes=lambda encoder: [outcome(encoder)]))
        with pytest.raises(Unavailable):
            await memory.embed("x")
        await other.close()
        await holds(lambda: memory.ready and one.backlog == 0)
        assert await memory.store.count("routing_queries") == 1


async def test_too_many_lessons_drop_the_oldest(tmp_path: Path) -> None:
    other = await open_embedded(tmp_path / "memory")
    async with ledger(tmp_path) as (one, memory):
        await holds(lambda: memory.state == "unavailable")
        for _ in range(1_003):
            one.add(Entry())
        assert (one.backlog, one.lost) == (1_000, 3)
        await other.close()
        await holds(lambda: one.backlog == 0)


async def test_one_impossible_lesson_does_not_stop_those_behind_it(tmp_path: Path) -> None:
    def broken(_encoder: str) -> list[Outcome]:
        raise ZeroDivisionError

    async with ledger(tmp_path) as (one, memory):
        await holds(lambda: memory.ready)
        unwritable = Point(id=new_id(), payload={"answer": float("nan")})
        with pytest.raises(Unavailable, match="could not keep it"):
            await one.apply(broken, within_s=_WITHIN_S)
        one.add(Entry(written=Written(collection="operations", text="x", point=unwritable)))
        assert await one.apply(lambda encoder: [outcome(encoder)], within_s=_WITHIN_S)
        assert await memory.store.count("routing_queries") == 1
        assert (one.backlog, one.lost) == (0, 2)


async def test_what_went_wrong_while_a_lesson_is_given_up_does_not_end_the_writing(
    tmp_path: Path,
) -> None:
    class Stubborn(asyncio.Future[None]):
        """Cannot be given up, once."""

        @override
        def cancel(self, msg: object = None) -> bool:
            self.set_result(None)
            raise OSError(28, "No space left on device")

    def broken(_encoder: str) -> list[Outcome]:
        raise ZeroDivisionError

    async with ledger(tmp_path) as (one, memory):
        await holds(lambda: memory.ready)
        one.add(Entry(outcomes=broken, done=Stubborn()))
        await holds(lambda: one.lost == 1)
        assert not one.halted
        assert await one.apply(lambda encoder: [outcome(encoder)], within_s=_WITHIN_S)


async def test_memory_says_that_nothing_is_written_down_any_more(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        writing = [each for each in asyncio.all_tasks() if "Ledger.run" in repr(each)]
        assert [each.cancel() for each in writing] == [True]
        shown = await until(one, lambda said: said["state"] == "unavailable")
    assert "start Cortex again" in shown["reason"]


async def test_lessons_wait_for_a_model_and_name_it(tmp_path: Path) -> None:
    model, folder = model_folder(None, tmp_path), tmp_path / "model"
    memory = Remembrance(Memory(model_folder=folder), tmp_path, again_s=0.02)
    async with ledger(tmp_path, memory=memory) as (one, _):
        await holds(lambda: memory.state == "unavailable")
        one.add(Entry(outcomes=lambda encoder: [outcome(encoder)]))
        assert await memory.store.count("routing_outcomes") == 0
        folder.symlink_to(model)
        await holds(lambda: memory.ready and one.backlog == 0)
        page = await memory.store.scroll("routing_outcomes")
        kept = [route_in(point.payload) for point in page.points]
        assert [route and route.encoder for route in kept] == [memory.encoder_id]


async def test_what_a_kill_left_unprojected_is_projected_at_the_next_start(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (one, memory):
        await holds(lambda: memory.ready)
        assert await one.apply(lambda encoder: [outcome(encoder)], within_s=_WITHIN_S)
        # As a kill leaves it: outcomes are there, and their routes do not know of them.
        encoder = memory.encoder_id
        late = [outcome(encoder, at=1_800_000_000.5), outcome(encoder, "who is hogging it")]
        await memory.store.put("routing_outcomes", [outcome_point(each) for each in late])
    async with room(tmp_path) as desk_:
        rows = {row["template"]: row["asked"] for row in await learned(desk_)}
    assert rows[ODD] == 2
    assert len(rows) == 2


@requirement("learning.collections")
async def test_lost_routes_are_made_again_from_outcomes(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (one, memory):
        await holds(lambda: memory.ready)
        assert await one.apply(lambda encoder: [outcome(encoder)], within_s=_WITHIN_S)
        await memory.store.delete("routing_queries", [outcome(memory.encoder_id).route_id])
    async with ledger(tmp_path) as (_, memory):
        await holds(lambda: memory.ready)
        assert await memory.store.count("routing_queries") == 1


@requirement("learning.two-stores")
async def test_memory_on_a_server_is_waited_for_and_learns_the_same(tmp_path: Path) -> None:
    server = QdrantServer(lambda: 0.0)
    there = asyncio.Event()

    async def opens(_knobs: Memory, _home: Path) -> Store:
        if not there.is_set():
            message = "no server answers"
            raise Unreachable(message)
        transport = httpx.ASGITransport(server.app)
        return await open_server("http://qdrant:6333", timeout_s=20, transport=transport)

    async with ledger(tmp_path, opens) as (one, memory):
        one.add(Entry(outcomes=lambda encoder: [outcome(encoder)]))
        await holds(lambda: memory.state == "unavailable")
        there.set()
        await holds(lambda: memory.ready and one.backlog == 0)
        assert await memory.store.count("routing_queries") == 1


async def test_everything_can_be_copied_to_a_server(tmp_path: Path) -> None:
    server = QdrantServer(lambda: 0.0)

    async def opens(knobs: Memory, home: Path) -> Store:
        if not knobs.url:
            return await open_store(knobs, home)
        transport = httpx.ASGITransport(server.app)
        return await open_server(knobs.url, timeout_s=20, transport=transport)

    async with ledger(tmp_path, opens) as (one, memory):
        await holds(lambda: memory.ready)
        assert await one.apply(lambda encoder: [outcome(encoder)], within_s=_WITHIN_S)
        copied = await memory.copy_to("http://qdrant:6333", None)
    assert (copied["routing_queries"], copied["routing_outcomes"]) == (1, 1)


async def test_without_a_model_queries_go_on_and_the_reason_is_told(tmp_path: Path) -> None:
    memory = Memory(model_folder=tmp_path / "nowhere")
    async with desk(tmp_path, memory=memory) as one:
        shown = await until(one, lambda said: said["state"] == "unavailable")
        known, unknown = await one.ask("list clients"), await one.ask(ODD)
        metrics = (await one.http.get("/metrics")).text
        ready = await one.http.get("/ready")
    assert "nowhere" in shown["reason"]
    assert (tier(known), known["status"], unknown["status"]) == ("keyword", "done", "clarify")
    assert 'similarity_lookups_total{result="error"} 1.0' in metrics
    assert ready.status_code == 200


async def test_damaged_files_are_named_with_what_to_do(tmp_path: Path) -> None:
    store = await open_embedded(tmp_path / "memory")
    await store.close()
    damaged = tmp_path / "memory" / "operations"
    (damaged / "edge_config.json").write_text("{")
    async with desk(tmp_path, memory=Memory()) as one:
        shown = await until(one, lambda said: said["state"] == "unavailable")
        known = await one.ask("list clients")
    assert f"{damaged} is damaged" in shown["reason"]
    assert f"move {damaged} away" in shown["reason"]
    assert known["status"] == "done"


async def test_feedback_without_memory_is_kept_and_said_to_count_later(tmp_path: Path) -> None:
    memory = Memory(model_folder=tmp_path / "nowhere")
    async with desk(tmp_path, memory=memory) as one:
        await until(one, lambda said: said["state"] == "unavailable")
        answer = await one.ask("list clients")
        body = {"query_id": answer["query_id"], "feedback": "wrong_tool"}
        reply = await one.http.post("/v1/feedback", json=body)
    assert reply.json()["recorded"] is True
    assert "as soon as memory" in reply.json()["learned"]


async def test_memory_that_is_switched_off_learns_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, memory=Memory(enabled=False)) as one:
        await one.ask("list clients")
        shown = (await one.http.get("/v1/memory")).json()
        rows = (await one.http.get("/v1/routes")).json()["learned"]
    assert (shown["state"], shown["backlog"], rows) == ("off", 0, [])


@pytest.mark.parametrize(
    "refusal", [LayerNotReady("it crashed"), QueueFull("64 wait"), None], ids=str
)
async def test_a_classifier_that_cannot_answer_fails_no_query(
    tmp_path: Path, refusal: Unavailable | None
) -> None:
    async with desk(tmp_path, PretendLayer(classifies=refusal is not None)) as one:
        if refusal is not None:
            one.layers.refusals.append(refusal)
        answer = await one.ask(ODD)
    assert (answer["status"], answer["error"]["code"]) == ("clarify", "not_understood")
    assert "the classifier could not be asked" in answer["error"]["hint"]


async def test_a_slow_classifier_is_given_up_while_there_is_time_left(tmp_path: Path) -> None:
    async with desk(tmp_path, PretendLayer(slow=True)) as one:
        answer = await one.ask(ODD, deadline_ms=400)
    assert (answer["status"], answer["error"]["code"]) == ("clarify", "not_understood")
    assert "never came" in answer["error"]["hint"]


async def test_nothing_hopeless_or_hard_wakes_the_classifier(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.ask("don't hog the bandwidth")
        await one.ask("liste mir alle geräte auf")
    assert one.layers.asked == []
