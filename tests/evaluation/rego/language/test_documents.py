"""``data``: base documents beside and below rules, whole packages, dynamic paths."""

from __future__ import annotations

from tests.evaluation.rego.asking import UNDEFINED, value

DATA = {"base": {"a": [1, 2], "o": {"k": "v"}}, "u": {"z": 1}}


def test_base_documents_are_looked_up() -> None:
    assert value("p := data.base.a[1]", data=DATA) == 2
    assert value("p[x] { x := data.base.o[_] }", data=DATA) == ["v"]
    assert value("p := data.nothing.here", data=DATA) == UNDEFINED


def test_a_package_is_an_object_of_its_rules_over_the_base() -> None:
    library = "package u\nq := 1\nr := 2 { false }\nf(x) = x"
    assert value("p := data.u", library, data=DATA) == {"q": 1, "z": 1}
    assert value("p := data.u", library) == {"q": 1}


def test_a_rule_hides_a_base_document_of_its_name() -> None:
    assert value("p := data.u.z", "package u\nz := 2", data=DATA) == 2


def test_a_variable_may_stand_for_a_package() -> None:
    libraries = ("package w.a\nallow = true", "package w.b\nallow = true { false }")
    assert value("p[k] { data.w[k].allow }", *libraries) == ["a"]
    assert value('p = x { k := "q"; x := data.u[k] }', "package u\nq := 1") == 1
    assert value("p[k] = v { v := data.u[k] }", "package u\nq := 1", data=DATA) == {
        "q": 1,
        "z": 1,
    }


def test_only_what_is_looked_into_is_evaluated() -> None:
    # The whole of data.w.a would be an error.
    library = "package w.a\nbad = x { x := [1, 2][_] }\ngood = 1"
    assert value("p[x] { x := data.w[_].good }", library) == [1]


def test_a_query_may_ask_for_a_package_or_a_part_of_a_value() -> None:
    assert value('q = {"a": [1]}', path="data.t") == {"q": {"a": [1]}}
    assert value('q = {"a": [1]}', path="data.t.q.a") == [1]
    assert value("q = 1", path="data.t.nothing") == UNDEFINED
    assert value("q = 1", path="data", data={"x": 2}) == {"t": {"q": 1}, "x": 2}
