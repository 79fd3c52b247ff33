"""OData's ``$filter``, ``$orderby``, ``$select`` and ``$apply``, parsed and not guessed.

``parse_filter`` and its sisters turn a text into a tree (``tree``); ``Columns`` say which fields a
list has and what stands behind each; ``to_q`` makes a condition of a tree, with nothing in it that
is not on the list, and ``to_predicate`` the same for records that are at hand.  What is not
understood is an ``ODataError`` with the character and what was expected there.
"""

from policy_app.arm.odata.columns import Column, Columns, Kind
from policy_app.arm.odata.errors import ODataError
from policy_app.arm.odata.parser import parse_apply, parse_filter, parse_orderby, parse_select
from policy_app.arm.odata.queries import order_by, selected, to_q
from policy_app.arm.odata.records import to_predicate

__all__ = [
    "Column",
    "Columns",
    "Kind",
    "ODataError",
    "order_by",
    "parse_apply",
    "parse_filter",
    "parse_orderby",
    "parse_select",
    "selected",
    "to_predicate",
    "to_q",
]
