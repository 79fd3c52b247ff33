"""Custom policy definitions and initiatives: made, changed, versioned, exported and imported."""

from policy_app.services.authoring.reading import Kind, arm_id
from policy_app.services.authoring.saving import (
    change,
    check,
    delete,
    delete_version,
    judged,
    put,
    put_version,
)
from policy_app.services.authoring.templates import TextError, TextFault, check_template
from policy_app.services.authoring.uses import Uses, uses

__all__ = [
    "Kind",
    "TextError",
    "TextFault",
    "Uses",
    "arm_id",
    "change",
    "check",
    "check_template",
    "delete",
    "delete_version",
    "judged",
    "put",
    "put_version",
    "uses",
]
