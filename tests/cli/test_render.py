"""Answers reach the terminal as tables and sentences, and foreign names stay inert."""

import shlex
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.cli import render
from cortex.cli.exits import inert
from cortex.fabric.messages import (
    Choice,
    Confirmation,
    ErrorBody,
    Preview,
    QueryResponse,
    RouteBody,
    Target,
    Undo,
)
from tests.cli.terminal import drawn_on_a_terminal

HOSTILE = "[bold]\x1b[31m:smile:[/bold]"


def _answer(**facts: object) -> QueryResponse:
    return QueryResponse(query_id="q", status="done", answer="2 clients.", data=dict(facts))


def test_rows_become_a_table_under_their_titles(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [{"key": "name", "title": "Name"}, {"key": "ip", "title": "Address"}]
    rows = [{"name": "NAS", "ip": "192.168.1.7"}, {"name": "TV", "ip": None}]
    render.show_answer(_answer(columns=columns, rows=rows, complete=True))
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "2 clients."
    assert shown[1].split() == ["Name", "Address"]
    assert shown[3].split() == ["NAS", "192.168.1.7"]
    assert shown[4].split() == ["TV", "-"]


def test_a_name_is_neither_markup_nor_an_escape(capsys: pytest.CaptureFixture[str]) -> None:
    render.show_answer(_answer(rows=[{"name": HOSTILE}]))
    shown = capsys.readouterr().out
    assert "[bold]\N{REPLACEMENT CHARACTER}[31m:smile:[/bold]" in shown
    assert "\x1b" not in shown


def test_facts_are_listed_with_their_titles(capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"uptime_s": 5, "tags": ["a", "b"], "wired": False, "port": {"index": 3}}
    render.show_answer(_answer(columns=[{"key": "uptime_s", "title": "Uptime"}], facts=facts))
    shown = capsys.readouterr().out
    assert "Uptime" in shown
    assert "a, b" in shown
    assert "index=3" in shown
    assert "no" in shown


def test_an_answer_that_is_not_the_whole_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    render.show_answer(_answer(rows=[{"name": "NAS"}], complete=False))
    assert "not the whole" in capsys.readouterr().out


def test_what_an_answer_lacks_is_said_where_it_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lacks = "only the controller knows usage"
    render.show_answer(_answer(rows=[{"name": "NAS"}], complete=False, missing=lacks))
    assert capsys.readouterr().out.endswith(f"  not the whole: {lacks}\n")
    render.show_answer(_answer(rows=[{"name": "NAS"}], complete=False, missing=""))
    assert "not the whole" not in capsys.readouterr().out


def test_an_undo_is_ready_to_paste(capsys: pytest.CaptureFixture[str]) -> None:
    response = _answer()
    response.undo = Undo(tool="unblock_client", arguments={}, query="unblock NAS")
    render.show_answer(response)
    assert 'undo: cortex ask "unblock NAS"' in capsys.readouterr().out


def test_an_error_comes_with_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    response = _answer()
    response.error = ErrorBody(code="refused", message="it is protected", hint="change guard")
    render.show_answer(response)
    shown = capsys.readouterr().out
    assert "it is protected" in shown
    assert "try: change guard" in shown


def test_read_only_comes_with_the_option_that_allows_writes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    response = _answer()
    response.error = ErrorBody(code="read_only", message="it is read-only", hint="set writes")
    render.show_answer(response)
    assert "cortex up --allow-writes" in capsys.readouterr().out


def test_choices_are_numbered(capsys: pytest.CaptureFixture[str]) -> None:
    target = Target(kind="client", id="m", name="iPad", detail="192.168.1.9")
    render.show_choices(
        [Choice(label="iPad", query="a", target=target), Choice(label="TV", query="b")]
    )
    assert capsys.readouterr().out.splitlines() == ["  1. iPad  (192.168.1.9)", "  2. TV"]


def test_a_preview_says_what_cannot_be_undone(capsys: pytest.CaptureFixture[str]) -> None:
    preview = Preview(what="Forget it.", on=("NAS",), warnings=("It is wired.",))
    render.show_preview(Confirmation(token="", expires_at=0, preview=preview))
    shown = capsys.readouterr().out
    assert "cannot be undone" in shown
    assert "careful: It is wired." in shown


def test_the_trail_names_the_tier_and_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    response = _answer()
    response.route = RouteBody(
        tier="keyword", tool="list_clients", layer="x", arguments={}, confidence=1, why=""
    )
    response.layers_woken = ("execution-unifi-api",)
    response.timings_ms.total = 12.4
    render.show_trail(response)
    assert "keyword: list_clients · woke execution-unifi-api · 12 ms" in capsys.readouterr().err


def test_a_narrow_terminal_gets_the_columns_that_fit_and_is_told_of_the_rest() -> None:
    program = (
        "from cortex.cli.render import show_table\n"
        "names = ['first', 'second', 'third', 'fourth', 'fifth']\n"
        "show_table([(n, n) for n in names], [dict.fromkeys(names, 'x' * 20)])\n"
    )
    shown = drawn_on_a_terminal([sys.executable, "-c", program], columns=80)
    assert "third" in shown.splitlines()[0]
    assert "fourth" not in shown.splitlines()[0]
    assert "not shown: fourth, fifth" in shown


@given(
    st.lists(st.integers(min_value=1, max_value=60), min_size=4, max_size=4),
    st.integers(min_value=1, max_value=200),
)
def test_what_is_kept_fits_unless_two_columns_do_not(least: list[int], width: int) -> None:
    kept = render.fitting(least, width)
    assert kept[:2] == [0, 1]
    if len(kept) > 2:
        assert sum(least[one] for one in kept) + (len(kept) - 1) * render.GAP <= width


@given(st.sets(st.integers(0, 3), min_size=1), st.integers(min_value=1, max_value=200))
def test_columns_that_are_wanted_are_kept_on_every_terminal(wanted: set[int], width: int) -> None:
    assert wanted <= set(render.fitting([20] * 4, width, wanted=wanted))


def test_the_columns_that_matter_most_are_kept_first() -> None:
    assert render.fitting([20] * 4, 50, order=[3, 1]) == [1, 3]


@given(
    st.lists(
        st.tuples(st.integers(min_value=1, max_value=40), st.integers(min_value=0, max_value=60)),
        min_size=1,
        max_size=5,
    ),
    st.integers(min_value=1, max_value=200),
)
def test_the_width_that_is_left_is_shared_out(columns: list[tuple[int, int]], width: int) -> None:
    least = [one for one, _ in columns]
    natural = [one + more for one, more in columns]
    widths = render.shared(least, natural, width)
    assert all(a <= b <= c for a, b, c in zip(least, widths, natural, strict=True))
    taken = sum(widths) + render.GAP * (len(widths) - 1)
    assert taken <= width or widths == least
    assert taken >= width or widths == natural


_CHANGES = (
    "from cortex.cli.render import show_body\n"
    "keys = ('time', 'what', 'on', 'by', 'result', 'undo')\n"
    "told = ('2026-11-23T08:15:19+01:00',\n"
    "        'Turn a wireless network on or off, with all that is on it.', 'Guest WiFi',\n"
    "        'timer 3fa9c2d18e7b of admin', 'done', 'enable the wifi Guest WiFi')\n"
    "columns = [{'key': key, 'title': key.title()} for key in keys]\n"
    "rows = [dict(zip(keys, told, strict=True))]\n"
    "show_body({'columns': columns, 'rows': rows}, asked='what did you change today')\n"
)


def test_long_text_takes_several_lines_before_a_column_is_left_out() -> None:
    shown = drawn_on_a_terminal([sys.executable, "-c", _CHANGES], columns=100)
    assert "not shown" not in shown
    assert shown.splitlines()[0].split()[-4:] == ["On", "By", "Result", "Undo"]
    assert "Turn a wireless network on or off" not in shown
    narrow = drawn_on_a_terminal([sys.executable, "-c", _CHANGES], columns=80)
    assert "not shown: Undo" in narrow


def test_what_goes_into_a_pipe_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    long = "many words " * 90
    render.show_table([("what", "What"), ("when", "When")], [{"what": long, "when": "at 7"}])
    assert f"{long}   at 7" in capsys.readouterr().out


def test_moments_of_an_answer_stay_in_the_zone_of_the_site_which_is_named_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    columns = [{"key": "time", "title": "Time"}, {"key": "tags", "title": "Tags"}]
    rows = [{"time": "2026-11-23T08:15:19+01:00", "tags": ["a"]}, {"time": None, "tags": []}]
    render.show_body({"columns": columns, "rows": rows})
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["Time", "(UTC+01:00)", "Tags"]
    assert shown[2].split() == ["2026-11-23", "08:15:19", "a"]
    assert shown[3].split() == ["-", "-"]
    render.show_body({"facts": {"since": "2026-11-23T08:15:19+01:00"}})
    assert "2026-11-23 08:15:19 UTC+01:00" in capsys.readouterr().out


def test_moments_of_two_zones_name_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"time": "2026-10-24T08:00:00+02:00"}, {"time": "2026-10-26T08:00:00+01:00"}]
    render.show_body({"rows": rows})
    shown = capsys.readouterr().out
    assert "2026-10-24 08:00:00 UTC+02:00" in shown
    assert "2026-10-26 08:00:00 UTC+01:00" in shown


def test_a_narrow_terminal_shows_the_names_and_the_column_that_was_asked_for() -> None:
    program = (
        "from cortex.cli.render import show_body\n"
        "titles = {'name': 'Name', 'ip': 'IP', 'mac': 'MAC', 'uptime_s': 'Uptime'}\n"
        "columns = [{'key': key, 'title': title} for key, title in titles.items()]\n"
        "rows = [dict.fromkeys(titles, 'x' * 30)]\n"
        "show_body({'columns': columns, 'rows': rows}, asked='all devices with their uptimes')\n"
    )
    shown = drawn_on_a_terminal([sys.executable, "-c", program], columns=80)
    assert shown.splitlines()[0].split() == ["Name", "Uptime"]
    assert "not shown: IP, MAC (a wider terminal, a pipe, or --json)" in shown


def test_a_moment_is_shown_as_people_read_it() -> None:
    assert render.cell("2026-11-22T18:11:02+00:00").startswith("2026-11-2")
    assert "T" not in render.cell("2026-11-22T18:11:02.123Z").rpartition(" ")[0]
    zone = datetime(2026, 11, 22, 18, tzinfo=UTC).astimezone().tzname()
    assert render.cell("2026-11-22T18:11:02+00:00").endswith(f":02 {zone}")
    assert render.cell("2026-11-22T18") == "2026-11-22T18"


@given(st.text(min_size=1))
def test_a_command_that_is_shown_can_be_pasted_without_running_anything_else(query: str) -> None:
    words = shlex.split(render.command(query))
    assert words == ["cortex", "ask", inert(query)]


@pytest.mark.parametrize("name", ["$(reboot)", '"; reboot; "', "`reboot`", "!!", "\\"])
def test_a_name_with_shell_code_is_quoted_so_that_a_shell_leaves_it_alone(name: str) -> None:
    echo = render.command(f"rename NAS to {name}").replace("cortex ask", "printf %s", 1)
    shell = subprocess.run(["/bin/sh", "-c", echo], capture_output=True, text=True, check=True)  # noqa: S603  # what a person would paste
    assert shell.stdout == f"rename NAS to {name}"
