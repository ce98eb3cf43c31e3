"""A mail server that takes everything and keeps nothing, in a process of its own: the least there is."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from bench.server import HOST

GREETING = b"220 sink\r\n"
ANSWERS = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
YES = b"250 yes\r\n"
END = b"\r\n.\r\n"


@contextmanager
def sink() -> Iterator[int]:
    """The port on which it listens."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join(10)


def _serve(told: Connection) -> None:
    asyncio.run(_listen(told))


async def _listen(told: Connection) -> None:
    server = await asyncio.start_server(_talk, HOST, 0, limit=2**20)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(GREETING)
    while line := await reader.readline():
        command = line[:4].upper()
        writer.write(ANSWERS.get(command, YES))
        if command == b"DATA":
            await reader.readuntil(END)
            writer.write(YES)
        elif command == b"QUIT":
            break
    writer.close()
