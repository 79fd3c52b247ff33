"""The Test manifests page: files in, what the cluster's webhook would say out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import path, reverse

from policy_app.browser import links, suite_files
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.browser.testing_cards import file_card
from policy_app.models import Cluster
from policy_app.services import scopes, testing
from policy_app.services.authoring import suites
from policy_app.services.cluster import applying, bootstrap, lookup
from policy_app.services.errors import PolicyError

PASTED = "manifest.yaml"
_TITLE = {"title": "Test manifests", "crumbs": [Crumb("Policy", "/"), Crumb("Test manifests")]}


@portal_page("GET", "POST")
def test_manifests(request: PortalRequest) -> HttpResponse:
    """The form, and below it the report of what was sent."""
    clusters = list(lookup.readable(scopes.clusters(), request.principal))
    context = _form(request, clusters)
    status = 200
    if request.method == "POST":
        try:
            asked = _asked(request, clusters)
            if "apply" in request.POST:
                context |= _applied(request, asked)
            else:
                report = testing.run(*asked)
                if "suite" in request.POST:
                    return _suite(report)
                context |= shown(report)
        except PolicyError as refusal:
            context["refusal"] = refusal
            status = refusal.status
    return render_page(
        request, "testing/page.html", context, part="testing/_report.html", status=status
    )


def _form(request: PortalRequest, clusters: list[Cluster]) -> dict[str, Any]:
    """What the form shows again after a test, or the example that a link asks for."""
    sent = request.POST if request.method == "POST" else request.GET
    text = sent.get("text", "")
    if request.method == "GET" and "example" in request.GET:
        text = example(request.GET["example"])
    chosen = sent.get("cluster") or (clusters[0].scope.arm_id if clusters else "")
    return {
        **_TITLE,
        "clusters": clusters,
        "chosen": chosen.lower(),
        "namespace": sent.get("namespace") or "default",
        "namespaces": bootstrap.namespace_names(clusters),
        "text": text,
        "example_url": f"{reverse('test-manifests')}?example",
    }


def example(name: str = "") -> str:
    """A manifest that the pod security baseline refuses, or the whole application ``shop``."""
    file = "shop.yaml" if name == "shop" else "nginx-privileged.yaml"
    return (settings.FIXTURES_DIR / "manifests" / file).read_text("utf-8")


def _asked(
    request: PortalRequest, clusters: list[Cluster]
) -> tuple[Cluster, list[testing.Upload], str]:
    """The cluster, the files, and the namespace for objects that name none."""
    by_key = {cluster.scope.key: cluster for cluster in clusters}
    cluster = by_key.get(request.POST.get("cluster", "").lower())
    if cluster is None:
        text = "Choose the cluster to test against."
        raise PolicyError("NoCluster", text, target="cluster")
    files = [file for file in request.FILES.getlist("files") if file.size]
    for file in files:
        testing.check_size(file.name or PASTED, file.size or 0)
    uploads = [testing.Upload(file.name or PASTED, file.read()) for file in files]
    if pasted := request.POST.get("text", "").rstrip():
        # Browsers send text areas with CRLF.
        uploads.append(testing.Upload(PASTED, pasted.replace("\r\n", "\n").encode()))
    namespace = request.POST.get("namespace", "").strip() or testing.DEFAULT_NAMESPACE
    return cluster, uploads, namespace


def _applied(
    request: PortalRequest, asked: tuple[Cluster, list[testing.Upload], str]
) -> dict[str, Any]:
    """What became of the objects, and where they are now."""
    report = applying.apply(*asked, request.principal)
    bad = report.refused or report.problems
    return {
        "applied": report,
        "tone": "error" if bad else "success",
        "cluster_url": links.cluster(lookup.name_of(report.cluster), tab="workloads"),
    }


def _suite(report: testing.Report) -> HttpResponse:
    return suite_files.attachment(report.cluster.scope.name, suites.files_of_test(report))


def shown(report: testing.Report) -> dict[str, Any]:
    """What the template of a report takes."""
    in_force = report.in_force
    return {
        "report": report,
        "cards": [file_card(number, file) for number, file in enumerate(report.files, 1)],
        "installed_count": len(in_force.constraints) + len(in_force.mutators.all),
        "not_installed": in_force.not_installed,
        "not_applicable": [one for one in in_force.not_installed if not one.failed],
        "addon_enabled": report.cluster.addon_enabled,
        "tone": "error" if report.denied_count or report.problem_count else "success",
    }


urlpatterns = [path("policy/test", test_manifests, name="test-manifests")]
