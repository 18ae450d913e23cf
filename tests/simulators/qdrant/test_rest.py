"""The simulated server says what a real one says, and is as strict as one."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from cortex.simulators.qdrant.app import Knobs, QdrantServer
from cortex.simulators.qdrant.options import OptionError, QdrantOptions, help_texts
from tests.simulators.qdrant.openapi import Checked, document

pytestmark = pytest.mark.anyio
ONE = "/collections/c"
POINTS = f"{ONE}/points"
MADE = {"vectors": {"size": 2, "distance": "Cosine"}}
WAIT = {"wait": "true"}


class Bench:
    """A server, its clock, and a client without manners."""

    def __init__(self) -> None:
        self.now = 100.0
        self.server = QdrantServer(lambda: self.now)
        self.inside = httpx.ASGITransport(self.server.app)
        self.checked = Checked(self.inside)
        self.http = httpx.AsyncClient(base_url="http://q", transport=self.checked)
        self.rude = httpx.AsyncClient(base_url="http://q", transport=self.inside)

    async def put(self, *points: dict[str, Any], wait: bool = True) -> httpx.Response:
        """Upsert points."""
        asked = {"wait": "true" if wait else "false"}
        return await self.http.put(POINTS, params=asked, json={"points": points})

    async def ids(self, filter_: object = None) -> list[object]:
        """Return the ids of the points that fulfil a filter, as scrolling gives them."""
        reply = await self.http.post(f"{POINTS}/scroll", json={"filter": filter_, "limit": 99})
        assert reply.status_code == 200, reply.text
        return [one["id"] for one in reply.json()["result"]["points"]]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await made.http.put(ONE, json=MADE)
    yield made
    await made.http.aclose()
    await made.rude.aclose()


def point(number: int | str, **payload: Any) -> dict[str, Any]:
    return {"id": number, "vector": [3.0, 4.0], "payload": payload}


def error(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["status"]["error"]


async def test_a_collection_is_made_once(bench: Bench) -> None:
    assert error(await bench.http.put(ONE, json=MADE)) == (
        409,
        "Wrong input: Collection `c` already exists!",
    )
    reply = await bench.http.get(ONE)
    assert reply.json()["result"]["config"]["params"]["vectors"] == MADE["vectors"]
    names = (await bench.http.get("/collections")).json()["result"]["collections"]
    assert names == [{"name": "c"}]
    assert (await bench.http.get(f"{ONE}/exists")).json()["result"] == {"exists": True}
    assert [(await bench.http.delete(ONE)).json()["result"] for _ in "ab"] == [True, False]


async def test_every_request_to_a_collection_that_is_not_there_is_a_404(bench: Bench) -> None:
    requests: list[tuple[str, dict[str, object]]] = [
        ("", {"ids": []}),
        ("/scroll", {"limit": 1}),
        ("/count", {}),
        ("/query", {"query": [1.0, 0.0]}),
        ("/delete", {"points": []}),
    ]
    for tail, body in requests:
        reply = await bench.http.post(f"/collections/no/points{tail}", json=body)
        assert error(reply) == (404, "Not found: Collection `no` doesn't exist!")
    assert (await bench.http.get("/collections/no")).status_code == 404


async def test_a_vector_of_another_length_is_refused_and_keeps_its_batch_out(bench: Bench) -> None:
    reply = await bench.put(point(1), {"id": 2, "vector": [1.0]})
    assert error(reply) == (400, "Wrong input: Vector dimension error: expected dim: 2, got 1")
    reply = await bench.http.post(f"{POINTS}/query", json={"query": [1.0, 2.0, 3.0]})
    assert error(reply) == (400, "Wrong input: Vector dimension error: expected dim: 2, got 3")
    assert await bench.ids() == []


@pytest.mark.parametrize("wrong", ["one", -1, 1.5, True, None, 2**64, "550e8400"])
async def test_ids_are_unsigned_numbers_or_uuids(bench: Bench, wrong: object) -> None:
    body = {"points": [{"id": wrong, "vector": [1.0, 2.0]}]}
    status, text = error(await bench.rude.put(POINTS, json=body))
    assert (status, text[:30]) == (400, "Format error in JSON body: val")
    assert "is not a valid point ID, valid values are either an unsigned integer or a UUID" in text


async def test_a_uuid_comes_back_in_its_usual_spelling(bench: Bench) -> None:
    usual = "550e8400-e29b-41d4-a716-446655440000"
    await bench.rude.put(POINTS, params=WAIT, json={"points": [point(f"{{{usual.upper()}}}")]})
    assert await bench.ids() == [usual]


async def test_a_change_that_is_not_waited_for_is_seen_later(bench: Bench) -> None:
    reply = await bench.put(point(1), wait=False)
    assert reply.json()["result"] == {"operation_id": 0, "status": "acknowledged"}
    assert await bench.ids() == []
    bench.now += 1
    assert await bench.ids() == [1]


async def test_a_change_that_is_waited_for_comes_after_those_before_it(bench: Bench) -> None:
    await bench.put(point(1, a=1), wait=False)
    reply = await bench.put(point(1, a=2))
    assert reply.json()["result"]["status"] == "completed"
    bench.now += 1
    reply = await bench.http.post(POINTS, json={"ids": [1, 2]})
    assert reply.json()["result"] == [{"id": 1, "payload": {"a": 2}}]


async def test_vectors_are_stored_as_float32_of_length_one(bench: Bench) -> None:
    await bench.put(point(1), {"id": 2, "vector": [0.0, 0.0]})
    reply = await bench.http.post(POINTS, json={"ids": [1, 2], "with_vector": True})
    first, second = (one["vector"] for one in reply.json()["result"])
    assert first == [0.6000000238418579, 0.800000011920929]
    assert second == [0.0, 0.0]


async def test_scrolling_goes_by_number_then_by_uuid(bench: Bench) -> None:
    uuids = [str(UUID(int=n << 100)) for n in (3, 1)]
    await bench.put(*(point(one) for one in (uuids[0], 10, uuids[1], 9)))
    reply = await bench.http.post(f"{POINTS}/scroll", json={"limit": 3, "with_payload": False})
    page = reply.json()["result"]
    assert [one["id"] for one in page["points"]] == [9, 10, uuids[1]]
    assert page["next_page_offset"] == uuids[0]
    assert page["points"][0].keys() == {"id"}
    reply = await bench.http.post(f"{POINTS}/scroll", json={"offset": page["next_page_offset"]})
    assert reply.json()["result"]["next_page_offset"] is None


async def test_a_query_leaves_payloads_out_and_stops_at_ten_unless_told(bench: Bench) -> None:
    await bench.put(*(point(n, a=n) for n in range(12)))
    reply = await bench.http.post(f"{POINTS}/query", json={"query": [3.0, 4.0]})
    found = reply.json()["result"]["points"]
    assert len(found) == 10
    assert found[0].keys() == {"id", "score", "version"}
    assert found[0]["score"] == pytest.approx(1.0)


@pytest.mark.parametrize("tail", ["scroll", "query"])
async def test_a_limit_of_nothing_is_invalid(bench: Bench, tail: str) -> None:
    body = {"query": [1.0, 0.0], "limit": 0}
    status, text = error(await bench.rude.post(f"{POINTS}/{tail}", json=body))
    assert status == 422
    assert text == ("Validation error in JSON body: [limit: value 0 invalid, must be 1 or larger]")


FILTERS: list[tuple[object, list[int]]] = [
    (None, [1, 2, 3, 4]),
    ({}, [1, 2, 3, 4]),
    ({"must": {"key": "city", "match": {"value": "Rome"}}}, [1, 2]),
    ({"must": [{"key": "city", "match": {"any": ["Oslo", "Paris"]}}]}, [2, 3]),
    ({"must": [{"key": "city", "match": {"any": []}}]}, []),
    ({"must": [{"key": "city", "match": {"except": ["Rome"]}}]}, [2, 3]),
    ({"should": [{"key": "n", "match": {"value": 1}}, {"has_id": [4]}]}, [1, 4]),
    ({"must_not": [{"key": "city", "match": {"value": "Rome"}}]}, [3, 4]),
    ({"must": [{"key": "n", "range": {"gte": 1, "lt": 3}}]}, [1, 2]),
    ({"must": [{"key": "ok", "match": {"value": True}}]}, [1]),
    ({"must": [{"key": "n", "match": {"value": True}}]}, []),
    ({"must": [{"key": "ok", "match": {"value": 1}}]}, []),
    ({"must": [{"key": "at", "range": {"gte": "2026-01-01T00:00:00Z"}}]}, [1]),
    ({"must": [{"key": "at", "range": {"lt": "2026-01-01T02:00:00+02:00"}}]}, [2]),
    ({"must": [{"key": "in.n", "match": {"value": 7}}]}, [3]),
    ({"must": [{"key": "all[].n", "match": {"value": 8}}]}, [4]),
    ({"must": [{"is_empty": {"key": "city"}}]}, [4]),
    ({"must": [{"should": [{"has_id": [1, 2]}]}, {"must_not": {"has_id": [1]}}]}, [2]),
]


@pytest.mark.parametrize(("asked", "expected"), FILTERS)
async def test_filters_choose_as_documented(
    bench: Bench, asked: object, expected: list[int]
) -> None:
    await bench.put(
        point(1, city="Rome", n=1, ok=True, at="2026-01-01T00:00:00+00:00"),
        point(2, city=["Rome", "Paris"], n=2.5, at="2025-12-31"),
        point(3, city="Oslo", n=3, **{"in": {"n": 7}}, at="whenever"),
        point(4, city=None, all=[{"n": 8}, {}]),
    )
    assert await bench.ids(asked) == expected
    counted = await bench.http.post(f"{POINTS}/count", json={"filter": asked, "exact": True})
    assert counted.json()["result"] == {"count": len(expected)}


async def test_points_are_deleted_by_id_or_by_filter(bench: Bench) -> None:
    await bench.put(*(point(n, odd=n % 2) for n in range(6)))
    await bench.http.post(f"{POINTS}/delete", params=WAIT, json={"points": [0, 77]})
    one = {"filter": {"must": [{"key": "odd", "match": {"value": 1}}]}}
    await bench.http.post(f"{POINTS}/delete", params=WAIT, json=one)
    assert await bench.ids() == [2, 4]


async def test_indexes_are_listed_with_their_kind(bench: Bench) -> None:
    for kind in ("keyword", {"type": "datetime"}):
        asked = {"field_name": "at", "field_schema": kind}
        await bench.http.put(f"{ONE}/index", params=WAIT, json=asked)
    described = (await bench.http.get(ONE)).json()["result"]["payload_schema"]
    assert described == {"at": {"data_type": "datetime", "points": 0}}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("PUT", POINTS, "{", 400, "Format error in JSON body"),
        ("PUT", POINTS, "[]", 400, "expected a map"),
        ("PUT", POINTS, "{}", 400, "missing field `points`"),
        ("PUT", POINTS, '{"points": 1}', 400, "expected a sequence"),
        ("PUT", POINTS, '{"points": [{"id": 1}]}', 400, "missing field `vector`"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": [NaN, 1]}]}', 400, "NaN"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": [null, 1]}]}', 400, "expected f32"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": "x"}]}', 400, "expected a sequence"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": [[1]]}]}', 501, "multivectors"),
        ("PUT", POINTS, '{"points": [{"id": 1, "vector": {}}]}', 501, "named"),
        ("PUT", POINTS, '{"batch": {}}', 501, "batch"),
        ("PUT", f"{POINTS}?wait=1", '{"points": []}', 400, "query parameters"),
        ("POST", f"{POINTS}/scroll", '{"limit": "1"}', 400, "usize"),
        ("POST", f"{POINTS}/scroll", '{"order_by": "a"}', 501, "order_by"),
        ("POST", f"{POINTS}/scroll", '{"filter": {"musst": []}}', 400, "unknown field `musst`"),
        ("POST", f"{POINTS}/scroll", '{"filter": {"min_should": {}}}', 501, "min_should"),
        ("POST", f"{POINTS}/scroll", '{"filter": {"must": [{}]}}', 501, "condition"),
        ("POST", f"{POINTS}/scroll", '{"filter": {"must": [{"key": ""}]}}', 400, "path"),
        ("POST", f"{POINTS}/scroll", '{"filter": {"must": [{"key": "a"}]}}', 400, "At least one"),
        ("POST", f"{POINTS}/scroll",
         '{"filter": {"must": [{"key": "a", "match": {"value": 1.5}}]}}', 400, "MatchInterface"),
        ("POST", f"{POINTS}/scroll",
         '{"filter": {"must": [{"key": "a", "match": {"any": [1, "a"]}}]}}', 400, "MatchInterface"),
        ("POST", f"{POINTS}/scroll",
         '{"filter": {"must": [{"key": "a", "match": {"text": "x"}}]}}', 501, "match"),
        ("POST", f"{POINTS}/scroll",
         '{"filter": {"must": [{"key": "a", "geo_radius": {}}]}}', 501, "geo_radius"),
        ("POST", f"{POINTS}/scroll",
         '{"filter": {"must": [{"key": "a", "range": {"lt": true}}]}}', 400, "RangeInterface"),
        ("POST", f"{POINTS}/scroll",
         '{"filter": {"must": [{"key": "a", "range": {"lt": "2026"}}]}}', 400, "RFC3339"),
        ("POST", f"{POINTS}/scroll",
         '{"filter": {"must": [{"key": "a", "range": {"lt": "2026-13-01"}}]}}', 400, "RFC3339"),
        ("POST", f"{POINTS}/query", '{"query": 1}', 501, "no vector"),
        ("POST", POINTS, '{"ids": [1], "with_payload": ["a"]}', 501, "with_payload"),
        ("PUT", f"{ONE}/index", '{"field_schema": "keyword"}', 400, "field_name"),
        ("PUT", f"{ONE}/index", '{"field_name": "a", "field_schema": "no"}', 400, "Schema"),
        ("PUT", "/collections/d", "{}", 501, "without vectors"),
        ("PUT", "/collections/d", '{"vectors": {"size": 0, "distance": "Dot"}}', 422, "size"),
        ("PUT", "/collections/d", '{"vectors": {"size": "4", "distance": "Dot"}}', 400, "Vectors"),
        ("PUT", "/collections/d", '{"vectors": {"size": 4, "distance": "dot"}}', 400, "variant"),
        ("PUT", "/collections/d", '{"vectors": {"a": {}}}', 501, "named"),
        ("PUT", "/collections/d%3Ae", json.dumps(MADE), 422, "cannot contain"),
        ("PUT", "/collections/" + "d" * 256, json.dumps(MADE), 422, "from 1 to 255"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused_in_the_servers_words(
    bench: Bench, *, method: str, path: str, body: str, status: int, text: str
) -> None:
    reply = await bench.rude.request(method, path, content=body)
    assert reply.status_code == status
    assert text in reply.json()["status"]["error"]
    assert await bench.ids() == []


async def test_points_compared_otherwise_are_not_simulated(bench: Bench) -> None:
    await bench.http.put("/collections/d", json={"vectors": {"size": 2, "distance": "Dot"}})
    reply = await bench.rude.put("/collections/d/points", json={"points": [point(1)]})
    assert (reply.status_code, "Dot" in error(reply)[1]) == (501, True)


async def test_more_than_the_largest_body_is_refused(bench: Bench) -> None:
    reply = await bench.rude.put(POINTS, content=b" " * (32 * 1024 * 1024 + 1))
    assert error(reply)[0] == 400
    assert "larger than allowed" in error(reply)[1]


@pytest.mark.parametrize("name", ["api-key", "authorization"])
async def test_a_key_opens_by_either_header(name: str) -> None:
    server = QdrantServer(lambda: 0.0, Knobs(api_key="k", read_only_api_key="r"))
    transport = Checked(httpx.ASGITransport(server.app))
    async with httpx.AsyncClient(base_url="http://q", transport=transport) as http:

        def with_key(key: str) -> dict[str, str]:
            return {name: key if name == "api-key" else f"Bearer {key}"}

        assert (await http.get("/collections")).status_code == 401
        wrong = await http.get("/collections", headers=with_key("x"))
        assert (wrong.status_code, wrong.text) == (401, "Invalid API key or JWT")
        assert (await http.put(ONE, json=MADE, headers=with_key("r"))).status_code == 403
        assert (await http.put(ONE, json=MADE, headers=with_key("k"))).status_code == 200
        assert (await http.get(ONE, headers=with_key("r"))).status_code == 200
        asked = {"limit": 1}
        reply = await http.post(f"{POINTS}/scroll", json=asked, headers=with_key("r"))
        assert reply.status_code == 200
        reply = await http.post(f"{POINTS}/delete", json={"points": []}, headers=with_key("r"))
        assert reply.status_code == 403


async def test_who_it_is_and_that_it_lives_is_told_without_a_key() -> None:
    server = QdrantServer(lambda: 0.0, Knobs(api_key="k"))
    transport = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(base_url="http://q", transport=transport) as http:
        title = (await http.get("/")).json()
        assert title["version"] == document()["x-source"]["version"].removeprefix("v")
        assert (await http.get("/healthz")).text == "healthz check passed"


def test_options_are_checked_before_anything_starts() -> None:
    assert set(help_texts()) == {"port", "api_key", "read_only_api_key", "lag_s", "slow_s"}
    for option, value in (("port", 70_000), ("lag_s", -1.0), ("slow_s", float("nan"))):
        with pytest.raises(OptionError, match=option):
            QdrantOptions(**{option: value})  # type: ignore[arg-type]  # one of several types
    assert "~" not in repr(QdrantOptions(api_key="~", read_only_api_key="~"))
