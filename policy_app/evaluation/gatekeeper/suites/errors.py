"""What keeps a suite, a test or a case from being run, in gator's words where they are known."""

from __future__ import annotations

INVALID_YAML = "invalid yaml"
INVALID_SUITE = "invalid Suite"
INVALID_CASE = "invalid Case"
INVALID_FILTER = "invalid test filter"
INVALID_PATTERN = "message contains invalid regular expression"
ADDING_TEMPLATE = "adding template"
ADDING_CONSTRAINT = "adding constraint"
NOT_A_TEMPLATE = "not a ConstraintTemplate"
NOT_A_CONSTRAINT = "not a Constraint"
NOT_AN_EXPANSION = "not an ExpansionTemplate"
EXPANSION_CYCLE = "template forms expansion cycle"
NO_OBJECTS = "missing objects"
SEVERAL_OBJECTS = "object file must contain exactly one object"
SCHEMA_FAILED = "schema validation failed"
VALID_CONSTRAINT = "constraint should have failed schema validation"
NOT_A_REVIEW = "not a valid AdmissionReview object"
NO_REQUEST = "missing an AdmissionRequest object"
NO_REVIEWED = "no object or oldObject found to review"
NO_KIND = "object or oldObject cannot be unmarshalled"
NO_INVENTORY = "unable to add object to data.inventory"
WRONG_NUMBER = "unexpected number of violations"


class SuiteError(Exception):
    """A sentence that says what is wrong, and with which file or field."""

    def __init__(self, problem: str, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else problem)
