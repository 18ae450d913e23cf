"""Print the state of the operating system: time up, load, memory, disk, processes."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from cortex.simulators.unifi.world.shell.view import Printed, Shell

_DAY: Final = 86_400
_PROGRAMS: Final = {
    "ap": ("/usr/sbin/hostapd -s -d /var/run/hostapd", "/bin/mcad", "/bin/mca-monitor"),
    "switch": ("/usr/bin/switchdrvr", "/bin/mcad", "/bin/mca-monitor"),
    "gateway": ("/usr/bin/ubios-udapi-server", "/usr/sbin/dnsmasq -C /run/dnsmasq.conf.d"),
    "console": ("java -Xmx1024M -jar /usr/lib/unifi/lib/ace.jar start", "/usr/bin/unifi-core"),
}


def moment(shell: Shell) -> dt.datetime:
    """Return the time of the device's clock, which runs in UTC."""
    return dt.datetime.fromtimestamp(shell.now, tz=dt.UTC)


def uptime(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print the time, how long the device has been up, and its load."""
    days, rest = divmod(shell.uptime, _DAY)
    hours, minutes = rest // 3_600, rest % 3_600 // 60
    clock = f"{hours:2}:{minutes:02}" if hours else f"{minutes} min"
    whole = f"{days} day{'s' if days > 1 else ''}, " if days else ""
    loads = ", ".join(f"{each:.2f}" for each in shell.load)
    return Printed(f" {moment(shell):%H:%M:%S} up {whole}{clock},  load average: {loads}\n")


def uptime_file(shell: Shell) -> str:
    """Return `/proc/uptime`: seconds up, and seconds idle over all cores."""
    return f"{shell.uptime}.47 {shell.uptime * 3}.11\n"


def load_file(shell: Shell) -> str:
    """Return `/proc/loadavg`."""
    loads = " ".join(f"{each:.2f}" for each in shell.load)
    return f"{loads} 1/{90 + 20 * len(shell.roles)} {4_000 + shell.uptime % 20_000}\n"


def memory_file(shell: Shell) -> str:
    """Return `/proc/meminfo`."""
    total, used = shell.memory_kb
    left = total - used
    return (
        f"MemTotal:       {total:>8} kB\n"
        f"MemFree:        {left - left // 4:>8} kB\n"
        f"MemAvailable:   {left:>8} kB\n"
        f"Buffers:        {0:>8} kB\n"
        f"Cached:         {left // 4:>8} kB\n"
    )


def date(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print the date."""
    return Printed(f"{moment(shell):%a %b %e %H:%M:%S} UTC {moment(shell):%Y}\n")


def free(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print the memory in kilobytes; old BusyBox knows no `available` column."""
    total, used = shell.memory_kb
    left = total - used
    cached = left // 4
    if shell.is_old:
        head = "             total       used       free     shared    buffers     cached\n"
        row = f"Mem:    {total:>10} {used:>10} {left - cached:>10} {0:>10} {0:>10} {cached:>10}\n"
        return Printed(f"{head}{row}Swap:   {0:>10} {0:>10} {0:>10}\n")
    head = "              total        used        free      shared  buff/cache   available\n"
    row = f"Mem:   {total:>12}{used:>12}{left - cached:>12}{0:>12}{cached:>12}{left:>12}\n"
    return Printed(f"{head}{row}Swap:  {0:>12}{0:>12}{0:>12}\n")


def df(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print how full the file systems are."""
    rows = [
        ("/dev/root", "13.2M", "13.2M", "0", "100%", "/"),
        ("tmpfs", "244.1M", f"{3 + shell.uptime // _DAY % 9}.4M", "230.7M", "2%", "/var/log"),
    ]
    if "console" in shell.roles:
        rows += [("/dev/sda5", "9.4G", "2.1G", "6.8G", "24%", "/data")]
    head = "Filesystem                Size      Used Available Use% Mounted on\n"
    lines = [f"{a:<20} {b:>9} {c:>9} {d:>9} {e:>4} {f}\n" for a, b, c, d, e, f in rows]
    return Printed(head + "".join(lines))


def _debian(shell: Shell, programs: Sequence[str]) -> str:
    began = moment(shell)
    lines = [
        f"root     {1 + 137 * place:>7}       1  0 {began:%b%d} ?        00:0{place}:11 {program}\n"
        for place, program in enumerate(programs)
    ]
    return "UID          PID    PPID  C STIME TTY          TIME CMD\n" + "".join(lines)


def ps(shell: Shell, words: Sequence[str]) -> Printed:
    """Print the processes; a console's `ps` needs `-ef` to print more than its own session."""
    programs = ["init", "[kthreadd]", "/sbin/syslogd -n", "/usr/sbin/dropbear -F -p 22"]
    for role in sorted(shell.roles):
        programs += _PROGRAMS[role]
    if "console" in shell.roles:
        return Printed(_debian(shell, programs if list(words) == ["-ef"] else ["bash", "ps"]))
    head = "  PID USER       VSZ STAT COMMAND\n"
    lines = [
        f"{1 + 137 * place:>5} admin    {1_200 + 512 * place:>5} S    {program}\n"
        for place, program in enumerate(programs)
    ]
    return Printed(head + "".join(lines))
