"""Go's ``fmt.Sprintf`` over Rego values, as OPA calls it.

Numbers reach Go as ``int``, ``*big.Int`` or ``float64`` and strings as ``string``; every other
value is printed first, so its type is ``string`` too.  Where verb and operand do not fit, Go does
not fail: it prints ``%!d(string=x)``, ``%!d(MISSING)``, ``%!(EXTRA int=1)``…
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from policy_app.evaluation.rego.builtins.core import Budget
from policy_app.evaluation.rego.builtins.floats import float_text
from policy_app.evaluation.rego.builtins.text import TextSink
from policy_app.evaluation.rego.limits import Budget as QueryBudget
from policy_app.evaluation.rego.values import Value, quote, render

MAX_WIDTH = 1_000_000
"""Go's own bound for a width or a precision."""

_INT64 = 1 << 63
_STRIDE = 256
_SIMPLE = re.compile(r"%([vds])")
_VERB = re.compile(
    r"%(?P<flags>[ #+\-0]*)"
    r"(?P<width_index>\[[^\]]*\])?(?P<width>\*|\d*)"
    r"(?:\.(?P<precision_index>\[[^\]]*\])?(?P<precision>\*|\d*))?"
    r"(?P<index>\[[^\]]*\])?(?P<verb>.)?",
    re.DOTALL,
)


def format_text(budget: Budget, layout: str, values: list[Value]) -> str:
    """``sprintf(layout, values)``; raises ``RegoLimitError`` where the text gets too long."""
    return _simple(budget, layout, values) or _Printer(budget, values).print(layout)


def show(budget: QueryBudget, verb: str, value: Value) -> str:
    """What one verb of ``sprintf`` prints for a value that is no string."""
    kind = type(value)
    if kind is int or kind is float:
        return (
            str(value) if verb == "v" and kind is int else format_text(budget, f"%{verb}", [value])
        )
    if budget.texts is None:
        budget.texts = {}
    known = budget.texts.get(id(value))
    if known is None:
        # The value is kept beside its text, so that its identity stays its own.
        known = budget.texts[id(value)] = (value, render(value))
    budget.charge_string(len(known[1]))
    return known[1]


def _simple(budget: Budget, layout: str, values: list[Value]) -> str:
    """The text where each value is a string or an integer behind a plain verb, else nothing."""
    parts = _SIMPLE.split(layout)
    if len(parts) != 2 * len(values) + 1:
        return ""
    length = 0
    for index, value in enumerate(values):
        verb, kind = parts[2 * index + 1], type(value)
        if kind is str and verb != "d":
            parts[2 * index + 1] = value
        elif kind is int and verb != "s":
            parts[2 * index + 1] = str(value)
        elif verb != "d" and kind is not int and kind is not float:
            parts[2 * index + 1] = render(value)
        else:
            return ""
        length += len(parts[2 * index + 1])
    if any("%" in text for text in parts[::2]):
        return ""
    budget.charge_string(length + len(layout))
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Spec:
    """One verb with its flags; a width or precision of -1 is not given."""

    verb: str
    flags: str = ""
    width: int = -1
    precision: int = -1

    @property
    def left(self) -> bool:
        """Whether the text stands at the left of its width."""
        return "-" in self.flags

    @property
    def zero(self) -> bool:
        """Whether zeros fill up the width."""
        return "0" in self.flags and not self.left

    def sign(self, negative: bool) -> str:
        """The sign to print before a number."""
        if negative:
            return "-"
        return "+" if "+" in self.flags else " " if " " in self.flags else ""


class _Printer:
    """Prints one layout: keeps which operand is next, and whether any was picked by index."""

    def __init__(self, budget: Budget, values: list[Value]) -> None:
        self._budget = budget
        self._sink = TextSink(budget)
        self._values = values
        self._next = 0
        self._reordered = False
        self._good_index = True

    def print(self, layout: str) -> str:
        end = verbs = 0
        while (start := layout.find("%", end)) >= 0:
            self._sink.add(layout[end:start])
            match = _VERB.match(layout, start)
            if match is None:
                raise AssertionError("the pattern matches any text after a percent sign")
            self._print_verb(match)
            verbs += 1
            if verbs % _STRIDE == 0:
                self._budget.check_deadline()
            end = match.end()
        self._sink.add(layout[end:])
        self._print_extra()
        return self._sink.text()

    def _print_verb(self, match: re.Match[str]) -> None:
        self._good_index = True
        self._pick(match["width_index"])
        flags, width = match["flags"], self._number(match["width"], "%!(BADWIDTH)")
        if width is not None and match["width"] == "*" and width < 0:
            flags, width = flags + "-", -width
        self._pick(match["precision_index"])
        precision = self._precision(match["precision"])
        self._pick(match["index"])
        verb = match["verb"]
        if verb is None:
            self._sink.add("%!(NOVERB)")
        elif verb == "%":
            self._sink.add("%")
        elif not self._good_index:
            self._sink.add(f"%!{verb}(BADINDEX)")
        elif self._next >= len(self._values):
            self._sink.add(f"%!{verb}(MISSING)")
        else:
            spec = Spec(verb, flags, -1 if width is None else width, precision)
            self._print_value(spec, self._take())

    def _pick(self, index: str | None) -> None:
        if index is None:
            return
        self._reordered = True
        number = int(index[1:-1]) if re.fullmatch(r"\[[0-9]{1,7}\]", index) else 0
        if 1 <= number <= len(self._values):
            self._next = number - 1
        else:
            self._good_index = False

    def _take(self) -> Value:
        self._next += 1
        return self._values[self._next - 1]

    def _number(self, text: str, problem: str) -> int | None:
        if text != "*":
            return int(text) if text and len(text) < 8 and int(text) <= MAX_WIDTH else None
        value = self._take() if self._next < len(self._values) else None
        if type(value) is int and abs(value) <= MAX_WIDTH:
            return value
        self._sink.add(problem)
        return None

    def _precision(self, text: str | None) -> int:
        if text is None:
            return -1
        if not text:
            return 0
        precision = self._number(text, "%!(BADPREC)")
        if precision is not None and precision < 0:
            self._sink.add("%!(BADPREC)")
            return -1
        return -1 if precision is None else precision

    def _print_value(self, spec: Spec, value: Value) -> None:
        self._sink.reserve(max(spec.width, spec.precision))
        if spec.verb == "T":
            spec, value = replace(spec, verb="s"), go_type(value)
        self._sink.add(format_value(spec, value))

    def _print_extra(self) -> None:
        if self._reordered or self._next >= len(self._values):
            return
        self._sink.add("%!(EXTRA ")
        for index, value in enumerate(self._values[self._next :]):
            self._sink.add(", " if index else "")
            self._sink.add(f"{go_type(value)}=")
            self._sink.add(format_value(Spec("v"), value))
        self._sink.add(")")


def go_type(value: Value) -> str:
    """The Go type in which OPA hands a value to ``fmt``."""
    if type(value) is int:
        return "int" if -_INT64 <= value < _INT64 else "*big.Int"
    return "float64" if type(value) is float else "string"


def format_value(spec: Spec, value: Value) -> str:
    """One value behind one verb."""
    kind = type(value)
    if kind is int:
        text = _integer(spec, value)
    elif kind is float:
        text = _float(spec, value)
    else:
        text = _string(spec, value if kind is str else render(value))
    return _bad_verb(spec, value) if text is None else text


def _bad_verb(spec: Spec, value: Value) -> str:
    plain = format_value(replace(spec, verb="v"), value)
    return f"%!{spec.verb}({go_type(value).lstrip('*')}={plain})"


def _pad(spec: Spec, text: str, zero: bool | None = None) -> str:
    if spec.left:
        return text.ljust(spec.width)
    return text.rjust(spec.width, "0" if (spec.zero if zero is None else zero) else " ")


def _string(spec: Spec, text: str) -> str | None:
    if spec.verb in "xX":
        return _pad(spec, _hex(spec, text))
    cut = text if spec.precision < 0 else text[: spec.precision]
    if spec.verb == "q" or (spec.verb == "v" and "#" in spec.flags):
        return _pad(spec, _quoted(spec, cut))
    return _pad(spec, cut) if spec.verb in "vs" else None


def _quoted(spec: Spec, text: str) -> str:
    if "#" in spec.flags and spec.verb == "q" and "`" not in text and text.isprintable():
        return f"`{text}`"
    quoted = quote(text)
    return quoted if "+" not in spec.flags else "".join(map(_ascii, quoted))


def _ascii(char: str) -> str:
    code = ord(char)
    if char.isascii():
        return char
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _hex(spec: Spec, text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    raw = raw if spec.precision < 0 else raw[: spec.precision]
    digits = [f"{byte:02{spec.verb}}" for byte in raw]
    prefix = "0" + spec.verb if "#" in spec.flags and raw else ""
    return prefix + (f" {prefix}" if " " in spec.flags else "").join(digits)


_BASES = {"d": "d", "v": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}


def _integer(spec: Spec, value: int) -> str | None:
    small = go_type(value) == "int"
    if spec.verb in _BASES or (spec.verb == "s" and not small):
        return _digits(spec, value)
    if not small:
        return None
    if spec.verb == "c":
        return _pad(spec, _rune(value))
    if spec.verb == "q":
        return _pad(spec, _quoted_rune(spec, value))
    return _pad(spec, _unicode(spec, value), zero=False) if spec.verb == "U" else None


def _digits(spec: Spec, value: int) -> str:
    base = _BASES.get(spec.verb, "d")
    if spec.precision == 0 and value == 0:
        return " " * max(spec.width, 0)
    digits, sign = format(abs(value), base), spec.sign(value < 0)
    least = spec.precision
    if least < 0 and spec.zero:
        least = spec.width - len(sign)
    digits = digits.rjust(least, "0")
    prefix = "0o" if spec.verb == "O" else ""
    if "#" in spec.flags and spec.verb in _PREFIXES:
        prefix = "" if spec.verb == "o" and digits.startswith("0") else _PREFIXES[spec.verb]
    return _pad(spec, sign + prefix + digits, zero=False)


_LAST_RUNE, _SURROGATES = 0x10FFFF, range(0xD800, 0xE000)


def _rune(value: int) -> str:
    return chr(value) if 0 <= value <= _LAST_RUNE and value not in _SURROGATES else "\ufffd"


def _quoted_rune(spec: Spec, value: int) -> str:
    char = _rune(value)
    quoted = "\\'" if char == "'" else '"' if char == '"' else _quoted(spec, char)[1:-1]
    return f"'{quoted}'"


def _unicode(spec: Spec, value: int) -> str:
    text = f"U+{value:0{max(spec.precision, 4)}X}"
    shown = "#" in spec.flags and 0 <= value <= _LAST_RUNE and chr(value).isprintable()
    return f"{text} '{chr(value)}'" if shown else text


_FLOAT_VERBS = frozenset("vbgGxXfFeE")


def _float(spec: Spec, value: float) -> str | None:
    if spec.verb not in _FLOAT_VERBS:
        return None
    text = float_text(abs(value), spec.verb, spec.precision, "#" in spec.flags)
    sign = spec.sign(value < 0)
    if spec.zero and spec.width > len(sign) + len(text):
        text = text.rjust(spec.width - len(sign), "0")
    return _pad(spec, sign + text, zero=False)
