"""Time per key press in the editor of definitions, in Chromium: a short text, and a long one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

from benchmarks.measuring import Measurement
from tools.screenshots import portal

LINES = (40, 4_000)
KEYS = 60
_FILL = """(text) => {
  const field = document.getElementById("author-text");
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const at = text.indexOf("details") + 12;
  field.setSelectionRange(at, at);
}"""
_PRESS = """async (keys) => {
  const field = document.getElementById("author-text");
  field.focus();
  const times = [];
  for (let key = 0; key < keys; key += 1) {
    const started = performance.now();
    document.execCommand("insertText", false, "k");
    field.getBoundingClientRect();
    times.push(performance.now() - started);
    await new Promise(requestAnimationFrame);
  }
  times.sort((one, other) => one - other);
  return [times[keys / 2], times[Math.floor(keys * 0.95)]];
}"""
_CHECKED = """() => new Promise((told) => {
  const once = { once: true };
  let started;
  document.addEventListener("htmx:beforeSwap", () => { started = performance.now(); }, once);
  document.addEventListener("htmx:afterSettle", () => {
    document.body.getBoundingClientRect();
    told(performance.now() - started);
  }, once);
  document.execCommand("insertText", false, "k");
})"""


def measure() -> Iterator[Measurement]:
    """Script, style and layout of a key; painting, which goes on beside, is not in it."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        print("  no Chromium: install it (apt install chromium), or set CHROMIUM")
        return
    with tempfile.TemporaryDirectory() as data, portal(data) as link, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(link)
        for lines in LINES:
            page.goto(f"{link.split('/sign-in/')[0]}/policy/definitions/new?kind=policy")
            page.evaluate(_FILL, _text(lines))
            page.wait_for_timeout(3_000)
            median, slow = page.evaluate(_PRESS, KEYS)
            yield Measurement(f"a key in {lines:,} lines, median", median, "ms", "limit 16")
            yield Measurement(f"a key in {lines:,} lines, 95 of 100", slow, "ms")
            page.wait_for_timeout(3_000)
            yield Measurement(
                f"the check's answer drawn beside {lines:,} lines", page.evaluate(_CHECKED), "ms"
            )
        browser.close()


def _text(lines: int) -> str:
    """A definition with the caret's place in its mode, and a long list of values."""
    values = ",\n".join(f'      "value{number}": "{"x" * 40}"' for number in range(lines))
    return (
        '{\n  "policyRule": {"then": {"details": {"\n},' + f'\n "values": {{\n{values}\n}}}}}}}}}}'
    )
