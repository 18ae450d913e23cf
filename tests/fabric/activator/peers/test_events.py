"""What happened is told by digests and ids: each kind, readable, and without a word or a secret."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.asked import Asked, Trail
from cortex.fabric.activator.feedback import Feedback
from cortex.fabric.activator.journal import Journal
from cortex.fabric.activator.layers.processes import Change
from cortex.fabric.activator.metrics import Metrics
from cortex.fabric.activator.peers.events import Events
from cortex.fabric.messages import FeedbackRequest, Plan, Preview, QueryResponse, Target
from cortex.fabric.messages.outcomes import OutcomeEvent, decode, encode

pytestmark = pytest.mark.anyio
ASKER = Principal(name="n" * 300, identity="n", scopes=frozenset({"read"}))


@pytest.fixture
async def told() -> list[OutcomeEvent]:
    return []


@pytest.fixture
async def accounts(tmp_path: Path, told: list[OutcomeEvent]) -> AsyncIterator[Accounts]:
    yield Accounts(
        metrics=Metrics(),
        journal=Journal(lambda: 1.0),
        feedback=Feedback(tmp_path, lambda: 1.0),
        events=Events(told.append, lambda: 1.0),
    )
    for one in told:
        assert decode(encode(one)) == one, "whoever reads it can"


def trail() -> Trail:
    clock = asyncio.get_running_loop().time
    began = clock()
    asked = Asked(
        query_id="q1",
        text="the words",
        principal=ASKER,
        address="",
        site="home",
        began=began,
        deadline=began + 10,
    )
    return Trail(asked=asked, clock=clock, notify=lambda _: None)


async def answered(one: Trail) -> QueryResponse:
    return one.answer("done", "so it is")


async def test_an_answer_a_remark_and_a_yes_are_told(
    accounts: Accounts, told: list[OutcomeEvent]
) -> None:
    one = trail()
    await accounts.settle(one, answered(one))
    await accounts.settle(one, answered(one), kind="confirm")
    accounts.judge(FeedbackRequest(query_id="q1", feedback="wrong_tool"), ASKER.name)
    assert [each.kind for each in told] == ["query", "confirm", "feedback"]
    assert [each.status for each in told] == ["done", "done", "wrong_tool"]
    assert {each.query_id for each in told} == {"q1"}
    assert len({each.id for each in told}) == 3
    assert "the words" not in str(told)


async def test_a_write_is_told_with_its_targets_and_without_its_secret(
    accounts: Accounts, told: list[OutcomeEvent]
) -> None:
    secret = "correct horse"  # noqa: S105  # an example
    plans = [
        Plan(
            tool="set_wlan_password",
            site="home",
            arguments={"wlan": "Home", "password": each},
            targets=(Target(kind="wlan", id="w1", name="Home"),),
            risk="write",
            preview=Preview(what=""),
            digest="d",
        )
        for each in (secret, "another")
    ]
    for plan in plans:
        accounts.wrote(trail(), plan, status="done", error="")
    assert [each.id for each in told[0].targets] == ["w1"]
    assert told[0].verified
    assert told[0].arguments_digest == told[1].arguments_digest, "a digest can be guessed at"
    assert secret not in str(told)


async def test_wakes_are_told_also_those_that_failed(
    accounts: Accounts, told: list[OutcomeEvent]
) -> None:
    accounts.changed(Change(layer="l", before="waking", after="ready", pending=1, took_s=2.0))
    accounts.changed(Change(layer="l", before="waking", after="cold", pending=0, reason="it died"))
    assert [(each.kind, each.tool, each.status) for each in told] == [
        ("wake", "l", "done"),
        ("wake", "l", "failed"),
    ]
    assert told[0].latency_ms == 2000


async def test_a_flood_of_the_denied_is_told_of_only_so_often(
    accounts: Accounts, told: list[OutcomeEvent]
) -> None:
    for _ in range(1000):
        accounts.events.denied(None, "unauthenticated")
    assert 0 < len(told) < 200
