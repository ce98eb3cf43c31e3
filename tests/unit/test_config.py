from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.cli import FlaskGroup

from webapp import clock
from webapp.config import Environment, SettingsError, read_settings
from webapp.factory import create_app

STRONG = "a-long-secret-that-nobody-else-knows-1234"
PRODUCTION = {
    "env": Environment.PRODUCTION,
    "secret_key": STRONG,
    "link_key": STRONG,
    "smtp_url": "smtp://mail.example:25",
    "public_url": "https://kenes.example",
    "mail_from": "centre@kenes.example",
    "jitsi_mode": "link",
}


def test_production_starts_when_everything_is_set() -> None:
    assert read_settings(**PRODUCTION).env is Environment.PRODUCTION


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"secret_key": "for-development-only-never-in-production"}, "KENES_SECRET_KEY"),
        ({"link_key": "short"}, "KENES_LINK_KEY"),
        ({"demo": True}, "KENES_DEMO"),
        ({"smtp_url": ""}, "KENES_SMTP_URL"),
        ({"mail_from": "kenes@localhost.localdomain"}, "KENES_MAIL_FROM"),
        ({"public_url": "http://kenes.example"}, "KENES_PUBLIC_URL"),
    ],
)
def test_production_refuses_to_start_and_says_which_setting_is_wrong(
    wrong: dict[str, object], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        read_settings(**{**PRODUCTION, **wrong})


def test_production_refuses_a_clock_file(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("2026-11-26T15:30+05:00")
    with pytest.raises(SettingsError, match="KENES_CLOCK_FILE"):
        read_settings(**{**PRODUCTION, "clock_file": file})


def test_a_clock_file_without_offset_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("2026-11-26T15:30")
    with pytest.raises(SettingsError, match="KENES_CLOCK_FILE"):
        read_settings(clock_file=file)


def test_time_runs_on_from_the_moment_when_the_clock_file_was_written(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("2030-01-01T12:00+05:00")
    clock.follow(file)
    try:
        passed = clock.now() - datetime(2030, 1, 1, 7, tzinfo=UTC)
    finally:
        clock.follow(None)
    assert 0 <= passed.total_seconds() < 60


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"jitsi_mode": "token"}, "KENES_JITSI_APP_ID"),
        ({"jitsi_mode": "token", "jitsi_app_id": "kenes"}, "KENES_JITSI_SECRET"),
        (
            {"jitsi_mode": "guarded", "jitsi_app_id": "kenes", "jitsi_secret": STRONG},
            "KENES_JITSI_CALLBACK_TOKEN",
        ),
        (
            {"jitsi_mode": "token", "jitsi_app_id": "app", "jitsi_key_id": "key"},
            "KENES_JITSI_PRIVATE_KEY_FILE",
        ),
    ],
)
def test_a_half_made_video_server_is_named(settings: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read_settings(**settings)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"imap_url": "pop3://user:word@mail.example"}, "KENES_IMAP_URL"),
        ({"imap_url": "imaps://mail.example/INBOX"}, "KENES_IMAP_URL"),
        ({"imap_url": "imaps://user@mail.example"}, "KENES_IMAP_URL"),
        ({"imap_url": "imaps://user:word@mail.example"}, "KENES_MAIL_AUTHSERV_ID"),
    ],
)
def test_a_half_made_mailbox_is_named(settings: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read_settings(mail_authserv_id="" if "AUTHSERV" in named else "mx.example", **settings)


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(SettingsError, match="KENES_JITSI_MODE"):
        read_settings(jitsi_mode="open")


@pytest.mark.parametrize("given", ["postgresql://u@h/kenes", "postgres://u@h/kenes"])
def test_a_postgresql_address_gets_the_driver(given: str) -> None:
    assert read_settings(database_url=given).database_url == "postgresql+psycopg://u@h/kenes"


def test_a_command_ends_with_the_message_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KENES_JITSI_MODE", "guarded")
    group = FlaskGroup(create_app=create_app)
    answer = CliRunner().invoke(group, ["check-video"])
    assert answer.exit_code == 1
    assert answer.stderr.startswith("Error: KENES_JITSI_MODE=guarded also needs KENES_JITSI_APP_ID")
