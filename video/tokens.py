"""Passes into a video room: JSON Web Tokens for an own Jitsi server and for JaaS (8x8.vc)."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

DOOR_OPENS_BEFORE = timedelta(minutes=10)
# Prosody compares nbf and exp with its own clock and allows nothing for a difference.
TOKEN_LEEWAY = timedelta(seconds=60)
NAME_LENGTH = 60

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Guest:
    """One person who may enter. `id` is opaque and comes back in the attendance events; `name` is shown."""

    id: str
    name: str
    moderator: bool


@dataclass(frozen=True, slots=True)
class Pass:
    """One room and when it may be entered: from the opening of the door to the end of the session.

    `opens_at` is the start less `DOOR_OPENS_BEFORE`. Both times are aware; naive ones end in a TypeError.
    """

    room: str
    opens_at: datetime
    ends_at: datetime


def own_server_token(guest: Guest, entry: Pass, *, app_id: str, secret: str, domain: str) -> str:
    """A token (HS256) for an own Jitsi server; `domain` is its XMPP domain, or the tenant.

    Raises ValueError for a wildcard or an empty room or domain: the first opens every room, the others hang
    the client without a word.
    """
    claims = {
        **_claims(entry, issuer=app_id, subject=domain),
        "context": {
            "user": {"id": guest.id, "name": shown_name(guest.name), "moderator": guest.moderator},
            "features": {"recording": False, "livestreaming": False},
        },
    }
    return _signed(claims, secret, algorithm="HS256", headers={"typ": "JWT"})


def jaas_token(guest: Guest, entry: Pass, *, app_id: str, key_id: str, private_key: str) -> str:
    """A token (RS256) for JaaS; `key_id` as the console shows it (`<AppID>/<key>`) or only its last part.

    `private_key` is PEM text. The `room` claim is the bare name; the page and the link put the AppID before
    it. Raises ValueError as `own_server_token` does, jwt.InvalidKeyError for a key that cannot be read.
    Source: https://developer.8x8.com/jaas/docs/api-keys-jwt
    """
    claims = {
        **_claims(entry, issuer="chat", subject=app_id),
        "context": {
            "user": {
                "id": guest.id,
                "name": shown_name(guest.name),
                "moderator": "true" if guest.moderator else "false",
            },
            "features": {"recording": "false", "livestreaming": "false"},
        },
    }
    headers = {"typ": "JWT", "kid": f"{app_id}/{key_id.removeprefix(f'{app_id}/')}"}
    return _signed(claims, private_key, algorithm="RS256", headers=headers)


def shown_name(name: str) -> str:
    """The name as others in the room see it: one line, no control characters, at most `NAME_LENGTH` long.

    Direction marks and invisible characters go too: with them one person can pose as another.
    """
    one_line = " ".join(name.split())
    visible = "".join(sign for sign in one_line if not unicodedata.category(sign).startswith("C"))
    return visible[:NAME_LENGTH].strip()


def _signed(claims: dict[str, Any], key: str, *, algorithm: str, headers: dict[str, str]) -> str:
    import jwt  # with cryptography, megabytes that nobody needs who hands out links only

    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def _claims(entry: Pass, *, issuer: str, subject: str) -> dict[str, str | int]:
    if not entry.room or "*" in entry.room:
        raise ValueError("a pass names exactly one room")
    if not subject or "*" in subject:
        raise ValueError("a pass names exactly one domain")
    return {
        "iss": issuer,
        "aud": "jitsi",
        "sub": subject,
        "room": entry.room,
        "nbf": _epoch_seconds(entry.opens_at - TOKEN_LEEWAY),
        "exp": _epoch_seconds(entry.ends_at + TOKEN_LEEWAY),
    }


def _epoch_seconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(seconds=1)
