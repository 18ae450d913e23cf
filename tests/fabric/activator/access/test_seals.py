"""A seal is good for one content, at one place, of one kind, under one key."""

from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.activator.access.seals import Seals

_PARTS = st.tuples(st.binary(min_size=1, max_size=8), st.text(max_size=8), st.text(max_size=8),
                   st.binary(max_size=8))  # fmt: skip


@given(one=_PARTS, other=_PARTS)
def test_a_seal_holds_for_what_was_sealed_and_for_nothing_else(
    one: tuple[bytes, str, str, bytes], other: tuple[bytes, str, str, bytes]
) -> None:
    key, kind, place, content = one
    seal = Seals(key, kind).over(place, content)
    payload = Seals(key, kind).sealed(place, content)
    assert Seals(key, kind).holds(seal, place, content)
    assert Seals(key, kind).opened(place, payload) == content
    key, kind, place, another = other
    assert Seals(key, kind).holds(seal, place, another) == _same(one, other)
    known = _same(one, (key, kind, place, content))
    assert Seals(key, kind).opened(place, payload) == (content if known else None)


@given(content=st.binary(max_size=8), at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_what_was_changed_behind_its_seal_or_in_it_is_not_opened(
    content: bytes, at: int, bit: int
) -> None:
    seals = Seals(b"secret", "k")
    changed = bytearray(seals.sealed("p", content))
    changed[at % len(changed)] ^= 1 << bit
    assert seals.opened("p", bytes(changed)) is None


def _same(one: tuple[bytes, str, str, bytes], other: tuple[bytes, str, str, bytes]) -> bool:
    """Tell whether all is the same; keys are filled up with zeros by HMAC."""
    return one[1:] == other[1:] and one[0].rstrip(b"\0") == other[0].rstrip(b"\0")


def test_what_is_no_seal_holds_for_nothing_and_the_key_is_not_shown() -> None:
    seals = Seals(b"secret", "k")
    assert not seals.holds(b"", "p", b"c")
    assert not seals.holds(b"\xff" * len(seals.over("p", b"c")), "p", b"c")
    assert seals.opened("p", b"") is None
    assert seals.opened("p", b"c") is None
    assert "secret" not in repr(seals)
