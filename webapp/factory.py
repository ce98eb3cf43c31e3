"""Puts the parts together, nothing else."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import reset_tzpath

import structlog
from flask import Flask, Response, g, request
from structlog.tracebacks import ExceptionDictTransformer
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from webapp import access, cli, clock, errors, links, security_headers, templating
from webapp.blueprints import register_blueprints
from webapp.config import Settings, read_settings
from webapp.extensions import babel, csrf, limiter, login_manager
from webapp.models import db
from webapp.models.base import prepare_engine, reading_only


class RowId(IntegerConverter):
    """A number that may be a row's; a longer one is an address that leads nowhere."""

    def __init__(self, url_map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(url_map, *args, **{"max": 2**31 - 1, **kwargs})


class SeatToken(BaseConverter):
    """The token of a registration: its shape alone tells that the page is not a family's request."""

    regex = links.SEAT_PREFIX + "[A-Za-z0-9_-]{43}"
    weight = 50  # looked at before a token of any shape


ROOT = Path(__file__).parent.parent
A_YEAR = 31_536_000
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Raises :class:`webapp.config.SettingsError` when the environment is not complete."""
    reset_tzpath(to=[])  # the pinned tzdata counts, not the machine's
    settings = settings or read_settings()
    clock.follow(settings.clock_file)
    app = Flask(__name__, template_folder=str(ROOT / "templates"))
    app.config.from_mapping(_configuration(settings))
    app.url_map.merge_slashes = False  # a redirect is no answer for the video server
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Without the local variables: they hold names, addresses and tokens.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    app.url_map.converters.update(int=RowId, seat=SeatToken)
    app.before_request(access.let_files_in)  # the guard against forged forms reads them first
    _bind_extensions(app, settings)
    templating.bind(app)
    security_headers.bind(app)
    errors.register(app)
    register_blueprints(app, demo_pages=settings.demo)
    cli.register(app)
    _begin_and_end_requests(app)
    return app


def _configuration(settings: Settings) -> dict[str, Any]:
    public = settings.public_url
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "LINK_KEY": settings.link_key.get_secret_value(),
        "PUBLIC_URL": public,
        "MAIL_FROM": settings.mail_from,
        "SMTP_URL": settings.smtp_url,
        "IMAP_URL": settings.imap_url,
        "MAIL_AUTHSERV_ID": settings.mail_authserv_id,
        "DATA_DIR": settings.data_dir,
        "JITSI_URL": settings.jitsi_url,
        "DEMO": settings.demo,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
        "SESSION_COOKIE_NAME": "kenes",
        "SESSION_COOKIE_SECURE": public.startswith("https://"),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 512 * 1024,
        "SEND_FILE_MAX_AGE_DEFAULT": None,  # asks every time; a versioned address is kept for a year
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(Path(__file__).parent / "translations"),
        "RATELIMIT_STORAGE_URI": settings.limits_url,
        "RATELIMIT_SWALLOW_ERRORS": True,
    }


def _engine_options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {"hide_parameters": True}  # an error in the log names nobody
    return options if settings.is_sqlite else {**options, "pool_size": 10}


def _bind_extensions(app: Flask, settings: Settings) -> None:
    if settings.is_sqlite:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    csrf.init_app(app)
    limiter.init_app(app)
    babel.init_app(app, locale_selector=access.language)
    login_manager.init_app(app)
    login_manager.user_loader(access.load_signed_in)
    login_manager.session_protection = (
        None  # a phone changes its network; sign-ins are rows that can be ended
    )


def _begin_and_end_requests(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        if request.method in SAFE_METHODS:
            g.reading = reading_only()
            g.reading.__enter__()

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        if "reading" in g:
            g.pop("reading").__exit__(None, None, None)

    @app.after_request
    def keep_what_is_versioned(response: Response) -> Response:
        if request.endpoint == "static" and "v" in request.args:
            response.cache_control.max_age = A_YEAR
            response.cache_control.no_cache = None
            response.cache_control.public = True
        return response

    app.after_request(access.remember_language)
