"""The centre page from constants: the same application, address and template, and what was shown once."""

from typing import Any

from flask import Flask, before_render_template, g, render_template

from webapp.factory import create_app as create_real_app

ENDPOINT = "public.centre_page"


def create_app() -> Flask:
    """The real application; only the view of the centre page is replaced by one that asks nobody anything."""
    app = create_real_app()
    remembered: dict[str, dict[str, Any]] = {}
    real_view = app.view_functions[ENDPOINT]

    def remember(_sender: Flask, template: Any, context: dict[str, Any], **_: Any) -> None:
        of_request: dict[str, Any] = {}
        app.update_template_context(of_request)
        constants = {name: value for name, value in context.items() if name not in of_request}
        g.constants = (template.name, constants)

    def constant_view(slug: str) -> Any:
        """The first request of a centre is answered by the real view, whose data are kept."""
        if slug not in remembered:
            with before_render_template.connected_to(remember, app):
                answer = real_view(slug=slug)
            name, constants = g.constants
            remembered[slug] = {"template": name, "constants": constants}
            return answer
        kept = remembered[slug]
        g.centre = kept["constants"]["centre"]
        return render_template(kept["template"], **kept["constants"])

    app.view_functions[ENDPOINT] = constant_view
    return app
