"""What is offered to devices, and how their offers are read."""

from collections.abc import Sequence

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.clients.ssh.trust.algorithms import offer, unmatched

OURS = (["curve25519-sha256"], ["ssh-ed25519", "rsa-sha2-256"], ["aes128-ctr"], ["hmac-sha2-256"])
AEAD = "chacha20-poly1305@openssh.com"
OLD = {
    name
    for weak, sound in [(offer(old=True), offer(old=False))]
    for name in (*weak.host_keys, *weak.macs, *weak.key_exchange.split(","))
    if name not in {*sound.host_keys, *sound.macs, *sound.key_exchange.split(",")}
}
"""What only devices named for it may offer."""


def _packed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _offer(*lists: Sequence[str]) -> bytes:
    exchange, keys, ciphers, macs = (",".join(names).encode() for names in lists)
    return bytes(17) + _packed(exchange, keys, ciphers, ciphers, macs, macs, b"none", b"none")


def _greetings(theirs: bytes, ours: bytes = _offer(*OURS)) -> bytes:
    return _packed(b"SSH-2.0-us", b"SSH-2.0-them", ours, theirs)


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp384", "ssh-rsa", "ssh-dss"])
def test_an_offer_without_a_type_of_key_has_all_the_others(kind: str) -> None:
    whole = offer(old=True)
    rest = whole.without(kind)
    assert rest
    assert kind not in rest.host_keys
    assert rest.without(kind) is None
    assert set(rest.host_keys) < set(whole.host_keys)


def test_an_offer_of_one_type_has_none_without_it() -> None:
    left = offer(old=False).without("ssh-ed25519")
    assert left
    left = left.without("ecdsa-sha2-nistp256")
    assert left
    assert left.host_keys == ("rsa-sha2-512", "rsa-sha2-256")
    assert left.without("ssh-rsa") is None
    assert left.without("made-up") is None


def test_nothing_of_sha1_is_offered_unless_it_must_be() -> None:
    ours = offer(old=False)
    assert not {"ssh-rsa", "ssh-dss"} & {*ours.host_keys, *ours.signatures}
    assert "hmac-sha1" not in ours.macs
    options = asyncssh.SSHClientConnectionOptions(kex_algs=ours.key_exchange, config=None)
    assert not [name for name in options.kex_algs if b"sha1" in name or b"group18" in name]
    assert b"curve25519-sha256" in options.kex_algs


@pytest.mark.parametrize(
    ("theirs", "old"),
    [
        (OURS, None),
        ((OURS[0], ["ssh-rsa", "ssh-dss"], *OURS[2:]), ("ssh-dss", "ssh-rsa")),
        ((["diffie-hellman-group14-sha1"], *OURS[1:]), ("diffie-hellman-group14-sha1",)),
        ((*OURS[:3], ["hmac-sha1"]), ("hmac-sha1",)),
        ((*OURS[:2], ["3des-cbc"], OURS[3]), ()),
        ((OURS[0], ["made-up"], *OURS[2:]), ()),
        ((OURS[0], ["ssh-rsa", "ssh-ed25519"], *OURS[2:]), None),
    ],
)
def test_what_has_no_match_is_told_by_its_old_names(
    theirs: tuple[list[str], ...], old: tuple[str, ...] | None
) -> None:
    assert unmatched(_greetings(_offer(*theirs))) == old


def test_a_cipher_that_needs_no_mac_has_no_unmatched_one() -> None:
    both = _offer(OURS[0], OURS[1], [AEAD], ["hmac-sha1"])
    ours = _offer(OURS[0], OURS[1], [AEAD], ["hmac-sha2-256"])
    assert unmatched(_greetings(both, ours)) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_read_as_an_offer_or_as_none(noise: bytes) -> None:
    for greetings in (noise, _greetings(noise)):
        assert set(unmatched(greetings) or ()) <= OLD
