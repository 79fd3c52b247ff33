"""GraphQL documents, as the JSON of gqlparser's syntax tree."""

from __future__ import annotations

import contextlib
import time

import pytest

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.limits import Budget, Limits
from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import QueryContext, call, problem

SCHEMA = """
type Employee { id: String! salary: Int! manager: Employee }
schema { query: Query }
type Query { employeeByID(id: String): Employee }
"""
QUERY = 'query { employeeByID(id: "alice") { salary } }'
TREE = {
    "Operations": [
        {
            "Name": "",
            "Operation": "query",
            "SelectionSet": [
                {
                    "Alias": "employeeByID",
                    "Arguments": [{"Name": "id", "Value": {"Kind": 3, "Raw": "alice"}}],
                    "Name": "employeeByID",
                    "SelectionSet": [{"Alias": "salary", "Name": "salary"}],
                }
            ],
        }
    ]
}


def test_a_query_becomes_the_tree_of_the_documentation() -> None:
    assert call("graphql.parse_query", QUERY) == TREE
    assert call("graphql.parse", QUERY, SCHEMA) == [TREE, call("graphql.parse_schema", SCHEMA)]
    assert call("graphql.parse_and_verify", QUERY, SCHEMA)[:2] == [True, TREE]
    assert call("graphql.is_valid", QUERY, SCHEMA) is True


def test_a_schema_becomes_its_definitions() -> None:
    found = call("graphql.parse_schema", SCHEMA)
    assert [definition["Name"] for definition in found["Definitions"]] == ["Employee", "Query"]
    assert found["Schema"][0]["OperationTypes"] == [{"Operation": "query", "Type": "Query"}]
    assert found["Definitions"][0]["Fields"][0] == {
        "Description": "",
        "Name": "id",
        "Type": {"NamedType": "String", "NonNull": True},
    }
    assert found["Definitions"][0]["BuiltIn"] is False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("$v", {"Kind": 0, "Raw": "v"}),
        ("1", {"Kind": 1, "Raw": "1"}),
        ("1.50", {"Kind": 2, "Raw": "1.50"}),
        ('"a\\"b"', {"Kind": 3, "Raw": 'a"b'}),
        ('"""a"""', {"Kind": 4, "Raw": "a"}),
        ("true", {"Kind": 5, "Raw": "true"}),
        ("null", {"Kind": 6, "Raw": "null"}),
        ("RED", {"Kind": 7, "Raw": "RED"}),
        (
            "[1]",
            {"Kind": 8, "Raw": "", "Children": [{"Name": "", "Value": {"Kind": 1, "Raw": "1"}}]},
        ),
        (
            "{a: 1}",
            {"Kind": 9, "Raw": "", "Children": [{"Name": "a", "Value": {"Kind": 1, "Raw": "1"}}]},
        ),
    ],
)
def test_values_have_the_numbers_of_their_kinds(value: str, expected: Value) -> None:
    found = call("graphql.parse_query", f"{{ f(x: {value}) }}")
    assert found["Operations"][0]["SelectionSet"][0]["Arguments"][0]["Value"] == expected


RICH_QUERY = """
query Q($i: [String!]! = ["a"]) @d { x: f(i: $i) { ...F @d ... on T { y } ... { z } } }
mutation { m }
fragment F on T @d { id }
"""
RICH_SCHEMA = """
"said \\"so\\"" type T implements A & B @key(fields: "id") { id(n: [Int!] = [1, 2]): ID! }
interface A { id(n: [Int!]): ID! } interface B { id(n: [Int!]): ID! }
directive @key(fields: String) repeatable on OBJECT | FIELD
schema { query: Query }
type Query { t: T u: U e(i: I): E s: S }
union U = T | Query
enum E { A B @deprecated(reason: "old") }
input I { a: [Int] = [1, 2] o: J = {x: "y"} } input J { x: String }
scalar S
extend type Query { more: E }
extend enum E { C }
"""


def test_a_tree_can_be_given_in_place_of_its_text() -> None:
    query, schema = call("graphql.parse_query", QUERY), call("graphql.parse_schema", SCHEMA)
    assert call("graphql.parse", query, schema) == call("graphql.parse", QUERY, SCHEMA)
    described = call("graphql.parse_schema", RICH_SCHEMA)
    found = call("graphql.parse", "{ t { id } }", described)
    assert found[1] == described
    assert call("graphql.schema_is_valid", described) is True


@pytest.mark.parametrize(
    "query",
    [
        "{ nothing }",
        "{ employeeByID }",
        "{ employeeByID(id: 1) { salary } }",
        "{ employeeByID { ...F } }",
        "{ employeeByID { id } } fragment F on Employee { id }",
        "query($x: String) { employeeByID { id } }",
        "mutation { x }",
        "{",
        "{ }",
        "type T { x: Int }",
    ],
)
def test_a_query_that_does_not_fit_its_schema_is_said_to_be_invalid(query: str) -> None:
    assert call("graphql.is_valid", query, SCHEMA) is False
    assert call("graphql.parse_and_verify", query, SCHEMA) == [False, {}, {}]
    assert "in GraphQL string at location 1:" in problem("graphql.parse", query, SCHEMA)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (SCHEMA, True),
        (RICH_SCHEMA, True),
        ("", True),
        ("# nothing", True),
        ("type T { x: Int }", True),
        ("extend type T { x: Int }", True),
        ("type T { x: Missing }", False),
        ("type T { x: Int } type T { y: Int }", False),
        ("type T { __x: Int }", False),
        ("type T { x: Int @missing }", False),
        ("interface N { x: Int } type T implements N { y: Int }", False),
        ("type T { x: I } input I { y: Int }", False),
        ("schema { query: Missing }", False),
        ("{ query }", False),
    ],
)
def test_a_schema_is_valid_or_not(schema: str, expected: bool) -> None:
    assert call("graphql.schema_is_valid", schema) is expected


@pytest.mark.parametrize(
    "tree",
    [
        {"Operations": [1]},
        {"Operations": {}},
        {"Operations": [{"Name": 1}]},
        {"Operations": [{"SelectionSet": [{"Alias": "a b", "Name": "}"}]}]},
        {
            "Operations": [
                {"SelectionSet": [{"Alias": "a", "Name": "a", "Arguments": [{"Name": "x"}]}]}
            ]
        },
    ],
)
def test_a_tree_that_is_none_is_no_query(tree: Value) -> None:
    assert call("graphql.is_valid", tree, SCHEMA) is False
    assert problem("graphql.parse", tree, SCHEMA).startswith("eval_builtin_error: ")


@pytest.mark.parametrize(
    "query",
    [
        "{" * 10_000,
        "{" + "a " * 5_000 + "}",
        "{" + "a{" * 120 + "a" + "}" * 121,
        "#" * 600_000,
    ],
    ids=["open", "long", "deep", "characters"],
)
def test_a_document_past_its_bounds_is_refused(query: str) -> None:
    with pytest.raises(RegoLimitError):
        call("graphql.is_valid", query, SCHEMA)


def _doubled(levels: int) -> str:
    return "manager{" + ((_doubled(levels - 1) + " ") * 2 if levels else "id") + "}"


def _fragment(number: int) -> str:
    spreads = " ".join(f"...f{other}" for other in range(30) if other != number)
    return f"fragment f{number} on Employee {{ manager {{ {spreads} }} }}"


EVIL = {
    "comments": "#" * 100_000 + "\n" + "#" * 100_000 + "\n{",
    "same": "{ employeeByID { " + "id " * 1_900 + "} }",
    "doubled": "{ employeeByID { " + _doubled(7) + "} }",
    "fragments": "{ employeeByID { ...f0 } } " + " ".join(map(_fragment, range(30))),
    "arguments": "{ employeeByID { id } " + 'employeeByID(id: "a") { id } ' * 180 + "}",
}


@pytest.mark.parametrize("query", EVIL.values(), ids=EVIL)
def test_no_query_outruns_its_deadline_by_much(query: str) -> None:
    call("graphql.is_valid", QUERY, SCHEMA)  # The library takes its time to load.
    start = time.process_time()
    context = QueryContext(Budget(Limits(deadline_s=0.5)))
    with contextlib.suppress(RegoLimitError):
        call("graphql.is_valid", query, SCHEMA, context=context)
    assert time.process_time() - start < 2.5
