"""Every other address of ARM's: said to be missing here, or missing altogether."""

from __future__ import annotations

import re
from typing import NoReturn

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from policy_app.arm.errors import not_yet
from policy_app.arm.resource_types import SERVED
from policy_app.arm.views import ArmView
from policy_app.services.errors import NotFound

_PROVIDER = re.compile(r"/providers/([^/]+)(?:/([^/]+))?", re.IGNORECASE)
_TYPES = {namespace.lower(): types for namespace, types in SERVED.items()}
_NOT_YET: dict[str, set[str]] = {
    "microsoft.authorization": {
        "policyenrollments",
        "variables",
        "acquirepolicytoken",
    },
    "microsoft.policyinsights": {"eventgridfilters"},
}
_ODATA = re.compile(r"/(policyStates|policyEvents)/\$metadata/*", re.IGNORECASE)
"""The OData document of states and events, which Azure's first api-versions have."""


@extend_schema(exclude=True)
class Unserved(ArmView):
    """501 for policy resource types that Azure has, 404 for the rest; whatever the method."""

    def get(self, request: Request, **kwargs: str) -> NoReturn:
        """Refuse."""
        found = _PROVIDER.findall(request.path)
        namespace, resource = found[-1] if found else ("", "")
        if resource.lower() in _NOT_YET.get(namespace.lower(), ()):
            raise not_yet(f"{namespace}/{resource}")
        if namespace.lower() == "microsoft.policyinsights" and _ODATA.search(request.path):
            raise not_yet(f"{namespace}/{resource}/$metadata")
        raise _missing(request.path, namespace, resource)

    post = put = patch = delete = get


def _missing(path: str, namespace: str, resource: str) -> NotFound:
    if namespace and namespace.lower() not in _NOT_YET:
        text = f"The resource namespace '{namespace}' is none that the portal serves."
        return NotFound("InvalidResourceNamespace", text)
    served = _TYPES.get(namespace.lower(), {})
    if resource and resource.lower() not in {one.lower() for one in served}:
        text = (
            f"The resource type '{resource}' could not be found in the namespace '{namespace}';"
            f" the portal serves {', '.join(served)}."
        )
        return NotFound("InvalidResourceType", text)
    return NotFound("NotFound", f"There is nothing at '{path}'.")
