"""Places for custom definitions, one that is stored, and a browser without scripts."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Definition, Scope
from policy_app.services import authoring
from tests.services.authoring.bodies import policy


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    """A client that is signed in as alice."""
    client.force_login(alice)
    return client


@pytest.fixture
def subscription(rg_demo: Scope) -> Scope:
    """The demo subscription."""
    assert rg_demo.parent is not None
    return rg_demo.parent


@pytest.fixture
def own(subscription: Scope) -> Definition:
    """A custom policy at the subscription, version 1.0.0."""
    return authoring.put(subscription, "own", policy(), None)[0]
