"""Build a world from one integer."""

from typing import Final

from cortex.simulators.unifi.world.controller import World
from cortex.simulators.unifi.world.dice import Dice, Mint
from cortex.simulators.unifi.world.records import Account, Pace
from cortex.simulators.unifi.world.seed.cast import cast_for
from cortex.simulators.unifi.world.seed.firewall import fortify
from cortex.simulators.unifi.world.seed.hardware import Rack, house, workshop
from cortex.simulators.unifi.world.seed.networks import lay_out
from cortex.simulators.unifi.world.seed.past import remember
from cortex.simulators.unifi.world.seed.residents import Census
from cortex.simulators.unifi.world.site import Site, external_id

OWNER: Final = "admin"
MOST_CLIENTS: Final = 5_000


def build_world(
    seed: int,
    *,
    now: float,
    version: str = "10.4.57",
    clients: int = 60,
    pace: Pace | None = None,
) -> World:
    """Return the world of a seed as it is at `now` (epoch seconds).

    `clients` is how many the first site knows, at least the thirty with a story and at most 5,000.
    """
    dice = Dice(seed)
    pace = pace or Pace()
    world = World(
        seed=seed, version=version, built_at=now, pace=pace, console=_console(version, dice)
    )
    world.console["anonymous_controller_id"] = external_id("console", str(seed))
    _people(world, dice)
    mint = Mint(epoch=now - 86_400 * 700, salt=dice.hexadecimal(10))
    home = Site(mint.new(), "default", "Home", mint, pace)
    away = Site(mint.new(), _short_name(seed, dice), "Workshop", mint, pace)
    world.sites = {site.name: site for site in (home, away)}
    _furnish(home, dice.fork(1), seed=seed, now=now, clients=min(clients, MOST_CLIENTS))
    _furnish(away, dice.fork(2), seed=seed, now=now, clients=0)
    return world


def _furnish(site: Site, dice: Dice, *, seed: int, now: float, clients: int) -> None:
    cast = cast_for(seed, dice)
    plan = lay_out(site, dice)
    fortify(site, plan)
    first = site.name == "default"
    rack = Rack(site, dice, now=now, subnet="192.168.1")
    devices = house(rack, cast) if first else workshop(rack)
    census = Census(site, dice, plan=plan, devices=devices, now=now)
    if first:
        census.household(cast, clients)
    else:
        census.workshop()
    remember(site, dice, now=now, owner=OWNER)


def _short_name(seed: int, dice: Dice) -> str:
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    drawn = "".join(dice.pick(letters) for _ in range(8))
    return "mmu5lnvg" if seed == 1 else drawn


def _console(version: str, dice: Dice) -> dict[str, object]:
    return {
        "name": "Home Console",
        "hostname": "unifi",
        "timezone": "Europe/Berlin",
        "build": f"atag_{version}_{dice.between(20_000, 32_000)}",
        "previous_version": "9.5.21",
        "update_available": False,
        "ubnt_device_type": "UDMPRO",
        "udm_version": "4.4.6.28112",
        "console_display_version": "4.4.6",
        "inform_port": 8080,
        "https_port": 8443,
        "data_retention_days": 90,
        "data_retention_time_in_hours_for_5minutes_scale": 24,
        "data_retention_time_in_hours_for_hourly_scale": 720,
        "data_retention_time_in_hours_for_daily_scale": 2160,
        "data_retention_time_in_hours_for_monthly_scale": 8760,
    }


def _people(world: World, dice: Dice) -> None:
    accounts = (
        Account(dice.hexadecimal(24), OWNER, "correct-horse-battery", is_owner=True),
        Account(dice.hexadecimal(24), "viewer", "only-looking-around", role="readonly"),
        Account(dice.hexadecimal(24), "cloudy", "cloud-account-pass", second_factor="cloud",
                totp="246810"),
        Account(dice.hexadecimal(24), "careful", "second-factor-pass", second_factor="totp",
                totp="135790"),
    )  # fmt: skip
    world.accounts = {account.username: account for account in accounts}
    if world.seed == 1:
        world.api_keys = {"lab-admin-key": OWNER, "lab-viewer-key": "viewer"}
    else:
        world.api_keys = {dice.hexadecimal(32): OWNER, dice.hexadecimal(32): "viewer"}
