"""A grant holds for exactly one call, and no longer than it says."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.messages import Grant, Plan, Preview, Target
from cortex.fabric.messages.grants import digest_of, digest_of_plan, flaw_of, sign

KEY = b"k" * 32
TARGET = Target(kind="client", id="aa:bb:cc:00:00:01", name="TV")


def plan_of(**changes: object) -> Plan:
    drafted = Plan(
        tool="block_client",
        site="default",
        arguments={"client": TARGET.id, "duration": 60},
        targets=(TARGET,),
        risk="write",
        preview=Preview(what="block TV"),
        digest="",
    )
    drafted = msgspec.structs.replace(drafted, **changes)
    return msgspec.structs.replace(drafted, digest=digest_of_plan(drafted))


def grant_for(plan: Plan, *, expires_at: float = 100.0) -> Grant:
    bare = Grant(
        digest=plan.digest, nonce="n1", principal="ada", expires_at=expires_at, signature=""
    )
    return sign(bare, KEY)


def test_a_signed_grant_is_leave_for_its_plan() -> None:
    plan = plan_of()
    assert flaw_of(grant_for(plan), plan, key=KEY, now=99.0) is None


def test_a_grant_ends_at_its_expiry() -> None:
    plan = plan_of()
    assert flaw_of(grant_for(plan), plan, key=KEY, now=100.0) == "expired"


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": "0" * 64},
        {"nonce": "n2"},
        {"principal": "eve"},
        {"address": "192.168.1.9"},
        {"expires_at": 200.0},
        {"signature": ""},
        {"signature": "é"},
    ],
)
def test_a_grant_changed_after_signing_is_forged(changes: dict[str, object]) -> None:
    plan = plan_of()
    grant = msgspec.structs.replace(grant_for(plan), **changes)
    assert flaw_of(grant, plan, key=KEY, now=1.0) == "forged"


def test_another_key_is_forged() -> None:
    plan = plan_of()
    assert flaw_of(grant_for(plan), plan, key=b"x" * 32, now=1.0) == "forged"


@pytest.mark.parametrize(
    "changes",
    [
        {"tool": "forget_client"},
        {"site": "other"},
        {"arguments": {"client": TARGET.id, "duration": 61}},
        {"targets": (Target(kind="client", id="aa:bb:cc:00:00:02", name="TV"),)},
        {"targets": ()},
    ],
)
def test_a_grant_is_no_leave_for_another_call(changes: dict[str, object]) -> None:
    grant = grant_for(plan_of())
    other = plan_of(**changes)
    kept_digest = msgspec.structs.replace(other, digest=grant.digest)
    assert flaw_of(grant, other, key=KEY, now=1.0) == "altered"
    assert flaw_of(grant, kept_digest, key=KEY, now=1.0) == "altered"


values = st.one_of(st.booleans(), st.integers(), st.text(max_size=8), st.none())


@given(arguments=st.dictionaries(st.text(max_size=8), values, max_size=5))
def test_the_digest_survives_a_journey_as_json(arguments: dict[str, object]) -> None:
    plan = plan_of(arguments=arguments)
    again = msgspec.json.decode(msgspec.json.encode(plan), type=Plan)
    assert digest_of_plan(again) == plan.digest


@given(arguments=st.dictionaries(st.text(max_size=8), values, max_size=5))
def test_the_digest_ignores_the_order_of_arguments(arguments: dict[str, object]) -> None:
    turned = dict(reversed(arguments.items()))
    first = digest_of(tool="t", site="s", arguments=arguments, targets=())
    assert first == digest_of(tool="t", site="s", arguments=turned, targets=())
