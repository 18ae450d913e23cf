"""A reference binds to the one thing it means, and to nothing when there is a doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.routing.binding import (
    Bound,
    Entity,
    Missing,
    Several,
    address_of,
    bind,
    port_id,
)
from cortex.fabric.routing.binding.names import distance, keys_of, skeleton
from tests.requirements import requirement


def client(number: int, alias: str, hostname: str = "", *, online: bool = True) -> Entity:
    mac = f"02:00:00:00:00:{number:02x}"
    return Entity(
        kind="client",
        id=mac,
        mac=mac,
        names=(alias, hostname),
        ip=f"10.0.0.{number}",
        online=online,
    )


def device(number: int, name: str, type_: str) -> Entity:
    mac = f"06:00:00:00:00:{number:02x}"
    return Entity(kind="device", id=mac, mac=mac, names=(name,), ip=f"10.0.1.{number}", type=type_)


HOME = (
    client(1, "Kids iPad"),
    client(2, "Dad's iPad", "ipad-2"),
    client(3, "TV"),
    client(4, "Bedroom TV"),
    client(5, "Kitchen TV", online=False),
    client(6, "", "office-printer"),
    client(7, "Sarah’s Laptop", "DESKTOP-77"),
    client(8, "Camera 1"),
    client(9, "Camera 12"),
    device(1, "Garage AP", "ap"),
    device(2, "Garage Switch", "switch"),
    device(3, "Lobby", "ap"),
    device(4, "Core", "switch"),
    device(5, "Dream Machine", "gateway"),
)


def names(found: Bound | Several | Missing) -> list[str]:
    match found:
        case Bound(entity):
            return [entity.name]
        case Several(entities):
            return [entity.name for entity in entities]
        case Missing(near):
            return [entity.name for entity in near]


@pytest.mark.parametrize(
    ("reference", "kind", "name", "how"),
    [
        ("02:00:00:00:00:04", "client", "Bedroom TV", "exact"),
        ("02-00-00-00-00-04", "client", "Bedroom TV", "exact"),
        ("0200.0000.0004", "client", "Bedroom TV", "exact"),
        ("020000000004", "client", "Bedroom TV", "exact"),
        ("10.0.0.6", "client", "office-printer", "exact"),
        ("TV", "client", "TV", "alias"),
        ("the tv", "client", "TV", "alias"),
        ("kids’ ipad", "client", "Kids iPad", "alias"),
        ("KIDS-IPAD", "client", "Kids iPad", "alias"),
        ("dads ipad", "client", "Dad's iPad", "alias"),
        ("ipad-2", "client", "Dad's iPad", "alias"),
        ("sarah's laptop", "client", "Sarah’s Laptop", "alias"),
        ("sarah laptop", "client", "Sarah’s Laptop", "alias"),
        ("my laptop", "client", "Sarah’s Laptop", "words"),
        ("the printer", "client", "office-printer", "words"),
        ("camera 1", "client", "Camera 1", "alias"),
        ("garage ap", "device", "Garage AP", "alias"),
        ("the garage access point", "device", "Garage AP", "words"),
        ("the lobby ap", "device", "Lobby", "alias"),
        ("core switch", "device", "Core", "alias"),
        ("the router", "device", "Dream Machine", "words"),
        ("Kids iPad on the portal", "client", "Kids iPad", "alias"),
        ("the tv as a guest", "client", "TV", "alias"),
        ("bedroom tv through the guest portal", "client", "Bedroom TV", "alias"),
        ("garage switch so I can find it", "device", "Garage Switch", "alias"),
        ("garage ap, so that we can spot it.", "device", "Garage AP", "alias"),
        ("garage ap's 5 GHz radio", "device", "Garage AP", "alias"),
        ("garage ap again", "device", "Garage AP", "alias"),
        ("bedrom tv", "client", "Bedroom TV", "fuzzy"),
        ("office pritner", "client", "office-printer", "fuzzy"),
    ],
)
def test_a_reference_binds_to_the_one_thing_it_means(
    reference: str, kind: str, name: str, how: str
) -> None:
    found = bind(reference, HOME, kind=kind)
    assert isinstance(found, Bound), found
    assert (found.entity.name, found.how) == (name, how)


@pytest.mark.parametrize(
    ("reference", "kind", "expected"),
    [
        ("the ipad", "client", ["Dad's iPad", "Kids iPad"]),
        ("the ap", "device", ["Garage AP", "Lobby"]),
        ("garage", "device", ["Garage AP", "Garage Switch"]),
        ("camera", "client", ["Camera 1", "Camera 12"]),
    ],
)
def test_a_doubt_is_answered_with_the_candidates(
    reference: str, kind: str, expected: list[str]
) -> None:
    found = bind(reference, HOME, kind=kind)
    assert isinstance(found, Several)
    assert names(found) == expected
    assert found.total == len(expected)


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ("02:00:00:00:00:ff", "client"),
        ("10.0.0.99", "client"),
        ("camera 2", "client"),
        ("playstation", "client"),
        ("this", "device"),
        ("", "client"),
        ("...", "client"),
        ("lobby switch", "device"),
        ("Garage AP", "client"),
    ],
)
def test_what_is_not_there_is_missing(reference: str, kind: str) -> None:
    assert isinstance(bind(reference, HOME, kind=kind), Missing)


def test_words_of_role_are_part_of_a_name_where_something_is_called_so() -> None:
    kiosk, other = client(20, "Kiosk on the portal"), client(21, "Kiosk")
    for row, reference in ((kiosk, "kiosk on the portal"), (other, "kiosk at the portal")):
        found = bind(reference, (kiosk, other), kind="client", for_write=True)
        assert isinstance(found, Bound)
        assert found.entity == row


def test_words_that_are_no_purpose_are_not_cut_off_a_name() -> None:
    for reference in ("garage ap or core switch", "garage ap so what", "garage ap at home"):
        assert isinstance(bind(reference, HOME, kind="device", for_write=True), Missing | Several)


def test_missing_tells_up_to_three_near_names() -> None:
    found = bind("camera 2", HOME, kind="client")
    assert names(found) == ["Camera 1", "Camera 12"]


def test_a_write_is_never_bound_by_likeness() -> None:
    found = bind("bedrom tv", HOME, kind="client", for_write=True)
    assert isinstance(found, Several)
    assert (names(found), found.total) == (["Bedroom TV"], 1)


def test_an_alias_wins_over_a_hostname_that_nobody_sees() -> None:
    rows = (client(1, "Printer"), client(2, "Scanner", "printer"))
    found = bind("printer", rows, kind="client")
    assert isinstance(found, Bound)
    assert found.entity.id == rows[0].id


def test_a_stranger_that_takes_an_alias_for_its_hostname_makes_a_doubt() -> None:
    rows = (client(1, "Printer"), client(2, "", "printer"))
    assert isinstance(bind("printer", rows, kind="client"), Several)


def test_two_hostnames_alike_are_a_doubt_but_an_address_is_not() -> None:
    rows = (client(1, "", "printer"), client(2, "", "PRINTER"))
    assert isinstance(bind("printer", rows, kind="client"), Several)
    assert isinstance(bind(rows[1].id, rows, kind="client"), Bound)


@pytest.mark.parametrize("twin", ["Тable", "TabIe", "Tabl\u200be", "Tab1e", "Ta\u0301ble"])
@pytest.mark.parametrize("reference", ["table", "the table", "Table"])
def test_names_that_look_the_same_never_bind_silently(twin: str, reference: str) -> None:
    rows = (client(1, "Table"), client(2, "", twin))
    found = bind(reference, rows, kind="client")
    assert isinstance(found, Several), found
    assert found.total == 2


def test_a_reference_in_look_alike_letters_asks_back() -> None:
    found = bind("Веdrооm ТV", HOME, kind="client")
    assert isinstance(found, Several)
    assert names(found) == ["Bedroom TV"]


def test_an_address_two_clients_share_means_the_one_online() -> None:
    here = client(1, "Here")
    gone = Entity(
        kind="client",
        id="02:00:00:00:00:aa",
        mac="02:00:00:00:00:aa",
        names=("Gone",),
        ip=here.ip,
        online=False,
    )
    found = bind(here.ip, (gone, here), kind="client")
    assert isinstance(found, Bound)
    assert found.entity is here


def test_candidates_are_capped_online_first_and_counted() -> None:
    rows = [client(number, f"TV {number:02}", online=number % 2 == 0) for number in range(1, 31)]
    found = bind("tv", rows, kind="client")
    assert isinstance(found, Several)
    assert (len(found.entities), found.total) == (10, 30)
    assert all(entity.online for entity in found.entities)
    assert names(found) == sorted(names(found))


def test_the_only_thing_of_its_kind_needs_no_name() -> None:
    rows = (Entity(kind="wlan", id="5f", names=("Casa",)),)
    assert isinstance(bind("the wi-fi", rows, kind="wlan"), Bound)


def test_a_port_is_named_by_its_device_and_number() -> None:
    assert port_id("06:00:00:00:00:01", 5) == "06:00:00:00:00:01#5"


texts = st.text(max_size=12)
entities = st.lists(
    st.builds(
        Entity,
        kind=st.just("client"),
        id=st.uuids().map(str),
        names=st.tuples(texts, texts),
        online=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda entity: entity.id,
)


@given(reference=texts, rows=entities, for_write=st.booleans())
def test_the_order_of_the_inventory_does_not_matter(
    reference: str, rows: list[Entity], *, for_write: bool
) -> None:
    forth = bind(reference, rows, kind="client", for_write=for_write)
    back = bind(reference, rows[::-1], kind="client", for_write=for_write)
    assert type(forth) is type(back)
    assert not isinstance(forth, Bound) or forth == back


@given(rows=entities.filter(bool), data=st.data())
def test_an_id_always_binds(rows: list[Entity], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(rows))
    assert bind(wanted.id, rows, kind="client") == Bound(wanted, "exact")


@given(rows=entities.filter(bool), data=st.data(), for_write=st.booleans())
def test_a_bound_alias_is_never_one_of_two_that_look_the_same(
    rows: list[Entity], data: st.DataObject, *, for_write: bool
) -> None:
    wanted = data.draw(st.sampled_from(rows))
    found = bind(wanted.names[0], rows, kind="client", for_write=for_write)
    if isinstance(found, Bound) and found.how != "exact":
        form = skeleton(found.entity.name)
        twins = [
            row for row in rows if row.id != found.entity.id and form and skeleton(row.name) == form
        ]
        assert not twins


@requirement("write.right-target")
@given(reference=texts, rows=entities)
def test_a_write_never_binds_more_than_a_read(reference: str, rows: list[Entity]) -> None:
    write = bind(reference, rows, kind="client", for_write=True)
    if isinstance(write, Bound):
        assert write.how != "fuzzy"
        assert bind(reference, rows, kind="client") == write


@given(one=st.text("abc", max_size=6), other=st.text("abc", max_size=6))
def test_distance_is_symmetric_and_zero_only_for_equals(one: str, other: str) -> None:
    there, back = distance(one, other, limit=6), distance(other, one, limit=6)
    assert there == back
    assert (there == 0) == (one == other)
    assert there <= max(len(one), len(other))


@given(text=texts)
def test_case_and_space_do_not_change_a_key(text: str) -> None:
    assert keys_of(f"  {text} ") == keys_of(text)


@given(number=st.integers(0, 2**48 - 1))
def test_every_spelling_of_a_mac_is_one_address(number: int) -> None:
    digits = f"{number:012x}"
    colons = ":".join(digits[i : i + 2] for i in range(0, 12, 2))
    assert address_of(colons.upper()) == address_of(digits) == colons
    assert address_of(colons.replace(":", "-")) == colons


def test_a_write_to_a_bare_noun_that_others_bear_too_asks_which() -> None:
    rows = [client(1, "TV"), client(2, "Bedroom TV"), client(3, "Bedroom Lamp")]
    found = bind("the tv", rows, kind="client", for_write=True)
    assert isinstance(found, Several)
    assert names(found) == ["Bedroom TV", "TV"]
    assert isinstance(bind("the tv", rows, kind="client"), Bound)
    alone = bind("the tv", [rows[0], rows[2]], kind="client", for_write=True)
    assert isinstance(alone, Bound)


@pytest.mark.parametrize(
    ("reference", "kind", "name"),
    [
        ("garage ap right now", "device", "Garage AP"),
        ("connection of sarah's laptop", "client", "Sarah’s Laptop"),
        ("good connection DESKTOP-77", "client", "Sarah’s Laptop"),
        ("how kids iPad's signal does", "client", "Kids iPad"),
        ("give bedroom tv speed", "client", "Bedroom TV"),
        ("strength at 02:00:00:00:00:06 today", "client", "office-printer"),
        ("speed at 10.0.0.6", "client", "office-printer"),
    ],
)
def test_a_read_binds_to_the_one_full_name_among_other_words(
    reference: str, kind: str, name: str
) -> None:
    found = bind(reference, HOME, kind=kind)
    assert isinstance(found, Bound)
    assert (found.entity.name, found.how) == (name, "fuzzy")
    assert not isinstance(bind(reference, HOME, kind=kind, for_write=True), Bound)


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ("watch tv upstairs tonight", "client"),
        ("camera 123 signal strength", "client"),
        ("signal strength of nothing known", "client"),
        ("garage switch stick right here", "client"),
    ],
)
def test_a_common_noun_or_half_a_name_among_other_words_binds_nothing(
    reference: str, kind: str
) -> None:
    assert not isinstance(bind(reference, HOME, kind=kind), Bound)


def test_two_names_among_other_words_are_a_doubt() -> None:
    found = bind("compare kids ipad against bedroom tv", HOME, kind="client")
    assert names(found) == ["Bedroom TV", "Kids iPad"]


def test_a_twin_of_the_name_among_other_words_is_a_doubt() -> None:
    rows = (*HOME, client(20, "Kids iРad"))  # the Cyrillic letter is the point
    found = bind("signal of the kids ipad upstairs", rows, kind="client")
    assert isinstance(found, Several)
    assert found.total == 2


_NOISE = ["good", "connection", "online", "faster", "to", "give", "kick"]


@given(
    st.lists(st.sampled_from(_NOISE)),
    st.sampled_from(HOME),
    st.lists(st.sampled_from(_NOISE)),
)
def test_a_write_never_binds_by_containment(
    before: list[str], meant: Entity, behind: list[str]
) -> None:
    reference = " ".join([*before, meant.name, *behind])
    found = bind(reference, HOME, kind=meant.kind, for_write=True)
    assert not isinstance(found, Bound) or not (before or behind)
