"""What the tests of clusters share."""

from __future__ import annotations

import pytest

from policy_app.services.cluster.addon import auditing


@pytest.fixture(autouse=True)
def audits_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Audits need no rest: whether one took long is the machine's doing, not the tests' subject."""
    monkeypatch.setattr(auditing, "_REST", 0)
    monkeypatch.setattr(auditing, "_rest_until", {})
