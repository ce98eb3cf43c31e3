"""Pages and routes, one package per audience."""

from flask import Flask

from webapp.blueprints import (
    admin,
    auth,
    demo,
    deputy,
    events,
    family,
    feeds,
    health,
    jitsi,
    journal,
    moves,
    office,
    participant,
    public,
    specialist,
    subscriber,
)


def register_blueprints(app: Flask, *, demo_pages: bool) -> None:
    app.register_blueprint(public.blueprint)
    app.register_blueprint(participant.blueprint, url_prefix="/f/<seat:token>")
    app.register_blueprint(family.blueprint, url_prefix="/f/<token>")
    app.register_blueprint(subscriber.blueprint, url_prefix="/m/<token>")
    for staff_pages in (auth, deputy, specialist, moves, events, office, journal, admin):
        app.register_blueprint(staff_pages.blueprint, url_prefix="/staff")
    app.register_blueprint(jitsi.blueprint, url_prefix="/jitsi")
    app.register_blueprint(feeds.blueprint, url_prefix="/feeds")
    app.register_blueprint(health.blueprint)
    if demo_pages:
        app.register_blueprint(demo.blueprint, url_prefix="/demo")
