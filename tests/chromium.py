"""Debian's Chromium, driven by Playwright, with a made-up camera and no way out of this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",  # as root it does not start otherwise, and it sees only our own pages
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


def find_chromium() -> str | None:
    """The path of KENES_CHROMIUM, or of a Chromium or Chrome on the PATH."""
    if named := os.environ.get("KENES_CHROMIUM"):
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def started_chromium(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class People:
    """Opens pages, each in a browser context of its own as if before another person.

    `faults` collects uncaught script errors and what the content security policy stopped.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def new_page(
        self,
        width: int = 1280,
        height: int = 800,
        locale: str = "ru-KZ",
        timezone: str = "Asia/Almaty",
        color_scheme: Literal["light", "dark"] = "light",
        **options: Any,
    ) -> Page:
        """A fresh page; sizes in CSS pixels, `options` are those of Playwright's `Browser.new_context`."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            timezone_id=timezone,
            color_scheme=color_scheme,
            **options,
        )
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", self._note_policy_violation)
        return page

    def leave(self) -> None:
        for context in self._contexts:
            context.close()

    def _note_policy_violation(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.faults.append(message.text)
