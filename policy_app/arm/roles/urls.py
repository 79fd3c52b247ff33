"""The addresses of roles and role assignments, at every level that Azure has them."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern

from policy_app.arm.roles import views
from policy_app.arm.routes import (
    AUTHORIZATION,
    MANAGEMENT_GROUP,
    RESOURCE,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    TENANT,
    Level,
    arm_path,
)


def _at(level: Level) -> Iterator[URLPattern]:
    definitions = level.join(f"{AUTHORIZATION}/roleDefinitions")
    one = f"{definitions}/<segment:roleDefinitionId>"
    single = views.BuiltInRole if level is TENANT else views.OneRoleDefinition
    yield arm_path(definitions, views.RoleDefinitions.as_view(level=level))
    yield arm_path(one, single.as_view(level=level))
    if level is TENANT:
        return
    given = level.join(f"{AUTHORIZATION}/roleAssignments")
    yield arm_path(given, views.RoleAssignments.as_view(level=level))
    yield arm_path(
        f"{given}/<segment:roleAssignmentName>", views.OneRoleAssignment.as_view(level=level)
    )


urlpatterns = [
    pattern
    for level in (TENANT, MANAGEMENT_GROUP, SUBSCRIPTION, RESOURCE_GROUP, RESOURCE)
    for pattern in _at(level)
]
