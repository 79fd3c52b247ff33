"""The Test manifests page: files in, what the cluster's webhook would say out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import path, reverse

from policy_app.browser import highlighting, links
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.evaluation.manifests import Problem
from policy_app.evaluation.results import Decision, NotApplied, Origin, Violation
from policy_app.models import Cluster
from policy_app.services import scopes, testing
from policy_app.services.errors import PolicyError

PASTED = "manifest.yaml"
_TITLE = {"title": "Test manifests", "crumbs": [Crumb("Policy", "/"), Crumb("Test manifests")]}
_TONES = {"deny": "danger", "warn": "warning", "dryrun": "info"}
_ACTIONS = {"deny": "Deny", "warn": "Warn", "dryrun": "Audit only"}


@dataclass(frozen=True, slots=True)
class ViolationRow:
    """A violation as the page shows it, with the ways to what is behind it."""

    violation: Violation
    tone: str
    action: str
    line_url: str
    definition_url: str
    assignment_url: str


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """One object: its verdict, its violations, and the constraints that did not judge it."""

    report: testing.DocumentReport
    verdict: str
    tone: str
    violations: list[ViolationRow]
    not_applied: list[tuple[str, list[NotApplied]]]
    """By the reason, since many constraints are left out for the same one."""


@dataclass(frozen=True, slots=True)
class FileCard:
    """One file: its documents, its problems, its text with the marked lines."""

    anchor: str
    name: str
    documents: list[DocumentCard]
    problems: list[Problem]
    lines: list[highlighting.Line]
    output: str


@portal_page("GET", "POST")
def test_manifests(request: PortalRequest) -> HttpResponse:
    """The form, and below it the report of what was sent."""
    clusters = list(scopes.clusters().prefetch_related("namespaces"))
    context = _form(request, clusters)
    status = 200
    if request.method == "POST":
        try:
            context |= _report(_run(request, clusters))
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
        text = _example()
    chosen = sent.get("cluster") or (clusters[0].scope.arm_id if clusters else "")
    return {
        **_TITLE,
        "clusters": clusters,
        "chosen": chosen.lower(),
        "namespace": sent.get("namespace") or "default",
        "namespaces": sorted({one.name for c in clusters for one in c.namespaces.all()}),
        "text": text,
        "example_url": f"{reverse('test-manifests')}?example",
    }


def _example() -> str:
    return (settings.FIXTURES_DIR / "manifests" / "nginx-privileged.yaml").read_text("utf-8")


def _run(request: PortalRequest, clusters: list[Cluster]) -> testing.Report:
    by_key = {cluster.scope.key: cluster for cluster in clusters}
    cluster = by_key.get(request.POST.get("cluster", "").lower())
    if cluster is None:
        text = "Choose the cluster to test against."
        raise PolicyError("NoCluster", text, target="cluster")
    uploads = [
        testing.Upload(file.name or PASTED, file.read())
        for file in request.FILES.getlist("files")
        if file.size
    ]
    if pasted := request.POST.get("text", "").rstrip():
        # Browsers send text areas with CRLF.
        uploads.append(testing.Upload(PASTED, pasted.replace("\r\n", "\n").encode()))
    namespace = request.POST.get("namespace", "").strip() or "default"
    return testing.run(cluster, uploads, namespace)


def _report(report: testing.Report) -> dict[str, Any]:
    in_force = report.in_force
    return {
        "report": report,
        "cards": [_file(number, file) for number, file in enumerate(report.files, 1)],
        "constraint_count": len(in_force.constraints),
        "not_installed": in_force.not_installed,
        "addon_enabled": report.cluster.addon_enabled,
        "tone": "error" if report.denied_count or report.problem_count else "success",
    }


def _file(number: int, file: testing.FileReport) -> FileCard:
    anchor = f"file-{number}"
    marked = {line for document in file.documents for line in document.lines}
    marked |= {problem.line for problem in file.problems if problem.line}
    return FileCard(
        anchor=anchor,
        name=file.name,
        documents=[_document(anchor, document) for document in file.documents],
        problems=file.problems,
        lines=highlighting.lines(file.text, "yaml", marked),
        output="\n".join(document.output for document in file.documents),
    )


def _document(anchor: str, report: testing.DocumentReport) -> DocumentCard:
    verdict, tone = ("Failed", "danger") if report.error else _verdict(report.decision)
    rows = [_violation(anchor, one) for one in report.decision.violations]
    return DocumentCard(report, verdict, tone, rows, _by_reason(report.decision.not_applied))


def _verdict(decision: Decision) -> tuple[str, str]:
    if not decision.allowed:
        return "Refused", "danger"
    if decision.warnings:
        return "Accepted with warnings", "warning"
    if decision.audits:
        return "Accepted, non-compliant", "info"
    return "Accepted", "success"


def _violation(anchor: str, violation: Violation) -> ViolationRow:
    line = violation.place.line if violation.place else None
    return ViolationRow(
        violation=violation,
        tone=_TONES[violation.enforcement_action],
        action=_ACTIONS[violation.enforcement_action],
        line_url=f"#{anchor}-{line}" if line else "",
        definition_url=_definition_url(violation.origin),
        assignment_url=links.assignment_by_id(violation.origin.assignment_id),
    )


def _definition_url(origin: Origin) -> str:
    return links.definition_by_id(origin.definition_id) if origin.definition_id else ""


def _by_reason(rows: Iterable[NotApplied]) -> list[tuple[str, list[NotApplied]]]:
    by_reason: dict[str, list[NotApplied]] = {}
    for row in rows:
        by_reason.setdefault(row.reason, []).append(row)
    return sorted(by_reason.items(), key=lambda item: item[0])


urlpatterns = [path("policy/test", test_manifests, name="test-manifests")]
