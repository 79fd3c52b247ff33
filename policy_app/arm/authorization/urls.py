"""Microsoft.Authorization's addresses, at every level that Azure has them."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern

from policy_app.arm.authorization import definition_versions, definitions
from policy_app.arm.authorization.assignments import PolicyAssignment, PolicyAssignments
from policy_app.arm.authorization.exemptions import PolicyExemption, PolicyExemptions
from policy_app.arm.authorization.kinds import INITIATIVES, POLICIES, Kind
from policy_app.arm.authorization.manifests import DataPolicyManifest, DataPolicyManifests
from policy_app.arm.authorization.what_if import WhatIf
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


def _assignments(level: Level) -> Iterator[URLPattern]:
    route = level.join(f"{AUTHORIZATION}/policyAssignments")
    yield arm_path(route, PolicyAssignments.as_view(level=level))
    one = f"{route}/<segment:policyAssignmentName>"
    yield arm_path(one, PolicyAssignment.as_view(level=level))
    yield arm_path(f"{one}/whatIf", WhatIf.as_view(level=level))


def _exemptions(level: Level) -> Iterator[URLPattern]:
    route = level.join(f"{AUTHORIZATION}/policyExemptions")
    yield arm_path(route, PolicyExemptions.as_view(level=level))
    yield arm_path(f"{route}/<segment:policyExemptionName>", PolicyExemption.as_view(level=level))


def _definitions(level: Level, kind: Kind) -> Iterator[URLPattern]:
    given = {"level": level, "kind": kind}
    built_in = level is TENANT
    route = level.join(f"{AUTHORIZATION}/{kind.folder}")
    one = f"{route}/<segment:{kind.parameter}>"
    all_versions = f"list{kind.group.removesuffix('s')}Versions"
    single = definitions.BuiltInDefinition if built_in else definitions.OneDefinition
    version = definition_versions.BuiltInVersion if built_in else definition_versions.OneVersion
    yield arm_path(route, definitions.Definitions.as_view(**given))
    yield arm_path(one, single.as_view(**given))
    yield arm_path(f"{one}/versions", definition_versions.Versions.as_view(**given))
    yield arm_path(f"{one}/versions/<segment:policyDefinitionVersion>", version.as_view(**given))
    yield arm_path(
        level.join(f"{AUTHORIZATION}/{all_versions}"),
        definition_versions.AllVersions.as_view(**given),
    )


_manifests = f"{AUTHORIZATION}/dataPolicyManifests"
_of_tenant = [
    arm_path(_manifests, DataPolicyManifests.as_view(level=TENANT)),
    arm_path(f"{_manifests}/<segment:policyMode>", DataPolicyManifest.as_view(level=TENANT)),
]

urlpatterns = (
    _of_tenant
    + [
        pattern
        for level in (MANAGEMENT_GROUP, SUBSCRIPTION, RESOURCE_GROUP, RESOURCE)
        for patterns in (_assignments, _exemptions)
        for pattern in patterns(level)
    ]
    + [
        pattern
        for level in (TENANT, MANAGEMENT_GROUP, SUBSCRIPTION)
        for kind in (POLICIES, INITIATIVES)
        for pattern in _definitions(level, kind)
    ]
)
