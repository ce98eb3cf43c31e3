"""Settings from the environment, prefix ``KENES_``. A wrong one stops the start and is named."""

from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from click import ClickException
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from webapp.clock import read_instant

DEVELOPMENT_SECRET = "for-development-only-never-in-production"  # noqa: S105

DEVELOPMENT_MAILBOX = "kenes@localhost.localdomain"


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class JitsiMode(StrEnum):
    GUARDED = "guarded"  # own server with tokens and the reservation API: the server ends the room
    TOKEN = "token"  # noqa: S105 - own server with tokens, or JaaS
    LINK = "link"  # a public server: an unguessable name and a countdown


class SettingsError(ClickException):
    """The environment holds something Kenes can't start with; the message names each variable.

    A command ends with the message, without the way through the code.
    """


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KENES_", env_ignore_empty=True, extra="ignore")

    env: Environment = Environment.DEVELOPMENT
    data_dir: Path = Path("var")
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = ""
    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    link_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    limits_url: str = "memory://"
    smtp_url: str = ""
    mail_from: str = DEVELOPMENT_MAILBOX
    imap_url: str = ""
    mail_authserv_id: str = ""
    jitsi_mode: JitsiMode = JitsiMode.LINK
    jitsi_url: str = "https://meet.jit.si"
    jitsi_app_id: str = ""
    jitsi_secret: SecretStr = SecretStr("")
    jitsi_callback_token: SecretStr = SecretStr("")
    jitsi_key_id: str = ""
    jitsi_private_key_file: Path | None = None
    jitsi_max_participants: int = Field(default=100, ge=2, le=10_000)
    demo: bool = False
    clock_file: Path | None = None

    @field_validator("public_url", "jitsi_url")
    @classmethod
    def an_address_without_path(cls, value: str) -> str:
        value = value.rstrip("/")
        if value and urlsplit(value).scheme not in {"http", "https"}:
            raise ValueError("must begin with http:// or https://")
        return value

    @field_validator("smtp_url")
    @classmethod
    def a_mail_server(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"smtp", "smtps", "smtp+starttls"}:
            raise ValueError("must begin with smtp://, smtps:// or smtp+starttls://")
        return value

    @field_validator("imap_url")
    @classmethod
    def a_mailbox(cls, value: str) -> str:
        address = urlsplit(value)
        if value and address.scheme not in {"imap", "imaps", "imap+starttls"}:
            raise ValueError("must begin with imap://, imaps:// or imap+starttls://")
        if value and not (address.hostname and address.username and address.password):
            raise ValueError("must name user, password and host: imaps://user:password@host/folder")
        return value

    @field_validator("clock_file")
    @classmethod
    def a_readable_instant(cls, value: Path | None) -> Path | None:
        if value is not None:
            read_instant(value)
        return value

    @model_validator(mode="after")
    def complete(self) -> Self:
        self.data_dir = self.data_dir.resolve()
        self.database_url = self.database_url or f"sqlite:///{self.data_dir / 'kenes.sqlite3'}"
        if self.database_url.startswith(("postgres://", "postgresql://")):
            self.database_url = "postgresql+psycopg://" + self.database_url.split("://", 1)[1]
        self.public_url = self.public_url or f"http://{self.host}:{self.port}"
        self._refuse_a_half_made_video_server()
        if self.imap_url and not self.mail_authserv_id:
            raise ValueError("KENES_IMAP_URL also needs KENES_MAIL_AUTHSERV_ID")
        if self.env is Environment.PRODUCTION:
            self._refuse_what_is_for_development()
        return self

    def _refuse_a_half_made_video_server(self) -> None:
        missing = []
        if self.jitsi_mode is not JitsiMode.LINK:
            if not self.jitsi_app_id:
                missing.append("KENES_JITSI_APP_ID")
            if self.uses_jaas and self.jitsi_private_key_file is None:
                missing.append("KENES_JITSI_PRIVATE_KEY_FILE")
            if not self.uses_jaas and not self.jitsi_secret.get_secret_value():
                missing.append("KENES_JITSI_SECRET")
        if self.jitsi_mode is JitsiMode.GUARDED and not self.jitsi_callback_token.get_secret_value():
            missing.append("KENES_JITSI_CALLBACK_TOKEN")
        if missing:
            raise ValueError(f"KENES_JITSI_MODE={self.jitsi_mode} also needs {', '.join(missing)}")

    def _refuse_what_is_for_development(self) -> None:
        wrong = []
        for name, secret in (("KENES_SECRET_KEY", self.secret_key), ("KENES_LINK_KEY", self.link_key)):
            if secret.get_secret_value() == DEVELOPMENT_SECRET or len(secret.get_secret_value()) < 32:
                wrong.append(f"{name} is the default or shorter than 32 characters")
        if self.demo:
            wrong.append("KENES_DEMO is on")
        if self.clock_file is not None:
            wrong.append("KENES_CLOCK_FILE is set")
        if not self.smtp_url:
            wrong.append("KENES_SMTP_URL is missing")
        if self.mail_from == DEVELOPMENT_MAILBOX:
            wrong.append("KENES_MAIL_FROM is missing")
        if not self.public_url.startswith("https://"):
            wrong.append("KENES_PUBLIC_URL must be the https:// address that families open")
        if wrong:
            raise ValueError("production mode does not start: " + "; ".join(wrong))

    @property
    def uses_jaas(self) -> bool:
        return bool(self.jitsi_key_id)

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment; ``overrides`` win (tests). Raises :class:`SettingsError`."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            variable = (
                f"KENES_{'_'.join(str(part) for part in problem['loc']).upper()}: " if problem["loc"] else ""
            )
            lines.append(variable + problem["msg"].removeprefix("Value error, "))
        raise SettingsError("\n".join(lines)) from error
