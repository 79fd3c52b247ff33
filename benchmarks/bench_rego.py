"""Our Rego against the peer and against Python written by hand.

For each template in ``fixtures/``: one of its samples that passes and one that violates; Pods are
asked about with 2 and with 20 containers, other objects as they are.  The peer gets its input as
JSON text and answers in it; writing and reading that text is part of asking it, as it is for any
caller.

    python -m benchmarks.bench_rego [--fixtures DIR] [TEMPLATE…]

Times are the best of several runs, in microseconds of the process's own time, so that other
work on the machine does not show.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from benchmarks.rego_by_hand import BY_HAND
from policy_app.evaluation.gatekeeper.review import Review, is_admission_review
from policy_app.evaluation.rego import RegoError, Undefined
from policy_app.evaluation.rego.parser import parse_module
from policy_app.evaluation.rego.program import Program
from tests.catalog.suites import inventory_of
from tests.evaluation.rego.peer import PeerProgram

ROOT = Path(__file__).resolve().parent.parent
SIZES = (2, 20)
MOST = 5
"""How many times as long as by hand a question may take."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question: a template's program and an input for it."""

    template: str
    label: str
    sources: tuple[str, ...]
    path: str
    given: dict[str, Any]
    inventory: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """Microseconds; ``nan`` for what cannot be asked."""

    case: Case
    ours: float
    peer: float
    hand: float
    agree: bool


def best(*asks: Callable[[], Any], rounds: int = 7, seconds: float = 0.005) -> list[float]:
    """Microseconds of one call of each, in its fastest of several rounds.

    They take turns, so that a slow spell of the machine falls on all of them.
    """
    fastest = [math.inf for _ in asks]
    for _ in range(rounds):
        fastest = [
            min(known, _once(ask, seconds)) for known, ask in zip(fastest, asks, strict=True)
        ]
    return fastest


def _once(ask: Callable[[], Any], seconds: float) -> float:
    """Microseconds of one call, from as many calls as fit into these seconds."""
    ask()
    calls, started = 0, time.process_time()
    while (spent := time.process_time() - started) < seconds:
        for _ in range(10):
            ask()
        calls += 10
    return spent / calls * 1e6


def templates(fixtures: Path, wanted: list[str]) -> Iterator[tuple[str, Path]]:
    """Each template's name with its folder."""
    for file in sorted(fixtures.glob("templates/**/template.yaml")):
        name = file.parent.relative_to(fixtures / "templates").as_posix()
        if name in BY_HAND and (not wanted or any(part in name for part in wanted)):
            yield name, file.parent


def cases(name: str, folder: Path) -> Iterator[Case]:
    """The template's questions: its first sample that passes, its first that violates."""
    template = yaml.safe_load((folder / "template.yaml").read_text())
    target = template["spec"]["targets"][0]
    sources = (target["rego"], *target.get("libs", ()))
    program = Program(sources, "v0")
    path = f"{program.packages[0]}.violation"
    missing = {"passing", "violating"}
    samples = list(_samples(folder))
    pods = [sample for sample in samples if _scaled(sample.thing, 1)]
    for sample in pods or samples:
        things = [_scaled(sample.thing, size) for size in SIZES] if pods else [sample.thing]
        inputs = [_given(thing, sample.parameters) for thing in things if thing is not None]
        data = _data(sample.inventory)
        kinds = {
            "violating" if program.query(path, input=given, data=data) else "passing"
            for given in inputs
        }
        if len(kinds) == 1 and kinds <= missing:
            missing -= kinds
            for size, given in zip(SIZES if pods else ("",), inputs, strict=True):
                label = f"{min(kinds)} {size}".strip()
                yield Case(name, label, sources, path, given, sample.inventory)


@dataclass(frozen=True, slots=True)
class _Sample:
    parameters: dict[str, Any]
    thing: dict[str, Any]
    inventory: dict[str, Any]


def _samples(folder: Path) -> Iterator[_Sample]:
    suite = yaml.safe_load((folder / "suite.yaml").read_text())
    for test in suite["tests"]:
        constraint = yaml.safe_load((folder / test["constraint"]).read_text())
        for case in test["cases"]:
            thing = yaml.safe_load((folder / case["object"]).read_text())
            inventory = inventory_of(tuple(folder / file for file in case.get("inventory", ())))
            yield _Sample(constraint["spec"].get("parameters") or {}, thing, inventory)


def _data(inventory: dict[str, Any]) -> dict[str, Any] | None:
    # The peer is slower with data, so it gets data only where there is some.
    return {"inventory": inventory} if inventory else None


def _scaled(thing: dict[str, Any], size: int) -> dict[str, Any] | None:
    """The Pod with as many containers, copies of its own under other names."""
    if thing.get("kind") != "Pod" or not thing["spec"].get("containers"):
        return None
    pod = copy.deepcopy(thing)
    own = pod["spec"]["containers"]
    pod["spec"]["containers"] = [
        {**copy.deepcopy(own[n % len(own)]), "name": f"{own[n % len(own)]['name']}-{n}"}
        for n in range(size)
    ]
    return pod


def _given(thing: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    is_request = is_admission_review(thing)
    review = Review.from_admission_review(thing) if is_request else Review.audit(thing)
    return {"review": review.to_input(), "parameters": parameters}


def measure_case(case: Case) -> Row:
    """Ask all three."""
    program, data = Program(case.sources, "v0"), _data(case.inventory)
    hand = partial(BY_HAND[case.template], {**case.given, "inventory": case.inventory})
    ask = partial(program.query, case.path, input=case.given, data=data)
    answer = ask()
    agree = _lines(answer) == _lines(hand())
    try:
        peer = partial(
            PeerProgram(case.sources, "v0").query, case.path, input=case.given, data=data
        )
        agree = agree and peer() == answer
    except (RegoError, Undefined):
        ours, by_hand = best(ask, hand)
        return Row(case, ours, math.nan, by_hand, agree)
    ours, by_hand, theirs = best(ask, hand, peer)
    return Row(case, ours, theirs, by_hand, agree)


def _lines(violations: list[dict[str, Any]]) -> list[str]:
    return sorted({json.dumps(each, sort_keys=True) for each in violations})


def mean(ratios: list[float]) -> float:
    """The geometric mean of the ratios that are numbers."""
    known = [math.log(ratio) for ratio in ratios if not math.isnan(ratio)]
    return math.exp(sum(known) / len(known)) if known else math.nan


def compile_times(fixtures: Path) -> list[float]:
    """Milliseconds to compile each template, sorted."""
    found = []
    for _, folder in templates(fixtures, []):
        target = yaml.safe_load((folder / "template.yaml").read_text())["spec"]["targets"][0]
        sources = (target["rego"], *target.get("libs", ()))
        found.append(best(partial(_compile, sources), rounds=3)[0] / 1000)
    return sorted(found)


def _compile(sources: tuple[str, ...]) -> Program:
    # Parsed modules are kept for templates that share them; here each is parsed again.
    parse_module.cache_clear()
    return Program(sources, "v0")


def import_time() -> float:
    """Milliseconds that importing the evaluation module takes in a process of its own."""
    code = (
        "import time; s = time.process_time(); import policy_app.evaluation.rego;"
        " print((time.process_time() - s) * 1000)"
    )
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
        for _ in range(3)
    ]
    return min(float(each.stdout) for each in said)


def rows(fixtures: Path, wanted: list[str]) -> Iterator[Row]:
    """Everything that is measured of these templates, or of all."""
    for name, folder in templates(fixtures, wanted):
        yield from map(measure_case, cases(name, folder))


def summary(found: list[Row], fixtures: Path) -> Iterator[tuple[str, float, str]]:
    """What it comes to: sentence, number, unit."""
    faster = [row.peer / row.ours for row in found]
    slower = [row.ours / row.hand for row in found]
    known = [ratio for ratio in faster if not math.isnan(ratio)]
    yield "faster than the peer, geometric mean (at least 8)", mean(faster), "×"
    yield "faster than the peer, least (at least 1)", min(known, default=math.nan), "×"
    yield "slower than by hand, geometric mean", mean(slower), "×"
    yield "slower than by hand, most (at most 5)", max(slower, default=math.nan), "×"
    yield (
        "questions over 5 times by hand",
        sum(ratio > MOST for ratio in slower),
        f"of {len(slower)}",
    )
    times = compile_times(fixtures)
    yield "compile a template, median (at most 10)", times[len(times) // 2], "ms"
    yield "compile a template, most", times[-1], "ms"
    yield "import the engine (at most 100)", import_time(), "ms"


def measure() -> Iterator[Any]:
    """For ``make bench``: each template and Pod, then what it comes to."""
    from benchmarks.measuring import Measurement

    found = []
    for row in rows(ROOT / "fixtures", []):
        found.append(row)
        note = f"peer {row.peer:.1f}, by hand {row.hand:.1f}" + ("" if row.agree else " DIFFERENT")
        yield Measurement(f"{row.case.template}, {row.case.label}", row.ours, "µs", note)
    for what, value, unit in summary(found, ROOT / "fixtures"):
        yield Measurement(what, value, unit)


def main() -> int:
    """Print the table and its summary; 1 where the answers differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--fixtures", type=Path, default=ROOT / "fixtures")
    parser.add_argument("template", nargs="*")
    arguments = parser.parse_args()
    found = []
    print(
        f"{'template':42} {'Pod':13} {'ours':>8} {'peer':>8} {'hand':>8} {'×peer':>6} {'/hand':>6}"
    )
    for row in rows(arguments.fixtures, arguments.template):
        found.append(row)
        print(
            f"{row.case.template:42} {row.case.label:13}"
            f" {row.ours:8.1f} {row.peer:8.1f} {row.hand:8.1f}"
            f" {row.peer / row.ours:6.1f} {row.ours / row.hand:6.1f}"
            + ("" if row.agree else "  ANSWERS DIFFER")
        )
    for what, value, unit in summary(found, arguments.fixtures):
        print(f"{what:56} {value:8.1f} {unit}")
    return 0 if all(row.agree for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
