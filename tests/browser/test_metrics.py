"""``/metrics``: who may read it, and what stands in it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from policy_app.models import Cluster
from policy_app.services import access
from tests.services.work.scans import planned

pytestmark = pytest.mark.django_db


def figures(client: Client, **headers: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """What is told, by name and the values of labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_nobody_reads_the_metrics_without_a_token(client: Client, alice: User) -> None:
    refused = client.get("/metrics")
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert b"policy-portal token" in refused.content
    assert client.get("/metrics", headers={"authorization": "Bearer no"}).status_code == 401
    token = access.new_token(alice, "prometheus")
    assert ("policy_portal_scans_open", ("waiting",)) in figures(
        client, authorization=f"Bearer {token}"
    )


def test_the_metrics_can_be_open_to_all_or_closed(client: Client, settings: Settings) -> None:
    settings.METRICS = "open"
    assert figures(client)
    settings.METRICS = "off"
    assert client.get("/metrics").status_code == 404


def test_the_metrics_tell_what_workers_still_have_to_do(
    client: Client, settings: Settings, aks_demo: Cluster
) -> None:
    settings.METRICS = "open"
    scan = planned(aks_demo, chunks=3)
    scan.chunks.filter(number=1).update(state="setAside")
    told = figures(client)
    assert told["policy_portal_scans_open", ("running",)] == 1
    assert told["policy_portal_chunks", ("waiting",)] == 2
    assert told["policy_portal_chunks", ("setAside",)] == 1
    assert told["policy_portal_scan_oldest_seconds", ()] >= 0


def test_requests_are_counted_by_door_and_status_and_not_by_address(
    client: Client, settings: Settings
) -> None:
    settings.METRICS = "open"
    key = "policy_portal_requests_total", ("browser", "GET", "200")
    before = figures(client).get(key, 0)
    client.get("/sign-in")
    after = figures(client)
    assert after[key] > before
    assert not any("sign-in" in label for _, labels in after for label in labels)


def test_the_id_of_a_request_comes_back_and_one_that_is_none_is_replaced(client: Client) -> None:
    assert client.get("/healthz", headers={"x-request-id": "abc-1"})["X-Request-Id"] == "abc-1"
    made = client.get("/healthz", headers={"x-request-id": "a b\tc"})["X-Request-Id"]
    assert made not in ("", "a b\tc")
