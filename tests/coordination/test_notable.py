"""What of the events people are told, whatever else stands on the stream."""

import pytest

from cortex.coordination.notable import kind_of


@pytest.mark.parametrize("status", ["[]", "{}", "7", "null"])
def test_a_status_that_is_no_word_is_no_news(status: str) -> None:
    outcome = f'{{"status": {status}}}'.encode()
    assert kind_of({b"event": b"outcome.write", b"outcome": outcome}) is None


def test_a_write_that_failed_is_news() -> None:
    fields = {b"event": b"outcome.write", b"outcome": b'{"status": "failed"}'}
    assert kind_of(fields) == "failed"
