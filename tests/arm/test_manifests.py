"""Data policy manifests: what a policy for Kubernetes may be made of, told before it is written."""

from __future__ import annotations

import jsonschema
import pytest

from tests.arm.addresses import NO_PRIVILEGE, PROVIDER, definitions
from tests.arm.conftest import Arm

MANIFESTS = f"/{PROVIDER}/dataPolicyManifests"
MODE = "Microsoft.Kubernetes.Data"


def test_the_mode_for_kubernetes_has_a_manifest(arm: Arm) -> None:
    found = arm.get(f"{MANIFESTS}/{MODE}")
    assert arm.get(f"{MANIFESTS}/{MODE.lower()}") == found
    assert (found["name"], found["type"]) == (MODE, "Microsoft.Authorization/dataPolicyManifests")
    properties = found["properties"]
    assert properties["policyMode"] == MODE
    assert {one["name"] for one in properties["effects"]} == {"Audit", "Deny", "Disabled", "Mutate"}
    assert {"type", "location"} <= set(properties["fieldValues"])
    assert arm.names(MANIFESTS) == [MODE]


def test_the_details_of_a_built_in_policy_fit_the_manifest(arm: Arm) -> None:
    effects = arm.get(f"{MANIFESTS}/{MODE}")["properties"]["effects"]
    schema = next(one["detailsSchema"] for one in effects if one["name"] == "Deny")
    rule = arm.get(definitions(name=NO_PRIVILEGE))["properties"]["policyRule"]
    details = rule["then"]["details"]
    fields = {name: value for name, value in details.items() if not isinstance(value, str)}
    jsonschema.validate(fields, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**fields, "excludedNamespace": []}, schema)


def test_manifests_are_filtered_by_namespace(arm: Arm) -> None:
    assert arm.names(MANIFESTS, filter="namespace eq 'microsoft.containerservice'") == [MODE]
    assert arm.names(MANIFESTS, filter="namespace eq 'Microsoft.KeyVault'") == []
    error = arm.error("GET", MANIFESTS, query={"$filter": "mode eq 'x'"})
    assert error["code"] == "InvalidFilterInQueryString"


def test_a_mode_without_a_manifest_is_not_found(arm: Arm) -> None:
    error = arm.error("GET", f"{MANIFESTS}/Microsoft.KeyVault.Data")
    assert (error["status"], error["code"]) == (404, "DataPolicyManifestNotFound")
