"""A client logs in once, gives up at once where insisting would lock the account, and recovers."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from cortex.clients.unifi import Endpoint, Lane, Secret, UnifiClient
from cortex.clients.unifi.login import may_write
from cortex.errors import (
    BadAnswer,
    LayerNotReady,
    NotAllowed,
    Rejected,
    SchemaChanged,
    Throttled,
    Unreachable,
)
from cortex.simulators.unifi.control.faults import (
    BadStatus,
    ExpiredSession,
    HtmlPage,
    Latency,
    LostReply,
)
from cortex.simulators.unifi.control.faults import Throttled as ThrottledFault
from cortex.simulators.unifi.knobs import Knobs
from tests.clients.unifi.console import ADMIN, KEY, URL, Console, login_of

pytestmark = pytest.mark.anyio


class Gate:
    """Holds every login back until it is let pass."""

    def __init__(self) -> None:
        self._arrived, self._opened = asyncio.Event(), asyncio.Event()

    def before(self, console: Console) -> httpx.AsyncBaseTransport:
        """Return the way to a console through this gate."""
        app = httpx.ASGITransport(console.simulator.app)

        async def through(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/login"):
                self._arrived.set()
                await self._opened.wait()
            return await app.handle_async_request(request)

        return httpx.MockTransport(through)

    async def reached(self) -> None:
        """Wait until a login stands before the gate."""
        async with asyncio.timeout(10):
            await self._arrived.wait()

    def let_pass(self) -> None:
        """Open the gate."""
        self._opened.set()


async def test_connecting_with_an_account_tells_what_the_console_is() -> None:
    console = Console()
    async with console.client() as unifi:
        found = await unifi.connect()
    assert (found.kind, found.version, found.can_write) == ("unifi-os", "10.4.57", True)
    assert found.key_lanes == frozenset()
    assert [(s.short_name, s.display_name) for s in found.sites] == [
        ("default", "Home"),
        ("mmu5lnvg", "Workshop"),
    ]


async def test_a_self_hosted_application_is_recognised_by_its_redirect() -> None:
    console = Console(knobs=Knobs(layout="standalone"))
    async with console.client() as unifi:
        found = await unifi.connect()
        assert (await unifi.site("default").online_clients()).rows
    assert (found.kind, found.can_write) == ("standalone", True)


async def test_a_console_that_redirects_to_its_login_page_is_still_a_console() -> None:
    console = Console(knobs=Knobs(root_redirects=True))
    async with console.client() as unifi:
        assert (await unifi.connect()).kind == "unifi-os"


async def test_a_key_opens_all_lanes_without_any_login_or_probe_of_the_front_page() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        found = await unifi.connect()
        await unifi.site("default").online_clients()
    assert found.key_lanes == frozenset(Lane)
    assert all(site.uuid for site in found.sites)
    assert not console.asked("login")
    assert "/" not in [entry.path for entry in console.journal]


async def test_a_key_that_opens_one_lane_only_is_told() -> None:
    console = Console(knobs=Knobs(private_lanes_take_keys=False))
    async with console.client(KEY) as unifi:
        found = await unifi.connect()
        with pytest.raises(NotAllowed, match="legacy") as refused:
            await unifi.site("default").health()
    assert found.key_lanes == frozenset({Lane.INTEGRATION})
    assert "local account" in refused.value.hint


async def test_key_and_account_together_open_what_each_opens() -> None:
    console = Console(knobs=Knobs(private_lanes_take_keys=False))
    both = Endpoint(URL, api_key=KEY.api_key, username=ADMIN.username, password=ADMIN.password)
    async with console.client(both) as unifi:
        found = await unifi.connect()
        assert (await unifi.site("default").health()).rows
    assert all(site.uuid and site.id for site in found.sites)
    assert len(console.asked("/api/auth/login")) == 1


async def test_a_key_works_on_a_self_hosted_application() -> None:
    console = Console(knobs=Knobs(layout="standalone"))
    async with console.client(KEY) as unifi:
        found = await unifi.connect()
    assert (found.kind, found.key_lanes) == ("standalone", frozenset(Lane))


async def test_a_refused_key_is_tried_once_and_never_again() -> None:
    console = Console()
    async with console.client(Endpoint(URL, api_key=Secret("stolen-key"))) as unifi:
        with pytest.raises(NotAllowed, match="API key") as first:
            await unifi.connect()
        asked = len(console.journal)
        with pytest.raises(NotAllowed) as second:
            await unifi.connect()
    assert second.value is first.value
    assert len(console.journal) == asked
    assert "stolen-key" not in repr(first.value) + first.value.hint


async def test_a_wrong_password_is_tried_once_whoever_asks_and_however_often() -> None:
    console = Console()
    async with console.client(login_of("admin", "wrong-guess")) as unifi:
        first = await asyncio.gather(*(unifi.connect() for _ in range(32)), return_exceptions=True)
        asked = len(console.journal)
        later = [await _outcome(unifi) for _ in range(10)]
    assert len(console.asked("/api/auth/login")) == 1
    assert len(console.journal) == asked
    refusals = {id(outcome) for outcome in (*first, *later)}
    assert len(refusals) == 1
    assert isinstance(first[0], NotAllowed)
    assert first[0].hint
    assert "wrong-guess" not in repr(first[0])


async def _outcome(unifi: UnifiClient) -> BaseException | None:
    try:
        await unifi.connect()
    except NotAllowed as error:
        return error
    return None


async def test_a_wrong_password_on_a_self_hosted_application_is_tried_once_too() -> None:
    console = Console(knobs=Knobs(layout="standalone"))
    async with console.client(login_of("admin", "wrong-guess")) as unifi:
        for _ in range(3):
            with pytest.raises(NotAllowed, match="not tried again"):
                await unifi.connect()
    assert len(console.asked("/api/login")) == 1


@pytest.mark.parametrize(
    ("username", "password"),
    [("cloudy", "cloud-account-pass"), ("careful", "second-factor-pass")],
)
async def test_an_account_with_a_second_factor_is_refused_with_what_to_use_instead(
    username: str, password: str
) -> None:
    console = Console()
    async with console.client(login_of(username, password)) as unifi:
        with pytest.raises(NotAllowed, match="second factor") as refused:
            await unifi.connect()
        with pytest.raises(NotAllowed):
            await unifi.connect()
    assert "API key" in refused.value.hint
    assert len(console.asked("/api/auth/login")) == 1


async def test_thirty_two_first_calls_at_once_make_one_login() -> None:
    console = Console()
    async with console.client() as unifi:
        found = await asyncio.gather(*(unifi.connect() for _ in range(32)))
        site = unifi.site("default")
        await asyncio.gather(*(site.online_clients() for _ in range(32)))
    assert len(console.asked("/api/auth/login")) == 1
    assert len(console.asked("stat/sysinfo")) == 1
    assert all(each == found[0] for each in found)


async def test_a_caller_that_gives_up_does_not_spoil_the_login_of_the_others() -> None:
    console, gate = Console(), Gate()
    async with UnifiClient(ADMIN, gate.before(console)) as unifi:
        leaver, stayer = (asyncio.create_task(unifi.connect()) for _ in range(2))
        await gate.reached()
        leaver.cancel()
        gate.let_pass()
        assert (await stayer).version == "10.4.57"
    assert len(console.asked("/api/auth/login")) == 1


async def test_the_login_limit_is_waited_out_without_asking_again() -> None:
    console = Console()
    console.strike(ThrottledFault(path="*/login", retry_after=90))
    async with console.client() as unifi:
        for _ in range(3):
            with pytest.raises(Throttled) as throttled:
                await unifi.connect()
            assert 80 < throttled.value.retry_after <= 90
    assert len(console.asked("/api/auth/login")) == 1


async def test_without_a_word_from_the_console_the_pause_is_a_minute() -> None:
    console = Console()
    console.strike(ThrottledFault(path="*/login"))
    async with console.client() as unifi:
        with pytest.raises(Throttled) as throttled:
            await unifi.connect()
    assert throttled.value.retry_after == 60


async def test_a_login_that_worked_makes_the_next_pause_a_minute_again() -> None:
    console = Console()
    app = httpx.ASGITransport(console.simulator.app)

    async def hurried(request: httpx.Request) -> httpx.Response:
        response = await app.handle_async_request(request)
        if response.status_code == 429 and len(console.asked("/api/auth/login")) <= 2:
            response.headers["retry-after"] = "0"
        return response

    console.strike(ThrottledFault(path="*/login", times=2))
    async with UnifiClient(ADMIN, httpx.MockTransport(hurried)) as unifi:
        for _ in range(2):
            with pytest.raises(Throttled):
                await unifi.connect()
        site = await console.site(unifi)
        console.strike(ThrottledFault(path="*/login"), ExpiredSession(times=1))
        with pytest.raises(Throttled) as throttled:
            await site.online_clients()
    assert throttled.value.retry_after == 60


async def test_throttled_calls_stop_until_the_pause_is_over() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        console.strike(ThrottledFault(path="*/stat/sta", retry_after=30))
        asked = len(console.journal)
        for _ in range(3):
            with pytest.raises(Throttled):
                await site.online_clients()
    assert len(console.journal) == asked + 1


async def test_an_expired_session_is_renewed_once_for_all_who_meet_it() -> None:
    console = Console(knobs=Knobs(session_seconds=600))
    async with console.client() as unifi:
        site = await console.site(unifi)
        console.clock.skip(3600)
        listings = await asyncio.gather(*(site.online_clients() for _ in range(8)))
    assert all(listing.rows for listing in listings)
    assert len(console.asked("/api/auth/login")) == 2


async def test_a_call_that_learns_late_of_the_old_session_uses_the_new_one() -> None:
    console = Console(knobs=Knobs(session_seconds=600))
    async with console.client() as unifi:
        site = await console.site(unifi)
        console.clock.skip(3600)
        console.strike(Latency(ms=150, path="*/stat/health", times=1))
        await asyncio.gather(site.online_clients(), site.health())
    assert [entry.status for entry in console.asked("stat/health")] == [401, 200]
    assert len(console.asked("/api/auth/login")) == 2


async def test_a_session_that_is_refused_again_at_once_is_not_chased() -> None:
    console = Console()
    async with console.client() as unifi:
        site = await console.site(unifi)
        console.strike(ExpiredSession(path="*/stat/sta"))
        with pytest.raises(NotAllowed, match="fresh session"):
            await site.online_clients()
        with pytest.raises(Throttled):
            await site.online_clients()
    assert len(console.asked("/api/auth/login")) == 2


async def test_a_write_that_meets_an_expired_session_takes_effect_once() -> None:
    console = Console()
    target = console.someone(is_wired=False)
    async with console.client() as unifi:
        site = await console.site(unifi)
        console.strike(ExpiredSession(path="*/cmd/stamgr", times=1))
        await site.block_client(target.mac)
    assert target.blocked
    assert [entry.status for entry in console.asked("stamgr")] == [401, 200]


@pytest.mark.parametrize("name", ["api.err.LoginRequired", '{"msg":"api.err.LoginRequired"}'])
async def test_a_client_named_like_the_end_of_a_session_is_written_once_and_listed(
    name: str,
) -> None:
    console = Console()
    target = console.someone()
    async with console.client() as unifi:
        site = await console.site(unifi)
        row = await site.rename_client(target.mac, name)
        listed = {each["mac"]: each.get("name") for each in (await site.online_clients()).rows}
    assert row["name"] == listed[target.mac] == name
    assert len(console.journal.entries(mutating=True)) == 1
    assert len(console.asked("/api/auth/login")) == 1


async def test_csrf_tokens_are_followed_as_the_console_rotates_them() -> None:
    console = Console(knobs=Knobs(csrf_rotates_after=1))
    mac = console.something("uap").mac
    async with console.client() as unifi:
        site = await console.site(unifi)
        for on in (True, False, True):
            await site.locate_device(mac, on=on)
    assert [entry.status for entry in console.asked("devmgr")] == [200, 200, 200]


async def test_writes_that_cross_a_rotation_still_arrive() -> None:
    console = Console(knobs=Knobs(csrf_rotates_after=1))
    mac = console.something("uap").mac
    console.strike(Latency(ms=5, path="*/devmgr"))
    async with console.client() as unifi:
        site = await console.site(unifi)
        await asyncio.gather(*(site.locate_device(mac, on=True) for _ in range(4)))
    assert sum(entry.status == 200 for entry in console.asked("devmgr")) == 4
    assert len(console.asked("/api/auth/login")) <= 2


async def test_a_password_changed_meanwhile_is_not_tried_twice() -> None:
    console = Console()
    async with console.client() as unifi:
        site = await console.site(unifi)
        console.world.accounts.pop("admin")
        console.strike(ExpiredSession(times=1))
        for _ in range(3):
            with pytest.raises(NotAllowed):
                await site.online_clients()
    assert len(console.asked("/api/auth/login")) == 2


async def test_a_late_caller_does_not_try_a_password_that_was_refused_meanwhile() -> None:
    console = Console()
    async with console.client() as unifi:
        site = await console.site(unifi)
        console.world.accounts.pop("admin")
        console.strike(
            ExpiredSession(path="*/stat/*"),
            Latency(ms=100, path="*/stat/health"),
        )
        outcomes = await asyncio.gather(
            site.online_clients(), site.health(), return_exceptions=True
        )
    assert outcomes[0] is outcomes[1]
    assert len(console.asked("/api/auth/login")) == 2


@pytest.mark.parametrize("fault", [BadStatus(path="*", status=502), HtmlPage(path="*")])
async def test_a_console_that_only_boots_is_unreachable_and_later_it_is_not(
    fault: BadStatus | HtmlPage,
) -> None:
    console = Console()
    console.strike(fault)
    async with console.client() as unifi:
        with pytest.raises(Unreachable) as met:
            await unifi.connect()
        assert met.value.reason == "front-door"
        console.faults.clear()
        assert (await unifi.connect()).version == "10.4.57"


async def test_a_front_door_that_answers_a_login_alone_is_told_as_one() -> None:
    console = Console()
    console.strike(BadStatus(path="*/login", status=502))
    async with console.client() as unifi:
        with pytest.raises(Unreachable) as met:
            await unifi.connect()
        assert met.value.reason == "front-door"


@pytest.mark.parametrize("path", ["/", "*/login"])
async def test_an_error_of_the_console_itself_is_not_taken_for_its_absence(path: str) -> None:
    console = Console()
    console.strike(BadStatus(path=path, status=500))
    async with console.client() as unifi:
        with pytest.raises(BadAnswer, match="500"):
            await unifi.connect()


async def test_a_login_without_a_reply_may_be_tried_again() -> None:
    console = Console()
    console.strike(LostReply(path="*/login", times=1))
    async with console.client() as unifi:
        with pytest.raises(Unreachable, match="login"):
            await unifi.connect()
        await unifi.connect()
    assert len(console.asked("/api/auth/login")) == 2


async def test_an_address_that_is_no_controller_is_told() -> None:
    async with UnifiClient(ADMIN, httpx.ASGITransport(Starlette())) as unifi:
        with pytest.raises(SchemaChanged, match="UniFi"):
            await unifi.connect()


async def test_a_read_only_account_is_known_to_be_one_and_its_writes_are_not_allowed() -> None:
    console = Console()
    async with console.client(login_of("viewer", "only-looking-around")) as unifi:
        found = await unifi.connect()
        site = unifi.site("default")
        assert (await site.online_clients()).rows
        with pytest.raises(NotAllowed, match="NoPermission"):
            await site.block_client(console.someone().mac)
    assert found.can_write is False


@pytest.mark.parametrize("ref", ["mmu5lnvg", "Workshop", "workshop"])
async def test_a_site_is_found_by_its_names(ref: str) -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi, ref)
        assert site.ref.short_name == "mmu5lnvg"
        assert unifi.site(site.ref.uuid).ref == unifi.site(site.ref.id).ref == site.ref
        macs = {row["mac"] for row in (await site.devices()).rows}
    assert macs == set(console.world.sites["mmu5lnvg"].devices)


async def test_an_unknown_site_is_refused_by_naming_the_known_ones() -> None:
    console = Console()
    async with console.client() as unifi:
        await unifi.connect()
        with pytest.raises(Rejected, match=r"Office.*default.*Home.*mmu5lnvg"):
            unifi.site("Office")


async def test_two_sites_of_one_name_are_not_guessed_between() -> None:
    console = Console()
    console.world.sites["mmu5lnvg"].desc = "Home"
    async with console.client() as unifi:
        await unifi.connect()
        with pytest.raises(Rejected, match="several sites"):
            unifi.site("Home")
        assert unifi.site("default").ref.short_name == "default"


async def test_a_fresh_connect_sees_a_new_version_and_new_names() -> None:
    console = Console()
    async with console.client() as unifi:
        await unifi.connect()
        console.world.version = "10.5.66"
        console.home.desc = "House"
        assert (await unifi.connect()).version == "10.4.57"
        assert (await unifi.connect(fresh=True)).version == "10.5.66"
        assert unifi.site("House").ref.short_name == "default"
    assert len(console.asked("/api/auth/login")) == 1


async def test_a_site_is_not_handed_out_before_the_controller_is_known() -> None:
    with pytest.raises(LayerNotReady, match="connect first"):
        Console().client().site("default")


async def test_closing_stops_a_login_under_way() -> None:
    gate = Gate()
    unifi = UnifiClient(ADMIN, gate.before(Console()))
    waiting = asyncio.create_task(unifi.connect())
    await gate.reached()
    async with asyncio.timeout(5):
        await unifi.aclose()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_a_throttled_key_is_not_taken_for_a_wrong_one_nor_tried_meanwhile() -> None:
    console = Console()
    console.strike(ThrottledFault(path="*/info", retry_after=70))
    async with console.client(KEY) as unifi:
        for _ in range(3):
            with pytest.raises(Throttled) as throttled:
                await unifi.connect()
            assert 60 < throttled.value.retry_after <= 70
    assert len(console.journal) == 1


async def test_a_key_met_by_a_booting_console_is_tried_again() -> None:
    console = Console()
    console.strike(BadStatus(path="*/info", status=503))
    async with console.client(KEY) as unifi:
        with pytest.raises(Unreachable):
            await unifi.connect()
        console.faults.clear()
        assert (await unifi.connect()).key_lanes == frozenset(Lane)


@pytest.mark.parametrize(
    ("roles", "verdict"),
    [
        ({"admin"}, True),
        ({"readonly", "admin"}, True),
        ({"readonly"}, False),
        ({"hotspot operator"}, None),
        (set(), None),
    ],
)
async def test_only_known_roles_say_whether_changes_are_allowed(
    roles: set[str], verdict: object
) -> None:
    assert may_write(roles) is verdict


async def test_the_token_for_writes_is_found_inside_the_cookie_where_no_header_brings_it() -> None:
    console = Console()
    app = httpx.ASGITransport(console.simulator.app)

    async def quiet(request: httpx.Request) -> httpx.Response:
        response = await app.handle_async_request(request)
        for name in ("x-csrf-token", "x-updated-csrf-token"):
            response.headers.pop(name, None)
        return response

    async with UnifiClient(ADMIN, httpx.MockTransport(quiet)) as unifi:
        await unifi.connect()
        await unifi.site("default").block_client(console.someone().mac)
    assert [entry.status for entry in console.asked("stamgr")] == [200]


@pytest.mark.parametrize("cookie", ["TOKEN=a.b.c", "TOKEN=a.!!!.c", "TOKEN=a.W10.c", "nonsense"])
async def test_a_cookie_that_is_no_token_is_kept_as_it_is(cookie: str) -> None:
    console = Console()
    app = httpx.ASGITransport(console.simulator.app)

    async def odd(request: httpx.Request) -> httpx.Response:
        response = await app.handle_async_request(request)
        if request.url.path.endswith("/login"):
            response.headers["set-cookie"] = cookie
            response.headers.pop("x-csrf-token", None)
        return response

    async with UnifiClient(ADMIN, httpx.MockTransport(odd)) as unifi:
        with pytest.raises(NotAllowed, match="fresh session"):
            await unifi.connect()
