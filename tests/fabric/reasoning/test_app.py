"""The layer's routes: who may call, what is read, what is answered, how errors leave."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
import pytest
import structlog
from starlette.applications import Starlette

from cortex.errors import Unavailable
from cortex.fabric.messages import ClassifyReply, ErrorBody
from cortex.fabric.reasoning.app import build
from cortex.fabric.reasoning.classifier import head
from cortex.fabric.reasoning.classifier.promotion import Promotion, digest_of, promote
from cortex.settings.knobs import Memory, ReasoningClassifier
from tests.fabric.reasoning.taught import installed_model

pytestmark = pytest.mark.anyio
KEY = "service-credential-of-the-classifier"


def give_key(home: Path) -> None:
    file = home / "keys" / "service"
    file.parent.mkdir(mode=0o700)
    file.touch(mode=0o600)
    file.write_text(f"{KEY}\n")


@pytest.fixture
def app(tmp_path: Path) -> Starlette:
    give_key(tmp_path)
    return build(ReasoningClassifier(home=tmp_path, memory=Memory(model_folder=installed_model())))


@asynccontextmanager
async def calling(app: Starlette, key: str = KEY) -> AsyncIterator[httpx.AsyncClient]:
    headers = [(b"authorization", f"Bearer {key}".encode())]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://layer", headers=headers
    ) as client:
        yield client


async def classified(app: Starlette, text: str, **more: Any) -> ClassifyReply:
    async with calling(app) as client:
        answer = await client.post("/v1/classify", json={"query_id": "q1", "text": text} | more)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=ClassifyReply)


async def refused(app: Starlette, content: bytes) -> tuple[int, ErrorBody]:
    async with calling(app) as client:
        answer = await client.post("/v1/classify", content=content)
    return answer.status_code, msgspec.json.decode(answer.content, type=ErrorBody)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("what vlans have we got", "list_networks"),
        ("kindly turn the corridor access point off and on again", "restart_device"),
        ("let the kids tablet back on the network, lift the block", "unblock_client"),
        ("how quick is our internet line at the moment, measure it", "run_speedtest"),
    ],
)
async def test_a_clear_request_is_routed(app: Starlette, text: str, tool: str) -> None:
    reply = await classified(app, text)
    assert (reply.verdict, [one.tool for one in reply.readings]) == ("route", [tool])
    assert 0.5 < reply.readings[0].confidence <= 1


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("what should i cook tonight", "other_domain"),
        ("bitte starte den switch im keller neu", "other_language"),
        ("do not block the tv", "negated"),
        ("set up a vpn to the branch office", "unsupported"),
    ],
)
async def test_what_is_no_request_of_ours_is_passed_on_with_its_class(
    app: Starlette, text: str, refusal: str
) -> None:
    reply = await classified(app, text)
    assert (reply.verdict, reply.readings) == ("pass", ())
    assert reply.why.startswith(f"{refusal}: ")


async def test_a_vague_text_is_asked_about(app: Starlette) -> None:
    reply = await classified(app, "the printer")
    assert reply.verdict == "ask"
    assert len(reply.readings) in {2, 3}


@pytest.mark.parametrize(
    "text", ["🤷🏽‍♂️🔥", "\x00\x1b[31mhello", "a" * 8_192, "x " * 4_000, "العربية", "ﷺ" * 900, "?"]
)
async def test_a_hostile_text_is_answered_and_never_routed(app: Starlette, text: str) -> None:
    assert (await classified(app, text)).verdict != "route"


async def test_the_same_text_gets_the_same_answer(app: Starlette) -> None:
    text = "give the lobby ap a kick"
    assert await classified(app, text) == await classified(app, text)


@pytest.mark.parametrize(
    ("text", "why"), [("", "empty"), (" \n", "empty"), ("a" * 8_193, "longer than 8192 bytes")]
)
async def test_what_cannot_be_a_question_is_refused(app: Starlette, text: str, why: str) -> None:
    status, error = await refused(app, json.dumps({"query_id": "q", "text": text}).encode())
    assert (status, error.code) == (400, "malformed")
    assert why in error.message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 60_000,
        b'{"query_id": "q"}',
        b'{"query_id": "q", "text": 5}',
        b'{"query_id": "q", "text": "x", "extra": 1}',
        b'{"query_id": "q", "text": "x", "deadline_ms": 0}',
        b'{"query_id": "q", "text": "' + b"x" * 70_000 + b'"}',
    ],
)
async def test_a_body_that_is_no_request_is_refused(app: Starlette, content: bytes) -> None:
    status, error = await refused(app, content)
    assert (status, error.code) == (400, "malformed")


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", f"Basic {KEY}", "Bearer é"])
async def test_a_call_without_the_service_credential_is_refused(
    app: Starlette, header: str
) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://layer") as client:
        answer = await client.post(
            "/v1/classify", content=b"{}", headers=[(b"authorization", header.encode())]
        )
    assert answer.status_code == 401
    assert msgspec.json.decode(answer.content, type=ErrorBody).code == "unauthenticated"


async def test_it_is_ready_once_the_credential_is_there(app: Starlette, tmp_path: Path) -> None:
    async with calling(app) as client:
        assert (await client.get("/ready")).status_code == 200
        (tmp_path / "keys" / "service").unlink()
        answer = await client.get("/ready")
        healthy = await client.get("/health")
    assert answer.status_code == 503
    assert "activator" in msgspec.json.decode(answer.content, type=ErrorBody).hint
    assert healthy.status_code == 200


async def test_many_at_once_are_all_answered(app: Starlette) -> None:
    replies = dict[int, ClassifyReply]()

    async def ask(number: int) -> None:
        replies[number] = await classified(app, "show me all vlans")

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for number in range(32):
                tasks.start_soon(ask, number)
    assert {one.readings[0].tool for one in replies.values()} == {"list_networks"}
    assert len(replies) == 32


async def test_who_cannot_wait_for_their_turn_is_told(app: Starlette) -> None:
    long = "which clients are on the guest network and what do they do " * 100
    answers = list[httpx.Response]()

    async def ask(client: httpx.AsyncClient) -> None:
        body = {"query_id": "q", "text": long, "deadline_ms": 1}
        answers.append(await client.post("/v1/classify", json=body))

    async with calling(app) as client, anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask, client)
    late = [one for one in answers if one.status_code == 503]
    assert late
    assert "its turn did not come" in late[0].json()["message"]


async def test_verdicts_are_counted(app: Starlette) -> None:
    await classified(app, "show me all vlans")
    await classified(app, "what should i cook tonight")
    async with calling(app) as client:
        page = (await client.get("/metrics")).text
    counted = 'reasoning_classifier_verdicts_total{tool="list_networks",verdict="route"} 1.0'
    assert counted in page
    assert 'reasoning_classifier_verdicts_total{tool="none",verdict="pass"} 1.0' in page
    assert "reasoning_classifier_request_seconds_count 2.0" in page


def test_a_missing_model_is_named_with_its_cure(tmp_path: Path) -> None:
    settings = ReasoningClassifier(home=tmp_path, memory=Memory(model_folder=tmp_path / "nowhere"))
    with pytest.raises(Unavailable, match="nowhere") as caught:
        build(settings)
    assert "cortex model install" in caught.value.hint


@pytest.mark.parametrize("harm", ["", "cut off", "of another head"])
async def test_a_promoted_head_is_used_and_a_harmed_one_passed_over(
    tmp_path: Path, harm: str
) -> None:
    give_key(tmp_path)
    content = head.FILE.read_bytes()
    promotion = Promotion(
        sha256=hashlib.sha256(content).hexdigest(),
        at=1.0, learned=40, canaries=400, gained=9, lost=0, chance=0.01,
        against="00" if harm == "of another head" else digest_of(),
    )  # fmt: skip
    file = promote(tmp_path, content, promotion)
    if harm == "cut off":
        file.write_bytes(content[:1000])
    with structlog.testing.capture_logs() as logged:
        app = build(
            ReasoningClassifier(home=tmp_path, memory=Memory(model_folder=installed_model()))
        )
    assert (await classified(app, "show me all vlans")).verdict == "route"
    said = [one["event"] for one in logged]
    assert said == ["the promoted head is passed over" if harm else "a promoted head is in use"]
