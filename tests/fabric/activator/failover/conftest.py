"""The servers that activators share."""

from tests.redis_servers import newest_server, redis

__all__ = ["newest_server", "redis"]
