"""Pages from constants: the same application, addresses and templates, and what was shown once."""

from collections.abc import Callable
from typing import Any

from flask import Flask, before_render_template, g, render_template, request

from webapp.factory import create_app as create_real_app

ENDPOINTS = ("public.centre_page", "public.events", "participant.page", "participant.join")


def create_app() -> Flask:
    """The real application; only the views of ``ENDPOINTS`` are replaced by some that ask nobody anything."""
    app = create_real_app()
    for endpoint in ENDPOINTS:
        app.view_functions[endpoint] = _from_constants(app, app.view_functions[endpoint])
    return app


def _from_constants(app: Flask, real_view: Callable[..., Any]) -> Callable[..., Any]:
    remembered: dict[str, tuple[str, dict[str, Any]]] = {}

    def remember(_sender: Flask, template: Any, context: dict[str, Any], **_: Any) -> None:
        of_request: dict[str, Any] = {}
        app.update_template_context(of_request)
        constants = {name: value for name, value in context.items() if name not in of_request}
        g.constants = (template.name, constants)

    def constant_view(**arguments: Any) -> Any:
        """The first request of an address is answered by the real view, whose data are kept."""
        if request.full_path not in remembered:
            with before_render_template.connected_to(remember, app):
                answer = real_view(**arguments)
            remembered[request.full_path] = g.constants
            return answer
        template, constants = remembered[request.full_path]
        g.centre = constants["centre"]
        if "who" in constants:
            g.personal, g.participant = True, constants["who"]
        return render_template(template, **constants)

    return constant_view
