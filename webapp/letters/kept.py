"""Letters that were never sent: a demonstration keeps them in a folder and shows them."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from flask import current_app


@dataclass(frozen=True)
class KeptLetter:
    """One letter as its reader's program would show it; ``invite`` is the calendar file, or None."""

    id: int
    subject: str
    sender: str
    recipient: str
    date: str
    text: str
    html: str
    invite: bytes | None


def keep(letter_id: int, message: EmailMessage) -> None:
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{letter_id}.eml").write_bytes(message.as_bytes())


def kept_letters(most: int = 200) -> list[KeptLetter]:
    """The latest letters, newest first."""
    numbers = sorted((int(path.stem) for path in _folder().glob("*.eml")), key=_written, reverse=True)
    return [letter for number in numbers[:most] if (letter := kept_letter(number)) is not None]


def kept_letter(letter_id: int) -> KeptLetter | None:
    path = _path(letter_id)
    if not path.is_file():
        return None
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    files = [part for part in message.iter_attachments() if part.get_content_type() == "application/ics"]
    return KeptLetter(
        id=letter_id,
        subject=str(message["Subject"]),
        sender=str(message["From"]),
        recipient=message["To"].addresses[0].addr_spec,
        date=str(message["Date"]),
        text=text.get_content() if text is not None else "",
        html=html.get_content() if html is not None else "",
        invite=files[0].get_content() if files else None,
    )


def _folder() -> Path:
    return Path(current_app.config["DATA_DIR"]) / "mail"


def _path(letter_id: int) -> Path:
    return _folder() / f"{letter_id}.eml"


def _written(letter_id: int) -> tuple[float, int]:
    return _path(letter_id).stat().st_mtime, letter_id
