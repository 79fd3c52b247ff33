"""The progress bar: on a terminal, for long work, and nowhere else."""

from __future__ import annotations

import io

import pytest

from policy_app.cli.offline.progress import Progress


class Terminal(io.StringIO):
    """A stream that somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test moves on."""
    now = [0.0]
    monkeypatch.setattr("policy_app.cli.offline.progress.time.monotonic", lambda: now[0])
    return now


def test_long_work_shows_how_far_it_is_and_leaves_nothing_behind(clock: list[float]) -> None:
    terminal = Terminal()
    for _ in Progress(terminal).over(range(4), "judging", "objects"):
        clock[0] += 1
    shown = terminal.getvalue()
    assert "judging [#######.....................] 1 of 4 objects" in shown
    assert "3 of 4 objects" in shown
    assert shown.endswith("\r\x1b[K")


def test_short_work_shows_nothing(clock: list[float]) -> None:
    terminal = Terminal()
    assert list(Progress(terminal).over(range(4), "judging", "objects")) == [0, 1, 2, 3]
    assert terminal.getvalue() == ""


def test_nothing_is_drawn_where_nobody_watches(clock: list[float]) -> None:
    stream = io.StringIO()
    for _ in Progress(stream).over(range(4), "judging", "objects"):
        clock[0] += 1
    assert stream.getvalue() == ""
