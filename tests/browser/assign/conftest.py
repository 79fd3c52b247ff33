"""The wizard for the baseline initiative, opened by alice."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Definition
from tests.browser.html_forms import WebForm


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    """A client that is signed in as alice."""
    client.force_login(alice)
    return client


@pytest.fixture
def url(baseline: Definition) -> str:
    """The wizard for the baseline initiative."""
    return f"/policy/assign?{urlencode({'definition': baseline.arm_id})}"


@pytest.fixture
def form(browser: Client, url: str) -> WebForm:
    """The wizard as it is first shown."""
    return WebForm.open(browser, url)
