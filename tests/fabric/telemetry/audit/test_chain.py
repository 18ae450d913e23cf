"""The chain: whatever is done to it is found, and the right record is named."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.messages.outcomes import Touched, decode, encode
from cortex.fabric.telemetry.audit.chain import (
    AHEAD,
    LONGEST,
    START,
    Flaw,
    Head,
    Torn,
    Walk,
    link,
    walk,
)
from cortex.fabric.telemetry.audit.records import fields_of
from tests.fabric.telemetry.events import events

COUNT = 9


def chained(count: int = COUNT) -> tuple[list[bytes], Head]:
    """Return the lines of a chain and its head."""
    head, lines = START, list[bytes]()
    for one in events(count):
        line, head = link(fields_of(one), head)
        lines.append(line)
    return lines, head


LINES, HEAD = chained()
WHOLE = b"".join(LINES)


def split(content: bytes) -> list[bytes]:
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def flaw_of(lines: list[bytes], anchor: Head | None = HEAD) -> Flaw:
    end = walk(lines, anchor=anchor).end
    assert isinstance(end, Flaw)
    return end


def test_a_chain_that_nobody_touched_is_whole() -> None:
    assert walk(LINES, anchor=HEAD) == Walk(HEAD, None)
    assert walk([], anchor=START) == Walk(START, None)


@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_any_byte_that_is_changed_is_found_in_its_record(at: int, byte: int) -> None:
    changed = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    if changed == WHOLE:
        return
    flaw = flaw_of(split(changed))
    assert flaw.seq == WHOLE[:at].count(b"\n") + 1
    assert flaw.kind == "changed"


@given(at=st.integers(0, len(WHOLE) - 1))
def test_any_byte_that_is_left_out_is_found_in_its_record(at: int) -> None:
    assert flaw_of(split(WHOLE[:at] + WHOLE[at + 1 :])).seq == WHOLE[:at].count(b"\n") + 1


@given(st.integers(0, COUNT - 1))
def test_any_record_that_is_left_out_is_named(at: int) -> None:
    flaw = flaw_of(LINES[:at] + LINES[at + 1 :])
    assert (flaw.kind, flaw.seq) == ("cut off" if at == COUNT - 1 else "missing", at + 1)


@given(st.integers(0, COUNT - 1))
def test_any_end_that_is_cut_off_is_named(kept: int) -> None:
    flaw = flaw_of(LINES[:kept])
    assert (flaw.kind, flaw.seq) == ("cut off", kept + 1)


@given(st.integers(0, COUNT - 1), st.integers(0, COUNT))
def test_any_record_that_stands_twice_is_named(at: int, place: int) -> None:
    flaw = flaw_of([*LINES[:place], LINES[at], *LINES[place:]])
    assert (flaw.kind, flaw.seq) == ("repeated", at + 1)


@given(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1))
def test_records_that_change_places_are_named(one: int, other: int) -> None:
    swapped = list(LINES)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    if one == other:
        return
    flaw = flaw_of(swapped)
    assert (flaw.kind, flaw.seq) == ("moved", min(one, other) + 1)
    assert f"record {max(one, other) + 1}" in flaw.why


@given(st.integers(0, COUNT - 2))
def test_a_record_that_is_written_anew_with_its_hash_is_named(at: int) -> None:
    before = START if at == 0 else Head(at, LINES[at - 1][-67:-3].decode())
    forged, _ = link(b'"at":0,"id":"x","kind":"query"', before)
    flaw = flaw_of([*LINES[:at], forged, *LINES[at + 1 :]])
    assert (flaw.kind, flaw.seq) == ("changed", at + 1)


@given(st.integers(0, COUNT - 1))
def test_an_end_that_is_written_anew_is_named_by_the_anchor(at: int) -> None:
    head = START if at == 0 else Head(at, LINES[at - 1][-67:-3].decode())
    lines = LINES[:at]
    for number in range(at, COUNT):
        line, head = link(b'"at":%d' % number, head)
        lines.append(line)
    assert walk(lines).end is None
    flaw = flaw_of(lines)
    assert (flaw.kind, flaw.seq) == ("changed", COUNT)


def test_a_chain_that_begins_with_another_record_is_named() -> None:
    line, _ = link(b'"at":1', Head(0, "f" * 64))
    flaw = flaw_of([line], None)
    assert (flaw.kind, flaw.seq) == ("changed", 1)


def test_an_unfinished_line_beyond_the_anchor_is_a_crash_and_no_flaw() -> None:
    anchor = Head(COUNT - 1, LINES[-2][-67:-3].decode())
    for kept in range(1, len(LINES[-1])):
        lines = [*LINES[:-1], LINES[-1][:kept]]
        assert walk(lines, anchor=anchor) == Walk(anchor, Torn(kept))


def test_an_unfinished_line_that_was_anchored_is_a_flaw() -> None:
    assert flaw_of([*LINES[:-1], LINES[-1][:-20]]).seq == COUNT


def test_an_unfinished_line_with_others_behind_it_is_a_flaw() -> None:
    anchor = Head(COUNT - 3, LINES[-4][-67:-3].decode())
    flaw = flaw_of([*LINES[:-2], LINES[-2][:50], LINES[-1]], anchor)
    assert (flaw.kind, flaw.seq) == ("changed", COUNT - 1)


def test_one_batch_may_be_ahead_of_the_anchor_and_no_more() -> None:
    lines, head = chained(AHEAD + 2)
    first = Head(2, lines[1][-67:-3].decode())
    assert walk(lines, anchor=first) == Walk(head, None)
    flaw = flaw_of(lines, Head(1, lines[0][-67:-3].decode()))
    assert (flaw.kind, flaw.seq) == ("unanchored", 2)
    cut_short = [*lines[:-1], lines[-1][:30]]
    assert isinstance(walk(cut_short, anchor=START).end, Flaw)


def test_a_walk_from_the_middle_holds_its_beginning_against_the_anchor() -> None:
    middle = Head(4, LINES[3][-67:-3].decode())
    assert walk(LINES[4:], middle, anchor=HEAD) == Walk(HEAD, None)
    assert walk(LINES[4:], middle, anchor=middle).end is None
    forged = walk([], middle, anchor=Head(4, "f" * 64)).end
    assert isinstance(forged, Flaw)
    assert (forged.kind, forged.seq) == ("changed", 4)


def test_a_record_that_skips_numbers_is_found_even_with_its_hash_right() -> None:
    forged, _ = link(b'"at":1', Head(COUNT + 4, HEAD.hash))
    flaw = flaw_of([*LINES, forged])
    assert (flaw.kind, flaw.seq) == ("missing", COUNT + 1)


def test_a_line_that_is_longer_than_any_record_is_a_flaw() -> None:
    flaw = flaw_of([*LINES, b"x" * (LONGEST + 1)])
    assert (flaw.kind, flaw.seq) == ("changed", COUNT + 1)
    torn = walk([*LINES, b"x" * LONGEST], anchor=HEAD).end
    assert torn == Torn(LONGEST)


def test_the_longest_record_is_no_longer_than_a_line_may_be() -> None:
    touched = Touched(id="\x01" * 256, name="\x01" * 256)
    one = msgspec.structs.replace(events(1)[0], targets=(touched,) * 1_000, principal="\x01" * 256)
    line, _ = link(fields_of(decode(encode(one))), START)
    assert LONGEST // 2 < len(line) < LONGEST
