"""What the demo asks, and what must come of it: a list, read from top to bottom.

Each step says what is asked, which answers are right, how many changes may reach the controller,
and what must then be true in the simulator's own state.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cortex.fabric.messages import QueryResponse
from cortex.lab.cast import Cast, client, device, home
from cortex.lab.steering import Reach

World = Mapping[str, Any]
Holds = Callable[[QueryResponse, World, Cast], str]
"""Looks at the answer and the world after it; returns what is wrong, or nothing."""
Follow = Literal[
    "nothing", "pick the tablet", "say yes", "say yes again", "undo", "correct it", "wait"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is asked."""

    title: str
    ask: str
    """May hold `{laptop}`, `{tablet}`, `{point}` and the like, names of the cast."""
    status: tuple[str, ...]
    writes: int = 0
    holds: Holds | None = None
    follow: Follow = "nothing"
    """What is done instead of asking, about the answer of the step before."""
    fault: Mapping[str, Any] | None = None
    """What goes wrong meanwhile."""
    controller: Reach | None = None
    """What becomes of the controller before it, and stays so."""
    layer: str = ""
    """The layer that must answer; empty where it does not matter."""
    tier: str = ""
    """The tier that must know the way; empty where it does not matter."""
    tool: str = ""
    """The tool that must be meant; empty where it does not matter."""


def _rows(response: QueryResponse) -> list[Mapping[str, Any]]:
    return list(response.data.get("rows", ()))


def _all_devices(response: QueryResponse, world: World, _cast: Cast) -> str:
    there = len(home(world, "devices"))
    said = len(_rows(response))
    return "" if said == there else f"{said} devices listed, {there} there"


def _all_online(response: QueryResponse, world: World, _cast: Cast) -> str:
    there = sum(one["online"] for one in home(world, "clients"))
    said = len(_rows(response))
    return "" if said == there else f"{said} clients listed, {there} online"


def _all_blocked(response: QueryResponse, world: World, _cast: Cast) -> str:
    there = {one["mac"] for one in home(world, "clients") if one["blocked"]}
    said = {row.get("mac") for row in _rows(response)}
    return "" if said == there else f"listed {sorted(map(str, said))}, blocked {sorted(there)}"


def _names_laptop(response: QueryResponse, world: World, cast: Cast) -> str:
    ip = client(world, cast.laptop_mac)["ip"]
    return "" if ip in str(response.data) + response.answer else f"its address {ip} is not there"


def _tablets(response: QueryResponse, _world: World, cast: Cast) -> str:
    names = [one.label for one in response.choices]
    both = len(names) > 1 and any(cast.tablet in name for name in names)
    return "" if both else f"the choices are {names}"


def _blocked(mac: str, world: World, *, wanted: bool) -> str:
    found = client(world, mac)["blocked"]
    return "" if found is wanted else f"the simulator says blocked={found}"


def _tablet_blocked(_response: QueryResponse, world: World, cast: Cast) -> str:
    return _blocked(cast.tablet_mac, world, wanted=True)


def _tablet_free(_response: QueryResponse, world: World, cast: Cast) -> str:
    return _blocked(cast.tablet_mac, world, wanted=False)


def _laptop_blocked(_response: QueryResponse, world: World, cast: Cast) -> str:
    return _blocked(cast.laptop_mac, world, wanted=True)


def _laptop_free(_response: QueryResponse, world: World, cast: Cast) -> str:
    return _blocked(cast.laptop_mac, world, wanted=False)


def _previewed(response: QueryResponse, _world: World, cast: Cast) -> str:
    if response.confirmation is None:
        return "there is no preview"
    on = response.confirmation.preview.on
    return "" if any(cast.point in one for one in on) else f"the preview is about {on}"


def _restarted(_response: QueryResponse, world: World, cast: Cast) -> str:
    found = device(world, cast.point_mac)
    fresh = found["uptime"] < _FRESH_S
    return "" if fresh else f"the simulator says uptime {found['uptime']} s"


def _three_offered(response: QueryResponse, _world: World, _cast: Cast) -> str:
    offered = len(response.choices)
    return "" if offered == _OFFERED else f"{offered} nearest things were offered"


def _hostile_listed(response: QueryResponse, _world: World, cast: Cast) -> str:
    shown = cast.hostile_hostname in str(response.data) + response.answer
    return "" if shown else "it is not listed"


def _over_ssh(response: QueryResponse, _world: World, _cast: Cast) -> str:
    why = "over ssh, because the controller does not answer"
    return "" if why in response.answer.casefold() else "it does not say why it went over SSH"


def _log_shown(response: QueryResponse, _world: World, _cast: Cast) -> str:
    return "" if response.data else "no line of the log is there"


def _waits(response: QueryResponse, world: World, cast: Cast) -> str:
    if "nothing was sent, and nothing is queued" not in response.answer:
        return "it does not say that nothing was done"
    return _laptop_free(response, world, cast)


CORRECTION = "list events"
ODD_WORDS = "how is everything holding up network wise"
_FRESH_S = 3_600
_OFFERED = 3
_SSH = "execution-unifi-ssh"
_LOST = {"kind": "lost_reply", "method": "POST", "path": "*/cmd/stamgr", "times": 1}

STEPS = (
    Step(title="a list", ask="list all devices", status=("done",), holds=_all_devices),
    Step(title="who is there", ask="who is online?", status=("done",), holds=_all_online),
    Step(title="one client", ask="find {laptop}", status=("done",), holds=_names_laptop),
    Step(title="two that may be meant", ask="block the iPad", status=("clarify",), holds=_tablets),
    Step(title="one of them picked", ask="", follow="pick the tablet", status=("done",), writes=1,
         holds=_tablet_blocked),
    Step(title="what came of it", ask="list blocked clients", status=("done",),
         holds=_all_blocked),
    Step(title="the opposite is not mistaken for it", ask="unblock {tablet}", status=("done",),
         writes=1, holds=_tablet_free),
    Step(title="a harmless write runs unasked", ask="block {laptop}", status=("done",), writes=1,
         holds=_laptop_blocked),
    Step(title="its undo", ask="", follow="undo", status=("done",), writes=1, holds=_laptop_free),
    Step(title="a negation", ask="don't block the printer", status=("refused",)),
    Step(title="a question like an order", ask="what happens if I block {laptop}?",
         status=("refused",), holds=_laptop_free),
    Step(title="one that asks for advice", ask="is it safe to reboot the core switch?",
         status=("refused",)),
    Step(title="two things at once", ask="block {laptop} and restart {point}",
         status=("clarify", "refused"), holds=_laptop_free),
    Step(title="another language", ask="bloquea la impresora", status=("refused", "clarify")),
    Step(title="no such thing", ask="open the front door", status=("clarify",),
         holds=_three_offered),
    Step(title="a hostname that gives orders", ask="show client {hostile_mac}", status=("done",),
         holds=_hostile_listed),
    Step(title="a disturbing write waits for a yes", ask="restart {point}", status=("confirm",),
         holds=_previewed),
    Step(title="the yes", ask="", follow="say yes", status=("done",), writes=1,
         holds=_restarted),
    Step(title="the same yes again", ask="", follow="say yes again", status=("refused",)),
    Step(title="a lost reply is read back, not sent again", ask="block {laptop}",
         status=("done",), writes=1, holds=_laptop_blocked, fault=_LOST),
    Step(title="and back", ask="unblock {laptop}", status=("done",), writes=1,
         holds=_laptop_free),
    Step(title="words that no rule knows", ask=ODD_WORDS, status=("done",), tier="classifier",
         tool="get_network_health"),
    Step(title="the same words again", ask=ODD_WORDS, status=("done",), tier="cache",
         tool="get_network_health"),
    Step(title="and once more", ask=ODD_WORDS, status=("done",), tier="cache",
         tool="get_network_health"),
    Step(title="slightly other words", ask="how is it all holding up network wise",
         status=("done",), tier="similarity", tool="get_network_health"),
    Step(title="words that nobody knows", ask="what should I know?", status=("clarify",)),
    Step(title="a correction", ask="", follow="correct it", status=("done",)),
    Step(title="it takes effect at once", ask="what should I know?", status=("done",),
         tier="similarity", tool="list_events"),
    Step(title="a guessed change waits for a yes", ask="shut out {laptop}", status=("confirm",),
         tier="classifier", tool="block_client"),
    Step(title="the yes", ask="", follow="say yes", status=("done",), writes=1,
         holds=_laptop_blocked),
    Step(title="the opposite never reuses it", ask="let {laptop} in again", status=("confirm",),
         tool="unblock_client"),
    Step(title="the yes", ask="", follow="say yes", status=("done",), writes=1,
         holds=_laptop_free),
    Step(title="a remembered change still waits", ask="shut out {laptop}", status=("confirm",),
         tier="cache", tool="block_client", holds=_laptop_free),
    Step(title="and its negation is none", ask="don't shut out {laptop}", status=("refused",),
         holds=_laptop_free),
    Step(title="for a time only", ask="block {laptop} for 10 seconds", status=("done",), writes=1,
         holds=_laptop_blocked),
    Step(title="its end comes by itself", ask="", follow="wait", status=("done",), writes=1,
         holds=_laptop_free),
    Step(title="the controller is away: the devices are asked", controller="down",
         ask="is {point} up?", status=("done",), layer=_SSH, holds=_over_ssh),
    Step(title="a log, from the switch itself", ask="show the logs of {switch}", status=("done",),
         layer=_SSH, holds=_log_shown),
    Step(title="what only the controller can do waits for it", ask="block {laptop}",
         status=("refused",), holds=_waits),
    Step(title="a restart without it", ask="restart {point}", status=("confirm",), layer=_SSH,
         holds=_previewed),
    Step(title="the yes", ask="", follow="say yes", status=("done",), writes=1,
         holds=_restarted),
    Step(title="the controller is back, and asked again at once", controller="up",
         ask="is {point} up?", status=("done",), layer="execution-unifi-api"),
)  # fmt: skip
