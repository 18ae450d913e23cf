"""Which words people get, how often, and what is kept from them."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.agents.master.notices import Notice, Sieve, notice_of, sift
from cortex.coordination.notable import kind_of

_WRITE = {
    "tool": "block_client",
    "principal": "ops",
    "status": "failed",
    "error_code": "unreachable",
    "targets": [{"id": "aa:bb:cc:00:00:01", "name": "Printer"}],
}


def _entry(event: str, **outcome: Any) -> dict[bytes, bytes]:
    return {b"event": event.encode(), b"outcome": msgspec.json.encode(outcome)}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (_entry("outcome.query", status="confirm"), "approval"),
        (_entry("outcome.query", status="failed"), None),
        (_entry("outcome.write", status="failed"), "failed"),
        (_entry("outcome.write", status="unverified"), "failed"),
        (_entry("outcome.write", status="done"), None),
        (_entry("outcome.write", status="done", query_id="timer-7"), "undone"),
        (_entry("outcome.wake", status="failed"), "outage"),
        ({b"event": b"queue.dead_letters"}, "failed"),
        ({b"event": b"queue.stale"}, "outage"),
        ({b"event": b"agent.joined"}, None),
        ({b"event": b"outcome.write", b"outcome": b"{"}, None),
        ({}, None),
    ],
)
def test_only_some_events_are_worth_telling(fields: dict[bytes, bytes], kind: str | None) -> None:
    assert kind_of(fields) == kind


def test_a_notice_says_what_failed_on_what_and_who_asked() -> None:
    notice = notice_of("failed", "outcome.write", _WRITE)
    assert notice.title == "A change did not work"
    assert notice.body == "block client on Printer, asked by ops (unreachable)."


@given(st.from_regex(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", fullmatch=True), st.ip_addresses(v=4))
def test_no_address_leaves_the_house(mac: str, ip: Any) -> None:
    named = [{"id": mac, "name": ""}, {"id": "x", "name": f"tv {ip}"}, {"id": "y", "name": mac}]
    told = _WRITE | {"targets": named, "principal": f"{ip}"}
    body = notice_of("failed", "outcome.write", told).body
    assert mac not in body
    assert str(ip) not in body


def test_a_name_with_line_breaks_stays_one_short_line() -> None:
    told = _WRITE | {"targets": [{"id": "x", "name": "evil\r\nSubject: hi" + "a" * 500}]}
    body = notice_of("failed", "outcome.write", told).body
    assert "\n" not in body
    assert "\r" not in body
    assert len(body) < 200


def test_what_a_queue_is_called_and_how_many_letters_it_has_is_no_more_than_text() -> None:
    told = {"queue": "q\r\nSubject: 10.0.0.7" + "a" * 500}
    body = notice_of("failed", "queue.dead_letters", told).body
    assert "10.0.0.7" not in body
    assert "\n" not in body
    assert len(body) < 200
    counted = notice_of("failed", "queue.dead_letters", {"queue": "timers", "count": "3"})
    assert counted.body == "queue dead letters: timers, 3."


def _notice(key: str) -> Notice:
    return Notice("failed", key, "title", "body")


def test_the_same_news_is_told_once_in_a_quarter_of_an_hour() -> None:
    sieve, first = sift(Sieve(), _notice("a"), now=0, per_hour=9)
    sieve, again = sift(sieve, _notice("a"), now=899, per_hour=9)
    sieve, later = sift(sieve, _notice("a"), now=901, per_hour=9)
    assert (first is None, again, later is None) == (False, None, False)


def test_beyond_the_limit_notices_are_counted_and_the_count_is_told_later() -> None:
    sieve = Sieve()
    sent = []
    for turn in range(5):
        sieve, notice = sift(sieve, _notice(str(turn)), now=turn, per_hour=2)
        sent.append(notice)
    assert [one is not None for one in sent] == [True, True, False, False, False]
    sieve, notice = sift(sieve, _notice("next"), now=3_700, per_hour=2)
    assert notice is not None
    assert "3 more were not sent" in notice.body
    assert sieve.kept_back == 0


@given(st.lists(st.tuples(st.integers(0, 5_000), st.sampled_from("abcdefgh")), max_size=60))
def test_never_more_than_the_limit_within_an_hour(news: list[tuple[int, str]]) -> None:
    sieve, sent = Sieve(), []
    for at, key in sorted(news):
        sieve, notice = sift(sieve, _notice(key), now=at, per_hour=3)
        if notice is not None:
            sent.append(at)
    assert all(sum(at <= one < at + 3_600 for one in sent) <= 3 for at in sent)


def test_what_a_timer_did_not_do_says_what_why_and_where_more_is_told() -> None:
    undone = _WRITE | {"query_id": "timer-7", "error_code": "undo_token_void"}
    body = notice_of("failed", "outcome.write", undone).body
    assert body == (
        "block client on Printer, asked by ops (undo_token_void). "
        "`cortex timers list --all` says why."
    )
    forged = {"status": "failed", "query_id": "timer-7", "error_code": "timer_unreadable"}
    body = notice_of("failed", "outcome.write", forged).body
    assert body.startswith("something in Redis that is no timer of Cortex (timer_unreadable).")
    assert "timers" not in notice_of("failed", "outcome.write", _WRITE).body
