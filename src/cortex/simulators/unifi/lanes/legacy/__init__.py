"""The legacy lane: `/api/s/{site}/…`, everything in the `meta`/`data` envelope."""

from cortex.simulators.unifi.lanes.calls import Endpoint
from cortex.simulators.unifi.lanes.legacy import (
    commands,
    devices,
    history,
    hotspot,
    reading,
    reports,
    stored,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *reading.ENDPOINTS,
    *commands.ENDPOINTS,
    *devices.ENDPOINTS,
    *hotspot.ENDPOINTS,
    *history.ENDPOINTS,
    *reports.ENDPOINTS,
    *stored.ENDPOINTS,
)
