"""The store on a Qdrant server: the contract, held to the published interface, and its failures."""

import uuid
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from cortex.errors import (
    BadAnswer,
    LostReply,
    Misconfigured,
    NotAllowed,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
)
from cortex.fabric.memory.collections import COLLECTIONS
from cortex.fabric.memory.server import QdrantStore, open_server
from cortex.fabric.memory.store import Store, Where
from cortex.simulators.qdrant.app import Knobs, QdrantServer
from cortex.simulators.qdrant.faults import Answer, Half, Slow
from tests.fabric.memory.contract import (
    OUTCOMES,
    ROUTES,
    StoreContract,
    direction,
    entry,
    everything,
    nth_id,
)
from tests.simulators.qdrant.openapi import Checked

pytestmark = pytest.mark.anyio
URL = "http://qdrant:6333"


def server_with(knobs: Knobs | None = None) -> QdrantServer:
    return QdrantServer(lambda: 0.0, knobs or Knobs())


async def store_on(
    server: QdrantServer, *, key: str = "", timeout_s: float = 30.0, prefix: str = ""
) -> QdrantStore:
    transport = httpx.ASGITransport(server.app)
    return await open_server(
        URL, api_key=key, timeout_s=timeout_s, transport=transport, prefix=prefix
    )


async def drop(url: str, prefix: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        for name in COLLECTIONS:
            (await http.delete(f"/collections/{prefix}{name}")).raise_for_status()


class TestQdrantStore(StoreContract):
    """The contract, over REST: on the simulated server, or on a real one with --qdrant-url."""

    @pytest.fixture
    async def store(self, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
        """Yield an empty store in collections of its own."""
        real: str = request.config.getoption("--qdrant-url")
        prefix = f"cortex-test-{uuid.uuid4().hex[:8]}-"
        inside = httpx.AsyncHTTPTransport() if real else httpx.ASGITransport(server_with().app)
        opened = await open_server(
            real or URL, timeout_s=30, transport=Checked(inside), prefix=prefix
        )
        yield opened
        await opened.close()
        if real:
            await drop(real, prefix)


async def test_opening_makes_what_is_missing_and_leaves_what_is_there() -> None:
    server = server_with()
    first = await store_on(server)
    await first.put(ROUTES, [entry(1)])
    made = {name: one.indexes for name, one in server.world.collections.items()}
    assert made == {name: dict(one.indexes) for name, one in COLLECTIONS.items()}
    changes = server.world.collections[ROUTES].changes
    second = await store_on(server)
    assert await second.count(ROUTES) == 1
    assert server.world.collections[ROUTES].changes == changes


async def test_an_index_that_came_with_a_later_version_is_added() -> None:
    server = server_with()
    await store_on(server)
    del server.world.collections[OUTCOMES].indexes["route_id"]
    await store_on(server)
    assert server.world.collections[OUTCOMES].indexes["route_id"] == "keyword"


@pytest.mark.parametrize(
    ("vectors", "found"),
    [
        ({"size": 768, "distance": "Cosine"}, "768 numbers, Cosine"),
        ({"size": 384, "distance": "Dot"}, "384 numbers, Dot"),
    ],
)
async def test_a_collection_for_other_vectors_is_refused(
    vectors: dict[str, object], found: str
) -> None:
    server = server_with()
    server.world.create(OUTCOMES, {"vectors": vectors})
    with pytest.raises(Misconfigured, match=f"'routing_outcomes'.*{found}.*384 numbers, Cosine"):
        await store_on(server)


async def test_two_stores_that_open_at_once_both_open() -> None:
    server = server_with()
    opened: list[QdrantStore] = []

    async def open_one() -> None:
        opened.append(await store_on(server))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(open_one)
    assert [await one.count(ROUTES) for one in opened] == [0] * 4


async def test_two_stores_on_one_server_lose_no_update() -> None:
    server = server_with()
    stores = [await store_on(server) for _ in range(2)]

    async def put_some(worker: int) -> None:
        for step in range(10):
            await stores[worker % 2].put(OUTCOMES, [entry(worker * 100 + step)])
            assert await stores[1 - worker % 2].fetch(OUTCOMES, [nth_id(worker * 100 + step)])

    async with anyio.create_task_group() as tasks:
        for worker in range(6):
            tasks.start_soon(put_some, worker)
    for store in stores:
        assert len(set(await everything(store, OUTCOMES, limit=7))) == 60


async def test_prefixes_keep_two_houses_apart_on_one_server() -> None:
    server = server_with()
    one, other = await store_on(server, prefix="a-"), await store_on(server, prefix="b-")
    await one.put(ROUTES, [entry(1)])
    assert [await one.count(ROUTES), await other.count(ROUTES)] == [1, 0]


async def test_more_points_than_one_request_may_carry_are_all_put() -> None:
    server = server_with()
    store = await store_on(server)
    points = [entry(n, {"text": "x" * 400_000}) for n in range(40)]
    await store.put(ROUTES, points)
    assert await store.count(ROUTES) == 40
    assert 1 < server.world.collections[ROUTES].changes - len(COLLECTIONS[ROUTES].indexes) < 5


async def test_a_collection_that_was_removed_is_made_anew() -> None:
    server = server_with()
    store = await store_on(server)
    server.world.drop(ROUTES)
    assert await store.count(ROUTES) == 0
    server.world.drop(ROUTES)
    await store.put(ROUTES, [entry(1, {"tool": "a"})])
    assert await store.count(ROUTES, Where(equals={"tool": "a"})) == 1
    assert server.world.collections[ROUTES].indexes == dict(COLLECTIONS[ROUTES].indexes)


async def test_the_right_key_opens_and_wrong_ones_say_so() -> None:
    server = server_with(Knobs(api_key="right-key", read_only_api_key="reader"))
    await store_on(server, key="right-key")
    for key, text in (("", "Must provide an API key"), ("wrong-key", "Invalid API key")):
        with pytest.raises(NotAllowed, match=text) as refused:
            await store_on(server, key=key)
        assert "check the API key" in refused.value.hint
        assert "wrong-key" not in repr(refused.value)


async def test_a_key_that_only_reads_answers_and_refuses_to_keep() -> None:
    server = server_with(Knobs(api_key="right-key", read_only_api_key="reader"))
    await store_on(server, key="right-key")
    store = await store_on(server, key="reader")
    assert await store.count(ROUTES) == 0
    with pytest.raises(NotAllowed, match="access is required"):
        await store.put(ROUTES, [entry(1)])


async def test_a_key_that_only_reads_cannot_make_what_is_missing() -> None:
    server = server_with(Knobs(api_key="right-key", read_only_api_key="reader"))
    with pytest.raises(NotAllowed, match="access is required") as refused:
        await store_on(server, key="reader")
    assert "may write" in refused.value.hint


async def test_a_server_that_is_too_slow_is_unavailable_within_the_deadline() -> None:
    server = server_with()
    store = await store_on(server, timeout_s=0.05)
    server.faults.strike(Slow(seconds=3_600))
    with anyio.fail_after(20):
        with pytest.raises(Unreachable, match=r"within 0\.05 s"):
            await store.search(ROUTES, direction(1), limit=1)
        with pytest.raises(LostReply, match="got lost"):
            await store.put(ROUTES, [entry(1)])
        with pytest.raises(Unreachable):
            await store_on(server, timeout_s=0.05)
    server.faults.clear()
    await store.put(ROUTES, [entry(1)])
    assert await store.count(ROUTES) == 1


async def test_half_an_answer_is_a_bad_answer_and_the_next_is_good() -> None:
    server = server_with()
    store = await store_on(server)
    await store.put(ROUTES, [entry(n) for n in range(3)])
    server.faults.strike(Half(), times=2)
    with pytest.raises(BadAnswer, match="cannot be read"):
        await store.scroll(ROUTES)
    with pytest.raises(BadAnswer, match="cannot be read"):
        await store.search(ROUTES, direction(1), limit=3)
    assert len((await store.scroll(ROUTES)).points) == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Answer(status=200, body=b"<html>", content_type="text/html"), BadAnswer),
        (Answer(status=200, body=b'{"result": 7, "status": "ok"}'), BadAnswer),
        (Answer(status=404, body=b"<html>", content_type="text/html"), BadAnswer),
        (Answer(status=302, body=b""), BadAnswer),
        (Answer(status=502, body=b"<html>", content_type="text/html"), Unreachable),
        (Answer(status=503, body=b'{"status": {"error": "Shard"}}'), Unavailable),
        (Answer(status=429, body=b'{"status": {"error": "Rate"}}', retry_after="7"), Throttled),
        (Answer(status=500, body=b'{"status": {"error": "No space left"}}'), Unavailable),
        (Answer(status=400, body=b'{"status": {"error": "Wrong input: x"}}'), Rejected),
    ],
)
async def test_whatever_else_answers_is_told_apart(fault: Answer, kind: type[Exception]) -> None:
    server = server_with()
    store = await store_on(server)
    server.faults.strike(fault)
    with pytest.raises(kind):
        await store.count(ROUTES)
    with pytest.raises(kind):
        await store.put(ROUTES, [entry(1)])
    with pytest.raises(kind):
        await store_on(server)


async def test_a_page_that_leads_to_itself_is_a_bad_answer() -> None:
    server = server_with()
    store = await store_on(server)
    again = f'{{"status": "ok", "result": {{"points": [], "next_page_offset": "{nth_id(3)}"}}}}'
    server.faults.strike(Answer(status=200, body=again.encode()))
    with pytest.raises(BadAnswer, match="in circles"):
        await store.scroll(ROUTES, after=nth_id(3))


async def test_nobody_listening_is_unreachable() -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        await open_server("http://127.0.0.1:1", timeout_s=5)
