"""All that a lab learned and was told, into a file, and back after everything was lost."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cortex.cli import exits, run
from cortex.cli.keeping import archive, redis_keys
from cortex.cli.keeping.files import cleaned
from cortex.clients.redis import RedisClient
from cortex.errors import Malformed, Unavailable
from cortex.fabric.telemetry.audit.verifying import verify
from cortex.lab.site import LabOptions, running_lab
from tests.cli.keeping.rooms import LATER_MS, held, recorded


@pytest.mark.timeout(120)
def test_what_was_lost_comes_back_as_it_was(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "cortex.tar"
    before = asyncio.run(held(home))
    assert run(["backup", str(file), "--home", str(home)]) == exits.DONE
    assert file.stat().st_mode & 0o777 == 0o600
    shutil.rmtree(home)
    assert run(["restore", str(file), "--yes", "--home", str(home)]) == exits.DONE
    assert asyncio.run(held(home)) == before
    assert before[1] == "queued"
    assert {b"cortex:asked", b"cortex:asked:chat:t1"} <= {one[0] for one in before[2]}
    report = verify(home / "audit", home / "anchor")
    assert (report.records, report.flaw) == (3, None)
    assert (home / "writes-stopped").exists()
    assert (home / "execution-unifi-api" / "intents.jsonl").exists()
    accepted = home / "execution-unifi-ssh" / "known_hosts.json"
    assert accepted.read_text() == '"execution-unifi-ssh/known_hosts.json"\n'
    assert accepted.stat().st_mode & 0o777 == 0o600


@pytest.mark.timeout(120)
def test_no_token_and_no_key_is_in_a_backup(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "cortex.tar"
    assert run(["backup", str(file), "--home", str(home)]) == exits.DONE
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert not [one for one in names if "key" in one.lower() or "token" in one]
    assert b"keys/grant" not in file.read_bytes()


@pytest.mark.timeout(120)
def test_what_was_recorded_since_is_put_aside_and_intents_are_kept(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "cortex.tar"
    run(["backup", str(file), "--home", str(home)])
    recorded(home, "e4")
    for layer in ("execution-unifi-api", "execution-unifi-ssh"):
        with (home / layer / "intents.jsonl").open("a") as intents:
            intents.write('"since"\n')
    assert run(["restore", str(file), "--yes", "--home", str(home)]) == exits.DONE
    assert verify(home / "audit", home / "anchor").records == 3
    [aside] = (home / "audit").glob("set-aside-*")
    assert verify(aside, aside).records == 4
    for layer in ("execution-unifi-api", "execution-unifi-ssh"):
        kept = (home / layer / "intents.jsonl").read_text().splitlines()
        assert kept == [f'"{layer}/intents.jsonl"', '"since"']


@pytest.mark.timeout(120)
def test_a_damaged_backup_changes_nothing(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "cortex.tar"
    run(["backup", str(file), "--home", str(home)])
    content = file.read_bytes()
    at = content.rindex(b"feedback.jsonl\n")
    file.write_bytes(content[:at] + b"F" + content[at + 1 :])
    before = asyncio.run(held(home))
    assert run(["restore", str(file), "--yes", "--home", str(home)]) == exits.REFUSED
    assert asyncio.run(held(home)) == before
    assert not list((home / "audit").glob("set-aside-*"))


@pytest.mark.timeout(120)
def test_a_running_cortex_is_backed_up_and_not_restored_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options, file = LabOptions(home=tmp_path / "lab"), tmp_path / "cortex.tar"
    with running_lab(options, os.environ) as lab:
        token = {"Authorization": f"Bearer {lab.token}"}
        with httpx.Client(base_url=lab.activator.url, headers=token, timeout=30) as http:
            assert (
                http.post("/v1/query", json={"query": "who is online?"}).json()["status"] == "done"
            )
        assert run(["backup", str(file), "--home", str(lab.home)]) == exits.DONE
        assert run(["restore", str(file), "--yes", "--home", str(lab.home)]) == exits.REFUSED
        said = capsys.readouterr()
        assert "already runs" in said.err
        assert "remembered questions and outcomes" in said.out
        assert "entries of queues and timers" in said.out
    assert run(["restore", str(file), "--yes", "--home", str(options.home)]) == exits.DONE
    told = capsys.readouterr().out
    assert "controller.api_key" in told
    assert "settings-restored.yaml" in told


def test_a_full_disk_is_told_and_leaves_the_backup_that_was_there(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "cortex.tar"
    home.mkdir(mode=0o700)
    (home / "feedback.jsonl").write_bytes(b"{}\n")
    file.write_bytes(b"the last one")
    # A file that may not grow stands for a disk that is full.
    program = f"ulimit -f 0; exec {sys.executable} -m cortex backup {file} --yes --home {home}"
    ended = subprocess.run(  # noqa: S603  # our own program
        ["/bin/sh", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CORTEX_MEMORY_ENABLED": "false", "CORTEX_REDIS_ENABLED": "false"},
    )
    assert ended.returncode == exits.UNAVAILABLE, ended.stderr
    assert f"the backup '{file}' was not made: File too large" in ended.stderr
    assert ended.stderr.count(str(file)) == 1
    assert "make room" in ended.stderr
    assert file.read_bytes() == b"the last one"
    assert {one.name for one in tmp_path.iterdir()} == {"home", "cortex.tar"}


@pytest.mark.anyio
async def test_every_key_is_tried_before_one_is_replaced(
    redis: RedisClient, tmp_path: Path
) -> None:
    file = tmp_path / "keys"
    for name in ("cortex:answer:a", "cortex:answer:b"):
        await redis.call("HSET", name, "status", "done")
    await redis_keys.save(redis, file)
    good = file.read_text().splitlines()
    second = json.loads(good[1])
    torn = second | {"value": second["value"][:8]}
    for wrong in (torn, second | {"expires_ms": -1}, json.loads(good[0])):
        file.write_text(f"{good[0]}\n{json.dumps(wrong)}\n")
        with pytest.raises(Malformed):
            async with redis_keys.staged(redis, file):
                pytest.fail("it was taken")
        assert await redis.call("DBSIZE") == 2


@pytest.mark.anyio
async def test_keys_are_replaced_in_one_step_or_not_at_all(
    redis: RedisClient, tmp_path: Path
) -> None:
    file = tmp_path / "keys"
    first, second, third = (f"cortex:answer:/final:{one}" for one in "abc")
    await redis.call("SET", first, "then")
    await redis.call("SET", second, "then", "PXAT", LATER_MS)
    await redis_keys.save(redis, file)
    await redis.call("SET", first, "now")
    await redis.call("SET", third, "now")
    async with redis_keys.staged(redis, file):
        await redis.call("DEL", f"cortex:restoring:{second}")
        with pytest.raises(Unavailable):
            await redis_keys.swap(redis, file)
    assert await redis.call("MGET", first, third) == [b"now", b"now"]
    async with redis_keys.staged(redis, file):
        assert await redis_keys.swap(redis, file) == 2
    assert await redis.call("DBSIZE") == 2
    assert await redis.call("GET", first) == b"then"
    assert await redis.call("PTTL", first) == -1
    left: Any = await redis.call("PTTL", second)
    assert left > LATER_MS // 4


@pytest.mark.timeout(120)
def test_a_changed_audit_log_and_a_false_point_are_refused_and_change_nothing(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, before = tmp_path / "cortex.tar", asyncio.run(held(home))
    run(["backup", str(file), "--home", str(home)])
    for name, old, new in (
        ("audit", b'"done"', b'"gone"'),
        ("memory.jsonl", b'"vector":[', b'"vector":[1],"was":['),
    ):
        _remade(file, tmp_path / "false.tar", tmp_path / name, (name, old, new))
        words = ["restore", str(tmp_path / "false.tar"), "--yes", "--home", str(home)]
        assert run(words) == exits.REFUSED
        told = capsys.readouterr()
        assert "damaged" in told.err
        assert asyncio.run(held(home)) == before
        assert not list((home / "audit").glob("set-aside-*"))


@pytest.mark.timeout(120)
def test_what_a_manifest_says_cannot_steer_a_terminal(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cortex.tar"
    run(["backup", str(file), "--home", str(home)])
    manifest = archive.unpack(file, _folder(tmp_path / "taken"))
    odd = msgspec.structs.replace(
        manifest, made_at="\x1b[2J", version="\x1b[31m", counts={"\x1b]0;x\x07": 1}
    )
    archive.write(file, tmp_path / "taken", odd)
    capsys.readouterr()
    assert run(["restore", str(file), "--yes", "--home", str(home)]) == exits.DONE
    told = capsys.readouterr().out
    assert "made" in told
    assert "\x1b" not in told


def test_settings_are_kept_without_their_secrets() -> None:
    kept, missing = cleaned(
        {
            "home": "/there",
            "controller": {"url": "https://a", "api_key_file": "key"},
            "redis": {"url": "redis://me:hunter2@there:6379/0"},
            "activator": {"layer_environ": {"TOKEN": "x"}, "writes": True},
        }
    )
    assert kept == {
        "controller": {"url": "https://a", "api_key_file": "key"},
        "redis": {"url": "redis://there:6379/0"},
        "activator": {"writes": True},
    }
    assert any("controller.api_key" in one for one in missing)
    assert "hunter2" not in json.dumps([kept, missing])


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("https://q:6333?api_key=hunter2", "https://q:6333"),
        ("https://me:x@q:6333/a?api_key=hunter2&db=1#hunter2", "https://q:6333/a?db=1"),
        ("https://q/?api_key=hun@hunter2", "https://"),
        ("redis://me:hunter2?@there", "redis://"),
        ("unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
    ],
)
def test_no_key_is_kept_in_an_address(url: str, bare: str) -> None:
    kept, missing = cleaned({"memory": {"url": url}})
    assert kept == {"memory": {"url": bare}}
    assert len(missing) == (url != bare)


def test_a_key_that_stands_in_the_settings_itself_is_not_kept() -> None:
    kept, missing = cleaned({"controller": {"api_key": "hunter2", "site": "default"}})
    assert kept == {"controller": {"site": "default"}}
    assert missing == ["controller.api_key"]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _remade(file: Path, target: Path, folder: Path, change: tuple[str, bytes, bytes]) -> None:
    """Write a backup anew, its digests too, in which some bytes are others."""
    manifest = archive.unpack(file, _folder(folder))
    part, old, new = change
    for one in sorted(folder.rglob("*")):
        if one.is_file() and str(one.relative_to(folder)).startswith(part):
            content = one.read_bytes()
            assert old in content
            one.write_bytes(content.replace(old, new, 1))
    archive.write(target, folder, manifest)
