#!/usr/bin/env python3
"""Sets Kenes up and runs it, checks it or tests it. Needs Python 3.11 and nothing else.

usage: python3 manage.py COMMAND [ARGUMENTS]

  run          set up and start Kenes at http://127.0.0.1:8000, with demonstration data
               (KENES_ENV=production: without); KENES_HOST and KENES_PORT choose the address
  check        formatting, lint, types, import directions, templates: seconds
  test         check, then every test, on SQLite and PostgreSQL and in Chromium
  test ARGS    only pytest with these arguments, say `test tests/unit -x`
  format       let the formatter rewrite the code
  translations collect the strings, keep what is translated, compile
  bench ARGS   measured comparisons, see bench/
  flask ARGS   a Flask command, say `flask --help` or `flask routes`
  lock ARGS    write requirements.lock anew from pyproject.toml, say `lock --upgrade`

The first command makes .venv from requirements.lock; later ones only look whether it is current.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "set-up-stamp"

# The virtual environment's own interpreter cannot rebuild it, so always the one underneath.
BASE_PYTHON = getattr(sys, "_base_executable", None) or sys.executable
PYTHON_TAG = f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"

CHECKS = {
    "lint": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "."],
    "types": ["-m", "mypy"],
    "imports": [str(VENV / "bin" / "lint-imports"), "--no-logo"],
    "templates": ["-m", "djlint", "templates", "--lint", "--quiet"],
}
FORMATTERS = [
    ["-m", "ruff", "check", "--fix", "."],
    ["-m", "ruff", "format", "."],
]
TRANSLATIONS = "webapp/translations"
BABEL = ["-m", "babel.messages.frontend"]
FLASK = ["-m", "flask", "--app", "webapp.factory:create_app"]
# Whole files to each of two processes: a file's database or browser is then made once.
FULL_TEST = ["-n", "2", "--dist", "loadfile"]

# What the tests need besides Python: Debian's packages, and what works once they are there.
FOUND = "import tests.{0} as it; raise SystemExit(it.find_{0}() is None)"
FROM_DEBIAN = [
    (["chromium", "fonts-roboto-unhinted"], ["-c", FOUND.format("chromium")]),  # the font has Kazakh letters
    (["libatomic1"], ["-m", "playwright", "--version"]),  # Playwright's driver is linked with it
    (["postgresql"], ["-c", FOUND.format("postgres")]),
    (["dovecot-imapd"], ["-c", FOUND.format("dovecot")]),
]


class OrdinaryError(Exception):
    """An ordinary failure: its text is all that the person needs to see."""


def main(arguments: list[str]) -> int:
    commands = {
        "run": run,
        "check": check,
        "test": test,
        "format": reformat,
        "translations": translations,
        "bench": bench,
        "flask": flask,
        "lock": lock,
    }
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if name in ("help", "-h", "--help"):
        print(__doc__.strip())
        return 0
    if name not in commands:
        problem = f"manage.py knows no command {name!r}.\n\n" if name else ""
        print(problem + __doc__.strip(), file=sys.stderr)
        return 2
    if os.name != "posix":
        raise OrdinaryError("Kenes runs on Linux and macOS. On Windows use it inside WSL.")
    if sys.version_info < OLDEST_PYTHON:
        raise OrdinaryError(
            f"Kenes needs Python {dotted(OLDEST_PYTHON)} or newer, this is {dotted(sys.version_info[:3])}."
            f" Start manage.py with a newer one, say: python3.11 manage.py {name}"
        )
    os.chdir(ROOT)
    return commands[name](rest)


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def say(text: str) -> None:
    """To standard error, so that `manage.py flask ... > file` holds only what the command wrote."""
    print(text, file=sys.stderr, flush=True)


# Commands


def run(arguments: list[str]) -> int:
    set_up()
    if os.environ.get("KENES_ENV", "").lower() != "production":
        os.environ.setdefault("KENES_DEMO", "1")
    # The threads of one Python take turns: a heap for each only holds memory (glibc).
    os.environ.setdefault("MALLOC_ARENA_MAX", "1")
    # Nobody reads the libraries' docstrings in a server: 8 MB less.
    os.environ.setdefault("PYTHONOPTIMIZE", "2")
    return become_python([*FLASK, "serve", *arguments])


def check(arguments: list[str]) -> int:
    if arguments:
        raise OrdinaryError("`check` takes no arguments: it always looks at everything.")
    set_up()
    started = time.monotonic()
    # Files, not pipes: a tool with much to say must not wait for its turn to be read.
    outputs = CACHE / "check"
    outputs.mkdir(parents=True, exist_ok=True)
    processes = {}
    for name, command in CHECKS.items():
        with (outputs / name).open("w") as output:
            processes[name] = subprocess.Popen([PYTHON, *command], stdout=output, stderr=subprocess.STDOUT)
    failed = []
    for name, process in processes.items():
        if process.wait() == 0:
            continue
        failed.append(name)
        words = (outputs / name).read_text(errors="replace").strip()
        print(f"── {name} ".ljust(80, "─"), words, sep="\n", end="\n\n")
    seconds = time.monotonic() - started
    if failed:
        hint = " `python3 manage.py format` may mend some of it." if {*failed} - {"types", "imports"} else ""
        print(f"check: {', '.join(failed)} failed ({seconds:.1f} s).{hint}", flush=True)
        return 1
    print(f"check: {', '.join(CHECKS)} are all right ({seconds:.1f} s).", flush=True)
    return 0


def test(arguments: list[str]) -> int:
    set_up()
    if not arguments and check([]) != 0:
        return 1
    provide_outside_programs()
    return become_python(["-m", "pytest", *(arguments or FULL_TEST)])


def reformat(arguments: list[str]) -> int:
    if arguments:
        raise OrdinaryError("`format` takes no arguments.")
    set_up()
    results = [subprocess.run([PYTHON, *command], check=False).returncode for command in FORMATTERS]
    return 1 if any(results) else 0


def translations(arguments: list[str]) -> int:
    if arguments:
        raise OrdinaryError("`translations` takes no arguments.")
    set_up()
    sources = str(CACHE / "messages.pot")
    keep = ["--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date"]
    words, form = ["-k", "_l", "-k", "lazy_gettext"], ["--no-location", "--sort-output", "--no-wrap"]
    commands = [
        ["extract", "-F", f"{TRANSLATIONS}/babel.cfg", *words, *form, "-o", sources, "."],
        ["update", "-i", sources, "-d", TRANSLATIONS, "--no-wrap", *keep],
        ["compile", "-d", TRANSLATIONS],
    ]
    for command in commands:
        if subprocess.run([PYTHON, *BABEL, *command], check=False).returncode:
            raise OrdinaryError(f"The strings could not be handled: {command[0]} failed.")
    return 0


def bench(arguments: list[str]) -> int:
    set_up()
    return become_python(["-m", "bench", *arguments])


def flask(arguments: list[str]) -> int:
    set_up()
    return become_python([*FLASK, *arguments])


def lock(arguments: list[str]) -> int:
    uv = find_uv()
    if uv is None:
        raise OrdinaryError(
            "`lock` needs uv, which could not be fetched."
            " Install it (https://docs.astral.sh/uv/) and try again."
        )
    content = ["pyproject.toml", "--group", "dev", "--universal", "--python-version", dotted(OLDEST_PYTHON)]
    form = ["--generate-hashes", "--no-header", "--output-file", LOCK.name]
    result = run_uv(uv, ["pip", "compile", "--quiet", *content, *form, *arguments])
    if result.returncode:
        raise OrdinaryError(result.stdout.strip() + "\nrequirements.lock could not be written.")
    say("requirements.lock is current with pyproject.toml.")
    return 0


def become_python(arguments: list[str]) -> int:
    """Replace this process, so that signals and the exit code are the program's own."""
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *arguments])


# Setting up


def set_up() -> None:
    """Make .venv hold exactly what requirements.lock names. Costs a few milliseconds when it does."""
    if is_set_up():
        return
    CACHE.mkdir(exist_ok=True)
    with alone(CACHE / "set-up.lock"):
        if is_set_up():  # by the process that we waited for
            return
        say("Setting up .venv from requirements.lock; the first time takes about a minute.")
        started = time.monotonic()
        STAMP.unlink(missing_ok=True)
        install()
        STAMP.write_text(expected_stamp())
        say(f"Set up in {time.monotonic() - started:.0f} s.")


def is_set_up() -> bool:
    return STAMP.is_file() and PYTHON.exists() and STAMP.read_text() == expected_stamp()


def expected_stamp() -> str:
    if not LOCK.is_file():
        raise OrdinaryError("requirements.lock is missing: the copy of Kenes is not complete.")
    lock_hash = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    # The place counts because scripts in .venv name it in their first line.
    return f"{PYTHON_TAG}\n{ROOT}\n{lock_hash}\n"


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time set up."""
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install() -> None:
    uv = find_uv()
    if uv is None and not has_pip():
        raise OrdinaryError("Setting up needs pip or uv. On Debian: apt-get install python3-pip")
    complaint = install_with_uv(uv) if uv else "uv could not be fetched."
    if complaint is None:
        return
    say("uv could not do it, going on with pip: that takes longer.")
    pip_complaint = install_with_pip()
    if pip_complaint is not None:
        raise OrdinaryError(
            f"{indented(complaint)}\n\n{indented(pip_complaint)}\n\n"
            "Kenes could not install its libraries; the words of uv and of pip are above. It needs to\n"
            "reach a Python package index. Behind a proxy set HTTPS_PROXY; name another index in pip.conf."
        )


def install_with_uv(uv: str) -> str | None:
    """Answers what went wrong, or None."""
    if venv_python_tag() != PYTHON_TAG or not is_from_here():
        result = run_uv(uv, ["venv", "--quiet", "--clear", "--python", BASE_PYTHON, str(VENV)])
        if result.returncode:
            return result.stdout.strip()
    # Compiled now: a server under systemd may write nothing here, and would compile at every start.
    target = ["--compile-bytecode", "--require-hashes", "--python", str(PYTHON), LOCK.name]
    result = run_uv(uv, ["pip", "sync", "--quiet", *target])
    return result.stdout.strip() if result.returncode else None


def install_with_pip() -> str | None:
    """For where uv cannot be had, or cannot reach the index that pip is configured for."""
    if not has_pip():
        return "There is no pip."
    made = captured([BASE_PYTHON, "-m", "venv", "--without-pip", "--clear", str(VENV)])
    if made.returncode:
        return made.stdout.strip()
    target = ["--python", str(PYTHON), "install", "--quiet", "--require-hashes", "--requirement", LOCK.name]
    result = captured([BASE_PYTHON, "-m", "pip", *target], **PIP_ENVIRONMENT)
    return result.stdout.strip() if result.returncode else None


def venv_python_tag() -> str | None:
    if not PYTHON.exists():
        return None
    program = "import sys, sysconfig; print(sys.implementation.cache_tag, sysconfig.get_platform())"
    return captured([PYTHON, "-c", program]).stdout.strip()


def is_from_here() -> bool:
    """Whether .venv was made at this path and not moved here."""
    activate = VENV / "bin" / "activate"
    return activate.is_file() and str(VENV) in activate.read_text(errors="replace")


def find_uv() -> str | None:
    """The path of uv: fetched before, on the PATH, or fetched now into .cache, where Debian lets pip."""
    fetched = CACHE / "uv" / "bin" / "uv"
    if fetched.is_file():
        return str(fetched)
    installed = shutil.which("uv")
    if installed or not has_pip():
        return installed
    target = ["install", "--quiet", "--target", str(CACHE / "uv"), "--upgrade", "uv<1"]
    result = captured([BASE_PYTHON, "-m", "pip", *target], **PIP_ENVIRONMENT)
    return str(fetched) if result.returncode == 0 and fetched.is_file() else None


def run_uv(uv: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    # Where an authority of the organisation signs every connection, only the system knows it, as pip does.
    return captured([uv, *arguments], UV_SYSTEM_CERTS=os.environ.get("UV_SYSTEM_CERTS", "1"), VIRTUAL_ENV="")


PIP_ENVIRONMENT = {
    "PIP_USER": "0",  # contradicts --target
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_RETRIES": "2",
}


def has_pip() -> bool:
    if Path(sys.executable) == Path(BASE_PYTHON):
        return importlib.util.find_spec("pip") is not None
    return captured([BASE_PYTHON, "-m", "pip", "--version"]).returncode == 0


def captured(command: list[str | Path], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def indented(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())


# What the tests need besides Python


def provide_outside_programs() -> None:
    """Install what is missing where that is ours to do; elsewhere say so, and fail in CI."""
    missing = missing_packages()
    if missing and is_debian() and os.geteuid() == 0:
        apt_install(missing)
        missing = missing_packages()
    if not missing:
        return
    problem = f"The tests want Debian's packages {' '.join(missing)}, or the same from elsewhere."
    if os.environ.get("CI") == "true":
        raise OrdinaryError(f"{problem} With CI=true nothing may be left out.")
    say(
        f"{problem}\n  Debian, Ubuntu:  sudo apt-get install {' '.join(missing)}\n"
        "  elsewhere:       KENES_CHROMIUM names the browser, KENES_POSTGRESQL the folder with initdb,\n"
        "                   KENES_DOVECOT the program dovecot, of version 2.3\n"
        "Going on without: THE TESTS THAT NEED THEM ARE SKIPPED."
    )


def missing_packages() -> list[str]:
    missing = []
    for packages, probe in FROM_DEBIAN:
        if captured([PYTHON, *probe]).returncode:
            missing += packages
    return missing


def is_debian() -> bool:
    """Not Ubuntu: its package `chromium` only points to a snap."""
    release = Path("/etc/os-release")
    return release.is_file() and "ID=debian" in release.read_text().splitlines()


def apt_install(packages: list[str]) -> None:
    say(f"Installing {', '.join(packages)} with apt-get.")
    options = ["-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120"]
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        result = captured(["apt-get", *options, *command], DEBIAN_FRONTEND="noninteractive")
        if result.returncode:
            say(f"{indented(result.stdout.strip())}\napt-get {command[0]} failed; its words are above.")
            return


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except OrdinaryError as error:
        say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
