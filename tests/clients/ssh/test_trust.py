"""Which host keys are believed, and what is sent to a device that is not."""

import asyncio
import stat
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from cortex.clients.ssh import Accepted, Door, KnownHosts, Limits, Login, Secret, Sessions, host_key
from cortex.errors import BadAnswer, Misconfigured, Rejected, Unreachable
from tests.clients.ssh.devices import (
    MAC,
    USER,
    WORD,
    asking,
    fingerprint,
    key,
    says,
    serving,
    talking,
)
from tests.requirements import requirement

pytestmark = pytest.mark.anyio


def _known(folder: Path) -> KnownHosts:
    return KnownHosts(folder / "hosts.json")


@pytest.mark.parametrize("form", ["md5", "sha256", "loud md5", "padded sha256"])
async def test_a_pinned_key_is_believed_in_every_form(form: str, tmp_path: Path) -> None:
    seen = fingerprint(key())
    pin = {
        "md5": seen.md5,
        "sha256": seen.sha256,
        "loud md5": f"MD5:{seen.md5.upper()}",
        "padded sha256": f" {seen.sha256}= ",
    }[form]
    async with serving(says("up")) as device, asking(tmp_path, first_use=False) as sessions:
        assert (await sessions.run(device.door(pin), ["uptime"])).text == "up"
        assert _known(tmp_path).of(MAC) is None


@requirement("ssh.key-first")
async def test_a_changed_key_ends_it_before_anything_of_the_login_is_sent(tmp_path: Path) -> None:
    other = fingerprint(key(which=1))
    async with serving() as device, asking(tmp_path) as sessions:
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(other.md5, name="Attic AP"), ["uptime"])
        assert not device.passwords
        assert not device.commands
    assert caught.value.reason == "host-key-changed"
    shown = fingerprint(key())
    assert caught.value.message == (
        f"find out why the host key of Attic AP at 127.0.0.1:{device.port} changed; nothing was"
        f" sent to it: known MD5:{other.md5}, shown MD5:{shown.md5} = {shown.sha256}"
    )
    assert caught.value.hint == (
        f"if it was reset or replaced, run `cortex ssh accept {MAC}`;"
        " if not, somebody may be in between"
    )


async def test_keys_are_compared_in_one_form_where_one_is_enough(tmp_path: Path) -> None:
    other, shown = fingerprint(key(which=1)), fingerprint(key())
    async with serving() as device, asking(tmp_path) as sessions:
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(other.sha256), ["uptime"])
    assert caught.value.message.endswith(f"known {other.sha256}, shown {shown.sha256}")


async def test_a_pin_that_is_no_fingerprint_believes_nothing(tmp_path: Path) -> None:
    async with serving() as device, asking(tmp_path) as sessions:
        with pytest.raises(Rejected, match="host key") as caught:
            await sessions.run(device.door("unreadable"), ["uptime"])
        assert caught.value.reason == "host-key-changed"
        assert not device.passwords


async def test_the_recorded_key_is_found_among_several(tmp_path: Path) -> None:
    kinds = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
    async with (
        serving(says("up"), *map(key, kinds)) as device,
        asking(tmp_path, first_use=False) as sessions,
    ):
        for kind in kinds:
            pin = fingerprint(key(kind)).md5
            assert (await sessions.run(device.door(pin), ["uptime"])).text == "up"
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(fingerprint(key(which=1)).md5), ["uptime"])
        assert caught.value.reason == "host-key-changed"
        assert fingerprint(key()).sha256 in caught.value.message
        assert device.passwords == [WORD] * len(kinds)


async def test_a_changed_key_stays_the_reason_when_there_is_no_other_to_be_seen(
    tmp_path: Path,
) -> None:
    async with serving(None, key("ssh-rsa")) as device, asking(tmp_path) as sessions:
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(fingerprint(key()).md5), ["uptime"])
        assert caught.value.reason == "host-key-changed"
        assert len(device.connections) == 2
        assert not device.passwords


async def test_an_unknown_key_is_not_believed_unless_told_to(tmp_path: Path) -> None:
    async with serving() as device, asking(tmp_path, first_use=False) as sessions:
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(), ["uptime"])
        assert caught.value.reason == "host-key-unknown"
        assert f"cortex ssh accept {MAC}" in caught.value.hint
        assert not device.passwords
        assert len(device.connections) == 1


async def test_the_first_key_seen_is_kept_and_another_one_refused(tmp_path: Path) -> None:
    async with serving() as device, asking(tmp_path) as sessions:
        await sessions.run(device.door(), ["uptime"])
    kept = _known(tmp_path).of(MAC)
    assert kept == Accepted(fingerprint(key()).sha256, by_hand=False)
    async with serving(None, key(which=1)) as device, asking(tmp_path) as sessions:
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(), ["uptime"])
        assert caught.value.reason == "host-key-changed"
        assert not device.passwords


async def test_a_key_merely_seen_first_does_not_outweigh_the_recorded_one(tmp_path: Path) -> None:
    async with serving() as device, asking(tmp_path) as sessions:
        await sessions.run(device.door(), ["uptime"])
        with pytest.raises(Rejected):
            await sessions.run(device.door(fingerprint(key(which=1)).md5), ["uptime"])
        assert len(device.passwords) == 1


async def test_a_key_accepted_by_hand_counts_beside_the_recorded_one(tmp_path: Path) -> None:
    _known(tmp_path).accept(MAC, fingerprint(key()).sha256)
    async with serving(says("up")) as device, asking(tmp_path, first_use=False) as sessions:
        door = device.door(fingerprint(key(which=1)).md5)
        assert (await sessions.run(door, ["uptime"])).text == "up"


async def test_a_key_accepted_meanwhile_is_not_overruled_by_the_first_one_seen(
    tmp_path: Path,
) -> None:
    other = fingerprint(key(which=1)).sha256
    async with serving() as device, asking(tmp_path) as sessions:
        device.on_login = lambda: _known(tmp_path).accept(MAC, other)
        with pytest.raises(Rejected, match="find out why the host key"):
            await sessions.run(device.door(), ["uptime"])
        assert not device.commands
        await device.connections[0].wait_closed()


async def test_a_first_key_that_cannot_be_kept_is_not_believed(tmp_path: Path) -> None:
    async with serving() as device, asking(tmp_path) as sessions:
        device.on_login = lambda: _no_file(tmp_path)
        with pytest.raises(Misconfigured):
            await sessions.run(device.door(), ["uptime"])
        assert not device.commands
        await device.connections[0].wait_closed()


def _no_file(folder: Path) -> None:
    (folder / "hosts.json").write_text("{")


async def test_a_key_of_a_refused_login_is_not_kept(tmp_path: Path) -> None:
    wrong = Login(USER, Secret("wrong"))
    async with serving() as device, asking(tmp_path, login=wrong) as sessions:
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(), ["uptime"])
        assert caught.value.reason == "auth"
        assert device.passwords == ["wrong"]
    assert _known(tmp_path).of(MAC) is None


async def test_the_user_s_own_known_hosts_are_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    async with serving() as device, asking(tmp_path / "home", first_use=False) as sessions:
        line = f"[127.0.0.1]:{device.port} {key().export_public_key().decode()}"
        (tmp_path / ".ssh" / "known_hosts").write_text(line)
        (tmp_path / ".ssh" / "config").write_text("Host *\n  User somebody\n  ProxyCommand false\n")
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(), ["uptime"])
        assert caught.value.reason == "host-key-unknown"


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
@pytest.mark.parametrize(
    "options",
    [
        {"host_key_algs": ["ssh-rsa"]},
        {"kex_algs": ["diffie-hellman-group14-sha1"]},
        {"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-sha1"]},
    ],
    ids=["host key", "key exchange", "mac"],
)
async def test_what_rests_on_sha1_is_good_enough_only_for_a_device_named_for_it(
    options: dict[str, Any], tmp_path: Path
) -> None:
    pin = fingerprint(key("ssh-rsa")).md5
    async with (
        serving(says("up"), key("ssh-rsa"), **options) as device,
        asking(tmp_path, first_use=False) as sessions,
    ):
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(pin), ["uptime"])
        assert caught.value.reason == "host-key-old"
        assert "ssh.old_keys" in caught.value.hint
        assert not device.passwords
        assert (await sessions.run(device.door(pin, old_keys=True), ["uptime"])).text == "up"


async def test_a_device_with_nothing_that_is_safe_is_not_spoken_to(tmp_path: Path) -> None:
    async with (
        serving(None, kex_algs=["diffie-hellman-group1-sha1"]) as device,
        asking(tmp_path) as sessions,
    ):
        with pytest.raises(BadAnswer, match="still safe"):
            await sessions.run(device.door(old_keys=True), ["uptime"])


async def test_a_console_may_ask_for_the_password_as_a_question(tmp_path: Path) -> None:
    async with (
        serving(says("up"), keyboard=["Password: "]) as device,
        asking(tmp_path) as sessions,
    ):
        assert (await sessions.run(device.door(), ["uptime"])).text == "up"
        assert device.passwords == [WORD]


async def test_a_notice_without_a_question_is_passed_over(tmp_path: Path) -> None:
    async with (
        serving(says("up"), keyboard=["", "Password: "]) as device,
        asking(tmp_path) as sessions,
    ):
        assert (await sessions.run(device.door(), ["uptime"])).text == "up"


async def test_an_account_without_a_name_is_told_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    with pytest.raises(Misconfigured, match="has no name"):
        Sessions({}, Limits(), first_use=False, known=_known(tmp_path))
    with pytest.raises(Misconfigured, match="has no name"):
        await host_key(Door(MAC, "127.0.0.1", 9), timeout_s=10)


async def test_what_the_environment_calls_the_user_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "\x1b[31mroot")
    monkeypatch.setenv("USER", "evil$(id)\nx")
    async with serving(says("up")) as device, asking(tmp_path) as sessions:
        assert (await host_key(device.door(), timeout_s=10)).sha256 == fingerprint(key()).sha256
        assert (await sessions.run(device.door(), ["uptime"])).text == "up"


async def test_a_question_that_is_shown_while_typed_gets_no_password(tmp_path: Path) -> None:
    async with (
        serving(says("up"), keyboard=["What is your password?"]) as device,
        asking(tmp_path) as sessions,
    ):
        with pytest.raises(Rejected):
            await sessions.run(device.door(), ["uptime"])
        assert not device.passwords


def _key_file(folder: Path, mode: int = 0o600, passphrase: str | None = None) -> Path:
    file = folder / "id"
    key(which=7).write_private_key(file, "pkcs8-pem", passphrase=passphrase)
    file.chmod(mode)
    return file


async def test_a_key_file_opens_a_device(tmp_path: Path) -> None:
    login = Login(USER, key_file=_key_file(tmp_path))
    async with (
        serving(says("up"), user_key=key(which=7)) as device,
        asking(tmp_path, login=login) as sessions,
    ):
        assert (await sessions.run(device.door(), ["uptime"])).text == "up"


@pytest.mark.parametrize("fault", ["open to others", "missing", "no key", "with a passphrase"])
async def test_a_key_file_that_cannot_be_used_is_named(fault: str, tmp_path: Path) -> None:
    file = tmp_path / "id"
    match fault:
        case "open to others":
            _key_file(tmp_path, 0o640)
        case "no key":
            file.write_text("nothing")
            file.chmod(0o600)
        case "with a passphrase":
            _key_file(tmp_path, passphrase=WORD)
    async with (
        serving() as device,
        asking(tmp_path, login=Login(USER, key_file=file)) as sessions,
    ):
        with pytest.raises(Misconfigured, match=str(file)):
            await sessions.run(device.door(), ["uptime"])
        assert not device.connections


async def test_a_key_can_be_looked_at_without_believing_it() -> None:
    async with serving() as device:
        seen = await host_key(device.door(), timeout_s=10)
        assert seen == fingerprint(key())
        assert not device.passwords
    with pytest.raises(Unreachable):
        await host_key(Door(MAC, "127.0.0.1", device.port), timeout_s=10)


async def test_a_key_that_nobody_shows_in_time_is_given_up() -> None:
    async with talking(lambda reader, _writer: _until_end(reader)) as door:
        with pytest.raises(Unreachable):
            await host_key(door, timeout_s=0.1)


async def _until_end(reader: asyncio.StreamReader) -> None:
    while await reader.read(4096):
        pass


async def test_a_file_of_accepted_keys_that_cannot_be_read_believes_nothing(
    tmp_path: Path,
) -> None:
    (tmp_path / "hosts.json").write_text("{")
    async with serving() as device, asking(tmp_path) as sessions:
        with pytest.raises(Misconfigured, match=r"hosts\.json"):
            await sessions.run(device.door(), ["uptime"])
        assert not device.connections


async def test_the_file_of_accepted_keys_is_its_owner_s_alone(tmp_path: Path) -> None:
    async with serving() as device, asking(tmp_path) as sessions:
        await sessions.run(device.door(), ["uptime"])
    assert stat.S_IMODE((tmp_path / "hosts.json").stat().st_mode) == 0o600
    assert asyncssh.__version__
