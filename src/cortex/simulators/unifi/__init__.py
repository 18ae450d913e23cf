"""A UniFi Network controller with its sites, devices and clients.

`world` holds the state and what commands do to it (pure), `lanes` the protocols that expose it,
`app` the composition into one ASGI application.
"""
