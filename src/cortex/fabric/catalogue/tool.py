"""What a tool is: the vocabulary of verbs, targets, arguments, risk and answer layouts.

Decides nothing by itself; `catalogue.tools` lists the tools, `routing.agreement` holds them
against a frame, `execution` performs them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal


class Verb(StrEnum):
    """The class of an action; a verb and its opposite share one, told apart by direction."""

    SHOW = "show"
    """Every reading verb: list, show, get, find, who, what, how many, is ... online."""
    DIAGNOSE = "diagnose"
    TEST = "test"
    BLOCK = "block"
    RECONNECT = "reconnect"
    AUTHORIZE = "authorize"
    RENAME = "rename"
    SET = "set"
    FORGET = "forget"
    RESTART = "restart"
    CYCLE = "cycle"
    LOCATE = "locate"
    UPGRADE = "upgrade"
    ADOPT = "adopt"
    PROVISION = "provision"
    SWITCH = "switch"
    """Enable or disable, turn on or off."""
    CREATE = "create"
    CANCEL = "cancel"
    """Of what is to happen later; said of anything else, it denies."""


class Direction(StrEnum):
    """Which way a two-way verb goes: block is on, unblock is off; one-way verbs have none."""

    ON = "on"
    OFF = "off"
    NONE = "none"


class TargetKind(StrEnum):
    """What kind of thing a tool acts on, as far as words tell."""

    CLIENT = "client"
    DEVICE = "device"
    PORT = "port"
    WLAN = "wlan"
    NETWORK = "network"
    SITE = "site"
    RULE = "rule"
    FORWARD = "forward"
    PROFILE = "profile"
    VOUCHER = "voucher"
    RADIO = "radio"
    LED = "led"
    POE = "poe"
    PASSWORD = "password"  # noqa: S105  # a kind of thing, not a secret
    ADDRESS = "address"
    EVENT = "event"
    LOG = "log"
    HEALTH = "health"
    INTERNET = "internet"
    CONTROLLER = "controller"
    TIMER = "timer"


class Risk(StrEnum):
    """What a tool can do to the network."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


REFERENCE_KINDS = frozenset(
    {"client", "device", "port", "wlan", "network", "site", "rule", "forward", "profile"}
)
"""Argument kinds that name an entity of the live inventory and must be bound to exactly one."""

ArgumentKind = Literal[
    "client", "device", "port", "wlan", "network", "site", "rule", "forward", "profile",
    "text", "integer", "boolean", "duration", "choice", "ip", "mac", "secret",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of a tool; durations are whole seconds."""

    name: str
    kind: ArgumentKind
    help: str
    required: bool = True
    default: Any = None
    choices: tuple[str, ...] = ()
    """The values of a `choice`; for any other kind, words taken in place of a value (`all`)."""
    minimum: int | None = None
    maximum: int | None = None
    """Bounds of a number or duration; of a text or secret, bounds of its length."""
    also: tuple[ArgumentKind, ...] = ()
    """Further kinds of reference that it may be bound to."""


@dataclass(frozen=True, slots=True)
class DirectionBy:
    """The direction is an argument's value: `then` for one of `on_values`, else `otherwise`."""

    argument: str
    on_values: tuple[Any, ...] = (True,)
    then: Direction = Direction.ON
    otherwise: Direction = Direction.OFF


@dataclass(frozen=True, slots=True)
class Act:
    """One way of saying what a tool does: this verb, this way, to this kind of thing."""

    verb: Verb
    direction: Direction | DirectionBy
    target: TargetKind


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: the key in each row and its title for people."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Table:
    """Many rows."""

    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """One thing with named values."""

    columns: tuple[Column, ...]


def table(**titles: str) -> Table:
    """Lay out rows by these keys, each with its title."""
    return Table(tuple(Column(key, title) for key, title in titles.items()))


def facts(**titles: str) -> Facts:
    """Lay out one thing by these keys, each with its title."""
    return Facts(tuple(Column(key, title) for key, title in titles.items()))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A short text says it all."""


Layout = Table | Facts | Sentence


@dataclass(frozen=True, slots=True)
class Inverse:
    """The call that undoes a tool.

    A value `"{name}"` stands for the argument of that name, `"{not name}"` for its opposite and
    `"{before name}"` for what the target had before; `tools.undo_of` fills them in.
    """

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One thing that Cortex can do."""

    name: str
    summary: str
    risk: Risk
    acts: tuple[Act, ...]
    arguments: tuple[Argument, ...] = ()
    layer: str = "execution-unifi-api"
    ssh_twin: bool = False
    """Whether the SSH layer can answer it when the controller is gone."""
    unasked: bool = False
    """Whether it may run without a yes, from tier 1 with an exact frame and one bound target."""
    layout: Layout = field(default_factory=Sentence)
    preview: str = ""
    """What it does, for people; `{argument}` stands for the bound argument's name."""
    blast_radius: str = ""
    undo: str = ""
    inverse: Inverse | None = None
    postcondition: str = ""
    """What must hold when read back, for people; empty for reads."""
    settles_in_s: int = 10
    """Seconds the post-condition may take to hold on real gear."""
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.risk is not Risk.READ

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the arguments that nobody is shown and nothing keeps."""
        return frozenset(one.name for one in self.arguments if one.kind == "secret")

    def argument(self, name: str) -> Argument | None:
        """Find an argument by name."""
        return next((one for one in self.arguments if one.name == name), None)


def direction_of(act: Act, arguments: Mapping[str, Any]) -> Direction:
    """Tell which way a call goes, given its arguments."""
    if isinstance(act.direction, Direction):
        return act.direction
    way = act.direction
    return way.then if arguments.get(way.argument) in way.on_values else way.otherwise


SITE = Argument(
    name="site",
    kind="site",
    help="The site: short name, display name or id; without it the default site.",
    required=False,
)
CLIENT = Argument(name="client", kind="client", help="The client: name, hostname, MAC or IP.")
DEVICE = Argument(
    name="device", kind="device", help="The UniFi device: name, hostname, MAC, IP or id."
)
PORT = Argument(
    name="port", kind="port", help="The port: its number on the device, or its name.", minimum=1
)
WLAN = Argument(name="wlan", kind="wlan", help="The Wi-Fi network: its name (SSID) or id.")
NETWORK = Argument(name="network", kind="network", help="The network: its name, VLAN or id.")
NEW_NAME = Argument(name="name", kind="text", help="The new name.", maximum=128)
SEARCH = Argument(
    name="search", kind="text", help="Words that a row must contain.", required=False, maximum=128
)
LIMIT = Argument(
    name="limit",
    kind="integer",
    help="The most rows to return.",
    required=False,
    minimum=1,
    maximum=1000,
)
YEAR_S = 366 * 86_400
SINCE = Argument(
    name="since",
    kind="duration",
    help="How far back to look, in seconds or like `2h`.",
    required=False,
    minimum=1,
    maximum=YEAR_S,
)
DAY = Argument(
    name="day",
    kind="choice",
    help="Only this day, from midnight to midnight at the site; it wins over `since`.",
    required=False,
    choices=("today", "yesterday"),
)
DURATION = Argument(
    name="duration",
    kind="duration",
    help="For how long, in seconds or like `2h`; without it until undone.",
    required=False,
    minimum=1,
    maximum=YEAR_S,
)


def optional(argument: Argument, help: str = "") -> Argument:  # noqa: A002  # the field's name
    """Make an argument one that a call may leave out."""
    return replace(argument, required=False, help=help or argument.help)
