"""What a page's console complains of, and what axe finds on the page."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

# htmx logs a request that a newer one or the next page takes the place of as if it had failed, and
# gives a page no say in it. Each failure is logged as the end of a request first: by itself, that
# line says nothing.
_NO_COMPLAINT = ("htmx:afterRequest", "htmx:sendAbort")

_heard: WeakKeyDictionary[Page, list[str]] = WeakKeyDictionary()


def listen(page: Page) -> list[str]:
    """A list that fills with errors and with refusals of the content security policy.

    An answer of 4xx is logged as an error too, but pages of refusals are meant to have one.
    """
    heard = _heard.setdefault(page, [])

    def hear(message: ConsoleMessage) -> None:
        meant = "status of 4" in message.text or message.text.startswith(_NO_COMPLAINT)
        if message.type == "error" and not meant:
            heard.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


_AT_REST = """() => new Promise((rest) => {
  const settled = () => Promise.allSettled(document.getAnimations().map((one) => one.finished));
  requestAnimationFrame(() => requestAnimationFrame(() => settled().then(() => rest())));
})"""


def violations(page: Page) -> list[str]:
    """What axe finds: one line a rule, with the first place."""
    heard = _heard.get(page, [])
    # A colour on its way from one scheme to the other has no contrast of its own to judge.
    page.evaluate(_AT_REST)
    before = len(heard)
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    # Axe tries styles of its own, which the policy refuses: that is not the page's doing.
    del heard[before:]
    return [f"{one['id']}: {one['help']} — {one['nodes'][0]['html'][:160]}" for one in found]
