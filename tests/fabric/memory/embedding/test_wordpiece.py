"""Texts are cut as the reference tokenizer cuts them, whatever they hold."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.memory.embedding.wordpiece import WordPiece

HERE = Path(__file__).parent
REFERENCE = list(
    zip(
        json.loads((HERE / "texts.json").read_text()),
        json.loads((HERE / "ids.json").read_text()),
        strict=True,
    )
)
SMALL = WordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "wi", "##fi", "##f", "port", "#", "e", "."])


@pytest.fixture(scope="session")
def pieces(model: Path) -> WordPiece:
    return WordPiece.open(model / "vocab.txt")


def test_the_pieces_are_those_of_the_reference_tokenizer(pieces: WordPiece) -> None:
    differing = [(text, ids) for text, ids in REFERENCE if pieces.encode(text, limit=128) != ids]
    assert len(REFERENCE) == 250
    assert not differing


def test_the_longest_piece_is_taken_first() -> None:
    assert SMALL.encode("wifi", limit=9) == [2, 4, 5, 3]


def test_a_word_with_a_rest_that_is_no_piece_is_unknown_as_a_whole() -> None:
    assert SMALL.encode("wifix port", limit=9) == [2, 1, 7, 3]


def test_a_word_of_more_than_a_hundred_characters_is_unknown() -> None:
    assert SMALL.encode("wi" + 98 * "f", limit=200) == [2, 4, *98 * [6], 3]
    assert SMALL.encode("wi" + 99 * "f", limit=200) == [2, 1, 3]


def test_accents_and_case_make_no_difference() -> None:
    assert SMALL.encode("É e\N{COMBINING ACUTE ACCENT} WIFI", limit=9) == [2, 9, 9, 4, 5, 3]


def test_the_name_of_a_special_piece_cannot_end_a_text() -> None:
    assert SMALL.encode("[SEP] port", limit=9).count(3) == 1


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "\N{ZERO WIDTH SPACE}"])
def test_a_text_of_nothing_has_at_most_one_piece_between_its_ends(text: str) -> None:
    first, *between, last = SMALL.encode(text, limit=9)
    assert (first, last) == (2, 3)
    assert len(between) <= 1


@given(st.text(), st.integers(2, 40))
def test_any_text_keeps_its_ends_and_the_limit(text: str, limit: int) -> None:
    numbers = SMALL.encode(text, limit=limit)
    assert (numbers[0], numbers[-1]) == (2, 3)
    assert len(numbers) <= limit
    assert all(0 <= number < len(SMALL) for number in numbers)


@given(st.text(), st.text())
def test_what_stands_behind_a_space_changes_nothing_before_it(before: str, after: str) -> None:
    alone = SMALL.encode(before, limit=500)[:-1]
    assert SMALL.encode(f"{before} {after}", limit=500)[: len(alone)] == alone


def test_a_text_of_any_length_is_cut_before_it_is_looked_at() -> None:
    assert len(SMALL.encode("port " * 1_000_000, limit=128)) == 128
    assert SMALL.encode(" " * 20_000 + "port", limit=128) == [2, 3]


def test_a_vocabulary_without_its_special_pieces_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no \[CLS\]"):
        WordPiece(["[UNK]", "a"])
