"""``flask create-admin``: somebody who can sign in and set up the rest."""

import click
from flask.cli import with_appcontext
from flask_babel import force_locale

from webapp import clock, links, wording
from webapp.models import Staff, db
from webapp.rules.errors import AddressTaken, DomainError
from webapp.rules.permissions import Role
from webapp.services.centre import centres, staffing


@click.command("create-admin")
@click.option(
    "--centre", "slug", required=True, help="The centre's part of its address, for example school-12."
)
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--new-link", is_flag=True, help="A new link, for somebody who has forgotten the password.")
@with_appcontext
def create_admin(slug: str, email: str, name: str, new_link: bool) -> None:
    """Add an administrator and print the link by which the password is set. Can be run again."""
    centre = centres.by_slug(slug)
    if centre is None:
        raise click.ClickException(f"no centre {slug}; set it up first with: flask import-centres FILE.yaml")
    described = staffing.Described(
        name=name, email=email, roles=[Role.ADMINISTRATOR], language=centre.language
    )
    try:
        person = staffing.administrator(centre, described, clock.now())
    except AddressTaken as error:
        db.session.rollback()
        raise click.ClickException(f"{email} belongs to another centre") from error
    except DomainError as error:
        db.session.rollback()
        with force_locale("en"):
            raise click.ClickException(f"--{error.field}: {wording.refusal(error)}") from error
    if not person.active:
        db.session.rollback()
        raise click.ClickException(f"{email} was let go; an administrator can let them in again under Staff")
    _print_link(person, new_link)
    db.session.commit()


def _print_link(person: Staff, new_link: bool) -> None:
    if person.password_hash and not new_link:
        click.echo(
            f"{person.email} is an administrator and has a password. Is it forgotten? Run this with --new-link."
        )
        return
    token = None if new_link else staffing.open_invitation(person, clock.now())
    click.echo(links.invitation(token or staffing.invite(person, clock.now(), by=None)))
