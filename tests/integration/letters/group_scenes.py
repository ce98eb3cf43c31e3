"""How the letters about group events come about."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_event,
    make_event_type,
    minutes_before,
    register,
    subscribe,
)
from tests.integration.letters.scene import PARENT, Scene
from webapp.models import GroupEvent, Participation, Registration, db
from webapp.rules.letters import LetterKind
from webapp.services.consultations.moving import Move
from webapp.services.events import (
    event_changes,
    event_closing,
    event_messages,
    group_events,
    repeats,
    small_groups,
)
from webapp.services.events.event_closing import Closing
from webapp.services.mail import mailings, subscribing
from webapp.services.mail.subscribing import Wished
from webapp.services.pages import participant_page, personal_links
from webapp.services.rooms import group_problems
from webapp.services.seats import course_dates, registrations


def come(scene: Scene, event: GroupEvent) -> Registration:
    """Somebody registers as the scene wants it: with a confirmed address, or not."""
    registration = register(
        event, language=scene.language, email=f"{len(PARENT)}@home.example", shown_name=PARENT
    )
    registration.email_confirmed_at = NOW if scene.confirmed else None
    return registration


def seated(scene: Scene) -> None:
    come(scene, make_event(scene.centre, scene.specialist))


def an_hour_before(scene: Scene) -> None:
    seated(scene)
    scene.now = minutes_before(THURSDAY_NINE, 60)


def to_confirm(scene: Scene) -> None:
    come(scene, make_event(scene.centre, scene.specialist, seat_after_confirming=True))


def waiting(scene: Scene) -> None:
    event = make_event(scene.centre, scene.specialist, capacity=1)
    register(event, language=scene.language)
    come(scene, event)


def freed(scene: Scene) -> None:
    event = make_event(scene.centre, scene.specialist, capacity=1)
    first = register(event, language=scene.language)
    come(scene, event)
    registrations.give_back(first, NOW)


def given_back(scene: Scene) -> None:
    registrations.give_back(come(scene, make_event(scene.centre, scene.specialist)), NOW)


def one_date_skipped(scene: Scene) -> None:
    starts = [THURSDAY_NINE, THURSDAY_NINE + timedelta(days=7)]
    event = make_event(scene.centre, scene.specialist, starts=starts)
    registrations.skip(come(scene, event), group_events.meetings(event)[0].id, NOW)


def one_date_taken_again(scene: Scene) -> None:
    starts = [THURSDAY_NINE, THURSDAY_NINE + timedelta(days=7)]
    event = make_event(scene.centre, scene.specialist, starts=starts)
    registration, first = come(scene, event), group_events.meetings(event)[0].id
    registrations.skip(registration, first, NOW)
    course_dates.take_again(registration, first, NOW)


def repeat_offered(scene: Scene) -> None:
    event = make_event(scene.centre, scene.specialist, capacity=1)
    register(event, language=scene.language)
    come(scene, event)
    later = THURSDAY_NINE + timedelta(days=1)
    repeats.make(scene.centre, event, later, 1, NOW, staff_id=scene.deputy.id)


def cancelled(scene: Scene) -> None:
    event = make_event(scene.centre, scene.specialist)
    come(scene, event)
    event_changes.cancel(event, NOW, staff_id=scene.deputy.id)


def cancelled_while_waiting(scene: Scene) -> None:
    event = make_event(scene.centre, scene.specialist, capacity=1)
    register(event, language=scene.language)
    come(scene, event)
    event_changes.cancel(event, NOW, staff_id=scene.deputy.id)


def one_date_off_while_waiting(scene: Scene) -> None:
    starts = [THURSDAY_NINE, THURSDAY_NINE + timedelta(days=7)]
    event = make_event(scene.centre, scene.specialist, starts=starts, capacity=1)
    register(event, language=scene.language)
    come(scene, event)
    event_changes.cancel_date(event, group_events.meetings(event)[0], NOW, staff_id=scene.deputy.id)


def moved(scene: Scene) -> None:
    event = make_event(scene.centre, scene.specialist)
    come(scene, event)
    meeting, later = group_events.meetings(event)[0], THURSDAY_NINE + timedelta(days=1)
    event_changes.move(scene.centre, event, [Move(meeting, later)], NOW, staff_id=scene.deputy.id)


def moved_while_waiting(scene: Scene) -> None:
    event = make_event(scene.centre, scene.specialist, capacity=1)
    register(event, language=scene.language)
    come(scene, event)
    meeting, later = group_events.meetings(event)[0], THURSDAY_NINE + timedelta(days=1)
    event_changes.move(scene.centre, event, [Move(meeting, later)], NOW, staff_id=scene.deputy.id)


def message(scene: Scene) -> None:
    event = make_event(scene.centre, scene.specialist)
    come(scene, event)
    event_messages.write(event, "Приготовьте лист бумаги и карандаш.", NOW, staff_id=scene.specialist.id)


def in_trouble(scene: Scene) -> None:
    """The door is open, and somebody with a seat does not get in."""
    registration = come(scene, make_event(scene.centre, scene.specialist))
    scene.now = minutes_before(THURSDAY_NINE, 5)
    token = personal_links.token_of(personal_links.SEAT, registration_id=registration.id)
    who = participant_page.participant(str(token), scene.now)
    group_problems.report(who, participant_page.load(who, scene.now), scene.now)


def closed(scene: Scene) -> None:
    event = make_event(scene.centre, scene.specialist)
    registration = come(scene, event)
    meeting = group_events.meetings(event)[0]
    seat = db.session.scalars(
        sa.select(Participation).where(Participation.registration_id == registration.id)
    ).one()
    seat.attended_by_host = True
    scene.now = meeting.ends_at
    words = {"ru": "Спасибо за вопросы.", "kk": "Сұрақтарыңызға рақмет.", "en": "Thank you for asking."}
    closing = Closing(1, "", words)
    event_closing.close(event, meeting, closing, scene.now, staff_id=scene.specialist.id)


def proposed(scene: Scene) -> None:
    _proposed(scene)


def approved(scene: Scene) -> None:
    group_events.approve(_proposed(scene), NOW, staff_id=scene.deputy.id)


def sent_back(scene: Scene) -> None:
    group_events.send_back(_proposed(scene), "Добавьте время для вопросов.", NOW, staff_id=scene.deputy.id)


def too_few(scene: Scene) -> None:
    make_event(scene.centre, scene.specialist, minimum=5)
    scene.now = minutes_before(THURSDAY_NINE, 24 * 60)
    small_groups.warn(scene.now)


def _proposed(scene: Scene) -> GroupEvent:
    kind = make_event_type(scene.centre, needs_approval=True)
    return make_event(scene.centre, scene.specialist, kind=kind)


def subscription_asked_for(scene: Scene) -> None:
    wished = Wished(f"{len(PARENT)}@home.example", scene.language, consent=True)
    subscribing.ask(scene.centre, wished, NOW)


def mailing(scene: Scene) -> None:
    event = make_event(scene.centre, scene.specialist)
    subscribe(scene.centre, language=scene.language)
    mailings.write_batch(mailings.begin(event, NOW, staff_id=scene.specialist.id).id, NOW)


GROUP_SCENES: dict[LetterKind, Callable[[Scene], None]] = {
    LetterKind.SEAT_TO_CONFIRM: to_confirm,
    LetterKind.SEAT_CONFIRMED: seated,
    LetterKind.SEAT_FREED: freed,
    LetterKind.WAITING_LISTED: waiting,
    LetterKind.SEAT_GIVEN_BACK: given_back,
    LetterKind.MEETING_MISSED: one_date_skipped,
    LetterKind.MEETING_TAKEN_AGAIN: one_date_taken_again,
    LetterKind.REPEAT_OFFERED: repeat_offered,
    LetterKind.EVENT_CANCELLED: cancelled,
    LetterKind.WAITED_IN_VAIN: cancelled_while_waiting,
    LetterKind.EVENT_MOVED: moved,
    LetterKind.WAITING_MOVED: moved_while_waiting,
    LetterKind.WAITING_DATE_OFF: one_date_off_while_waiting,
    LetterKind.EVENT_DAY_BEFORE: seated,
    LetterKind.EVENT_HOUR_BEFORE: an_hour_before,
    LetterKind.EVENT_MESSAGE: message,
    LetterKind.EVENT_MATERIALS: closed,
    LetterKind.MAILING_CONFIRM: subscription_asked_for,
    LetterKind.MAILING: mailing,
    LetterKind.PARTICIPANTS_CANNOT_CONNECT: in_trouble,
    LetterKind.EVENT_PROPOSED: proposed,
    LetterKind.EVENT_APPROVED: approved,
    LetterKind.EVENT_SENT_BACK: sent_back,
    LetterKind.EVENT_TOO_FEW: too_few,
}
