"""Charts as points and lengths: the templates draw them as SVG, beside a table of the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from policy_app.browser.compliance import states
from policy_app.browser.looks import Look
from policy_app.services.compliance.records import Day

WIDTH, HEIGHT = 640, 160
_LEFT, _TOP, _BOTTOM = 40, 10, 24
_PLOT = HEIGHT - _TOP - _BOTTOM


@dataclass(frozen=True, slots=True)
class Point:
    """A day of a line, with the number that it stands for."""

    x: float
    y: float
    day: date
    label: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A line across the chart, with what it stands for."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """The compliance of some days."""

    points: Sequence[Point]
    grid: Sequence[Grid]
    days: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def path(self) -> str:
        """The way of the line."""
        return " ".join(f"{one.x:g},{one.y:g}" for one in self.points)

    @property
    def ends(self) -> Sequence[Point]:
        """The first day and the last one, which are named below the line."""
        return [self.points[0], self.points[-1]] if len(self.points) > 1 else self.points


@dataclass(frozen=True, slots=True)
class Bar:
    """A column of a chart."""

    x: float
    y: float
    width: float
    height: float
    day: date
    count: int


@dataclass(frozen=True, slots=True)
class Columns:
    """A number a day."""

    bars: Sequence[Bar]
    grid: Sequence[Grid]
    total: int
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole: its length in a bar of a hundred units."""

    look: Look
    count: int
    x: float
    length: float


def line(days: Sequence[Day], today: date, most: int) -> Line:
    """The compliance in per cent over the last ``most`` days; days without any are left out."""
    step = (WIDTH - _LEFT - 10) / max(most - 1, 1)
    points = [
        Point(
            round(WIDTH - 10 - (today - one.day).days * step, 1),
            round(_TOP + _PLOT * (1 - (one.percentage or 0) / 100), 1),
            one.day,
            states.share(one.percentage),
        )
        for one in days
        if one.percentage is not None and (today - one.day).days < most
    ]
    grid = [Grid(round(_TOP + _PLOT * (1 - n / 100), 1), f"{n}%") for n in (0, 50, 100)]
    return Line(points, grid, most)


def columns(counts: Mapping[date, int]) -> Columns:
    """A column a day, the highest one as high as the chart."""
    top = max([*counts.values(), 1])
    step = (WIDTH - _LEFT) / max(len(counts), 1)
    bars = []
    for number, (day, count) in enumerate(counts.items()):
        height = round(_PLOT * count / top, 1)
        x = round(_LEFT + number * step + step * 0.15, 1)
        bars.append(
            Bar(x, round(_TOP + _PLOT - height, 1), round(step * 0.7, 1), height, day, count)
        )
    grid = [Grid(_TOP, str(top)), Grid(_TOP + _PLOT, "0")]
    return Columns(bars, grid, sum(counts.values()))


def parts(counts: Mapping[str, int]) -> list[Part]:
    """States side by side in one bar of a hundred units, the most first."""
    total = sum(counts.values())
    found: list[Part] = []
    x = 0.0
    for state, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        if count:
            length = round(100 * count / total, 2)
            found.append(Part(states.look(state), count, round(x, 2), length))
            x += length
    return found
