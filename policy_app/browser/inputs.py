"""What the address and the form say, without the one character that no field can hold.

A NUL is easily sent and never meant; PostgreSQL refuses it even in a comparison, with an error
that says nothing to a person.
"""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

_NUL = "\x00"


def asked(request: HttpRequest, name: str) -> str:
    """A value of the address; empty where there is none."""
    return str(request.GET.get(name, "")).replace(_NUL, "")


def address(request: HttpRequest) -> QueryDict:
    """Everything that the address asks for."""
    return _clean(request.GET)


def typed(request: HttpRequest) -> QueryDict:
    """The posted form."""
    return _clean(request.POST)


def _clean(given: QueryDict) -> QueryDict:
    clean = QueryDict(mutable=True)
    for name, values in given.lists():
        clean.setlist(name, [str(value).replace(_NUL, "") for value in values])
    return clean
