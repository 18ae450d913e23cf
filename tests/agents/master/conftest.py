"""The servers that masters and agents meet on."""

from tests.redis_servers import newest_server, redis

__all__ = ["newest_server", "redis"]
