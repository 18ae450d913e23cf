"""Only fields named in the allow-lists leave the client, whatever the controller adds."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.clients.unifi import fields
from cortex.clients.unifi.fields import ANY_NAME, Spec, allowed

SPECS: dict[str, Spec] = {
    name: value
    for name, value in vars(fields).items()
    if name.isupper() and isinstance(value, Mapping) and name != "RENAMED"
}
SECRET_NAMES = st.sampled_from(
    ["x_passphrase", "x_authkey", "X_Iapp_Key", "wpa_psk_of_tomorrow", "private_preshared_keys"]
)


def names(spec: Spec) -> set[str]:
    inside = (names(deeper) for deeper in spec.values() if deeper)
    return set(spec).union(*inside)


def keys(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def texts(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set().union(*map(texts, value.values()))
    if isinstance(value, list):
        return set().union(*map(texts, value))
    return {str(value)}


def records(spec: Spec) -> st.SearchStrategy[dict[str, Any]]:
    """Draw records with allowed names, hidden secrets beside and below them, and wrong shapes."""
    secret = st.dictionaries(SECRET_NAMES, st.just("hunter2"), max_size=2)
    plain = st.none() | st.integers() | st.just("fact")
    inner = secret | st.lists(secret | plain, max_size=2) | plain
    allowed_names = sorted(set(spec) - {ANY_NAME}) or ["made-up"]
    listed = st.dictionaries(st.sampled_from(allowed_names), inner, max_size=6)
    return st.builds(lambda one, other: {**one, **other}, listed, secret)


@given(st.sampled_from(sorted(SPECS)).flatmap(lambda n: st.tuples(st.just(n), records(SPECS[n]))))
def test_no_secret_passes_beside_below_or_instead_of_an_allowed_field(
    named: tuple[str, dict[str, Any]],
) -> None:
    name, record = named
    passed = allowed(record, SPECS[name])
    assert "hunter2" not in texts(passed)
    assert not [key for key in keys(passed) if key.lower().startswith("x_")]
    assert keys(passed) <= names(SPECS[name]) | {"made-up"}


@pytest.mark.parametrize("name", sorted(SPECS))
def test_no_list_allows_a_field_that_is_named_like_a_secret(name: str) -> None:
    words = ("x_", "passphrase", "password", "psk", "secret", "private", "token", "authkey")
    assert not [
        field
        for field in names(SPECS[name])
        if field.lower().startswith(words) and field != "ssh_password_login"
    ]


def test_a_public_fact_filed_among_the_secrets_passes_under_another_name() -> None:
    record = {"x_ssh_hostkey_fingerprint": "aa:bb", "x_ssh_hostkey": "AAAA", "mac": "m"}
    assert allowed(record, fields.DEVICE) == {"ssh_hostkey_fingerprint": "aa:bb", "mac": "m"}


def test_names_the_controller_invents_are_passed_only_where_it_may_invent_them() -> None:
    event = {"parameters": {"CLIENT": {"id": "m", "x_key": 1}, "x_bad": {"id": 1}}, "CLIENT": 1}
    assert allowed(event, fields.EVENT) == {"parameters": {"CLIENT": {"id": "m"}}}


def test_a_record_is_copied_not_lent() -> None:
    record = {"mac": "m", "port_table": [{"port_idx": 1}]}
    allowed(record, fields.DEVICE)["port_table"][0]["port_idx"] = 2
    assert record["port_table"] == [{"port_idx": 1}]
