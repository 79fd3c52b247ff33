"""The estate: scopes and clusters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from policy_app.admin.base import Recorded
from policy_app.models import Cluster, Scope

if TYPE_CHECKING:
    ScopeModelForm = forms.ModelForm[Scope]
else:
    ScopeModelForm = forms.ModelForm

_PROVIDERS = "|".join(re.escape(kind) for kind in (Cluster.MANAGED, Cluster.CONNECTED))
# The kinds that may be above, and what the id adds to the parent's; groups and subscriptions have
# ids that do not contain their parent's.
_BELOW: dict[str, tuple[tuple[str, ...], str]] = {
    Scope.Kind.MANAGEMENT_GROUP: (
        (Scope.Kind.MANAGEMENT_GROUP,),
        "/providers/Microsoft.Management/managementGroups/{name}",
    ),
    Scope.Kind.SUBSCRIPTION: ((Scope.Kind.MANAGEMENT_GROUP,), "/subscriptions/{name}"),
    Scope.Kind.RESOURCE_GROUP: ((Scope.Kind.SUBSCRIPTION,), "{parent}/resourceGroups/{name}"),
    Scope.Kind.CLUSTER: (
        (Scope.Kind.RESOURCE_GROUP,),
        f"{{parent}}/providers/({_PROVIDERS})/{{name}}",
    ),
}


class ScopeForm(ScopeModelForm):
    """A new scope has to fit its parent, and its id its place."""

    class Meta:
        model = Scope
        fields = ("kind", "parent", "name", "display_name", "arm_id", "location")

    def clean(self) -> dict[str, Any]:
        """Refuse a parent of the wrong kind, and an id that says something else."""
        given = super().clean() or {}
        if self.instance.pk is None and {"kind", "name", "arm_id"} <= given.keys():
            self._check_place(given)
        return given

    def _check_place(self, given: dict[str, Any]) -> None:
        above, shape = _BELOW[given["kind"]]
        parent = given.get("parent")
        is_root = parent is None and given["kind"] == Scope.Kind.MANAGEMENT_GROUP
        if not is_root and (parent is None or parent.kind not in above):
            wanted = " or ".join(Scope.Kind(kind).label.lower() for kind in above)
            raise ValidationError({"parent": f"Choose a {wanted}: it is what this kind is below."})
        parent_id = re.escape(parent.arm_id) if parent else ""
        pattern = shape.format(parent=parent_id, name=re.escape(given["name"]))
        if not re.fullmatch(pattern, given["arm_id"], re.IGNORECASE):
            example = shape.format(parent=parent.arm_id if parent else "", name=given["name"])
            example = example.replace(f"({_PROVIDERS})", Cluster.MANAGED)
            raise ValidationError({"arm_id": f"For this kind and name the id is {example}"})


@admin.register(Scope)
class ScopeAdmin(Recorded):
    """The tree; where a scope stands and what it is called in ids does not change afterwards."""

    form = ScopeForm
    list_display = ("display_name", "kind", "parent", "location", "arm_id")
    list_filter = ("kind",)
    list_select_related = ("parent",)
    search_fields = ("display_name", "name", "arm_id")
    raw_id_fields = ("parent",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Everything that the ids of what is below are made from."""
        return ("kind", "parent", "name", "arm_id") if obj else ()


@admin.register(Cluster)
class ClusterAdmin(Recorded):
    """Clusters: their add-on, their versions. What is in them is kubectl's to change."""

    list_display = (
        "scope",
        "resource_type",
        "source",
        "addon_enabled",
        "gatekeeper",
        "kubernetes_version",
    )
    list_filter = ("addon_enabled", "source", "resource_type", "gatekeeper")
    # Snapshots alone make mirrors, and say what they did.
    readonly_fields = ("source", "mirrored_from", "mirrored_at", "mirror_notes")
    list_select_related = ("scope",)
    search_fields = ("scope__name", "scope__arm_id")
    raw_id_fields = ("scope",)
