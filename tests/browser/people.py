"""The people of one centre, as a test prepares them."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from tests.browser.installation import Installation, give_password
from tests.factories import make_centre, make_deputy, make_specialist, make_staff, make_topic, texts
from webapp.models import Staff, db
from webapp.rules.permissions import Role

DEPUTY = "deputy@centre.example"
SPECIALIST = "specialist@centre.example"
REGISTRAR = "registrar@centre.example"
ADMINISTRATOR = "administrator@centre.example"


@dataclass(frozen=True)
class Place:
    """A centre: what its addresses need. ``zone``: its time."""

    slug: str
    zone: str
    specialist_id: int
    topic_id: int
    path: str


def open_kindergarten(kenes: Installation, **values: Any) -> Place:
    """A Kazakh kindergarten in Almaty with a deputy, a psychologist, a registrar and an administrator."""
    return _open(
        kenes,
        slug="balapan",
        names=texts("Детский сад «Балапан»", "«Балапан» балабақшасы", "Kindergarten Balapan"),
        places=texts("Алматы", "Алматы", "Almaty"),
        language="kk",
        country="KZ",
        zone="Asia/Almaty",
        phone="+77270001212",
        **values,
    )


def open_school(kenes: Installation, **values: Any) -> Place:
    """A Russian school in Yekaterinburg's time with the same people."""
    return _open(kenes, **values)


def _open(kenes: Installation, **values: Any) -> Place:
    with kenes.app.app_context():
        centre = make_centre(**values)
        specialist = make_specialist(
            centre, email=SPECIALIST, hours=[(day, time(9), time(18)) for day in range(5)]
        )
        people: list[Staff] = [
            specialist,
            make_deputy(centre, email=DEPUTY),
            make_staff(centre, Role.REGISTRAR, email=REGISTRAR, name="Татьяна Олеговна Зимина"),
            make_staff(centre, Role.ADMINISTRATOR, email=ADMINISTRATOR, name="Андрей Николаевич Лебедев"),
        ]
        for person in people:
            give_password(person)
        topic = make_topic(centre, specialist)
        place = Place(centre.slug, centre.zone, specialist.id, topic.id, f"/c/{centre.slug}/")
        db.session.commit()
    return place
