"""A dump of kubectl, uploaded on a cluster's page: the cluster becomes its mirror."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser.clusters import subject as subjects
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.inputs import typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.services.errors import PolicyError
from policy_app.services.snapshots import files, taking
from policy_app.services.snapshots.places import Place
from policy_app.services.snapshots.taking import Taken

MOST_MEGABYTES = 256
"""As much as is read while a browser waits; for more there is the command."""


@portal_page("GET", "POST")
def snapshot(request: PortalRequest, name: str) -> HttpResponse:
    """The form, and what became of what was sent: the cluster's page, or the form with why not."""
    found = subjects.find(name, request.principal)
    if not (permit := found.may_change):
        raise PolicyError("AuthorizationFailed", permit.why, status=403)
    context, status = _form(request, found), 200
    if request.method == "POST":
        try:
            taken = _take(request, found)
        except PolicyError as refusal:
            context["refusal"], status = refusal, refusal.status
        else:
            messages.success(request, _told(found, taken))
            return redirect(found.url())
    return render_page(
        request, "clusters/upload.html", context, part="clusters/upload.html", status=status
    )


def _form(request: PortalRequest, found: Subject) -> dict[str, Any]:
    given = typed(request)
    return {
        "title": "Upload a snapshot",
        "crumbs": found.crumbs(Crumb("Upload a snapshot")),
        "cluster": found.cluster,
        "namespace": given.get("namespace") or "default",
        "replace": "replace" in given,
        "action": reverse("cluster-snapshot", args=[found.name]),
        "back": found.url(),
        "most": MOST_MEGABYTES,
    }


def _take(request: PortalRequest, found: Subject) -> Taken:
    given = typed(request)
    sent = [file for file in request.FILES.getlist("files") if file.size]
    if not sent:
        raise PolicyError("NoFile", "Choose a dump, or manifests.", target="files")
    if sum(file.size or 0 for file in sent) > MOST_MEGABYTES * 1024 * 1024:
        raise PolicyError(
            "TooLarge",
            f"Together the files may have {MOST_MEGABYTES} MB; larger ones are read by"
            f" policy-portal snapshot FILE --cluster {found.name}.",
            status=413,
            target="files",
        )
    source = files.Files(", ".join(map(_name, sent)), map(_file, sent))
    namespace = given.get("namespace", "").strip() or "default"
    wanted = taking.Wanted(namespace, "replace" in given, by=request.principal)
    return taking.take(Place(found.cluster), source, wanted)


def _file(sent: UploadedFile) -> files.File:
    return files.File(_name(sent), sent.size or 0, lambda: cast(BinaryIO, sent.open()))


def _name(sent: UploadedFile) -> str:
    return sent.name or "dump"


def _told(found: Subject, taken: Taken) -> str:
    counts = taken.counts
    return (
        f"{found.cluster} mirrors {taken.title}: {counts.added:,} objects added,"
        f" {counts.changed:,} changed, {counts.removed:,} removed, {counts.unchanged:,} unchanged."
    )
