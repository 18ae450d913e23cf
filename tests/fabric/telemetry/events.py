"""Outcomes for tests, each different from the others."""

from typing import Any

import msgspec

from cortex.fabric.messages.outcomes import OutcomeEvent, Touched


def event(number: int, **changed: Any) -> OutcomeEvent:
    """Return the outcome with this number, changed as told."""
    one = OutcomeEvent(
        id=f"1760000000000-{number}",
        at=1_760_000_000.0 + number,
        kind="query",
        query_id=f"q{number}",
        principal=("anna", "ben")[number % 2],
        site="default",
        tier="keyword",
        tool="list_clients",
        arguments_digest="ab" * 32,
        targets=(Touched(id="aa:bb:cc:dd:ee:ff", name='naïve "printer"\n'),),
        status="done",
        verified=True,
        confidence=0.9,
        latency_ms=12.5,
        route_digest="cd" * 16,
    )
    return msgspec.structs.replace(one, **changed)


def events(count: int, *, first: int = 1) -> list[OutcomeEvent]:
    """Return outcomes by their numbers."""
    return [event(number) for number in range(first, first + count)]
