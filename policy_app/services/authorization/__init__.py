"""Who may do what: one function that every door asks, and lists of only what may be seen.

``require(by, action, scope)`` in every service that changes something, ``visible(rows, by,
action)`` around every list, ``scope_for(by, arm_id)`` where a door is given an id, ``permit(…)``
where a page hides or disables.  ``by`` is a ``Principal``, which a door makes of its request, a
plain user, or None for the portal itself.
"""

from __future__ import annotations

from policy_app.services.authorization import actions
from policy_app.services.authorization.decisions import (
    Attempt,
    Forbidden,
    Permit,
    find_scope,
    forbidden,
    in_line,
    knows,
    may,
    may_somewhere,
    permit,
    permit_somewhere,
    require,
    scope_for,
    visible,
    visible_scopes,
    within,
)
from policy_app.services.authorization.principals import (
    Actor,
    Grant,
    Principal,
    object_id,
    object_of,
    principal_of,
    user_of,
)

__all__ = [
    "Actor",
    "Attempt",
    "Forbidden",
    "Grant",
    "Permit",
    "Principal",
    "actions",
    "find_scope",
    "forbidden",
    "in_line",
    "knows",
    "may",
    "may_somewhere",
    "object_id",
    "object_of",
    "permit",
    "permit_somewhere",
    "principal_of",
    "require",
    "scope_for",
    "user_of",
    "visible",
    "visible_scopes",
    "within",
]
