"""How a text is taken apart: tables by title, numbers in bounds, one way to fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.execution.ssh.parsing.text import (
    LINE_LENGTH,
    Unparsed,
    address,
    decimal,
    fields_of,
    integer,
    lines_of,
    mac,
    plain,
    table,
    whole,
)

NEEDS = (("port",), ("state",))


def cells(text: str, **more: frozenset[str]) -> list[dict[str, str]]:
    return [dict(row.cells) for row in table(text, "a table", needs=NEEDS, **more)]


def test_the_error_says_what_was_read_where_it_stopped_and_why() -> None:
    error = Unparsed("the ports", "'9999' is not in 1 to 128", line=3)
    assert str(error) == "the ports cannot be read: line 3: '9999' is not in 1 to 128"
    assert (error.what, error.why, error.line) == ("the ports", "'9999' is not in 1 to 128", 3)


def test_columns_are_found_by_title_whatever_their_order() -> None:
    assert cells("State Port\nup 1\n") == [{"state": "up", "port": "1"}]
    assert cells("noise\nPort State\n1 up\n") == [{"port": "1", "state": "up"}]


def test_a_blank_cell_leaves_its_neighbours_in_place() -> None:
    text = "Port  Name        State\n1     desk        up\n2                 down\n"
    assert cells(text) == [
        {"port": "1", "name": "desk", "state": "up"},
        {"port": "2", "name": "", "state": "down"},
    ]


def test_numbers_may_stand_to_the_right_under_their_title() -> None:
    text = "    Port        Count  State\n       1                up\n       2  12345678901  up\n"
    assert cells(text) == [
        {"port": "1", "count": "", "state": "up"},
        {"port": "2", "count": "12345678901", "state": "up"},
    ]


def test_a_rule_under_the_titles_says_how_wide_the_columns_are() -> None:
    text = (
        "Port     Name     State\n          (of)\n----  ----------  -----\n   1  front desk  up\n"
    )
    assert cells(text) == [{"port": "1", "name": "front desk", "state": "up"}]


def test_words_past_the_last_column_belong_to_it() -> None:
    assert cells("Port State\n1 up and more\n") == [{"port": "1", "state": "up and more"}]


def test_titles_of_two_words_are_one_column() -> None:
    text = "Port State IP Address\n1 up 10.0.0.1\n"
    found = cells(text, pairs=frozenset({"ipaddress"}))
    assert found == [{"port": "1", "state": "up", "ipaddress": "10.0.0.1"}]


def test_without_the_titles_there_is_no_table() -> None:
    with pytest.raises(Unparsed, match=r"no line of 1 has its titles; it begins with '\[error\] "):
        table('[error] Command line is not complete. Try option "help"', "a table", needs=NEEDS)
    with pytest.raises(Unparsed, match="no line of 0 has its titles; it begins with nothing"):
        table("\n\n", "a table", needs=NEEDS)


def test_a_line_of_hundreds_of_titles_is_none() -> None:
    with pytest.raises(Unparsed):
        table("Port State " * 20, "a table", needs=NEEDS)


def test_a_table_is_not_read_without_end() -> None:
    with pytest.raises(Unparsed, match="20001 rows are more than 20000"):
        table("Port State\n" + "1 up\n" * 20_001, "a table", needs=NEEDS)


def test_the_first_title_that_the_table_has_is_taken() -> None:
    row = table("Port State\n1 up\n", "a table", needs=NEEDS)[0]
    assert row.cell("link", "state") == "up"
    assert row.cell("colour") == ""
    assert row.line == 2


def test_lines_are_numbered_as_they_stand_and_cut() -> None:
    assert lines_of("\na\r\n\n b\0c \n", "it") == [(2, "a"), (4, " b c")]
    assert lines_of("x" * 9_000, "it") == [(1, "x" * LINE_LENGTH)]


def test_a_line_that_the_cap_cut_is_not_a_line() -> None:
    assert whole("a\nb", truncated=True) == "a"
    assert whole("a\nb", truncated=False) == "a\nb"


def test_the_first_of_a_field_counts() -> None:
    assert fields_of("A b: 1\nno field\na-b: 2\nc: http://x\n", "it") == {
        "ab": "1",
        "c": "http://x",
    }


def test_numbers_are_read_within_their_bounds() -> None:
    assert integer("12", "it", high=12) == 12
    assert integer("-5", "it", low=-9, high=0) == -5
    assert integer("", "it", high=1) is None
    assert integer("1.5", "it", high=9) is None
    assert decimal("1.50", "it", high=2) == 1.5
    assert decimal("one", "it", high=2) is None


@pytest.mark.parametrize("text", ["13", "-1", "9" * 21, "9" * 5000])
def test_a_number_out_of_bounds_is_said(text: str) -> None:
    with pytest.raises(Unparsed, match="is not in 0 to 12"):
        integer(text, "it", high=12)
    with pytest.raises(Unparsed, match="is not in 0 to 12"):
        decimal(text, "it", high=12)


@given(st.text(alphabet="０１٣८²½", min_size=1))
def test_digits_of_other_scripts_are_no_numbers(text: str) -> None:
    assert integer(text, "it", high=9) is None
    assert decimal(text, "it", high=9) is None


@given(st.text())
def test_any_text_is_an_address_or_nothing(text: str) -> None:
    assert address(text) == "" or address(address(text)) == address(text)
    assert mac(text) == "" or mac(mac(text)) == mac(text)


def test_addresses_lose_their_prefix_and_zone() -> None:
    assert address("192.168.1.1/24") == "192.168.1.1"
    assert address("fe80::1%eth0") == "fe80::1"
    assert address("١.1.1.1") == ""
    assert mac("78-8A-20-AA-BB-CC") == "78:8a:20:aa:bb:cc"


def test_titles_are_compared_without_their_signs() -> None:
    assert plain("PwrLimit(mW)") == "pwrlimitmw"
    assert plain("Use%") == "use%"
