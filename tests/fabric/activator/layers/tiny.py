"""A real layer process of thirty lines, and the ones that go wrong."""

import sys
from pathlib import Path

from cortex.fabric.activator.layers.table import Program

_SERVES = """
import http.server, json, os, sys, threading
starts, ready = sys.argv[1], sys.argv[2] == "ready"
with open(starts, "a") as file:
    file.write(f"{os.getpid()}\\n")

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if ready else 503)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
print(json.dumps({"listening": f"http://127.0.0.1:{server.server_port}"}), flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
"""

_CRASHES = """
import json, sys
print(json.dumps({"event": "the port is taken: hunter2secret"}), file=sys.stderr)
sys.exit(3)
"""

_KILLED = """
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""


def serving(starts: Path) -> Program:
    """Serve at once; every start leaves a line in `starts`."""
    return Program((sys.executable, "-c", _SERVES, str(starts), "ready"))


def never_ready(starts: Path) -> Program:
    """Listen, and answer 503 for ever."""
    return Program((sys.executable, "-c", _SERVES, str(starts), "never"))


def crashing() -> Program:
    """End at once with exit code 3, a secret on the lips."""
    return Program((sys.executable, "-c", _CRASHES), {"SOME_TOKEN": "hunter2secret"})


def killed() -> Program:
    """End by SIGKILL, as out of memory does."""
    return Program((sys.executable, "-c", _KILLED))


def missing() -> Program:
    """Name a program that does not exist."""
    return Program(("/does/not/exist",))
