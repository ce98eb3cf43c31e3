"""The consent of the family: versions that are never changed, and a text to begin with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.models import Centre, ConsentText, Staff, db
from webapp.rules.errors import NothingChanged, TextMissing
from webapp.services.help_requests.lifecycle import record

TEXTS_TO_BEGIN_WITH = {
    "ru": """
        Я, родитель или законный представитель ребёнка, соглашаюсь на обработку моих данных и данных
        ребёнка.

        Кто обрабатывает: {centre}.

        Зачем: чтобы ответить на заявку, назначить и провести консультацию, передать рекомендации и вести
        журнал консультаций.

        Что: имя и контакты родителя, имя или инициалы и возраст ребёнка, слова заявки, дата, время и тема
        консультации, рекомендации.

        Что с ними делают: записывают, хранят, читают и уничтожают. Видят их только специалист и сотрудники,
        которые отвечают на заявки. Другим семьям и посторонним они не передаются. Разговор не записывается.

        Согласие действует до его отзыва. Отозвать его можно в любой момент на своей странице или по
        телефону, причина не нужна. Тогда будущие встречи отменяются, данные закрываются сразу и
        уничтожаются в течение 30 дней. Остаются только числа без имён.
    """,
    "kk": """
        Мен, баланың ата-анасы немесе заңды өкілі, өзімнің және баламның деректерін өңдеуге келісемін.

        Деректерді өңдейтін ұйым: {centre}.

        Мақсаты: өтінішке жауап беру, консультация уақытын белгілеп, оны өткізу, ұсынымдар беру және
        консультациялар журналын жүргізу.

        Деректер: ата-ананың аты және байланыс мәліметтері, баланың аты немесе инициалдары мен жасы, өтініш
        мәтіні, консультацияның күні, уақыты мен тақырыбы, ұсынымдар.

        Деректер жазылады, сақталады, оқылады және жойылады. Оларды тек маман мен өтініштерге жауап беретін
        қызметкерлер көреді. Басқа отбасыларға және бөгде адамдарға берілмейді. Әңгіме жазылып алынбайды.

        Келісім кері қайтарып алынғанға дейін күшінде болады. Оны кез келген уақытта жеке парақшада немесе
        телефон арқылы кері қайтарып алуға болады, себебін айту қажет емес. Сонда алдағы кездесулер
        өткізілмейді, деректер бірден жабылып, 30 күн ішінде жойылады. Тек аты-жөнсіз сандар қалады.
    """,
    "en": """
        I am a parent or legal representative of the child. I agree that my data and the child's data are
        used.

        By whom: {centre}.

        What for: to answer the request, to arrange and hold the consultation, to pass on recommendations
        and to keep the journal of consultations.

        Which data: the parent's name and contacts, the child's name or initials and age, the words of the
        request, date, time and topic of the consultation, recommendations.

        What is done with them: they are written down, kept, read and destroyed. Only the specialist and the
        staff who answer requests see them. They are not given to other families or strangers. The talk is
        not recorded.

        The consent holds until it is withdrawn. You can withdraw it at any moment on your page or by phone,
        without a reason. Then future meetings are cancelled, the data are blocked at once and destroyed
        within 30 days. Only numbers without names remain.
    """,
}


@dataclass(frozen=True)
class Version:
    """One version of the text as the administrator sees it."""

    number: int
    since: datetime
    texts: Mapping[str, str]


def texts_to_begin_with(centre_names: Mapping[str, str]) -> dict[str, str]:
    """The text to begin with, with the centre's name in it, by language."""
    any_name = next((name for name in centre_names.values() if name), "")
    return {
        language: _paragraphs(text).format(centre=centre_names.get(language) or any_name)
        for language, text in TEXTS_TO_BEGIN_WITH.items()
    }


def current(centre: Centre) -> ConsentText | None:
    """The version in force: what a family agrees to today."""
    return db.session.scalar(
        sa.select(ConsentText)
        .where(ConsentText.centre_id == centre.id)
        .order_by(ConsentText.version.desc())
        .limit(1)
    )


def versions(centre: Centre) -> list[Version]:
    """All versions, the newest first."""
    rows = db.session.execute(
        sa.select(ConsentText.version, ConsentText.since, ConsentText.texts)
        .where(ConsentText.centre_id == centre.id)
        .order_by(ConsentText.version.desc())
    )
    return [Version(row.version, row.since, row.texts) for row in rows]


def publish(centre: Centre, texts: Mapping[str, str], now: datetime, *, by: Staff | None) -> ConsentText:
    """A new version, in force from now on. Earlier ones stay: families agreed to them.

    Raises :class:`TextMissing` without a text in the centre's language, :class:`NothingChanged` when it says
    the same as the last one.
    """
    kept = {language: text.strip() for language, text in texts.items() if text.strip()}
    if not kept.get(centre.language):
        raise TextMissing(f"text_{centre.language}")
    newest = current(centre)
    if newest is not None and newest.texts == kept:
        raise NothingChanged(f"text_{centre.language}")
    version = ConsentText(
        centre_id=centre.id, version=newest.version + 1 if newest else 1, since=now, texts=kept
    )
    db.session.add(version)
    db.session.flush()
    record(centre.id, "consent_text.publish", now, staff_id=by.id if by else None, version=version.version)
    return version


def _paragraphs(text: str) -> str:
    """One line a paragraph, a blank line between them, however the text is wrapped in this file."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
