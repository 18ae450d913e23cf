"""Hold the whole controller: its sites, who may sign in, and its version.

`advance` is the only way time passes; every reader calls it first with the current time.
"""

from dataclasses import dataclass, field

from cortex.simulators.unifi.world.effects.passage import advance
from cortex.simulators.unifi.world.ladder import Offer, offer
from cortex.simulators.unifi.world.records import Account, Pace, Record
from cortex.simulators.unifi.world.refusals import Refusal
from cortex.simulators.unifi.world.site import Site


@dataclass(slots=True)
class World:
    """A controller and the sites it runs."""

    seed: int
    version: str
    built_at: float
    pace: Pace
    console: Record
    """The facts `stat/sysinfo` tells: name, hostname, model, update, inform port."""
    sites: dict[str, Site] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    """Who may sign in, by user name."""
    api_keys: dict[str, str] = field(default_factory=dict, repr=False)
    """API key to user name."""

    @property
    def offers(self) -> Offer:
        """What this version of the application answers to."""
        return offer(self.version)

    def site(self, name: str) -> Site:
        """Return the site with that short name.

        Raises:
            Refusal: `api.err.NoSiteContext`, if there is none.

        """
        try:
            return self.sites[name]
        except KeyError:
            code = "api.err.NoSiteContext"
            raise Refusal(code) from None

    def advance(self, now: float) -> None:
        """Let everything happen that was due by `now`."""
        for site in self.sites.values():
            advance(site, now)
