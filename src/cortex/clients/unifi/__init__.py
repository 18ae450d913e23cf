"""A thin client of UniFi Network: three API lanes behind one set of calls per site.

async with UnifiClient(Endpoint("https://192.168.1.1", api_key=Secret(key))) as unifi:
    await unifi.connect()
    listing = await unifi.site("default").online_clients()
"""

from cortex.clients.secret import Secret
from cortex.clients.unifi.answers import Capabilities, Lane, Listing, Row, SiteRef
from cortex.clients.unifi.client import UnifiClient
from cortex.clients.unifi.endpoint import (
    CaFile,
    Endpoint,
    Insecure,
    Pinned,
    SystemTrust,
    Trust,
)
from cortex.clients.unifi.refusals import RefusedCredentials, RefusedFile
from cortex.clients.unifi.site import EventQuery, Interval, ReportQuery, Site, Subject

__all__ = [
    "CaFile",
    "Capabilities",
    "Endpoint",
    "EventQuery",
    "Insecure",
    "Interval",
    "Lane",
    "Listing",
    "Pinned",
    "RefusedCredentials",
    "RefusedFile",
    "ReportQuery",
    "Row",
    "Secret",
    "Site",
    "SiteRef",
    "Subject",
    "SystemTrust",
    "Trust",
    "UnifiClient",
]
