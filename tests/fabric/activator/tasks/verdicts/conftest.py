"""The servers that tasks come over."""

from tests.redis_servers import newest_server, redis

__all__ = ["newest_server", "redis"]
