"""A mail server that answers by a script, recipient by recipient."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

OK = "250 accepted"
DROP = "drop the connection during DATA"


@dataclass
class Received:
    recipient: str
    message_id: str
    content: bytes


@dataclass
class Sink:
    """``answers[recipient]``: what it says, one answer a try; afterwards, and to all others, 250."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    after_data: dict[str, list[str]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    connections: int = 0

    def recipients(self) -> list[str]:
        return [letter.recipient for letter in self.received]

    async def handle_EHLO(
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = _next(self.answers, address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        (recipient,) = envelope.rcpt_tos
        answer = _next(self.after_data, recipient)
        content = envelope.original_content or b""
        if answer.startswith("2"):
            self.received.append(Received(recipient, str(message_from_bytes(content)["Message-ID"]), content))
        if answer == DROP:
            assert server.transport is not None
            server.transport.abort()
        return answer


def _next(script: dict[str, list[str]], recipient: str) -> str:
    answers = script.get(recipient)
    return answers.pop(0) if answers else OK


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """Can be away and come back, at the same address."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.port = free_port()
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self.sink, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
        self._controller = None


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The mail server of the application, running."""
    server = Server()
    server.start()
    monkeypatch.setitem(app.config, "SMTP_URL", f"smtp://127.0.0.1:{server.port}")
    yield server
    server.stop()


@pytest.fixture
def sink(server: Server) -> Sink:
    return server.sink
