"""What ``policy-portal rego`` reads: modules, templates with Rego in them, and data documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from policy_app.cli.failure import Failure
from policy_app.evaluation.rego import RegoError
from policy_app.evaluation.rego.program import Program, Version


@dataclass(frozen=True, slots=True)
class ModuleText:
    """One module: ``line`` is the one in ``file`` that stands before its first."""

    file: str
    text: str
    line: int = 0
    version: Version = "v0"


@dataclass(frozen=True, slots=True)
class Documents:
    """Everything that was read."""

    modules: tuple[ModuleText, ...]
    data: Mapping[str, Any]

    def compile(self, version: Version) -> Program:
        """The program of all modules; errors name the file and the line in it."""
        chosen: Version = "v1" if "v1" in {m.version for m in self.modules} else version
        names = tuple(f"{m.file}#{n}" for n, m in enumerate(self.modules))
        return Program(tuple(m.text for m in self.modules), chosen, names)

    def placed(self, error: RegoError) -> RegoError:
        """The error with the place in the file that the user wrote."""
        _, mark, number = error.file.rpartition("#")
        if not mark or not number.isdigit():
            return error
        module = self.modules[int(number)]
        return RegoError(
            error.message,
            code=error.code,
            file=module.file,
            line=error.line + module.line,
            column=error.column,
            text=error.text,
        )

    def place(self, file: str, line: int) -> str:
        """``file:line`` for a place in one of the modules."""
        _, mark, number = file.rpartition("#")
        if not mark or not number.isdigit():
            return f"{file}:{line}"
        module = self.modules[int(number)]
        return f"{module.file}:{line + module.line}"


def read(paths: Sequence[str]) -> Documents:
    """Read files and folders; raises ``RegoError`` and ``Failure``."""
    modules: list[ModuleText] = []
    data: dict[str, Any] = {}
    for path in _files(paths):
        text = _text(path)
        if path.suffix == ".rego":
            modules.append(ModuleText(str(path), text))
            continue
        for node in _documents(str(path), text):
            found = list(_template_modules(str(path), node))
            if found:
                modules.extend(found)
            else:
                data |= _data(str(path), node)
    return Documents(tuple(modules), data)


def read_input(path: str) -> Any:
    """The input document: JSON or YAML."""
    try:
        return _plain(yaml.safe_load(_text(Path(path))))
    except yaml.YAMLError as error:
        raise _yaml_error(path, error) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Failure(
            f"{path} is not UTF-8 text: it has the byte 0x{error.object[error.start]:02x}"
            f" at offset {error.start:,}"
        ) from None


def _files(paths: Sequence[str]) -> Iterator[Path]:
    for name in paths:
        path = Path(name)
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix in _SUFFIXES)
        else:
            yield path


_SUFFIXES = frozenset({".rego", ".json", ".yaml", ".yml"})


def _documents(file: str, text: str) -> Iterator[yaml.Node]:
    try:
        yield from (node for node in yaml.compose_all(text, yaml.SafeLoader) if node is not None)
    except yaml.YAMLError as error:
        raise _yaml_error(file, error) from None


def _yaml_error(file: str, error: yaml.YAMLError) -> RegoError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "is not YAML or JSON"
    line = mark.line + 1 if mark is not None else 0
    return RegoError(str(problem), code="yaml_error", file=file, line=line)


def _value(node: yaml.Node) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return _plain(loader.construct_document(node))
    finally:
        loader.dispose()


def _plain(value: Any) -> Any:
    """JSON values only: YAML's dates become their text."""
    return json.loads(json.dumps(value, default=str))


def _data(file: str, node: yaml.Node) -> dict[str, Any]:
    value = _value(node)
    if not isinstance(value, dict):
        raise RegoError("a data document must be an object", code="data_error", file=file, line=1)
    return value


def _field(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                return value  # type: ignore[no-any-return]
    return None


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _template_modules(file: str, node: yaml.Node) -> Iterator[ModuleText]:
    """The Rego of a ConstraintTemplate: the entry module, then its libraries."""
    kind = _field(node, "kind")
    if kind is None or kind.value != "ConstraintTemplate":
        return
    for target in _items(_field(_field(node, "spec"), "targets")):
        rego = _field(target, "rego")
        if rego is not None and rego.value:
            yield from _texts(file, rego, _items(_field(target, "libs")), "v0")
            continue
        for code in _items(_field(target, "code")):
            source = _field(code, "source")
            entry, version = _field(source, "rego"), _field(source, "version")
            if entry is not None:
                libs = _items(_field(source, "libs"))
                v1 = version is not None and version.value == "v1"
                yield from _texts(file, entry, libs, "v1" if v1 else "v0")


def _texts(
    file: str, entry: yaml.Node, libs: list[yaml.Node], version: Version
) -> Iterator[ModuleText]:
    for node in (entry, *libs):
        # A block scalar's text starts on the line behind its indicator.
        module = ModuleText(file, node.value, node.start_mark.line + 1, version)
        yield (
            module
            if getattr(node, "style", None) in ("|", ">")
            else replace(module, line=node.start_mark.line)
        )
