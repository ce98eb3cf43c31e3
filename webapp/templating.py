"""What every template knows: forms of dates and phones, words for codes, addresses of static files."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request, url_for
from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from webapp import access, announcements, clock, formatting, links, wording
from webapp.rules.permissions import Permission, may
from webapp.services.help_requests import overview


def bind(app: Flask) -> None:
    environment = app.jinja_env
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.globals.update(
        language=_language,
        other_address=_other_address,
        languages=formatting.LANGUAGES,
        language_names=wording.LANGUAGE_NAMES,
        language_short=wording.LANGUAGE_SHORT,
        wording=wording,
        events_webcal=lambda slug: links.events_webcal(slug, _language()),
        static=_static_of(app),
        public_url=links.public_url,
        now=clock.now,
        token_field=_token_field,
        may=_may,
        me=access.me,
        my_centre=access.my_centre,
        staff_tabs=_staff_tabs,
    )
    environment.filters.update(
        words=_words,
        upper_first=lambda text: text[:1].upper() + text[1:],
        phone=formatting.phone,
        initials=formatting.initials,
        when=_when,
        when_without_place=_when_without_place,
        until=_until,
        day=_day,
        short_day=lambda value: formatting.short_day(value, _language()),
        day_month=lambda value: formatting.day_month(value, _language()),
        local_day=_local_day,
        hour=formatting.hour,
        place=_place,
        offset=formatting.offset,
        size=lambda octets: formatting.size(octets, _language()),
        instant=datetime.fromisoformat,
        iso=lambda instant: instant.isoformat(),
        blocks=announcements.blocks,
        with_lead=announcements.with_lead,
    )


def _language() -> str:
    locale = get_locale()
    return locale.language if locale else formatting.LANGUAGES[0]


def _other_address(code: str) -> str:
    """This page in another language."""
    arguments = {**request.args.to_dict(flat=True), "lang": code}
    if request.method != "GET" or request.endpoint is None:
        return f"{_page_of_form()}?lang={code}"
    return url_for(request.endpoint, **{**(request.view_args or {}), **arguments})


def _page_of_form() -> str:
    """Where the form that came stands: at its own address, or one step above where that only takes forms."""
    takes_forms_only = request.url_rule is not None and "GET" not in (request.url_rule.methods or ())
    return request.path.rpartition("/")[0] if takes_forms_only else ""


def _static_of(app: Flask) -> Any:
    @lru_cache
    def version(name: str) -> str:
        return hashlib.sha256((Path(app.static_folder or "") / name).read_bytes()).hexdigest()[:12]

    @lru_cache
    def static(name: str) -> str:
        """A static file with its version, so that browsers keep it for a year."""
        return f"{app.static_url_path}/{name}?v={version(name)}"

    return static


def _token_field() -> Markup:
    """The hidden field against forged requests: in every form that acts."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def _may(permission: str) -> bool:
    return current_user.is_authenticated and may(access.me().roles, Permission(permission))


@dataclass(frozen=True)
class Tab:
    code: str
    address: str
    words: str
    count: int = 0


_TABS: tuple[tuple[str, str, LazyString, tuple[Permission, ...]], ...] = (
    ("requests", "deputy.requests", _l("Requests"), (Permission.SEE_REQUESTS,)),
    ("day", "specialist.day", _l("My day"), (Permission.HOLD_CONSULTATIONS,)),
    ("hours", "specialist.hours", _l("Working hours"), (Permission.KEEP_OWN_HOURS,)),
    (
        "events",
        "events.index",
        _l("Groups and webinars"),
        (Permission.PREPARE_EVENTS, Permission.REGISTER_FOR_EVENTS),
    ),
    ("calls", "office.calls", _l("Calls"), (Permission.MAKE_CALLS,)),
    ("mail", "office.mail", _l("Unread mail"), (Permission.READ_MAIL, Permission.READ_STRAY_MAIL)),
    ("enter", "office.enter", _l("New request"), (Permission.ENTER_REQUESTS,)),
    ("deadlines", "deputy.deadlines", _l("Deadlines and checks"), (Permission.WATCH_DEADLINES,)),
    ("journal", "journal.index", _l("Journal"), (Permission.READ_JOURNAL, Permission.HOLD_CONSULTATIONS)),
    ("centre", "admin.centre", _l("Centre"), (Permission.SET_UP_CENTRE,)),
    ("staff", "admin.people", _l("Staff"), (Permission.MANAGE_STAFF,)),
)


def _staff_tabs() -> list[Tab]:
    """The sections that the person may open, with how much waits in them."""
    waiting = overview.waiting(access.me(), clock.now())
    return [
        Tab(code, url_for(endpoint), str(words), waiting.get(code, 0))
        for code, endpoint, words, permissions in _TABS
        if any(may(access.me().roles, permission) for permission in permissions)
        and (code != "mail" or current_app.config["IMAP_URL"] or waiting["mail"])
    ]


def _words(texts: dict[str, str] | None, fallback: str | None = None) -> str:
    """One text of ``{"ru": …}`` in the reader's language, else the centre's."""
    centre_language = fallback or (g.centre.language if "centre" in g else "ru")
    return formatting.in_language(texts, _language(), centre_language)


def _when(instant: Any, zone: str) -> str:
    return formatting.when(instant, zone, _language(), clock.now().year)


def _when_without_place(instant: Any, zone: str) -> str:
    return formatting.when_without_place(instant, zone, _language(), clock.now().year)


def _until(instant: Any, zone: str) -> str:
    """A limit: the hour, or at midnight the whole day before it. Nobody reads "until 00:00" right."""
    local = instant.astimezone(ZoneInfo(zone))
    if (local.hour, local.minute) == (0, 0):
        return _day((local - timedelta(minutes=1)).date())
    return _when_without_place(instant, zone)


def _day(value: Any) -> str:
    return formatting.day(value, _language(), clock.now().year)


def _local_day(instant: Any, zone: str) -> str:
    return formatting.local_day(instant, zone, _language(), clock.now().year)


def _place(instant: Any, zone: str) -> str:
    return formatting.place(instant, zone, _language())
