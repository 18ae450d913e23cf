"""The net that keeps secrets off the streams is wide, and lets ordinary tasks through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.activator.tasks.intake.secrecy import names_secret, speaks
from cortex.fabric.catalogue.tools import TOOLS


@pytest.mark.parametrize(
    "text",
    [
        *("set the password of Guests to x", "PASSWORDS", "wifi pw: x", "the psk is x", "pwd=x"),
        *("pass word x", "pass-phrase x", "passwrod x", "paswort x", "das Kennwört x", "key x"),
        *(
            "ｐａｓｓｗｏｒｄ x",
            "pass\u200bword x",
            "mot de passe x",
            "contraseña x",
            "credentials: x",
            "password-less",
        ),
        *("wachtwoord x", "Passwort x", "mot-de-passe x", "palavra-passe x", "lösenord: x"),
        *("hasło x", "пароль x", "密码 x", "clave x", "şifre x", "heslo x", "senha x"),
        *("p\u0430ssword x", "\u0440\u0430\u0455\u0455w\u043erd x", "p4ssw0rd x", "pa$$word x"),
        *("t\u043eken x", "p\u0456n x", "wachtw\u03bf\u03bfrd x", "p\u0101ssword x"),
        "Authorization: Basic eDp5",
        "use bearer eyJhbGciOi",
        "look up cortex_Zk3-qP0aT_9xYw2LmN4bVc7",
    ],
)
def test_what_speaks_of_a_secret_is_seen(text: str) -> None:
    assert speaks("list all clients", text)


@pytest.mark.parametrize(
    "text", ["list all clients", "block the printer", "who passed by?", "compass", "", "spin"]
)
def test_what_speaks_of_none_passes(text: str) -> None:
    assert not speaks(text)
    assert not speaks()


@pytest.mark.parametrize(
    "name",
    [
        *(
            "password-x1",
            "token-abc",
            "pin-1234",
            "PIN_1234",
            "my.token.abc",
            "pwd+x",
            "p\u0456n-1",
        ),
        "id:cortex_Zk3-qP0aT_9xYw2LmN4bVc7",
    ],
)
def test_a_name_that_is_made_of_a_secret_is_seen(name: str) -> None:
    assert names_secret("chat", name)


@pytest.mark.parametrize("name", ["chat", "cortex-chat", "1732-0", "spin-1", "t1:daily", ""])
def test_an_ordinary_name_passes(name: str) -> None:
    assert not names_secret(name)


def test_every_example_of_a_tool_that_takes_a_secret_is_seen_and_few_others_are() -> None:
    takes = {name for name, one in TOOLS.items() if one.secrets}
    unseen = [text for name in takes for text in TOOLS[name].examples if not speaks(text)]
    others = [text for name in TOOLS.keys() - takes for text in TOOLS[name].examples]
    assert takes
    assert unseen == []
    assert sum(map(speaks, others)) <= len(others) // 50


@given(st.text(), st.text())
def test_words_around_it_hide_no_password(before: str, after: str) -> None:
    assert speaks(f"{before} password {after}")
