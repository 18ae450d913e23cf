"""The calls on one site, grouped by what they are about."""

from cortex.clients.unifi.site.clients import Clients
from cortex.clients.unifi.site.configuration import Configuration
from cortex.clients.unifi.site.devices import Devices
from cortex.clients.unifi.site.monitoring import (
    EventQuery,
    Interval,
    Monitoring,
    ReportQuery,
    Subject,
)

__all__ = ["EventQuery", "Interval", "ReportQuery", "Site", "Subject"]


class Site(Clients, Devices, Configuration, Monitoring):
    """Everything that can be asked of, or done on, one site of a controller."""
