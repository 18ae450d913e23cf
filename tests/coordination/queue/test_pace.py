"""How soon a task is tried again, and that no lane starves."""

from hypothesis import given
from hypothesis import strategies as some

from cortex.coordination.queue.pace import Retries, again_in_s, delay_s, shares
from cortex.coordination.queue.task import Failed

DICE = some.floats(0, 1, exclude_max=True)
RETRIES = some.builds(
    Retries,
    attempts=some.integers(1, 20),
    first_s=some.floats(0.001, 60),
    cap_s=some.floats(0.001, 3600),
)


@given(some.integers(-1, 10_000), RETRIES, DICE)
def test_a_wait_stays_below_the_cap_and_below_its_doubled_limit(
    attempt: int, retries: Retries, dice: float
) -> None:
    wait = delay_s(attempt, retries, lambda: dice)
    assert 0 <= wait <= retries.cap_s
    if attempt < 60:
        assert wait <= retries.first_s * 2 ** max(0, attempt - 1)


@given(some.integers(1, 100), RETRIES, DICE)
def test_a_later_attempt_never_waits_for_less(attempt: int, retries: Retries, dice: float) -> None:
    sooner = delay_s(attempt, retries, lambda: dice)
    assert sooner <= delay_s(attempt + 1, retries, lambda: dice)


@given(some.integers(1, 30), RETRIES, DICE, some.floats(-5, 100))
def test_only_what_may_succeed_is_tried_again_and_not_forever(
    attempt: int, retries: Retries, dice: float, asked_s: float
) -> None:
    permanent = Failed("no such client", "permanent")
    assert again_in_s(permanent, attempt, retries, lambda: dice) is None
    limited = Failed("too many calls", "limited", asked_s)
    again = again_in_s(limited, attempt, retries, lambda: dice)
    assert (again is None) == (attempt >= retries.attempts)
    assert again is None or again >= max(0.0, asked_s)
    passing = again_in_s(Failed("gone", "transient", asked_s), attempt, retries, lambda: dice)
    assert passing is None or passing <= retries.cap_s


@given(some.integers(0, 1_000), some.integers(0, 9))
def test_free_places_are_all_given_out(room: int, turn: int) -> None:
    counts, following = shares(room, turn)
    assert sum(counts.values()) == room
    assert 0 <= following < 10


@given(some.lists(some.integers(1, 7), min_size=10, max_size=60), some.integers(0, 9))
def test_every_lane_gets_its_turn_however_few_places_are_free(rooms: list[int], turn: int) -> None:
    waited = {"high": 0, "normal": 0, "low": 0}
    for room in rooms:
        counts, turn = shares(room, turn)
        for lane, count in counts.items():
            waited[lane] = 0 if count else waited[lane] + room
            assert waited[lane] < 10


@given(some.integers(0, 9))
def test_ten_places_go_six_three_and_one(turn: int) -> None:
    assert shares(10, turn) == ({"high": 6, "normal": 3, "low": 1}, turn)
