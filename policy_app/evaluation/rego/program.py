"""Compiled programs: what the rest of the evaluation module queries."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from typing import Literal as OneOf

from policy_app.evaluation.rego import keeping
from policy_app.evaluation.rego.assembly import Linked, assemble
from policy_app.evaluation.rego.context import DEFAULT_OPTIONS, Context, Options
from policy_app.evaluation.rego.errors import RegoError, RegoLimitError, Undefined
from policy_app.evaluation.rego.limits import RUNNING, Budget
from policy_app.evaluation.rego.output import alike, plain, plain_set, sorted_members
from policy_app.evaluation.rego.runtime import (
    BUDGET,
    DATA,
    FIRST_SLOT,
    TRACE,
    Document,
    Lazy,
    State,
    U,
    Z,
    chain,
    force,
)
from policy_app.evaluation.rego.values import Value

# The compiler's passes are imported when a program is first compiled: they are most of what this
# package is, and whoever starts a command should not wait for them.
if TYPE_CHECKING:
    from policy_app.evaluation.rego.explain import Explanation
    from policy_app.evaluation.rego.query import CompiledQuery, Result
    from policy_app.evaluation.rego.syntax import Module

Version = OneOf["v0", "v1"]
T = TypeVar("T")
Answer = Callable[[State], Any]
"""What is computed once a query runs."""

KEPT_QUERIES = 64
"""Compiled queries that a program keeps."""


class Program:
    """Compiled modules, safe to query from several threads.

    ``packages`` holds each module's package in the order given, as ``data.a.b``.
    """

    def __init__(
        self, sources: tuple[str, ...], version: Version, names: tuple[str, ...] = ()
    ) -> None:
        self.sources = sources
        self.version = version
        self.names = names or tuple(f"module-{n}.rego" for n in range(len(sources)))
        self._key = keeping.key_of(sources, version, self.names)
        kept = keeping.fetch(self._key) or self._generate()
        self.packages = kept.packages
        self._linked = assemble(kept.assembly)
        self._queries: dict[str, CompiledQuery] = {}
        self._explained: Linked | None = None
        self._answers: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def _generate(self) -> keeping.Kept:
        from policy_app.evaluation.rego.linker import generate

        packages = tuple(".".join(("data", *module.package)) for module in self.modules)
        made = keeping.Kept(packages, generate(self.modules))
        keeping.keep(self._key, made)
        return made

    @cached_property
    def modules(self) -> list[Module]:
        """The syntax trees, in the order of the sources."""
        from policy_app.evaluation.rego.linker import parse_modules

        return parse_modules(self.sources, self.version, self.names)

    def __reduce__(self) -> tuple[Any, ...]:
        return Program, (self.sources, self.version, self.names)

    def query(
        self,
        path: str,
        *,
        input: Any = U,
        data: Mapping[str, Any] | None = None,
        options: Options = DEFAULT_OPTIONS,
    ) -> Any:
        """The value at ``path`` (``data.pkg.rule``) for this input, as plain JSON values.

        Raises ``Undefined`` where the rule has no value, ``RegoError`` where it fails and
        ``RegoLimitError`` where it takes more than ``options.limits``.
        """
        answer = self._answers.get(path)
        if answer is None:
            answer = self._keep_answer(path)
        return _run(self._linked.empty, answer, input, data, options)

    def prepare(
        self,
        path: str,
        *,
        data: Mapping[str, Any] | None = None,
        options: Options = DEFAULT_OPTIONS,
    ) -> Prepared:
        """The query at ``path`` for many inputs and the same data, which must not change."""
        return Prepared(self._linked, _answer_at(self._linked.documents, path), data, options)

    def explain(
        self,
        path: str,
        *,
        input: Any = U,
        data: Mapping[str, Any] | None = None,
        options: Options = DEFAULT_OPTIONS,
    ) -> list[Explanation]:
        """The value of the rule at ``path`` with what led to it; one for each member of a set.

        In the order of ``query``, and raises as it does.  Takes several times as long.
        """
        from policy_app.evaluation.rego.explain import Trace

        linked = self._with_explanations()
        rule, names = _find_rule(linked.documents, path)
        if rule is None or names or rule.function is None:
            raise RegoError(f"{path} is no rule that could be explained", code="eval_error")

        name = ".".join(("data", *rule.path))

        def answer(state: State) -> list[Explanation]:
            trace = state[TRACE] = Trace(input)
            return [
                trace.explanation(name, value, shown)
                for value, shown in _derived(rule, path, state)
            ]

        return _run(linked.empty, answer, input, data, options)

    def _with_explanations(self) -> Linked:
        from policy_app.evaluation.rego.linker import link

        with self._lock:
            if self._explained is None:
                self._explained = link(self.modules, explain=True)
            return self._explained

    def eval_query(
        self,
        text: str,
        *,
        input: Any = U,
        data: Mapping[str, Any] | None = None,
        options: Options = DEFAULT_OPTIONS,
    ) -> list[Result]:
        """Every answer to a query such as ``data.a.b = x; x > 1``; none where it is undefined.

        Raises as ``query`` does, and ``RegoError`` where the query does not compile.
        """
        from policy_app.evaluation.rego.query import QUERY_RULE

        query = self._query(text)
        rule = query.linked.documents.children[QUERY_RULE].function
        assert rule is not None

        def answer(state: State) -> list[Result]:
            return query.results(plain(rule(state), state[BUDGET]))

        return _run(query.linked.empty, answer, input, data, options)

    def _query(self, text: str) -> CompiledQuery:
        from policy_app.evaluation.rego.query import compile_query

        with self._lock:
            if text not in self._queries:
                if len(self._queries) >= KEPT_QUERIES:
                    self._queries.clear()
                v1 = self.version == "v1"
                self._queries[text] = compile_query(self.modules, text, v1=v1)
            return self._queries[text]

    def remember(self, name: str, compute: Callable[[], Any]) -> Any:
        """What is computed from the program's text alone, kept as the program is kept.

        It has to be plain: text, numbers, None, or lists of such.
        """
        return keeping.remembered(f"{self._key} {name}" if self._key else "", compute)

    def _keep_answer(self, path: str) -> Answer:
        """Find out once what answers a path; most callers ask for one only."""
        if len(self._answers) >= KEPT_QUERIES:
            self._answers.clear()
        answer = self._answers[path] = _answer_at(self._linked.documents, path)
        return answer


class Prepared:
    """A query that is asked about many inputs.  Safe to ask from several threads.

    Rules that depend on the data alone are computed for the first input that leads to them, and
    kept for the others: an index of all Services need not be made for each of them.  Only the
    query's own state is kept, and none of a ``with``, which has one of its own.
    """

    def __init__(
        self, linked: Linked, answer: Answer, data: Mapping[str, Any] | None, options: Options
    ) -> None:
        self._answer = answer
        self._data = data
        self._options = options
        self._slots = [*linked.empty]
        self._awaited = linked.shared

    def query(self, input: Any) -> Any:
        """What ``Program.query`` gives for this input; raises as that does."""
        answer = self._learning if self._awaited else self._answer
        return _run(self._slots, answer, input, self._data, self._options)

    def _learning(self, state: State) -> Any:
        value = self._answer(state)
        # Several threads may find the same values at once; whose stay makes no difference.
        for slot in self._awaited:
            found = state[slot]
            if found is not Z:
                self._slots[slot - FIRST_SLOT] = found
        self._awaited = tuple(slot for slot in self._awaited if state[slot] is Z)
        return value


def _answer_at(documents: Document, path: str) -> Answer:
    """What computes the plain value at this path."""
    rule, names = _find_rule(documents, path)
    if rule is not None and rule.members is not None and not names:
        members, field = rule.members, rule.deciding_field
        if field is not None:
            return lambda state: alike(members(state), field, state[BUDGET])
        # A set that is sent out as a whole is sorted, and needs no hashes for that.
        return lambda state: plain_set(members(state), state[BUDGET])

    def answer(state: State) -> Any:
        if rule is not None:
            value = chain(rule.at(state, U), names)
        else:
            value = force(chain(Lazy(state, documents, state[DATA]), names))
        if value is U:
            raise Undefined(path)
        return plain(value, state[BUDGET])

    return answer


def _find_rule(document: Document, path: str) -> tuple[Document | None, tuple[str, ...]]:
    """The rule that a path leads to, or None for a document, and the names left over."""
    root, *names = path.split(".")
    if root != "data":
        raise RegoError(f"the query {path!r} must start with 'data'", code="rego_parse_error")
    for at, name in enumerate(names):
        child = document.children.get(name)
        if child is None:
            break
        if child.function is not None:
            return child, tuple(names[at + 1 :])
        document = child
    return None, tuple(names)


def _derived(rule: Document, path: str, state: State) -> list[tuple[Value, Any]]:
    """The rule's value, or each member of a set, beside the plain value it is written as."""
    assert rule.function is not None
    if rule.members is not None:
        return sorted_members(rule.members(state), state[BUDGET])
    value = rule.function(state)
    if value is U:
        raise Undefined(path)
    return [(value, plain(value, state[BUDGET]))]


def _run(
    slots: list[Any], answer: Callable[[State], T], input: Any, data: Any, options: Options
) -> T:
    """Compute the answer in a state of its own, within the limits; no query goes another way.

    ``slots`` is what rules start with: mostly that nothing is computed yet.

    What is done here takes longer than many a rule.  Putting the state together in place, with
    what few queries ask for left out, took the fixed part of a query from 1.5 to 0.7 µs.
    """
    budget = Budget(options.limits)
    state = [
        input,
        {} if data is None else data,
        budget,
        None,
        None,
        None,
        options,
        None,
        *slots,
    ]
    running = RUNNING.budgets
    running.append(budget)
    try:
        return answer(state)
    except (RegoError, Undefined):
        raise
    except Exception as error:
        raise _as_rego_error(error) from error
    finally:
        running.pop()


_LIMITS: tuple[tuple[type[Exception], str], ...] = (
    (RecursionError, "a value or a call is nested too deeply"),
    (MemoryError, "a value or a call is too large"),
    (OverflowError, "a number is too large"),
)


def _as_rego_error(error: Exception) -> RegoError:
    """What Python could not do, in the words of this package."""
    for kind, message in _LIMITS:
        if isinstance(error, kind):
            return RegoLimitError(message, code="rego_limit_error")
    if isinstance(error, ValueError) and "integer string conversion" in str(error):
        return RegoLimitError("a number has too many digits", code="rego_limit_error")
    message = f"the query failed inside the engine: {type(error).__name__}: {error}"
    return RegoError(message, code="eval_internal_error")


def compile_modules(modules: Sequence[str], version: Version = "v0") -> Program:
    """Compile Rego modules into one program; the same sources give the same program.

    ``version`` picks the syntax (``v0`` or ``v1``).  Raises ``RegoError`` with the module's
    name (``module-<index>.rego``), line and column.
    """
    return _compile(tuple(modules), version)


@lru_cache(maxsize=512)
def _compile(modules: tuple[str, ...], version: Version) -> Program:
    return Program(modules, version)


__all__ = [
    "DEFAULT_OPTIONS",
    "Context",
    "Options",
    "Prepared",
    "Program",
    "Version",
    "compile_modules",
]
