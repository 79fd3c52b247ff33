"""A cluster for tests of controllers."""

from __future__ import annotations

import pytest

from tests.services.cluster.controllers.kube import Kube, new_cluster


@pytest.fixture
def kube(db: None) -> Kube:
    """A cluster of its own."""
    return Kube(new_cluster())
