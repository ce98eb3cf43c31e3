"""A private IMAP server out of Debian's Dovecot: own folder, own configuration, a port of the loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from pwd import getpwuid
from typing import Any, Self

from imap_tools.mailbox import MailBoxUnencrypted

START_SECONDS = 30
PASSWORD = "secret"

# Written for Dovecot 2.3: 2.4 has another form of configuration. Everything belongs to one ordinary user.
CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
first_valid_uid = 1
first_valid_gid = 1
default_vsz_limit = 512M
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  chroot =
}}
"""


def find_dovecot() -> Path | None:
    """The server: KENES_DOVECOT, or Debian's. Of another form of configuration than 2.3 there is none."""
    named = os.environ.get("KENES_DOVECOT") or shutil.which("dovecot") or "/usr/sbin/dovecot"
    if not Path(named).is_file():
        return None
    version = subprocess.run([named, "--version"], capture_output=True, text=True, check=False).stdout
    return Path(named) if version.startswith("2.3.") else None


class DovecotServer:
    """Use it in a `with`. Every name is a user with an empty mailbox and the same password."""

    def __init__(self, program: Path, *, parent: Path = Path("/tmp")) -> None:
        self._program = program
        self._parent = parent
        self._numbers = count(1)
        self.port = _free_port()

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="kenes-dovecot-", dir=self._parent))
        owner: dict[str, Any] = {}
        user = getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:  # Debian's package has made a user without rights
            user = "dovecot"
            owner = {"user": user, "group": user, "extra_groups": []}
            shutil.chown(self._folder, user, user)
        group = user if os.geteuid() == 0 else _own_group()
        configuration = self._folder / "dovecot.conf"
        configuration.write_text(
            CONFIGURATION.format(
                folder=self._folder, user=user, group=group, password=PASSWORD, port=self.port
            )
        )
        configuration.chmod(0o644)
        with (self._folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                [self._program, "-F", "-c", configuration],
                cwd=self._folder,
                stdout=output,
                stderr=output,
                **owner,
            )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(START_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def create_mailbox(self) -> str:
        """A new empty mailbox. Answers its address for `KENES_IMAP_URL`."""
        return f"imap://user{os.getpid()}x{next(self._numbers)}:{PASSWORD}@127.0.0.1:{self.port}/INBOX"

    def open(self, address: str) -> MailBoxUnencrypted:
        """A mail program at that mailbox; close it by `with` or `logout`."""
        user = address.removeprefix("imap://").partition(":")[0]
        box = MailBoxUnencrypted("127.0.0.1", self.port, START_SECONDS)
        box.login(user, PASSWORD)
        return box

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                MailBoxUnencrypted("127.0.0.1", self.port, START_SECONDS).login("probe", PASSWORD).logout()
                return
            except Exception as not_yet:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    words = "".join(
                        file.read_text(errors="replace")
                        for name in ("output", "log")
                        if (file := self._folder / name).is_file()
                    )
                    self._process.kill()
                    shutil.rmtree(self._folder, ignore_errors=True)
                    raise RuntimeError(f"Dovecot did not start:\n{words}") from not_yet
                time.sleep(0.05)


def _own_group() -> str:
    from grp import getgrgid

    return getgrgid(os.getegid()).gr_name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
