"""A process that uses the embedded store and can be killed: `python -m ... <verb> <folder> [n]`.

`write` puts n outcomes, each line of output the id of one that was put; `batches` puts them by 50;
`look` prints how many points there are; `hold` opens the store, says so, and waits for its input
to end; `halt` does so when the n-th collection is made and not yet moved to its place; `cramped`
runs out of room and gets it back, and says at each step how it went.
"""

import asyncio
import itertools
import resource
import sys
from pathlib import Path

from cortex.errors import CortexError
from cortex.fabric.memory.collections import COLLECTIONS
from cortex.fabric.memory.embedded import EmbeddedStore, open_embedded
from cortex.fabric.memory.store import Where
from tests.fabric.memory.contract import OUTCOMES, entry, everything

BATCH = 50


def say(text: str) -> None:
    """Print a line that is on its way when this returns."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def write(store: EmbeddedStore, size: int, batch: int) -> None:
    """Put outcomes and print their ids once they are kept."""
    say("open")
    for first in range(0, size, batch):
        points = [
            entry(n, {"route_id": f"r{n % 7}", "success": n % 3 == 0, "note": "x" * 200})
            for n in range(first, first + batch)
        ]
        await store.put(OUTCOMES, points)
        say("\n".join(point.id for point in points))


async def look(store: EmbeddedStore) -> None:
    """Read everything in every way."""
    for name in COLLECTIONS:
        count = await store.count(name)
        await store.count(name, Where(equals={"route_id": "r1"}))
        met = await everything(store, name)
        await store.search(name, entry(3).vector, limit=1_000)
        say(f"{name} {count} {len(met)}")
    await store.put(OUTCOMES, [entry(1_000_000)])


async def hold() -> None:
    """Keep the store open until the input ends."""
    say("open")
    await asyncio.to_thread(sys.stdin.read)


def halt_at(number: int) -> None:
    """Stop when the n-th draft of a collection is about to be moved, and say so."""
    drafts = itertools.count(1)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        moves = event == "os.rename" and str(arguments[0]).endswith(".new")
        if moves and next(drafts) == number:
            say("halted")
            sys.stdin.read()

    sys.addaudithook(watch)


async def cramped(store: EmbeddedStore) -> None:
    """Meet the limit on the size of a file, which is as a full disk, and then no limit."""
    for limit in (1_000_000, resource.RLIM_INFINITY):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            await store.put(OUTCOMES, [entry(1)])
        except CortexError as error:
            say(f"{type(error).__name__}: {error}")
        else:
            say(f"kept {await store.count(OUTCOMES)}")


async def main(verb: str, folder: Path, size: int) -> None:
    """Open the store, do as the verb says, and close it."""
    if verb == "tight":
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000_000, resource.RLIM_INFINITY))
    if verb == "halt":
        halt_at(size)
    store = await open_embedded(folder)
    match verb:
        case "write":
            await write(store, size, 1)
        case "batches":
            await write(store, size, BATCH)
        case "hold":
            await hold()
        case "cramped":
            await cramped(store)
        case _:
            await look(store)
    await store.close()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
    except CortexError as problem:
        say(f"{type(problem).__name__}: {problem} ({problem.hint})")
