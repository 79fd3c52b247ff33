"""Microsoft.Resources' addresses."""

from __future__ import annotations

from policy_app.arm.resources import views
from policy_app.arm.routes import RESOURCE_GROUP, SUBSCRIPTION, TENANT, arm_path

urlpatterns = [
    arm_path("tenants", views.Tenants.as_view(level=TENANT)),
    arm_path("subscriptions", views.Subscriptions.as_view(level=TENANT)),
    arm_path(SUBSCRIPTION.route, views.Subscription.as_view(level=SUBSCRIPTION)),
    arm_path(SUBSCRIPTION.join("resourceGroups"), views.ResourceGroups.as_view(level=SUBSCRIPTION)),
    arm_path(RESOURCE_GROUP.route, views.ResourceGroup.as_view(level=RESOURCE_GROUP)),
]
