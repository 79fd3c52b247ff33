"""What the form writes about: an assignment to be exempt from, or an exemption to change."""

from __future__ import annotations

from dataclasses import dataclass

from policy_app.browser.assign.subject import Member, find_assignment
from policy_app.browser.assign.subject import Subject as Assigned
from policy_app.models import Assignment, Exemption
from policy_app.services import authorization, exemptions
from policy_app.services.authorization import Principal, actions
from policy_app.services.errors import NotFound, PolicyError


@dataclass(frozen=True, slots=True)
class Subject:
    """The assignment, and who writes."""

    assignment: Assignment
    by: Principal
    row: Exemption | None = None
    """The stored exemption that is edited; None where a new one is made."""
    members: tuple[Member, ...] = ()
    """The assigned initiative's policies; none of a single policy, and none where the person may
    not read the assignment."""
    readable: bool = True
    """Whether they may read the assignment."""

    @property
    def stamp(self) -> str:
        """What the exemption was when it was looked at; empty for a new one."""
        return exemptions.stamp(self.row) if self.row is not None else ""

    @property
    def origin(self) -> str:
        """What the page calls the assignment."""
        return str(self.assignment) if self.readable else self.assignment.name


def new(assignment_id: str, by: Principal) -> Subject:
    """An assignment to be exempt from, for who may do that somewhere.  Raises ``PolicyError``."""
    row = find_assignment(assignment_id, by)
    authorization.require(by, actions.EXEMPT, row.scope)
    if not (permit := exemptions.permit(by, row)):
        raise PolicyError("AuthorizationFailed", permit.why, status=403)
    return Subject(row, by, members=_members(row, by))


def edit(row: Exemption, by: Principal) -> Subject:
    """An exemption to change, for who may write it.  Raises ``PolicyError``."""
    authorization.require(by, exemptions.WRITE, row.scope)
    assignment = exemptions.assignment_of(row)
    if assignment is None:
        text = (
            f"The assignment that '{row}' is from is deleted, so it exempts nothing and cannot be"
            " changed. Delete it, or make the assignment anew under its name."
        )
        raise NotFound("PolicyAssignmentNotFound", text)
    readable = authorization.may(by, actions.SEE_ASSIGNMENTS, assignment.scope)
    members = _members(assignment, by) if readable else ()
    return Subject(assignment, by, row, members, readable)


def _members(row: Assignment, by: Principal) -> tuple[Member, ...]:
    assigned = Assigned(row.definition, by=by)
    return assigned.members_of(assigned.version(row.definition_version))
