"""Extensions, made once and bound by the factory."""

from ipaddress import ip_address, ip_network

from flask import request
from flask_babel import Babel
from flask_limiter import Limiter
from flask_login import LoginManager
from flask_wtf import CSRFProtect


def source() -> str:
    """Where the request comes from: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))


babel = Babel()
csrf = CSRFProtect()
limiter = Limiter(source, headers_enabled=False)
login_manager = LoginManager()
