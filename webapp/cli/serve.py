"""One process on one machine: pages, worker and, in a demonstration, its data."""

import gc
import threading

import click
import waitress
from flask import Flask, current_app
from flask.cli import with_appcontext

from webapp import clock, migrating
from webapp.jobs import embedded
from webapp.models import db

THREADS = 8


@click.command("migrate")
@with_appcontext
def migrate() -> None:
    """Bring the database to the newest form."""
    migrating.upgrade()


@click.command("serve")
@with_appcontext
def serve() -> None:
    """Migrate, fill a demonstration where KENES_DEMO is set, and serve with the worker inside."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    settings = app.config["SETTINGS"]
    migrating.upgrade()
    if settings.demo:
        from webapp.services.demo import demonstration  # nothing that a real centre needs

        demonstration.fill_once(clock.now())
        db.session.commit()
    stop = threading.Event()
    worker = embedded.start(app, stop)
    server = waitress.create_server(
        app,
        host=settings.host,
        port=settings.port,
        threads=THREADS,
        ident=None,
        clear_untrusted_proxy_headers=False,
    )
    # What start-up made stays for good: the collector need not look at it at every request.
    gc.collect()
    gc.freeze()
    click.echo(f"Kenes is ready at {settings.public_url}")
    try:
        server.run()
    finally:
        stop.set()
        worker.join(timeout=10)
