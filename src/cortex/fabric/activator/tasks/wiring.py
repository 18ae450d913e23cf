"""Wire what tasks need: who takes them, who performs them, who is told, and who is woken."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata

from starlette.routing import Route

from cortex.clients.redis import RedisClient
from cortex.coordination.answers import Place
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.worker import Policy, Worker
from cortex.coordination.registry import Agent, Presence, Registry
from cortex.coordination.streams import TASKS
from cortex.coordination.supervision import beside
from cortex.fabric.activator.access.keys import sealing_key
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.flow import Answers
from cortex.fabric.activator.layers.waking import Layers, Waking
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.carrying.consuming import Consumer
from cortex.fabric.activator.tasks.carrying.escalating import Escalating
from cortex.fabric.activator.tasks.carrying.performing import KIND, Performing
from cortex.fabric.activator.tasks.endpoints import TaskViews
from cortex.fabric.activator.tasks.following import Following
from cortex.fabric.activator.tasks.intake.rations import Rations, waiting_keys
from cortex.fabric.activator.tasks.intake.senders import Senders
from cortex.fabric.activator.tasks.later.timed import TimedTasks
from cortex.fabric.activator.tasks.ledger import SEALED, TaskLedger
from cortex.fabric.activator.tasks.telling import Telling
from cortex.fabric.activator.tasks.verdicts.looking import Looking
from cortex.fabric.activator.tasks.verdicts.noting import SEALED as VERDICT
from cortex.fabric.activator.tasks.verdicts.noting import Verdicts
from cortex.fabric.activator.tasks.verdicts.recalling import Recalling
from cortex.fabric.activator.web.gate import Gate
from cortex.settings.knobs import Activator

GROUP = "unifi-fabric-group"
NAME = "unifi-fabric"
CAPABILITIES = (
    "unifi_network",
    "client_management",
    "device_management",
    "network_diagnostics",
    "firewall_management",
    "wifi_management",
)
"""What this fabric says it can do, in the registry."""
_LEASE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """What deals with the tasks of other systems, wired once."""

    coordination: Coordination
    escalating: Escalating
    consumer: Consumer
    performing: Performing
    telling: Telling
    following: Following
    recalling: Recalling
    timed: TimedTasks
    waking: Waking
    views: Callable[[Gate], TaskViews]
    agent: Agent
    concurrency: int

    async def living(self, stack: AsyncExitStack) -> None:
        """Take tasks while the stack is open; those at work end, or are handed back, with it."""
        if self.coordination.state == "off":
            return
        works = {
            "taking tasks": self.consumer.run,
            "performing tasks": self._work,
            "telling senders": self.following.run,
            "recalling verdicts": self.recalling.run,
            "telling of timers": self.timed.run,
            "presence": self._present,
            "waking the master": self.waking.run,
        }
        for name, work in works.items():
            await stack.enter_async_context(beside(work, name=name))

    def routes(self, gate: Gate) -> list[Route]:
        """List the endpoints."""
        views = self.views(gate)
        return [
            Route("/v1/tasks", views.show_tasks),
            Route("/v1/tasks/{task_id}", views.show_task),
            Route("/v1/tasks/{task_id}/cancel", views.cancel, methods=["POST"]),
            Route("/v1/tasks/{task_id}/confirm", views.confirm, methods=["POST"]),
            Route("/v1/dead-letters", views.show_dead),
            Route("/v1/dead-letters/{queue}/{letter_id}/requeue", views.requeue, methods=["POST"]),
            Route("/v1/dead-letters/{queue}/{letter_id}", views.drop, methods=["DELETE"]),
            Route("/v1/agents", views.show_agents),
        ]

    async def _work(self) -> None:
        redis = await self.coordination.readied()
        await self._worker(redis).until_cancelled()

    def _worker(self, redis: RedisClient) -> Worker:
        policy = Policy(concurrency=self.concurrency, lease=_LEASE, grace=timedelta(seconds=5))
        keys, tell = self.consumer.keys, self.telling.undone
        return Worker(redis, keys, self.performing, policy=policy, on_undone=tell)

    async def _present(self) -> None:
        redis = await self.coordination.readied()
        registry = Registry(redis, prefix=self.coordination.prefix)
        await Presence(registry, self.agent).keep()


def tasks(
    settings: Activator,
    *,
    coordination: Coordination,
    answers: Answers,
    accounts: Accounts,
    layers: Layers,
    looking: Looking,
) -> Tasks:
    """Make what deals with tasks; nothing is taken yet."""
    keys = Keys(KIND, coordination.prefix)
    senders = Senders(settings.home, settings.task_senders)
    key = sealing_key(settings.home)
    ledger = TaskLedger(coordination, seals=Seals(key, SEALED))
    verdicts = Verdicts(coordination, seals=Seals(key, VERDICT), place=looking.store.place)
    telling = _telling(coordination, keys, ledger)
    timed = TimedTasks(telling=telling, store=looking.store, now=looking.now)
    following = Following(telling=telling, timed=timed)
    desk = _Desk(
        telling=telling, following=following, verdicts=verdicts, senders=senders, accounts=accounts
    )
    escalating = Escalating(answers.query, coordination, telling.ledger, enabled=settings.escalate)
    return Tasks(
        coordination=coordination,
        escalating=escalating,
        consumer=_consumer(settings, telling, keys, senders),
        performing=desk.performing(escalating),
        telling=telling,
        following=following,
        recalling=Recalling(verdicts=verdicts, ledger=ledger, looking=looking, following=following),
        timed=timed,
        waking=Waking(coordination, layers, notifies=settings.notify.tells),
        views=lambda gate: desk.views(gate, answers),
        agent=_agent(telling.name),
        concurrency=settings.task_concurrency,
    )


def _consumer(settings: Activator, telling: Telling, keys: Keys, senders: Senders) -> Consumer:
    return Consumer(
        telling=telling,
        keys=keys,
        rations=Rations(
            coordination=telling.coordination,
            per_minute=settings.task_quota_per_minute,
            outstanding=settings.task_outstanding,
            age=settings.task_age,
        ),
        age=settings.task_age,
        owner_of=senders.owner_of,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What both performing and showing tasks need."""

    telling: Telling
    following: Following
    verdicts: Verdicts
    senders: Senders
    accounts: Accounts

    def performing(self, escalating: Escalating) -> Performing:
        return Performing(
            telling=self.telling,
            ask=escalating.query,
            accounts=self.accounts,
            senders=self.senders,
            ledger=self.telling.ledger,
            timed=self.following.timed,
        )

    def views(self, gate: Gate, answers: Answers) -> TaskViews:
        return TaskViews(
            gate=gate,
            coordination=self.telling.coordination,
            ledger=self.telling.ledger,
            answers=answers,
            accounts=self.accounts,
            telling=self.telling,
            following=self.following,
            verdicts=self.verdicts,
        )


def _telling(coordination: Coordination, keys: Keys, ledger: TaskLedger) -> Telling:
    def counted(task_id: str) -> tuple[str, ...]:
        return waiting_keys(coordination.prefix, task_id.partition(":")[0])

    place = Place(stream=TASKS, group=GROUP, dead=keys.dead, counted=counted)
    return Telling(
        coordination=coordination,
        place=place,
        ledger=ledger,
        name=f"{NAME}-{coordination.writer}",
    )


def _agent(name: str) -> Agent:
    return Agent(
        agent_id=name,
        agent_type="worker",
        name=NAME,
        status="ready",
        capabilities=CAPABILITIES,
        stream=TASKS,
        version=metadata.version("cortex-platform"),
    )
