"""policyAssignments/{name}/whatIf: what an assignment would break; Azure has no such thing."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import bodies
from policy_app.arm.authorization.serializers import PolicyAssignmentSerializer
from policy_app.arm.views import ArmView
from policy_app.services import assignments, drafts, whatif
from policy_app.services.authorization import actions
from policy_app.services.drafts import AssignmentDraft
from policy_app.services.errors import PolicyError
from policy_app.services.whatif import shapes

_SECONDS = 60.0
_MOST = 1_000
_TOP = OpenApiParameter(
    "$top",
    OpenApiTypes.INT,
    description=f"How many objects of each cluster are listed, from 1 to {_MOST} ({_MOST}).",
)


class WhatIf(ArmView):
    """What would become of the objects below a scope, were an assignment stored there."""

    group = "PolicyAssignments"
    provider = actions.ASSIGNMENTS
    verbs = {"post": "WhatIf"}
    post_action = actions.ASSIGN

    @extend_schema(
        parameters=[_TOP],
        request=PolicyAssignmentSerializer,
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, description="What would change.")},
    )
    def post(self, request: Request, **kwargs: str) -> Response:
        """Say what a PUT of this body would newly refuse, report or change. Nothing is stored.

        Without a body the stored assignment of that name is examined. After a minute the answer
        says of how many objects it speaks. Clusters that the caller may not read are counted alone.
        """
        draft = self._draft(request)
        drafts.validate(draft)
        impact = whatif.examine(draft, seconds=_SECONDS, by=self.caller)
        return Response(shapes.to_object(impact, _top(request)))

    def _draft(self, request: Request) -> AssignmentDraft:
        name = str(self.kwargs["policyAssignmentName"])
        if request.data is None or request.data == {}:
            return drafts.from_assignment(assignments.get(self.scope, name))
        body: Any = bodies.json_object(request.data)
        return drafts.from_arm(self.scope, name, body, self.caller)


def _top(request: Request) -> int:
    given = request.query_params.get("$top", str(_MOST))
    if given.isdecimal() and 1 <= int(given) <= _MOST:
        return int(given)
    text = f"The query parameter $top is '{given}'; it must be a number from 1 to {_MOST}."
    raise PolicyError("InvalidQueryParameter", text, target="$top")
