"""The catalogue that a centre begins with; its administrator changes it at will."""

from dataclasses import replace
from datetime import datetime

from webapp.models import Centre
from webapp.rules.groups import Form, OpenTo
from webapp.services.events import event_types
from webapp.services.events.event_types import DescribedType

MINUTES = 40  # Remote consulting, 4.3.1; less where the centre's limit is lower

TO_BEGIN_WITH: dict[str, DescribedType] = {
    "webinar": DescribedType(
        Form.WEBINAR,
        {"ru": "Вебинар для родителей", "kk": "Ата-аналарға арналған вебинар", "en": "Webinar for parents"},
        minimum=5,
        maximum=100,
        minutes=MINUTES,
        position=10,
    ),
    "workshop": DescribedType(
        Form.WORKSHOP,
        {
            "ru": "Мастерская для родителей и детей",
            "kk": "Ата-аналар мен балаларға арналған шеберхана",
            "en": "Workshop for parents and children",
        },
        minimum=3,
        maximum=12,
        minutes=MINUTES,
        with_children=True,
        bring={
            "ru": "бумага, карандаши, ножницы, клей",
            "kk": "қағаз, қарындаш, қайшы, желім",
            "en": "paper, pencils, scissors, glue",
        },
        position=20,
    ),
    "play-session": DescribedType(
        Form.PLAY_SESSION,
        {
            "ru": "Игровое занятие с ребёнком",
            "kk": "Баламен ойын сабағы",
            "en": "Play session with the child",
        },
        minimum=2,
        maximum=6,
        minutes=MINUTES,
        with_children=True,
        bring={
            "ru": "любимая игрушка и место на полу",
            "kk": "сүйікті ойыншық пен еденнен орын",
            "en": "a favourite toy and room on the floor",
        },
        position=30,
    ),
    "mini-group": DescribedType(
        Form.MINI_GROUP,
        {
            "ru": "Мини-группа, 2–3 ребёнка",
            "kk": "Шағын топ, 2–3 бала",
            "en": "Mini-group of 2 or 3 children",
        },
        minimum=2,
        maximum=3,
        minutes=MINUTES,
        open_to=OpenTo.OFFICE,
        needs_approval=False,
        with_children=True,
        position=40,
    ),
    "subgroup": DescribedType(
        Form.SUBGROUP,
        {"ru": "Подгрупповое занятие", "kk": "Топшалық сабақ", "en": "Subgroup session"},
        minimum=3,
        maximum=8,
        minutes=MINUTES,
        open_to=OpenTo.OFFICE,
        needs_approval=False,
        with_children=True,
        position=50,
    ),
}  # Remote consulting, 3.4; consultation points, 4.3


def begin(centre: Centre, now: datetime) -> None:
    """Give a centre without any entry the ones to begin with, each within the centre's limit."""
    for code, described in TO_BEGIN_WITH.items():
        within_limit = replace(described, minutes=min(described.minutes, centre.limit_minutes))
        event_types.add(centre, within_limit, now, by=None, code=code)
