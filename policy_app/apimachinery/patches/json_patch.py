"""JSON Patch, RFC 6902, by the library ``jsonpatch``, with the API server's refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonpatch
from jsonpointer import JsonPointerException

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object

MOST = 10_000
"""Operations of one patch, as in the API server."""


def apply(kind: Kind, current: Mapping[str, Any], operations: Any) -> Object:
    """What the operations make of an object.  Raises ``ApiError`` 400, 413 or 422."""
    if not isinstance(operations, list):
        raise errors.bad_request("a JSON patch must be a list of operations")
    if len(operations) > MOST:
        raise errors.ApiError(
            413,
            "RequestEntityTooLarge",
            f"The allowed maximum operations in a JSON patch is {MOST}, got {len(operations)}",
        )
    try:
        patched = jsonpatch.JsonPatch(operations).apply(current, in_place=False)
    except jsonpatch.JsonPatchTestFailed as error:
        raise _cannot(error) from None
    except jsonpatch.InvalidJsonPatch as error:
        raise errors.bad_request(f"the JSON patch is invalid: {error}") from None
    except (jsonpatch.JsonPatchConflict, JsonPointerException) as error:
        raise _cannot(error) from None
    except (TypeError, KeyError, AttributeError, IndexError, ValueError) as error:
        # The library takes operations as they come, and fails in its own ways on odd ones.
        raise errors.bad_request(f"the JSON patch cannot be read: {error}") from None
    if not isinstance(patched, dict):
        raise errors.bad_request(f"the JSON patch leaves no {kind.kind}")
    return patched


def _cannot(error: Exception) -> errors.ApiError:
    message = f"the server rejected our request due to an error in our request: {error}"
    return errors.ApiError(422, "Invalid", message)
