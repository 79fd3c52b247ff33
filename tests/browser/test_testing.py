"""The Test manifests page without scripts: what people read about each object."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policy_app.cli.main import main
from policy_app.models import Cluster, Definition, Scope
from policy_app.services import assignments, definitions
from tests.services.test_drafts import draft

MANIFESTS = settings.FIXTURES_DIR / "manifests"
PRIVILEGED = (MANIFESTS / "nginx-privileged.yaml").read_text("utf-8")
PAGE = "/policy/test"


@pytest.fixture
def in_force(rg_demo: Scope, baseline: Definition, alice: User, client: Client) -> None:
    """The baseline initiative, denying on aks-demo; alice is signed in."""
    parameters = {"effect": "deny", "excludedNamespaces": ["payments"]}
    assignments.put(draft(rg_demo, baseline, parameters=parameters), alice)
    client.force_login(alice)


def sent(client: Client, cluster: Cluster, status: int = 200, **fields: Any) -> BeautifulSoup:
    """The page after the form was sent."""
    response = client.post(PAGE, {"cluster": cluster.scope.arm_id, **fields})
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def words(page: BeautifulSoup, selector: str) -> list[str]:
    """The texts of the elements, with their white space folded."""
    return [" ".join(found.get_text(" ").split()) for found in page.select(selector)]


def test_a_refused_pod_says_what_kubectl_would(
    in_force: None, client: Client, aks_demo: Cluster
) -> None:
    page = sent(client, aks_demo, text=PRIVILEGED)
    (printed,) = words(page, "pre")
    assert printed.startswith(
        'Error from server (Forbidden): error when creating "manifest.yaml": admission webhook'
        ' "validation.gatekeeper.sh" denied the request: [azurepolicy-k8sazurev2noprivilege-'
    )
    assert printed.endswith(
        "Privileged container is not allowed: nginx-privileged,"
        ' securityContext: {"privileged": true}'
    )
    assert words(page, ".test-card > h3 .badge") == ["Refused"]
    assert "Kubernetes cluster should not allow privileged containers" in words(page, "dd a")


def test_the_line_is_marked_and_linked(in_force: None, client: Client, aks_demo: Cluster) -> None:
    page = sent(client, aks_demo, text=PRIVILEGED)
    (marked,) = page.select(".line-marked")
    assert marked.select(".line-text")[0].get_text().strip() == "privileged: true"
    assert page.select(f'a[href="#{marked["id"]}"]')


def test_the_constraints_that_did_not_apply_are_listed_with_the_reason(
    in_force: None, client: Client, aks_demo: Cluster
) -> None:
    page = sent(client, aks_demo, text=PRIVILEGED, namespace="payments")
    assert words(page, ".test-card > h3 .badge") == ["Accepted"]
    assert "5 constraints did not apply" in words(page, "summary")
    assert any("payments" in reason for reason in words(page, ".test-reason"))


def test_policies_for_azure_resources_are_told_apart_from_those_that_failed(
    portal: None, rg_demo: Scope, alice: User, client: Client, aks_demo: Cluster
) -> None:
    integrity = definitions.built_in(
        Definition.Kind.INITIATIVE, "af28bf8b-c669-4dd3-9137-1e68fdc61bd6"
    )
    assignments.put(draft(rg_demo, integrity, parameters={}), alice)
    client.force_login(alice)

    page = sent(client, aks_demo, text=PRIVILEGED)

    said = words(page, "details.fold li")
    assert [text.partition(" judges ")[2] for text in said] == [
        "ARM resources (mode Indexed), not objects in a cluster."
    ] * 2
    assert words(page, ".message-warning") == []
    assert words(page, ".test-card > h3 .badge") == ["Accepted, non-compliant"]


def test_policies_for_other_clusters_are_told_with_the_reason(
    rg_demo: Scope, alice: User, client: Client, aks_demo: Cluster
) -> None:
    balancers = definitions.built_in(Definition.Kind.POLICY, "3fc4dc25-5baf-40d8-9b05-7fe74c1bc64e")
    row, _ = assignments.put(draft(rg_demo, balancers), alice)
    aks_demo.resource_type = Cluster.CONNECTED
    aks_demo.save()
    client.force_login(alice)

    (said,) = words(sent(client, aks_demo, text=PRIVILEGED), "details.fold li")
    assert "is not for this cluster" in said

    answer = client.get("/policy/assignments/view", {"id": row.arm_id, "tab": "force"})
    page = " ".join(BeautifulSoup(answer.content, "html.parser").get_text(" ").split())
    assert said in page
    assert "The policy's rule is for other clusters than this one." in page


def test_files_and_pasted_text_are_tested_together(
    in_force: None, client: Client, aks_demo: Cluster
) -> None:
    files = [
        SimpleUploadedFile(name, (MANIFESTS / name).read_bytes())
        for name in ("nginx-unprivileged.yaml", "shop.yaml")
    ]
    page = sent(client, aks_demo, files=files, text="kind: Pod\n")
    assert words(page, ".test-file > h2") == [
        "nginx-unprivileged.yaml",
        "shop.yaml",
        "manifest.yaml",
    ]
    assert "This is no Kubernetes object: apiVersion is missing." in words(page, ".test-card > p")


def test_what_was_pasted_stays_in_the_form(
    in_force: None, client: Client, aks_staging: Cluster
) -> None:
    page = sent(client, aks_staging, text=PRIVILEGED, namespace="shop")
    assert page.select("textarea")[0].get_text() == PRIVILEGED
    assert page.select("#namespace")[0]["value"] == "shop"
    assert page.select("option[selected]")[0]["value"] == aks_staging.scope.arm_id
    assert "No assignment puts a constraint on this cluster" in page.get_text()


def test_an_example_can_be_inserted(in_force: None, client: Client) -> None:
    page = BeautifulSoup(client.get(f"{PAGE}?example").content, "html.parser")
    assert "nginx-privileged" in page.select("textarea")[0].get_text()


def test_nothing_to_test_is_said_in_a_sentence(
    in_force: None, client: Client, aks_demo: Cluster
) -> None:
    page = sent(client, aks_demo, status=400)
    assert words(page, ".message-error") == ["Choose or paste at least one manifest."]


def test_an_unknown_cluster_is_said_in_a_sentence(in_force: None, client: Client) -> None:
    response = client.post(PAGE, {"cluster": "/nope", "text": PRIVILEGED})
    assert response.status_code == 400
    assert "Choose the cluster to test against." in response.content.decode()


def test_hostile_text_is_shown_and_not_run(
    in_force: None, client: Client, aks_demo: Cluster
) -> None:
    hostile = PRIVILEGED.replace("nginx-privileged", '"<script>alert(1)</script>"')
    response = client.post(PAGE, {"cluster": aks_demo.scope.arm_id, "text": hostile})
    assert b"<script>alert" not in response.content
    assert b"&lt;script&gt;alert" in response.content


def test_what_is_tested_is_a_suite_that_passes(
    in_force: None, client: Client, aks_demo: Cluster, tmp_path: Path
) -> None:
    fields = {"cluster": aks_demo.scope.arm_id, "text": PRIVILEGED, "suite": "1"}
    answer = client.post(PAGE, fields)
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        packed.extractall(tmp_path)
    assert main(["verify", f"{tmp_path}/..."]) == 0
    (suite,) = tmp_path.rglob("suite.yaml")
    assert "Privileged container is not allowed" in suite.read_text()


def test_no_suite_is_made_where_nothing_judges(
    client: Client, alice: User, aks_demo: Cluster
) -> None:
    client.force_login(alice)
    page = sent(client, aks_demo, status=400, text=PRIVILEGED, suite="1")
    assert "nothing here comes to one" in words(page, "#report")[0]


def test_htmx_gets_the_report_alone(in_force: None, client: Client, aks_demo: Cluster) -> None:
    fields = {"cluster": aks_demo.scope.arm_id, "text": PRIVILEGED}
    response = client.post(PAGE, fields, headers={"HX-Request": "true"})
    assert b"<html" not in response.content
    assert b"Refused" in response.content


def test_a_test_takes_few_queries(
    in_force: None,
    client: Client,
    aks_demo: Cluster,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(25):
        sent(client, aks_demo, text=(MANIFESTS / "shop.yaml").read_text("utf-8"))
