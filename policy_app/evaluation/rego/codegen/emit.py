"""Writing generated Python: names, constants, indentation, and where a failing statement goes.

Every name in the generated text is made here and every constant is passed as an object through
the functions' globals, so that nothing a policy says can become code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from policy_app.evaluation.rego.assembly import Binding
from policy_app.evaluation.rego.codegen.nesting import MAX_BLOCKS, outlined
from policy_app.evaluation.rego.runtime import FIRST_SLOT
from policy_app.evaluation.rego.source import Pos, Source
from policy_app.evaluation.rego.syntax import Term
from policy_app.evaluation.rego.values import RegoSet

MAX_DEPTH = 75
"""Blocks inside each other: Python reads no more than 100 levels of indentation."""


class Pool:
    """One program's generated functions, and what the names in them stand for."""

    def __init__(self, *, explain: bool = False) -> None:
        self.constants: dict[str, Any] = {}
        self.bindings: dict[str, Binding] = {}
        self.kinds: dict[str, str] = {}
        self.slots = 0
        self.explain = explain
        self._names: dict[Any, str] = {}
        self._lines: list[str] = []
        self._count = 0

    def name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def slot(self) -> int:
        """A new place in a query's state."""
        self.slots += 1
        return FIRST_SLOT + self.slots - 1

    def constant(self, value: Any) -> str:
        """The name under which generated code finds this object."""
        key = (type(value), value) if type(value) in (str, int, float, bool, type(None)) else None
        if key is not None and key in self._names:
            return self._names[key]
        name = self.name("K")
        self.constants[name] = value
        if key is not None:
            self._names[key] = name
        return name

    def members(self, name: str, constant: RegoSet) -> str:
        """The name of a constant set's members as a tuple."""
        key = ("members", name)
        if key not in self._names:
            self._names[key] = self.constant(tuple(constant))
        return self._names[key]

    def kind(self, name: str) -> str:
        """The Python type that this name's value is known to have, or nothing."""
        if name in self.constants:
            return type(self.constants[name]).__name__
        return self.kinds.get(name, "")

    def place(self, source: Source, pos: Pos) -> str:
        key = (id(source), pos)
        if key not in self._names:
            self._names[key] = self.constant((source, pos))
        return self._names[key]

    def bind(self, prefix: str, kind: str, which: Any = "") -> str:
        """A name for what is no constant of the policy, such as a builtin; see ``Binding``."""
        known = which if type(which) in (str, tuple) else id(which)
        key = ("binding", kind, known)
        if key not in self._names:
            name = self._names[key] = self.name(prefix)
            self.bindings[name] = (kind, which)
        return self._names[key]

    def add(self, lines: list[tuple[int, str]]) -> None:
        self._lines.extend(" " * indent + text for indent, text in lines)

    def compiled(self) -> CodeType:
        """The code of everything that was written."""
        return compile(self.text, "<rego>", "exec")

    @property
    def text(self) -> str:
        """The generated Python, for tests and for those who want to read it."""
        return "\n".join(self._lines)


@dataclass(slots=True)
class _Frame:
    """What a failing statement does here."""

    fail: str
    used: bool = False


@dataclass(slots=True)
class Variables:
    """What has a value at this point: variables, and documents that were looked up before.

    ``closed`` holds what the variables stand for that depend on no other, and in which state.
    """

    names: dict[str, str] = field(default_factory=dict)
    known: dict[Any, str] = field(default_factory=dict)
    closed: dict[str, tuple[str, Term]] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)

    def copy(self) -> Variables:
        return Variables(dict(self.names), dict(self.known), dict(self.closed), set(self.defined))


class Writer:
    """Writes one Python function.

    ``outer`` is the writer of the function whose variables this one uses: each of them becomes
    a parameter when it is asked for.
    """

    def __init__(self, pool: Pool, source: Source, outer: Writer | None = None) -> None:
        self.pool = pool
        self.source = source
        self.outer = outer
        self.lines: list[tuple[int, str]] = []
        self.indent = 1
        self.frames = [_Frame("return U")]
        self.scope = Variables()
        self.captured: dict[str, str] = {}
        self.state = "S"
        self.loops = 0
        self.blocks = 0
        self.deepest = 0
        self.ticking = False
        self.exact = False
        self.collecting = False
        self.kept = False
        self.written = 0

    # -- text

    def emit(self, text: str) -> None:
        self.lines.append((self.indent, text))

    def temp(self, value: str) -> str:
        name = self.pool.name("t")
        self.emit(f"{name} = {value}")
        return name

    def fail(self) -> str:
        self.frames[-1].used = True
        return self.frames[-1].fail

    def fail_if(self, condition: str) -> None:
        self.emit(f"if {condition}: {self.fail()}")

    def require(self, condition: str) -> None:
        self.emit(f"if not {condition}: {self.fail()}")

    # -- variables

    def find(self, name: str) -> str | None:
        """The Python name of a variable that has a value, or None."""
        known = self.scope.names.get(name) or self.captured.get(name)
        if known is None and self.outer is not None and self.outer.find(name) is not None:
            known = self.captured[name] = self.pool.name("c")
        return known

    def bind(self, name: str, value: str) -> None:
        self.scope.names[name] = value

    def arguments(self) -> list[str]:
        """What a call of this finished function passes for its captured variables."""
        assert self.outer is not None
        return [self.outer.find(name) or "" for name in self.captured]

    # -- blocks

    def loop(self, head: str) -> None:
        """Open a loop that stays open: what follows is written inside."""
        # All that a comprehension goes through leads to its value.
        mark = "" if self.collecting else self.mark()
        self.emit(head)
        self._deeper()
        self.loops += 1
        self.frames.append(_Frame("continue"))
        self.tick()
        self.reset(mark)

    def mark(self) -> str:
        """Remember how far the trail of an explained query is."""
        if not self.pool.explain:
            return ""
        mark = self.pool.name("m")
        self.emit(f"{mark} = S[7].mark()")
        return mark

    def reset(self, mark: str) -> None:
        if mark:
            self.emit(f"S[7].reset({mark})")

    def _deeper(self) -> None:
        self.indent += 1
        self.blocks += 1
        self.deepest = max(self.deepest, self.blocks)
        if self.blocks > MAX_DEPTH:
            message = f"more than {MAX_DEPTH} iterations inside each other"
            raise self.source.error(message, Pos(1, 1))

    def tick(self) -> None:
        """Count one step against the deadline."""
        self.ticking = True
        self.emit("B.ticks -= 1")
        self.emit("if B.ticks < 0: B.refill()")

    def count_element(self) -> None:
        """Count one produced member, where a loop may produce many."""
        if self.loops:
            self.ticking = True
            self.emit("B.elements -= 1")
            self.emit("if B.elements < 0: B.exhausted()")

    def count_text(self, name: str) -> None:
        """Count a produced string."""
        length = self.temp(f"len({name})")
        self.ticking = True
        self.emit(f"B.characters -= {length}")
        past = f"B.characters < 0 or {length} > B.limits.max_string"
        self.emit(f"if {past}: B.refuse_string({length})")

    @contextmanager
    def block(self) -> Iterator[None]:
        """Statements of which a failing one skips the rest, and then execution goes on here."""
        start, indent, loops, blocks = len(self.lines), self.indent, self.loops, self.blocks
        scope, self.scope = self.scope, self.scope.copy()
        frame = _Frame("break")
        self.frames.append(frame)
        depth = len(self.frames)
        self._deeper()
        yield
        del self.frames[depth - 1 :]
        self.indent, self.loops, self.blocks, self.scope = indent, loops, blocks, scope
        if frame.used:
            self.lines.insert(start, (indent, "while True:"))
            self.lines.append((indent + 1, "break"))
        else:
            self.lines[start:] = [(level - 1, text) for level, text in self.lines[start:]]

    @contextmanager
    def branch(self, head: str) -> Iterator[None]:
        """An ``if``, ``else`` or ``try`` with what follows inside."""
        self.emit(head)
        self.indent += 1
        yield
        self.indent -= 1

    # -- functions

    def inner(self) -> Writer:
        """A writer for a function that uses this one's variables."""
        return Writer(self.pool, self.source, self)

    def finish(self, name: str, params: list[str]) -> str:
        """Add the function to the program; returns its name."""
        all_params = ", ".join(["S", *params, *self.captured.values()])
        head = [(0, f"def {name}({all_params}):")]
        if self.ticking:
            head.append((1, "B = S[2]"))
        if self.deepest >= MAX_BLOCKS:
            self.lines = outlined(self.lines, f"{self.pool.name('g')}0")
        self.pool.add(head + self.lines)
        return name

    def call_inner(self, inner: Writer, name: str, first: list[str] | None = None) -> str:
        """The expression that calls a finished inner function."""
        return f"{name}({', '.join([self.state, *(first or []), *inner.arguments()])})"


Emit = Callable[[Writer], None]
