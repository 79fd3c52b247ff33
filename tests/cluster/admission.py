"""AdmissionReviews as a real API server sends them."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from policy_app.services.cluster import lookup, webhooks

UID = "705ab4f5-6393-11e8-b7cc-42010a800002"


def review(thing: dict[str, Any] | None, **request: Any) -> dict[str, Any]:
    """The review of a creation in the namespace ``team``, which the portal knows nothing of."""
    asked = {
        "uid": UID,
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web",
        "namespace": "team",
        "operation": "CREATE",
        "userInfo": {"username": "jane", "groups": ["system:authenticated"]},
        "object": thing,
        "oldObject": None,
        "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    head = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
    return {**head, "request": asked | request}


class ApiServer:
    """An API server with the configuration that the portal printed for ``aks-demo``."""

    def __init__(self) -> None:
        self._client = Client(SERVER_NAME="localhost", raise_request_exception=False)
        self.token = webhooks.token_of(lookup.by_name("aks-demo"))

    def call(
        self, body: Any, *, below: str | None = None, timeout: str = "10s", **headers: str
    ) -> HttpResponse:
        """Post a body, as it is or as JSON, to a path below ``admission/v1``."""
        path = f"validate/{self.token}" if below is None else below
        text = body if isinstance(body, bytes | str) else json.dumps(body)
        # Half of a pair of surrogates is no UTF-8, and a client may send its bytes all the same.
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        address = f"/clusters/aks-demo/admission/v1/{path}?timeout={timeout}"
        given = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        return self._client.post(address, data, "application/json", **given)  # type: ignore[return-value, arg-type]

    def ask(self, body: Any, *, below: str | None = None, timeout: str = "10s") -> dict[str, Any]:
        """The response that an AdmissionReview gets."""
        answer = self.call(body, below=below, timeout=timeout)
        assert answer.status_code == 200, answer.content
        given = json.loads(answer.content)
        assert given["apiVersion"] == "admission.k8s.io/v1"
        assert given["kind"] == "AdmissionReview"
        response: dict[str, Any] = given["response"]
        assert response["uid"] == UID
        return response
