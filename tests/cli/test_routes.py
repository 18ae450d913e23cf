"""The commands about what was learned: shown, unlearned and made rules, against a running lab."""

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.cli import exits, run
from cortex.cli.memory import exporting, showing
from cortex.cli.memory.moments import when
from cortex.clients.activator import ActivatorClient
from cortex.errors import Malformed
from cortex.fabric.activator.rulebook import load_rules
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.language import read
from cortex.lab.site import Lab
from tests.cli.conftest import Said
from tests.cli.terminal import drawn_on_a_terminal

Cortex = Callable[..., Said]
Teach = Callable[[str, str], str]
_WORDS = "the usual evening report"
_PLAIN = "list the report of the blocked clients"
"""Words that say what is done, though no rule that comes with Cortex knows them."""
_TOOL = "list_blocked_clients"
_NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@pytest.fixture
def route(teach: Teach, mind: ActivatorClient) -> dict[str, Any]:
    """Teach one route."""
    assert teach(_WORDS, "who is blocked?") == f"From now on these words mean {_TOOL}."
    found: dict[str, Any] = next(
        one for one in mind.get("/v1/routes")["learned"] if one["tool"] == _TOOL
    )
    return found


def test_the_list_names_each_route_by_the_start_of_its_id(
    cortex: Cortex, route: dict[str, Any]
) -> None:
    said = cortex("routes", "list")
    assert said.code == exits.DONE
    line = next(one for one in said.out.splitlines() if _WORDS in one)
    assert line.split()[0] == route["id"][:8]
    assert "1 of 1" in line


def test_what_a_person_needs_fits_on_a_terminal_of_80_columns(
    lab: Lab, route: dict[str, Any], teach: Teach
) -> None:
    teach("what do you think of the general state of all of the things here", "network health")
    command = [sys.executable, "-m", "cortex", "routes", "list", "--home", str(lab.home)]
    shown = drawn_on_a_terminal(command, columns=80)
    table, _, rest = shown.partition("  not shown:")
    assert rest
    assert all(len(line) <= 80 for line in table.splitlines())
    assert table.split()[:6] == ["id", "asked", "as", "tool", "stage", "worked"]
    assert route["id"][:8] in table


@pytest.mark.parametrize("length", [8, 20, 36])
def test_a_route_shows_what_it_was_learned_from(
    cortex: Cortex, route: dict[str, Any], length: int
) -> None:
    shown = cortex("routes", "show", route["id"][:length].upper()).out
    assert route["id"] in shown
    assert re.search(r"feedback +yes .*correction", shown)


def test_a_forgotten_route_means_nothing_from_then_on(
    cortex: Cortex, mind: ActivatorClient, route: dict[str, Any]
) -> None:
    assert mind.query({"query": _WORDS})["route"]["tool"] == _TOOL
    said = cortex("routes", "forget", route["id"][:8])
    assert said.out == f'forgotten: "{_WORDS}" for {_TOOL}\n'
    answer = mind.query({"query": _WORDS})
    assert (answer["route"] or {}).get("tool") != _TOOL
    assert _WORDS not in cortex("routes", "list").out


def test_who_forgets_a_route_is_told_which_one_it_uncovers(
    cortex: Cortex, mind: ActivatorClient
) -> None:
    query_id = mind.query({"query": _WORDS})["query_id"]
    for meant in ("list clients", "who is blocked?"):
        body = {"query_id": query_id, "feedback": "correction", "correction": meant}
        mind.call("POST", "/v1/feedback", body)
    ids = {one["tool"]: one["id"] for one in mind.get("/v1/routes")["learned"]}
    said = cortex("routes", "forget", ids[_TOOL])
    left = f"list_clients ({ids['list_clients'][:8]}, new)"
    assert said.out.splitlines()[1:] == [f"  these words may now mean {left}"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("0f3a", "is no route's id"),
        ("../../v1/memory", "is no route's id"),
        ("00000000", "no route was learned whose id begins with"),
        ("00000000-0000-0000-0000-000000000000", "was learned"),
    ],
)
@pytest.mark.parametrize("what", ["show", "forget"])
def test_a_route_that_there_is_not_is_refused(
    cortex: Cortex, route: dict[str, Any], what: str, said: str, why: str
) -> None:
    refused = cortex("routes", what, said)
    assert refused.code == exits.REFUSED
    assert why in refused.err
    assert "cortex routes list" in refused.err
    assert route["id"][:8] in cortex("routes", "list").out


def test_a_rollback_takes_back_what_was_learned_later_and_nothing_else(
    cortex: Cortex, route: dict[str, Any], teach: Teach
) -> None:
    between = datetime.now(UTC).isoformat()
    teach("the ones outside", "who is blocked?")
    assert "the ones outside" in cortex("routes", "list").out
    said = cortex("routes", "rollback", "--to", between)
    assert said.code == exits.DONE
    assert "1 route stands as it did" in said.out
    left = cortex("routes", "list").out
    assert "the ones outside" not in left
    assert route["id"][:8] in left


def test_a_rollback_says_when_there_was_nothing_to_take_back(cortex: Cortex, mind: object) -> None:
    assert mind
    said = cortex("routes", "rollback", "--to", datetime.now(UTC).isoformat())
    assert said.code == exits.DONE
    assert said.out.startswith("nothing was learned since 2")


@pytest.mark.parametrize("moment", ["the other day", "9000-01-01"])
def test_a_rollback_to_no_time_or_one_to_come_is_refused(cortex: Cortex, moment: str) -> None:
    refused = cortex("routes", "rollback", "--to", moment)
    assert refused.code == exits.REFUSED
    assert "try:" in refused.err


def test_a_reader_sees_what_was_learned_and_may_not_unlearn_it(
    cortex: Cortex,
    lab: Lab,
    route: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "token"
    file.touch(mode=0o600)
    file.write_text(cortex("tokens", "create", f"looker-{tmp_path.name}").out)
    where = ["--url", lab.activator.url, "--token-file", str(file)]
    assert run(["routes", "list", *where]) == exits.DONE
    assert route["id"][:8] in capsys.readouterr().out
    for wanted in (["forget", route["id"]], ["rollback", "--to", "1h ago"], ["export"]):
        assert run(["routes", *wanted, *where]) == exits.REFUSED
        assert "lacks the scope 'admin'" in capsys.readouterr().err
    assert route["id"][:8] in cortex("routes", "list").out


@pytest.mark.usefixtures("route")
def test_without_a_trusted_route_no_rules_are_written(cortex: Cortex, tmp_path: Path) -> None:
    file = tmp_path / "learned.yaml"
    said = cortex("routes", "export", "--output", str(file))
    assert said.code == exits.FAILED
    assert "no route is trusted enough" in said.err
    assert not said.out
    assert not file.exists()


@pytest.mark.usefixtures("route")
def test_trusted_routes_become_rules_alone_or_behind_the_usual_ones(
    cortex: Cortex, mind: ActivatorClient, teach: Teach, tmp_path: Path
) -> None:
    teach(_PLAIN, "who is blocked?")
    for words in (_PLAIN, _WORDS) * 20:
        assert mind.query({"query": words})["route"]["tool"] == _TOOL
    # It comes after all that waits to be written.
    cortex("routes", "rollback", "--to", datetime.now(UTC).isoformat())
    alone, merged = tmp_path / "learned.yaml", tmp_path / "all.yaml"
    said = cortex("routes", "export", "--output", str(alone))
    assert said.code == exits.DONE
    assert f'left out: "{_WORDS}" (' in said.err
    assert "its words do not say what is done" in said.err
    assert "replace the rules that come with Cortex" in said.out
    assert "replaces the rules that come with Cortex" in alone.read_text().replace("\n# ", " ")
    said = cortex("routes", "export", "--merged", "--output", str(merged))
    assert said.out.startswith(f"1 learned rule is in {merged}\n")
    assert f"activator.rules_file: {merged}" in said.out
    assert _proposed(alone, _PLAIN) == [_TOOL]
    assert _proposed(alone, "who is online?") == []
    assert _proposed(merged, _PLAIN) == [_TOOL]
    assert _proposed(merged, "who is online?") == ["list_clients"]
    assert cortex("routes", "export").out == alone.read_text()
    refused = cortex("routes", "export", "--output", str(tmp_path / "missing" / "all.yaml"))
    assert refused.code == exits.REFUSED
    assert "cannot be written: No such file or directory" in refused.err


def _proposed(file: Path, query: str) -> list[str]:
    """Name the tools that the rules of a file lead to, and that agree with the query."""
    frame = read(query)
    found = load_rules(file).propose(frame).proposals
    return [
        one.tool
        for one in found
        if isinstance(agree(resolve_tool(one.tool), one.arguments, frame), Agreed)
    ]


def test_a_learned_rule_that_the_usual_ones_overrule_is_left_out() -> None:
    rule = {
        "pattern": "^who is online$",
        "layer": "execution-unifi-api",
        "tool": "list_devices",
        "confidence": 0.5,
        "examples": ["who is online"],
    }
    document, left_out = exporting.merged({"routing": {"keywords": [rule]}})
    assert rule not in exporting.keywords(document)
    assert [one.startswith("^who is online$: ") for one in left_out] == [True]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2h ago", "2026-11-22T16:00:00.000+00:00"),
        ("1h30m ago", "2026-11-22T16:30:00.000+00:00"),
        ("2 hours ago", "2026-11-22T16:00:00.000+00:00"),
        ("1 day, 2 hours ago", "2026-11-21T16:00:00.000+00:00"),
        ("90 Minutes Ago", "2026-11-22T16:30:00.000+00:00"),
        ("2h", "2026-11-22T16:00:00.000+00:00"),
        ("3 days", "2026-11-19T18:00:00.000+00:00"),
        ("30 ago", "2026-11-22T17:59:30.000+00:00"),
        ("2026-11-22T18:00+02:00", "2026-11-22T16:00:00.000+00:00"),
        ("2026-11-22T18:00:00Z", "2026-11-22T18:00:00.000+00:00"),
    ],
)
def test_a_moment_is_read_as_people_write_it(said: str, meant: str) -> None:
    assert when(said, _NOW) == meant


@pytest.mark.parametrize(("said", "back"), [("today", 0), ("Yesterday", 1)])
def test_a_day_is_its_first_moment_here(said: str, back: int) -> None:
    found = datetime.fromisoformat(when(said, _NOW)).astimezone()
    assert found.date() == _NOW.astimezone().date() - timedelta(days=back)
    assert (found.hour, found.minute, found.second) == (0, 0, 0)


def test_a_bare_time_is_a_local_one() -> None:
    local = datetime.fromisoformat("2026-11-22T18:00").astimezone(UTC)
    assert datetime.fromisoformat(when("2026-11-22T18:00", _NOW)) == local


@pytest.mark.parametrize(
    "said",
    [
        "",
        "ago",
        "tomorrow",
        "2",
        "-5m ago",
        "5 moons",
        "5 moons ago",
        "9e9d ago",
        "0001-01-01T00:00+14:00",
    ],
)
def test_what_is_no_moment_is_refused(said: str) -> None:
    with pytest.raises(Malformed, match="is no time"):
        when(said, _NOW)


@given(st.timedeltas(timedelta(0), timedelta(days=3650)))
def test_so_long_ago_is_counted_back_from_now(span: timedelta) -> None:
    text = f"{span.days}d {span.seconds} seconds ago"
    back = _NOW - timedelta(days=span.days, seconds=span.seconds)
    assert datetime.fromisoformat(when(text, _NOW)) == back


def test_evidence_is_written_for_people() -> None:
    arguments = {
        "client": {"slot": "name", "index": 0},
        "day": {"slot": "frame"},
        "band": {"slot": "mention", "kind": "band", "index": 0},
        "status": {"fixed": "online"},
    }
    row = {"successes": 2.4231, "failures": 0, "stage": "new", "barred": 1, "arguments": arguments}
    told = showing.told(row)
    assert told["worked"] == "2.4 of 2.4"
    assert told["stage"] == "new, barred"
    assert told["arguments"] == "client=<name>, day=as asked, band=<band>, status=online"
    assert showing.told(row | {"barred": "all"})["stage"] == "barred"


def test_a_failure_that_is_no_evidence_says_so() -> None:
    assert showing.happened({"error_type": "timeout", "counts": False})["error"] == (
        "timeout (no evidence)"
    )
