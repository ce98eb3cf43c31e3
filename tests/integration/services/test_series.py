"""A prolonged consultation: several dates of one family, set at once, cancelled and moved alone or together."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from icalendar import Calendar

from calendars.recurrence import Rhythm, Standing
from tests.factories import (
    NOW,
    THURSDAY_NINE,
    ask,
    make_centre,
    make_consultation,
    make_deputy,
    make_request,
    make_series,
    make_specialist,
)
from webapp.letters.compose import compose
from webapp.models import CallTask, Centre, Consultation, Engagement, HelpRequest, Letter, Staff, db
from webapp.rules.errors import NotFree, NothingChosen, TooLong, WrongState
from webapp.rules.letters import LetterKind
from webapp.services.consultations import cancelling, series, write_up
from webapp.services.consultations.write_up import WriteUp
from webapp.services.help_requests import answers
from webapp.services.pages import family_page, feeds, personal_links

WEEK = timedelta(weeks=1)
THREE = [THURSDAY_NINE + WEEK * number for number in range(3)]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def specialist(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def request_(centre: Centre) -> HelpRequest:
    return make_request(centre)


@pytest.fixture
def dates(centre: Centre, specialist: Staff, request_: HelpRequest) -> list[Consultation]:
    """Three Thursdays at nine."""
    return make_series(centre, specialist, THREE, request=request_)


def letters(kind: LetterKind) -> list[Letter]:
    db.session.flush()
    return list(db.session.scalars(sa.select(Letter).where(Letter.kind == kind).order_by(Letter.id)))


def states(dates: Sequence[Consultation]) -> list[str]:
    return [one.state for one in dates]


def entry_of(letter: Letter, now: datetime = NOW) -> tuple[str, str, datetime, int]:
    """Method, UID, start and SEQUENCE of the calendar file of a letter."""
    message = compose(letter, now)
    assert message is not None
    file = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    calendar = Calendar.from_ical(file.get_payload(decode=True))
    (event,) = calendar.walk("VEVENT")
    starts_at = event.decoded("dtstart")
    return str(calendar["method"]), str(event["uid"]), starts_at.astimezone(UTC), int(event["sequence"])


# Booking


def test_a_series_is_booked_wholly(request_: HelpRequest, dates: list[Consultation]) -> None:
    assert [one.starts_at for one in dates] == THREE
    assert (request_.state, request_.kind) == ("confirmed", "prolonged")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Engagement)) == 3
    assert len({one.room for one in dates} | {one.uid for one in dates}) == 6


def test_one_taken_date_leaves_nothing_booked(centre: Centre, specialist: Staff) -> None:
    make_consultation(centre, specialist, at=THREE[2])
    db.session.commit()
    request = make_request(centre)
    with pytest.raises(NotFree):
        make_series(centre, specialist, THREE, request=request)
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Consultation)) == 1


def test_a_date_outside_the_working_hours_is_refused(centre: Centre, specialist: Staff) -> None:
    with pytest.raises(NotFree):
        make_series(centre, specialist, [THURSDAY_NINE, THURSDAY_NINE + timedelta(hours=12)])


def test_a_series_keeps_the_limit_of_the_centre(centre: Centre, specialist: Staff) -> None:
    with pytest.raises(TooLong):
        make_series(centre, specialist, THREE, minutes=60)


def test_a_series_without_dates_is_none(centre: Centre, specialist: Staff) -> None:
    plan = series.Plan([specialist.id], 40, "video", THURSDAY_NINE, Rhythm(number=1))
    with pytest.raises(NothingChosen):
        series.book(centre, make_request(centre), plan, [], NOW, staff_id=specialist.id)


def test_what_the_request_held_is_free_in_its_own_series(centre: Centre, specialist: Staff) -> None:
    request = ask(centre, at=THURSDAY_NINE, specialist=specialist).request
    assert len(make_series(centre, specialist, THREE, request=request)) == 3


def test_further_dates_are_set_after_a_session(
    centre: Centre, specialist: Staff, request_: HelpRequest
) -> None:
    first = make_consultation(centre, specialist, request=request_)
    close(centre, request_, first, specialist)
    assert request_.state == "closed"
    later = make_series(centre, specialist, THREE[1:], request=request_)
    assert (request_.state, len(later)) == ("confirmed", 2)


def test_candidates_name_the_holiday_and_what_is_taken(
    centre: Centre, specialist: Staff, request_: HelpRequest
) -> None:
    make_consultation(centre, specialist, at=THREE[1])
    plan = series.Plan([specialist.id], 40, "video", THURSDAY_NINE, Rhythm(number=7))
    found = series.candidates(centre, request_, plan, NOW)
    assert [one.standing for one in found] == [
        Standing.FREE,
        Standing.TAKEN,
        *[Standing.FREE] * 3,
        Standing.DAY_OFF,  # 31 December
        Standing.DAY_OFF,  # 7 January
    ]
    assert found[6].holiday
    assert found[1].proposals


@pytest.mark.parametrize(
    "first", [datetime(2027, 3, 22, 9, tzinfo=UTC), datetime(2027, 10, 25, 8, tzinfo=UTC)]
)
def test_a_booked_series_keeps_its_hour_when_the_clocks_change(app: Flask, first: datetime) -> None:
    centre = make_centre(zone="Europe/Berlin")
    specialist, request = make_specialist(centre), make_request(centre)
    plan = series.Plan([specialist.id], 40, "video", first, Rhythm(number=2))
    starts = [one.starts_at for one in series.candidates(centre, request, plan, NOW)]
    booked = series.book(centre, request, plan, starts, NOW, staff_id=specialist.id)
    assert {one.wall_time[-5:] for one in booked} == {"10:00"}
    assert starts[1] - starts[0] in (WEEK - timedelta(hours=1), WEEK + timedelta(hours=1))


# What the family is told


def test_one_letter_tells_all_dates_and_invites_to_the_first(dates: list[Consultation]) -> None:
    (letter,) = letters(LetterKind.SERIES_CONFIRMED)
    message = compose(letter, NOW)
    assert message is not None
    text = message.get_body(("plain",))
    assert text is not None
    told = text.get_content()
    assert all(day in told for day in ("26 ноября", "3 декабря", "10 декабря"))
    assert entry_of(letter)[2] == THREE[0]
    assert not letters(LetterKind.CONFIRMED)


def test_each_date_has_its_own_reminders_and_the_specialist_an_invite_for_each(
    dates: list[Consultation],
) -> None:
    for kind in (LetterKind.DAY_BEFORE, LetterKind.HOUR_BEFORE, LetterKind.BOOKED):
        assert [letter.consultation_id for letter in letters(kind)] == [one.id for one in dates]
    entries = [entry_of(letter) for letter in letters(LetterKind.BOOKED)]
    assert [(method, starts_at) for method, _, starts_at, _ in entries] == [("REQUEST", at) for at in THREE]
    assert len({uid for _, uid, _, _ in entries}) == 3


def test_the_letter_tells_the_dates_that_are_left_when_it_is_sent(
    request_: HelpRequest, dates: list[Consultation]
) -> None:
    cancelling.cancel_by_family(request_, dates[0], NOW)
    message = compose(letters(LetterKind.SERIES_CONFIRMED)[0], NOW)
    assert message is not None
    text = message.get_body(("plain",))
    assert text is not None and "26 ноября" not in text.get_content() and "3 декабря" in text.get_content()
    assert not [part for part in message.walk() if part.get_content_type() == "text/calendar"]


def test_a_family_without_email_is_called_once_about_all_dates(centre: Centre, specialist: Staff) -> None:
    request = make_request(centre, email=None, phone="+79160000017", channel="phone")
    make_series(centre, specialist, THREE, request=request)
    (call,) = db.session.scalars(sa.select(CallTask)).all()
    assert (call.kind, len(call.facts["dates"])) == (LetterKind.SERIES_CONFIRMED, 3)


def test_a_call_about_a_series_tells_what_is_left_of_it(centre: Centre, specialist: Staff) -> None:
    request = make_request(centre, email=None, phone="+79160000017", channel="phone")
    dates = make_series(centre, specialist, THREE, request=request)
    cancelling.cancel_by_family(request, dates[1], NOW)
    (call,) = db.session.scalars(sa.select(CallTask)).all()
    assert call.facts["dates"] == [THREE[0].isoformat(), THREE[2].isoformat()]


def test_every_date_stands_in_the_feed_and_in_a_file_of_its_own(
    centre: Centre, request_: HelpRequest, dates: list[Consultation]
) -> None:
    token = personal_links.token_of(personal_links.FEED, help_request_id=request_.id)
    found = feeds.find(token or "", NOW)
    assert found is not None
    events = Calendar.from_ical(feeds.render(found, NOW)).walk("VEVENT")
    uids = [str(event["uid"]) for event in events]
    assert len(set(uids)) == 3
    files = [feeds.one_date(centre, request_, one.id) for one in dates]
    alone = [str(Calendar.from_ical(file or b"").walk("VEVENT")[0]["uid"]) for file in files]
    assert alone == uids


# Cancelling


def test_one_date_is_cancelled_alone(request_: HelpRequest, dates: list[Consultation]) -> None:
    cancelling.cancel_by_family(request_, dates[1], NOW)
    assert states(dates) == ["planned", "cancelled", "planned"]
    assert request_.state == "confirmed"
    (letter,) = letters(LetterKind.CANCELLED_BY_FAMILY)
    method, _, starts_at, sequence = entry_of(letter)
    assert (method, starts_at, sequence) == ("CANCEL", THREE[1], 1)


def test_this_and_all_that_follow_are_cancelled_each_with_its_own_file(
    request_: HelpRequest, dates: list[Consultation]
) -> None:
    cancelling.cancel_following_by_family(request_, dates[1], NOW)
    assert states(dates) == ["planned", "cancelled", "cancelled"]
    entries = [entry_of(letter) for letter in letters(LetterKind.CANCELLED_BY_FAMILY)]
    assert [(method, starts_at) for method, _, starts_at, _ in entries] == [
        ("CANCEL", THREE[1]),
        ("CANCEL", THREE[2]),
    ]
    assert request_.state == "confirmed"


def test_the_request_is_closed_with_its_last_date(
    centre: Centre, request_: HelpRequest, dates: list[Consultation]
) -> None:
    deputy = make_deputy(centre)
    cancelling.cancel_by_centre(request_, dates[0], NOW, staff_id=deputy.id)
    assert request_.state == "confirmed"
    cancelling.cancel_following_by_centre(request_, dates[1], NOW, staff_id=deputy.id)
    assert request_.state == "closed"
    answers.reopen(request_, NOW, words="")
    assert request_.state == "assigned"


def test_the_office_calls_once_about_all_cancelled_dates(centre: Centre, specialist: Staff) -> None:
    request = make_request(centre, email=None, phone="+79160000017", channel="phone")
    dates = make_series(centre, specialist, THREE, request=request)
    cancelling.cancel_following_by_centre(request, dates[0], NOW, staff_id=make_deputy(centre).id)
    open_calls = db.session.scalars(sa.select(CallTask).where(CallTask.moot_at.is_(None))).all()
    assert [(call.kind, len(call.facts["dates"])) for call in open_calls] == [
        (LetterKind.CANCELLED_BY_CENTRE, 3)
    ]


def test_withdrawing_the_request_cancels_every_date(request_: HelpRequest, dates: list[Consultation]) -> None:
    cancelling.withdraw_request(request_, NOW)
    assert states(dates) == ["cancelled"] * 3
    assert len(letters(LetterKind.CANCELLED_BY_FAMILY)) == 3
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Engagement)) == 0


def test_withdrawing_consent_takes_every_date_out_of_the_calendar(
    request_: HelpRequest, dates: list[Consultation]
) -> None:
    cancelling.withdraw_consent(request_, NOW)
    entries = [entry_of(letter) for letter in letters(LetterKind.CONSENT_WITHDRAWN)]
    assert [(method, starts_at) for method, _, starts_at, _ in entries] == [("CANCEL", at) for at in THREE]
    assert not letters(LetterKind.CANCELLED_BY_FAMILY)


# After a session


def close(
    centre: Centre,
    request: HelpRequest,
    consultation: Consultation,
    specialist: Staff,
    next_time: datetime | None = None,
) -> None:
    at, ended = consultation.starts_at, consultation.ends_at
    what = WriteUp(True, at, ended, "video", "Страхи", "Больше гулять", "", next_time=next_time)
    write_up.write_up(centre, request, consultation, what, ended, staff_id=specialist.id)


def test_a_session_of_a_series_leaves_the_request_open(
    centre: Centre, specialist: Staff, request_: HelpRequest, dates: list[Consultation]
) -> None:
    request_.email_confirmed_at = NOW
    close(centre, request_, dates[0], specialist)
    assert request_.state == "confirmed"
    (letter,) = letters(LetterKind.RECOMMENDATION)
    assert letter.facts["next_at"] == THREE[1].isoformat()
    for one in dates[1:]:
        close(centre, request_, one, specialist)
    assert request_.state == "closed"


def test_no_next_date_is_offered_while_one_stands(
    centre: Centre, specialist: Staff, request_: HelpRequest, dates: list[Consultation]
) -> None:
    with pytest.raises(WrongState):
        close(centre, request_, dates[0], specialist, next_time=THREE[2] + timedelta(hours=1))


# The family's page


def test_the_page_shows_the_next_date_and_the_list_of_all(
    centre: Centre, request_: HelpRequest, dates: list[Consultation]
) -> None:
    shown = family_page.load(request_, centre, NOW)
    assert shown.meeting is not None and shown.meeting.starts_at == THREE[0]
    assert [one.starts_at for one in shown.dates] == THREE


def test_the_page_goes_on_to_the_next_date_when_one_is_over(
    centre: Centre, request_: HelpRequest, dates: list[Consultation]
) -> None:
    shown = family_page.load(request_, centre, THREE[0] + timedelta(hours=1))
    assert shown.meeting is not None and shown.meeting.starts_at == THREE[1]
    assert [one.starts_at for one in shown.dates] == THREE[1:]
