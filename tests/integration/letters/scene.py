"""The stage of every letter: a centre, its people, a family."""

import sqlalchemy as sa

from tests.factories import NOW, ask, make_centre, make_consultation, make_deputy, make_specialist
from webapp.models import Centre, Consultation, HelpRequest, Letter, Staff, db
from webapp.rules.letters import LetterKind

PARENT = "Людмила Витальевна Остроградская-Мельниченко"
SPECIALIST = "Ольга Сергеевна Вяземская"


class Scene:
    """A centre in Yekaterinburg's time, its people, and a family in Moscow's."""

    def __init__(self, language: str = "ru", *, confirmed: bool = True, means: str = "video") -> None:
        self.language, self.means, self.confirmed = language, means, confirmed
        self.now = NOW
        self.centre: Centre = make_centre(means=["video", "voice", "chat", "phone", "in_person"])
        self.deputy: Staff = make_deputy(self.centre, language=language)
        self.specialist: Staff = make_specialist(self.centre, language=language, phone="+79160000000")

    def ask(self, **values: object) -> HelpRequest:
        asked = {"language": self.language, "means": self.means, "phone": "+79161234567"}
        request = ask(self.centre, **{**asked, "parent_name": PARENT, **values}).request
        request.email_confirmed_at = NOW if self.confirmed else None
        return request

    def meet(self) -> Consultation:
        return make_consultation(self.centre, self.specialist, request=self.ask(), means=self.means)

    def letter(self, kind: LetterKind) -> Letter:
        db.session.commit()
        return db.session.scalars(
            sa.select(Letter).where(Letter.kind == kind, Letter.centre_id == self.centre.id)
        ).one()
