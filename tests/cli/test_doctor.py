"""`cortex doctor` names what is wrong with a home or a login, and how to mend it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from cortex.cli import exits, run
from cortex.clients.unifi import Endpoint, Insecure, Secret, SiteRef, UnifiClient
from cortex.lab.site import Lab
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.serve import listening
from cortex.simulators.unifi.simulator import simulate


def _doctor(folder: Path, capsys: pytest.CaptureFixture[str], **controller: Any) -> tuple[int, str]:
    file = folder / "cortex.yaml"
    home = folder / "home"
    file.write_text(json.dumps({"home": str(home), "controller": controller}))
    capsys.readouterr()
    return run(["doctor", "--config", str(file)]), capsys.readouterr().out


def _secret(folder: Path, text: str) -> str:
    file = folder / "secret"
    file.touch(mode=0o600)
    file.write_text(text)
    return str(file)


def _about(shown: str, what: str) -> str:
    return next(line for line in shown.splitlines() if f"  {what}: " in line)


def test_a_wrong_setting_is_the_whole_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown = _doctor(tmp_path, capsys, urll="x")
    assert code == exits.FAILED
    assert "did you mean url?" in shown
    assert len(shown.splitlines()) == 2


def test_a_missing_address_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = _doctor(tmp_path, capsys)
    assert code == exits.FAILED
    assert "set controller.url" in shown


def test_a_home_that_others_may_enter_fails_with_the_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    _, shown = _doctor(tmp_path, capsys)
    assert _about(shown, "data folder").startswith("FAIL")
    assert f"chmod 700 {home}" in shown


def test_plain_http_and_an_insecure_trust_are_warnings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = _secret(tmp_path, "lab-admin-key")
    plain = SimulatorOptions(tls=False)
    with listening(simulate(plain), plain) as url:
        code, shown = _doctor(tmp_path, capsys, url=url, api_key_file=secret)
    assert code == exits.DONE, shown
    assert "the key travels readable" in shown
    with listening(simulate()) as url:
        code, shown = _doctor(tmp_path, capsys, url=url, api_key_file=secret, trust="insecure")
    assert code == exits.DONE, shown
    assert _about(shown, "certificate").startswith("warn")
    assert "trust: pin, fingerprint: " in shown


def test_a_refused_key_is_tried_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulator = simulate()
    secret = _secret(tmp_path, "not-the-key")
    with listening(simulator) as url:
        code, shown = _doctor(tmp_path, capsys, url=url, api_key_file=secret, trust="insecure")
    assert code == exits.FAILED
    assert _about(shown, "login").startswith("FAIL")
    assert "not-the-key" not in shown


def test_a_login_that_works_again_ends_the_memory_of_its_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = _secret(tmp_path, "lab-admin-key")
    kept = tmp_path / "home" / "execution-unifi-api" / "refused-login"
    kept.parent.mkdir(mode=0o700, parents=True)
    kept.parent.parent.chmod(0o700)
    kept.write_text("00 00\n")
    with listening(simulate()) as url:
        code, shown = _doctor(tmp_path, capsys, url=url, api_key_file=secret, trust="insecure")
    assert code == exits.DONE, shown
    assert not kept.exists()


def test_rights_and_lanes_that_are_too_small_are_warnings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = SimulatorOptions(key_scope="integration")
    secret = _secret(tmp_path, "lab-admin-key")
    with listening(simulate(options), options) as url:
        _, shown = _doctor(tmp_path, capsys, url=url, api_key_file=secret, trust="insecure")
    assert _about(shown, "API lanes").startswith("warn")
    assert "password_file" in shown
    password = _secret(tmp_path, "only-looking-around")
    with listening(simulate()) as url:
        code, shown = _doctor(
            tmp_path, capsys, url=url, username="viewer", password_file=password,
            trust="insecure",
        )  # fmt: skip
    assert code == exits.DONE, shown
    assert "may only read" in _about(shown, "rights")


def test_a_site_is_found_by_every_name_that_works_when_asking(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator = simulate()
    secret = _secret(tmp_path, "lab-admin-key")
    with listening(simulator) as url:
        (home, *_) = asyncio.run(_sites(url))
        for name in (home.display_name.upper(), home.uuid, home.short_name, home.id):
            code, shown = _doctor(
                tmp_path, capsys, url=url, api_key_file=secret, trust="insecure", site=name
            )
            assert code == exits.DONE, shown
            assert _about(shown, "sites").endswith(f"used: {home.short_name}")


async def _sites(url: str) -> tuple[SiteRef, ...]:
    async with UnifiClient(Endpoint(url, Secret("lab-admin-key"), trust=Insecure())) as unifi:
        return (await unifi.connect()).sites


def test_an_authority_that_cannot_be_read_is_said_to_be_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = _secret(tmp_path, "lab-admin-key")
    gone = str(tmp_path / "gone.pem")
    with listening(simulate()) as url:
        code, shown = _doctor(
            tmp_path, capsys, url=url, api_key_file=secret, trust="ca", ca_file=gone
        )
    assert code == exits.FAILED
    assert gone in _about(shown, "certificate")


def test_the_fingerprint_is_shown_before_there_is_a_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening(simulate()) as url:
        code, shown = _doctor(tmp_path, capsys, url=url, trust="insecure")
    assert code == exits.FAILED
    assert "SHA-256" in _about(shown, "certificate")
    assert "no credentials" in _about(shown, "login")


def test_a_port_that_speaks_no_tls_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = SimulatorOptions(tls=False)
    with listening(simulate(plain), plain) as url:
        wrong = url.replace("http:", "https:")
        code, shown = _doctor(tmp_path, capsys, url=wrong)
    assert code == exits.FAILED
    assert "no TLS handshake" in _about(shown, "certificate")


def test_a_certificate_that_is_not_the_pinned_one_is_no_first_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = _secret(tmp_path, "lab-admin-key")
    pinned = "ab" * 32
    with listening(simulate()) as url:
        code, shown = _doctor(
            tmp_path, capsys, url=url, api_key_file=secret, trust="pin", fingerprint=pinned
        )
    assert code == exits.FAILED
    assert "not the pinned one" in _about(shown, "certificate")
    assert f"pinned is {pinned}" in shown
    assert "somebody may be in between, or the certificate was renewed" in shown
    assert "trust: insecure" not in shown


def _lab_at_its_usual_place(lab: Lab, folder: Path) -> None:
    """Let a lab stand where one is looked for."""
    state = folder / "state"
    state.mkdir()
    (state / "cortex-lab").symlink_to(lab.home)


def test_a_lab_that_runs_is_checked_where_no_controller_is_set(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _lab_at_its_usual_place(lab, tmp_path)
    assert run(["doctor"]) == exits.DONE
    shown = capsys.readouterr().out
    assert "this is about the lab" in _about(shown, "lab")
    assert "cortex-lab/cortex.yaml" in _about(shown, "settings")
    assert _about(shown, "login").startswith("ok")
    assert _about(shown, "ssh").startswith("ok")
    assert _about(shown, "host keys").startswith("ok")


def test_a_controller_that_is_set_comes_before_a_lab_that_runs(
    lab: Lab,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _lab_at_its_usual_place(lab, tmp_path)
    monkeypatch.setenv("CORTEX_CONTROLLER_URL", "https://127.0.0.1:1")
    assert run(["doctor"]) == exits.FAILED
    shown = capsys.readouterr().out
    assert "this is about your own settings" in _about(shown, "lab")
    assert "127.0.0.1:1" in _about(shown, "connection")


def test_a_lab_is_checked_by_its_data_folder_and_may_write(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--home", str(lab.home)]) == exits.DONE
    shown = capsys.readouterr().out
    assert f"on {lab.home}: this is about it" in _about(shown, "lab")
    assert str(lab.home) in _about(shown, "data folder")
    assert _about(shown, "writes").startswith("warn")
    assert _about(shown, "rights").endswith("Cortex itself may change the network too")
    home = tmp_path / "another"
    assert run(["doctor", "--home", str(home)]) == exits.FAILED
    assert f"{home} will be made" in _about(capsys.readouterr().out, "data folder")


def test_a_data_folder_on_the_command_line_counts_for_more_than_the_one_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, home = tmp_path / "cortex.yaml", tmp_path / "another"
    file.write_text(json.dumps({"home": str(tmp_path / "home")}))
    run(["doctor", "--config", str(file), "--home", str(home)])
    assert f"{home} will be made" in _about(capsys.readouterr().out, "data folder")


def test_a_controller_that_is_away_comes_with_the_way_around_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, shown = _doctor(tmp_path, capsys, url="https://127.0.0.1:1")
    assert _about(shown, "connection").startswith("FAIL")
    assert "set ssh.username and ssh.password_file" in shown
    ssh = {"username": "me", "password_file": _secret(tmp_path, "word")}
    file = tmp_path / "with-ssh.yaml"
    controller = {"url": "https://127.0.0.1:1"}
    settings = {"home": str(tmp_path / "home"), "controller": controller, "ssh": ssh}
    file.write_text(json.dumps(settings))
    assert run(["doctor", "--config", str(file)]) == exits.FAILED
    assert "meanwhile devices can be asked over SSH" in capsys.readouterr().out
