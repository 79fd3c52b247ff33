"""triggerEvaluation: audit what is below a scope now, as a long-running operation.

The answer names an address that says 202 until every scan that was open by then is over, and 200
afterwards.  The address carries the scope and the moment, signed, so that nothing has to be kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core import signing
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm.policyinsights.places import INSIGHTS
from policy_app.arm.views import ArmView
from policy_app.models import Scan
from policy_app.services import scopes
from policy_app.services.authorization import actions
from policy_app.services.compliance import scanning
from policy_app.services.errors import NotFound

_SALT = "policy_app.arm.evaluations"
_POLL_SECONDS = "1"
_ACCEPTED = OpenApiResponse(description="Under way; `Location` says where to ask.")


class TriggerEvaluation(ArmView):
    """Audits on demand."""

    group = "PolicyStates"
    verbs = {"post": "TriggerEvaluation"}
    provider = "Microsoft.PolicyInsights/policyStates"
    post_action = actions.EVALUATE

    @extend_schema(request=None, responses={202: _ACCEPTED})
    def post(self, request: Request, **kwargs: str) -> Response:
        """Audit every cluster below the scope."""
        scanning.demand(self.scope, Scan.Trigger.API, self.caller, Scan.Reach.FULL)
        told = {"scope": self.scope.pk, "at": timezone.now().isoformat()}
        token = signing.dumps(told, salt=_SALT)
        host = f"{request.scheme}://{request.get_host()}"
        path = f"{self.scope.arm_id}/{INSIGHTS}/asyncOperationResults/{token}"
        version = request.query_params.get("api-version", "")
        return _under_way(f"{host}{path}?api-version={version}")


class AsyncOperationResult(ArmView):
    """How far an evaluation is."""

    group = "PolicyStates"
    verbs = {"get": "GetEvaluationResult"}

    @extend_schema(
        responses={
            200: OpenApiResponse(OpenApiTypes.OBJECT, description="Every scan is over."),
            202: _ACCEPTED,
        }
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """Ask how far an evaluation is."""
        at = self._moment(str(self.kwargs["operation"]))
        waiting = Scan.objects.filter(
            cluster__in=scopes.clusters_below(self.scope),
            state__in=Scan.OPEN,
            requested_at__lte=at,
        )
        if waiting.exists():
            return _under_way(request.build_absolute_uri())
        return Response({"status": "Succeeded"})

    def _moment(self, token: str) -> datetime:
        try:
            told: dict[str, Any] = signing.loads(token, salt=_SALT)
        except signing.BadSignature:
            told = {}
        if told.get("scope") != self.scope.pk:
            text = "There is no such operation; follow the Location of triggerEvaluation as it is."
            raise NotFound("OperationNotFound", text)
        return datetime.fromisoformat(str(told["at"]))


def _under_way(location: str) -> Response:
    headers = {"Location": location, "Retry-After": _POLL_SECONDS}
    return Response(status=status.HTTP_202_ACCEPTED, headers=headers)
