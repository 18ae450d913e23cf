"""What others left is taken over together, unless it may end its worker."""

from cortex.coordination.queue.work.desk import Taken
from cortex.coordination.queue.work.suspects import Suspects

A, B, C = (Taken("normal", f"{n}-0", {}) for n in range(3))


def test_what_was_left_once_is_begun_together() -> None:
    suspects = Suspects(patience_s=1.0)
    assert suspects.sift([(A, 0), (B, 1)], now=0.0) == [A, B]
    assert suspects.next({}, now=0.0) is None


def test_suspects_are_begun_one_after_the_other() -> None:
    suspects = Suspects(patience_s=1.0)
    assert suspects.sift([(A, 2), (B, 1), (C, 5)], now=0.0) == [B]
    assert suspects.next({}, now=0.1) == A
    assert suspects.next({A.place: ...}, now=0.2) is None
    assert suspects.next({B.place: ...}, now=0.3) == C
    assert suspects.next({}, now=0.4) is None


def test_a_suspect_that_was_kept_back_for_too_long_is_left_to_others() -> None:
    suspects = Suspects(patience_s=1.0)
    suspects.sift([(A, 2), (B, 2)], now=0.0)
    suspects.sift([(B, 2)], now=0.9)
    assert suspects.next({}, now=1.5) == B


def test_a_suspect_that_is_at_work_already_is_not_begun_again() -> None:
    suspects = Suspects(patience_s=1.0)
    suspects.sift([(A, 2)], now=0.0)
    assert suspects.next({A.place: ...}, now=0.1) is None
