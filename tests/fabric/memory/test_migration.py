"""A copy of one store into another loses nothing, can be stopped, and says where it was."""

import math
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.errors import BadAnswer, CortexError, Rejected, Unavailable
from cortex.fabric.memory.collections import COLLECTIONS
from cortex.fabric.memory.embedded import open_embedded
from cortex.fabric.memory.migration import migrate, same
from cortex.fabric.memory.server import open_server
from cortex.fabric.memory.store import Point, Store
from cortex.simulators.qdrant.app import QdrantServer
from cortex.simulators.qdrant.faults import Answer, Fault, Half
from tests.fabric.memory.contract import OPERATIONS, OUTCOMES, ROUTES, direction, entry, nth_id

pytestmark = pytest.mark.anyio
MANY = 300


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_embedded(tmp_path / "memory")
    await store.put(ROUTES, [entry(n, {"tool": f"t{n}", "x": n / 7}) for n in range(MANY)])
    await store.put(OUTCOMES, [entry(n, {"success": n % 2 == 0, "note": None}) for n in range(5)])
    yield store
    await store.close()


@pytest.fixture
def server() -> QdrantServer:
    return QdrantServer(lambda: 0.0)


@pytest.fixture
async def remote(server: QdrantServer) -> AsyncIterator[Store]:
    transport = httpx.ASGITransport(server.app)
    store = await open_server("http://qdrant:6333", timeout_s=30, transport=transport)
    yield store
    await store.close()


def quietly(_collection: str, _done: int, _total: int) -> None:
    """Take a report and tell nobody."""


async def test_everything_arrives_with_its_vector_and_payload(
    embedded: Store, remote: Store
) -> None:
    told: list[tuple[str, int, int]] = []
    copied = await migrate(embedded, remote, report=lambda *news: told.append(news))
    assert copied == {name: {ROUTES: MANY, OUTCOMES: 5}.get(name, 0) for name in COLLECTIONS}
    for name in COLLECTIONS:
        size = copied[name]
        ids = [nth_id(n) for n in range(MANY)]
        sent = {one.id: one for one in await embedded.fetch(name, ids, vectors=True)}
        arrived = await remote.fetch(name, ids, vectors=True)
        assert len(arrived) == size
        assert all(same(one, sent[one.id]) for one in arrived)
    assert [news for news in told if news[0] == ROUTES] == [
        (ROUTES, 128, MANY),
        (ROUTES, 256, MANY),
        (ROUTES, MANY, MANY),
    ]


async def test_the_way_back_is_the_same_way(embedded: Store, remote: Store, tmp_path: Path) -> None:
    copied = await migrate(embedded, remote, report=quietly)
    other = await open_embedded(tmp_path / "other")
    assert await migrate(remote, other, report=quietly) == copied
    await other.close()


async def test_a_second_run_sends_nothing_again(
    embedded: Store, remote: Store, server: QdrantServer
) -> None:
    await migrate(embedded, remote, report=quietly)
    changes = server.world.collections[ROUTES].changes
    await migrate(embedded, remote, report=quietly)
    assert server.world.collections[ROUTES].changes == changes


async def test_what_only_the_target_has_stays_and_what_differs_is_replaced(
    embedded: Store, remote: Store
) -> None:
    await remote.put(ROUTES, [entry(900), entry(3, {"tool": "old"})])
    await remote.put(OPERATIONS, [entry(1)])
    await migrate(embedded, remote, report=quietly)
    assert await remote.count(ROUTES) == MANY + 1
    assert await remote.count(OPERATIONS) == 1
    (third,) = await remote.fetch(ROUTES, [nth_id(3)])
    assert third.payload["tool"] == "t3"


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (Answer(status=503, body=b"gone"), Unavailable, "gone"),
        (Answer(status=400, body=b'{"status": {"error": "no"}}'), Rejected, "no"),
        (Half(), BadAnswer, "cannot be read"),
    ],
)
async def test_a_copy_that_stops_says_where_and_goes_on_when_run_again(
    embedded: Store, remote: Store, server: QdrantServer, *, fault: Fault,
    kind: type[CortexError], text: str,
) -> None:  # fmt: skip
    def break_after_one_page(_collection: str, done: int, _total: int) -> None:
        if done == 128:
            server.faults.strike(fault)

    with pytest.raises(kind, match=f"'routing_queries' stopped after 128 of {MANY}.*{text}"):
        await migrate(embedded, remote, report=break_after_one_page)
    server.faults.clear()
    assert await remote.count(ROUTES) == 128
    assert (await migrate(embedded, remote, report=quietly))[ROUTES] == MANY
    assert await remote.count(ROUTES) == MANY


async def test_points_that_the_target_loses_are_noticed(
    embedded: Store, remote: Store, server: QdrantServer
) -> None:
    def forget(collection: str, done: int, total: int) -> None:
        if collection == ROUTES and done == total:
            server.world.collections[ROUTES].points.pop(nth_id(7))

    with pytest.raises(BadAnswer, match="did not arrive"):
        await migrate(embedded, remote, report=forget)


async def test_points_that_came_meanwhile_are_noticed(
    embedded: Store, remote: Store, server: QdrantServer
) -> None:
    def add_one(collection: str, done: int, total: int) -> None:
        if collection == ROUTES and done == total:
            late = {"id": nth_id(MANY), "vector": direction(1)}
            server.world.collections[ROUTES].upsert({"points": [late]}, due=None)

    await migrate(embedded, remote, report=quietly)
    with pytest.raises(Unavailable, match="source holds 301 points and the target 300"):
        await migrate(remote, embedded, report=add_one)


def point(vector: list[float], payload: object) -> Point:
    return Point(id=nth_id(1), vector=vector, payload={"held": payload})


def test_points_are_the_same_by_direction_and_payload_only() -> None:
    here, twice = direction(1), [2.0 * x for x in direction(1)]
    assert same(point(here, [0.1, "a"]), point(twice, [math.nextafter(0.1, 1), "a"]))
    assert same(point([0.0] * 3, 1), point([0.0] * 3, 1))
    assert not same(point(here, 1), point(direction(2), 1))
    assert not same(point(here, 1), point(here[:-1], 1))
    assert not same(point([0.0] * 3, 1), point([1.0, 0.0, 0.0], 1))
    for one, other in ((1, True), (1, 1.0), ([1], [1, 1]), ({"a": 1}, {"b": 1}), (None, "")):
        assert not same(point(here, one), point(here, other))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON)
def test_every_point_is_the_same_as_itself(payload: object) -> None:
    assert same(point([1.0, 2.0], payload), point([1.0, 2.0], payload))
