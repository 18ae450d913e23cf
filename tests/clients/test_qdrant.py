"""The client of Qdrant: what it sends, what it sends twice, and what each failure means."""

import asyncio
import json
from collections.abc import Callable

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from cortex.clients.failures import FAILURES, Failure
from cortex.clients.qdrant import NOT_FOUND, QdrantClient
from cortex.clients.qdrant.answers import Counted, refusal, result_of
from cortex.clients.qdrant.exchange import Call, Exchange
from cortex.errors import (
    BadAnswer,
    Conflict,
    CortexError,
    LostReply,
    Misconfigured,
    NotAllowed,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
)

URL = "http://qdrant:6333"
READ = Call("POST", "/collections/x/points/count", {"exact": True})
CHANGE = Call("PUT", "/collections/x/points", {"points": []}, changes=True)
REQUEST_ERRORS = [kind for kind in FAILURES if issubclass(kind, httpx.RequestError)]
DONE = {"result": {"status": "completed", "operation_id": 0}, "status": "ok", "time": 0.0}


class Line(httpx.AsyncBaseTransport):
    """A line on which each request meets the next of some fates; the last one stays."""

    def __init__(self, *fates: Exception | int) -> None:
        self.fates = list(fates)
        self.sent = 0

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        fate = self.fates.pop(0) if len(self.fates) > 1 else self.fates[0]
        if isinstance(fate, Exception):
            raise fate
        return httpx.Response(fate, json={})


class Silence(httpx.AsyncBaseTransport):
    """A line on which no reply ever comes, whatever timeout httpx was given."""

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.get_running_loop().create_future()
        raise AssertionError


def exchange(line: httpx.AsyncBaseTransport, *, timeout_s: float = 30.0) -> Exchange:
    return Exchange(URL, api_key="", timeout_s=timeout_s, transport=line)


def client(answer: Callable[[httpx.Request], httpx.Response], key: str = "") -> QdrantClient:
    return QdrantClient(URL, api_key=key, timeout_s=30, transport=httpx.MockTransport(answer))


@pytest.mark.parametrize("kind", REQUEST_ERRORS)
@pytest.mark.anyio
async def test_a_failed_change_is_lost_unless_it_never_left(
    kind: type[httpx.RequestError],
) -> None:
    line = Line(kind("cut"))
    with pytest.raises(LostReply if FAILURES[kind].left else Unreachable, match="cut"):
        await exchange(line).send(CHANGE)
    assert line.sent == (2 if FAILURES[kind] is Failure.NOT_SENT else 1)


@pytest.mark.parametrize("kind", REQUEST_ERRORS)
@pytest.mark.anyio
async def test_a_failed_read_is_sent_again_once_if_the_connection_failed(
    kind: type[httpx.RequestError],
) -> None:
    line = Line(kind("cut"))
    with pytest.raises(Unreachable, match="cut"):
        await exchange(line).send(READ)
    assert line.sent == (2 if FAILURES[kind] in {Failure.NOT_SENT, Failure.CUT} else 1)


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (httpx.ConnectError("refused"), READ),
        (httpx.ConnectError("refused"), CHANGE),
        (httpx.RemoteProtocolError("closed"), READ),
    ],
)
@pytest.mark.anyio
async def test_the_second_try_may_succeed(error: Exception, call: Call) -> None:
    line = Line(error, 200)
    assert await exchange(line).send(call) == b"{}"
    assert line.sent == 2


@pytest.mark.parametrize(("call", "kind"), [(READ, Unreachable), (CHANGE, LostReply)])
@pytest.mark.anyio
async def test_a_call_ends_at_its_deadline_even_if_the_line_stays_silent(
    call: Call, kind: type[Exception]
) -> None:
    async with asyncio.timeout(30):
        with pytest.raises(kind, match=r"within 0\.02 s"):
            await exchange(Silence(), timeout_s=0.02).send(call)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, NotAllowed),
        (403, NotAllowed),
        (404, Rejected),
        (405, Rejected),
        (408, Unavailable),
        (409, Conflict),
        (413, Rejected),
        (422, Rejected),
        (429, Throttled),
        (500, Unavailable),
        (501, Unavailable),
        (502, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
        (507, Unavailable),
    ],
)
def test_an_error_of_the_server_keeps_its_text(status: int, kind: type[CortexError]) -> None:
    body = json.dumps({"status": {"error": "Wrong input: why"}, "time": 0.0}).encode()
    error = refusal(status, {"retry-after": "7"}, body, url=URL)
    assert type(error) is kind
    assert error.message.endswith(f"answered {status}: Wrong input: why")
    if isinstance(error, Unavailable):
        assert error.retry_after == 7
    if isinstance(error, Rejected):
        assert (error.reason == NOT_FOUND) is (status == 404)


@pytest.mark.parametrize("pause", ["", "soon", "-1", "nan", "inf", "1e9"])
def test_a_pause_that_makes_no_sense_is_a_short_one(pause: str) -> None:
    error = refusal(429, {"retry-after": pause}, b'{"status": {"error": "x"}}', url=URL)
    assert isinstance(error, Throttled)
    assert error.retry_after == 1.0


@pytest.mark.parametrize("status", [302, 400, 404, 405, 409, 422, 429])
def test_a_stranger_at_the_address_is_told_apart(status: int) -> None:
    error = refusal(status, {}, b"<html>" + b"x" * 9_000, url=URL)
    assert isinstance(error, BadAnswer)
    assert "really Qdrant" in error.hint
    assert len(error.message) < 500


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_told_in_plain_text(status: int) -> None:
    error = refusal(status, {}, b"Invalid API key or JWT", url=URL)
    assert isinstance(error, NotAllowed)
    assert "Invalid API key" in error.message


@given(st.binary() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["result", "status", "count"]), inner),
).map(msgspec.json.encode))  # fmt: skip
def test_any_body_is_a_result_or_a_bad_answer(body: bytes) -> None:
    try:
        assert isinstance(result_of(body, Counted, url=URL).count, int)
    except BadAnswer as error:
        assert URL in error.message  # noqa: PT017  # both ends are right, and nothing else is
    assert isinstance(refusal(400, {}, body, url=URL), CortexError)


@pytest.mark.anyio
async def test_the_key_goes_in_its_header_and_stays_out_of_errors() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["api-key"] == "~secret~"
        return httpx.Response(401, text="Invalid API key or JWT")

    qdrant = client(answer, "~secret~")
    with pytest.raises(NotAllowed) as refused:
        await qdrant.count("x")
    assert "~" not in f"{refused.value!r} {refused.value.hint} {qdrant!r}"


@pytest.mark.parametrize("key", ["~line\n", "~ü", " ~", "~\x00"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(Misconfigured, match="API key") as refused:
        client(lambda _: httpx.Response(200), key)
    assert "~" not in f"{refused.value!r} {refused.value.hint}"


@pytest.mark.parametrize(
    "url",
    ["", "qdrant:6333", "ftp://qdrant", "http://", "http://~:~@qdrant:6333", "http://q?key=~",
     "http://q#~", "http://q:notaport"],
)  # fmt: skip
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="no address") as refused:
        QdrantClient(url, timeout_s=1)
    assert "~" not in f"{refused.value!r} {refused.value.hint}"


@pytest.mark.anyio
async def test_a_server_behind_a_path_is_asked_below_it() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/qdrant/collections/a b/points/count"
        return httpx.Response(200, json={"result": {"count": 3}, "status": "ok"})

    transport = httpx.MockTransport(answer)
    qdrant = QdrantClient("http://proxy/qdrant/", timeout_s=30, transport=transport)
    assert await qdrant.count("a b") == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [("acknowledged", LostReply), ("wait_timeout", LostReply), ("clock_rejected", BadAnswer)],
)
@pytest.mark.anyio
async def test_a_change_that_is_not_completed_is_no_success(
    status: str, kind: type[CortexError]
) -> None:
    said = {"result": {"status": status}, "status": "ok", "time": 0.0}
    with pytest.raises(kind):
        await client(lambda _: httpx.Response(200, json=said)).delete("x", ["1"])


@pytest.mark.anyio
async def test_many_points_go_in_requests_that_a_server_takes() -> None:
    sizes: list[int] = []
    met: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["wait"] == "true"
        sizes.append(len(request.content))
        met.extend(point["id"] for point in json.loads(request.content)["points"])
        return httpx.Response(200, json=DONE)

    points = [{"id": n, "vector": [], "payload": {"text": "x" * 1_500_000}} for n in range(12)]
    await client(answer).upsert("x", points)
    assert met == list(range(12))
    assert len(sizes) == 3
    assert max(sizes) < 9_000_000
    await client(answer).upsert("x", [])
    assert len(sizes) == 3


@pytest.mark.anyio
async def test_a_collection_made_by_another_in_between_is_no_error() -> None:
    exists = {"status": {"error": "Wrong input: Collection `x` already exists!"}, "time": 0.0}
    made = client(lambda _: httpx.Response(409, json=exists))
    assert await made.create("x", size=4, distance="Cosine") is False


@pytest.mark.parametrize(
    "vectors", [None, {}, {"text": {"size": 4, "distance": "Dot"}}, {"size": "4"}, [4]]
)
@pytest.mark.anyio
async def test_a_collection_without_one_plain_vector_has_no_size(vectors: object) -> None:
    result = {"config": {"params": {"vectors": vectors}}, "payload_schema": {}}
    described = {"result": result, "status": "ok", "time": 0.0}
    found = await client(lambda _: httpx.Response(200, json=described)).describe("x")
    assert found is not None
    assert (found.size, found.distance, found.indexes) == (0, "", {})
