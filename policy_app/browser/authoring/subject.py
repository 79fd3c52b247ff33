"""The definition that a page of this room is about, found for somebody who may see or change it."""

from __future__ import annotations

from policy_app.models import Definition
from policy_app.services import authorization, definitions
from policy_app.services.authoring import Kind
from policy_app.services.authorization import Permit, Principal, actions
from policy_app.services.errors import NotFound, PolicyError

_TYPES = {Kind.POLICY: actions.DEFINITIONS, Kind.INITIATIVE: actions.INITIATIVES}


def write(kind: Kind) -> str:
    """What saving a definition of the kind asks a role for."""
    return actions.of(_TYPES[kind], actions.WRITE)


def kind_of(text: str) -> Kind:
    """The kind that an address names; a policy where it names none."""
    if text and text not in Kind.values:
        known = " or ".join(Kind.values)
        raise NotFound("NotFound", f"'{text}' is no kind of definition: the address has {known}.")
    return Kind(text or Kind.POLICY)


def readable(arm_id: str, by: Principal) -> Definition:
    """A definition that the principal may read."""
    found = definitions.get(arm_id, by)
    if found.scope is not None:
        authorization.require(by, definitions.read_action(found), found.scope)
    return found


def changeable(arm_id: str, by: Principal) -> Definition:
    """A custom definition that the principal may change.  Raises ``PolicyError``."""
    found = readable(arm_id, by)
    if permit := may_change(found, by):
        return found
    raise PolicyError("AuthorizationFailed", permit.why, status=403)


def deletable(arm_id: str, by: Principal) -> Definition:
    """A custom definition that the principal may delete.  Raises ``PolicyError``."""
    found = readable(arm_id, by)
    if permit := may_delete(found, by):
        return found
    raise PolicyError("AuthorizationFailed", permit.why, status=403)


def may_change(found: Definition, by: Principal) -> Permit:
    """Whether a page offers to edit it, and why not."""
    return _may(found, by, actions.WRITE, "Duplicate it, and change the copy.")


def may_delete(found: Definition, by: Principal) -> Permit:
    """Whether a page offers to delete it, and why not."""
    return _may(found, by, actions.DELETE, "It stays.")


def require_somewhere(kind: Kind, by: Principal) -> None:
    """Raise ``PolicyError`` for who may write such a definition nowhere."""
    permit = authorization.permit_somewhere(by, write(kind))
    if not permit:
        raise PolicyError("AuthorizationFailed", permit.why, status=403)


def require_anywhere(by: Principal) -> None:
    """Raise ``PolicyError`` for who may write no definition of either kind anywhere."""
    if not may_anywhere(by):
        require_somewhere(Kind.POLICY, by)


def may_anywhere(by: Principal) -> Permit:
    """Whether one may write a definition of either kind somewhere, and why not."""
    if authorization.permit_somewhere(by, write(Kind.INITIATIVE)):
        return Permit(True)
    return authorization.permit_somewhere(by, write(Kind.POLICY))


def _may(found: Definition, by: Principal, verb: str, instead: str) -> Permit:
    if found.scope is None or found.policy_type != Definition.PolicyType.CUSTOM:
        return Permit(False, f"This definition is built in. {instead}")
    return authorization.permit(by, actions.of(_TYPES[Kind(found.kind)], verb), found.scope)
