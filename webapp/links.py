"""Personal links and public addresses, for pages and letters alike.

A token is the HMAC of a row's salt and version under ``KENES_LINK_KEY``: any letter can name it again, while
the database holds only its hash. Every address begins with ``KENES_PUBLIC_URL``, never with a Host header.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from flask import current_app


def new_salt() -> str:
    return secrets.token_urlsafe(16)


SUBSCRIBER = "subscriber"  # the purpose of links to a subscription
SEAT = "seat"  # the purpose of links to a registration
SEAT_PREFIX = "s-"  # so that the address alone tells whose page it is


def token(purpose: str, salt: str, version: int = 1) -> str:
    """The 256-bit token of a link row, 43 URL-safe characters; two more before that of a registration."""
    key = current_app.config["LINK_KEY"].encode()
    digest = hmac.new(key, f"{purpose}:{version}:{salt}".encode(), hashlib.sha256).digest()
    secret = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return SEAT_PREFIX + secret if purpose == SEAT else secret


def fingerprint(secret: str) -> str:
    """What the database keeps of a token: enough to find the row, useless to anybody who reads it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def address_fingerprint(address: str) -> str:
    """A keyed hash of a mail address or a network address, so that lists of them name nobody."""
    key = current_app.config["LINK_KEY"].encode()
    return hmac.new(key, address.strip().lower().encode(), hashlib.sha256).hexdigest()


def public_url(path: str = "/") -> str:
    base: str = current_app.config["PUBLIC_URL"]
    return base + path


def centre_page(slug: str) -> str:
    return public_url(f"/c/{slug}/")


def ask_page(slug: str) -> str:
    return public_url(f"/c/{slug}/ask")


def event_page(slug: str, event_id: int) -> str:
    return public_url(f"/c/{slug}/events/{event_id}")


def events_page(slug: str) -> str:
    return public_url(f"/c/{slug}/events")


def events_webcal(slug: str, language: str) -> str:
    """The address that a calendar subscribes to."""
    return _webcal(public_url(f"/c/{slug}/events.ics?lang={language}"))


def embedded_list(slug: str, language: str) -> str:
    return public_url(f"/embed/{slug}?lang={language}")


def mailing_page(subscriber_token: str, part: str = "") -> str:
    return public_url(f"/m/{subscriber_token}{part}")


def family_page(page_token: str, part: str = "") -> str:
    return public_url(f"/f/{page_token}{part}")


def feed(feed_token: str) -> str:
    return public_url(f"/feeds/{feed_token}.ics")


def webcal(feed_token: str) -> str:
    return _webcal(feed(feed_token))


def _webcal(address: str) -> str:
    return address.replace("https://", "webcal://", 1).replace("http://", "webcal://", 1)


def staff_page(path: str) -> str:
    return public_url(f"/staff/{path}")


def invitation(invitation_token: str) -> str:
    return staff_page(f"invitation/{invitation_token}")
