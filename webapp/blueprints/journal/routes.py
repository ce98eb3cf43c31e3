"""The journal: a period on screen, the same period as a file, a correction with its trace."""

from datetime import date, datetime, timedelta

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock, formatting, wording
from webapp.access import language, me, my_centre, saving, staff_may
from webapp.blueprints.journal import blueprint
from webapp.blueprints.journal.forms import CorrectionForm
from webapp.form_fields import options
from webapp.rules.permissions import Permission, may
from webapp.services.consultations import journal
from webapp.services.consultations.journal import Line

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FIRST_YEAR, LAST_YEAR = 2000, 2200


@blueprint.get("/journal")
@staff_may(Permission.READ_JOURNAL, Permission.HOLD_CONSULTATIONS)
def index() -> str:
    first, last = _period()
    return render_template(
        "journal/index.html",
        lines=journal.lines(my_centre(), first, last, specialist_id=_only_mine()),
        first=first,
        last=last,
        own_only=_only_mine() is not None,
    )


@blueprint.get("/journal.csv")
@staff_may(Permission.READ_JOURNAL, Permission.HOLD_CONSULTATIONS)
def as_csv() -> Response:
    first, last = _period()
    lines = journal.lines(my_centre(), first, last, specialist_id=_only_mine())
    content = journal.as_csv(_head(), [_cells(line) for line in lines])
    return _download(content, "text/csv; charset=utf-8", f"journal-{first}-{last}.csv")


@blueprint.get("/journal.xlsx")
@staff_may(Permission.READ_JOURNAL, Permission.HOLD_CONSULTATIONS)
def as_xlsx() -> Response:
    first, last = _period()
    lines = journal.lines(my_centre(), first, last, specialist_id=_only_mine())
    content = journal.as_xlsx(_("Journal"), _head(), [_cells(line) for line in lines])
    return _download(content, XLSX, f"journal-{first}-{last}.xlsx")


@blueprint.route("/journal/<int:entry_id>", methods=["GET", "POST"])
@staff_may(Permission.READ_JOURNAL, Permission.HOLD_CONSULTATIONS)
def correct(entry_id: int) -> str | AnyResponse:
    entry = journal.find(my_centre().id, entry_id, _only_mine())
    zone = my_centre().zone_info
    began = entry.began_at.astimezone(zone)
    form = CorrectionForm(obj=entry, day=began.date(), began=began.strftime("%H:%M"))
    form.means.choices = options(wording.MEANS.items())
    if form.validate_on_submit():
        with saving(form) as saved:
            changed = journal.correct(entry, _typed(form, began), clock.now(), staff_id=me().id)
        if saved:
            flash(_("Corrected. What stood before is kept.") if changed else _("Nothing has changed."))
            return redirect(f"{url_for('journal.index')}?from={began.date()}&to={began.date()}")
    return render_template("journal/correct.html", form=form, number=f"{entry.year}-{entry.number}")


def _typed(form: CorrectionForm, before: datetime) -> dict[str, object]:
    assert form.began.value is not None  # the form asks for it
    began_at = datetime.combine(form.day.data, form.began.value, my_centre().zone_info)
    # The seconds that the form does not show are no correction.
    unchanged = began_at == before.replace(second=0, microsecond=0)
    texts = {name: (form[name].data or "").strip() for name in ("parent", "child", "topic", "recommendation")}
    return {
        "began_at": before if unchanged else began_at,
        "minutes": form.minutes.data,
        "means": form.means.data,
        **texts,
    }


def _only_mine() -> int | None:
    """Those who keep the journal see all of the centre, a specialist sees the own lines."""
    return None if may(me().roles, Permission.READ_JOURNAL) else me().id


def _period() -> tuple[date, date]:
    """From the address, else this month; both days included."""
    today = clock.now().astimezone(my_centre().zone_info).date()
    first = _day("from") or today.replace(day=1)
    next_month = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = _day("to") or next_month - timedelta(days=1)
    return (first, last) if first <= last else (last, first)


def _day(name: str) -> date | None:
    try:
        day = formatting.read_day(request.args.get(name, ""))
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _head() -> list[str]:
    return [
        _("Number"),
        _("Date and time"),
        _("Means used"),
        _("Parent"),
        _("Child: initials, age"),
        _("Topic"),
        _("Recommendation"),
        _("Next meeting"),
        _("Specialists"),
        _("Actual minutes"),
        _("Remarks"),
    ]


def _cells(line: Line) -> list[str | int]:
    zone = my_centre().zone
    next_at = formatting.when_without_place(line.next_at, zone, language()) if line.next_at else ""
    remarks = [
        _("struck: not held") if line.struck else "",
        _("overrun") if line.overrun else "",
        _("corrected") if line.corrections else "",
    ]
    began = line.began_at.astimezone(my_centre().zone_info)
    return [
        line.number,
        began.strftime("%Y-%m-%d %H:%M"),
        wording.means(line.means),
        line.parent,
        line.child,
        line.topic,
        line.recommendation,
        next_at,
        line.specialists,
        line.minutes,
        ", ".join(remark for remark in remarks if remark),
    ]


def _download(content: bytes, content_type: str, name: str) -> Response:
    answer = Response(content, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
