"""`cortex doctor` says whether devices could be asked without their controller."""

import json
import os
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from cortex.cli.devices.readiness import look_at_ssh
from cortex.cli.render import Check
from cortex.fabric.messages import Known
from cortex.fabric.messages.known import written
from cortex.settings.loading import load

PIN = ":".join(["ab"] * 16)
MAC = "0c:ea:14:00:00:01"


def _checks(folder: Path, *devices: dict[str, Any], **ssh: Any) -> list[Check]:
    home = folder / "home"
    (home / "inventory").mkdir(parents=True, exist_ok=True)
    known = Known(site="default", at=1.0, devices=devices)
    (home / "inventory" / "default.json").write_bytes(written(known))
    file = folder / "cortex.yaml"
    file.write_text(json.dumps({"home": str(home), "ssh": ssh}))
    return list(look_at_ssh(load({"HOME": os.environ["HOME"]}, file=file)))


def _word(folder: Path) -> str:
    (folder / "word").write_text("word")
    (folder / "word").chmod(0o600)
    return str(folder / "word")


def test_no_login_is_a_choice(tmp_path: Path) -> None:
    [check] = _checks(tmp_path)
    assert check.verdict == "ok"
    assert "no login" in check.found


def test_both_logins_and_known_keys_are_well(tmp_path: Path) -> None:
    word = _word(tmp_path)
    device = {"mac": MAC, "ssh_hostkey_fingerprint": PIN}
    checks = _checks(
        tmp_path, device, username="me", password_file=word, console_password_file=word
    )
    assert [one.verdict for one in checks] == ["ok", "ok"]
    assert "1 from the controller, 0 accepted" in checks[1].found


def test_a_login_that_lacks_something_is_named(tmp_path: Path) -> None:
    word = _word(tmp_path)
    assert _checks(tmp_path, username="me")[0].verdict == "fail"
    [console, _] = _checks(tmp_path, username="me", password_file=word)
    assert (console.verdict, "console" in console.found) == ("warn", True)
    [device, _] = _checks(tmp_path, console_password_file=word)
    assert (device.verdict, "device" in device.found) == ("warn", True)


def test_devices_without_a_key_and_first_use_are_warnings(tmp_path: Path) -> None:
    login = {"username": "me", "password_file": _word(tmp_path)}
    [_, keys] = _checks(tmp_path, {"mac": MAC}, **login)
    assert keys.verdict == "warn"
    assert "1 device" in keys.found
    [_, keys] = _checks(tmp_path, {"mac": MAC}, first_use=True, **login)
    assert keys.verdict == "warn"
    [_, keys] = _checks(tmp_path, **login)
    assert (keys.verdict, "none is known yet" in keys.found) == ("ok", True)


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_key_file_must_be_its_owner_s_alone(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(file)
    file.chmod(mode)
    [check, *_] = _checks(tmp_path, username="me", key_file=str(file))
    assert (check.verdict == "fail") == (mode == 0o644)


def test_a_damaged_file_of_accepted_keys_or_addresses_fails(tmp_path: Path) -> None:
    login = {"username": "me", "password_file": _word(tmp_path)}
    addresses = str(tmp_path / "gone.json")
    assert _checks(tmp_path, addresses_file=addresses, **login)[0].verdict == "fail"
    kept = tmp_path / "home" / "execution-unifi-ssh" / "known_hosts.json"
    kept.parent.mkdir()
    kept.write_text("{")
    [check] = _checks(tmp_path, **login)
    assert check.verdict == "fail"
    assert "known_hosts.json" in check.found
