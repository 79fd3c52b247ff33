"""The settings that the documentation tells for a network are those of a portal that is safe."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as current
from django.contrib.auth.models import User
from django.core.checks import WARNING, registry
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from policy_app import checks

ROOT = Path(__file__).resolve().parents[2]
HOST = "policy.example.org"
NOT_OURS = {"DATABASES", "BASE_DIR", "DATA_DIR"}
"""What the tests have of their own."""


def documented() -> dict[str, str]:
    """The variables of "On a network, behind a proxy"."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    _, _, chapter = text.partition("## On a network, behind a proxy")
    return dict(re.findall(r"^export (\w+)=(\S+)$", chapter.partition("\n## ")[0], re.MULTILINE))


def take_over(settings: Settings, given: dict[str, Any]) -> None:
    """Every setting that is another than the tests'."""
    for name, value in given.items():
        if name.isupper() and name not in NOT_OURS and getattr(current, name, None) != value:
            setattr(settings, name, value)


@pytest.fixture
def deployed(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """The settings as the documented environment makes them."""
    variables = documented()
    assert "POLICY_PORTAL_HTTPS" in variables
    # Tests in Chromium set it for their own process, which may be this one.
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    for name, value in (variables | {"POLICY_PORTAL_DATA": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    take_over(settings, runpy.run_path(str(ROOT / "portal" / "settings.py")))
    return settings


def test_djangos_checks_for_deployment_find_nothing(deployed: Settings) -> None:
    call_command("check", deploy=True, fail_level="WARNING")


def test_a_portal_that_tests_may_control_is_warned_of(deployed: Settings) -> None:
    assert checks.nobody_controls_it(None) == []
    deployed.CONTROL = True
    [warning] = checks.nobody_controls_it(None)
    assert (warning.id, warning.is_serious(WARNING)) == ("policy_app.W001", True)
    registered = registry.registry.get_checks(include_deployment_checks=True)
    assert checks.nobody_controls_it in registered


def test_every_answer_carries_what_browsers_are_to_keep_to(deployed: Settings) -> None:
    answer = Client().get("/sign-in", headers={"Host": HOST, "X-Forwarded-Proto": "https"})
    assert answer.status_code == 200
    told = answer.headers
    assert told["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    policy = dict(part.split(" ", 1) for part in told["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe-inline" not in told["Content-Security-Policy"]
    assert told["X-Frame-Options"] == "DENY"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Referrer-Policy"] == "same-origin"
    assert told["Cross-Origin-Opener-Policy"] == "same-origin"


def test_cookies_go_over_https_alone_and_no_script_reads_them(deployed: Settings, db: None) -> None:
    User.objects.create_user("bob", password="a long enough password")
    client = Client(headers={"Host": HOST, "X-Forwarded-Proto": "https"})
    sent = {"username": "bob", "password": "a long enough password"}
    answer = client.post("/sign-in", sent)
    assert answer.status_code == 302
    assert set(answer.cookies) == {"policyportal", "csrftoken"}
    for cookie in answer.cookies.values():
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def test_plain_http_is_sent_on_to_https_and_probes_are_not(deployed: Settings, db: None) -> None:
    plain = Client(headers={"Host": HOST})
    answer = plain.get("/sign-in")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{HOST}/sign-in")
    assert plain.get("/healthz").status_code == 200


def test_another_host_name_is_refused(deployed: Settings) -> None:
    elsewhere = Client(headers={"Host": "elsewhere.example", "X-Forwarded-Proto": "https"})
    assert elsewhere.get("/sign-in").status_code == 400
