"""An address as a QR code, for what is printed."""

from io import BytesIO

import segno


def draw(address: str) -> str:
    """An SVG that takes the size it is given."""
    svg = BytesIO()
    segno.make(address, error="m", micro=False).save(
        svg, kind="svg", border=4, xmldecl=False, omitsize=True, svgclass=None, lineclass=None
    )
    return svg.getvalue().decode()
