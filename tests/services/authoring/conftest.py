"""Places for custom definitions, and one that is stored."""

from __future__ import annotations

import pytest

from policy_app.models import Definition, Scope
from policy_app.services import authoring
from tests.services.authoring.bodies import policy


@pytest.fixture
def subscription(rg_demo: Scope) -> Scope:
    """The demo subscription."""
    assert rg_demo.parent is not None
    return rg_demo.parent


@pytest.fixture
def group(portal: None) -> Scope:
    """The management group above it."""
    return Scope.objects.get(name="mg-demo")


@pytest.fixture
def own(subscription: Scope) -> Definition:
    """A custom policy at the subscription, version 1.0.0."""
    row, _ = authoring.put(subscription, "own", policy(), None)
    return row
