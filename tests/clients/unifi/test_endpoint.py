"""An endpoint refuses what cannot work, and a secret shows itself to no one by accident."""

import copy
import logging
import pickle
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.clients.unifi import Endpoint, Pinned, Secret
from cortex.errors import Misconfigured

# Told apart from the words around it by characters that none of them has.
secrets = st.text(alphabet="~^`|", min_size=1, max_size=40)


@given(secrets)
def test_a_secret_is_hidden_in_every_way_of_printing_it(value: str) -> None:
    secret = Secret(value)
    endpoint = Endpoint("https://10.0.0.1", api_key=secret, username="u", password=secret)
    record = logging.LogRecord("n", 20, "p", 1, "%s %r", (secret, endpoint), None)
    shown = [repr(secret), str(secret), f"{secret}", repr(endpoint), str(asdict(endpoint))]
    assert not any(value in text for text in (*shown, record.getMessage()))


@given(secrets, secrets)
def test_secrets_are_equal_when_their_values_are(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) is (one == other)
    assert hash(Secret(one)) == hash(Secret(one))
    assert Secret(one) != one
    assert Secret(one).reveal() == copy.copy(Secret(one)).reveal() == one


def test_a_secret_is_not_written_to_a_pickle() -> None:
    with pytest.raises(TypeError, match="does not leave"):
        pickle.dumps(Secret("hunter2"))


@pytest.mark.parametrize(
    "url",
    [
        "10.0.0.1",
        "ftp://10.0.0.1",
        "https://",
        "https://root:pw@10.0.0.1",
        "",
        "https://x:y",
        "https://[::1",
    ],
)
def test_an_address_that_is_no_plain_origin_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        Endpoint(url, api_key=Secret("k"))
    assert refused.value.setting == "url"
    assert "pw" not in str(refused.value)


def test_a_path_after_the_origin_is_left_out() -> None:
    endpoint = Endpoint("https://unifi.example:8443/manage/", api_key=Secret("k"))
    assert (endpoint.url, endpoint.host, endpoint.port) == (
        "https://unifi.example:8443",
        "unifi.example",
        8443,
    )
    assert Endpoint("https://10.0.0.1", api_key=Secret("k")).port == 443
    assert Endpoint("http://[::1]", api_key=Secret("k")).port == 80


@pytest.mark.parametrize(
    ("credentials", "setting"),
    [
        ({}, "api_key"),
        ({"username": "u"}, "password"),
        ({"password": Secret("p")}, "username"),
        ({"username": "u", "api_key": Secret("k")}, "password"),
    ],
)
def test_half_a_credential_is_refused_by_the_missing_half(
    credentials: dict[str, object], setting: str
) -> None:
    with pytest.raises(Misconfigured) as refused:
        Endpoint("https://10.0.0.1", **credentials)  # type: ignore[arg-type]
    assert refused.value.setting == setting


@pytest.mark.parametrize("key", ["", "abc\n", "a b", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        Endpoint("https://10.0.0.1", api_key=Secret(key))
    assert refused.value.setting == "api_key"
    assert not key or key not in str(refused.value)


def test_a_fingerprint_may_have_colons_and_capitals() -> None:
    plain = "ab" * 32
    assert Pinned(":".join(["AB"] * 32)) == Pinned(plain)


@pytest.mark.parametrize("text", ["", "ab", "zz" * 32, "ab" * 20])
def test_what_is_no_sha256_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="SHA-256"):
        Pinned(text)
