"""Which addresses of a Redis server are understood, and which are refused."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.clients.redis.address import read_address, socket_url
from cortex.errors import Misconfigured


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("redis://localhost", ("localhost", 6379, "", 0)),
        ("redis://[::1]:7000/3", ("::1", 7000, "", 3)),
        ("redis://redis.cortex-system:6379/0", ("redis.cortex-system", 6379, "", 0)),
        ("unix:///run/redis.sock", ("", 0, "/run/redis.sock", 0)),
        ("unix:///run/a%20b.sock?db=2", ("", 0, "/run/a b.sock", 2)),
    ],
)
def test_an_address_names_a_server_and_a_database(
    url: str, found: tuple[str, int, str, int]
) -> None:
    read = read_address(url)
    assert (read.host, read.port, read.socket, read.database) == found
    assert read.trusted is None


def test_only_the_secure_scheme_speaks_tls() -> None:
    assert read_address("rediss://localhost").trusted is not None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:6379",
        "http://localhost",
        "redis://",
        "redis://localhost:port",
        "redis://localhost:99999",
        "redis://[::1",
        "redis://localhost/first",
        "redis://localhost/-1",
        "redis://localhost/1?db=2",
        "unix://run/redis.sock",
        "unix:///run/redis.sock?db=x",
        "unix:///run/redis.sock?password=x",
        "unix:///run/redis%00.sock",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_address(url)
    assert "redis://127.0.0.1:6379/0" in caught.value.hint


@pytest.mark.parametrize("url", ["redis://:sesame@localhost", "rediss://user:sesame@localhost:1"])
def test_an_address_that_holds_a_password_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_address(url)
    assert "sesame" not in str(caught.value)
    assert "a file of its own" in caught.value.hint


def test_a_socket_path_that_breaks_off_is_refused_with_how_it_is_written() -> None:
    with pytest.raises(Misconfigured, match="breaks off") as caught:
        read_address("unix:///run/x #1/redis.sock")
    assert "%23" in caught.value.hint


@given(st.binary(min_size=1).filter(lambda path: b"\0" not in path))
def test_the_address_of_a_socket_leads_to_its_path_whatever_that_holds(path: bytes) -> None:
    place = Path("/") / os.fsdecode(path.strip(b"/") or b"x")
    assert read_address(socket_url(place)).socket == str(place)
