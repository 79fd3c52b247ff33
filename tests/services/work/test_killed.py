"""kill -9 of whatever takes part in a scan: afterwards it has come to the same.

``python -m benchmarks.killing`` does this ten times each with larger clusters.
"""

from __future__ import annotations

import os
import shutil

import pytest

from benchmarks.killing import VICTIMS, postgres_tools, prepared

ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")
FILL = ["--pods", "120", "--clusters", "2", "--small"]
LATEST = 3.0


@pytest.mark.brokers
@pytest.mark.parametrize("engine", ["database", "celery"])
def test_after_a_kill_at_any_moment_a_scan_comes_to_the_same(engine: str) -> None:
    if engine == "celery" and shutil.which("redis-server") is None:
        pytest.skip("no redis-server is installed")
    if ON_POSTGRES and postgres_tools() is None:
        pytest.skip("no PostgreSQL is installed that could be started")
    victims = [one for one, engines in VICTIMS.items() if engine in engines]
    with prepared(engine, FILL, on_postgres=ON_POSTGRES) as ready:
        assert [state for state, *_ in ready.undisturbed["scans"]] == ["done", "done"]
        assert not ready.undisturbed["components"].startswith("0 ")
        there = [one for one in victims if one in ready.stand.programs]
        trials = [ready.disturb(victim, LATEST) for victim in there]
    assert [trial.victim for trial in trials if not trial.same] == []
