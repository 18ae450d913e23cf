"""A wish to see or to know is what it asks for."""

import pytest

from cortex.fabric.routing.language.orders import looked


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("can you tell me whether the printer is online?", "is the printer online"),
        ("please check if the printer's offline or not", "is the printer offline"),
        ("find out whether the guest networks are on", "are the guest networks on"),
        ("tell me which port the printer is on", "which port the printer is on"),
        ("let me have a look at the garage AP, please", "show the garage AP"),
        ("I'd like a quick summary of the clients", "show the clients"),
        ("office ap stats", "show office ap stats"),
        ("why is everything so slow in here again", ""),
        ("check whether " + "it " * 100 + "is on", ""),
    ],
)
def test_a_wish_to_see_or_to_know_is_what_it_asks_for(text: str, asked: str) -> None:
    assert looked(text) == asked
