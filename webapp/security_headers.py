"""Security headers, each set by us: a library's defaults would forbid the camera.

Nothing inline runs on our pages, so the policy needs no nonces. Only pages marked by
:func:`with_camera` may use camera and microphone and load the video server's script, and only those marked by
:func:`framed_by` may stand in a frame.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask import Flask, Response, g
from secure import (
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)

SELF, NONE = "'self'", "'none'"


def bind(app: Flask) -> None:
    secure_site = app.config["PUBLIC_URL"].startswith("https://")
    plain = _headers(None, secure_site)
    camera = _headers(app.config["JITSI_URL"], secure_site)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = camera if g.get("uses_camera") else plain
        if g.get("framed_by"):
            headers = _headers(None, secure_site, g.framed_by)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if g.get("personal"):
            response.headers["Cache-Control"] = "no-store"
        return response


def with_camera() -> None:
    """The page of this request uses camera and microphone and may load the video server's script."""
    g.uses_camera = True


def framed_by(origins: Sequence[str]) -> None:
    """The page of this request may stand in a frame on pages of ``origins``; without any, nowhere.

    ``X-Frame-Options`` can name no origin, so it is left out then.
    """
    g.framed_by = tuple(origins)


@lru_cache(maxsize=64)
def _headers(
    video_origin: str | None, secure_site: bool, framed_by: tuple[str, ...] = ()
) -> Mapping[str, str]:
    csp = (
        ContentSecurityPolicy()
        .default_src(NONE)
        .base_uri(NONE)
        .form_action(SELF)
        .frame_ancestors(*(framed_by or (NONE,)))
        .img_src(SELF, "data:")
        .style_src(SELF)
        .manifest_src(SELF)
    )
    permissions = PermissionsPolicy().geolocation().payment().usb()
    if video_origin is None:
        csp = csp.script_src(SELF).connect_src(SELF)
        permissions = permissions.camera().microphone().display_capture()
    else:
        csp = csp.script_src(SELF, video_origin).connect_src(SELF, video_origin).frame_src(video_origin)
        csp = csp.media_src(SELF, "blob:")
        allowed = (SELF.strip("'"), f'"{video_origin}"')
        permissions = permissions.camera(*allowed).microphone(*allowed).display_capture(*allowed)
    parts: dict[str, Any] = {
        "csp": csp,
        "coop": CrossOriginOpenerPolicy().same_origin(),
        "permissions": permissions,
        "referrer": ReferrerPolicy().same_origin(),  # Flask-WTF needs the Referer over HTTPS
        "xcto": XContentTypeOptions().nosniff(),
    }
    if not framed_by:
        parts["xfo"] = XFrameOptions().deny()
    if secure_site:
        parts["hsts"] = StrictTransportSecurity().max_age(31_536_000)
    return dict(Secure(**parts).headers)
