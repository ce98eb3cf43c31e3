"""A form that was sent and can't be taken now: what stood in it is handed back, so that nothing is lost."""

from urllib.parse import urlsplit

from flask import request


def fields() -> list[tuple[str, str]] | None:
    """Names and values to be sent once more from the page that answers; ``None`` where that must not be.

    Nothing is handed back of a form with a password. Nor of one that came from another site: with a button and a
    fresh token of ours, people could be led to send what a stranger has filled in.
    """
    if request.method != "POST" or not _comes_from_here() or "password" in request.form:
        return None
    return [field for field in request.form.items(multi=True) if field[0] != "csrf_token"]


def words() -> list[str]:
    """What a person wrote into it, to be copied. Codes, numbers and times have no blanks."""
    return [value for _name, value in fields() or () if " " in value.strip()]


def _comes_from_here() -> bool:
    came_from = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(came_from).netloc == request.host
