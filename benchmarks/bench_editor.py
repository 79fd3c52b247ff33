"""What the editor of definitions adds to a plain text box in Chromium: per key, and per paste.

All times are the processor's in the page's main thread, so that a busy machine does not count.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from typing import Any

from benchmarks.measuring import Measurement
from tools.screenshots import portal

LINES = (40, 4_000)
KEYS = 60
_OURS = ("authoring", "survey", "completion", "htmx")
"""The scripts without which the editor is a plain text box."""
_COPY = """(text) => {
  const other = document.createElement("textarea");
  other.value = text;
  document.body.append(other);
  other.select();
  document.execCommand("copy");
  other.remove();
  const field = document.getElementById("author-text");
  field.focus();
  field.select();
}"""
_CARET = """() => {
  const field = document.getElementById("author-text");
  const at = field.value.indexOf("details") + 12;
  field.setSelectionRange(at, at);
}"""
_DRAWN = "() => new Promise((told) => requestAnimationFrame(() => setTimeout(told, 0)))"


def measure() -> Iterator[Measurement]:
    """A paste of the whole text and each key of a long word, painted; and the check's answer."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        print("  no Chromium: install it (apt install chromium), or set CHROMIUM")
        return
    with tempfile.TemporaryDirectory() as data, portal(data) as link, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context()
        context.new_page().goto(link)
        address = f"{link.split('/sign-in/')[0]}/policy/definitions/new?kind=policy"
        for lines in LINES:
            plain = _Box(context, address, scripts=False)
            ours = _Box(context, address, scripts=True)
            pasted = [one.paste(_text(lines))[0] for one in (plain, ours)]
            yield _line(f"a paste of {lines:,} lines", pasted[1], pasted[0])
            keys = [one.keys() for one in (plain, ours)]
            every = [[key[0] for key in one] for one in keys]
            median = [statistics.median(one) for one in every]
            slow = [sorted(one)[int(KEYS * 0.95)] for one in every]
            yield _line(f"a key in {lines:,} lines, median", median[1], median[0])
            yield _line(f"a key in {lines:,} lines, 95 of 100", slow[1], slow[0])
            scripts = max(key[1] for key in keys[1])
            yield Measurement(f"the scripts in it, at most, {lines:,} lines", scripts, "ms")
            answer = ours.answered()
            yield Measurement(f"the check asked and drawn beside {lines:,} lines", answer, "ms")
        browser.close()


def _line(what: str, ours: float, plain: float) -> Measurement:
    return Measurement(what, ours, "ms", f"{plain:.1f} ms in a plain text box")


class _Box:
    """The editor in a page of its own, with or without its scripts."""

    def __init__(self, context: Any, address: str, *, scripts: bool) -> None:
        self.page = context.new_page()
        for name in () if scripts else _OURS:
            self.page.route(f"**/{name}*.js*", lambda route: route.abort())
        self.page.goto(address)
        self.tools = context.new_cdp_session(self.page)
        self.tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def paste(self, text: str) -> tuple[float, float]:
        """Milliseconds of Ctrl+V over the whole text, and those of scripts in it."""
        self.page.evaluate(_COPY, text)
        self.page.wait_for_timeout(500)
        spent = self._pressed("Control+v")
        self.page.wait_for_timeout(3_000)
        return spent

    def keys(self) -> list[tuple[float, float]]:
        """The same for each key of a word that grows."""
        self.page.evaluate(_CARET)
        spent = [self._pressed("k") for _ in range(KEYS)]
        self.page.wait_for_timeout(3_000)
        return spent

    def answered(self) -> float:
        """Milliseconds from a key to what the check says of it, drawn."""
        self.page.keyboard.press("k")
        self.page.evaluate(_DRAWN)
        before = self._spent()
        with self.page.expect_response(lambda one: "/check" in one.url):
            pass
        self.page.wait_for_timeout(500)
        return self._spent()[0] - before[0]

    def _pressed(self, key: str) -> tuple[float, float]:
        before = self._spent()
        self.page.keyboard.press(key)
        self.page.evaluate(_DRAWN)
        after = self._spent()
        return after[0] - before[0], after[1] - before[1]

    def _spent(self) -> tuple[float, float]:
        found = self.tools.send("Performance.getMetrics")["metrics"]
        named = {one["name"]: one["value"] * 1000 for one in found}
        return named["TaskDuration"], named["ScriptDuration"]


def _text(lines: int) -> str:
    """A definition with the caret's place in its details, and a long list of values."""
    values = ",\n".join(f'      "value{number}": "{"x" * 40}"' for number in range(lines))
    return (
        '{\n  "policyRule": {"then": {"details": {"\n},' + f'\n "values": {{\n{values}\n}}}}}}}}}}'
    )
