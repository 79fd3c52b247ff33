"""The schedule of a CronJob: five fields, or a word with ``@``. Source: ``robfig/cron`` v3."""

from __future__ import annotations

_WORDS = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_EVERY = "@every "
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_NO_NAMES: dict[str, int] = {}
_FIELDS = (
    (0, 59, _NO_NAMES),
    (0, 23, _NO_NAMES),
    (1, 31, _NO_NAMES),
    (1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    (0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_COUNT = len(_FIELDS)


def fault(text: str) -> str:
    """What is wrong with a schedule; empty where nothing is."""
    if text.startswith("@"):
        known = text in _WORDS or text.startswith(_EVERY)
        return "" if known else f"unrecognized descriptor: {text}"
    fields = text.split()
    if len(fields) != _COUNT:
        shown = " ".join(fields)
        return f"expected exactly {_COUNT} fields, found {len(fields)}: [{shown}]"
    try:
        for field, (least, most, names) in zip(fields, _FIELDS, strict=True):
            for part in field.split(","):
                _check(part, least, most, names)
    except ValueError as error:
        return str(error)
    return ""


def _check(part: str, least: int, most: int, names: dict[str, int]) -> None:
    """One range with a step.  Raises ``ValueError`` with what is wrong."""
    span, slash, step = part.partition("/")
    if "/" in step:
        raise ValueError(f"too many slashes: {part}")
    if span in ("*", "?"):
        first, last = least, most
    else:
        begin, dash, end = span.partition("-")
        if "-" in end:
            raise ValueError(f"too many hyphens: {part}")
        first = _number(begin, names)
        last = _number(end, names) if dash else (most if slash else first)
    if slash and _number(step, _NO_NAMES) == 0:
        raise ValueError(f"step of range should be a positive number: {part}")
    if first < least:
        raise ValueError(f"beginning of range ({first}) below minimum ({least}): {part}")
    if last > most:
        raise ValueError(f"end of range ({last}) above maximum ({most}): {part}")
    if first > last:
        raise ValueError(f"beginning of range ({first}) beyond end of range ({last}): {part}")


def _number(text: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not text.isdecimal():
        why = f'strconv.Atoi: parsing "{text}": invalid syntax'
        raise ValueError(f"failed to parse int from {text}: {why}")
    return int(text)
