"""Clusters: the list, the page of one with what is in it, its objects, and its add-on.

Below ``/clusters/<name>/`` is the cluster's Kubernetes API, whose paths begin with a word; the
pages there begin with ``-``, which no path of an API server does.
"""

from __future__ import annotations

from django.urls import path

from policy_app.browser.clusters import detail, listing, objects, switching, upload

urlpatterns = [
    path("clusters", listing.clusters, name="clusters"),
    path("clusters/<str:name>", detail.cluster, name="cluster"),
    path("clusters/<str:name>/-/object", objects.show, name="cluster-object"),
    path("clusters/<str:name>/-/addon", switching.addon, name="cluster-addon"),
    path("clusters/<str:name>/-/timing", switching.timing, name="cluster-timing"),
    path("clusters/<str:name>/-/gatekeeper", switching.gatekeeper, name="cluster-gatekeeper"),
    path("clusters/<str:name>/-/sync", switching.sync, name="cluster-sync"),
    path("clusters/<str:name>/-/snapshot", upload.snapshot, name="cluster-snapshot"),
]
