"""One collection in the embedded engine: a folder made whole or not at all, opened and asked.

Everything here is synchronous and belongs to one thread. Errors of the engine, its panics among
them, leave as `Unavailable` or `BadAnswer` that name the folder and what to do.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import qdrant_edge as engine

from cortex.errors import BadAnswer, CortexError, Unavailable
from cortex.fabric.memory.collections import DIMENSIONS, Collection, IndexKind

SERVICE = "embedded memory"

_INDEXES: dict[IndexKind, Callable[[], "engine.PayloadSchemaParams"]] = {
    "keyword": lambda: engine.KeywordIndexParams(memory=engine.Memory.Cold),
    "bool": lambda: engine.BoolIndexParams(memory=engine.Memory.Cold),
    "integer": lambda: engine.IntegerIndexParams(
        lookup=True, range=True, memory=engine.Memory.Cold
    ),
    "datetime": lambda: engine.DatetimeIndexParams(memory=engine.Memory.Cold),
}


def open_shard(folder: Path, collection: Collection) -> engine.EdgeShard:
    """Open the collection in its folder; make it when it is not there, and missing indexes."""
    whole = folder / collection.name
    with translated(whole):
        if not whole.exists():
            _create(folder / f"{collection.name}.new", whole)
        shard = engine.EdgeShard.load(str(whole), _config())
        there = shard.info().payload_schema
        for name, kind in collection.indexes.items():
            if name not in there:
                shard.update(engine.UpdateOperation.create_field_index(name, _INDEXES[kind]()))
    return shard


def _create(draft: Path, whole: Path) -> None:
    """Make a shard beside its place and move it there, so that a kill leaves none half made."""
    shutil.rmtree(draft, ignore_errors=True)
    shard = engine.EdgeShard.create(str(draft), _config())
    shard.flush()
    shard.close()
    draft.rename(whole)


def _config() -> engine.EdgeConfig:
    return engine.EdgeConfig(
        vectors=engine.EdgeVectorParams(
            size=DIMENSIONS, distance=engine.Distance.Cosine, memory=engine.Memory.Cold
        ),
        payload_memory=engine.Memory.Cold,
        max_search_threads=1,
        wal_enabled=True,
    )


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turn what the engine or the disk raises into our errors, for a collection's folder.

    The engine knows one error, `Exception` itself, and tells more in its text only; its panics
    derive from `BaseException`.
    """
    try:
        yield
    except CortexError:
        raise
    except Exception as error:
        raise _translation(folder, str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(folder, str(error)) from error


_CAUSES = (
    (r"No space left|StorageFull|os error 28|Disk quota|os error 122|File too large|os error 27",
     "the disk that holds {folder} is full; free some space"),
    (r"Permission denied|Read-only file system|os error 13|os error 30",
     "{folder} cannot be written; give this user the right to, on a disk that takes writes"),
    (r"Too many open files|os error 24",
     "too many files are open to use {folder}; raise the limit (ulimit -n)"),
    (r"Cannot allocate memory|os error 12\b",
     "there is not enough memory to use {folder}"),
    (r"WouldBlock", "{folder} is held by another process; stop that one"),
    (r"not initialized", "the store in {folder} was closed; open it again"),
)  # fmt: skip


def _translation(folder: Path, text: str) -> CortexError:
    for pattern, meaning in _CAUSES:
        if re.search(pattern, text):
            return Unavailable(meaning.format(folder=folder))
    return _damaged(folder, text)


def _damaged(folder: Path, text: str) -> BadAnswer:
    first = (text.splitlines() or [""])[0][:200]
    return BadAnswer(
        f"{folder} is damaged: {first}",
        service=SERVICE,
        hint=f"move {folder} away and start again; routes are rebuilt from outcomes",
    )
