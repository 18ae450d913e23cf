"""The commands, against a running lab: what is printed, what is done, how it ends."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.cli import exits, run
from cortex.lab.cast import Cast, choose, client
from cortex.lab.site import ControlPlane, Lab
from tests.cli.conftest import Said

Cortex = Callable[..., Said]
_WITHIN_S = 40.0


@pytest.fixture
def cast(plane: ControlPlane) -> Cast:
    return choose(plane.world())


def _at_a_terminal(lab: Lab, question: str, answers: dict[str, str], *options: str) -> Said:
    """Ask at a pseudo terminal, and answer each prompt once it is there."""
    ours, theirs = pty.openpty()
    with ExitStack() as stack:
        stack.callback(os.close, ours)
        process = stack.enter_context(
            subprocess.Popen(  # noqa: S603  # our own program
                [
                    sys.executable,
                    "-m",
                    "cortex",
                    "ask",
                    "--home",
                    str(lab.home),
                    *options,
                    question,
                ],
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        )
        stack.callback(process.kill)
        os.close(theirs)
        assert process.stdout is not None
        out, left = "", dict(answers)
        deadline = time.monotonic() + _WITHIN_S
        while time.monotonic() < deadline:
            readable, _, _ = select.select([process.stdout], [], [], 0.5)
            part = os.read(process.stdout.fileno(), 65536) if readable else None
            if part == b"":
                return Said(process.wait(10), out, "")
            out += (part or b"").decode()
            for prompt in [one for one in left if one in out]:
                os.write(ours, f"{left.pop(prompt)}\n".encode())
    message = f"it did not end: {out}"
    raise AssertionError(message)


def test_a_list_is_a_table_and_the_trail_is_on_standard_error(cortex: Cortex) -> None:
    said = cortex("ask", "list all devices")
    assert said.code == exits.DONE
    assert "Core Switch" in said.out
    assert "list_devices" in said.err
    assert "list_devices" not in said.out


def test_raw_responses_are_json_and_nothing_else(cortex: Cortex) -> None:
    said = cortex("ask", "--json", "who is online?")
    body = json.loads(said.out)
    assert body["status"] == "done"
    assert body["data"]["rows"]
    assert said.err == ""


def test_a_harmless_write_is_done_and_seen_in_the_simulator(
    cortex: Cortex, plane: ControlPlane, cast: Cast
) -> None:
    said = cortex("ask", f"block {cast.laptop}")
    assert said.code == exits.DONE
    assert "undo: cortex ask" in said.out
    assert client(plane.world(), cast.laptop_mac)["blocked"] is True
    assert cortex("ask", f"unblock {cast.laptop}").code == exits.DONE
    assert client(plane.world(), cast.laptop_mac)["blocked"] is False


def test_two_that_may_be_meant_are_listed_and_nothing_is_done(
    cortex: Cortex, plane: ControlPlane
) -> None:
    before = len(plane.writes())
    said = cortex("ask", "block the iPad")
    assert said.code == exits.CLARIFY
    assert "1. " in said.out
    assert "2. " in said.out
    assert len(plane.writes()) == before


def test_without_a_terminal_nothing_is_confirmed(
    cortex: Cortex, plane: ControlPlane, cast: Cast
) -> None:
    before = len(plane.writes())
    said = cortex("ask", f"restart {cast.point}")
    assert said.code == exits.NEEDS_YES
    assert cast.point in said.out
    assert "ask again at a terminal" in said.err
    assert len(plane.writes()) == before


def test_yes_does_not_cover_what_cannot_be_undone(
    cortex: Cortex, plane: ControlPlane, cast: Cast
) -> None:
    before = len(plane.writes())
    assert cortex("ask", "--yes", f"restart {cast.point}").code == exits.NEEDS_YES
    assert cortex("ask", "--yes", f"forget client {cast.tablet}").code == exits.NEEDS_YES
    assert len(plane.writes()) == before


def test_why_yes_was_not_enough_is_said_with_what_to_do(cortex: Cortex, cast: Cast) -> None:
    said = cortex("ask", "--yes", f"restart {cast.point}").err
    assert "--yes covers only writes that can be undone; restart_device cannot" in said
    assert "confirm over POST /v1/confirm" in said
    assert "--json asks nobody" in cortex("ask", "--json", f"restart {cast.point}").err


def test_a_script_confirms_over_the_wire_what_was_shown_as_json(
    cortex: Cortex, lab: Lab, plane: ControlPlane, cast: Cast
) -> None:
    before = len(plane.writes())
    body = json.loads(cortex("ask", "--json", f"restart {cast.point}").out)
    reply = httpx.post(
        f"{lab.activator.url}/v1/confirm",
        json={"token": body["confirmation"]["token"]},
        headers={"authorization": f"Bearer {lab.token}"},
        timeout=_WITHIN_S,
    )
    assert reply.json()["status"] == "done"
    assert len(plane.writes()) == before + 1


def test_a_dry_run_changes_nothing(cortex: Cortex, plane: ControlPlane, cast: Cast) -> None:
    before = len(plane.writes())
    assert cortex("ask", "--dry-run", f"block {cast.laptop}").code == exits.DONE
    assert len(plane.writes()) == before


def test_what_is_no_command_is_refused(cortex: Cortex, plane: ControlPlane) -> None:
    before = len(plane.writes())
    assert cortex("ask", "bloquea la impresora").code in {exits.REFUSED, exits.CLARIFY}
    assert len(plane.writes()) == before


def test_a_hostile_hostname_is_shown_and_does_nothing(
    cortex: Cortex, plane: ControlPlane, cast: Cast
) -> None:
    before = len(plane.writes())
    said = cortex("ask", f"show client {cast.hostile_mac}")
    assert said.code == exits.DONE
    assert cast.hostile_hostname in said.out
    assert len(plane.writes()) == before


def test_a_person_picks_by_number(lab: Lab, plane: ControlPlane) -> None:
    before = len(plane.writes())
    said = _at_a_terminal(lab, "block the iPad", {"which one?": "1"})
    assert "1. " in said.out
    assert said.code == exits.DONE
    assert len(plane.writes()) == before + 1


def test_a_person_picks_by_name_after_a_number_that_is_not_there(lab: Lab, cast: Cast) -> None:
    answers = {"which one?": "7", "'7' is none of them; type a number from 1 to": cast.tablet}
    said = _at_a_terminal(lab, "show client iPad", answers)
    assert said.code == exits.DONE, said.out
    assert cast.tablet in said.out.rpartition("which one?")[2]


@pytest.mark.parametrize("said", ["", "n", "No", "0"])
def test_a_person_picks_none(lab: Lab, plane: ControlPlane, said: str) -> None:
    before = len(plane.writes())
    shown = _at_a_terminal(lab, "block the iPad", {"which one?": said})
    assert shown.code == exits.CLARIFY, shown.out
    assert len(plane.writes()) == before


def test_a_person_asks_something_else_instead_of_picking(
    lab: Lab, plane: ControlPlane, cast: Cast
) -> None:
    before = len(plane.writes())
    shown = _at_a_terminal(lab, "block the iPad", {"which one?": f"show {cast.point}"})
    assert shown.code == exits.DONE, shown.out
    assert cast.point in shown.out.rpartition("which one?")[2]
    assert len(plane.writes()) == before


def test_a_yes_that_says_not_which_one_is_asked_back(lab: Lab, plane: ControlPlane) -> None:
    before = len(plane.writes())
    answers = {"which one?": "y", "'y' says not which one; type a number": "n"}
    assert _at_a_terminal(lab, "block the iPad", answers).code == exits.CLARIFY
    assert len(plane.writes()) == before


def test_a_yes_beforehand_is_no_yes_to_another_order(
    lab: Lab, plane: ControlPlane, cast: Cast
) -> None:
    before = len(plane.writes())
    answers = {"which one?": f"block {cast.tablet} in 2 hours", "do it?": "n"}
    shown = _at_a_terminal(lab, "block the iPad", answers, "--yes")
    assert shown.code == exits.NEEDS_YES, shown.out
    assert len(plane.writes()) == before


def test_a_person_says_yes_and_the_access_point_restarts(
    lab: Lab, plane: ControlPlane, cast: Cast
) -> None:
    before = len(plane.writes())
    said = _at_a_terminal(lab, f"restart {cast.point}", {"do it?": "y"})
    assert said.code == exits.DONE
    assert len(plane.writes()) == before + 1


def test_a_person_says_no_and_nothing_happens(lab: Lab, plane: ControlPlane, cast: Cast) -> None:
    before = len(plane.writes())
    said = _at_a_terminal(lab, f"restart {cast.point}", {"do it?": "n"})
    assert said.code == exits.NEEDS_YES
    assert "nothing was changed" in said.out
    assert len(plane.writes()) == before


def test_questions_at_one_terminal_are_one_conversation(
    lab: Lab, plane: ControlPlane, cast: Cast
) -> None:
    before = len(plane.writes())
    assert _at_a_terminal(lab, f"show {cast.point}", {}).code == exits.DONE
    said = _at_a_terminal(lab, "restart it", {"do it?": "n"})
    assert f"Restart {cast.point}" in said.out, said.out
    assert len(plane.writes()) == before


def test_a_script_names_its_conversation_and_has_none_otherwise(cortex: Cortex) -> None:
    assert cortex("ask", "--conversation", "night", "show device Core Switch").code == exits.DONE
    again = cortex("ask", "--conversation", "night", "again")
    assert (again.code, "Core Switch" in again.out) == (exits.DONE, True)
    assert cortex("ask", "again").code != exits.DONE


def test_a_destructive_call_wants_the_name_typed(lab: Lab, plane: ControlPlane, cast: Cast) -> None:
    before = len(plane.writes())
    said = _at_a_terminal(lab, f"forget client {cast.tablet}", {"to do it": "yes"})
    assert f'type "{cast.tablet}"' in said.out
    assert said.code == exits.NEEDS_YES
    assert len(plane.writes()) == before


def test_an_example_of_something_near_is_never_run_by_its_number(
    lab: Lab, plane: ControlPlane
) -> None:
    before = len(plane.writes())
    said = _at_a_terminal(lab, "open the front door", {"which one?": "1"})
    assert "which one?" not in said.out
    assert said.code == exits.CLARIFY
    assert len(plane.writes()) == before


def test_explain_shows_the_way_without_going_it(cortex: Cortex, plane: ControlPlane) -> None:
    before = len(plane.writes())
    said = cortex("explain", "block the printer")
    assert said.code == exits.DONE
    assert "block_client" in said.out
    assert len(plane.writes()) == before


def test_layers_and_tools_are_listed(cortex: Cortex) -> None:
    assert "execution-unifi-api" in cortex("layers").out
    assert "block_client" in cortex("tools").out
    assert json.loads(cortex("layers", "--json").out)["layers"]


def test_an_answer_can_be_judged_by_its_id(cortex: Cortex) -> None:
    body = json.loads(cortex("ask", "--json", "who is online?").out)
    judged = cortex("feedback", body["query_id"], "positive")
    assert judged.code == exits.DONE
    assert "count" in judged.out
    assert cortex("feedback", "0" * 32, "positive").code == exits.REFUSED


def test_the_kill_switch_stops_writes_at_once_and_lets_go_again(
    cortex: Cortex, plane: ControlPlane, cast: Cast
) -> None:
    before = len(plane.writes())
    try:
        assert "stopped" in cortex("writes", "stop").out
        assert "pulled" in cortex("writes", "status").out
        assert cortex("ask", f"block {cast.laptop}").code == exits.REFUSED
        assert len(plane.writes()) == before
    finally:
        assert cortex("writes", "allow").code == exits.DONE
    assert "not pulled" in cortex("writes", "status").out


def test_a_token_is_made_used_rotated_and_revoked(
    cortex: Cortex, lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token"

    def ask(question: str) -> Said:
        capsys.readouterr()
        where = ["--url", lab.activator.url, "--token-file", str(file)]
        return Said(run(["ask", "--json", question, *where]), *capsys.readouterr())

    def keep(secret: str) -> None:
        file.touch(mode=0o600)
        file.write_text(secret)

    name = f"reader-{os.getpid()}"
    keep(cortex("tokens", "create", name).out)
    assert ask("who is online?").code == exits.DONE
    assert ask("block the printer").code == exits.REFUSED
    rotated = cortex("tokens", "rotate", name).out
    assert "unknown" in ask("who is online?").err
    keep(rotated)
    assert ask("who is online?").code == exits.DONE
    assert cortex("tokens", "revoke", name).code == exits.DONE
    assert ask("who is online?").code == exits.REFUSED
    listed = cortex("tokens", "list").out
    assert name in listed
    assert rotated.strip() not in listed


def test_doctor_finds_nothing_wrong_with_a_lab(
    lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORTEX_CONFIG", str(lab.settings_file))
    code = run(["doctor"])
    shown = capsys.readouterr().out
    assert code == exits.DONE, shown
    for what in ("certificate: trusted", "login: accepted", "version: UniFi Network", "rights: "):
        assert what in shown


def test_doctor_shows_the_fingerprint_and_the_three_ways_to_trust_it(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    untrusting = _settings(lab)["controller"] | {"trust": "system"}
    code, shown = _doctor(tmp_path, capsys, _settings(lab) | {"controller": untrusting})
    assert code == exits.FAILED
    for way in ("trust: pin", "trust: ca", "trust: insecure"):
        assert way in shown
    seen = shown.partition("fingerprint: ")[2].split()[0]
    pinned = untrusting | {"trust": "pin", "fingerprint": seen}
    code, shown = _doctor(tmp_path, capsys, _settings(lab) | {"controller": pinned})
    assert code == exits.DONE, shown


def _settings(lab: Lab) -> dict[str, Any]:
    """Return the settings of the lab, for a file in another folder than its secrets."""
    settings: dict[str, Any] = json.loads(lab.settings_file.read_text())
    for section, key in (
        ("controller", "api_key_file"),
        ("ssh", "password_file"),
        ("ssh", "console_password_file"),
    ):
        settings[section][key] = str(lab.home / settings[section][key])
    return settings


def _doctor(
    folder: Path, capsys: pytest.CaptureFixture[str], settings: dict[str, Any]
) -> tuple[int, str]:
    file = folder / "cortex.yaml"
    file.write_text(json.dumps(settings))
    capsys.readouterr()
    return run(["doctor", "--config", str(file)]), capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"site": "atlantis"}, "no site 'atlantis'"),
        ({"url": "https://127.0.0.1:1"}, "FAIL  connection"),
        ({"url": "https://a..b"}, "no address is known"),
    ],
)
def test_doctor_names_what_is_wrong(
    lab: Lab,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, str],
    said: str,
) -> None:
    settings = _settings(lab)
    changed = settings["controller"] | change
    code, shown = _doctor(tmp_path, capsys, settings | {"controller": changed})
    assert code == exits.FAILED
    assert said in shown


def test_a_second_cortex_on_the_same_folder_is_refused(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--config", str(lab.settings_file), "--home", str(lab.home)]
    assert run(["up", *arguments]) == exits.REFUSED
    assert lab.activator.url in capsys.readouterr().err
    assert run(["lab", "--home", str(lab.home)]) == exits.REFUSED


def test_nobody_home_is_said_with_what_to_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", "--home", str(tmp_path), "hi"]) == exits.UNAVAILABLE
    assert "cortex lab" in capsys.readouterr().err
