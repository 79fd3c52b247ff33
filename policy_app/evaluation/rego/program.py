"""Compiled programs: what the rest of the evaluation module queries."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

from policy_app.evaluation.rego.errors import RegoError, RegoLimitError, Undefined
from policy_app.evaluation.rego.limits import DEFAULT_LIMITS, RUNNING, Budget, Limits
from policy_app.evaluation.rego.output import plain, plain_set, sorted_members
from policy_app.evaluation.rego.runtime import (
    BUDGET,
    DATA,
    TRACE,
    Document,
    Lazy,
    State,
    U,
    chain,
    force,
)
from policy_app.evaluation.rego.values import Value

# The compiler's passes are imported when a program is first compiled: they are most of what this
# package is, and whoever starts a command should not wait for them.
if TYPE_CHECKING:
    from policy_app.evaluation.rego.explain import Explanation
    from policy_app.evaluation.rego.linker import Linked
    from policy_app.evaluation.rego.query import CompiledQuery, Result

Version = OneOf["v0", "v1"]
Provider = Callable[[Value], Value]


@dataclass(frozen=True, slots=True)
class Options:
    """How a query runs.

    ``strict`` makes a builtin's error an error of the query.  ``now_ns`` fixes the clock
    (nanoseconds since 1970), ``external_data`` answers the builtin of that name.
    """

    limits: Limits = DEFAULT_LIMITS
    strict: bool = False
    now_ns: int | None = None
    external_data: Provider | None = None
    seed: str = ""


class Context:
    """What one query lends to builtins; ``builtins.core.Context`` says what each part is.

    Most queries ask for nothing of it, so its parts are made when they are asked for.
    """

    __slots__ = ("_memo", "_notes", "_now_ns", "_options", "budget")

    def __init__(self, budget: Budget, options: Options) -> None:
        self.budget = budget
        self._options = options

    @property
    def now_ns(self) -> int:
        try:
            return self._now_ns
        except AttributeError:
            now = self._options.now_ns
            self._now_ns: int = time.time_ns() if now is None else now
            return self._now_ns

    @property
    def seed(self) -> str:
        return self._options.seed

    @property
    def external_data(self) -> Provider | None:
        return self._options.external_data

    @property
    def memo(self) -> dict[Any, Any]:
        try:
            return self._memo
        except AttributeError:
            self._memo: dict[Any, Any] = {}
            return self._memo

    @property
    def notes(self) -> list[str]:
        try:
            return self._notes
        except AttributeError:
            self._notes: list[str] = []
            return self._notes

    def note(self, message: str) -> None:
        self.notes.append(message)


DEFAULT_OPTIONS = Options()
KEPT_QUERIES = 64
"""Compiled queries that a program keeps."""


class Program:
    """Compiled modules, safe to query from several threads.

    ``packages`` holds each module's package in the order given, as ``data.a.b``.
    """

    def __init__(
        self, sources: tuple[str, ...], version: Version, names: tuple[str, ...] = ()
    ) -> None:
        from policy_app.evaluation.rego.linker import link, parse_modules

        self.sources = sources
        self.version = version
        self.names = names or tuple(f"module-{n}.rego" for n in range(len(sources)))
        self.modules = parse_modules(sources, version, self.names)
        self.packages = tuple(".".join(("data", *module.package)) for module in self.modules)
        self._linked = link(self.modules)
        self._queries: dict[str, CompiledQuery] = {}
        self._explained: Linked | None = None
        self._routes: dict[str, tuple[Document | None, tuple[str, ...]]] = {}
        self._lock = threading.Lock()

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
        state = self._state(self._linked, input, data, options)
        before, RUNNING.budget = RUNNING.budget, state[BUDGET]
        try:
            rule, names = self._route(path)
            if rule is not None and rule.members is not None and not names:
                # A set that is sent out as a whole is sorted, and needs no hashes for that.
                return plain_set(rule.members(state), state[BUDGET])
            value = self._at(rule, names, state)
            if value is U:
                raise Undefined(path)
            return plain(value, state[BUDGET])
        except (RegoError, Undefined):
            raise
        except Exception as error:
            raise _as_rego_error(error) from error
        finally:
            RUNNING.budget = before

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
        state = self._state(linked, input, data, options)
        rule, names = _find_route(linked.documents, path)
        if rule is None or names or rule.function is None:
            raise RegoError(f"{path} is no rule that could be explained", code="eval_error")
        name = ".".join(("data", *rule.path))
        before, RUNNING.budget = RUNNING.budget, state[BUDGET]
        try:
            trace = state[TRACE] = Trace(input)
            if rule.members is not None:
                found = sorted_members(rule.members(state), state[BUDGET])
                return [trace.explanation(name, value, shown) for value, shown in found]
            value = rule.function(state)
            if value is U:
                raise Undefined(path)
            return [trace.explanation(name, value, plain(value, state[BUDGET]))]
        except (RegoError, Undefined):
            raise
        except Exception as error:
            raise _as_rego_error(error) from error
        finally:
            RUNNING.budget = before

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
        state = self._state(query.linked, input, data, options)
        rule = query.linked.documents.children[QUERY_RULE].function
        assert rule is not None
        before, RUNNING.budget = RUNNING.budget, state[BUDGET]
        try:
            return query.results(plain(rule(state), state[BUDGET]))
        except (RegoError, Undefined):
            raise
        except Exception as error:
            raise _as_rego_error(error) from error
        finally:
            RUNNING.budget = before

    def _query(self, text: str) -> CompiledQuery:
        from policy_app.evaluation.rego.query import compile_query

        with self._lock:
            if text not in self._queries:
                if len(self._queries) >= KEPT_QUERIES:
                    self._queries.clear()
                v1 = self.version == "v1"
                self._queries[text] = compile_query(self.modules, text, v1=v1)
            return self._queries[text]

    def _state(self, linked: Linked, input: Any, data: Any, options: Options) -> State:
        budget = Budget(options.limits)
        context = Context(budget, options)
        base = {} if data is None else data
        head = (input, base, budget, context, None, None, options.strict, None)
        return [*head, *linked.empty]

    def _route(self, path: str) -> tuple[Document | None, tuple[str, ...]]:
        """The rule that a path leads to, or None for a document, and the names left over."""
        if path not in self._routes:
            if len(self._routes) >= KEPT_QUERIES:
                self._routes.clear()
            self._routes[path] = _find_route(self._linked.documents, path)
        return self._routes[path]

    def _at(self, rule: Document | None, names: tuple[str, ...], state: State) -> Value:
        if rule is not None:
            return chain(rule.at(state, U), names)
        return force(chain(Lazy(state, self._linked.documents, state[DATA]), names))


def _find_route(document: Document, path: str) -> tuple[Document | None, tuple[str, ...]]:
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


__all__ = ["Context", "Options", "Program", "Version", "compile_modules"]
