"""Requests to a real API server, and each way in which they fail in a sentence."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import urllib3
from urllib3 import exceptions

from policy_app.services.errors import PolicyError
from policy_app.services.snapshots.kubeconfig import Connection

_client: Any = import_module("kubernetes.client")

_TIMES = (10, 60)
"""Seconds to connect, and to wait for an answer."""
_AGAIN = urllib3.Retry(
    total=4,
    connect=1,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET",),
    raise_on_status=False,
)
_PER_RESOURCE = frozenset({403, 404, 405, 406, 410, 503})


class Refused(Exception):  # noqa: N818 - the server's answer, which may concern one kind alone
    """A refusal that the rest of the snapshot can do without."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Asking:
    """GET requests with the credentials of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._to = connection
        # What is tried again is told if it fails in the end.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        connection.client.configuration.retries = _AGAIN
        # The pool is made with the retries, and was made before they were set.
        connection.client.rest_client = type(connection.client.rest_client)(
            connection.client.configuration
        )

    def get(self, path: str, accept: str) -> Mapping[str, Any]:
        """The answer as an object.  Raises ``Refused``, or ``PolicyError`` where nothing helps."""
        client = self._to.client
        headers = {**client.default_headers, "Accept": accept}
        # What expires is renewed here.
        client.update_params_for_auth(headers, [], ["BearerToken"], path, "GET", None)
        try:
            answer = client.rest_client.request(
                "GET", f"{self._to.server}{path}", headers=headers, _request_timeout=_TIMES
            )
            status, body = int(answer.status), answer.read()
        except (_client.ApiException, exceptions.HTTPError, OSError, ValueError) as error:
            raise self._unreachable(error) from None
        if status != 200:
            raise self._refusal(status, _message(body), path)
        return self._object(body, path)

    def _object(self, body: bytes, path: str) -> Mapping[str, Any]:
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self._wrong(f"what answers at {path} is no Kubernetes API server")
        return found

    def _refusal(self, status: int, message: str, path: str) -> Exception:
        if status == 401:
            whom = f"user {self._to.user}" if self._to.user else "nobody"
            return self._wrong(
                f"it does not take the credentials of {whom} in context {self._to.context} (401):"
                " they may have expired; sign in anew"
            )
        told = f"{message} ({status})" if message else f"({status})"
        needed = path in ("/version", "/api", "/apis")
        if status in _PER_RESOURCE and not needed:
            return Refused(status, told)
        return self._wrong(f"it does not answer GET {path.partition('?')[0]}: {told}")

    def _unreachable(self, error: Exception) -> PolicyError:
        reason: Any = error
        while isinstance(getattr(reason, "reason", None), Exception):
            reason = reason.reason
        if isinstance(reason, exceptions.SSLError) or isinstance(error, _client.ApiException):
            return self._wrong(
                f"its certificate is not trusted: {_of_tls(reason)}; see"
                " certificate-authority of the cluster in the kubeconfig"
            )
        timed_out = isinstance(reason, exceptions.TimeoutError)
        if timed_out and not isinstance(reason, exceptions.NewConnectionError):
            return self._wrong("it does not answer in time")
        cause = getattr(reason, "__cause__", None) or reason
        why = getattr(cause, "strerror", None) or type(reason).__name__
        return self._wrong(f"it cannot be reached: {why}")

    def _wrong(self, why: str) -> PolicyError:
        message = f"The cluster at {self._to.server} cannot be read: {why}."
        return PolicyError("ClusterUnreachable", message, target="kubeconfig")


def _of_tls(reason: Exception) -> str:
    """What OpenSSL says, without its places in C."""
    inner = next((one for one in reason.args if isinstance(one, ssl.SSLError)), None)
    told = getattr(inner, "verify_message", "") or getattr(inner, "reason", "")
    return str(told or reason).partition("(_ssl")[0].strip().splitlines()[-1][:200]


def _message(body: bytes) -> str:
    """The message of a Status; of another answer, nothing."""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    return str(found.get("message", ""))[:300] if isinstance(found, dict) else ""
