"""With a hundred thousand verdicts, each page needs few queries, and reads them by an index."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policy_app.models import Cluster, Component, ComponentState
from policy_app.services.compliance import records
from tests.compliance_rows import ASSIGNMENT, MANY, PRIVILEGED, Many

QUERIES = 25
LIST = "/policy/compliance"


def addresses(component: Component) -> list[str]:
    """Every page that lists what audits found, with the filters that are the hardest."""
    policy = {"assignment": ASSIGNMENT, "definition": PRIVILEGED, "reference": "member0"}
    return [
        "/",
        "/?days=30",
        LIST,
        f"{LIST}?cluster=aks-demo",
        f"{LIST}?namespace=team-104&search=web-10001",
        f"{LIST}?view=resources",
        f"{LIST}?view=resources&page=600",
        f"{LIST}?view=resources&cluster=aks-demo&action=dryrun&search=web-10200",
        f"{LIST}?view=resources&state=Compliant",
        f"{LIST}?view=namespaces",
        f"{LIST}?view=namespaces&action=deny",
        f"{LIST}/assignment?{urlencode({'id': ASSIGNMENT})}",
        f"{LIST}/assignment?{urlencode({'id': ASSIGNMENT, 'tab': 'components'})}",
        f"{LIST}/assignment?{urlencode({'id': ASSIGNMENT, 'tab': 'history'})}",
        f"{LIST}/policy?{urlencode(policy)}",
        f"{LIST}/policy?{urlencode({**policy, 'state': 'Compliant'})}",
        f"{LIST}/policy?{urlencode({**policy, 'tab': 'events'})}",
        f"{LIST}/components/aks-demo/{component.uid}",
        f"{LIST}/components/aks-demo/{component.uid}?tab=policies",
        "/policy/denials",
    ]


def plan(rows: QuerySet[Component] | QuerySet[ComponentState]) -> str:
    """How SQLite would read a page of the rows."""
    return str(rows[:50].explain())


def test_pages_over_a_hundred_thousand_verdicts_need_few_queries_and_an_index(
    visitor: Client, aks_demo: Cluster
) -> None:
    # Filled once for all of it: that takes longer than the pages do.
    Many(aks_demo).write()
    assert ComponentState.objects.count() > 100_000
    component = Component.objects.filter(non_compliant__gt=0)[0]
    needed = {}
    for address in addresses(component):
        with CaptureQueriesContext(connection) as queries:
            assert visitor.get(address).status_code == 200, address
        needed[address] = len(queries)
    assert {one: count for one, count in needed.items() if count > QUERIES} == {}
    if connection.vendor == "sqlite":
        _check_plans(aks_demo)


def _check_plans(cluster: Cluster) -> None:
    """No list is sorted as a whole: each comes in the order of an index."""
    everything = records.Fleet(frozenset(), everything=True)
    chosen = records.Filters(set_definition=MANY)
    plans = {
        "components_blocking_first": plan(records.by_resource(cluster)),
        "components_worst": plan(records.by_resource(everything)),
        "states_of_cluster": plan(records.components(cluster, chosen)),
        "states_worst": plan(records.components(everything, chosen)),
    }
    assert {name: told for name, told in plans.items() if name not in told} == {}
    counted = str(records.by_namespace(cluster).explain())
    assert "COVERING INDEX components_counted" in counted
