"""JSON Patch, RFC 6902, by the library ``jsonpatch``, with the API server's refusals."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import jsonpatch
from jsonpointer import JsonPointer, JsonPointerException

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object

MOST = 10_000
"""Operations of one patch, as in the API server."""

MOST_COPIED = 3 * 1024 * 1024
"""Characters that the copies of one patch may come to: copies of copies would grow without end."""


def apply(kind: Kind, current: Mapping[str, Any], operations: Any) -> Object:
    """What the operations make of an object.  Raises ``ApiError`` 400, 413 or 422."""
    if not isinstance(operations, list):
        raise errors.bad_request("a JSON patch must be a list of operations")
    if len(operations) > MOST:
        raise _too_large(
            f"The allowed maximum operations in a JSON patch is {MOST}, got {len(operations)}"
        )
    patched: Any = copy.deepcopy(dict(current))
    copied = 0
    for number, operation in enumerate(operations):
        copied += _copied_size(patched, operation)
        if copied > MOST_COPIED:
            raise _too_large(f"the copies in a JSON patch may not exceed {MOST_COPIED} characters")
        patched = _operated(patched, operation, number)
    if not isinstance(patched, dict):
        raise errors.bad_request(f"the JSON patch leaves no {kind.kind}")
    return patched


def _operated(thing: Any, operation: Any, number: int) -> Any:
    try:
        return jsonpatch.JsonPatch([operation]).apply(thing, in_place=True)
    except jsonpatch.JsonPatchTestFailed:
        raise _cannot("the value at its path is not the one to test for", number) from None
    except jsonpatch.InvalidJsonPatch as error:
        raise _unreadable(error, number) from None
    except (jsonpatch.JsonPatchException, JsonPointerException) as error:
        raise _cannot(str(error), number) from None
    except (TypeError, KeyError, AttributeError, IndexError, ValueError) as error:
        # The library takes operations as they come, and fails in its own ways on odd ones.
        raise _unreadable(error, number) from None


def _copied_size(thing: Any, operation: Any) -> int:
    """How long the value is that an operation copies; 0 for one that does not."""
    if not isinstance(operation, Mapping) or operation.get("op") != "copy":
        return 0
    try:
        value = JsonPointer(operation["from"]).resolve(thing)
    except (JsonPointerException, TypeError, KeyError, AttributeError, IndexError, ValueError):
        return 0
    return len(json.dumps(value))


def _cannot(why: str, number: int) -> errors.ApiError:
    message = (
        "the server rejected our request due to an error in our request:"
        f" operation {number} of the JSON patch: {why}"
    )
    return errors.ApiError(422, "Invalid", message)


def _unreadable(error: Exception, number: int) -> errors.ApiError:
    return errors.bad_request(f"operation {number} of the JSON patch cannot be read: {error}")


def _too_large(message: str) -> errors.ApiError:
    return errors.ApiError(413, "RequestEntityTooLarge", message)
