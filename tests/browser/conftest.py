"""A real Chromium, signed in against the live server; whatever its console complains of fails."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser import consoles

# Playwright keeps an event loop in this thread, which Django would take for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OpenPage = Callable[..., Page]
Violations = Callable[[Page], list[str]]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; Playwright's own download is not used."""
    path = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if path is None:
        pytest.skip("No Chromium is installed (set CHROMIUM, or install the package chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(
    chromium: Browser, live_server: LiveServer, portal: None, alice: User
) -> Iterator[OpenPage]:
    """Open pages as ``alice`` (or signed out) with any of a browser context's options."""
    contexts: list[BrowserContext] = []
    heard: list[list[str]] = []

    def opened(*, signed_in: bool = True, **options: Any) -> Page:
        options.setdefault("viewport", DESK)
        context = chromium.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        if signed_in:
            context.add_cookies([_session(alice, live_server.url)])
        page = context.new_page()
        heard.append(consoles.listen(page))
        return page

    yield opened
    for context in contexts:
        context.close()
    complaints = [complaint for console in heard for complaint in console]
    assert not complaints, "The browser's console complained:\n" + "\n".join(complaints)


@pytest.fixture
def violations() -> Violations:
    """What axe finds on a page."""
    return consoles.violations


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A desk-sized page, signed in as ``alice``."""
    return open_page()


def ends_with(address: str) -> re.Pattern[str]:
    """What an address has to match to end like this."""
    return re.compile(re.escape(address) + "$")


def _session(user: User, url: str) -> Any:
    client = Client()
    client.force_login(user)
    cookie = client.cookies["policyportal"]
    return {"name": cookie.key, "value": cookie.value, "url": url}
