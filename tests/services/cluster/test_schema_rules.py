"""Rules of CEL in the schema of a custom kind decide about its objects, as in a real cluster."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.apimachinery.errors import ApiError
from policy_app.apimachinery.objects import Object
from tests.services.cluster.inside import Api


@pytest.fixture
def api(portal: None) -> Api:
    return Api()


def definition(rules: list[dict[str, Any]], **fields: Any) -> Object:
    """The kind Shop, with rules on its spec."""
    spec = {
        "type": "object",
        "properties": {"low": {"type": "integer"}, "high": {"type": "integer"}, **fields},
        "x-kubernetes-validations": rules,
    }
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    names = {"plural": "shops", "singular": "shop", "kind": "Shop", "listKind": "ShopList"}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    body = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "shops.example.com"},
        "spec": body,
    }


def shop(**spec: Any) -> Object:
    metadata = {"name": "corner", "namespace": "default"}
    return {"apiVersion": "example.com/v1", "kind": "Shop", "metadata": metadata, "spec": spec}


def refused(api: Api, thing: Object, change: Any = None) -> str:
    """The 422 that an object, or a change of it, gets."""
    with pytest.raises(ApiError) as caught:
        api.create(thing) if change is None else api.patch(thing, {"spec": change})
    assert caught.value.code == 422
    return caught.value.message


def test_a_rule_refuses_with_its_message_at_its_place(api: Api) -> None:
    rules = [
        {"rule": "self.low <= self.high", "message": "low is above high"},
        {"rule": "self.high < 100", "fieldPath": ".high", "reason": "FieldValueForbidden"},
    ]
    api.create(definition(rules))
    assert refused(api, shop(low=2, high=1)) == (
        'Shop.example.com "corner" is invalid: spec: Invalid value: "object": low is above high'
    )
    assert refused(api, shop(low=2, high=100)) == (
        'Shop.example.com "corner" is invalid: spec.high: Forbidden: failed rule: self.high < 100'
    )
    api.create(shop(low=1, high=2))


def test_a_message_may_be_an_expression(api: Api) -> None:
    rule = {"rule": "self.low > 3", "messageExpression": "'low is only ' + string(self.low)"}
    api.create(definition([{**rule, "message": "too low"}]))
    assert refused(api, shop(low=1)).endswith("low is only 1")


def test_what_may_not_change_is_held_to_what_it_was(api: Api) -> None:
    fixed = {"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf"}]}
    api.create(definition([], region=fixed))
    api.create(shop(region="north"))
    told = 'spec.region: Invalid value: "string": failed rule: self == oldSelf'
    assert told in refused(api, shop(), {"region": "south"})
    api.patch(shop(), {"spec": {"low": 7}})


def test_an_old_self_that_may_be_missing_is_optional(api: Api) -> None:
    rule = {"rule": "oldSelf.hasValue() || self.low == 1", "optionalOldSelf": True}
    api.create(definition([rule]))
    assert "failed rule" in refused(api, shop(low=2))
    api.create(shop(low=1))
    api.patch(shop(), {"spec": {"low": 2}})


def test_what_was_wrong_before_the_rule_may_stay_as_it_is(api: Api) -> None:
    api.create(definition([]))
    api.create(shop(low=5))
    api.patch(
        definition([]),
        {"spec": definition([{"rule": "self.low < 3", "message": "too high"}])["spec"]},
    )
    api.patch(shop(), {"metadata": {"labels": {"seen": "yes"}}})
    assert "too high" in refused(api, shop(), {"low": 6})


def test_names_and_types_are_those_of_the_schema(api: Api) -> None:
    fields = {
        "opens-at": {"type": "string", "format": "date-time"},
        "share": {"type": "number"},
        "doors": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}}},
        },
    }
    rules = [
        {"rule": "self.opens__dash__at.getFullYear() > 2000", "message": "year"},
        {"rule": "self.share < 0.5", "message": "share"},
        {"rule": "self.doors.all(d, d.name.startsWith('d'))", "message": "doors"},
    ]
    api.create(definition(rules, **fields))
    wrong = {"opens-at": "1999-01-01T00:00:00Z", "share": 1, "doors": [{"name": "x"}]}
    told = refused(api, shop(**wrong))
    assert all(f'"object": {word}' in told for word in ("year", "share", "doors"))
    good = {"opens-at": "2024-01-01T00:00:00Z", "share": 0, "doors": []}
    api.create(shop(**good))


def test_a_rule_that_fails_refuses(api: Api) -> None:
    api.create(definition([{"rule": "self.high > 1"}]))
    assert "no such key: high evaluating rule" in refused(api, shop(low=1))


def test_a_rule_that_is_no_cel_is_told_with_its_definition(api: Api) -> None:
    with pytest.raises(ApiError) as caught:
        api.create(definition([{"rule": "self.low >"}]))
    path = "spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]"
    assert f"{path}.rule: Invalid value" in caught.value.message
    assert "compilation failed: ERROR" in caught.value.message
