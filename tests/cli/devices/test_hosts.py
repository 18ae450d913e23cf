"""`cortex ssh` lists, accepts and forgets host keys, and believes nobody by itself."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cortex.cli import exits
from cortex.fabric.messages import Known
from cortex.fabric.messages.known import written
from cortex.lab.site import Lab
from cortex.lab.steering import Steering, of_lab
from tests.cli.conftest import Said
from tests.cli.terminal import Typed, typed_at_a_terminal

AP = "Garage AP"
WRONG = "SHA256:" + "A" * 43


class Place(NamedTuple):
    """A data folder that remembers the devices of the lab."""

    home: Path
    devices: dict[str, dict[str, Any]]
    run: Callable[..., Said]

    @property
    def mac(self) -> str:
        """The address of the access point that is asked."""
        return str(self.devices[AP]["mac"])


@pytest.fixture
def steered(lab: Lab) -> Iterator[Steering]:
    with closing(of_lab(lab.home)) as found:
        yield found
        found.call("DELETE", "/ssh/traps")


@pytest.fixture
def place(lab: Lab, steered: Steering, tmp_path: Path, cortex: Callable[..., Said]) -> Place:
    home = tmp_path / "home"
    (home / "inventory").mkdir(parents=True)
    home.chmod(0o700)
    devices = {one["name"]: one for one in steered.devices()}
    rows = tuple(
        {"mac": one["mac"], "name": one["name"], "ssh_hostkey_fingerprint": one["fingerprint"]}
        for one in devices.values()
        if one["hostkey"] != "ssh-rsa"
    )
    known = Known(site="default", at=1_800_000_000.0, devices=rows)
    (home / "inventory" / "default.json").write_bytes(written(known))
    (home / "inventory" / "damaged.json").write_text("{")
    ssh = {"addresses_file": str(lab.home / "simulator" / "ssh-addresses.json")}
    (home / "cortex.yaml").write_text(json.dumps({"home": str(home), "ssh": ssh}))
    return Place(home, devices, lambda *words: cortex("ssh", *words, home=home))


def _rows(place: Place) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(place.run("hosts", "--json").out)
    return rows


def _sha256(shown: str) -> str:
    return next(word for word in shown.split() if word.startswith("SHA256:"))


def test_the_controller_s_keys_are_listed_with_since_when(place: Place) -> None:
    [row] = [row for row in _rows(place) if row["device"] == AP]
    assert (row["mac"], row["from"]) == (place.mac, "controller")
    assert row["fingerprint"] == place.devices[AP]["fingerprint"]
    shown = place.run("hosts").out
    assert "2027-01-15" in shown
    assert f"MD5:{row['fingerprint']}" in shown


def test_a_folder_that_remembers_nothing_says_what_to_do(
    tmp_path: Path, cortex: Callable[..., Said]
) -> None:
    said = cortex("ssh", "hosts", home=tmp_path / "other")
    assert said.code == exits.DONE
    assert "ask once while the controller answers" in said.out


def test_the_known_key_needs_no_accepting(place: Place) -> None:
    said = place.run("accept", AP.lower())
    assert said.code == exits.DONE
    assert "known already" in said.out
    assert place.devices[AP]["fingerprint"] in said.out


def test_a_changed_key_is_shown_beside_the_known_one_and_not_accepted_unasked(
    place: Place, steered: Steering
) -> None:
    steered.fault(AP, "changed-key")
    said = place.run("accept", AP)
    assert said.code == exits.NEEDS_YES
    assert place.devices[AP]["fingerprint"] in said.out
    assert _sha256(said.out)
    assert "give --fingerprint" in said.err
    assert not (place.home / "execution-unifi-ssh").exists()


def test_a_script_accepts_the_key_it_expects_and_no_other(place: Place, steered: Steering) -> None:
    steered.fault(AP, "changed-key")
    refused = place.run("accept", AP, "--fingerprint", WRONG)
    assert refused.code == exits.REFUSED
    assert "nothing was accepted" in refused.err
    expected = _sha256(refused.out)
    said = place.run("accept", place.mac.upper(), "--fingerprint", expected)
    assert said.code == exits.DONE
    ways = {row["from"]: row for row in _rows(place) if row["mac"] == place.mac}
    assert set(ways) == {"controller", "accepted"}
    assert ways["accepted"]["fingerprint"] == expected
    assert ways["accepted"]["since"] > 0
    assert "known already" in place.run("accept", AP).out
    assert place.run("accept", AP, "--fingerprint", WRONG).code == refused.code
    forgotten = place.run("forget", AP)
    assert forgotten.code == exits.DONE
    assert "the controller's is left" in forgotten.out
    assert place.run("forget", AP).code == exits.REFUSED


@pytest.mark.parametrize(("key", "code"), [("y", exits.DONE), ("n", exits.NEEDS_YES)])
def test_a_person_is_asked(place: Place, steered: Steering, key: str, code: int) -> None:
    steered.fault(AP, "changed-key")
    command = [sys.executable, "-m", "cortex", "ssh", "accept", AP, "--home", str(place.home)]
    prompt = Typed("accept this key for Garage AP?", f"{key}\n")
    assert typed_at_a_terminal(command, [prompt])[0] == code
    accepted = [row for row in _rows(place) if row["from"] == "accepted"]
    assert bool(accepted) == (key == "y")


def test_what_is_no_fingerprint_is_refused_before_anything_is_asked(place: Place) -> None:
    said = place.run("accept", AP, "--fingerprint", "nonsense")
    assert said.code == exits.REFUSED
    assert "'nonsense'" in said.err


def test_a_device_that_is_not_remembered_is_named_by_its_mac_and_place(
    place: Place, steered: Steering
) -> None:
    said = place.run("accept", "Nobody's AP")
    assert said.code == exits.REFUSED
    assert "cortex ssh hosts" in said.err
    where = place.devices[AP]["address"]
    said = place.run("accept", "00:00:00:00:00:01", "--at", where)
    assert said.code == exits.NEEDS_YES
    assert "known   none" in said.out
    assert place.run("accept", AP, "--at", "127.0.0.1:0").code == exits.REFUSED
    steered.fault(AP, "refused")
    assert place.run("accept", AP).code == exits.UNAVAILABLE


def test_a_device_with_old_keys_needs_the_setting(place: Place) -> None:
    [old, *_] = [one for one in place.devices.values() if one["hostkey"] == "ssh-rsa"]
    said = place.run("accept", old["mac"])
    assert said.code == exits.REFUSED
    assert "ssh.old_keys" in said.err
