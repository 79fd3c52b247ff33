"""Server time and queries of each page, and the time of a decision; 5,000 definitions stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks import rest_lists
from benchmarks.measuring import ROOT, Measurement, median_ms, prepared_portal

if TYPE_CHECKING:
    from django.test import Client

DEFINITIONS = 5_000
BASELINE = "a8640138-9b0a-4a28-b8cb-1666c838647d"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo"
PAGES = (
    "/",
    "/policy/definitions",
    "/policy/definitions?search=kubernetes",
    f"/policy/definitions/initiative/{BASELINE}",
    f"/policy/assign?definition=/providers/Microsoft.Authorization/policySetDefinitions/{BASELINE}",
    "/policy/assignments",
    "/policy/test",
)
VERDICTS = (
    "/",
    "/policy/compliance",
    "/policy/compliance?view=resources",
    "/policy/compliance?view=resources&cluster=aks-demo&action=dryrun",
    "/policy/compliance?view=resources&page=600",
    "/policy/compliance?view=namespaces",
    "/policy/compliance?namespace=team-104&search=web-10001",
    f"/policy/compliance/assignment?id={GROUP}/providers/Microsoft.Authorization"
    "/policyAssignments/baseline&tab=components",
    "/policy/denials",
)
"""Pages over a hundred thousand verdicts."""


def measure() -> Iterator[Measurement]:
    """Pages through Django's own client, so that only the server's work is timed."""
    with prepared_portal():
        from policy_app.services import setup

        _fill()
        _assign()
        client = _signed_in()
        for page in PAGES:
            yield _page(client, page)
        yield from _decisions()
        yield from _verdicts(client)
        yield Measurement("prepare a start, nothing to do", median_ms(setup.prepare), "ms")
        yield from rest_lists.measure(client)


def _fill() -> None:
    from policy_app.models import Definition, DefinitionVersion

    model = Definition.objects.filter(kind=Definition.Kind.POLICY).first()
    assert model
    body = model.versions.all()[0].body
    made = []
    for number in range(DEFINITIONS - Definition.objects.count()):
        name = str(uuid.UUID(int=number))
        arm_id = f"/providers/Microsoft.Authorization/policyDefinitions/{name}"
        made.append(
            Definition(
                kind=model.kind,
                name=name,
                arm_id=arm_id,
                key=arm_id.lower(),
                mode=model.mode,
                display_name=f"{model.display_name} {number}",
                category=f"Category {number % 60}",
                latest_version="1.0.0",
            )
        )
    Definition.objects.bulk_create(made, batch_size=500)
    versions = (
        DefinitionVersion(
            definition=one,
            version="1.0.0",
            major=1,
            minor=0,
            patch=0,
            body=body,
            fingerprint=one.name,
        )
        for one in made
    )
    DefinitionVersion.objects.bulk_create(versions, batch_size=500)


def _assign() -> None:
    from policy_app.services import assignments, definitions, scopes
    from policy_app.services.drafts import AssignmentDraft

    draft = AssignmentDraft(
        scopes.get(GROUP),
        "baseline",
        definitions.built_in("initiative", BASELINE),
        display_name="Baseline",
        parameters={"effect": "deny"},
    )
    assignments.put(draft, None)


def _signed_in() -> Client:
    from django.test import Client

    from policy_app.services import setup

    client = Client(SERVER_NAME="localhost")
    admin = setup.first_superuser()
    assert admin
    client.force_login(admin)
    return client


def _verdicts(client: Client) -> Iterator[Measurement]:
    """The compliance pages, once audits have found very much."""
    from policy_app.models import Cluster, Component, ComponentState
    from tests.compliance_rows import Many

    Many(Cluster.objects.get(scope__name="aks-demo")).write()
    count = ComponentState.objects.count()
    component = Component.objects.filter(non_compliant__gt=0).first()
    assert component
    pages = (*VERDICTS, f"/policy/compliance/components/aks-demo/{component.uid}")
    for page in pages:
        yield _page(client, page, f"{count:,} verdicts, limits 150 ms, 25 queries")
    export = "/policy/compliance/export.csv?of=listing&view=resources"
    took = median_ms(lambda: client.get(export).getvalue(), times=1)
    yield Measurement("export all of them as CSV", took, "ms")


def _page(client: Client, page: str, limits: str = "limits 100 ms, 25 queries") -> Measurement:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(page)
    note = f"{len(queries)} queries ({limits})"
    if answer.status_code != 200:
        note = f"answered {answer.status_code}"
    return Measurement(f"GET {page[:72]}", median_ms(lambda: client.get(page)), "ms", note)


def _decisions() -> Iterator[Measurement]:
    from policy_app.models import Cluster
    from policy_app.services import testing

    cluster = Cluster.objects.select_related("scope").get(scope__name="aks-demo")
    file = ROOT / "fixtures" / "manifests" / "nginx-privileged.yaml"
    one = [testing.Upload(file.name, file.read_bytes())]
    many = [testing.Upload(file.name, b"---\n".join([file.read_bytes()] * 200))]
    yield Measurement(
        "test one Pod under the baseline", median_ms(lambda: testing.run(cluster, one)), "ms"
    )
    took = median_ms(lambda: testing.run(cluster, many), times=3)
    yield Measurement("test 200 Pods under the baseline", took, "ms")
