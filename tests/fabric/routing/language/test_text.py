"""Whatever is pasted becomes plain tokens, in linear time and without loss of meaning."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.routing.frame import Polarity
from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.text import normalise, tokenise

hostile = st.text(
    st.sampled_from("ab1 .,;:'\"`’‘“”«»-_/&#?!()[]ʼ\u0301\u200b\u202e\x00\n\t") | st.characters()
)


@given(hostile)
def test_any_text_can_be_read(text: str) -> None:
    frame = read(text)
    assert frame.text == normalise(text)


@given(hostile)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert "  " not in once
    assert once == once.strip()


@given(hostile)
def test_tokens_stand_where_they_say_and_cover_every_letter(text: str) -> None:
    plain = normalise(text)
    tokens, _ = tokenise(plain)
    at = 0
    for token in tokens:
        assert at <= token.start < token.end <= len(plain)
        assert plain[at : token.start].strip() == ""
        if token.kind != "quoted":
            assert plain[token.start : token.end] == token.text
        at = token.end
    assert plain[at:].strip() == ""


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("block\t the\n printer ", "block the printer"),
        ("un\u200bblock the tv", "unblock the tv"),
        ("\u202eblock\u202c it", "block it"),
        ("ｂｌｏｃｋ it", "block it"),
        ("block\x00 it\x07", "block it"),
        ("block\u00a0it", "block it"),
        ("re\u00adboot it", "reboot it"),
        ("bl\u034fock it", "block it"),
        ("café", "café"),
        ("don\u02bct", "don't"),
    ],
)
def test_invisible_characters_and_wide_letters_are_made_plain(typed: str, text: str) -> None:
    assert normalise(typed) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("block the printer.", ["block", "the", "printer", "."]),
        ("Don’t, please!", ["don't", ",", "please", "!"]),
        ("u6-lr and ap_2", ["u6-lr", "and", "ap_2"]),
        ("aa:bb:cc:dd:ee:ff, ::1", ["aa:bb:cc:dd:ee:ff", ",", "::1"]),
        ("Sarah's kids' iPad", ["sarah's", "kids", "'", "ipad"]),
        ("port #5", ["port", "#", "5"]),
        ("U6+ R&D", ["u6+", "r&d"]),
    ],
)
def test_words_are_cut_where_people_end_them(text: str, words: list[str]) -> None:
    assert [token.word for token in tokenise(text)[0]] == words


@pytest.mark.parametrize(
    ("text", "quotations"),
    [
        ('block "the tv"', ["the tv"]),
        ("block “the tv” and «the ap»", ["the tv", "the ap"]),
        ("block 'the tv' now", ["the tv"]),
        ("block `the tv`", ["the tv"]),
        ("block the kids' tv and the boys' tv", []),
        ("block 'Sarah's tv'", ["Sarah's tv"]),
        ("block \"say 'hi' now\"", ["say 'hi' now"]),
        ('block ""', [""]),
    ],
)
def test_quotations_are_one_token(text: str, quotations: list[str]) -> None:
    tokens, closed = tokenise(text)
    assert [token.text for token in tokens if token.kind == "quoted"] == quotations
    assert closed


@pytest.mark.parametrize("text", ['block "the tv', "block 'the tv", "«block the tv", '"'])
def test_a_quotation_that_does_not_end_is_noticed(text: str) -> None:
    assert tokenise(text)[1] is False


HOSTILE = (
    "please ", "block ", '" ', "' 'a ", "block a and ", ", ", "-", "aa:", "a.", "1 ", "( block ",
    "a\u0301\u0301", "show ", "turn on off ", "do ", "don't ", "to block ", "? ", "block named a , ",
    "or the ", "at 7 ", "is ", "port ", "1h", "who ", "2 hours and ", "«", "ʼ", "not-", "/", "::",
)  # fmt: skip


def _calls(text: str) -> int:
    """Count the calls that reading a text takes."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        read(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_work_of_reading_grows_with_the_text_only(piece: str) -> None:
    assert _calls(piece * 600) < 3 * _calls(piece * 300)


@pytest.mark.parametrize("piece", ["\u02bc", "-", ".", "a.", "aa:", "not-", "/", "::", "1h", "a'"])
def test_a_word_of_any_length_is_read(piece: str) -> None:
    """A quadratic step inside one word would end at the suite's time limit."""
    text = piece * (400_000 // len(piece))
    assert len(read(text).text) == len(text)


@given(hostile)
def test_a_denial_survives_whatever_surrounds_it(text: str) -> None:
    frame = read(f"do not block the printer {text}")
    assert frame.polarity is Polarity.NEGATIVE or frame.verb is None
