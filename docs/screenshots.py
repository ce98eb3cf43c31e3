"""Makes the pictures of the documents: a demonstration of its own, Chromium, docs/screenshots/*.png.

Run it with ``.venv/bin/python docs/screenshots.py``, or with names to make only these. The clock stands still
at each picture, so that the same pages give the same pictures. Needs Chromium, as the browser tests do, and Noto
Sans as the font of the system (Debian: fonts-noto-core), which many phones have.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page  # noqa: E402

from tests.chromium import People, find_chromium, started_chromium  # noqa: E402
from tests.standin.video_server import StandInVideoServer  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
MORNING = "2026-11-24T10:30+05:00"
PHONE, DESK = 360, 1280
PATIENCE = 60.0  # seconds until a demonstration that does not answer counts as broken
SECRET = "for-pictures-only-and-nothing-else"

KUZNETSOVA = "Марина Александровна Кузнецова"  # speaks in a quarter of an hour
TRETYAKOV = "Сергей Павлович Третьяков"  # chooses among three times
FOMINA = "Юлия Андреевна Фомина"  # her specialist's camera fails
SULEIMENOVA = "Мадина Асқарқызы Сүлейменова"  # her time does not hold, she chooses among three
PAK = "Светлана Владимировна Пак"  # wishes another time
BEISEMBAYEVA = "Гаухар Нұрланқызы Бейсембаева"  # has her recommendations
SOLOVYOVA = "Ирина Викторовна Соловьёва"  # deputy director
SEITKAZIEVA = "Бибігүл Серікқызы Сейітқазиева-Бекмағамбетова"  # head of the kindergarten
VYAZEMSKAYA = "Ольга Сергеевна Вяземская"  # psychologist
TOLEGENOVA = "Ақмарал Ержанқызы Төлегенова-Сейдахметова"  # psychologist
ABDIRAKHMANOVA = "Гүлнұр Сәкенқызы Әбдірахманова"  # speech therapist
ZIMINA = "Татьяна Олеговна Зимина"  # registrar
LEBEDEV = "Андрей Николаевич Лебедев"  # administrator


@dataclass(frozen=True)
class Picture:
    """One file ``<name>-<width>-<language>.png``.

    ``staff`` signs in; ``family`` is whose page ``path`` begins at; ``click`` are selectors pressed first, in
    order, ``filled`` what is then filled in where; ``at`` is scrolled to the top edge; ``until`` must have appeared.
    """

    name: str
    width: int
    language: str
    path: str = ""
    height: int = 800
    staff: str = ""
    family: str = ""
    now: str = MORNING
    click: tuple[str, ...] = ()
    filled: tuple[tuple[str, str], ...] = ()
    at: str = ""
    until: str = ""

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.width}-{self.language}.png"


PICTURES = (
    Picture("centre", PHONE, "ru", "/c/school-12/", 740),
    Picture("ask-times", PHONE, "kk", "/c/balausa/ask", 740, at="fieldset.section:has(#first)"),
    Picture("ask-contact", PHONE, "en", "/c/school-12/ask", 740, at="fieldset.section:has(#email)"),
    Picture("family-offered", PHONE, "ru", family=TRETYAKOV, height=740),
    Picture("family-confirmed", PHONE, "ru", family=KUZNETSOVA, height=800),
    Picture(
        "family-check",
        PHONE,
        "en",
        "/check",
        900,
        family=KUZNETSOVA,
        click=("#start",),
        until="#check .badge--ok >> nth=1",
    ),
    Picture("join", PHONE, "en", "/join", 900, family=KUZNETSOVA, now="2026-11-24T10:36+05:00"),
    Picture("family-moving", PHONE, "kk", family=SULEIMENOVA, height=900),
    Picture("family-wish", PHONE, "ru", family=PAK, height=740, at="#change"),
    Picture("events", PHONE, "ru", "/c/school-12/events", 740),
    Picture("event", PHONE, "kk", "/c/balausa/events", 900, click=("a.req >> nth=0",), until="#register"),
    Picture("mailing", PHONE, "ru", "/c/school-12/mailing", 900),
    Picture("family-recommendation", PHONE, "kk", family=BEISEMBAYEVA, height=740),
    Picture("changes", DESK, "ru", "/staff/requests", 760, staff=SOLOVYOVA),
    Picture(
        "case",
        DESK,
        "ru",
        "/staff/requests",
        1140,
        staff=SOLOVYOVA,
        click=("section:has(#moves) a.req",),
        at="section:has(#report)",
    ),
    Picture(
        "absence",
        DESK,
        "ru",
        "/staff/requests",
        1000,
        staff=SOLOVYOVA,
        click=("section:has(#absences) a.req",),
        until="#touched",
    ),
    Picture("requests", DESK, "ru", "/staff/requests", 900, staff=SOLOVYOVA, at="#waiting"),
    Picture(
        "request",
        DESK,
        "ru",
        "/staff/requests",
        1150,
        staff=SOLOVYOVA,
        click=("a.req:has-text('Остроградская')",),
        until="#answer",
    ),
    Picture("deadlines", DESK, "kk", "/staff/deadlines", 800, staff=SEITKAZIEVA),
    Picture("day", DESK, "ru", "/staff/day", 900, staff=VYAZEMSKAYA),
    Picture(
        "check",
        DESK,
        "en",
        "/staff/day",
        1000,
        staff=VYAZEMSKAYA,
        click=("a.btn:has-text('Start the check')",),
        until="[data-item=link] .badge--ok",
    ),
    Picture(
        "failure",
        DESK,
        "ru",
        "/staff/day",
        560,
        staff=VYAZEMSKAYA,
        click=("a.btn:has-text('Начать проверку')", "summary:has-text('Не работает')"),
        filled=(("select#failure", "sound"), ("#words", "В наушниках тишина, колонки тоже молчат.")),
        at="p:has-text('Сохраним время')",
    ),
    Picture(
        "new-time",
        DESK,
        "kk",
        "/staff/day",
        900,
        staff=TOLEGENOVA,
        click=("a.req[href*='/moves/']", "a[href$='/time']"),
        until="fieldset.day",
    ),
    Picture(
        "write-up",
        DESK,
        "ru",
        "/staff/day",
        1150,
        staff=VYAZEMSKAYA,
        click=("a[href$='/write-up']",),
        until="#recommendation",
    ),
    Picture("hours", DESK, "kk", "/staff/hours", 900, staff=ABDIRAKHMANOVA),
    Picture("enter", DESK, "ru", "/staff/enter", 900, staff=ZIMINA),
    Picture("calls", DESK, "en", "/staff/calls", 800, staff=ZIMINA),
    Picture("mail", DESK, "en", "/staff/mail", 560, staff=ZIMINA),
    Picture("one-mail", DESK, "ru", "/staff/mail", 700, staff=ZIMINA, click=("a.req",), until="form button"),
    Picture("journal", DESK, "ru", "/staff/journal", 640, staff=SOLOVYOVA),
    Picture("settings", DESK, "en", "/staff/centre", 900, staff=LEBEDEV, at="fieldset:has(#limit_minutes)"),
    Picture("embedding", DESK, "en", "/staff/centre", 340, staff=LEBEDEV, at="fieldset:has(#embed_origins)"),
    Picture("people", DESK, "kk", "/staff/people", 760, staff=SEITKAZIEVA),
    Picture("events", DESK, "ru", "/staff/events", 900, staff=SOLOVYOVA),
    Picture(
        "event-new",
        DESK,
        "ru",
        "/staff/events/new",
        980,
        staff=VYAZEMSKAYA,
        click=("h2 a >> nth=0",),
        until="#starts",
    ),
    Picture("event-preview", PHONE, "kk", "/staff/events/8/preview", 900, staff=SEITKAZIEVA),
    Picture(
        "event",
        DESK,
        "ru",
        "/staff/events",
        1150,
        staff=VYAZEMSKAYA,
        click=("h3 a:has-text('Телефон')",),
        until="#people",
    ),
    Picture(
        "mailing",
        DESK,
        "kk",
        "/staff/events",
        900,
        staff=SEITKAZIEVA,
        click=("h3 a:has-text('Үш жасар')", "a[href$='/mailing']"),
        until="#whom",
    ),
    Picture("event-types", DESK, "en", "/staff/event-types", 760, staff=LEBEDEV),
    Picture("days-off", DESK, "ru", "/staff/calendar", 760, staff=LEBEDEV),
    # Later than the others: what the hour brings about would show in theirs.
    Picture(
        "no-show",
        DESK,
        "ru",
        "/staff/day",
        900,
        staff=VYAZEMSKAYA,
        now="2026-11-24T11:02+05:00",
        click=(f"a:has-text('{KUZNETSOVA}')", "a[href*='nobody-came']"),
    ),
    Picture("family-delayed", PHONE, "ru", family=FOMINA, height=740, now="2026-11-24T11:17+05:00"),
)


class Demonstration:
    """A running Kenes with invented people, and the clock by which it lives."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self._clock = folder / "clock"

    def stand_at(self, instant: str) -> None:
        """Let it be ``instant``, a moment ago or ahead: nobody reads half a file."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(instant)
        fresh.replace(self._clock)


@contextmanager
def demonstration() -> Iterator[Demonstration]:
    with tempfile.TemporaryDirectory(prefix="kenes-pictures-") as name, socket.socket() as probe:
        folder = Path(name)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        video = StandInVideoServer("kenes", SECRET, f"{url}/jitsi", SECRET, domain="127.0.0.1")
        video.start()
        shown = Demonstration(folder, url)
        shown.stand_at(MORNING)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KENES_")}
        environment |= {
            "KENES_DEMO": "1",
            "KENES_DATA_DIR": name,
            "KENES_PORT": str(port),
            "KENES_PUBLIC_URL": "https://kenes.example",
            "KENES_CLOCK_FILE": str(folder / "clock"),
            "KENES_JITSI_MODE": "guarded",
            "KENES_JITSI_URL": video.url,
            "KENES_JITSI_APP_ID": "kenes",
            "KENES_JITSI_SECRET": SECRET,
            "KENES_JITSI_CALLBACK_TOKEN": SECRET,
        }
        probe.close()
        command = [sys.executable, "-m", "flask", "--app", "webapp.factory:create_app", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for(f"{url}/readyz", process)
            yield shown
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)
            video.stop()


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, TimeoutError):
            time.sleep(0.3)
    raise SystemExit("the demonstration did not start; its words are above")


def take(picture: Picture, page: Page, shown: Demonstration) -> None:
    shown.stand_at(picture.now)
    page.goto(f"{shown.url}/demo/?lang={picture.language}")
    address = shown.url + picture.path
    if picture.staff:
        page.click(f"li.card:has(b:text-is('{picture.staff}')) button")
    if picture.family:
        own_page = page.locator(f"a.req:has(b:text-is('{picture.family}'))").get_attribute("href")
        address = f"{shown.url}{own_page}{picture.path}"
    page.goto(address)
    for selector in picture.click:
        page.click(selector)
    for selector, words in picture.filled:
        field = page.locator(selector)
        field.select_option(words) if selector.startswith("select") else field.fill(words)
    if picture.until:
        page.wait_for_selector(picture.until)
    if picture.at:
        page.locator(picture.at).first.evaluate("element => element.scrollIntoView()")
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=FOLDER / picture.file_name, animations="disabled")


def main(names: list[str]) -> None:
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install chromium, or KENES_CHROMIUM names it")
    wanted = [picture for picture in PICTURES if not names or picture.name in names]
    FOLDER.mkdir(exist_ok=True)
    with demonstration() as shown, started_chromium(chromium) as browser:
        for picture in wanted:
            people = People(browser)
            page = people.new_page(picture.width, picture.height, picture.language, "Asia/Yekaterinburg")
            take(picture, page, shown)
            people.leave()
            print(picture.file_name, (FOLDER / picture.file_name).stat().st_size // 1024, "KB")
    if not names:
        made = {picture.file_name for picture in PICTURES}
        for left_over in FOLDER.glob("*.png"):
            if left_over.name not in made:
                left_over.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
