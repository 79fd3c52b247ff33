"""The exact request that an assignment is: as REST, as an az command, as JSON."""

from __future__ import annotations

import json
import shlex
from typing import Any

from policy_app.models import Assignment
from policy_app.services.drafts import AssignmentDraft, to_arm

API_VERSION = "2026-06-01"
ARM = "https://management.azure.com"


def json_body(draft: AssignmentDraft) -> str:
    """The PUT body, indented."""
    return json.dumps(to_arm(draft), indent=2, ensure_ascii=False)


def rest(draft: AssignmentDraft) -> str:
    """The whole HTTP request, against Azure's own address."""
    head = f"PUT {ARM}{draft.arm_id}?api-version={API_VERSION}"
    return f"{head}\nContent-Type: application/json\n\n{json_body(draft)}"


def az(draft: AssignmentDraft) -> str:
    """``az policy assignment create …``, one option a line, quoted for a POSIX shell.

    What the command has no option for (notScopes has one, nonComplianceMessages has not) follows
    as the commands that add it.
    """
    option = "--policy-set-definition" if draft.definition.is_initiative else "--policy"
    words: list[tuple[str, str]] = [
        ("--name", draft.name),
        ("--display-name", draft.display_name),
        ("--description", draft.description),
        ("--scope", draft.scope.arm_id),
        (option, draft.definition.arm_id),
        ("--definition-version", draft.definition_version),
        ("--params", _compact(_wrapped(draft.parameters)) if draft.parameters else ""),
        ("--enforcement-mode", _mode(draft)),
    ]
    lines = ["az policy assignment create"]
    lines += [f"{name} {shlex.quote(value)}" for name, value in words if value]
    if draft.not_scopes:
        lines.append("--not-scopes " + " ".join(shlex.quote(one) for one in draft.not_scopes))
    return " \\\n  ".join(lines) + "".join(_messages(draft))


def _messages(draft: AssignmentDraft) -> list[str]:
    commands = []
    for one in draft.non_compliance_messages:
        lines = [
            "az policy assignment non-compliance-message create",
            f"--name {shlex.quote(draft.name)}",
            f"--scope {shlex.quote(draft.scope.arm_id)}",
            f"--message {shlex.quote(str(one.get('message', '')))}",
        ]
        if reference := one.get("policyDefinitionReferenceId"):
            lines.append(f"--policy-definition-reference-id {shlex.quote(str(reference))}")
        commands.append("\n\n" + " \\\n  ".join(lines))
    return commands


def _mode(draft: AssignmentDraft) -> str:
    default = draft.enforcement_mode == Assignment.EnforcementMode.DEFAULT
    return "" if default else draft.enforcement_mode


def _wrapped(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: {"value": value} for name, value in parameters.items()}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
