"""The types of resources that the portal serves, by namespace, and since which api-version.

Source of the versions: Azure's REST references and its provider listing.
"""

from __future__ import annotations

SERVED: dict[str, dict[str, str]] = {
    "Microsoft.Authorization": {
        "dataPolicyManifests": "2020-09-01",
        "policyAssignments": "2015-10-01-preview",
        "policyDefinitions": "2015-10-01-preview",
        "policyExemptions": "2020-07-01-preview",
        "policySetDefinitions": "2017-06-01-preview",
        # Any api-version is taken.
        "roleAssignments": "",
        "roleDefinitions": "",
    },
    "Microsoft.PolicyInsights": {
        "attestations": "2021-01-01",
        "checkPolicyRestrictions": "2020-07-01-preview",
        "componentPolicyStates": "2022-04-01",
        "operations": "2017-08-09-preview",
        "policyEvents": "2017-08-09-preview",
        "policyMetadata": "2019-10-01",
        "policyStates": "2017-08-09-preview",
        "policyTrackedResources": "2018-07-01-preview",
        "remediations": "2018-07-01-preview",
    },
}
OF_VERSIONS = dict.fromkeys(
    (
        *("policyDefinitions/versions", "policySetDefinitions/versions"),
        *("listPolicyDefinitionVersions", "listPolicySetDefinitionVersions"),
    ),
    "2023-04-01",
)
"""What Microsoft.Authorization has beside its types since definitions have versions."""
