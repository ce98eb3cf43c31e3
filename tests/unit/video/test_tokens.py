"""Tokens as Prosody and JaaS want them, claim by claim."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from video.tokens import (
    DOOR_OPENS_BEFORE,
    NAME_LENGTH,
    TOKEN_LEEWAY,
    Guest,
    Pass,
    jaas_token,
    own_server_token,
    shown_name,
)

SECRET = "a secret of the video server, 32 bytes and more"
STARTS_AT = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
ENTRY = Pass("k3v7-q2ab", STARTS_AT - DOOR_OPENS_BEFORE, STARTS_AT + timedelta(minutes=40))
PARENT = Guest("participation-17", "Анна", moderator=False)
SPECIALIST = Guest("staff-3", "Ольга Петровна", moderator=True)


def token(guest: Guest = PARENT, entry: Pass = ENTRY, domain: str = "meet.example.org") -> str:
    return own_server_token(guest, entry, app_id="kenes", secret=SECRET, domain=domain)


def claims(guest: Guest = PARENT) -> dict[str, Any]:
    return jwt.decode(token(guest), options={"verify_signature": False})


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def pem(private_key: rsa.RSAPrivateKey) -> str:
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def jaas(pem: str, guest: Guest = PARENT, key_id: str = "4f4910") -> str:
    return jaas_token(guest, ENTRY, app_id="vpaas-1", key_id=key_id, private_key=pem)


def test_the_header_says_jwt_and_hs256() -> None:
    assert jwt.get_unverified_header(token()) == {"typ": "JWT", "alg": "HS256"}


def test_the_secret_signs_the_token() -> None:
    signed = jwt.decode(
        token(),
        SECRET,
        algorithms=["HS256"],
        audience="jitsi",
        options={"verify_exp": False, "verify_nbf": False},
    )
    assert signed["room"] == "k3v7-q2ab"


@pytest.mark.parametrize(
    ("claim", "value"),
    [("iss", "kenes"), ("aud", "jitsi"), ("sub", "meet.example.org"), ("room", "k3v7-q2ab")],
)
def test_the_token_names_app_audience_domain_and_exactly_this_room(claim: str, value: str) -> None:
    assert claims()[claim] == value


def test_the_token_is_valid_one_minute_before_the_door_opens() -> None:
    assert claims()["nbf"] == int(datetime(2026, 9, 1, 8, 49, tzinfo=UTC).timestamp())


def test_the_token_expires_one_minute_after_the_end() -> None:
    assert claims()["exp"] == int(datetime(2026, 9, 1, 9, 41, tzinfo=UTC).timestamp())


def test_the_leeway_is_what_a_clock_may_be_wrong() -> None:
    assert timedelta(seconds=60) == TOKEN_LEEWAY


def test_times_are_whole_seconds_in_any_zone() -> None:
    zone_time = Pass("room", datetime.fromisoformat("2026-09-01T13:50:00.7+05:00"), ENTRY.ends_at)
    decoded = jwt.decode(token(entry=zone_time), options={"verify_signature": False})
    assert decoded["nbf"] == int(datetime(2026, 9, 1, 8, 49, tzinfo=UTC).timestamp())


def test_a_parent_is_not_a_moderator() -> None:
    assert claims()["context"]["user"] == {"id": "participation-17", "name": "Анна", "moderator": False}


def test_a_specialist_is_a_moderator() -> None:
    assert claims(SPECIALIST)["context"]["user"]["moderator"] is True


def test_nobody_may_record_or_broadcast() -> None:
    assert claims(SPECIALIST)["context"]["features"] == {"recording": False, "livestreaming": False}


@pytest.mark.parametrize("room", ["", "*", "class-*"])
def test_a_pass_without_exactly_one_room_is_refused(room: str) -> None:
    with pytest.raises(ValueError, match="one room"):
        token(entry=Pass(room, ENTRY.opens_at, ENTRY.ends_at))


@pytest.mark.parametrize("domain", ["", "*"])
def test_a_pass_without_exactly_one_domain_is_refused(domain: str) -> None:
    with pytest.raises(ValueError, match="one domain"):
        token(domain=domain)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        token(entry=Pass("room", datetime(2026, 9, 1, 9, 0), ENTRY.ends_at))  # noqa: DTZ001


def test_control_characters_do_not_reach_the_shown_name() -> None:
    assert shown_name("Ан\x00на\r\nИв\u202eанова\u200b ") == "Анна Иванова"


def test_a_name_is_cut_at_a_sane_length() -> None:
    assert len(shown_name("я" * 5000)) == NAME_LENGTH


def test_kazakh_letters_stay_in_the_name() -> None:
    assert shown_name("Әсем Қайратқызы") == "Әсем Қайратқызы"


def test_a_jaas_header_names_the_key_under_the_app_id(pem: str) -> None:
    assert jwt.get_unverified_header(jaas(pem)) == {"typ": "JWT", "alg": "RS256", "kid": "vpaas-1/4f4910"}


def test_a_key_id_copied_whole_from_the_jaas_console_is_not_doubled(pem: str) -> None:
    assert jwt.get_unverified_header(jaas(pem, key_id="vpaas-1/4f4910"))["kid"] == "vpaas-1/4f4910"


def test_the_public_key_confirms_a_jaas_token(pem: str, private_key: rsa.RSAPrivateKey) -> None:
    decoded = jwt.decode(
        jaas(pem),
        private_key.public_key(),
        algorithms=["RS256"],
        audience="jitsi",
        options={"verify_exp": False, "verify_nbf": False},
    )
    assert (decoded["iss"], decoded["sub"], decoded["room"]) == ("chat", "vpaas-1", "k3v7-q2ab")


@pytest.mark.parametrize(("guest", "moderator"), [(PARENT, "false"), (SPECIALIST, "true")])
def test_jaas_gets_moderator_and_features_as_strings(pem: str, guest: Guest, moderator: str) -> None:
    context = jwt.decode(jaas(pem, guest), options={"verify_signature": False})["context"]
    assert context["user"]["moderator"] == moderator
    assert context["features"] == {"recording": "false", "livestreaming": "false"}
