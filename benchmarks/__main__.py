"""Run the benchmarks, all or those that are named, and print a table.

``make bench`` or ``make bench ARGS="start pages"``.
"""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.measuring import Measurement


def main(names: list[str]) -> int:
    """Exit code 2 for a name that is none."""
    known = sorted(
        file.stem.removeprefix("bench_") for file in Path(__file__).parent.glob("bench_*.py")
    )
    unknown = set(names) - set(known)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
        return 2
    print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    for name in names or known:
        print(f"\n{name}")
        module = importlib.import_module(f"benchmarks.bench_{name}")
        _print(module.measure())
    return 0


def _print(measurements: Iterable[Measurement]) -> None:
    for one in measurements:
        print(f"  {one.what:<58} {one.value:>10,.1f} {one.unit:<3} {one.note}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
