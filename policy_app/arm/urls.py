"""The REST door's addresses: one list a resource provider, the schema, and the refusals."""

from __future__ import annotations

from django.urls import path

from policy_app.arm.authorization.urls import urlpatterns as authorization
from policy_app.arm.containerservice.urls import urlpatterns as containerservice
from policy_app.arm.control import urlpatterns as control
from policy_app.arm.docs import BrowsableDocs, Schema
from policy_app.arm.management.urls import urlpatterns as management
from policy_app.arm.oauth import urlpatterns as oauth
from policy_app.arm.policyinsights.urls import urlpatterns as policyinsights
from policy_app.arm.resources.urls import urlpatterns as resources
from policy_app.arm.roles.urls import urlpatterns as roles
from policy_app.arm.routes import arm_path
from policy_app.arm.unserved import Unserved

urlpatterns = [
    path("schema", Schema.as_view(), name="schema"),
    path("schema/docs", BrowsableDocs.as_view(), name="schema-docs"),
    *authorization,
    *containerservice,
    *control,
    *management,
    *oauth,
    *policyinsights,
    *resources,
    *roles,
    *(
        arm_path(route, Unserved.as_view())
        for root in ("subscriptions", "providers")
        for route in (root, f"{root}/<rest:path>")
    ),
]
