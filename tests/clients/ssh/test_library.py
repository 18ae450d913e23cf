"""The SSH library is there also where nothing can be written."""

import ctypes.util
import subprocess
import sys

import cortex.clients.ssh.library

_LOADED = """
import resource, signal, sys, tempfile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    tempfile.gettempdir()
except FileNotFoundError:
    import cortex.fabric.execution.ssh.app
    sys.exit(0 if "asyncssh" in sys.modules else 3)
sys.exit(4)
"""
"""As on full disks: no file may grow, so that Python finds no folder for temporary files."""


def test_it_loads_where_no_temporary_file_can_be_written() -> None:
    ended = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-B", "-c", _LOADED], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_libraries_of_the_system_are_found_again_once_it_is_loaded() -> None:
    assert cortex.clients.ssh.library.asyncssh.__name__ == "asyncssh"
    assert ctypes.util.find_library.__module__ == "ctypes.util"
