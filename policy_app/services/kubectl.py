"""What ``kubectl apply -f`` would print for one object, and how it would exit.

Source: kubectl 1.32 prints ``<kind>.<group>/<name> created`` for an accepted object, one
``Warning:`` line for each warning, and wraps an admission webhook's refusal in
``Error from server (Forbidden): error when creating "<file>": …``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.results import WEBHOOK, Decision, Violation


@dataclass(frozen=True, slots=True)
class Applied:
    """The lines on the terminal, and the exit code."""

    output: str
    exit_code: int


def apply(
    file: str, manifest: Mapping[str, Any], decision: Decision, *, legacy: bool = False
) -> Applied:
    """``kubectl apply -f FILE`` for one object of the file.

    ``legacy`` gives the wording of clusters with Gatekeeper 3.3 or older, where the webhook put
    its whole message into the reason.
    """
    warnings = [f"Warning: {_line(one, legacy)}" for one in decision.warnings]
    if decision.allowed:
        return Applied("\n".join([*warnings, f"{reference(manifest)} created"]), 0)
    message = "\n".join(_line(one, legacy) for one in decision.denials)
    refusal = _refusal(file, message if legacy else "Forbidden", message)
    return Applied("\n".join([*warnings, refusal]), 1)


def failed(file: str, message: str, webhook: str = WEBHOOK) -> Applied:
    """``kubectl apply -f FILE`` where a webhook answers with an error of its own."""
    return Applied(_refusal(file, "InternalError", message, webhook), 1)


def _refusal(file: str, reason: str, message: str, webhook: str = WEBHOOK) -> str:
    # kubectl prints the path with Go's %q, which JSON's quoting equals for printable paths.
    path = json.dumps(file, ensure_ascii=False)
    return (
        f"Error from server ({reason}): error when creating {path}:"
        f' admission webhook "{webhook}" denied the request: {message}'
    )


def reference(manifest: Mapping[str, Any]) -> str:
    """``pod/nginx``, ``deployment.apps/web``: how kubectl names an object."""
    group = str(manifest.get("apiVersion", "")).rpartition("/")[0]
    kind = str(manifest.get("kind", "")).lower()
    return f"{kind}.{group}/{name(manifest)}" if group else f"{kind}/{name(manifest)}"


def name(manifest: Mapping[str, Any]) -> str:
    """The object's name; with ``generateName``, what the API server would begin it with."""
    metadata = manifest.get("metadata")
    if not isinstance(metadata, Mapping):
        return ""
    generated = metadata.get("generateName")
    return str(metadata.get("name") or (f"{generated}<generated>" if generated else ""))


def _line(violation: Violation, legacy: bool) -> str:
    prefix = "denied by " if legacy else ""
    return f"[{prefix}{violation.constraint}] {violation.message}"
