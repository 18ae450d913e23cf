"""What people say of answers is kept whole, or not at all, and not without end."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cortex.errors import Conflict, Unavailable
from cortex.fabric.activator.feedback import Feedback
from cortex.fabric.messages import FeedbackRequest, QueryResponse

REMARK = FeedbackRequest(query_id="q", feedback="positive")


def judged(home: Path) -> Feedback:
    feedback = Feedback(home, now=lambda: 1.0)
    feedback.remember(QueryResponse(query_id="q", status="done", answer=""), "a")
    return feedback


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_correction_that_may_hold_a_password_is_not_written_down(tmp_path: Path) -> None:
    meant = "set the wifi password of Guest to hunter2hunter2"
    judged(tmp_path).record(
        FeedbackRequest(query_id="q", feedback="correction", correction=meant), "a"
    )
    kept = (tmp_path / "feedback.jsonl").read_text()
    assert "hunter2" not in kept
    assert "(hidden: it may hold a password)" in kept


def test_an_answer_is_judged_a_few_times_and_no_more(tmp_path: Path) -> None:
    feedback = judged(tmp_path)
    for _ in range(10):
        feedback.record(REMARK, "a")
    with pytest.raises(Conflict, match="10 times already"):
        feedback.record(REMARK, "a")
    assert len((tmp_path / "feedback.jsonl").read_text().splitlines()) == 10


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to try")
def test_a_full_disk_is_told_and_to_try_later(tmp_path: Path) -> None:
    (tmp_path / "feedback.jsonl").symlink_to("/dev/full")
    with pytest.raises(Unavailable, match="No space left") as caught:
        judged(tmp_path).record(REMARK, "a")
    assert "feedback.jsonl" in caught.value.hint


def test_a_line_that_does_not_fit_whole_is_not_written_at_all(tmp_path: Path) -> None:
    feedback = judged(tmp_path)
    feedback.record(REMARK, "a")
    file = tmp_path / "feedback.jsonl"
    whole = file.read_bytes()
    with room_for(len(whole) + 5), pytest.raises(Unavailable, match="too large"):
        feedback.record(REMARK, "a")
    assert file.read_bytes() == whole
    feedback.record(REMARK, "a")
    assert file.read_bytes() == whole * 2
