"""Every page with long names, on a phone and at a desk, by day and by night: readable, narrow, light."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Response

from tests.browser.installation import Installation, Switch
from tests.browser.people import ADMINISTRATOR, DEPUTY, REGISTRAR, SPECIALIST
from tests.browser.town import HEAD, METHODIST, STORIES, Town
from tests.browser.town_mail import receive_mail
from tests.browser.town_rooms import HOST, open_groups
from tests.factories import NOW

NewPage = Callable[..., Page]
MOST_BYTES = 60 * 1024
PHONES = (360, 320)  # CSS pixels; 320 is also a desk of 1280 at zoom 400 %
DESK = 1280
CONTRAST = {"runOnly": ["color-contrast", "landmark-unique", "target-size"], "resultTypes": ["violations"]}
WIDER = """() => {
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= most) return null;
  const sticksOut = (one) => one.getBoundingClientRect().right > most + 1;
  const wide = [...document.querySelectorAll("body *")].filter(sticksOut);
  const first = wide.slice(0, 4).map((one) => one.outerHTML.slice(0, 160));
  return `${document.documentElement.scrollWidth}: ${first.join(" | ")}`;
}"""
ALL_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@dataclass(frozen=True)
class Case:
    """A page: its path with the names of rows in it, and who of the staff looks, if anybody."""

    name: str
    path: str
    who: str = ""
    status: int = 200

    def __str__(self) -> str:
        return self.name


def public() -> Iterator[Case]:
    yield Case("start", "/")
    for part in ("", "ask", "privacy", "consent", "accessibility", "consent-withdrawn", "address-removed"):
        yield Case(f"centre {part}", f"/c/town/{part}")
    yield Case("events", "/c/town/events")
    yield Case("embedded list", "/embed/town")
    for story in ("webinar", "course", "webinar off", "webinar over"):
        yield Case(f"event {story}", f"/c/town/events/{{event {story}}}")
    yield Case("registered", "/c/town/events/{event webinar}/registered")
    for path in ("mailing", "mailing/asked"):
        yield Case(path, f"/c/town/{path}")
    for state in ("active", "pending", "left"):
        for part in ("", "/leave", "/not-me"):
            yield Case(f"subscription {state} {part}", f"{{subscription {state}}}{part}")
    yield Case("no subscription", "/m/" + "x" * 43, status=404)
    yield Case("new link", "/new-link")
    yield Case("new link sent", "/new-link/sent")
    yield Case("sign in", "/staff/sign-in")
    yield Case("dead link", "/f/" + "x" * 43, status=404)
    yield Case("dead invitation", "/staff/invitation/" + "x" * 43, status=404)
    yield Case("invitation", "/staff/invitation/{invitation}")
    yield Case("not found", "/nothing", status=404)


def families() -> Iterator[Case]:
    for story in STORIES:
        yield Case(f"family {story}", f"{{family {story}}}")
    yield Case("family just asked", "{family holding}?new=1")
    for story in (
        "confirmed",
        "door open",
        "last minutes",
        "time over",
        "by phone",
        "cancelled",
        "holding",
        "delayed",
    ):
        yield Case(f"join {story}", f"{{family {story}}}/join")
    yield Case("room", "{family door open}/join?enter=video")
    yield Case("room by voice", "{family last minutes}/join?enter=voice")
    yield Case("family check", "{family confirmed}/check")
    yield Case("not me", "{family confirmed}/not-me")


def rooms() -> Iterator[Case]:
    for name in ("0 later", "0 door open", "3 door open", "waiting door open", "0 over"):
        yield Case(f"seat {name}", f"{{family seat {name}}}")
        yield Case(f"join, seat {name}", f"{{family seat {name}}}/join")
    yield Case("room of a group", "{family seat 1 door open}/join?enter=video")
    yield Case("room of a group, listening", "{family seat 1 door open}/join?enter=listen")
    yield Case("participant's check", "{family seat 0 later}/check")
    for name in ("later", "door open", "over"):
        yield Case(f"event {name}", f"/staff/events/{{event {name}}}", HOST)
        yield Case(f"attendance {name}", f"/staff/events/{{event {name}}}/attendance", HOST)
    yield Case("attendance, deputy", "/staff/events/{event over}/attendance", DEPUTY)
    yield Case("host's room", "/staff/events/{event door open}/room", HOST)
    yield Case("equipment check of a group", "/staff/consultations/{meeting door open}/check", HOST)


def staff() -> Iterator[Case]:
    for who in (DEPUTY, HEAD, METHODIST):
        yield Case(f"requests, {who}", "/staff/requests", who)
    for story in ("holding", "overdue", "offered", "confirmed", "declined", "next date"):
        yield Case(f"request {story}", f"/staff/requests/{{request {story}}}", DEPUTY)
    yield Case("request, methodist", "/staff/requests/{request overdue}", METHODIST)
    yield Case("deadlines", "/staff/deadlines", DEPUTY)
    for story in ("failing", "delayed", "moving", "wishing"):
        for who in (DEPUTY, SPECIALIST):
            yield Case(f"move {story}, {who}", f"/staff/moves/{{move {story}}}", who)
    for path in ("time", "instead"):
        yield Case(f"move {path}", f"/staff/moves/{{move failing}}/{path}", DEPUTY)
    yield Case("report", "/staff/consultations/{consultation confirmed}/report", SPECIALIST)
    yield Case("consultation failing", "/staff/consultations/{consultation failing}", SPECIALIST)
    for path in (
        "calls",
        "mail",
        "mail/{mail}",
        "enter",
        "enter/{request by phone}/slip",
        "journal",
        "journal/{journal}",
        "me",
    ):
        yield Case(f"registrar {path}", f"/staff/{path}", REGISTRAR)
    for path in ("day", "hours", "journal"):
        yield Case(f"specialist {path}", f"/staff/{path}", SPECIALIST)
    for story in ("confirmed", "door open", "time over", "held", "not held"):
        yield Case(f"consultation {story}", f"/staff/consultations/{{consultation {story}}}", SPECIALIST)
    yield Case("equipment check", "/staff/consultations/{consultation door open}/check", SPECIALIST)
    yield Case("specialist room", "/staff/consultations/{consultation door open}/room", SPECIALIST)
    yield Case("write up", "/staff/consultations/{consultation time over}/write-up", SPECIALIST)
    for path in (
        "centre",
        "calendar",
        "consent",
        "people",
        "people/new",
        "people/{person}",
        "topics",
        "topics/new",
    ):
        yield Case(f"admin {path}", f"/staff/{path}", ADMINISTRATOR)
    yield Case("admin topic", "/staff/topics/{topic}", ADMINISTRATOR)
    for path in ("event-types", "event-types/new", "event-types/{event type}"):
        yield Case(f"admin {path}", f"/staff/{path}", ADMINISTRATOR)
    yield Case("not allowed", "/staff/centre", REGISTRAR, status=403)


def groups() -> Iterator[Case]:
    for who in (DEPUTY, REGISTRAR, SPECIALIST):
        yield Case(f"events, {who}", "/staff/events", who)
    yield Case("event to approve", "/staff/events/{event proposed}", DEPUTY)
    yield Case("event full", "/staff/events/{event full}", SPECIALIST)
    for path in ("new", "new/{event type}", "{event draft}", "{event draft}/preview", "{event full}/change"):
        yield Case(f"event {path}", f"/staff/events/{path}", SPECIALIST)
    for story in ("webinar", "course"):
        yield Case(f"mailing of {story}", f"/staff/events/{{event {story}}}/mailing", SPECIALIST)
    for path in ("register", "registrations/{registration}", "meetings/{meeting}/move"):
        yield Case(f"event {path}", f"/staff/events/{{event full}}/{path}", SPECIALIST)


@pytest.fixture(scope="module")
def town(switch: Switch, empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    kenes = Installation(switch, tmp_path_factory.mktemp("town"), empty_database, NOW)
    town = Town(kenes)
    open_groups(town)
    receive_mail(town)
    yield town
    kenes.close()


@pytest.mark.parametrize("case", [*public(), *families(), *staff(), *groups(), *rooms()], ids=str)
def test_a_page_is_accessible_narrow_and_light(town: Town, new_page: NewPage, case: Case) -> None:
    town.kenes.move_to(NOW)
    page = new_page(360, 740, "kk-KZ", "Europe/Moscow", reduced_motion="reduce")
    loaded: list[Response] = []
    page.on("response", lambda response: loaded.append(response))
    if case.who:
        town.kenes.sign_in(page, case.who)
    answer = page.goto(town.kenes.url + address(town, case.path), wait_until="load")
    assert answer is not None
    assert answer.status == case.status
    page.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true; })")
    page.evaluate(AXE_SCRIPT)
    faults = [*too_wide(page, *PHONES), *barriers(page, ALL_RULES)]
    page.emulate_media(color_scheme="dark")
    faults += [*too_wide(page, DESK), *(f"dark: {fault}" for fault in barriers(page, CONTRAST))]
    assert not faults, "\n".join(faults)
    assert weight(town.kenes.url, loaded) <= MOST_BYTES


def address(town: Town, path: str) -> str:
    """The path with every `{name}` filled in."""
    known = {f"family {name}": link for name, link in town.families.items()}
    known |= {f"subscription {state}": link for state, link in town.subscriptions.items()}
    known |= {name: str(number) for name, number in town.numbers.items()}
    known["invitation"] = town.invitation
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, path
    return path


def too_wide(page: Page, *widths: int) -> Iterator[str]:
    """What makes the page wider than its screen, which has the last of `widths` afterwards."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 740})
        found = page.evaluate(WIDER)
        if found:
            yield f"wider than {width}: {found}"


def barriers(page: Page, options: dict[str, list[str]]) -> Iterator[str]:
    """What axe finds, with the elements."""
    for violation in page.evaluate(
        "async (options) => (await axe.run(document, options)).violations", options
    ):
        nodes = [f"{node['html'][:300]} ({node['failureSummary'][:300]})" for node in violation["nodes"][:3]]
        yield f"{violation['id']}: {violation['help']}\n    " + "\n    ".join(nodes)


def weight(own_address: str, loaded: list[Response]) -> int:
    """Bytes of the page's HTML, CSS, scripts and pictures of ours, each as gzip sends it."""
    ours = {
        response.url: response for response in loaded if response.url.startswith(own_address) and response.ok
    }
    return sum(len(gzip.compress(response.body(), 6)) for response in ours.values())
