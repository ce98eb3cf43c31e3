"""``flask create-admin``: somebody who can sign in and set up the rest."""

import click
from flask.cli import with_appcontext

from webapp import clock, links
from webapp.models import db
from webapp.rules.errors import DomainError
from webapp.rules.permissions import Role
from webapp.services import centres, staffing


@click.command("create-admin")
@click.option(
    "--centre", "slug", required=True, help="The centre's part of its address, for example school-12."
)
@click.option("--email", required=True)
@click.option("--name", required=True)
@with_appcontext
def create_admin(slug: str, email: str, name: str) -> None:
    """Add an administrator and print the link by which the password is set."""
    centre = centres.by_slug(slug)
    if centre is None:
        raise click.ClickException(f"no centre {slug}; set it up first with: flask import-centres FILE.yaml")
    described = staffing.Described(
        name=name, email=email, roles=[Role.ADMINISTRATOR], language=centre.language
    )
    try:
        person = staffing.add(centre, described, clock.now(), by=None)
    except DomainError as error:
        db.session.rollback()
        said = (type(error).__doc__ or "").split("``")[0].strip()
        raise click.ClickException(f"{error.field}: {said}") from error
    token = staffing.invite(person, clock.now(), by=None)
    db.session.commit()
    click.echo(links.invitation(token))
