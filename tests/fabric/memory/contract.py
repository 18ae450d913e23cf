"""What every store of vectors does, as tests: a backend inherits `StoreContract` and opens a `store`.

    class TestMyStore(StoreContract):
        @pytest.fixture
        async def store(self) -> AsyncIterator[Store]: ...

The store that the fixture yields is empty; the fixture closes it (closing twice is no error).
"""
# ruff: noqa: D102 -- the name of a test is its sentence

import math
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import anyio
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cortex.errors import Refused, Unavailable
from cortex.fabric.memory.collections import COLLECTIONS, DIMENSIONS, CollectionName
from cortex.fabric.memory.store import Point, Store, Where

ROUTES: CollectionName = "routing_queries"
OUTCOMES: CollectionName = "routing_outcomes"
OPERATIONS: CollectionName = "operations"


def nth_id(number: int) -> str:
    """Return an id; ids of greater numbers come later."""
    return str(uuid.UUID(int=(number << 64) + 0x5EED))


def direction(seed: int) -> list[float]:
    """Return a vector of length 1 that depends on the seed only."""
    raw: list[float] = np.random.default_rng(seed).standard_normal(DIMENSIONS).tolist()
    length = math.sqrt(sum(x * x for x in raw))
    return [x / length for x in raw]


def at_cosine(cosine: float) -> list[float]:
    """Return a vector whose cosine with `at_cosine(1.0)` is the one given."""
    return [cosine, math.sqrt(1.0 - cosine * cosine), *[0.0] * (DIMENSIONS - 2)]


def entry(number: int, payload: Mapping[str, Any] | None = None) -> Point:
    return Point(id=nth_id(number), vector=direction(number), payload=payload or {})


async def everything(
    store: Store, collection: CollectionName, *, limit: int = 256, where: Where | None = None
) -> list[str]:
    """Return the ids of all points, as scrolling meets them."""
    met: list[str] = []
    after = ""
    for _ in range(10_000):
        page = await store.scroll(collection, where=where, limit=limit, after=after)
        assert len(page.points) <= limit
        met.extend(point.id for point in page.points)
        after = page.after
        if not after:
            return met
    pytest.fail("scrolling does not end")


def fulfils(payload: Mapping[str, Any], where: Where) -> bool:
    """Say what the conditions mean, in plain Python."""

    def has(name: str, wanted: object) -> bool:
        held = payload.get(name)
        members = held if isinstance(held, list) else [held]
        return any(type(one) is type(wanted) and one == wanted for one in members)

    def in_time() -> bool:
        if "timestamp" not in payload:
            return False
        when = datetime.fromisoformat(payload["timestamp"])
        return (not where.since or when >= datetime.fromisoformat(where.since)) and (
            not where.until or when < datetime.fromisoformat(where.until)
        )

    return all(has(name, value) for name, value in where.equals.items()) and (
        not (where.since or where.until) or in_time()
    )


_WORDS = st.sampled_from(["a", "b", "ab", "A", "ä", "", "a b", "a.b", "名前"])
_TIMES = st.builds(
    lambda offset, minutes, micro: (
        (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes, microseconds=micro))
        .astimezone(timezone(timedelta(hours=offset)))
        .isoformat()
    ),
    st.sampled_from([0, 2, -7]),
    st.integers(0, 5),
    st.sampled_from([0, 1, 999_999]),
)
_PAYLOADS = st.fixed_dictionaries(
    {},
    optional={
        "tool": _WORDS | st.lists(_WORDS, max_size=3),
        "site": _WORDS,
        "success": st.booleans(),
        "latency_ms": st.integers(-2, 2),
        "timestamp": _TIMES,
    },
)
_WHERES = st.builds(
    Where,
    equals=st.fixed_dictionaries(
        {},
        optional={
            "tool": _WORDS,
            "site": _WORDS,
            "success": st.booleans(),
            "latency_ms": st.integers(-2, 2),
        },
    ),
    since=st.just("") | _TIMES,
    until=st.just("") | _TIMES,
)


@pytest.mark.anyio
class StoreContract:
    """Every test takes an empty `store`."""

    @pytest.mark.parametrize("name", COLLECTIONS)
    async def test_a_new_store_holds_nothing_and_answers(
        self, store: Store, name: CollectionName
    ) -> None:
        assert await store.count(name) == 0
        assert await store.search(name, direction(1), limit=5) == ()
        assert await store.fetch(name, [nth_id(1)]) == ()
        page = await store.scroll(name)
        assert (page.points, page.after) == ((), "")
        await store.delete(name, [nth_id(1)])

    async def test_a_point_comes_back_as_it_was_put(self, store: Store) -> None:
        put = entry(1, {"tool": "network.list_clients", "arguments": {"site": "default"}})
        await store.put(ROUTES, [put])
        (found,) = await store.fetch(ROUTES, [put.id], vectors=True)
        assert found.id == put.id
        assert found.payload == put.payload
        assert found.vector == pytest.approx(put.vector, abs=1e-5)

    async def test_vectors_are_left_out_unless_asked_for(self, store: Store) -> None:
        await store.put(ROUTES, [entry(1)])
        (found,) = await store.fetch(ROUTES, [nth_id(1)])
        page = await store.scroll(ROUTES)
        assert [len(found.vector), len(page.points[0].vector)] == [0, 0]
        page = await store.scroll(ROUTES, vectors=True)
        assert page.points[0].vector == pytest.approx(direction(1), abs=1e-5)

    async def test_the_same_id_replaces_payload_and_vector(self, store: Store) -> None:
        await store.put(ROUTES, [entry(1, {"tool": "a", "site": "x"})])
        await store.put(ROUTES, [Point(id=nth_id(1), vector=direction(2), payload={"tool": "b"})])
        (found,) = await store.fetch(ROUTES, [nth_id(1)], vectors=True)
        assert found.payload == {"tool": "b"}
        assert found.vector == pytest.approx(direction(2), abs=1e-5)
        assert await store.count(ROUTES) == 1
        assert await store.count(ROUTES, Where(equals={"tool": "a"})) == 0
        assert await store.count(ROUTES, Where(equals={"site": "x"})) == 0

    async def test_the_last_of_two_points_with_one_id_in_a_batch_stays(self, store: Store) -> None:
        await store.put(ROUTES, [entry(1, {"tool": "a"}), entry(1, {"tool": "b"})])
        (found,) = await store.fetch(ROUTES, [nth_id(1)])
        assert found.payload == {"tool": "b"}

    async def test_collections_are_apart(self, store: Store) -> None:
        await store.put(ROUTES, [entry(1)])
        assert await store.count(OUTCOMES) == 0
        assert await store.fetch(OUTCOMES, [nth_id(1)]) == ()

    async def test_putting_or_asking_for_nothing_is_no_error(self, store: Store) -> None:
        await store.put(ROUTES, [])
        await store.delete(ROUTES, [])
        assert await store.fetch(ROUTES, []) == ()
        assert await store.count(ROUTES) == 0

    async def test_fetching_passes_over_ids_that_are_not_there(self, store: Store) -> None:
        await store.put(ROUTES, [entry(1), entry(3)])
        found = await store.fetch(ROUTES, [nth_id(n) for n in (1, 2, 3, 4)])
        assert {point.id for point in found} == {nth_id(1), nth_id(3)}

    async def test_deleting_removes_the_named_points_only(self, store: Store) -> None:
        await store.put(ROUTES, [entry(n, {"tool": "a"}) for n in range(5)])
        await store.delete(ROUTES, [nth_id(1), nth_id(3), nth_id(77)])
        assert await everything(store, ROUTES) == [nth_id(0), nth_id(2), nth_id(4)]
        assert await store.count(ROUTES, Where(equals={"tool": "a"})) == 3
        hits = await store.search(ROUTES, direction(1), limit=10)
        assert nth_id(1) not in {hit.id for hit in hits}

    async def test_a_deleted_point_can_be_put_again(self, store: Store) -> None:
        await store.put(ROUTES, [entry(1, {"tool": "a"})])
        await store.delete(ROUTES, [nth_id(1)])
        await store.put(ROUTES, [entry(1, {"tool": "b"})])
        assert await store.count(ROUTES, Where(equals={"tool": "b"})) == 1

    async def test_search_gives_cosines_best_first(self, store: Store) -> None:
        cosines = [0.1, 0.95, -1.0, 0.5, 1.0, 0.0, -0.3]
        await store.put(
            ROUTES,
            [
                Point(id=nth_id(n), vector=at_cosine(cosine), payload={"n": n})
                for n, cosine in enumerate(cosines)
            ],
        )
        hits = await store.search(ROUTES, at_cosine(1.0), limit=4)
        assert [hit.score for hit in hits] == pytest.approx([1.0, 0.95, 0.5, 0.1], abs=1e-3)
        assert [hit.payload for hit in hits] == [{"n": 4}, {"n": 1}, {"n": 3}, {"n": 0}]
        assert [hit.id for hit in hits] == [nth_id(4), nth_id(1), nth_id(3), nth_id(0)]

    async def test_the_length_of_a_vector_does_not_count(self, store: Store) -> None:
        long = [7.0 * x for x in direction(1)]
        await store.put(ROUTES, [Point(id=nth_id(1), vector=long)])
        (hit,) = await store.search(ROUTES, [0.01 * x for x in direction(1)], limit=1)
        assert hit.score == pytest.approx(1.0, abs=1e-3)

    async def test_search_agrees_with_plain_arithmetic(self, store: Store) -> None:
        await store.put(ROUTES, [entry(n) for n in range(60)])
        asked = direction(1_000)
        hits = await store.search(ROUTES, asked, limit=60)
        expected = {
            nth_id(n): sum(x * y for x, y in zip(asked, direction(n), strict=True))
            for n in range(60)
        }
        assert {hit.id: hit.score for hit in hits} == pytest.approx(expected, abs=1e-3)
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)

    async def test_search_looks_only_where_it_may(self, store: Store) -> None:
        await store.put(ROUTES, [entry(n, {"site": "x" if n % 2 else "y"}) for n in range(20)])
        hits = await store.search(ROUTES, direction(4), limit=20, where=Where(equals={"site": "x"}))
        assert {hit.id for hit in hits} == {nth_id(n) for n in range(1, 20, 2)}

    async def test_a_limit_beyond_the_size_gives_all(self, store: Store) -> None:
        await store.put(ROUTES, [entry(n) for n in range(3)])
        assert len(await store.search(ROUTES, direction(1), limit=1_000)) == 3
        assert len((await store.scroll(ROUTES, limit=1_000)).points) == 3

    @pytest.mark.parametrize("limit", [1, 7, 10, 25, 26])
    async def test_scrolling_meets_every_point_once_in_the_order_of_ids(
        self, store: Store, limit: int
    ) -> None:
        numbers = [(n * 7 + 3) % 25 for n in range(25)]
        await store.put(ROUTES, [entry(n) for n in numbers])
        assert await everything(store, ROUTES, limit=limit) == [nth_id(n) for n in range(25)]

    async def test_scrolling_goes_on_after_its_next_point_was_deleted(self, store: Store) -> None:
        await store.put(ROUTES, [entry(n) for n in range(6)])
        page = await store.scroll(ROUTES, limit=2)
        await store.delete(ROUTES, [nth_id(2), nth_id(1)])
        page = await store.scroll(ROUTES, limit=10, after=page.after)
        assert [point.id for point in page.points] == [nth_id(3), nth_id(4), nth_id(5)]

    async def test_scrolling_under_a_condition_pages_too(self, store: Store) -> None:
        await store.put(ROUTES, [entry(n, {"site": "x" if n % 3 else "y"}) for n in range(30)])
        met = await everything(store, ROUTES, limit=4, where=Where(equals={"site": "y"}))
        assert met == [nth_id(n) for n in range(0, 30, 3)]

    @pytest.mark.parametrize(
        "payload",
        [
            {},
            {"nothing": None, "empty": "", "list": [], "object": {}, "": "no name"},
            {"floats": [0.1, -0.0, 1e300, 5e-324, 1.0, 2.5], "ints": [0, -1, 2**53 + 1, 2**63 - 1]},
            {"nested": [[1, [2, [3, {"deep": [None, True, False]}]]], {"a": {"b": {"c": []}}}]},
            {
                "text": 'Größe ≠ 名前 🛜 \x00 \n " \\ \u200b e\u0301',
                "ключ": "значение",
                "a.b": {"c.d": 1},
            },
            {"long": "x" * 20_480},
            {"many": [{"step": n, "note": f"line {n} " * 8} for n in range(200)]},
        ],
        ids=["empty", "hollow", "numbers", "nested", "unicode", "long", "many"],
    )
    async def test_a_payload_comes_back_exactly(
        self, store: Store, payload: dict[str, Any]
    ) -> None:
        await store.put(OPERATIONS, [entry(1, payload)])
        (found,) = await store.fetch(OPERATIONS, [nth_id(1)])
        (hit,) = await store.search(OPERATIONS, direction(1), limit=1)
        page = await store.scroll(OPERATIONS)
        for back in (found.payload, hit.payload, page.points[0].payload):
            assert repr(_sorted(back)) == repr(_sorted(payload))

    async def test_a_list_holds_each_of_its_members(self, store: Store) -> None:
        await store.put(OPERATIONS, [entry(1, {"target_ids": ["a", "b"]})])
        await store.put(OPERATIONS, [entry(2, {"target_ids": ["b"]}), entry(3)])
        for value, held in (("a", 1), ("b", 2), ("c", 0)):
            assert await store.count(OPERATIONS, Where(equals={"target_ids": value})) == held

    async def test_no_conditions_are_fulfilled_by_everything(self, store: Store) -> None:
        await store.put(ROUTES, [entry(1, {"tool": "a"}), entry(2)])
        assert await store.count(ROUTES, Where()) == 2

    async def test_a_truth_value_is_no_number(self, store: Store) -> None:
        await store.put(ROUTES, [entry(1, {"success": True}), entry(2, {"success": False})])
        assert await everything(store, ROUTES, where=Where(equals={"success": True})) == [nth_id(1)]
        assert await everything(store, ROUTES, where=Where(equals={"success": False})) == [
            nth_id(2)
        ]
        assert await store.count(ROUTES, Where(equals={"success": 1})) == 0

    async def test_times_compare_across_zones(self, store: Store) -> None:
        await store.put(
            OUTCOMES,
            [
                entry(1, {"timestamp": "2026-03-01T12:00:00+02:00"}),
                entry(2, {"timestamp": "2026-03-01T10:00:00.000001Z"}),
                entry(3, {"timestamp": "2026-03-01T09:59:59.999999+00:00"}),
                entry(4, {"timestamp": "not a time"}),
                entry(5),
            ],
        )
        ten = "2026-03-01T10:00:00+00:00"
        assert await everything(store, OUTCOMES, where=Where(since=ten)) == [nth_id(1), nth_id(2)]
        assert await everything(store, OUTCOMES, where=Where(until=ten)) == [nth_id(3)]
        assert await store.count(OUTCOMES, Where(since=ten, until=ten)) == 0

    @settings(
        deadline=None,
        max_examples=40,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
            HealthCheck.too_slow,
        ],
    )
    @given(
        payloads=st.lists(_PAYLOADS, max_size=8), wheres=st.lists(_WHERES, min_size=1, max_size=6)
    )
    async def test_conditions_mean_what_they_say(
        self, store: Store, payloads: list[dict[str, Any]], wheres: list[Where]
    ) -> None:
        await store.delete(ROUTES, [nth_id(n) for n in range(8)])
        await store.put(ROUTES, [entry(n, payload) for n, payload in enumerate(payloads)])
        for where in wheres:
            expected = [nth_id(n) for n, payload in enumerate(payloads) if fulfils(payload, where)]
            assert await store.count(ROUTES, where) == len(expected)
            assert await everything(store, ROUTES, where=where, limit=3) == expected
            hits = await store.search(ROUTES, direction(1), limit=8, where=where)
            assert sorted(hit.id for hit in hits) == expected

    async def test_puts_from_many_tasks_lose_nothing(self, store: Store) -> None:
        async def put_some(worker: int) -> None:
            for step in range(10):
                await store.put(OUTCOMES, [entry(worker * 100 + step, {"route_id": str(worker)})])

        async with anyio.create_task_group() as tasks:
            for worker in range(12):
                tasks.start_soon(put_some, worker)
        assert await store.count(OUTCOMES) == 120
        assert len(set(await everything(store, OUTCOMES, limit=50))) == 120
        for worker in range(12):
            assert await store.count(OUTCOMES, Where(equals={"route_id": str(worker)})) == 10

    async def test_reading_while_others_write_never_fails(self, store: Store) -> None:
        async def write(worker: int) -> None:
            for step in range(10):
                await store.put(ROUTES, [entry(worker * 100 + step)])

        async def read() -> None:
            for _ in range(10):
                hits = await store.search(ROUTES, direction(3), limit=5)
                assert all(-1.001 <= hit.score <= 1.001 for hit in hits)
                await store.count(ROUTES)

        async with anyio.create_task_group() as tasks:
            for worker in range(4):
                tasks.start_soon(write, worker)
                tasks.start_soon(read)
        assert await store.count(ROUTES) == 40

    @pytest.mark.parametrize(
        "wrong",
        [
            Point(id="not-an-id", vector=direction(1)),
            Point(id=nth_id(1), vector=[1.0, 2.0]),
            Point(id=nth_id(1), vector=()),
            Point(id=nth_id(1), vector=[math.nan, *direction(1)[1:]]),
            Point(id=nth_id(1), vector=[math.inf, *direction(1)[1:]]),
            Point(id=nth_id(1), vector=direction(1), payload={"deep": [{"here": math.nan}]}),
            Point(id=nth_id(1), vector=direction(1), payload={"large": 2**64}),
            Point(id=nth_id(1), vector=direction(1), payload={"text": "\ud800"}),
            Point(id=nth_id(1), vector=direction(1), payload={"what": object()}),
        ],
        ids=["id", "short", "none", "nan", "inf", "nan inside", "large", "surrogate", "object"],
    )
    async def test_a_point_that_cannot_be_kept_is_refused_with_its_whole_batch(
        self, store: Store, wrong: Point
    ) -> None:
        with pytest.raises(Refused):
            await store.put(ROUTES, [entry(5), wrong])
        assert await store.count(ROUTES) == 0
        await store.put(ROUTES, [entry(5)])
        assert await store.count(ROUTES) == 1

    async def test_a_question_that_makes_no_sense_is_refused(self, store: Store) -> None:
        with pytest.raises(Refused):
            await store.search(ROUTES, [1.0, 2.0], limit=5)
        with pytest.raises(Refused):
            await store.search(ROUTES, direction(1), limit=0)
        with pytest.raises(Refused):
            await store.scroll(ROUTES, limit=0)
        with pytest.raises(Refused):
            await store.count(ROUTES, Where(since="yesterday"))
        with pytest.raises(Refused):
            await store.fetch(ROUTES, ["not-an-id"])
        with pytest.raises(Refused):
            await store.delete(ROUTES, ["not-an-id"])
        with pytest.raises(Refused):
            await store.scroll(ROUTES, after="not-an-id")

    async def test_a_closed_store_says_so(self, store: Store) -> None:
        await store.close()
        with pytest.raises(Unavailable, match="closed"):
            await store.put(ROUTES, [entry(1)])
        with pytest.raises(Unavailable, match="closed"):
            await store.search(ROUTES, direction(1), limit=1)
        with pytest.raises(Unavailable, match="closed"):
            await store.count(ROUTES)
        await store.close()


def _sorted(value: Any) -> Any:
    """Return the value with the names of its objects in order; the rest is as it was."""
    match value:
        case dict():
            return {name: _sorted(value[name]) for name in sorted(value)}
        case [*members]:
            return [_sorted(one) for one in members]
        case _:
            return value
