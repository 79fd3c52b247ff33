"""``policy-portal webhook-config`` prints what an API server takes, and what it then calls."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from django.conf import settings
from django.test import Client

from policy_app.cli import tls
from policy_app.cli.main import main
from policy_app.services.cluster import lookup, webhooks
from tests.cluster.admission import review
from tests.services.cluster.inside import Api, pod


@pytest.fixture(autouse=True)
def folder(portal: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own; the database is there already."""
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    monkeypatch.setattr("policy_app.services.setup.prepare", lambda: None)
    monkeypatch.setattr("policy_app.cli.environment.start", lambda data: None)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    """The documents that the command prints."""
    assert main(["webhook-config", *options]) == 0
    return list(yaml.safe_load_all(capsys.readouterr().out))


def test_both_configurations_fit_the_schemas_of_kubernetes(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    tls.ensure(folder)
    documents = printed(capsys, "aks-demo", "--server", "https://portal.example.org/")
    kinds = [one["kind"] for one in documents]
    assert kinds == ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"]
    for one in documents:
        kubernetes_validate.validate(one, "1.32", strict=True)
        (webhook,) = one["webhooks"]
        client = webhook["clientConfig"]
        assert client["url"].startswith("https://portal.example.org/clusters/aks-demo/admission/v1")
        authority = tls.files(folder).authority.read_bytes()
        assert base64.b64decode(client["caBundle"]) == authority
        assert webhook["failurePolicy"] == "Ignore"
        assert webhook["sideEffects"] == "None"


def test_the_control_plane_and_exempt_namespaces_are_left_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (one, _) = printed(capsys, "aks-demo", "--exempt-namespace", "portal")
    selector = one["webhooks"][0]["namespaceSelector"]["matchExpressions"]
    assert {"key": "control-plane", "operator": "DoesNotExist"} in selector
    assert {"key": "admission.gatekeeper.sh/ignore", "operator": "DoesNotExist"} in selector
    assert selector[-1]["values"] == ["kube-system", "gatekeeper-system", "portal"]


def test_the_address_answers_and_says_which_failure_policy_it_is_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (one, _) = printed(capsys, "aks-demo", "--failure-policy", "Fail", "--timeout", "5")
    (webhook,) = one["webhooks"]
    assert (webhook["failurePolicy"], webhook["timeoutSeconds"]) == ("Fail", 5)
    assert Api().cluster
    path = webhook["clientConfig"]["url"].removeprefix("https://127.0.0.1:8000")
    assert "/validate/fail/" in path
    answer = Client(SERVER_NAME="localhost").post(
        f"{path}?timeout=5s", json.dumps(review(pod())), "application/json"
    )
    assert json.loads(answer.content)["response"]["allowed"] is True


def test_the_same_again_is_the_same_until_a_new_token_is_wanted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = printed(capsys, "aks-demo")
    assert printed(capsys, "aks-demo") == first
    fresh = printed(capsys, "aks-demo", "--new-token")
    assert fresh != first
    token = webhooks.token_of(lookup.by_name("aks-demo"))
    assert fresh[0]["webhooks"][0]["clientConfig"]["url"].endswith(token)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("nowhere",), "the clusters are: aks-demo"),
        (("aks-demo", "--server", "http://127.0.0.1:8000"), "over HTTPS alone"),
        (("aks-demo", "--server", "portal"), "is no address"),
    ],
)
def test_what_is_wrong_is_told(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], told: str
) -> None:
    assert main(["webhook-config", *options]) == 1
    output = capsys.readouterr()
    assert told in output.err
    assert output.out == ""


def test_a_timeout_that_no_api_server_takes_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["webhook-config", "aks-demo", "--timeout", "31"])
    assert end.value.code == 2
    assert "from 1 to 30" in capsys.readouterr().err
