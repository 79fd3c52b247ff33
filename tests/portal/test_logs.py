"""What stands in the log, and what never does."""

from __future__ import annotations

import json
import logging

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Cluster
from policy_app.services import access
from policy_app.services.work.worker import Worker
from tests.services.work.scans import Stage, planned, stage

__all__ = ["stage"]

pytestmark = pytest.mark.django_db
MARK = "c2VjcmV0LW1hcms"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """The structured lines that were logged."""
    return [record.msg for record in caplog.records if isinstance(record.msg, dict)]


@pytest.mark.parametrize("content_type", ["application/json", "application/yaml"])
def test_no_body_of_an_object_stands_in_the_log(
    client: Client,
    alice: User,
    aks_demo: Cluster,
    caplog: pytest.LogCaptureFixture,
    content_type: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    token = access.new_token(alice)
    thing = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": MARK}}
    for path, body in (
        ("/clusters/aks-demo/api/v1/namespaces/default/secrets", thing),
        ("/clusters/aks-demo/api/v1/namespaces/default/secrets", {**thing, "data": MARK}),
        ("/clusters/aks-demo/admission/v1/validate", {"request": {"object": thing}}),
    ):
        client.post(
            path,
            json.dumps(body),
            content_type=content_type,
            headers={"authorization": f"Bearer {token}"},
        )
    assert [one["path"] for one in lines(caplog) if one["event"] == "request"]
    assert MARK not in caplog.text
    assert MARK not in str(lines(caplog))


def test_the_lines_of_a_worker_name_scan_part_and_chunk(
    aks_demo: Cluster, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    scan = planned(aks_demo, chunks=1)
    assert Worker("database", "tests").step()
    [line] = [one for one in lines(caplog) if one["event"] == "work"]
    told = (line["scan"], line["part"], line["chunk"], line["outcome"])
    assert told == (str(scan.pk), "chunk", "1", "done")
