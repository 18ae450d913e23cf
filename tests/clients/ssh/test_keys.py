"""Fingerprints, and what is known of a key."""

import hashlib
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.clients.ssh.trust.keys import Accepted, HostKey, Verdict, is_fingerprint, judge, normal

BLOBS = st.binary(max_size=64)
KEY = HostKey.of("ssh-ed25519", b"ours")
OTHER = HostKey.of("ssh-ed25519", b"theirs")


@given(BLOBS)
def test_fingerprints_are_those_that_openssh_and_the_controller_write(blob: bytes) -> None:
    key = HostKey.of("ssh-rsa", blob)
    assert key.md5 == hashlib.md5(blob).digest().hex(":")  # noqa: S324  # the controller's choice
    assert key.sha256 == "SHA256:" + b64encode(hashlib.sha256(blob).digest()).decode().strip("=")
    assert is_fingerprint(key.md5)
    assert is_fingerprint(key.sha256)


@given(BLOBS, st.sampled_from(["", " "]), st.sampled_from(["", "MD5:", "md5:"]), st.booleans())
def test_a_key_matches_its_fingerprint_however_it_is_written(
    blob: bytes,
    space: str,
    prefix: str,
    loud: bool,  # noqa: FBT001  # drawn, not written
) -> None:
    key = HostKey.of("ssh-rsa", blob)
    md5 = key.md5.upper() if loud else key.md5
    assert key.matches(f"{space}{prefix}{md5}{space}")
    assert key.matches(md5.replace(":", ""))
    assert key.matches(f"{space}{key.sha256}={space}")
    assert key.matches(f"sha256{key.sha256.removeprefix('SHA256')}")


@given(st.text())
def test_what_is_no_fingerprint_matches_nothing(text: str) -> None:
    assert not KEY.matches(text)
    assert normal(normal(text)) == normal(text) or not is_fingerprint(text)


@pytest.mark.parametrize(
    "text",
    ["", "SHA256:", "SHA256:short", f"SHA256:{'*' * 43}", f"SHA256:{'é' * 43}", "ab:cd", "zz" * 16],
)
def test_a_text_of_another_form_is_no_fingerprint(text: str) -> None:
    assert not is_fingerprint(text)


def test_sixteen_pairs_that_are_no_digits_are_no_fingerprint() -> None:
    assert not is_fingerprint(":".join(["zz"] * 16))


@pytest.mark.parametrize(
    ("pins", "accepted", "verdict"),
    [
        ((), None, Verdict.NEW),
        ((KEY.md5,), None, Verdict.OURS),
        ((OTHER.md5, KEY.sha256), None, Verdict.OURS),
        ((OTHER.md5,), None, Verdict.CHANGED),
        ((), Accepted(KEY.sha256, by_hand=False), Verdict.OURS),
        ((), Accepted(KEY.md5, by_hand=True), Verdict.OURS),
        ((), Accepted(OTHER.sha256, by_hand=False), Verdict.CHANGED),
        ((OTHER.md5,), Accepted(KEY.sha256, by_hand=True), Verdict.OURS),
        ((OTHER.md5,), Accepted(KEY.sha256, by_hand=False), Verdict.CHANGED),
        ((KEY.md5,), Accepted(OTHER.sha256, by_hand=True), Verdict.OURS),
    ],
)
def test_a_key_is_judged_by_all_that_counts(
    pins: tuple[str, ...], accepted: Accepted | None, verdict: Verdict
) -> None:
    assert judge(KEY, pins, accepted) is verdict
