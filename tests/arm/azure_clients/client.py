"""A program that makes the calls that its input asks for, with the Azure SDK of its PYTHONPATH.

Nothing of the portal is imported. Each line of JSON is answered with one. A call is
``{"url": …, "token": …, "client": "policy", "operation": "policy_exemptions.get",
"arguments": […], "keywords": {…}}``; its answer is one of

- ``{"value": …}``: models are objects by the names of their attributes, pages and pollers are
  followed to their end, and moments are ISO 8601;
- ``{"refused": ["ResourceNotFoundError", 404, "PolicyExemptionNotFound"]}``: the class of an
  ``HttpResponseError``, the HTTP status and ARM's code;
- ``{"failed": …}``: the trace of any other error.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.core.paging import ItemPaged
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from azure.core.polling import LROPoller
from azure.core.serialization import attribute_list, is_generated_model
from azure.mgmt import policyinsights
from azure.mgmt.resource import policy

CLIENTS: dict[str, Any] = {
    "policy": policy.PolicyClient,
    "insights": policyinsights.PolicyInsightsClient,
}
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
PATIENCE = 30  # seconds


@lru_cache(maxsize=4)
def client(name: str, url: str, token: str) -> Any:
    """One of the two clients; an authentication policy lets it speak plain HTTP."""
    key = AzureKeyCredential(token)
    return CLIENTS[name](
        key,
        SUBSCRIPTION,
        base_url=url,
        authentication_policy=AzureKeyCredentialPolicy(key, "Authorization", prefix="Bearer"),
        retry_total=0,
        read_timeout=PATIENCE,
        polling_interval=1,
    )


def plain(value: Any) -> Any:
    """What JSON can tell of an answer."""
    if is_generated_model(value):
        return {name: plain(getattr(value, name)) for name in attribute_list(value)}
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | ItemPaged):
        return [plain(one) for one in value]
    if isinstance(value, LROPoller):
        return plain(value.result(PATIENCE))
    return value.isoformat() if isinstance(value, datetime) else value


def answer(call: dict[str, Any]) -> dict[str, Any]:
    """Make one call."""
    group, operation = call["operation"].split(".")
    try:
        made = client(call["client"], call["url"], call["token"])
        method = getattr(getattr(made, group), operation)
        return {"value": plain(method(*call["arguments"], **call["keywords"]))}
    except HttpResponseError as error:
        code = error.error.code if error.error else None
        return {"refused": [type(error).__name__, error.status_code, code]}
    except Exception:
        return {"failed": traceback.format_exc()}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
