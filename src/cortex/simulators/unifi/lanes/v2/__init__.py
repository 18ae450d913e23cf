"""The v2 lane: `/v2/api/site/{site}/…`, bare JSON, errors with `code` and `errorCode`."""

from cortex.simulators.unifi.lanes.calls import Endpoint
from cortex.simulators.unifi.lanes.v2 import clients, dashboards, documents, firewall, system_log

ENDPOINTS: tuple[Endpoint, ...] = (
    *clients.ENDPOINTS,
    *system_log.ENDPOINTS,
    *firewall.ENDPOINTS,
    *documents.ENDPOINTS,
    *dashboards.ENDPOINTS,
)
