"""A centre in which everything has happened, with the longest words and names that we know of."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from tests.browser.installation import Installation
from tests.browser.people import ADMINISTRATOR, DEPUTY, REGISTRAR, SPECIALIST
from tests.browser.town_groups import hold_groups
from tests.factories import (
    NOW,
    THURSDAY_NINE,
    ask,
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_specialist,
    make_staff,
    make_topic,
    minutes_before,
    register,
    subscribe,
    texts,
)
from webapp import links
from webapp.models import (
    CallTask,
    Centre,
    Consultation,
    GroupEvent,
    HelpRequest,
    JournalEntry,
    Staff,
    Topic,
    db,
)
from webapp.rules.permissions import Role
from webapp.services.centre import sign_in
from webapp.services.consultations import cancelling, offers, write_up
from webapp.services.consultations.offers import Proposal
from webapp.services.consultations.write_up import WriteUp
from webapp.services.events import event_changes, group_events
from webapp.services.help_requests import answers
from webapp.services.mail import mailings, subscribing
from webapp.services.mail.subscribing import Wished
from webapp.services.moves import move_cases, move_offers, move_reports
from webapp.services.moves.move_reports import Report
from webapp.services.pages import personal_links
from webapp.services.rooms import connection_problems

METHODIST = "methodist@centre.example"
HEAD = "head@centre.example"
LONG_NAME = "Бибігүл-Айсұлу Константинқызы Сейітқазиева-Бекмағамбетова"
LONG_WORDS = "Оқушылардың\u00a0өзара\u00a0қарым-қатынастарындағы келіспеушіліктер"
LONG_ADDRESS = "bibigul-aisulu.seitkazieva-bekmagambetova@kindergarten-balapan.example"
WEEK = timedelta(days=7)


class Town:
    """``families``: the path of each family's page by what has happened to it. ``numbers``: ids of rows.

    ``subscriptions``: the paths of subscribers' pages by their state.
    """

    def __init__(self, kenes: Installation) -> None:
        self.kenes = kenes
        self.families: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        self.subscriptions: dict[str, str] = {}
        with kenes.app.app_context():
            self._open()
            for name, story in STORIES.items():
                self._tell(name, story)
            self._announce()
            self._subscribe()
            self.numbers |= hold_groups(self.centre, self.specialist, self.deputy, LONG_NAME, LONG_WORDS)
            self._look_up()
            db.session.commit()

    def _open(self) -> None:
        self.centre: Centre = make_centre(
            slug="town",
            names=texts("Детский сад «Балапан»", "«Балапан» балабақшасы", "Kindergarten Balapan"),
            language="kk",
            country="KZ",
            zone="Asia/Almaty",
            phone="+77270001212",
            support_phone="+77270001213",
            intro=texts("Психолог отвечает.", LONG_WORDS),
            address=texts("Алматы, ул. Садовая, 7"),
            office_hours=texts("9:00–18:00"),
            walk_in=texts("вторник, 16:00"),
            means=["video", "voice", "chat", "phone", "in_person"],
        )
        self.specialist: Staff = make_specialist(
            self.centre,
            email=SPECIALIST,
            name=LONG_NAME,
            phone="+77010000001",
            hours=[(day, time(9), time(21)) for day in range(7)],
            about=texts("Страхи, ссоры", LONG_WORDS),
        )
        self.deputy: Staff = make_deputy(self.centre, email=DEPUTY, name=LONG_NAME)
        self.registrar: Staff = make_staff(self.centre, Role.REGISTRAR, email=REGISTRAR, name=LONG_NAME)
        for role, email in (
            (Role.HEAD, HEAD),
            (Role.METHODIST, METHODIST),
            (Role.ADMINISTRATOR, ADMINISTRATOR),
        ):
            make_staff(self.centre, role, email=email, name=LONG_NAME)
        self.topic: Topic = make_topic(
            self.centre,
            self.specialist,
            titles=texts("Отношения", LONG_WORDS),
            hints=texts("Травля", LONG_WORDS),
        )

    def ask(self, **values: object) -> HelpRequest:
        asked = {"language": "kk", "topic_id": self.topic.id, "parent_name": LONG_NAME, "now": NOW - WEEK / 7}
        return ask(self.centre, **{**asked, **values}).request  # type: ignore[arg-type]

    def meet(self, at: datetime, *, means: str = "video", **values: object) -> Consultation:
        before = min(NOW, at) - WEEK / 7
        request = self.ask(now=before, means=means, **values)
        return make_consultation(
            self.centre, self.specialist, request=request, at=at, means=means, now=before
        )

    def write_up(
        self, consultation: Consultation, *, held: bool = True, next_time: datetime | None = None
    ) -> None:
        what = WriteUp(
            held=held,
            began_at=consultation.starts_at,
            finished_at=consultation.ends_at + timedelta(minutes=4),
            means=consultation.means_agreed,
            topic=LONG_WORDS,
            recommendation=f"{LONG_WORDS}.\n\nКүн сайын он минут бірге оқыңыз.",
            inner_note=LONG_WORDS,
            not_held_reason="no_show",
            next_time=next_time,
        )
        request = db.session.get_one(HelpRequest, consultation.help_request_id)
        now = max(NOW, consultation.ends_at)
        write_up.write_up(self.centre, request, consultation, what, now, staff_id=self.specialist.id)

    def _tell(self, name: str, story: "Story") -> None:
        told = story(self)
        request = (
            told if isinstance(told, HelpRequest) else db.session.get_one(HelpRequest, told.help_request_id)
        )
        db.session.flush()
        token = personal_links.token_of(personal_links.PAGE, help_request_id=request.id)
        self.families[name] = f"/f/{token}"
        self.numbers[f"request {name}"] = request.id
        if isinstance(told, Consultation):
            self.numbers[f"consultation {name}"] = told.id
            case = move_cases.open_case_of(told.id)
            if case is not None:
                self.numbers[f"move {name}"] = case.move.id

    def _subscribe(self) -> None:
        """Somebody in each state, and a mailing on its way."""
        people = {"active": subscribe(self.centre), "left": subscribe(self.centre)}
        subscribing.leave(people["left"], NOW)
        subscribing.ask(self.centre, Wished(LONG_ADDRESS, "kk", consent=True), NOW)
        people["pending"] = subscribing.find_by_address(self.centre.id, LONG_ADDRESS)
        self.subscriptions = {
            state: f"/m/{links.token(links.SUBSCRIBER, one.salt)}" for state, one in people.items()
        }
        course = db.session.get_one(GroupEvent, self.numbers["event course"])
        mailings.pause(mailings.begin(course, NOW, staff_id=self.deputy.id), NOW, staff_id=self.deputy.id)

    def _announce(self) -> None:
        """Group events as anybody sees them."""
        words = {
            "titles": texts("Ссоры", LONG_WORDS),
            "announcements": texts("Ссоры", f"{LONG_WORDS}.\n- {LONG_WORDS}\n- {LONG_WORDS}"),
            "bring": texts("Мяч", LONG_WORDS),
            "spoken": ["kk", "ru", "en"],
        }
        far = THURSDAY_NINE + 3 * WEEK
        course = [far + number * WEEK for number in range(1, 7)]
        told = {
            "webinar": make_event(self.centre, self.specialist, at=far, **words),
            "course": make_event(self.centre, self.specialist, starts=course, capacity=1, **words),
            "webinar off": make_event(self.centre, self.specialist, at=far + WEEK / 7, **words),
            "webinar over": make_event(
                self.centre, self.specialist, at=NOW - WEEK, now=NOW - 2 * WEEK, **words
            ),
        }
        register(told["course"])
        event_changes.call_off(group_events.meetings(told["course"])[2], NOW, staff_id=self.deputy.id)
        event_changes.cancel(told["webinar off"], NOW, staff_id=self.deputy.id)
        self.numbers |= {f"event {name}": event.id for name, event in told.items()}

    def _look_up(self) -> None:
        self.numbers["journal"] = (
            db.session.query(JournalEntry.id).order_by(JournalEntry.id).limit(1).scalar()
        )
        self.numbers["topic"] = self.topic.id
        self.numbers["person"] = self.specialist.id
        self.invitation = sign_in.invite(self.specialist, NOW, invited_by=None)
        assert db.session.query(CallTask.id).count(), "nobody has to be called"


Story = Callable[[Town], HelpRequest | Consultation]


def urgent(town: Town) -> HelpRequest:
    return town.ask(urgent=True, words="Шұғыл " * 60)


def overdue(town: Town) -> HelpRequest:
    return town.ask(now=NOW - WEEK, topic_id=None, help_choose=True)


def holding(town: Town) -> HelpRequest:
    return town.ask(at=THURSDAY_NINE, specialist=town.specialist)


def offered(town: Town) -> HelpRequest:
    request = town.ask()
    times = [Proposal([town.specialist.id], THURSDAY_NINE + timedelta(hours=hour), 40) for hour in (2, 3, 4)]
    offers.offer(town.centre, request, times, "video", NOW, staff_id=town.deputy.id)
    return request


def confirmed(town: Town) -> Consultation:
    return town.meet(THURSDAY_NINE + timedelta(hours=6))


def door_open(town: Town) -> Consultation:
    consultation = town.meet(NOW + timedelta(minutes=8))
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    connection_problems.report(town.centre, request, connection_problems.CANNOT_CONNECT, NOW)
    return consultation


def last_minutes(town: Town) -> Consultation:
    return town.meet(minutes_before(NOW, 36) + timedelta(seconds=50))


def time_over(town: Town) -> Consultation:
    return town.meet(minutes_before(NOW, 120))


def by_phone(town: Town) -> Consultation:
    told = {"channel": "phone", "entered_by": town.registrar.id, "email": None, "phone": "+77011234567"}
    return town.meet(THURSDAY_NINE + timedelta(hours=8), means="phone", **told)


def held(town: Town) -> Consultation:
    consultation = town.meet(NOW - timedelta(hours=5))
    town.write_up(consultation)
    return consultation


def next_date(town: Town) -> Consultation:
    consultation = town.meet(NOW - timedelta(hours=7))
    town.write_up(consultation, next_time=THURSDAY_NINE + WEEK)
    return consultation


def not_held(town: Town) -> Consultation:
    consultation = town.meet(NOW - timedelta(hours=9))
    town.write_up(consultation, held=False)
    return consultation


def cancelled(town: Town) -> Consultation:
    consultation = town.meet(THURSDAY_NINE + timedelta(hours=9))
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    cancelling.cancel_by_centre(request, consultation, NOW, staff_id=town.deputy.id)
    return consultation


def declined(town: Town) -> HelpRequest:
    request = town.ask()
    answers.decline(request, LONG_WORDS, LONG_WORDS, NOW, staff_id=town.deputy.id)
    return request


def withdrawn(town: Town) -> HelpRequest:
    request = town.ask()
    cancelling.withdraw_request(request, NOW)
    return request


def helped_by_phone(town: Town) -> HelpRequest:
    request = town.ask(phone="+77011234568", email=None)
    answers.answered_by_phone(request, 12, LONG_WORDS, NOW, staff_id=town.deputy.id)
    return request


def report(town: Town, consultation: Consultation, now: datetime = NOW) -> Consultation:
    said = Report(words=LONG_WORDS, failure="camera", proposed_means="voice")
    move_reports.report(town.centre, consultation, town.specialist, said, now)
    return consultation


def failing(town: Town) -> Consultation:
    return report(town, town.meet(NOW + timedelta(minutes=9, hours=1)))


def delayed(town: Town) -> Consultation:
    return report(town, town.meet(NOW - timedelta(hours=3)), NOW - timedelta(hours=4))


def moving(town: Town) -> Consultation:
    consultation = report(town, town.meet(THURSDAY_NINE + timedelta(hours=10)))
    case = move_cases.open_case_of(consultation.id)
    assert case is not None
    times = [THURSDAY_NINE + WEEK + timedelta(hours=hour) for hour in (2, 4)]
    move_offers.offer_times(town.centre, case, times, NOW, staff_id=town.deputy.id)
    return consultation


def wishing(town: Town) -> Consultation:
    consultation = town.meet(THURSDAY_NINE + timedelta(hours=11))
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    move_reports.wish(town.centre, request, consultation, LONG_WORDS, NOW)
    return consultation


STORIES: dict[str, Story] = {
    story.__name__.replace("_", " "): story
    for story in (
        urgent,
        overdue,
        holding,
        offered,
        confirmed,
        door_open,
        last_minutes,
        time_over,
        by_phone,
        held,
        next_date,
        not_held,
        cancelled,
        declined,
        withdrawn,
        helped_by_phone,
        failing,
        delayed,
        moving,
        wishing,
    )
}
