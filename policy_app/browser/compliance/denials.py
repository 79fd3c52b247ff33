"""The Denials page: every refused request, found again by what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.http import HttpResponse

from policy_app.browser import links
from policy_app.browser.compliance import filtering, links_to, places
from policy_app.browser.compliance.framing import frame
from policy_app.browser.compliance.places import Place
from policy_app.browser.filter_bars import Select
from policy_app.browser.grids import PART, page_of
from policy_app.browser.inputs import asked
from policy_app.browser.pages import Crumb, Fact, PortalRequest, portal_page, render_page
from policy_app.catalog import messages
from policy_app.catalog.shelf import Shelf
from policy_app.models import Refusal
from policy_app.services.compliance import pages, records
from policy_app.services.errors import NotFound

_LONGEST_TEXT = 6_000
_MOST_SAID = 10
_FIELDS = ("kind", "name", "namespace", "username", "message")


@dataclass(frozen=True, slots=True)
class PolicyLink:
    """A policy that denied, and the assignment that brought it."""

    constraint: str
    label: str
    policy_url: str
    assignment_url: str


@dataclass(frozen=True, slots=True)
class Row:
    """A refused request."""

    refusal: Refusal
    cluster: str
    url: str
    policies: Sequence[PolicyLink]


@dataclass(frozen=True, slots=True)
class Told:
    """A pasted message, and what it means."""

    said: messages.Said
    meanings: Sequence[tuple[messages.Meaning, str]]
    """Each with the page of its definition."""
    policies: Sequence[PolicyLink]


@portal_page()
def denials(request: PortalRequest) -> HttpResponse:
    """``?text=`` (what kubectl printed) and the filters."""
    place = places.read(request)
    bar = filtering.read(request, place, ("namespace",), ())
    text, said = _pasted(request)
    page = page_of(request, found(request, place))
    context = {
        "title": "Policy",
        "subtitle": "Denials",
        "crumbs": [Crumb("Policy", "/"), Crumb("Denials")],
        "bar": filtering.with_select(bar, _door(request)),
        "text": text,
        "told": _told(place, said),
        "rows": rows_of(place, list(page.object_list)),
        **frame(request, "denials", page, "denied request"),
        "grid": "compliance/_denied_rows.html",
        "place": place,
        "clear_url": links_to.denials(),
        "hidden": {"text": text},
    }
    return render_page(request, "compliance/denials.html", context, part=PART)


@portal_page()
def denial(request: PortalRequest, key: int) -> HttpResponse:
    """One refused request, with what each of its messages means."""
    place = places.read(request)
    row = pages.refusals(place.fleet).filter(pk=key).first()
    if row is None or row.cluster_id not in place.fleet.keys:
        raise NotFound(
            "ResourceNotFound",
            f"There is no denied request {key} that you may see. The oldest ones are forgotten"
            " after a while.",
            target="id",
        )
    said = messages.read(row.message)
    name = f"{row.operation.capitalize()} {row.kind}/{row.name}"
    context = {
        "title": name,
        "kind": "Denied request",
        "crumbs": [Crumb("Policy", "/"), Crumb("Denials", links_to.denials()), Crumb(name)],
        "facts": _facts(row, place),
        "refusal": row,
        "told": _told(place, said[:_MOST_SAID]),
    }
    return render_page(request, "compliance/denial.html", context)


def found(request: PortalRequest, place: Place) -> QuerySet[Refusal]:
    """The refusals that an address asks for."""
    bar = filtering.read(request, place, ("namespace",), ())
    rows = narrowed(pages.refusals(place.fleet), bar.filters)
    door, (_, said) = _door(request), _pasted(request)
    if door.chosen:
        rows = rows.filter(door=door.chosen)
    if said:
        rows = rows.filter(reduce(or_, (_saying(one) for one in said)))
    return rows


def narrowed(found: QuerySet[Refusal], filters: records.Filters) -> QuerySet[Refusal]:
    """The refusals that the filter bar leaves."""
    if filters.namespace:
        found = found.filter(namespace=filters.namespace)
    for word in filters.text.split():
        found = found.filter(reduce(or_, (Q(**{f"{one}__icontains": word}) for one in _FIELDS)))
    return found


def rows_of(place: Place, shown: Sequence[Refusal]) -> list[Row]:
    """Refusals as the grid shows them, with the policies behind them."""
    names = {name for one in shown for name in one.constraints}
    origins = pages.origins(place.fleet, names)
    return [
        Row(
            refusal=one,
            cluster=place.names.get(one.cluster_id, ""),
            url=links_to.denial(one.pk),
            policies=[_link(name, origins.get((one.cluster_id, name))) for name in one.constraints],
        )
        for one in shown
    ]


def _pasted(request: PortalRequest) -> tuple[str, list[messages.Said]]:
    """What kubectl printed, and the messages in it."""
    text = asked(request, "text")[:_LONGEST_TEXT]
    return text, messages.read(text)[:_MOST_SAID]


def _saying(said: messages.Said) -> Q:
    return pages.saying(said.constraint, said.message)


def _told(place: Place, said: Sequence[messages.Said]) -> list[Told]:
    origins = pages.origins(place.fleet, {one.constraint for one in said if one.constraint})
    told = []
    for one in said:
        of_it = [origin for (_, name), origin in origins.items() if name == one.constraint]
        meanings = messages.meanings(one, _shelf())
        told.append(
            Told(
                one,
                [(meaning, links.definition_by_id(meaning.entry.id)) for meaning in meanings],
                [_link(one.constraint, origin) for origin in of_it[:1]],
            )
        )
    return told


@cache
def _shelf() -> Shelf:
    return Shelf()


def _link(name: str, origin: pages.Origin | None) -> PolicyLink:
    if origin is None:
        return PolicyLink(name, name, "", "")
    url = (
        links_to.policy(origin.policy)
        if origin.policy is not None
        else links.definition_by_id(origin.definition_id)
    )
    label = origin.display_name or name
    return PolicyLink(name, label, url, links.assignment_by_id(origin.assignment_id))


def _door(request: PortalRequest) -> Select:
    wanted = asked(request, "door")
    chosen = wanted if wanted in Refusal.Door.values else ""
    return Select("door", "Asked by", "All", Refusal.Door.choices, chosen)


def _facts(row: Refusal, place: Place) -> list[Fact]:
    cluster = place.names.get(row.cluster_id, "")
    times = "Once" if row.times == 1 else f"{row.times} times within a moment"
    return [
        Fact("Cluster", cluster, url=links.cluster(cluster)),
        Fact("Namespace", row.namespace or "None"),
        Fact("Who", row.username or "Unknown"),
        Fact("When", f"{row.at:%Y-%m-%d %H:%M:%S} UTC"),
        Fact("Asked by", row.get_door_display()),
        Fact("How often", times),
        Fact("Dry run", "Yes: nothing would have been stored" if row.dry_run else "No"),
    ]
