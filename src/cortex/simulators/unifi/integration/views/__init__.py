"""Writes what the world holds in the words of the integration API.

Pure. Ids are the UUIDs that `external_id` derives from what the legacy API uses.
"""
