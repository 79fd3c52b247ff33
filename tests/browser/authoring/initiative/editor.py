"""The initiative editor as a browser without scripts sees it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

from policy_app.models import Definition
from tests.browser.html_forms import WebForm

NEW = "/policy/initiatives/new"
FORM = "#initiative"


def opened(browser: Client, url: str = NEW) -> WebForm:
    """The editor at an address."""
    return WebForm.open(browser, url, FORM)


def edit_url(row: Definition) -> str:
    """The page on which a stored initiative is changed."""
    return f"/policy/initiatives/edit?{urlencode({'id': row.arm_id})}"


def pressed(form: WebForm, button: str, value: str) -> WebForm:
    """The editor after one of its buttons."""
    return again(form, form.send(button, value))


def turned(form: WebForm, tab: str) -> WebForm:
    """The editor at another tab."""
    return pressed(form, "tab", tab)


def again(form: WebForm, answer: HttpResponse) -> WebForm:
    """The editor in an answer that did not lead away."""
    assert answer.status_code == 200, answer.status_code
    return WebForm.read(form.client, answer.content, FORM)


def draft(form: WebForm) -> dict[str, Any]:
    """The properties that the editor carries along."""
    found: dict[str, Any] = json.loads(form.get("text"))
    return found


def with_policy(form: WebForm, *arm_ids: str) -> WebForm:
    """The editor at Policies, with policies picked one after the other."""
    form = turned(form, "policies") if form.get("current") != "policies" else form
    for arm_id in arm_ids:
        form = pressed(form, "open_finding", "1")
        form.set("choose", arm_id)
        form = pressed(form, "add_chosen", "1")
    return form


def ready(browser: Client, own: Definition) -> WebForm:
    """A new initiative with a name, a place and one policy, at Policies."""
    form = opened(browser)
    assert own.scope is not None
    form.set("scope", own.scope.arm_id)
    form.set("display_name", "Our labels")
    form.set("name", "labels")
    form.set("category", "Own")
    return with_policy(form, own.arm_id)
