"""Microsoft.Authorization's bodies, as OpenAPI describes them.

The services check what comes in and ``shapes`` makes what goes out; tests/arm/test_schema.py
holds both to this description.  Source of the fields: Azure's policy REST reference.
"""

# ruff: noqa: N815 - the fields' names are ARM's
from __future__ import annotations

from typing import Any

from rest_framework import serializers

from policy_app.arm.serializers import (
    PageSerializer,
    ResourceSerializer,
    Shape,
    SignedResourceSerializer,
    SystemDataSerializer,
)

VERSION = "A version as `#.#.#`."
PATTERN = "A version, or a pattern as `6.*.*` for the newest that fits; empty for the latest."
EXPANDED = "Filled in where `$expand` asks for it; a request's own value is ignored."


class Anything(serializers.JSONField):
    """Any JSON value."""


class Mapping(serializers.DictField):
    """A JSON object with free names."""

    child = Anything()


class ParameterValueSerializer(Shape):
    """A parameter's value, wrapped as ARM does."""

    value = Anything()


class ParameterValues(serializers.DictField):
    """Parameter values by name."""

    child = ParameterValueSerializer()


class SelectorSerializer(Shape):
    """What a resource selector or an override is limited to; ``in`` and ``notIn`` are lists."""

    kind = serializers.CharField(help_text="Such as `policyDefinitionReferenceId`.")
    notIn = serializers.ListField(child=serializers.CharField(), required=False)
    progress = serializers.IntegerField(required=False)

    def get_fields(self) -> dict[str, Any]:
        """With ``in``, which no Python attribute can be called."""
        text = serializers.CharField()
        values = serializers.ListField(child=text, required=False, allow_null=True)
        return {**super().get_fields(), "in": values}


class ResourceSelectorSerializer(Shape):
    """A subset of the scope that the assignment is limited to."""

    name = serializers.CharField(required=False)
    selectors = SelectorSerializer(many=True, required=False)


class OverrideSerializer(Shape):
    """An effect or a definition version in place of the definition's."""

    kind = serializers.CharField(help_text="`policyEffect` or `definitionVersion`.")
    value = serializers.CharField()
    selectors = SelectorSerializer(many=True, required=False)


class NonComplianceMessageSerializer(Shape):
    """What a person is told when something does not comply."""

    message = serializers.CharField()
    policyDefinitionReferenceId = serializers.CharField(required=False)


class PolicyAssignmentPropertiesSerializer(Shape):
    """A policy assignment's properties."""

    displayName = serializers.CharField(required=False, max_length=128)
    description = serializers.CharField(required=False)
    policyDefinitionId = serializers.CharField(
        help_text="The id of a policy definition or a policy set definition."
    )
    definitionVersion = serializers.CharField(required=False, help_text=PATTERN)
    latestDefinitionVersion = serializers.CharField(required=False, help_text=EXPANDED)
    effectiveDefinitionVersion = serializers.CharField(required=False, help_text=EXPANDED)
    scope = serializers.CharField(read_only=True)
    notScopes = serializers.ListField(child=serializers.CharField(), required=False)
    parameters = ParameterValues(required=False)
    metadata = Mapping(required=False)
    enforcementMode = serializers.ChoiceField(
        choices=["Default", "DoNotEnforce"], default="Default", required=False
    )
    nonComplianceMessages = NonComplianceMessageSerializer(many=True, required=False)
    resourceSelectors = ResourceSelectorSerializer(many=True, required=False)
    overrides = OverrideSerializer(many=True, required=False)
    assignmentType = serializers.CharField(required=False)
    selfServeExemptionSettings = Mapping(required=False)
    instanceId = serializers.UUIDField(read_only=True)


class PolicyAssignmentSerializer(SignedResourceSerializer):
    """A policy assignment."""

    location = serializers.CharField(required=False)
    identity = Mapping(required=False)
    properties = PolicyAssignmentPropertiesSerializer()


class PolicyAssignmentUpdatePropertiesSerializer(Shape):
    """The properties that PATCH may change."""

    resourceSelectors = ResourceSelectorSerializer(many=True, required=False)
    overrides = OverrideSerializer(many=True, required=False)
    selfServeExemptionSettings = Mapping(required=False)


class PolicyAssignmentUpdateSerializer(Shape):
    """What PATCH may change; everything else goes through PUT."""

    location = serializers.CharField(required=False)
    identity = Mapping(required=False)
    properties = PolicyAssignmentUpdatePropertiesSerializer(required=False)


class PolicyAssignmentListResultSerializer(PageSerializer):
    """A page of policy assignments."""

    value = PolicyAssignmentSerializer(many=True)


class PolicyExemptionUpdatePropertiesSerializer(Shape):
    """The properties that PATCH may change."""

    resourceSelectors = ResourceSelectorSerializer(many=True, required=False)
    assignmentScopeValidation = serializers.ChoiceField(
        choices=["Default", "DoNotValidate"], default="Default", required=False
    )
    exemptionManagementMode = serializers.ChoiceField(
        choices=["Admin", "UserSelfServe"], default="Admin", required=False
    )


class PolicyExemptionPropertiesSerializer(PolicyExemptionUpdatePropertiesSerializer):
    """A policy exemption's properties."""

    policyAssignmentId = serializers.CharField(help_text="The assignment that it is from.")
    policyDefinitionReferenceIds = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Policies of an initiative; without any, all of them are exempt.",
    )
    exemptionCategory = serializers.ChoiceField(choices=["Waiver", "Mitigated"])
    expiresOn = serializers.DateTimeField(required=False)
    displayName = serializers.CharField(required=False, max_length=128)
    description = serializers.CharField(required=False)
    metadata = Mapping(required=False)


class PolicyExemptionSerializer(SignedResourceSerializer):
    """A policy exemption."""

    properties = PolicyExemptionPropertiesSerializer()


class PolicyExemptionUpdateSerializer(Shape):
    """What PATCH may change; everything else goes through PUT."""

    properties = PolicyExemptionUpdatePropertiesSerializer(required=False)


class PolicyExemptionListResultSerializer(PageSerializer):
    """A page of policy exemptions."""

    value = PolicyExemptionSerializer(many=True)


class ParameterDefinitionSerializer(Shape):
    """What a definition says of one of its parameters."""

    type = serializers.CharField(help_text="`String`, `Array`, `Object`, `Boolean`, `Integer`…")
    allowedValues = serializers.ListField(child=Anything(), required=False)
    defaultValue = Anything(required=False)
    schema = Mapping(required=False)
    metadata = Mapping(required=False)


class ParameterDefinitions(serializers.DictField):
    """Parameters by name."""

    child = ParameterDefinitionSerializer()


class DefinitionPropertiesSerializer(Shape):
    """What policy definitions and policy set definitions have in common."""

    policyType = serializers.CharField(
        required=False, help_text="`BuiltIn`, `Custom` or `Static`; PUT takes `Custom` alone."
    )
    displayName = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    metadata = Mapping(required=False)
    parameters = ParameterDefinitions(required=False)
    version = serializers.CharField(
        required=False, help_text=f"{VERSION} PUT raises it by what changed, if it is not higher."
    )
    versions = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="All versions, newest first; not in a version's own body.",
    )


class PolicyDefinitionPropertiesSerializer(DefinitionPropertiesSerializer):
    """A policy definition's properties."""

    mode = serializers.CharField(
        required=False, help_text="Such as `Microsoft.Kubernetes.Data`; `All` where it is left out."
    )
    policyRule = Mapping()


class PolicyDefinitionSerializer(ResourceSerializer):
    """A policy definition, or one version of it."""

    properties = PolicyDefinitionPropertiesSerializer()
    systemData = SystemDataSerializer(required=False)


class PolicyDefinitionListResultSerializer(PageSerializer):
    """A page of policy definitions, or of versions."""

    value = PolicyDefinitionSerializer(many=True)


class DataEffectSerializer(Shape):
    """An effect of a mode, and the schema of its details."""

    name = serializers.CharField()
    detailsSchema = Mapping()


class DataManifestResourceFunctionsSerializer(Shape):
    """The functions that a condition may call."""

    standard = serializers.ListField(child=serializers.CharField())
    custom = serializers.ListField(child=Mapping())


class DataPolicyManifestPropertiesSerializer(Shape):
    """What a policy of a mode may be made of."""

    namespaces = serializers.ListField(child=serializers.CharField())
    policyMode = serializers.CharField()
    isBuiltInOnly = serializers.BooleanField()
    resourceTypeAliases = serializers.ListField(child=Mapping())
    effects = DataEffectSerializer(many=True)
    fieldValues = serializers.ListField(child=serializers.CharField())
    resourceFunctions = DataManifestResourceFunctionsSerializer()


class DataPolicyManifestSerializer(ResourceSerializer):
    """A data policy manifest."""

    properties = DataPolicyManifestPropertiesSerializer()


class DataPolicyManifestListResultSerializer(PageSerializer):
    """The data policy manifests."""

    value = DataPolicyManifestSerializer(many=True)


class PolicyDefinitionReferenceSerializer(Shape):
    """A member of a policy set definition."""

    policyDefinitionId = serializers.CharField()
    definitionVersion = serializers.CharField(required=False, help_text=PATTERN)
    latestDefinitionVersion = serializers.CharField(required=False, help_text=EXPANDED)
    effectiveDefinitionVersion = serializers.CharField(required=False, help_text=EXPANDED)
    parameters = ParameterValues(required=False)
    policyDefinitionReferenceId = serializers.CharField(required=False)
    groupNames = serializers.ListField(child=serializers.CharField(), required=False)


class PolicyDefinitionGroupSerializer(Shape):
    """A group of members, such as one control of a standard."""

    name = serializers.CharField()
    displayName = serializers.CharField(required=False)
    category = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    additionalMetadataId = serializers.CharField(required=False)


class PolicySetDefinitionPropertiesSerializer(DefinitionPropertiesSerializer):
    """A policy set definition's properties."""

    policyDefinitions = PolicyDefinitionReferenceSerializer(many=True)
    policyDefinitionGroups = PolicyDefinitionGroupSerializer(many=True, required=False)


class PolicySetDefinitionSerializer(ResourceSerializer):
    """A policy set definition (an initiative), or one version of it."""

    properties = PolicySetDefinitionPropertiesSerializer()
    systemData = SystemDataSerializer(required=False)


class PolicySetDefinitionListResultSerializer(PageSerializer):
    """A page of policy set definitions, or of versions."""

    value = PolicySetDefinitionSerializer(many=True)
