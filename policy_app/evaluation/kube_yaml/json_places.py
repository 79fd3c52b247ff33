"""The places in a JSON text, in the order that ``places`` describes."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right

from policy_app.evaluation.kube_yaml.places import pack_place

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},]|[^\s\[\]{},:"]+')
_NEWLINE = re.compile(r"\n")


def json_places(text: str) -> array[int]:
    """The places of a text that is one JSON value."""
    lines = array("Q", [0, *(found.end() for found in _NEWLINE.finditer(text))])
    packed = array("Q")
    # A name or an item comes first in its collection, and after each comma.
    awaited = True
    for found in _TOKEN.finditer(text):
        word, start = found[0], found.start()
        if word in "]},":
            awaited = word == ","
            continue
        if awaited:
            line = bisect_right(lines, start) - 1
            packed.append(pack_place(line, start - lines[line]))
        awaited = word in "[{"
    return packed
