"""The mailbox of the town: what only a person can understand, and what calendars answered."""

import sqlalchemy as sa

from tests.browser.town import LONG_NAME, LONG_WORDS, Town
from tests.factories import THURSDAY_NINE, make_mail
from webapp.models import Centre, ConsultationSpecialist, Participation, db
from webapp.rules.inbox import FOR_OFFICE, MailKind


def receive_mail(town: Town) -> None:
    """A mail of each kind; the family of "confirmed" proposes another time, the specialist declines."""
    with town.kenes.app.app_context():
        centre = db.session.scalars(sa.select(Centre).where(Centre.slug == "town")).one()
        for kind in sorted(FOR_OFFICE):
            mail = make_mail(centre, kind=kind, subject=LONG_WORDS, text=f"{LONG_WORDS}\n\n{LONG_NAME}")
        town.numbers["mail"] = mail.id
        consultation_id = town.numbers["consultation confirmed"]
        part = db.session.scalars(
            sa.select(Participation).where(Participation.consultation_id == consultation_id)
        ).one()
        part.answer, part.answer_sequence = "tentative", 0
        make_mail(
            centre,
            kind=MailKind.PROPOSED,
            participation_id=part.id,
            proposed_starts_at=THURSDAY_NINE,
            text=LONG_WORDS,
        )
        db.session.execute(
            sa.update(ConsultationSpecialist)
            .where(ConsultationSpecialist.consultation_id == consultation_id)
            .values(answer="declined")
        )
        db.session.commit()
