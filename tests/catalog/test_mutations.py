"""The 19 mutations: each does to its samples what they show, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_app.catalog import gaps, sources
from policy_app.evaluation.gatekeeper.mutation import Mutated, Mutator, Mutators
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.details import MUTATION_INFO, Source
from policy_app.evaluation.language.mutators import build_mutators
from tests.catalog.shelf import definitions, policies
from tests.catalog.suites import FIXTURES, load

MUTATIONS = FIXTURES / "mutations"
FILES = tuple(sorted(MUTATIONS.rglob("mutation.yaml")))
SAMPLES = tuple(sorted(MUTATIONS.rglob("samples/before/*.yaml")))


def objects(path: Path) -> list[dict[str, Any]]:
    """The mutators in a file."""
    return [*yaml.load_all(path.read_text("utf-8"), Loader=yaml.CSafeLoader)]


def mutated(files: tuple[Path, ...], thing: Mapping[str, Any]) -> Mutated:
    """What the mutators in the files make of an object that is created."""
    mutators = Mutators.parse([one for file in files for one in objects(file)])
    return mutators.mutate(Review.create(thing))


def _folder(path: Path) -> str:
    return path.parent.relative_to(MUTATIONS).as_posix()


def _sample(path: Path) -> str:
    return f"{path.parents[3].name}:{path.stem}"


def mutating() -> list[tuple[PolicyDefinition, Source]]:
    """The definitions that change objects, with where their mutators are."""
    return [
        (one, details.mutation)
        for one in definitions()
        if (details := one.kubernetes_details) is not None and details.mutation is not None
    ]


@pytest.mark.parametrize("before", SAMPLES, ids=_sample)
def test_a_sample_comes_out_as_it_is_shown(before: Path) -> None:
    mutation = before.parents[2] / "mutation.yaml"
    after = load(before.parents[1] / "after" / before.name)

    assert mutated((mutation,), load(before)).object == after
    assert not mutated((mutation,), after).changed


@pytest.mark.parametrize("mutation", FILES, ids=_folder)
def test_the_samples_show_what_is_changed_and_what_is_left_alone(mutation: Path) -> None:
    before = {path.name: load(path) for path in mutation.parent.glob("samples/before/*.yaml")}
    after = {path.name: load(path) for path in mutation.parent.glob("samples/after/*.yaml")}

    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed
    assert before.keys() - changed


@pytest.mark.parametrize("mutation", FILES, ids=_folder)
def test_a_mutator_is_called_what_its_folder_is(mutation: Path) -> None:
    (found,) = map(Mutator.parse, objects(mutation))

    assert found.name == mutation.parent.parent.name.lower()


def test_there_are_mutators_for_every_definition_that_changes_objects_and_no_others() -> None:
    tails = {source.tail for _, source in mutating()}

    assert len(mutating()) == 19
    assert tails == {_folder(file) for file in FILES}


@pytest.mark.parametrize(
    ("definition", "source"), mutating(), ids=lambda one: getattr(one, "tail", "")
)
def test_a_definition_that_changes_objects_is_evaluated(
    definition: PolicyDefinition, source: Source
) -> None:
    text = sources.text(source)

    assert text is not None
    assert gaps.of(definition) == ""
    (policy,) = policies(definition, {})
    built = build_mutators(policy, [*yaml.load_all(text, Loader=yaml.CSafeLoader)])
    assert isinstance(built, list)
    assert built[0].match is not None
    assert built[0].match.source == "Original"
    assert set(built[0].match.excluded_namespaces) >= {"kube-system", "gatekeeper-system"}


def test_a_url_that_the_store_does_not_know_is_a_gap() -> None:
    definition, _ = mutating()[0]
    details = dict(definition.policy_rule["then"]["details"])
    elsewhere = "https://store.policy.core.windows.net/kubernetes/none/v1/mutation.yaml"
    details["mutationInfo"] = {"sourceType": "PublicURL", "url": elsewhere}
    rule = {
        **definition.policy_rule,
        "then": {**definition.policy_rule["then"], "details": details},
    }
    shape = {"id": definition.id, "name": definition.name}
    properties = {"mode": definition.mode, "policyRule": rule, "parameters": {}}
    unknown = PolicyDefinition.parse(shape | {"properties": properties})

    assert sources.text(Source("PublicURL", elsewhere, MUTATION_INFO)) is None
    assert gaps.of(unknown) == "The portal's store has no mutators for none/v1."


def test_all_of_them_together_agree_and_harden_an_ordinary_pod() -> None:
    every = Mutators.parse([one for file in FILES for one in objects(file)])
    pod = load(FIXTURES / "manifests" / "nginx-privileged.yaml")

    assert every.conflicts == {}
    (container,) = mutated(FILES, pod).object["spec"]["containers"]
    assert container["resources"]["limits"] == {"cpu": "500m", "memory": "500Mi"}
    assert container["securityContext"] == {
        "privileged": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
        "capabilities": {"drop": ["ALL"]},
    }
