"""A thin client of the devices' own SSH: fixed commands, pinned host keys, bounded answers.

logins = {"device": Login("admin", Secret(word))}
sessions = Sessions(logins, Limits(), first_use=False, known=KnownHosts(file))
told = await sessions.run(Door("0c:ea:14:00:00:01", "192.168.1.20", pins=(pin,)), ["uptime"])
"""

from cortex.clients.secret import Secret
from cortex.clients.ssh.connecting import host_key
from cortex.clients.ssh.door import Door, Limits, Login, Realm, Told
from cortex.clients.ssh.sessions import Sessions
from cortex.clients.ssh.trust.keys import Accepted, HostKey
from cortex.clients.ssh.trust.known import KnownHosts

__all__ = [
    "Accepted",
    "Door",
    "HostKey",
    "KnownHosts",
    "Limits",
    "Login",
    "Realm",
    "Secret",
    "Sessions",
    "Told",
    "host_key",
]
