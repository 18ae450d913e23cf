"""Durable tasks over Redis Streams: accepted once, worked on under a lease, never lost silently."""
