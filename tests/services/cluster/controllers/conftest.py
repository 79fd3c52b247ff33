"""A cluster for tests of controllers."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.services.cluster.controllers.kube import Kube, new_cluster


@pytest.fixture
def kube(db: None, monkeypatch: pytest.MonkeyPatch) -> Kube:
    """A cluster of its own, whose time passes when a test says so."""
    made = Kube(new_cluster())
    monkeypatch.setattr(timezone, "now", made.now)
    return made
