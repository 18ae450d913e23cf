"""Success figures: what counts, and that counts can be put together and kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.errors import Malformed
from cortex.fabric.messages.outcomes import OutcomeEvent, Touched
from cortex.fabric.telemetry import figures
from cortex.fabric.telemetry.figures import OTHERS, ROUTES, Figures, Route, Tally, counted
from tests.fabric.telemetry.events import event

EVENTS = st.lists(
    st.builds(
        event,
        st.integers(1, 9),
        kind=st.sampled_from(["query", "write", "feedback", "confirm", "denied", "wake", "login"]),
        status=st.sampled_from(
            [
                "done",
                "failed",
                "unverified",
                "accepted",
                "clarify",
                "refused",
                "positive",
                "negative",
                "",
            ]
        ),
        tool=st.sampled_from(["list_clients", "block_client", ""]),
        tier=st.sampled_from(["cache", "keyword", ""]),
        route_digest=st.sampled_from(["a", "b", ""]),
    ),
    max_size=30,
)


def test_a_call_that_came_off_counts_for_its_tool_its_route_and_overall() -> None:
    found = counted([event(1), event(2, status="failed"), event(3, status="unverified")])
    expected = Tally(tried=3, came_off=1)
    assert found.overall == found.tools["list_clients"] == expected
    assert found.routes == {Route("keyword", "cd" * 16): expected}
    assert found.overall.share == pytest.approx(1 / 3)
    low, high = found.overall.interval
    assert (round(low, 3), round(high, 3)) == (0.061, 0.792)


def test_asking_back_refusing_and_waking_are_no_tries() -> None:
    found = counted(
        [
            event(1, status="clarify"),
            event(2, status="refused"),
            event(3, status="confirm"),
            event(4, kind="wake", status="done"),
            event(5, kind="login", status="failed"),
            event(6, kind="denied", status="refused"),
        ]
    )
    assert found.overall == Tally()
    assert found.overall.share == 0.0
    assert found.overall.interval == (0.0, 1.0)


def test_what_people_say_stands_beside_what_came_off() -> None:
    said = [
        event(2, kind="feedback", status="wrong_tool"),
        event(3, kind="feedback", status="positive"),
    ]
    assert counted([event(1), *said]).overall == Tally(tried=1, came_off=1, seconded=1, disputed=1)


@given(EVENTS, EVENTS)
def test_counts_put_together_are_those_of_all_events(
    one: list[OutcomeEvent], other: list[OutcomeEvent]
) -> None:
    together = counted(one)
    together.merge(counted(other))
    assert together.snapshot() == counted([*one, *other]).snapshot()


@given(EVENTS)
def test_a_snapshot_reads_back_and_counts_on(told: list[OutcomeEvent]) -> None:
    restored = Figures.restored(counted(told).snapshot())
    for one in told:
        restored.count(one)
    assert restored.snapshot() == counted([*told, *told]).snapshot()


@given(EVENTS)
def test_no_more_come_off_than_are_tried(told: list[OutcomeEvent]) -> None:
    found = counted(told)
    for tally in (found.overall, *found.tools.values(), *found.routes.values()):
        assert 0 <= tally.came_off <= tally.tried
        assert tally.interval[0] <= tally.share or not tally.tried


@pytest.mark.parametrize("snapshot", [b"", b"{}", b"[]", b"\xff", b'{"overall":{},"tools":[]}'])
def test_a_damaged_snapshot_is_refused(snapshot: bytes) -> None:
    with pytest.raises(Malformed, match="snapshot"):
        Figures.restored(snapshot)


def test_routes_beyond_the_limit_are_counted_together() -> None:
    found = counted(event(number, route_digest=f"{number:x}") for number in range(ROUTES + 3))
    assert len(found.routes) == ROUTES + 1
    assert found.routes[Route(OTHERS, OTHERS)].tried == 3
    found.merge(counted([event(1, route_digest="ffffff")]))
    assert found.routes[Route(OTHERS, OTHERS)].tried == 4
    assert found.overall.tried == ROUTES + 4


def test_the_worst_tools_come_first_if_tried_often_enough() -> None:
    told = [event(n, tool="list_clients") for n in range(4)]
    told += [event(n, tool="block_client", status="failed" if n else "done") for n in range(4)]
    told += [event(9, tool="locate_device", status="failed")]
    assert [name for name, _ in figures.counted(told).worst(fewest=2)] == [
        "block_client",
        "list_clients",
    ]


def test_events_that_never_came_are_added_up_and_kept() -> None:
    gaps = [event(n, kind="gap", targets=(Touched(id=told),)) for n, told in ((1, "6"), (2, "x"))]
    found = counted([*gaps, event(3, kind="gap", targets=())])
    found.merge(counted(gaps))
    assert Figures.restored(found.snapshot()).lost == found.lost == 12
    assert found.overall.tried == 0
