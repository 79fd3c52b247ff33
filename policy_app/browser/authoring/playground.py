"""The playground: manifests on the left, what one definition alone says of them on the right.

The definition is a stored version, or what the editor holds.  What was tried can be added, case by
case, to a suite for gator; the cases go with the form, and nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.urls import reverse

from policy_app.browser import links, suite_files
from policy_app.browser.assign import json_text
from policy_app.browser.authoring import casebook, checks, pages, subject
from policy_app.browser.authoring.checks import Checked
from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page, wants_part
from policy_app.browser.testing import PASTED, example, shown
from policy_app.models import Cluster, DefinitionVersion, Scope
from policy_app.services import definitions, enforcement, scopes, testing
from policy_app.services.authoring import suites
from policy_app.services.authoring.suites import Case
from policy_app.services.cluster import lookup
from policy_app.services.definitions import Parsed
from policy_app.services.errors import PolicyError

_PAGE = "authoring/playground.html"
_EFFECT = "Deny"
"""What the parameters start with, where the definition allows it: it shows the most."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is tried: its name, and the definition that it comes to on a cluster."""

    title: str
    on: Callable[[Cluster], Parsed]
    """Raises ``PolicyError``."""
    page: Mapping[str, Any]
    """What the page shows of it."""


@portal_page("GET", "POST")
def playground(request: PortalRequest) -> HttpResponse:
    """Try a stored version (``id=&version=``)."""
    found = subject.readable(asked(request, "id"), request.principal)
    row = definitions.version(found, asked(request, "version"))
    tried = _Subject(found.display_name, lambda _: definitions.parse(row), _stored(row))
    return _answer(request, tried, opened=request.method == "GET")


@portal_page("POST")
def draft(request: PortalRequest) -> HttpResponse:
    """Try what the editor holds (``id=`` or ``kind=``), from which a button leads here."""
    form = pages.from_editor(request)
    subject.require_somewhere(form.kind, request.principal)
    # The verdict alone says by itself what is wrong.
    checked = Checked(form) if wants_part(request) else checks.check(form, request.principal)
    title = form.display_name or f"New {form.noun}"
    own = pages.editor(checked)
    page = {
        **own,
        "edit_url": own["action"],
        "action": own["try_url"],
        "subtitle": f"{title}, as it is written",
        # What is not stored has no page that the verdict could lead to.
        "unsaved": True,
        "crumbs": _crumbs(*([Crumb(title, links.definition(form.row))] if form.row else [])),
    }
    tried = _Subject(title, lambda one: checks.tried(form, _home(one), request.principal), page)
    return _answer(request, tried, opened="cluster" not in request.POST)


def _answer(request: PortalRequest, tried: _Subject, *, opened: bool) -> HttpResponse:
    clusters = list(lookup.readable(scopes.clusters(), request.principal))
    # No assignment is behind the verdict to be shown with it.
    context = {**tried.page, "title": "Playground", "clusters": clusters, "alone": True}
    if opened:
        context |= {"manifests": example(), "parameters": _start(tried, clusters)}
        return render_page(request, _PAGE, context)
    trial = _Trial(tried, clusters, typed(request))
    try:
        if "download" in trial.data:
            return trial.download()
        verdict = trial.verdict()
    except PolicyError as error:
        verdict = {"refusal": error}
    refusal = verdict.get("refusal") or verdict.get("case_refusal")
    status = refusal.status if refusal else 200
    context |= {**trial.typed(), **verdict}
    return render_page(request, _PAGE, context, part="authoring/_verdict.html", status=status)


@dataclass(slots=True)
class _Trial:
    """What was sent: on which cluster, with which parameters, which manifests, and the cases."""

    subject: _Subject
    clusters: list[Cluster]
    data: QueryDict
    cases: list[Case] = field(default_factory=list)

    def typed(self) -> dict[str, Any]:
        """What the form shows again."""
        return {
            "chosen": self.data.get("cluster", "").lower(),
            "parameters": self.data.get("parameters", ""),
            "manifests": self.manifests,
            "case_name": self.data.get("case_name", ""),
            "cases": [(case, casebook.written(case)) for case in self.cases],
        }

    @property
    def manifests(self) -> str:
        """The text that is judged."""
        # Browsers send text areas with CRLF.
        return self.data.get("manifests", "").replace("\r\n", "\n").rstrip()

    def download(self) -> HttpResponse:
        """The cases as a suite.  Raises ``PolicyError``."""
        self.cases = casebook.read(self.data)
        cluster = self._cluster()
        target = self.subject.on(cluster)
        title = self.subject.title
        files = suites.files_of(
            title, self.cases, lambda given: enforcement.alone(target, given, cluster)
        )
        return suite_files.attachment(title, files)

    def verdict(self) -> dict[str, Any]:
        """What the definition says, and a case more where that is wanted.

        Raises ``PolicyError`` where it cannot be tried.
        """
        self.cases = casebook.read(self.data)
        cluster, parameters = self._cluster(), self._parameters()
        manifests = self.manifests
        uploads = [testing.Upload(PASTED, manifests.encode())] if manifests else []
        report = testing.try_out(self.subject.on(cluster), parameters, cluster, uploads)
        found = {**shown(report), "addon_enabled": True}
        if "add" not in self.data:
            return found
        name = self.data.get("case_name", "").strip()
        try:
            added = suites.cases_of(name, manifests, parameters, report.in_force)
            suites.check([*self.cases, *added])
        except PolicyError as refusal:
            return {**found, "case_refusal": refusal}
        self.cases += added
        return {**found, "case_name": ""}

    def _cluster(self) -> Cluster:
        chosen = self.data.get("cluster", "").lower()
        cluster = next((one for one in self.clusters if one.scope.key == chosen), None)
        if cluster is None:
            raise PolicyError("NoCluster", "Choose the cluster to test against.", target="cluster")
        return cluster

    def _parameters(self) -> dict[str, Any]:
        try:
            values = json_text.parse(self.data.get("parameters") or "{}")
        except json_text.JsonTextError as error:
            text = f"The parameters cannot be read: {error}"
            raise PolicyError("InvalidRequestContent", text, target="parameters") from None
        if not isinstance(values, dict):
            text = "The parameters should be one JSON object: each name with its value."
            raise PolicyError("InvalidRequestContent", text, target="parameters")
        return values


def _home(cluster: Cluster) -> Scope:
    """Where a definition could be kept that is for this cluster."""
    return scopes.at_and_above(cluster.scope).get(kind=Scope.Kind.SUBSCRIPTION)


def _start(tried: _Subject, clusters: list[Cluster]) -> str:
    """The defaults, with the effect that shows the most; a parameter without one is null."""
    try:
        specs = tried.on(clusters[0]).parameters if clusters else {}
    except PolicyError:
        specs = {}
    values: dict[str, Any] = {}
    for spec in specs.values():
        values[spec.name] = spec.default if spec.has_default else None
        allowed = {str(one).lower(): one for one in spec.allowed_values}
        if spec.name.lower() == "effect" and _EFFECT.lower() in allowed:
            values[spec.name] = allowed[_EFFECT.lower()]
    return json_text.pretty(values)


def _stored(row: DefinitionVersion) -> dict[str, Any]:
    found = row.definition
    query = urlencode({"id": found.arm_id, "version": row.version})
    here = Crumb(found.display_name, links.definition(found, version=row.version))
    return {
        "subtitle": f"{found.display_name}, version {row.version}",
        "crumbs": _crumbs(here),
        "action": f"{reverse('definition-playground')}?{query}",
    }


def _crumbs(*own: Crumb) -> list[Crumb]:
    around = [Crumb("Policy", "/"), Crumb("Definitions", reverse("definitions"))]
    return [*around, *own, Crumb("Playground")]
