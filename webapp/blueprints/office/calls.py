"""Call tasks: whom, which number, what to say, what came of it."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import language, me, my_centre, saving, staff_may
from webapp.blueprints.office import blueprint, words_to_say
from webapp.blueprints.office.forms import CallForm
from webapp.form_fields import options
from webapp.rules.letters import ANSWERS, LetterKind
from webapp.rules.permissions import Permission
from webapp.services.mail import call_list
from webapp.services.mail import calls as call_tasks
from webapp.services.mail.call_list import Call
from webapp.services.mail.calls import NONE_SUITS, TAKES, Outcome


@dataclass(frozen=True)
class Spoken:
    """What to say in one language."""

    language: str
    greeting: list[str]
    message: list[str]
    farewell: str


@dataclass(frozen=True)
class Task:
    call: Call
    form: CallForm
    spoken: list[Spoken]


@blueprint.get("/calls")
@staff_may(Permission.MAKE_CALLS)
def calls() -> str:
    return _page(None)


@blueprint.post("/calls/<int:task_id>")
@staff_may(Permission.MAKE_CALLS)
def note_call(task_id: int) -> str | Response | tuple[str, int]:
    call_tasks.find(my_centre(), task_id)
    form = CallForm(prefix=f"call{task_id}")
    if form.validate_on_submit():
        outcome = Outcome(
            form.result.data, form.spoke_with.data or "", form.note.data or "", form.chosen.data or ""
        )
        with saving(form) as saved:
            done = call_tasks.note(my_centre(), task_id, outcome, clock.now(), staff_id=me().id)
        if saved:
            flash(_("The call is noted.") if done else _("Noted. The call stays here for another try."))
            return redirect(url_for("office.calls"))
    return _page((task_id, form)), 422


def _page(sent: tuple[int, CallForm] | None) -> str:
    """All calls; the one that came back with errors keeps what was typed into it."""
    centre = my_centre()
    tasks = []
    for call in call_list.open_calls(centre, clock.now()):
        form = sent[1] if sent and sent[0] == call.id else CallForm(prefix=f"call{call.id}", formdata=None)
        form.chosen.choices = options(_choices(call, centre.zone))
        if call.kind == LetterKind.REPEAT_OFFERED:
            form.chosen.label.text = _("Does the person take the seat?")
        spoken = [_spoken(call, code) for code in dict.fromkeys([language(), call.language])]
        tasks.append(Task(call, form, spoken))
    gone = sent is not None and all(task.call.id != sent[0] for task in tasks)
    return render_template(
        "office/calls.html",
        tasks=tasks,
        done=call_list.done_calls(centre),
        form=sent[1] if sent else None,
        sent_and_gone=gone,
        answers=ANSWERS,
        most=call_list.MOST_SHOWN,
    )


def _choices(call: Call, zone: str) -> list[tuple[str, str]]:
    """What can be taken on the phone; none where nothing was offered."""
    if call.kind == LetterKind.REPEAT_OFFERED:
        return [
            ("", _("nothing yet, they will think")),
            (TAKES, _("takes the seat")),
            (NONE_SUITS, _("does not take it")),
        ]
    times = [
        (str(offered.id), formatting.when(offered.starts_at, zone, language(), clock.now().year))
        for offered in call.offered
    ]
    if not times:
        return []
    return [("", _("nothing yet, they will think")), *times, (NONE_SUITS, _("none of them suits"))]


def _spoken(call: Call, code: str) -> Spoken:
    centre = my_centre()
    with force_locale(code):
        name = formatting.in_language(centre.names, code, centre.language)
        title = formatting.in_language(call.whom.titles, code, centre.language) if call.whom.titles else ""
        return Spoken(
            language=code,
            greeting=words_to_say.greeting(name, call.whom.name, of_event=bool(title)),
            message=[
                *([title + "."] if title else []),
                *words_to_say.message(call.kind, dict(call.facts), centre.zone, call.zone, code),
            ],
            farewell=words_to_say.farewell(formatting.phone(centre.phone)),
        )
