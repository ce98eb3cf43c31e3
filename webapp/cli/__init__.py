"""Commands: ``flask serve``, ``flask worker``, ``flask import-centres`` and the rest."""

from flask import Flask

from webapp.cli.centres import import_centres
from webapp.cli.people import create_admin
from webapp.cli.serve import migrate, serve
from webapp.cli.video import check_video
from webapp.cli.worker import worker


def register(app: Flask) -> None:
    for command in (serve, migrate, worker, import_centres, create_admin, check_video):
        app.cli.add_command(command)
