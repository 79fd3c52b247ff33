"""What an API server refuses, as the ``Status`` that clients read.

Sources: ``metav1.Status`` of apimachinery for fields and reasons; ``errors.go`` there for which
code and message belong to which reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policy_app.apimachinery.kinds import Kind


@dataclass(frozen=True, slots=True)
class Cause:
    """One fault of an object: ``spec.containers[0].name`` / ``Required value``."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"

    def to_object(self) -> dict[str, Any]:
        """The cause as ``details.causes`` holds it."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


class ApiError(Exception):
    """A request that is refused: HTTP ``code``, ``reason`` and ``message`` of a Status."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        *,
        warnings: Iterable[str] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = dict(details or {})
        self.warnings = tuple(warnings)

    def to_status(self) -> dict[str, Any]:
        """The Status object; a reason is left out where there is none, as clients expect."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "code": self.code,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details:
            status["details"] = self.details
        return status


def success(details: Mapping[str, Any]) -> dict[str, Any]:
    """The Status of a deletion that leaves nothing to show.

    ``details`` has name, group, kind and uid.
    """
    head = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return {**head, "details": dict(details)}


def bad_request(message: str) -> ApiError:
    """400: the request itself is wrong."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """401: nobody knows who asks."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(kind: Kind, name: str, why: str) -> ApiError:
    """403: the caller may not, or an admission plug-in says no."""
    subject = f"{kind.qualified} {_quoted(name)}" if name else kind.qualified
    message = f"{subject} is forbidden: {why}"
    return ApiError(403, "Forbidden", message, _about(kind, name))


def no_such_path() -> ApiError:
    """404: the path names nothing that this server has."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def not_found(kind: Kind, name: str) -> ApiError:
    """404: there is no object of that name."""
    message = f"{kind.qualified} {_quoted(name)} not found"
    return ApiError(404, "NotFound", message, _about(kind, name))


def method_not_allowed(method: str) -> ApiError:
    """405: the resource does not have this verb."""
    message = f"the server does not allow this method ({method}) on the requested resource"
    return ApiError(405, "MethodNotAllowed", message)


def already_exists(kind: Kind, name: str) -> ApiError:
    """409: a name can be given once."""
    message = f"{kind.qualified} {_quoted(name)} already exists"
    return ApiError(409, "AlreadyExists", message, _about(kind, name))


def conflict(kind: Kind, name: str, why: str) -> ApiError:
    """409: the object changed since the caller read it."""
    message = f"Operation cannot be fulfilled on {kind.qualified} {_quoted(name)}: {why}"
    return ApiError(409, "Conflict", message, _about(kind, name))


def expired(message: str) -> ApiError:
    """410: a resourceVersion or continue token that is too old to go on from."""
    return ApiError(410, "Expired", message)


def too_large(limit: int) -> ApiError:
    """413: the body is longer than ``limit`` bytes."""
    message = f"Request entity too large: limit is {limit}"
    return ApiError(413, "RequestEntityTooLarge", message)


def unsupported_media_type(message: str) -> ApiError:
    """415: a body in a form that this resource does not take."""
    return ApiError(415, "UnsupportedMediaType", message)


def invalid(kind: Kind, name: str, causes: Iterable[Cause]) -> ApiError:
    """422: the object breaks the rules of its kind; one cause a fault."""
    faults = list(causes)
    told = [f"{one.field}: {one.message}" for one in faults]
    rest = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    message = f"{kind.kind_and_group} {_quoted(name)} is invalid: {rest}"
    details = {**_about(kind, name), "kind": kind.kind, "causes": [c.to_object() for c in faults]}
    return ApiError(422, "Invalid", message, details)


def too_many_requests(message: str, seconds: int = 1) -> ApiError:
    """429: ask again in some seconds."""
    return ApiError(429, "TooManyRequests", message, {"retryAfterSeconds": seconds})


def internal(message: str) -> ApiError:
    """500: something between the client and the answer failed, a webhook for example."""
    cause = {"message": message}
    text = f"Internal error occurred: {message}"
    return ApiError(500, "InternalError", text, {"causes": [cause]})


def _about(kind: Kind, name: str) -> dict[str, Any]:
    about = {"name": name, "group": kind.group, "kind": kind.plural}
    return {key: value for key, value in about.items() if value}


def _quoted(name: str) -> str:
    # Go's %q: backslashes and quotes are escaped.
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
