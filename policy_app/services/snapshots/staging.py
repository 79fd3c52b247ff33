"""What was read of a source, until it is written: a file of this process, and no memory.

SQLite keeps a database without a name in a file that is gone as soon as it is opened, so that a
process that is killed leaves nothing behind.  Bodies are compressed: YAML says much twice.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy_app.apimachinery.objects import Object

_AT_ONCE = 500
# What comes without a uid is what stands there under its name, whatever uid that was given.
_TABLES = """
CREATE TABLE objects (
    id INTEGER PRIMARY KEY, grp TEXT, plural TEXT, namespace TEXT, name TEXT, uid TEXT,
    body BLOB, differs INTEGER DEFAULT 0, UNIQUE (grp, plural, namespace, name)
);
CREATE UNIQUE INDEX by_uid ON objects (uid) WHERE uid <> '';
CREATE TABLE pending (
    id INTEGER PRIMARY KEY, api_version TEXT, kind TEXT, namespace TEXT, place TEXT, body BLOB
);
CREATE TABLE there (
    pk INTEGER PRIMARY KEY, grp TEXT, plural TEXT, namespace TEXT, name TEXT, uid TEXT,
    UNIQUE (grp, plural, namespace, name)
);
CREATE VIEW pairs AS SELECT there.pk, objects.id, objects.body, objects.differs
    FROM there CROSS JOIN objects USING (grp, plural, namespace, name)
    WHERE objects.uid IN ('', there.uid);
CREATE VIEW gone AS SELECT pk FROM there WHERE NOT EXISTS (
    SELECT 1 FROM objects AS o WHERE o.grp = there.grp AND o.plural = there.plural
    AND o.namespace = there.namespace AND o.name = there.name AND o.uid IN ('', there.uid)
);
CREATE VIEW fresh AS SELECT * FROM objects WHERE NOT EXISTS (
    SELECT 1 FROM there AS t WHERE t.grp = objects.grp AND t.plural = objects.plural
    AND t.namespace = objects.namespace AND t.name = objects.name
    AND objects.uid IN ('', t.uid)
);
"""
_INSERT = (
    "INSERT OR IGNORE INTO objects (grp, plural, namespace, name, uid, body)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_REPLACE = _INSERT.replace("IGNORE", "REPLACE", 1)
_COUNTS = {
    "same": "SELECT COUNT(*) FROM pairs WHERE NOT differs",
    "differing": "SELECT COUNT(*) FROM pairs WHERE differs",
    "new": "SELECT COUNT(*) FROM fresh",
    "all": "SELECT COUNT(*) FROM objects",
}

Resource = tuple[str, str]
"""A group and a plural."""


@dataclass(frozen=True, slots=True)
class Staged:
    """One object as it will be stored, but for its revision."""

    resource: Resource
    namespace: str
    name: str
    uid: str
    body: Object
    text: str
    """The body as JSON."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An object of a kind that was not known yet when it was read."""

    place: str
    body: Object


class Stage:
    """The objects of one snapshot; a context manager, as the file lives as long as it."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.executescript(_TABLES)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def add(self, staged: Staged, *, instead: bool = False) -> bool:
        """Keep an object; False where one of its name is there, unless it comes ``instead``.

        A uid that another object has is nobody's: who writes gives a new one.
        """
        if instead:
            return self._insert(_REPLACE, staged, staged.uid, staged.text)
        if self._insert(_INSERT, staged, staged.uid, staged.text):
            return True
        return self._insert(_INSERT, staged, "", text_of(without_uid(staged.body)))

    def forget(self, resource: Resource) -> None:
        """Drop what was read of a resource, which is read anew."""
        self._base.execute("DELETE FROM objects WHERE grp = ? AND plural = ?", resource)

    def put_off(self, api_version: str, kind: str, namespace: str, pending: Pending) -> None:
        """Keep an object until all kinds of the source are known."""
        sql = "INSERT INTO pending (api_version, kind, namespace, place, body) VALUES (?,?,?,?,?)"
        body = packed(pending.body)
        self._base.execute(sql, (api_version, kind, namespace, pending.place, body))

    def kinds_put_off(self) -> list[tuple[str, str, bool]]:
        """Each ``apiVersion`` and kind that objects were put off of, and whether in namespaces."""
        sql = (
            "SELECT api_version, kind, MAX(namespace <> '') FROM pending"
            " GROUP BY api_version, kind ORDER BY MIN(id)"
        )
        return [(one[0], one[1], bool(one[2])) for one in self._base.execute(sql)]

    def put_off_of(self, api_version: str, kind: str) -> Iterator[Pending]:
        """The objects of one kind that were put off, in the order in which they were read."""
        sql = "SELECT place, body FROM pending WHERE api_version = ? AND kind = ? ORDER BY id"
        for place, body in self._base.execute(sql, (api_version, kind)):
            yield Pending(place, unpacked(body))

    def bodies(self, resource: Resource) -> Iterator[Object]:
        """The objects of a resource."""
        sql = "SELECT body FROM objects WHERE grp = ? AND plural = ?"
        for (body,) in self._base.execute(sql, resource):
            yield unpacked(body)

    def counts(self) -> dict[Resource, int]:
        """How many objects of each resource there are."""
        sql = "SELECT grp, plural, COUNT(*) FROM objects GROUP BY grp, plural"
        return {(group, plural): number for group, plural, number in self._base.execute(sql)}

    def homeless(self) -> list[str]:
        """The namespaces that objects are in, and that are not among the objects."""
        sql = (
            "SELECT DISTINCT namespace FROM objects WHERE namespace <> '' AND namespace NOT IN"
            " (SELECT name FROM objects WHERE grp = '' AND plural = 'namespaces') ORDER BY 1"
        )
        return [name for (name,) in self._base.execute(sql)]

    def compare(self, there: Iterable[Sequence[Any]]) -> None:
        """Take up what the cluster has: (pk, group, plural, namespace, name, uid) of each."""
        self._base.execute("DELETE FROM there")
        self._base.executemany("INSERT INTO there VALUES (?, ?, ?, ?, ?, ?)", there)
        self._base.execute("UPDATE objects SET differs = 0 WHERE differs <> 0")

    def gone(self) -> list[int]:
        """The primary keys of what the cluster has and the source has not."""
        return [pk for (pk,) in self._base.execute("SELECT pk FROM gone ORDER BY pk")]

    def pairs(self, *, differing: bool = False) -> Iterator[dict[int, tuple[int, Object]]]:
        """What both have, some at a time: the object and its id here by primary key there."""
        sql = "SELECT pk, id, body FROM pairs WHERE differs OR NOT ? ORDER BY pk"
        cursor = self._base.execute(sql, (differing,))
        while found := cursor.fetchmany(_AT_ONCE):
            yield {pk: (key, unpacked(body)) for pk, key, body in found}

    def mark(self, differing: Iterable[int]) -> None:
        """Note which objects say something else than the cluster's."""
        keys = [(key,) for key in differing]
        self._base.executemany("UPDATE objects SET differs = 1 WHERE id = ?", keys)

    def count_of(self, what: str) -> int:
        """How many are ``same``, ``differing``, ``new`` or ``all``."""
        return int(self._base.execute(_COUNTS[what]).fetchone()[0])

    def new(self) -> Iterator[tuple[Resource, list[Object]]]:
        """What the cluster has not, resource by resource and some at a time."""
        sql = "SELECT body FROM fresh WHERE grp = ? AND plural = ? ORDER BY namespace, name"
        for resource in sorted(self.counts()):
            cursor = self._base.execute(sql, resource)
            while found := cursor.fetchmany(_AT_ONCE):
                yield resource, [unpacked(body) for (body,) in found]

    def _insert(self, sql: str, staged: Staged, uid: str, text: str) -> bool:
        values = (*staged.resource, staged.namespace, staged.name, uid, _compressed(text))
        return self._base.execute(sql, values).rowcount == 1


def without_uid(body: Object) -> Object:
    """The object as if no server had named it yet."""
    metadata = {key: value for key, value in body["metadata"].items() if key != "uid"}
    return {**body, "metadata": metadata}


def text_of(body: Mapping[str, Any]) -> str:
    """A body as JSON in ASCII alone, as it is stored: lone surrogates are no UTF-8."""
    return json.dumps(body, separators=(",", ":"))


def packed(body: Mapping[str, Any]) -> bytes:
    """A body as it is kept."""
    return _compressed(text_of(body))


def unpacked(body: bytes) -> Object:
    """What ``packed`` packed."""
    made: Object = json.loads(zlib.decompress(body))
    return made


def _compressed(text: str) -> bytes:
    return zlib.compress(text.encode("ascii"), 1)
