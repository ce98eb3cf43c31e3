"""``flask check-video``: whether the video server can do what its mode promises."""

import click
from flask import current_app
from flask.cli import with_appcontext

from webapp.config import JitsiMode, Settings

PROMISES = {
    JitsiMode.GUARDED: "only our people enter, only in their time, and the server ends the room.",
    JitsiMode.TOKEN: "only our people enter; the limit is a countdown and the moderator's end.",
    JitsiMode.LINK: "a room name that cannot be guessed and a countdown; people get a link.",
}


@click.command("check-video")
@with_appcontext
def check_video() -> None:
    """Say what the video server offers and what is missing; exits with 1 when something is missing."""
    from webapp.cli import video_server  # asks over the network, with libraries that no page needs

    settings: Settings = current_app.config["SETTINGS"]
    click.echo(f"{settings.jitsi_url}, mode {settings.jitsi_mode}: {PROMISES[settings.jitsi_mode]}")
    missing = 0
    for finding in video_server.findings(settings):
        click.echo(f"{finding.mark:<12} {finding.what}")
        missing += finding.mark is video_server.Mark.MISSING
    click.echo("Nothing is missing." if not missing else f"Missing: {missing}. See deploy/jitsi/README.md.")
    raise SystemExit(1 if missing else 0)
