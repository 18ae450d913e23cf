"""A promoted head is used while it is the one that was promoted, and can be taken back."""

import hashlib
from pathlib import Path

import msgspec
import pytest

from cortex.errors import Conflict, Malformed
from cortex.fabric.reasoning.classifier.promotion import (
    Promotion,
    digest_of,
    folder_of,
    go_back,
    promote,
    promoted,
    promotions_in,
)


def promotion(content: bytes) -> Promotion:
    digest = hashlib.sha256(content).hexdigest()
    return Promotion(
        sha256=digest,
        at=5.0,
        learned=40,
        canaries=300,
        gained=9,
        lost=1,
        chance=0.01,
        against=digest_of(),
    )


def test_the_last_promoted_head_is_in_use_until_it_is_taken_back(tmp_path: Path) -> None:
    assert promoted(tmp_path) is None
    for content in (b"first", b"second"):
        promote(tmp_path, content, promotion(content))
    found = promoted(tmp_path)
    assert found is not None
    assert found.read_bytes() == b"second"
    assert go_back(tmp_path) == promotion(b"first")
    found = promoted(tmp_path)
    assert found is not None
    assert found.read_bytes() == b"first"
    assert go_back(tmp_path) is None
    assert promoted(tmp_path) is None
    assert [one.name for one in folder_of(tmp_path).iterdir()] == ["promotions.json"]
    with pytest.raises(Conflict, match="no head was promoted"):
        go_back(tmp_path)


def test_heads_that_nobody_goes_back_to_are_removed(tmp_path: Path) -> None:
    for number in range(8):
        content = b"head %d" % number
        promote(tmp_path, content, promotion(content))
    assert len(promotions_in(tmp_path)) == len(list(folder_of(tmp_path).glob("*.bin"))) == 5


@pytest.mark.parametrize("harm", ["changed", "removed"])
def test_a_head_that_is_not_the_promoted_one_is_refused(tmp_path: Path, harm: str) -> None:
    file = promote(tmp_path, b"first", promotion(b"first"))
    if harm == "changed":
        file.write_bytes(b"other")
    else:
        file.unlink()
    with pytest.raises(Malformed, match="head"):
        promoted(tmp_path)


def test_a_damaged_record_is_refused(tmp_path: Path) -> None:
    promote(tmp_path, b"first", promotion(b"first"))
    (folder_of(tmp_path) / "promotions.json").write_bytes(b"{")
    with pytest.raises(Malformed, match="cannot be read"):
        promotions_in(tmp_path)


def test_a_promoted_head_is_set_aside_while_cortex_comes_with_another_one(tmp_path: Path) -> None:
    shipped = tmp_path / "head.bin"
    shipped.write_bytes(b"as it was")
    told = msgspec.structs.replace(promotion(b"first"), against=digest_of(shipped))
    file = promote(tmp_path, b"first", told)
    assert promoted(tmp_path, shipped) == file
    shipped.write_bytes(b"trained anew")
    with pytest.raises(Malformed, match="another one than Cortex comes with now"):
        promoted(tmp_path, shipped)
    shipped.write_bytes(b"as it was")
    assert promoted(tmp_path, shipped) == file
    shipped.unlink()
    with pytest.raises(Malformed, match="another one"):
        promoted(tmp_path, shipped)
