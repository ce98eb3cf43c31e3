"""The pages as a person uses them. What a person presses returns the page that comes next.

Elements are found by role, form and address, not by words: the same pages are used in three languages.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.installation import PASSWORD


class Screen:
    """What stands before somebody. ``there`` is what shows that this page has come, not another one."""

    there = "main"

    def __init__(self, page: Page) -> None:
        self.page = page
        expect(page.locator(self.there).first).to_be_visible()

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    @property
    def heading(self) -> Locator:
        return self.page.locator("h1")

    def form(self, path_ends_with: str) -> Locator:
        """The form that is sent to an address with this end."""
        return self.page.locator(f"form[action$='{path_ends_with}']")

    def unfold(self, inside: Locator) -> None:
        """Open the folded part in which ``inside`` stands."""
        folded = self.page.locator("details:not([open])").filter(has=inside)
        if folded.count():
            folded.first.locator("> summary").click()

    def press(self, path_ends_with: str) -> None:
        """Press the one button of a form, unfolding it where needed."""
        button = self.form(path_ends_with).locator("button").first
        self.unfold(button)
        button.click()

    def reload(self) -> Self:
        self.page.reload()
        return type(self)(self.page)


# --- The family's side --------------------------------------------------------------------------------------


class CentrePage(Screen):
    there = "#free"

    @classmethod
    def visit(cls, page: Page, address: str) -> Self:
        page.goto(address)
        return cls(page)

    def ask(self) -> "AskPage":
        self.page.locator(".band a[href$='/ask']").click()
        return AskPage(self.page)


class AskPage(Screen):
    there = "form[action$='/ask']"

    def choose(self, name: str, value: object) -> Self:
        """One of the answers with a radio button."""
        self.page.locator(f"input[name='{name}'][value='{value}']").check()
        return self

    def choose_time(self, starts_at: str) -> Self:
        self.page.locator("#first label.slot").filter(
            has=self.page.locator(f"input[value='{starts_at}']")
        ).click()
        expect(self.page.locator(f"input[name='first'][value='{starts_at}']")).to_be_checked()
        return self

    def write(self, **texts: str) -> Self:
        for name, text in texts.items():
            self.page.locator(f"[name='{name}']").fill(text)
        return self

    def tick(self, name: str) -> Self:
        self.page.locator(f"input[name='{name}']").check()
        return self

    @property
    def zone(self) -> str:
        return self.page.locator("select[name='zone']").input_value()

    def send(self) -> "FamilyPage":
        self._send()
        return FamilyPage(self.page)

    def send_in_vain(self) -> Self:
        self._send()
        expect(self.page.locator("#errors")).to_be_visible()
        return self

    def _send(self) -> None:
        self.form("/ask").locator("button.btn--big").click()


class FamilyPage(Screen):
    """Where things stand, behind the personal link."""

    there = "#steps"

    @classmethod
    def visit(cls, page: Page, link: str) -> Self:
        page.goto(link)
        return cls(page)

    @property
    def address(self) -> str:
        """The page's own address, as it is told to be kept."""
        return str(self.page.locator(".note--ok a[href*='/f/']").get_attribute("href"))

    @property
    def received(self) -> Locator:
        """What is said directly after asking."""
        return self.page.locator(".note--ok[role='status']").first

    @property
    def plate(self) -> Locator:
        return self.page.locator(".plate")

    def test_devices(self) -> "DeviceTest":
        self.page.locator("main a[href$='/check']").first.click()
        return DeviceTest(self.page)

    def confirm_address(self) -> Self:
        self.press("/confirm-address")
        return type(self)(self.page)

    def choose_offered(self, place: int) -> Self:
        self.form("/accept").nth(place).get_by_role("button").click()
        return type(self)(self.page)

    def cancel(self) -> Self:
        self.press("/cancel")
        return type(self)(self.page)

    def join(self) -> "Door":
        self.page.locator("main a[href$='/join']").click()
        return Door(self.page)


class DeviceTest(Screen):
    there = "#check"

    def start(self) -> Self:
        self.page.locator("#start").click()
        return self

    def play(self) -> Self:
        self.page.locator("#play").click()
        return self

    def verdict(self, item: str) -> Locator:
        """The badge that is shown for camera, microphone or program."""
        return self.page.locator(f"[data-item='{item}'] [data-look]:visible")

    def back(self) -> FamilyPage:
        self.page.locator("main a[href*='/f/']").first.click()
        return FamilyPage(self.page)


class Door(Screen):
    """The page before the room: a countdown, the ways in, or that it is over."""

    there = "main h1"

    @classmethod
    def visit(cls, page: Page, link: str) -> Self:
        page.goto(f"{link}/join")
        return cls(page)

    @property
    def ways_in(self) -> Locator:
        return self.form("/join").get_by_role("button")

    @property
    def countdown(self) -> Locator:
        return self.page.get_by_role("timer")

    def enter_with_video(self) -> "Room":
        self.form("/join").locator("button:not([name])").click()
        return Room(self.page)

    def enter_by_voice(self) -> "Room":
        self.form("/join").locator("button[name='voice']").click()
        return Room(self.page)

    def cannot_connect(self) -> Self:
        self.press("/problem")
        return type(self)(self.page)

    def to_own_page(self) -> FamilyPage:
        self.page.locator("main a.btn[href*='/f/']").first.click()
        return FamilyPage(self.page)


class Room(Screen):
    """The room of the video server inside our page."""

    there = "#video"

    @property
    def inside(self) -> FrameLocator:
        return self.page.frame_locator("#video iframe")

    @property
    def ended(self) -> Locator:
        """Our own words at the end."""
        return self.page.locator("#ended")

    def must_be_in(self) -> Self:
        expect(self.inside.locator("#hangup")).to_be_enabled()
        return self

    def must_use(self, devices: str) -> Self:
        expect(self.inside.locator("body")).to_have_attribute("data-devices", devices)
        return self

    def must_see(self, name: str) -> Self:
        expect(self.inside.locator("#people")).to_contain_text(name)
        return self

    def cannot_connect(self) -> Door:
        self.press("/problem")
        return Door(self.page)


# --- The staff's side ---------------------------------------------------------------------------------------


class SignIn(Screen):
    there = "input[name='password']"

    @classmethod
    def visit(cls, page: Page, address: str) -> Self:
        page.goto(f"{address}/staff/")
        return cls(page)

    def sign_in(self, email: str) -> None:
        self.page.locator("input[name='email']").fill(email)
        self.page.locator("input[name='password']").fill(PASSWORD)
        self.page.locator("main form").get_by_role("button").click()
        expect(self.page.locator("nav.tabs")).to_be_visible()


class StaffScreen(Screen):
    def journal(self) -> "Journal":
        self.page.locator(".tabs a[href$='/journal']").click()
        return Journal(self.page)


class Requests(StaffScreen):
    there = "#waiting"

    @classmethod
    def visit(cls, page: Page, address: str) -> Self:
        page.goto(f"{address}/staff/requests")
        return cls(page)

    @property
    def lines(self) -> Locator:
        return self.page.locator("#waiting ~ .queue a.req")

    def open_first_move(self) -> "MoveCase":
        self.page.locator("#moves ~ .queue a.req").first.click()
        return MoveCase(self.page)

    def open_first(self) -> "OneRequest":
        self.lines.first.click()
        return OneRequest(self.page)


class OneRequest(StaffScreen):
    there = "#history"

    def confirm_held(self) -> Requests:
        self.press("/confirm-held")
        return Requests(self.page)

    def free_times(self) -> list[str]:
        """The times that can be offered, as their values."""
        inputs = self.form("/offer").locator("input[name='times']")
        return [str(one.get_attribute("value")) for one in inputs.all()]

    def offer(self, times: Sequence[str]) -> Requests:
        form = self.form("/offer")
        self.unfold(form)
        for moment in times:
            form.locator("label.slot").filter(has=self.page.locator(f"input[value='{moment}']")).click()
        form.locator("button:not([name])").click()
        return Requests(self.page)

    def decline(self, reason: str) -> Requests:
        form = self.form("/decline")
        self.unfold(form)
        form.locator("textarea[name='reason']").fill(reason)
        form.locator("button").click()
        return Requests(self.page)


class MoveCase(StaffScreen):
    """A consultation that cannot be held as planned: what was reported, the decision, what comes of it."""

    there = "#report"

    @property
    def evidence(self) -> Locator:
        return self.page.locator("#evidence ~ .checks")

    def allow(self) -> Self:
        self.form("/decide").locator("button[value='allow']").click()
        expect(self.form("/decide")).to_have_count(0)
        return type(self)(self.page)

    def set_new_time(self, starts_at: str) -> Self:
        self.page.locator("main a[href$='/time']").click()
        label = self.page.locator("label.slot").filter(has=self.page.locator(f"input[value='{starts_at}']"))
        label.click()
        self.page.locator("button[name='set']").click()
        return type(self)(self.page)


class Day(StaffScreen):
    there = "#week"

    @classmethod
    def visit(cls, page: Page, address: str) -> Self:
        page.goto(f"{address}/staff/day")
        return cls(page)

    def start_check(self) -> "EquipmentCheck":
        self.page.locator(".note a[href$='/check']").click()
        return EquipmentCheck(self.page)

    def enter_room(self) -> "SpecialistRoom":
        self.page.locator("main a[href$='/room']").click()
        return SpecialistRoom(self.page)

    def write_up(self) -> "WriteUp":
        self.page.locator("main a[href$='/write-up']").first.click()
        return WriteUp(self.page)


class EquipmentCheck(StaffScreen):
    there = "#check"

    def verdict(self, item: str) -> Locator:
        return self.page.locator(f"[data-item='{item}'] [data-look]:visible")

    def tick(self, name: str) -> Self:
        self.page.locator(f"input[name='{name}']").check()
        return self

    def save(self) -> Day:
        self.page.locator("#check button.btn--big").click()
        return Day(self.page)

    def does_not_work(self, failure: str, words: str) -> MoveCase:
        button = self.page.locator("button[name='broken']")
        self.unfold(button)
        self.page.locator("[name='failure']").select_option(failure)
        self.page.locator("[name='words']").fill(words)
        button.click()
        return MoveCase(self.page)


class SpecialistRoom(Room):
    @property
    def problem(self) -> Locator:
        """What the family has said."""
        return self.page.locator("#problems li")

    def end_for_all(self) -> "WriteUp":
        self.press("/end")
        return WriteUp(self.page)


class WriteUp(StaffScreen):
    there = "[name='recommendation']"

    def write(self, **texts: str) -> Self:
        for name, text in texts.items():
            self.page.locator(f"[name='{name}']").fill(text)
        return self

    def choose_next(self, place: int) -> Self:
        """One of the free times; 0 is "not needed"."""
        self.page.locator("select[name='next_time']").select_option(index=place)
        return self

    def finish(self) -> Day:
        self.page.locator("main form button.btn--big").click()
        return Day(self.page)


class Journal(StaffScreen):
    there = "input[name='from']"

    @property
    def lines(self) -> Locator:
        return self.page.locator("tbody tr")

    def download_xlsx(self, folder: Path) -> Path:
        with self.page.expect_download() as downloading:
            self.page.locator("a[href*='journal.xlsx']").click()
        path = folder / downloading.value.suggested_filename
        downloading.value.save_as(path)
        return path


class EnterRequest(StaffScreen):
    there = "input[name='received_day']"

    @classmethod
    def visit(cls, page: Page, address: str) -> Self:
        page.goto(f"{address}/staff/enter")
        return cls(page)

    def choose(self, name: str, value: object) -> Self:
        self.page.locator(f"input[name='{name}'][value='{value}']").check()
        return self

    def select(self, name: str, value: str | re.Pattern[str] | None = None, place: int | None = None) -> Self:
        field = self.page.locator(f"select[name='{name}']")
        field.select_option(index=place) if place is not None else field.select_option(str(value))
        return self

    def write(self, **texts: str) -> Self:
        for name, text in texts.items():
            self.page.locator(f"[name='{name}']").fill(text)
        return self

    def send(self) -> "Slip":
        self.page.locator("main form button.btn--big").click()
        return Slip(self.page)


class Slip(StaffScreen):
    there = ".plate"

    @property
    def address(self) -> str:
        return self.page.locator(".plate__foot b").inner_text()


class Calls(StaffScreen):
    there = "main h1"

    @classmethod
    def visit(cls, page: Page, address: str) -> Self:
        page.goto(f"{address}/staff/calls")
        return cls(page)

    @property
    def tasks(self) -> Locator:
        return self.page.locator("li.task")

    @property
    def done(self) -> Locator:
        return self.page.locator("#done ~ table tbody tr")

    def note_reached(self, spoke_with: str) -> Self:
        task = self.tasks.first
        task.locator("input[value='reached']").check()
        task.locator("input[name$='spoke_with']").fill(spoke_with)
        task.locator("form").get_by_role("button").click()
        expect(self.page.locator(".note--ok").first).to_be_visible()
        return type(self)(self.page)


class EventForm(StaffScreen):
    there = "#starts"

    @classmethod
    def visit(cls, page: Page, address: str, event_type_id: int) -> Self:
        page.goto(f"{address}/staff/events/new/{event_type_id}")
        return cls(page)

    def write(self, **texts: str) -> Self:
        for name, text in texts.items():
            self.page.locator(f"[name='{name}']").fill(text)
        return self

    def tick_host(self, host_id: int) -> Self:
        self.page.locator(f"input[name='hosts'][value='{host_id}']").check()
        return self

    def show_times(self) -> Self:
        self.page.locator("button[data-replaced]").click()
        return type(self)(self.page)

    def slot(self, starts_at: str) -> Locator:
        return self.page.locator("#starts label.slot").filter(
            has=self.page.locator(f"input[value='{starts_at}']")
        )

    def save(self) -> "EventPreview":
        self.page.locator("button.btn--big").click()
        return EventPreview(self.page)


class EventPreview(StaffScreen):
    there = "aside form[action$='/announce']"

    def announce(self) -> "EventPage":
        self.press("/announce")
        return EventPage(self.page)


class EventPage(StaffScreen):
    there = "#people"

    @property
    def public_address(self) -> str:
        return self.page.locator("#address").input_value()


# --- Group meetings -----------------------------------------------------------------------------------------


class PublicEventPage(Screen):
    """A group meeting as anybody on the internet sees it."""

    there = "#register"

    @classmethod
    def visit(cls, page: Page, address: str) -> Self:
        page.goto(address)
        return cls(page)

    def register(self, *, contact: str, shown_name: str = "") -> None:
        form = self.page.locator("form:has([name='contact'])")
        form.locator("[name='shown_name']").fill(shown_name)
        form.locator("[name='contact']").fill(contact)
        form.locator("[name='consent']").check()
        form.locator("button").last.click()
        self.page.wait_for_url(re.compile("/registered"))


class SeatPage(Screen):
    """The personal page of somebody who registered."""

    there = ".plate"

    @classmethod
    def visit(cls, page: Page, link: str) -> Self:
        page.goto(link)
        return cls(page)

    @property
    def plate(self) -> Locator:
        return self.page.locator(".plate")

    @property
    def way_in(self) -> Locator:
        return self.page.locator("main a.btn[href$='/join']")

    def confirm_address(self) -> Self:
        self.press("/confirm")
        return type(self)(self.page)

    def give_back(self) -> Self:
        self.press("/give-back")
        expect(self.page.locator(".note--ok").first).to_be_visible()
        return type(self)(self.page)

    def join(self) -> "SeatDoor":
        self.way_in.click()
        return SeatDoor(self.page)


class SeatDoor(Screen):
    """The page before the room of a group."""

    there = "main h1"

    @classmethod
    def visit(cls, page: Page, link: str) -> Self:
        page.goto(f"{link}/join")
        return cls(page)

    @property
    def ways_in(self) -> Locator:
        return self.form("/join").get_by_role("button")

    @property
    def broadcast(self) -> Locator:
        return self.page.locator("a[data-here]")

    def enter(self) -> "SeatRoom":
        self.form("/join").locator("button:not([name])").click()
        return SeatRoom(self.page)


class SeatRoom(Room):
    def asked_of_jitsi(self) -> dict[str, object]:
        """The settings with which our page opened the room."""
        frame = self.page.locator("#video iframe")
        asked: dict[str, object] = json.loads(str(frame.get_attribute("data-config-overwrite")))
        return asked

    def leave(self) -> SeatPage:
        self.page.locator("#leave").click()
        return SeatPage(self.page)

    def cannot_connect(self) -> SeatDoor:  # type: ignore[override]
        self.press("/problem")
        return SeatDoor(self.page)


class EventDesk(StaffScreen):
    there = "#rooms"

    @classmethod
    def visit(cls, page: Page, address: str) -> Self:
        page.goto(address)
        return cls(page)

    def enter_room(self) -> "HostRoom":
        self.page.locator("main a[href*='/room?']").click()
        return HostRoom(self.page)

    def who_came(self) -> "WhoCame":
        self.page.locator("main a[href*='/attendance']").first.click()
        return WhoCame(self.page)


class HostRoom(SpecialistRoom):
    @property
    def connected(self) -> Locator:
        return self.page.locator("#connected li")

    def end_for_all(self) -> "WhoCame":  # type: ignore[override]
        self.press("/end")
        return WhoCame(self.page)


class WhoCame(StaffScreen):
    there = "#list"

    @property
    def lines(self) -> Locator:
        return self.page.locator("tbody tr")

    def say(self, place: int, answer: str) -> Self:
        """The host's own word about one person: "", "came" or "not"."""
        self.lines.nth(place).locator("select").select_option(answer)
        self.form("/attendance").locator("button").click()
        expect(self.page.locator(".note--ok")).to_be_visible()
        return type(self)(self.page)
