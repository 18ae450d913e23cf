"""The knobs: one frozen dataclass per subject, a docstring under each field.

Holds values only; `settings.loading` reads them from a file and an environment.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """The UniFi controller and how to reach it."""

    url: str = ""
    """`https://192.168.1.1`, or with `:8443` for a self-hosted Network application."""
    site: str = "default"
    """The site used when a query names none: short name, display name or id."""
    api_key: str | None = field(default=None, repr=False)
    """An API key (Network → Settings → Control Plane → Integrations)."""
    username: str | None = None
    """A local admin without MFA; used when there is no key, or when the key is integration-only."""
    password: str | None = field(default=None, repr=False)
    """The password of that account."""
    trust: Literal["system", "ca", "pin", "insecure"] = "system"
    """How the controller's certificate is checked."""
    ca_file: Path | None = None
    """The CA file, for `trust: ca`."""
    fingerprint: str = ""
    """The SHA-256 of the certificate, for `trust: pin`."""
    timeout: timedelta = timedelta(seconds=10)
    """The longest wait for one answer of the controller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What must not be touched, whoever asks."""

    protected: tuple[str, ...] = ()
    """Names or MACs of clients, devices, networks and Wi-Fi networks that no write may touch."""
    own_addresses: tuple[str, ...] = ()
    """IPs or MACs of the machines that Cortex and its operator depend on.

    The address that Cortex itself reaches the controller from counts without being named.
    """
    lockout: bool = True
    """Whether writes that would cut off Cortex or the asker are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionApi:
    """The layer `execution-unifi-api`."""

    home: Path
    """The data folder, `$CORTEX_HOME`; keys lie in `keys/`, intents in `execution-unifi-api/`."""
    host: str = "127.0.0.1"
    """The address it listens on; anything but loopback opens it to the network."""
    port: int = 0
    """0 takes any free port; the process prints the one it got."""
    controller: Controller = field(default_factory=Controller)
    guard: Guard = field(default_factory=Guard)
    inventory_ttl: timedelta = timedelta(seconds=5)
    """How long a read inventory serves for finding names; planning a write reads afresh."""
    settle_poll: timedelta = timedelta(milliseconds=100)
    """First pause between two read-backs of a post-condition; it doubles up to two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssh:
    """How devices are reached over SSH when the controller does not answer."""

    username: str = ""
    """The login of adopted devices (Settings → System → Device SSH Authentication)."""
    password: str | None = field(default=None, repr=False)
    """Its password."""
    key_file: Path | None = None
    """A private key for it, without a passphrase and readable by its owner alone."""
    console_username: str = "root"
    """The login of the console, which has a realm of its own."""
    console_password: str | None = field(default=None, repr=False)
    """Its password (UniFi OS → Console)."""
    console_key_file: Path | None = None
    """A private key for it."""
    first_use: bool = False
    """Whether a device of which no host key is known is believed the first time."""
    old_keys: tuple[str, ...] = ()
    """MACs or names of devices with old firmware, which offer `ssh-rsa` host keys only."""
    addresses_file: Path | None = None
    """JSON of MAC to `host:port`, for devices that are reached at another than their address."""
    only_addresses: bool = False
    """Whether no device is reached that `addresses_file` does not name, as in a lab."""
    discovery: tuple[str, ...] = ()
    """Where devices are looked for when none is known, `address` or `address:port`; a broadcast
    address asks a whole network."""
    connect_timeout: timedelta = timedelta(seconds=7)
    """The longest wait for a device's connection."""
    command_timeout: timedelta = timedelta(seconds=20)
    """The longest wait for a command's end; a ping may take 35 s and a traceroute 95 s at least."""
    output_limit: int = 262_144
    """Bytes of a command's output that are read; logs may take 512 KiB, and what tells of a whole
    device or its tables 2 MiB, at least."""
    sessions: int = 64
    """Connections that are open at a time."""
    concurrent: int = 24
    """Devices that are asked at a time."""
    idle: timedelta = timedelta(seconds=60)
    """How long an unused connection stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionSsh:
    """The layer `execution-unifi-ssh`."""

    home: Path
    """The data folder, `$CORTEX_HOME`; accepted host keys lie in `execution-unifi-ssh/`."""
    host: str = "127.0.0.1"
    """The address it listens on; anything but loopback opens it to the network."""
    port: int = 0
    """0 takes any free port; the process prints the one it got."""
    ssh: Ssh = field(default_factory=Ssh)
    guard: Guard = field(default_factory=Guard)
    settle_poll: timedelta = timedelta(milliseconds=500)
    """First pause between two looks at a device that goes down; it doubles up to two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What Cortex remembers, and how much evidence a remembered route needs."""

    enabled: bool = True
    """Whether routes are remembered and reused at all."""
    url: str = ""
    """A Qdrant server, as `http://qdrant:6333`; empty for the engine in the data folder."""
    api_key: str | None = field(default=None, repr=False)
    """The key of that server."""
    timeout: timedelta = timedelta(milliseconds=500)
    """The longest wait for one look into memory; after it the query goes on without."""
    model_folder: Path | None = None
    """Where the embedding model lies; none looks in the data folder, then in the installation."""
    similarity: float = 0.92
    """Cosine from which a route answers other words than its own, until outcomes calibrate it."""
    min_samples: int = 3
    """Verified successes from which a route answers other words than its own."""
    learned_bound: float = 0.5
    """Lower bound of the success rate that such a route must keep."""
    success_rate: float = 0.8
    """Lower bound of the success rate from which a route is trusted, and may become a rule."""
    half_life: timedelta = timedelta(days=90)
    """Age at which evidence counts half."""
    cache_size: int = 1_000
    """Routes kept for exactly repeated questions, least recently used dropped first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningClassifier:
    """The layer `reasoning-classifier`."""

    home: Path
    """The data folder, `$CORTEX_HOME`."""
    host: str = "127.0.0.1"
    """The address it listens on; anything but loopback opens it to the network."""
    port: int = 0
    """0 takes any free port; the process prints the one it got."""
    memory: Memory = field(default_factory=Memory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redis:
    """The Redis server over which processes share streams, queues and short-lived state."""

    enabled: bool = True
    """Whether Redis is used at all."""
    url: str = ""
    """`redis://host:6379/0`, `rediss://…` (TLS) or `unix:///path`; empty for the bundled server."""
    username: str = ""
    """The ACL user; empty for the default one."""
    password: str | None = field(default=None, repr=False)
    """The password, when the server wants one."""
    ca_file: Path | None = None
    """The CA file for TLS; none believes the system's."""
    timeout: timedelta = timedelta(seconds=2)
    """The longest wait for one reply."""
    kept_outcomes: int = 100_000
    """Outcomes that wait to be read, about half a kilobyte each; more drop the oldest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Where people are told what happened while they were not looking."""

    urls_file: Path | None = None
    """A file with one Apprise address a line, such as `ntfy://…`, mode 600; none tells nobody."""
    kinds: tuple[str, ...] = ()
    """What is told: `undone`, `approval`, `failed`, `outage`; empty tells nothing."""
    per_hour: int = 20
    """Notices that are sent within an hour at most; what comes beyond is counted in one."""

    @property
    def tells(self) -> bool:
        """Whether anything is told, and anybody is there to be told."""
        return bool(self.kinds) and self.urls_file is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CortexMaster:
    """The process `cortex-master`, which hands on what the fabric cannot answer, and notifies."""

    home: Path
    """The data folder, `$CORTEX_HOME`."""
    host: str = "127.0.0.1"
    """The address it listens on; anything but loopback opens it to the network."""
    port: int = 0
    """0 takes any free port; the process prints the one it got."""
    concurrency: int = 32
    """Escalations that are with agents at a time."""
    patience: timedelta = timedelta(minutes=10)
    """How long an escalation may take until it is given up."""
    lease: timedelta = timedelta(seconds=15)
    """How long the leader may be silent before another one leads."""
    redis: Redis = field(default_factory=Redis)
    notify: Notify = field(default_factory=Notify)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """The layer `cortex-telemetry`, and what it keeps."""

    home: Path
    """The data folder, `$CORTEX_HOME`."""
    host: str = "127.0.0.1"
    """The address it listens on; anything but loopback opens it to the network."""
    port: int = 0
    """0 takes any free port; the process prints the one it got."""
    log_folder: Path | None = None
    """Where the audit log lies; none takes `audit/` in the data folder."""
    anchor_folder: Path | None = None
    """Where its anchor lies, best on another disk; none takes `anchor/` in the data folder."""
    learn_after: int = 200
    """Judged answers after which it learns by itself, as `cortex learn run` does; 0 never does."""
    redis: Redis = field(default_factory=Redis)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the activator knows of the ways to the network, without being able to go them."""

    controller: str = ""
    """The address of the controller, as `controller.url`."""
    site: str = "default"
    """The site used when a query names none."""
    ssh: bool = False
    """Whether there is a login for the devices, so that they can be reached without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activator:
    """The always-on process `cortex-activator`."""

    home: Path
    """The data folder, `$CORTEX_HOME`."""
    host: str = "127.0.0.1"
    """The address it listens on; anything but loopback opens it to the network."""
    port: int = 8080
    """The port it listens on; 0 takes any free one."""
    rules_file: Path | None = None
    """Routing rules of your own; none uses the ones that come with Cortex."""
    writes: bool = False
    """Whether the network may be changed at all; off until the operator says otherwise."""
    unasked: bool = True
    """Whether the tools that may run without a yes do so; off asks for every write."""
    cooldown: timedelta = timedelta(seconds=300)
    """How long an idle layer stays up."""
    layer_cooldowns: dict[str, timedelta] = field(default_factory=dict)
    """Cooldowns of single layers, by name."""
    start_timeout: timedelta = timedelta(seconds=30)
    """How long a layer may take from start to ready."""
    queue_limit: int = 64
    """Requests that one layer takes at a time, waiting and at work; one more is answered 503."""
    quota_per_minute: int = 600
    """Queries one token may ask per minute; one more is answered 429."""
    feedback_per_minute: int = 60
    """Answers one token may judge per minute; one more is answered 429."""
    confirm_ttl: timedelta = timedelta(seconds=120)
    """How long a paused call waits for its yes."""
    deadline_limit: timedelta = timedelta(seconds=600)
    """The longest deadline a query may ask for."""
    telemetry_events: int = 100
    """Events that wait for `cortex-telemetry`, from which it is woken at once."""
    telemetry_wait: timedelta = timedelta(seconds=30)
    """How long an event waits at most before `cortex-telemetry` is woken for it."""
    task_senders: dict[str, str] = field(default_factory=dict)
    """As which token the tasks of a sender run, `sender: token name`; others may only read."""
    task_age: timedelta = timedelta(hours=1)
    """How old a task may be when it is performed; an older one is answered as failed."""
    task_concurrency: int = 8
    """Tasks of other systems that are performed at a time."""
    task_quota_per_minute: int = 600
    """Tasks one sender may send per minute, and in one burst; one more is answered `rejected`."""
    task_outstanding: int = 200
    """Tasks of one sender that may wait or be at work; one more is answered `rejected`."""
    escalate: bool = True
    """Whether what cannot be answered is passed on, where an agent is registered that takes it."""
    timezone: str = ""
    """The time zone of times in orders, as `Europe/Vienna`, where the controller tells none."""
    timer_grace: timedelta = timedelta(minutes=15)
    """How late, after a down time, what was asked for a moment is still done; an undo always is."""
    memory: Memory = field(default_factory=Memory)
    redis: Redis = field(default_factory=Redis)
    notify: Notify = field(default_factory=Notify)
    reach: Reach = field(default_factory=Reach)
    layer_environ: dict[str, str] = field(default_factory=dict, repr=False)
    """Environment for the layer processes that this process starts."""
