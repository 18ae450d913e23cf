"""What may be chosen when a simulated controller is started, checked whole before it starts.

The command line maps its options one to one onto these fields; each field's help is beside it.
"""

import json
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, Literal

from cortex.simulators.unifi.control.faults import Fault, FaultError, read

Layout = Literal["unifi-os", "standalone"]
KeyScope = Literal["all", "integration"]

_VERSION: Final = re.compile(r"\d{1,3}\.\d{1,3}(\.\d{1,4})?")
_MOST_CLIENTS: Final = 5_000
_LAST_PORT: Final = 65_535
_NEVER_EMPTY: Final = (
    "username", "password", "api_key", "ssh_username", "ssh_password", "console_password"
)  # fmt: skip


class OptionError(ValueError):
    """An option that cannot be used; the message names it and says what would do."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option}: {problem}")
        self.option = option


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOptions:
    """How a simulated controller is started."""

    seed: int = field(
        default=1,
        metadata=_help("Seed of the site: names, addresses, history. 1 is the lab's own."),
    )
    clients: int = field(
        default=60,
        metadata=_help("Clients the first site knows, up to 5000; about 30 are always made."),
    )
    version: str = field(
        default="10.4.57", metadata=_help("Version of the Network application, such as 9.5.21.")
    )
    layout: Layout = field(
        default="unifi-os",
        metadata=_help("Where the application lives: 'unifi-os' (a console) or 'standalone'."),
    )
    port: int = field(default=0, metadata=_help("Port on 127.0.0.1; 0 takes any that is free."))
    tls: bool = field(
        default=True, metadata=_help("HTTPS with a self-signed certificate, else plain HTTP.")
    )
    folder: Path | None = field(
        default=None,
        metadata=_help("Folder that keeps the certificate; without one it is made anew."),
    )
    state: Path | None = field(
        default=None,
        metadata=_help("File that keeps the site over restarts; without one it begins anew."),
    )
    username: str = field(default="admin", metadata=_help("User name of the administrator."))
    password: str = field(
        default="correct-horse-battery",
        repr=False,
        metadata=_help("Password of the administrator."),
    )
    api_key: str = field(
        default="lab-admin-key",
        repr=False,
        metadata=_help("API key with the administrator's rights."),
    )
    key_scope: KeyScope = field(
        default="all",
        metadata=_help("What the key opens: 'all' APIs, or only the official 'integration' API."),
    )
    integration: bool = field(
        default=True,
        metadata=_help("Offer the official integration API, which some installations lack."),
    )
    session_seconds: float = field(default=7_200.0, metadata=_help("Seconds a login lasts."))
    speed: float = field(
        default=1.0, metadata=_help("How many times faster than life restarts and the like run.")
    )
    faults: Path | None = field(
        default=None, metadata=_help("JSON file with faults that are on from the start.")
    )
    ssh: bool = field(
        default=False,
        metadata=_help("Let the devices be reached over SSH, each on a port of its own."),
    )
    ssh_addresses: Path | None = field(
        default=None,
        metadata=_help('File to write where the devices listen: {"MAC": "127.0.0.1:port"}.'),
    )
    ssh_username: str = field(
        default="fieldtech", metadata=_help("User name for the devices of every site.")
    )
    ssh_password: str = field(
        default="solder-and-copper",
        repr=False,
        metadata=_help("Password for the devices of every site."),
    )
    console_password: str = field(
        default="root-of-the-house",
        repr=False,
        metadata=_help("Password of root on the console, which is the gateway if that is a UDM."),
    )
    control_port: int = field(
        default=0,
        metadata=_help("With --ssh, port of a control plane that outlives the controller."),
    )
    discovery_port: int = field(
        default=0, metadata=_help("With --ssh, UDP port that answers discovery probes.")
    )

    def __post_init__(self) -> None:
        """Check every option.

        Raises:
            OptionError: one cannot be used.

        """
        self._check_choice("layout", ("unifi-os", "standalone"))
        self._check_choice("key_scope", ("all", "integration"))
        self._check_range("seed", 0, 2**63 - 1)
        self._check_range("clients", 0, _MOST_CLIENTS)
        for name in ("port", "control_port", "discovery_port"):
            self._check_range(name, 0, _LAST_PORT)
        self._check_range("session_seconds", 1, 31_536_000)
        self._check_range("speed", 0.01, 10_000)
        if not _VERSION.fullmatch(self.version):
            name, problem = "version", f"{self.version!r} is none; give one such as 10.4.57"
            raise OptionError(name, problem)
        for name in _NEVER_EMPTY:
            if not getattr(self, name):
                raise OptionError(name, "must not be empty")

    def _check_choice(self, name: str, choices: tuple[str, ...]) -> None:
        if getattr(self, name) not in choices:
            problem = f"{getattr(self, name)!r} is unknown; choose {' or '.join(choices)}"
            raise OptionError(name, problem)

    def _check_range(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not low <= value <= high:
            problem = f"{value!r} is out of range; give {low} to {high}"
            raise OptionError(name, problem)


def help_texts() -> dict[str, str]:
    """Return the help of every option, by field name."""
    return {each.name: str(each.metadata["help"]) for each in fields(SimulatorOptions)}


def read_faults(path: Path | None) -> tuple[Fault, ...]:
    """Return the faults described in a JSON file, none without a file.

    Raises:
        OptionError: the file cannot be read or describes no faults.

    """
    if path is None:
        return ()
    try:
        return read(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, FaultError, ValueError) as error:
        name, problem = "faults", f"{path} cannot be used: {error}"
        raise OptionError(name, problem) from error
