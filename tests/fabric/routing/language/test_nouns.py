"""Which kinds of thing the words of a text name."""

import pytest

from cortex.fabric.routing.language.nouns import speaks_of_secret


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Change the guest PASSWORD to blue-lamp-77", True),
        ("the passphrases are lost", True),
        ("pass the printer on", False),
        ("show the clients", False),
        ("", False),
    ],
)
def test_a_text_that_names_a_password_may_hold_one(text: str, *, secret: bool) -> None:
    assert speaks_of_secret(text) == secret
