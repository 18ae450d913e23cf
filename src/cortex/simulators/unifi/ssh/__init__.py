"""The command lines of the site's devices: SSH servers on loopback, and the discovery responder.

`world.shell` decides what a command prints and does; here is how it arrives and what may go wrong
on its way. The controller may be down while all of this lives on.
"""
