"""Events of event_sync: read or refused, and summed up to who was there and how long."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video.attendance import (
    Occupancy,
    OccupantEvent,
    Presence,
    RoomEvent,
    UnreadableEvent,
    presence,
    read_event,
    reconciled,
    together,
)

NINE = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
ROOM_JID = "k3v7-q2ab@muc.meet.example.org"
PHONE = "14f01c40@meet.example.org/phone"


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def epoch(minutes: float) -> int:
    return int(at(minutes).timestamp())


def occupant(**changes: Any) -> dict[str, Any]:
    return {
        "id": "participation-17",
        "name": "Анна",
        "email": None,
        "occupant_jid": PHONE,
        "joined_at": epoch(0),
        **changes,
    }


def event(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "event_name": f"muc-{name}",
        "room_name": "k3v7-q2ab",
        "room_jid": ROOM_JID,
        "is_breakout": False,
        **fields,
    }


def joined(**changes: Any) -> dict[str, Any]:
    return event("occupant-joined", active_occupants_count=1, occupant=occupant(**changes))


def left(**changes: Any) -> dict[str, Any]:
    changes = {"left_at": epoch(40), **changes}
    return event("occupant-left", active_occupants_count=0, occupant=occupant(**changes))


def destroyed(occupants: object) -> dict[str, Any]:
    return event("room-destroyed", created_at=epoch(0), destroyed_at=epoch(41), all_occupants=occupants)


def stay(guest_id: str, start: float, end: float | None, device: str = PHONE) -> Occupancy:
    return Occupancy(guest_id, device, at(start), None if end is None else at(end))


def minutes_of(*stays: Occupancy, until: float = 41) -> dict[str, int]:
    return {guest: was.minutes for guest, was in presence(stays, until=at(until)).items()}


def test_joining_is_read() -> None:
    assert read_event(joined()) == OccupantEvent(
        "k3v7-q2ab", ROOM_JID, False, Occupancy("participation-17", PHONE, NINE, None)
    )


def test_leaving_is_read() -> None:
    read = read_event(left())
    assert isinstance(read, OccupantEvent)
    assert read.occupancy == Occupancy("participation-17", PHONE, NINE, at(40))


def test_joining_and_leaving_share_the_key_of_the_stay() -> None:
    keys = {read.key for read in map(read_event, (joined(), left())) if isinstance(read, OccupantEvent)}
    assert keys == {(ROOM_JID, PHONE, NINE)}


def test_the_creation_of_a_room_is_read() -> None:
    read = read_event(event("room-created", created_at=epoch(0)))
    assert read == RoomEvent("k3v7-q2ab", ROOM_JID, False, NINE, None, ())


def test_the_end_of_a_room_lists_who_was_there() -> None:
    read = read_event(destroyed([occupant(left_at=epoch(40))]))
    assert isinstance(read, RoomEvent)
    assert read.destroyed_at == at(41)
    assert read.occupancies == (Occupancy("participation-17", PHONE, NINE, at(40)),)


def test_whoever_was_still_inside_left_when_the_room_ended() -> None:
    read = read_event(destroyed([occupant()]))
    assert isinstance(read, RoomEvent)
    assert read.occupancies[0].left_at == at(41)


def test_an_empty_list_from_lua_arrives_as_an_empty_object() -> None:
    read = read_event(destroyed({}))
    assert isinstance(read, RoomEvent)
    assert read.occupancies == ()


def test_a_breakout_room_is_told_apart() -> None:
    read = read_event(joined() | {"is_breakout": True, "breakout_room_id": "b1"})
    assert read.is_breakout


def test_the_room_name_is_read_in_the_form_in_which_names_are_compared() -> None:
    assert read_event(joined() | {"room_name": "K3V7%2DQ2AB"}).room == "k3v7-q2ab"


def test_somebody_without_a_token_has_no_id() -> None:
    read = read_event(joined(id=None))
    assert isinstance(read, OccupantEvent)
    assert read.occupancy.guest_id == ""


@pytest.mark.parametrize(
    "payload",
    [
        None,
        5,
        "muc-occupant-joined",
        [],
        {},
        joined() | {"event_name": "muc-something-else"},
        joined() | {"event_name": ["muc-occupant-joined"]},
        joined() | {"room_name": ""},
        joined() | {"room_jid": None},
        joined() | {"room_jid": "room\x00@muc"},
        joined() | {"room_jid": "\ud800@muc"},
        joined() | {"room_jid": "r" * 4000},
        joined() | {"is_breakout": "no"},
        joined() | {"occupant": None},
        joined() | {"occupant": [occupant()]},
        joined(id=17),
        joined(id="i" * 201),
        joined(occupant_jid=7),
        joined(joined_at="2026-09-01T09:00:00Z"),
        joined(joined_at=True),
        joined(joined_at=-1),
        joined(joined_at=epoch(0) * 1000),
        joined(joined_at=float("nan")),
        joined(joined_at=10**400),
        left(left_at=None),
        event("room-created"),
        destroyed(None),
        destroyed({"1": occupant()}),
        destroyed([None]),
    ],
)
def test_a_malformed_event_is_refused_by_name(payload: object) -> None:
    with pytest.raises(UnreadableEvent):
        read_event(payload)


def test_the_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(UnreadableEvent) as refusal:
        read_event(joined(occupant_jid="Анна Иванова\n"))
    assert str(refusal.value) == "occupant_jid"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
occupants = st.fixed_dictionaries(
    {},
    optional={
        field: json_values | st.integers(0, 2_000_000_000)
        for field in ("id", "occupant_jid", "joined_at", "left_at", "name")
    },
)
events = st.fixed_dictionaries(
    {
        "event_name": st.sampled_from(
            ["muc-room-created", "muc-room-destroyed", "muc-occupant-joined", "muc-occupant-left"]
        )
        | json_values,
        "room_name": st.just("room") | json_values,
        "room_jid": st.just(ROOM_JID) | json_values,
    },
    optional={
        "is_breakout": st.booleans() | json_values,
        "occupant": occupants | json_values,
        "all_occupants": st.lists(occupants) | json_values,
        "created_at": st.integers() | json_values,
        "destroyed_at": st.integers() | json_values,
    },
)


@given(json_values | events)
def test_any_json_is_an_event_or_unreadable(payload: object) -> None:
    try:
        read = read_event(json.loads(json.dumps(payload)))
    except UnreadableEvent:
        return
    assert isinstance(read, OccupantEvent | RoomEvent)


def test_a_stay_counts_from_joining_to_leaving() -> None:
    assert minutes_of(stay("parent", 0, 40)) == {"parent": 40}


def test_a_stay_that_lasts_counts_up_to_the_given_time() -> None:
    assert minutes_of(stay("parent", 0, None), until=25) == {"parent": 25}


def test_time_after_the_given_end_does_not_count() -> None:
    assert minutes_of(stay("parent", 30, 60), stay("late", 45, 60), until=40) == {"parent": 10}


def test_two_devices_of_one_person_are_one_person() -> None:
    both = presence([stay("parent", 0, 30), stay("parent", 10, 40, "laptop")], until=at(41))
    assert both == {"parent": Presence(((at(0), at(40)),))}


def test_a_gap_between_two_stays_does_not_count() -> None:
    was = presence([stay("parent", 0, 10), stay("parent", 20, 40)], until=at(41))["parent"]
    assert (was.first_joined, was.last_left, was.minutes) == (at(0), at(40), 30)


def test_minutes_are_rounded() -> None:
    assert minutes_of(stay("short", 0, 0.4), stay("long", 0, 1.5, "b")) == {"short": 0, "long": 2}


def test_a_repeated_event_counts_once() -> None:
    assert minutes_of(stay("parent", 0, 40), stay("parent", 0, 40)) == {"parent": 40}


def test_leaving_before_joining_by_a_jumping_clock_is_no_time_at_all() -> None:
    assert minutes_of(stay("parent", 10, 5)) == {"parent": 0}


def test_somebody_without_an_id_is_not_counted() -> None:
    assert minutes_of(stay("", 0, 40)) == {}


def test_the_order_in_which_events_arrive_does_not_matter() -> None:
    arrived = [stay("parent", 0, None), stay("parent", 0, 40), stay("parent", 0, 41), stay("aunt", 5, 9, "b")]
    sums = [minutes_of(*order) for order in permutations(arrived)]
    assert all(each == {"parent": 40, "aunt": 4} for each in sums)


def test_a_late_event_of_joining_does_not_reopen_a_stay() -> None:
    assert reconciled(stay("parent", 0, 40), stay("parent", 0, None)).left_at == at(40)


def test_the_moment_of_leaving_that_was_seen_outweighs_the_end_of_the_room() -> None:
    assert reconciled(stay("parent", 0, 41), stay("parent", 0, 30)).left_at == at(30)


def test_both_sides_are_together_while_both_are_there() -> None:
    shared = together([Presence(((at(0), at(42)),))], [Presence(((at(3), at(38)),))])
    assert shared == Presence(((at(3), at(38)),))


def test_an_interruption_of_the_link_is_not_time_together() -> None:
    shared = together([Presence(((at(0), at(10)), (at(15), at(40))))], [Presence(((at(5), at(30)),))])
    assert shared is not None
    assert (shared.first_joined, shared.last_left, shared.minutes) == (at(5), at(30), 20)


def test_one_of_several_specialists_is_enough() -> None:
    specialists = [Presence(((at(0), at(20)),)), Presence(((at(15), at(40)),))]
    shared = together(specialists, [Presence(((at(0), at(40)),))])
    assert shared is not None
    assert shared.minutes == 40


@pytest.mark.parametrize("family", [[], [Presence(((at(20), at(40)),))]])
def test_sides_that_never_met_have_no_time_together(family: list[Presence]) -> None:
    assert together([Presence(((at(0), at(20)),))], family) is None
