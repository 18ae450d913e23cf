"""Give the tests about what is put into Redis a server."""

from tests.redis_servers import newest_server, redis

__all__ = ["newest_server", "redis"]
