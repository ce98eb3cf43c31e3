"""A private PostgreSQL server out of the installed programs: own folder, own Unix socket, no port."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

START_SECONDS = 30
USER = "kenes"


def find_postgres() -> Path | None:
    """The folder that holds `initdb` and `postgres`: KENES_POSTGRESQL, Debian's newest, or on the PATH."""
    if named := os.environ.get("KENES_POSTGRESQL"):
        folders = [Path(named)]
    else:
        debian = Path("/usr/lib/postgresql").glob("*/bin")
        folders = sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)
        if on_path := shutil.which("initdb"):
            folders.append(Path(on_path).parent)
    return next((folder for folder in folders if (folder / "initdb").is_file()), None)


class PostgresServer:
    """Use it in a `with`. `durable=True` makes commits wait for the disk, as in production.

    Its files lie in a new folder of `parent`, a short path: a Unix socket's may not pass 100 bytes.
    """

    def __init__(self, programs: Path, *, durable: bool = False, parent: Path = Path("/tmp")) -> None:
        self._programs = programs
        self._durable = durable
        self._parent = parent
        self._numbers = count(1)

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="kenes-postgres-", dir=self._parent))
        # PostgreSQL refuses to run as root; Debian's package has made this user.
        self._owner: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self._folder, "postgres", "postgres")
        self._make_cluster()
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        # SIGINT ends it in order, SIGQUIT at once: nothing in a test's cluster is worth a checkpoint.
        self._process.send_signal(signal.SIGINT if self._durable else signal.SIGQUIT)
        self._process.wait(START_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def create_database(self, template: str | None = None) -> str:
        """Make a database, empty or a copy of the one at the address `template`, which nobody may be using.

        Answers its address for SQLAlchemy.
        """
        name = f"kenes_{os.getpid()}_{next(self._numbers)}"
        original = database_name(template) if template else "template0"
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(command.format(sql.Identifier(name), sql.Identifier(original)))
        return f"postgresql+psycopg://{USER}@/{name}?host={self._folder}"

    def _execute(self, command: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(command)

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self._folder), user=USER, dbname="postgres", autocommit=True)

    def _make_cluster(self) -> None:
        # C.UTF-8: Cyrillic and Kazakh letters have upper and lower case; plain C would know only ASCII.
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        command: list[str | Path] = [self._programs / "initdb", f"--pgdata={self._folder / 'data'}", *options]
        made = subprocess.run(
            command, cwd=self._folder, capture_output=True, text=True, check=False, **self._owner
        )
        if made.returncode:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")

    def _start(self) -> None:
        settings = [f"unix_socket_directories={self._folder}", "listen_addresses=", "timezone=UTC"]
        if not self._durable:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]
        command: list[str | Path] = [self._programs / "postgres", "-D", self._folder / "data"]
        for setting in settings:
            command += ["-c", setting]
        log = self._folder / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=self._folder, stdout=output, stderr=output, **self._owner
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connect().close()
                return
            except psycopg.OperationalError as not_yet:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    words = log.read_text(errors="replace")
                    self._process.kill()
                    shutil.rmtree(self._folder, ignore_errors=True)
                    raise RuntimeError(f"PostgreSQL did not start:\n{words}") from not_yet
                time.sleep(0.05)


def database_name(address: str) -> str:
    """`postgresql+psycopg://kenes@/kenes_7_1?host=/tmp/x` -> `kenes_7_1`"""
    return address.partition("?")[0].rpartition("/")[2]
