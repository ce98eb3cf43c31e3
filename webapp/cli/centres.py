"""``flask import-centres``: set up centres from one file."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from webapp import clock, links
from webapp.models import db
from webapp.services.centre import staffing


@click.command("import-centres")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@with_appcontext
def import_centres(file: Path, dry_run: bool) -> None:
    """Take centres, staff, hours and topics over from FILE (docs/import.md). Can be run again."""
    from webapp.services.centre import centres_file, importing  # with a reader of YAML, which no page needs

    try:
        report = importing.import_file(centres_file.read(file.read_text(encoding="utf-8")), clock.now())
    except centres_file.ImportRefused as refused:
        db.session.rollback()
        raise click.ClickException("nothing was changed\n" + "\n".join(refused.problems)) from refused
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not text in UTF-8") from error
    for change in report:
        click.echo(change)
    if not report.changes:
        click.echo("Everything is already as the file says.")
    if dry_run:
        db.session.rollback()
        click.echo("Nothing was changed: this was a dry run.")
        return
    for person in report.new_people:
        token = staffing.invite(person, clock.now(), by=None)
        click.echo(f"{person.email} sets a password here: {links.invitation(token)}")
    db.session.commit()
