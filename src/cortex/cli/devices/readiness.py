"""What `cortex doctor` says of SSH: whether devices could be asked without their controller.

Looks at settings and files only; connecting to devices is left to `cortex ssh accept`.
"""

from collections.abc import Iterator, Mapping

from cortex.cli.devices.remembered import Remembered, remembered
from cortex.cli.render import Check
from cortex.clients.ssh import Accepted
from cortex.clients.ssh.connecting import private_key
from cortex.errors import CortexError
from cortex.fabric.execution.ssh.app import logins_of
from cortex.fabric.execution.ssh.asking.doors import read_addresses
from cortex.fabric.execution.wording import counted
from cortex.settings.knobs import Ssh
from cortex.settings.loading import Settings


def look_at_ssh(settings: Settings) -> Iterator[Check]:
    """Look at the login for devices, and at the host keys by which they are known."""
    ssh = settings.execution_ssh.ssh
    logins = logins_of(ssh)
    if not logins:
        found = "no login for devices is set; nothing is asked while the controller is away"
        yield Check("ok", "ssh", found, "to change that: ssh.username and ssh.password_file")
        return
    try:
        for login in logins.values():
            if login.key_file:
                private_key(login.key_file)
        read_addresses(ssh.addresses_file)
        known = remembered(settings)
        keys = known.keys.everything()
    except CortexError as error:
        yield Check("fail", "ssh", error.message, error.hint)
        return
    lacking = [realm for realm in ("device", "console") if realm not in logins]
    if ssh.username and not (ssh.password or ssh.key_file):
        yield Check("fail", "ssh", "ssh.username has neither password nor key",
                    "set ssh.password_file or ssh.key_file")  # fmt: skip
    elif lacking:
        yield Check("warn", "ssh", f"no login for the {lacking[0]} is set", _CURES[lacking[0]])
    else:
        yield Check("ok", "ssh", "logins for devices and the console are set")
    yield _host_keys(ssh, known, keys)


def meanwhile(settings: Settings) -> str:
    """Say what can be asked while the controller does not answer, or what that needs."""
    if logins_of(settings.execution_ssh.ssh):
        return "meanwhile devices can be asked over SSH: a login is set (see ssh, below)"
    return "to ask the devices over SSH meanwhile: set ssh.username and ssh.password_file"


_CURES = {
    "device": "set ssh.username and ssh.password_file or ssh.key_file",
    "console": "set ssh.console_password_file or ssh.console_key_file, if there is a console",
}


def _host_keys(ssh: Ssh, known: Remembered, keys: Mapping[str, Accepted]) -> Check:
    """Say how many host keys are known, and of how many devices none is."""
    devices = known.devices.values()
    pinned = sum(bool(one.pin) for one in devices)
    accepted = sum(one.by_hand for one in keys.values())
    seen = len(keys) - accepted
    strange = [one.name for one in devices if not one.pin and one.mac not in keys]
    found = f"{pinned} from the controller, {accepted} accepted"
    found += f", {seen} seen first" if seen else ""
    if ssh.first_use:
        cure = "safer: ssh.first_use: false, and `cortex ssh accept` for each"
        return Check("warn", "host keys", f"{found}; unknown ones are believed at first", cure)
    if strange:
        found += f"; none of {counted(len(strange), 'device')}, which cannot be asked"
        return Check("warn", "host keys", found, "`cortex ssh hosts` names them")
    if not pinned and not keys:
        cure = "they come with the first answer of the controller; nothing is to be done"
        return Check("ok", "host keys", "none is known yet", cure)
    return Check("ok", "host keys", found)
