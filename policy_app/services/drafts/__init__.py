"""An assignment before it is stored: what a form, a PUT body or a row says, in one shape."""

from policy_app.services.drafts.arm import from_arm, from_assignment, to_arm
from policy_app.services.drafts.draft import AssignmentDraft, suggested_name
from policy_app.services.drafts.validation import validate

__all__ = [
    "AssignmentDraft",
    "from_arm",
    "from_assignment",
    "suggested_name",
    "to_arm",
    "validate",
]
