"""`cortex backup` and `cortex restore`: all that Cortex knows in one file, without its secrets."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import click
import yaml

from cortex.cli import exits
from cortex.cli.connection import Address, connect, home_option, own_home, settings_of
from cortex.cli.keeping import archive, files, points, redis_keys
from cortex.cli.keeping.archive import FORMAT, Manifest
from cortex.cli.keeping.restoring import Drafts, Step, replace
from cortex.errors import Malformed, Unavailable
from cortex.fabric.activator.learning.remembrance import open_store
from cortex.fabric.telemetry.audit.log import held
from cortex.fabric.telemetry.keeping import Places, places_of
from cortex.settings import homes
from cortex.settings.documents import read_document
from cortex.settings.loading import Settings, prepare_home

_MEMORY, _REDIS, _SETTINGS = "memory.jsonl", "redis.jsonl", "settings.yaml"
_RESTORED = "settings-restored.yaml"
_WORDS = {
    "points": "remembered questions and outcomes",
    "Redis keys": "entries of queues and timers",
    "files": "files of the data folder",
}
"""What is counted, as people call it."""
_ANEW = (
    "tokens: make them again with `cortex tokens`; the next start makes an admin token",
    "keys/: the next start makes new ones; a question that waits for a yes is asked again",
    "timers: copy keys/ and tokens.json by hand, or order them again: without, none is done",
    "keys/memory: copy it by hand, or what one person alone taught serves nobody",
)


@click.command("backup", short_help="Put all that Cortex knows into one file.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Replace the file if there is one, without asking.")
@home_option
def backup_command(file: Path, home: Path | None, *, yes: bool) -> int:
    """Write memory, the audit log, queues and timers, and settings into FILE, mode 600.

    Works while Cortex runs. Tokens, keys and passwords are left out.
    """
    settings, file = settings_of(own_home(home)), file.absolute()
    if file.exists() and not yes:
        click.confirm(f"replace {file}?", abort=True)
    with _in_words(file), _folder_in(file.parent) as folder, _quiet(settings.home):
        counts, left_out = _gathered(settings, folder)
        manifest = archive.write(
            file,
            folder,
            Manifest(
                format=FORMAT,
                version=version("cortex-platform"),
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                counts=counts,
                left_out=(*left_out, *_ANEW),
            ),
        )
    click.echo(f"{_counted(manifest)} in {file}")
    return exits.DONE


@click.command("restore", short_help="Put back what a backup holds.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Replace what is there without asking.")
@home_option
def restore_command(file: Path, home: Path | None, *, yes: bool) -> int:
    """Replace memory, queues, timers and the audit log by what FILE holds.

    Nothing is changed unless the whole file is as it was written, no Cortex runs here, and all of
    it lies ready beside what is there. An audit log that is there is put aside, not deleted.
    """
    archive.refuse_odd(file.absolute())
    settings = settings_of(own_home(home))
    prepare_home(settings.home)
    homes.refuse_second(settings.home)
    audit = places_of(settings.telemetry)
    with homes.held(settings.home), held(audit.log), _folder_in(settings.home) as folder:
        manifest = archive.unpack(file.absolute(), folder)
        files.check(folder)
        if (folder / _MEMORY).exists():
            points.check(folder / _MEMORY)
        made = f"made {manifest.made_at} by Cortex {manifest.version}: {_counted(manifest)}"
        click.echo(exits.inert(made))
        if not yes:
            click.confirm(f"replace what is in {settings.home}?", abort=True)
        for line in asyncio.run(_put_back(settings, audit, folder)):
            click.echo(line)
    for one in manifest.left_out:
        click.echo(f"  set anew: {exits.inert(one)}")
    return exits.DONE


def _gathered(settings: Settings, folder: Path) -> tuple[dict[str, int], list[str]]:
    """Copy everything into a folder; tell how much of what it is, and what was left out."""
    counts = asyncio.run(_taken(settings, folder))
    counts["files"] = files.save(settings.home, folder)
    counts["audit records"] = files.save_audit(places_of(settings.telemetry), folder)
    missing: list[str] = []
    if settings.config_file is not None:
        document = read_document(settings.config_file.read_text(encoding="utf-8")) or {}
        kept, missing = files.cleaned(document)
        text = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)
        (folder / _SETTINGS).write_text(text, encoding="utf-8")
    return counts, missing


async def _taken(settings: Settings, folder: Path) -> dict[str, int]:
    """Take memory and Redis, as far as they are used."""
    counts: dict[str, int] = {}
    memory, redis_knobs = settings.activator.memory, settings.activator.redis
    found = homes.running(settings.home)
    if memory.enabled and found is not None and not memory.url:
        with connect(Address(home=settings.home)) as client:
            counts["points"] = points.save_running(client, folder / _MEMORY)
    elif memory.enabled:
        store = await open_store(memory, settings.home)
        try:
            counts["points"] = await points.save(store, folder / _MEMORY)
        finally:
            await store.close()
    if redis_knobs.enabled:
        async with redis_keys.opened(redis_knobs, settings.home) as redis:
            counts["Redis keys"] = await redis_keys.save(redis, folder / _REDIS)
    return counts


async def _put_back(settings: Settings, audit: Places, folder: Path) -> list[str]:
    """Lay everything ready, then replace it; tell what the operator should know of it."""
    told: list[str] = []
    async with contextlib.AsyncExitStack() as stack:
        drafts, log = (stack.enter_context(Drafts()) for _ in range(2))
        files.lay_ready(folder, settings.home, drafts)
        if (folder / _SETTINGS).exists():
            target = settings.home / _RESTORED
            drafts.add(target, folder / _SETTINGS)
            told.append(f"the settings lie in {target}: compare them with yours")
        files.lay_audit_ready(folder, audit, log)

        async def audited() -> None:
            if aside := files.put_audit_aside(audit):
                told.insert(0, f"the audit log that was here lies in {aside}")
            await log.place()

        await replace(
            [
                *await _ready_services(settings, folder, stack),
                Step("files", drafts.place),
                Step("the audit log", audited),
            ]
        )
    return [*told, f"restored into {settings.home}"]


async def _ready_services(
    settings: Settings, folder: Path, stack: contextlib.AsyncExitStack
) -> list[Step]:
    """Lay what Redis and memory held ready; the step that is likeliest to fail comes first."""
    memory, redis_knobs = settings.activator.memory, settings.activator.redis
    steps: list[Step] = []
    if redis_knobs.enabled and (folder / _REDIS).exists():
        redis = await stack.enter_async_context(redis_keys.opened(redis_knobs, settings.home))
        await stack.enter_async_context(redis_keys.staged(redis, folder / _REDIS))
        steps = [Step("queues and timers", partial(redis_keys.swap, redis, folder / _REDIS))]
    if not memory.enabled or not (folder / _MEMORY).exists():
        return steps
    if not memory.url:
        exchange = await stack.enter_async_context(points.staged(settings.home, folder / _MEMORY))
        return [*steps, Step("memory", exchange)]
    store = await open_store(memory, settings.home)
    stack.push_async_callback(store.close)
    in_parts = "memory, point by point on its server"
    return [Step(in_parts, partial(points.load, store, folder / _MEMORY)), *steps]


@contextlib.contextmanager
def _in_words(file: Path) -> Iterator[None]:
    """Say in words that there is no room for a backup, or no right to make it.

    Raises:
        Unavailable: something cannot be read or written.

    """
    try:
        yield
    except OSError as error:
        place = str(error.filename2 or error.filename or file)
        where = "" if place == str(file) else f", {place!r}"
        message = f"the backup {str(file)!r} was not made{where}: {error.strerror}"
        hint = "nothing was changed; make room there, or name another folder"
        raise Unavailable(message, hint=hint) from error


@contextlib.contextmanager
def _quiet(home: Path) -> Iterator[None]:
    """Keep a Cortex from starting half-way; one that runs is asked for what it holds."""
    with contextlib.ExitStack() as stack:
        if not home.is_dir():
            message = f"there is no data folder {str(home)!r}"
            raise Malformed(message, hint="name it with --home")
        if homes.running(home) is None:
            stack.enter_context(homes.held(home))
        yield


@contextlib.contextmanager
def _folder_in(parent: Path) -> Iterator[Path]:
    """Make a private folder on the same disk, and take it away again."""
    try:
        made = tempfile.TemporaryDirectory(prefix=".cortex-", dir=parent)
    except OSError as error:
        message = f"nothing can be written in {str(parent)!r}: {error.strerror}"
        raise Malformed(message, hint="name another folder") from error
    with made as folder:
        yield Path(folder)


def _counted(manifest: Manifest) -> str:
    """Say what a backup holds, in words; a name of a later version stands for itself."""
    counts = sorted(manifest.counts.items())
    return ", ".join(f"{count} {_WORDS.get(name, name)}" for name, count in counts)
