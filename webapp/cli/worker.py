"""The worker of an installation on many machines."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Deliver letters and run the periodic tasks, as one of any number of workers (PostgreSQL)."""
    from webapp.jobs import procrastinate  # megabytes that the pages of one machine never need

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    procrastinate.run(app)
