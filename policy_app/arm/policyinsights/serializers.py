"""Bodies of Microsoft.PolicyInsights' resources, as OpenAPI describes them.

Source of the fields: remediations and attestations of Azure's REST reference (2024-10-01), which
has more of them than the versions before; policy metadata and tracked resources as the Azure SDK
reads them.
"""

# ruff: noqa: N815 - the fields' names are ARM's
from __future__ import annotations

from rest_framework import serializers

from policy_app.arm.authorization.serializers import Anything, Mapping
from policy_app.arm.serializers import (
    ErrorDetailSerializer,
    PageSerializer,
    ResourceSerializer,
    Shape,
    SignedResourceSerializer,
)
from policy_app.models import Attestation, Remediation
from policy_app.services.attestations import OWNER_LIMIT


class RemediationFiltersSerializer(Shape):
    """What a remediation is limited to."""

    locations = serializers.ListField(child=serializers.CharField(), required=False)
    resourceIds = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Ids of clusters, or of objects in them as `remediatedResourceId` tells them.",
    )


class FailureThresholdSerializer(Shape):
    """When a remediation gives up."""

    percentage = serializers.FloatField(min_value=0, max_value=1)


class DeploymentStatusSerializer(Shape):
    """How far a remediation is."""

    totalDeployments = serializers.IntegerField()
    successfulDeployments = serializers.IntegerField()
    failedDeployments = serializers.IntegerField()


class RemediationPropertiesSerializer(Shape):
    """A remediation's properties."""

    policyAssignmentId = serializers.CharField()
    policyDefinitionReferenceId = serializers.CharField(
        required=False, help_text="Which policy, where the assignment is of a set."
    )
    resourceDiscoveryMode = serializers.ChoiceField(
        choices=Remediation.Discovery.values, required=False
    )
    provisioningState = serializers.ChoiceField(choices=Remediation.State.values, read_only=True)
    createdOn = serializers.DateTimeField(read_only=True)
    lastUpdatedOn = serializers.DateTimeField(read_only=True)
    filters = RemediationFiltersSerializer(required=False)
    deploymentStatus = DeploymentStatusSerializer(read_only=True)
    statusMessage = serializers.CharField(read_only=True)
    correlationId = serializers.UUIDField(read_only=True)
    resourceCount = serializers.IntegerField(required=False, min_value=1, max_value=50_000)
    parallelDeployments = serializers.IntegerField(required=False, min_value=1, max_value=30)
    failureThreshold = FailureThresholdSerializer(required=False)


class RemediationSerializer(SignedResourceSerializer):
    """A remediation."""

    properties = RemediationPropertiesSerializer()


class RemediationListResultSerializer(PageSerializer):
    """A page of remediations."""

    value = RemediationSerializer(many=True)


class RemediationDeploymentSerializer(Shape):
    """One object that a remediation changes."""

    remediatedResourceId = serializers.CharField()
    status = serializers.CharField()
    statusMessage = serializers.CharField(required=False, help_text="Ours: what was done.")
    resourceLocation = serializers.CharField()
    error = ErrorDetailSerializer(required=False)
    createdOn = serializers.DateTimeField()
    lastUpdatedOn = serializers.DateTimeField()


class RemediationDeploymentsListResultSerializer(PageSerializer):
    """A page of a remediation's objects."""

    value = RemediationDeploymentSerializer(many=True)


class AttestationEvidenceSerializer(Shape):
    """What somebody's word rests on."""

    description = serializers.CharField(required=False)
    sourceUri = serializers.CharField(required=False)


class AttestationPropertiesSerializer(Shape):
    """An attestation's properties."""

    policyAssignmentId = serializers.CharField()
    policyDefinitionReferenceId = serializers.CharField(
        required=False, help_text="Which policy, where the assignment is of a set."
    )
    complianceState = serializers.ChoiceField(choices=Attestation.State.values, required=False)
    expiresOn = serializers.DateTimeField(required=False)
    owner = serializers.CharField(required=False, max_length=OWNER_LIMIT)
    comments = serializers.CharField(required=False)
    evidence = AttestationEvidenceSerializer(many=True, required=False)
    provisioningState = serializers.CharField(read_only=True)
    lastComplianceStateChangeAt = serializers.DateTimeField(read_only=True)
    assessmentDate = serializers.DateTimeField(required=False)
    metadata = Mapping(required=False)


class AttestationSerializer(SignedResourceSerializer):
    """An attestation."""

    properties = AttestationPropertiesSerializer()


class AttestationListResultSerializer(PageSerializer):
    """A page of attestations."""

    value = AttestationSerializer(many=True)


class PolicyMetadataPropertiesSerializer(Shape):
    """What is known of a control."""

    metadataId = serializers.CharField()
    category = serializers.CharField()
    title = serializers.CharField()
    owner = serializers.CharField(required=False)
    additionalContentUrl = serializers.CharField(required=False)
    metadata = Mapping(required=False)
    description = serializers.CharField(required=False)
    requirements = serializers.CharField(required=False)


class PolicyMetadataSerializer(ResourceSerializer):
    """A control that initiatives' groups name."""

    properties = PolicyMetadataPropertiesSerializer()


class PolicyMetadataCollectionSerializer(PageSerializer):
    """A page of controls, without their descriptions."""

    value = PolicyMetadataSerializer(many=True)


class PolicyTrackedResourcesSerializer(PageSerializer):
    """A page of resources that policies deployed and look after."""

    value = serializers.ListField(child=Anything())
