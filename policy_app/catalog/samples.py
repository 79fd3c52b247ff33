"""What the samples beside a template are told: messages, each with the field that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.inventory import inventory_of
from policy_app.evaluation.gatekeeper.review import Review, is_admission_review
from policy_app.evaluation.gatekeeper.suites import SuiteError, Test, read_suite
from policy_app.evaluation.gatekeeper.suites.files import Files
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate

SUITE = "suite.yaml"


def sample_messages(folder: Path) -> Iterator[tuple[str, str]]:
    """(message, path of the field) of every sample in a template's folder; often several alike."""
    path = folder / SUITE
    if not path.is_file():
        return
    suite = read_suite(path.as_posix(), path.read_bytes())
    files = Files(path.as_posix(), lambda name: Path(name).read_bytes())
    for test in suite.tests if suite else ():
        try:
            yield from _messages(test, files)
        except (SuiteError, GatekeeperError):
            continue


def _messages(test: Test, files: Files) -> Iterator[tuple[str, str]]:
    template = ConstraintTemplate.parse(files.first(test.template))
    constraint = Constraint.parse(files.first(test.constraint))
    for case in test.cases:
        inventory = inventory_of(one for name in case.inventory for one in files.objects(name))
        thing = files.first(case.object)
        asked = Review.from_admission_review if is_admission_review(thing) else Review.audit
        decision = Client([template], [constraint], inventory).review(asked(thing))
        for one in decision.violations:
            if one.place is not None and one.place.path:
                yield one.message, one.place.path
