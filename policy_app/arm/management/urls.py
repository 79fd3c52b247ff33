"""Microsoft.Management's addresses."""

from __future__ import annotations

from policy_app.arm.management import views
from policy_app.arm.routes import MANAGEMENT_GROUP, TENANT, arm_path

urlpatterns = [
    arm_path(
        "providers/Microsoft.Management/managementGroups",
        views.ManagementGroups.as_view(level=TENANT),
    ),
    arm_path(MANAGEMENT_GROUP.route, views.ManagementGroup.as_view(level=MANAGEMENT_GROUP)),
]
