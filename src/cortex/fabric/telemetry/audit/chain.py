"""Chain records so that none can be changed, left out or moved unseen; and name the one that was.

Pure: lines in, lines and verdicts out. A line is `{"seq":N,...,"prev":"H","hash":"H"}` and a line
feed; its hash is SHA-256, in hexadecimal, over the hash before it and the line without its hash.
That nothing was cut off the end only a head that is kept elsewhere can tell: the anchor.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal

AHEAD: Final = 1_000
"""Records that are appended before the anchor follows, at most: so many a crash may leave."""
LONGEST: Final = 4 * 1_048_576
"""Bytes of a line at most: a thousand targets with the longest names, escaped, take three MiB."""
_HASH_KEY: Final = b',"hash":"'
_PREV_KEY: Final = b',"prev":"'
_END: Final = b'"}\n'
_DIGITS: Final = 64
_TAIL: Final = len(_HASH_KEY) + _DIGITS + len(_END)
_LINE = re.compile(rb'\{"seq":([1-9][0-9]{0,18}),.*,"prev":"([0-9a-f]{64})"\Z', re.DOTALL)

_FORGED: Final = "it is not the record that was anchored"

Kind = Literal["changed", "missing", "moved", "repeated", "cut off", "unanchored", "gone"]


@dataclass(frozen=True, slots=True)
class Head:
    """The last record of a chain: its number, from 1, and its hash."""

    seq: int
    hash: str


START: Final = Head(0, "0" * _DIGITS)
"""Comes before the first record."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the first record that is not as it was written."""

    kind: Kind
    seq: int
    why: str


@dataclass(frozen=True, slots=True)
class Torn:
    """The last line, begun and not finished, beyond the anchor: a crash while it was written."""

    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How far the chain holds, and what stopped it before its end."""

    head: Head
    end: Flaw | Torn | None


def link(fields: bytes, head: Head) -> tuple[bytes, Head]:
    """Return the line that follows a head, and the new head; `fields` is a JSON object's inside."""
    seq = head.seq + 1
    body = b'{"seq":%d,%b,"prev":"%b"' % (seq, fields, head.hash.encode())
    own = _digest(head.hash.encode(), body)
    return body + _HASH_KEY + own.encode() + _END, Head(seq, own)


def walk(
    lines: Iterable[bytes],
    start: Head = START,
    *,
    anchor: Head | None = None,
    also: Sequence[Head] = (),
) -> Walk:
    """Follow the chain from a head on, line by line, and hold it against its anchor.

    `also` are earlier heads that are remembered elsewhere.
    """
    coming, marks = iter(lines), [*([anchor] if anchor else []), *also]
    for one in marks:
        if start.seq == one.seq and start != one:
            return Walk(start, Flaw("changed", max(1, one.seq), _FORGED))
    last, stopped, forged = _followed(coming, start, marks)
    if forged:
        return Walk(last, Flaw("changed", last.seq, _FORGED))
    end = _stopped_by(stopped, coming, last, anchor) if stopped is not None else None
    return Walk(last, end if isinstance(end, Flaw) else _beside(last, anchor) or end)


def before(line: bytes) -> Head | None:
    """Return the head that a line says it follows; none when the line is damaged."""
    found = _whole(line)
    return Head(found[0] - 1, found[1].decode()) if found else None


def fields_in(line: bytes) -> bytes:
    """Return the fields of a line as `link` was given them."""
    tail = _TAIL + len(_PREV_KEY) + _DIGITS + 1
    return line[line.index(b",") + 1 : -tail]


def head_of(line: bytes) -> Head | None:
    """Return the head that a line is; none when the line is damaged."""
    found = before(line)
    return Head(found.seq + 1, line[-_DIGITS - len(_END) : -len(_END)].decode()) if found else None


def number_in(line: bytes) -> int:
    """Return the number of a record; 0 when the line is damaged."""
    found = before(line)
    return found.seq + 1 if found else 0


def _followed(
    coming: Iterator[bytes], start: Head, marks: Sequence[Head]
) -> tuple[Head, bytes | None, bool]:
    """Return the last record that follows, the first line that does not, and a broken anchor."""
    seq, last = start.seq, start.hash.encode()
    held = frozenset(one.seq for one in marks)
    sha256 = hashlib.sha256
    for line in coming:
        body = line[:-_TAIL]
        own = sha256(b"%b%b}" % (last, body)).hexdigest().encode()
        good = line[-_TAIL:] == b"%b%b%b" % (_HASH_KEY, own, _END)
        if not (
            good
            and body.startswith(b'{"seq":%d,' % (seq + 1))
            and body.endswith(b'%b%b"' % (_PREV_KEY, last))
        ):
            return Head(seq, last.decode()), line, False
        seq, last = seq + 1, own
        if seq in held and any(one.seq == seq and one.hash.encode() != own for one in marks):
            return Head(seq, last.decode()), None, True
    return Head(seq, last.decode()), None, False


def _stopped_by(line: bytes, rest: Iterator[bytes], head: Head, anchor: Head | None) -> Flaw | Torn:
    if len(line) > LONGEST:
        return Flaw("changed", head.seq + 1, "what stands in its place is longer than any record")
    if not line.endswith(b"\n") and not (anchor and head.seq < anchor.seq):
        following = next(rest, None)
        if following is None:
            return Torn(len(line))
        rest = chain((following,), rest)
    place, found = head.seq + 1, _whole(line)
    if found is None:
        return Flaw("changed", place, "its hash is not that of its words")
    seq = found[0]
    if seq == place:
        return _unfollowed(head)
    if seq < place:
        return Flaw("repeated", seq, f"it stands again in the place of record {place}")
    return _out_of_place(seq, place, rest)


def _unfollowed(head: Head) -> Flaw:
    why = "it is not the record that the next one was written after"
    if not head.seq:
        return Flaw("changed", 1, "it was written after another record, and must be the first")
    return Flaw("changed", head.seq, why)


def _out_of_place(seq: int, place: int, rest: Iterator[bytes]) -> Flaw:
    """Say what a later record does in this place, by what comes behind it."""
    later = {one[0] for one in map(_whole, rest) if one and one[0] in {seq, place}}
    if seq in later:
        return Flaw("repeated", seq, f"it stands in the place of record {place} as well")
    if place in later:
        return Flaw("moved", place, f"it stands further on; in its place stands record {seq}")
    return Flaw("missing", place, f"in its place stands record {seq}")


def _beside(last: Head, anchor: Head | None) -> Flaw | None:
    """Hold the end of a whole chain against its anchor."""
    if anchor and last.seq < anchor.seq:
        gone = anchor.seq - last.seq
        why = f"the log ends before it; the last {gone} of {anchor.seq} records are gone"
        return Flaw("cut off", last.seq + 1, why)
    if anchor and last.seq > anchor.seq + AHEAD:
        why = f"the anchor is at record {anchor.seq}, and at most {AHEAD} are written before it"
        return Flaw("unanchored", anchor.seq + 1, why)
    return None


def _whole(line: bytes) -> tuple[int, bytes] | None:
    """Return a line's number and the hash before it, when its hash is that of its words."""
    body = line[:-_TAIL]
    found = _LINE.match(body)
    if found is None:
        return None
    own = _digest(found[2], body)
    whole = line[-_TAIL:] == _HASH_KEY + own.encode() + _END
    return (int(found[1]), found[2]) if whole else None


def _digest(prev: bytes, body: bytes) -> str:
    return hashlib.sha256(b"%b%b}" % (prev, body)).hexdigest()
