"""The journal of consultations (Remote consulting, 4.4): one line per individual online consultation held.

A line is never erased: corrections keep what stood before, and a line of what was not held is struck.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    HelpRequest,
    JournalCorrection,
    JournalEntry,
    Staff,
    db,
)
from webapp.rules import consultations
from webapp.rules.errors import NotYet
from webapp.services.consultations.confirmation import specialists_of
from webapp.services.help_requests.lifecycle import record

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet begins to calculate
BYTE_ORDER_MARK = "\ufeff"
ABOUT_THE_FAMILY = ("parent", "child", "topic", "recommendation")  # nobody sees it once consent is withdrawn
CORRECTABLE = ("began_at", "minutes", "means", *ABOUT_THE_FAMILY)


@dataclass(frozen=True)
class Correction:
    at: datetime
    by: str
    before: Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One line with its corrections, the oldest first. ``blocked``: of a family that withdrew its consent."""

    id: int
    consultation_id: int
    number: str
    began_at: datetime
    minutes: int
    means: str
    parent: str
    child: str
    topic: str
    recommendation: str
    next_at: datetime | None
    specialists: str
    overrun: bool
    struck: bool
    blocked: bool
    corrections: tuple[Correction, ...]


def write(
    centre: Centre, request: HelpRequest, consultation: Consultation, next_at: datetime | None, now: datetime
) -> JournalEntry:
    """The line of a consultation that was held; one that was struck counts again, corrected with a trace."""
    assert consultation.began_at is not None and consultation.finished_at is not None
    facts: dict[str, Any] = {
        "began_at": consultation.began_at,
        "minutes": minutes_between(consultation.began_at, consultation.finished_at),
        "means": consultation.means_used or consultation.means_agreed,
        "topic": consultation.journal_topic,
        "recommendation": consultation.recommendation,
    }
    entry = db.session.scalar(sa.select(JournalEntry).where(JournalEntry.consultation_id == consultation.id))
    if entry is not None:
        entry.struck_at = None
        assert consultation.written_up_by is not None
        correct(entry, facts, now, staff_id=consultation.written_up_by)
    else:
        year, number = _next_number(centre, consultation.began_at)
        entry = JournalEntry(
            centre_id=centre.id,
            consultation_id=consultation.id,
            year=year,
            number=number,
            parent=request.parent_name,
            child=child_in_journal(request.child, request.child_age),
            specialists=", ".join(person.name for person in specialists_of(consultation)),
            **facts,
        )
        db.session.add(entry)
    entry.next_at = next_at
    entry.overrun = consultations.overran(consultation.finished_at, consultation.ends_at)
    db.session.flush()
    return entry


def strike(consultation: Consultation, now: datetime) -> None:
    """The consultation turned out not to have been held: its line stays, struck."""
    db.session.execute(
        sa.update(JournalEntry)
        .where(JournalEntry.consultation_id == consultation.id, JournalEntry.struck_at.is_(None))
        .values(struck_at=now)
    )


def find(centre_id: int, entry_id: int, specialist_id: int | None = None) -> JournalEntry:
    """One line of this centre, with ``specialist_id`` only their own. Raises NoResultFound, also for a line
    of a family that withdrew its consent."""
    query = (
        sa.select(JournalEntry)
        .join(Consultation, Consultation.id == JournalEntry.consultation_id)
        .join(HelpRequest, HelpRequest.id == Consultation.help_request_id)
        .where(
            JournalEntry.id == entry_id,
            JournalEntry.centre_id == centre_id,
            HelpRequest.blocked_at.is_(None),
        )
    )
    entry: JournalEntry = db.session.scalars(_only_of(query, specialist_id)).one()
    return entry


def correct(entry: JournalEntry, after: Mapping[str, Any], now: datetime, *, staff_id: int) -> bool:
    """Change a line and keep beside it what stood before. Returns whether anything changed.

    ``after``: values of :data:`CORRECTABLE` fields. Raises :class:`NotYet` for a time to come.
    """
    if after.get("began_at", now) > now:
        raise NotYet("began")
    changed = {
        name: after[name] for name in CORRECTABLE if name in after and after[name] != getattr(entry, name)
    }
    if not changed:
        return False
    before = {name: _plain(getattr(entry, name)) for name in changed}
    for name, value in changed.items():
        setattr(entry, name, value)
    db.session.add(JournalCorrection(journal_entry_id=entry.id, at=now, by=staff_id, before=before))
    record(
        entry.centre_id,
        "journal.correct",
        now,
        staff_id=staff_id,
        consultation_id=entry.consultation_id,
        fields=sorted(changed),
    )
    return True


def lines(centre: Centre, first: date, last: date, *, specialist_id: int | None = None) -> list[Line]:
    """The lines that began on the days from ``first`` to ``last``, in order. Two queries."""
    begins = datetime.combine(first, datetime.min.time(), centre.zone_info)
    ends = datetime.combine(last + timedelta(days=1), datetime.min.time(), centre.zone_info)
    query = (
        sa.select(JournalEntry.__table__, HelpRequest.blocked_at)
        .join(Consultation, Consultation.id == JournalEntry.consultation_id)
        .join(HelpRequest, HelpRequest.id == Consultation.help_request_id)
        .where(
            JournalEntry.centre_id == centre.id, JournalEntry.began_at >= begins, JournalEntry.began_at < ends
        )
        .order_by(JournalEntry.began_at, JournalEntry.number)
    )
    rows = db.session.execute(_only_of(query, specialist_id)).all()
    corrections = _corrections([row.id for row in rows])
    return [_line(row, corrections.get(row.id, [])) for row in rows]


def minutes_between(began_at: datetime, finished_at: datetime) -> int:
    """Rounded to whole minutes."""
    return (finished_at - began_at + timedelta(seconds=30)) // timedelta(minutes=1)


def child_in_journal(child: str, age: int | None) -> str:
    """``А. К., 9``: initials and age, whatever the family typed."""
    initials = " ".join(f"{word[0].upper()}." for word in child.replace(".", " ").split())
    return ", ".join(part for part in (initials, str(age) if age is not None else "") if part)


def as_csv(head: Sequence[str], table: Sequence[Sequence[str | int]]) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets need; no cell is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([harmless(str(cell)) for cell in cells] for cells in table)
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def as_xlsx(title: str, head: Sequence[str], table: Sequence[Sequence[str | int]]) -> bytes:
    """One sheet of texts and numbers; nothing in it is a formula."""
    import xlsxwriter  # only whoever downloads the journal pays for it

    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content, {"in_memory": True})
    bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet = workbook.add_worksheet(title[:31])
    sheet.set_landscape()
    sheet.freeze_panes(1, 0)
    for column, words in enumerate(head):
        sheet.write_string(0, column, words, bold)
        sheet.set_column(column, column, 18)
    for row, cells in enumerate(table, start=1):
        for column, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(row, column, cell, wrapped)
            else:
                sheet.write_string(row, column, cell, wrapped)
    workbook.close()
    return content.getvalue()


def harmless(cell: str) -> str:
    """``'=1+1`` for ``=1+1``: a spreadsheet shows it instead of calculating."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


def _only_of(query: Any, specialist_id: int | None) -> Any:
    if specialist_id is None:
        return query
    return query.where(
        JournalEntry.consultation_id.in_(
            sa.select(ConsultationSpecialist.consultation_id).where(
                ConsultationSpecialist.specialist_id == specialist_id
            )
        )
    )


def _line(row: Any, corrections: Sequence[Correction]) -> Line:
    blocked = row.blocked_at is not None
    if blocked:
        corrections = [replace(one, before=_without_family(one.before)) for one in corrections]
    return Line(
        id=row.id,
        consultation_id=row.consultation_id,
        number=f"{row.year}-{row.number}",
        began_at=row.began_at,
        minutes=row.minutes,
        means=row.means,
        parent="" if blocked else row.parent,
        child="" if blocked else row.child,
        topic="" if blocked else row.topic,
        recommendation="" if blocked else row.recommendation,
        next_at=row.next_at,
        specialists=row.specialists,
        overrun=row.overrun,
        struck=row.struck_at is not None,
        blocked=blocked,
        corrections=tuple(corrections),
    )


def _without_family(before: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in before.items() if name not in ABOUT_THE_FAMILY}


def _corrections(entry_ids: Sequence[int]) -> dict[int, list[Correction]]:
    found: dict[int, list[Correction]] = {}
    if not entry_ids:
        return found
    rows = db.session.execute(
        sa.select(
            JournalCorrection.journal_entry_id, JournalCorrection.at, Staff.name, JournalCorrection.before
        )
        .join(Staff, Staff.id == JournalCorrection.by)
        .where(JournalCorrection.journal_entry_id.in_(entry_ids))
        .order_by(JournalCorrection.at, JournalCorrection.id)
    )
    for row in rows:
        before = dict(row.before)
        if "began_at" in before:
            before["began_at"] = datetime.fromisoformat(before["began_at"])
        found.setdefault(row.journal_entry_id, []).append(Correction(row.at, row.name, before))
    return found


def _next_number(centre: Centre, began_at: datetime) -> tuple[int, int]:
    """The next number of the centre's journal in that year; the row lock makes it unique."""
    year = began_at.astimezone(centre.zone_info).year
    newer = Centre.last_journal_year < year
    row = db.session.execute(
        sa.update(Centre)
        .where(Centre.id == centre.id)
        .values(
            last_journal_number=sa.case((newer, 1), else_=Centre.last_journal_number + 1),
            last_journal_year=sa.case((newer, year), else_=Centre.last_journal_year),
        )
        .returning(Centre.last_journal_year, Centre.last_journal_number)
        .execution_options(synchronize_session=False)
    ).one()
    return row[0], row[1]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
