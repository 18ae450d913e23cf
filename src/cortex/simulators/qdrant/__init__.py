"""A Qdrant server, as far as its REST interface is used: collections, points, filters, keys.

`world` holds collections and points (pure), `app` shows them as the REST interface does.
"""
