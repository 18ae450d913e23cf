"""Programs that work beside the fabric: they meet it over Redis and HTTP, never by import."""
