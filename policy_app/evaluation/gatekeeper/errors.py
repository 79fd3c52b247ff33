"""What Gatekeeper refuses: templates, constraints and reviews that it cannot work with."""

from __future__ import annotations


class GatekeeperError(Exception):
    """Something that Gatekeeper does not accept; ``message`` is in Gatekeeper's own form."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        """The field at fault, such as ``spec.match.scope``; empty where there is none."""


class TemplateError(GatekeeperError):
    """A constraint template that does not compile, or is not shaped as one.

    ``line`` and ``column`` count from 1 within the template's Rego, and are 0 where unknown.
    ``code`` is the compiler's own (``rego_parse_error``…), and empty where it is not its error.
    """

    def __init__(
        self, message: str, *, path: str = "", line: int = 0, column: int = 0, code: str = ""
    ) -> None:
        super().__init__(message, path=path)
        self.line = line
        self.column = column
        self.code = code


class ConstraintError(GatekeeperError):
    """A constraint that is not shaped as one, or does not fit its template."""


class ConstraintSchemaError(ConstraintError):
    """A constraint whose parameters do not fit its template's schema."""


class ReviewError(GatekeeperError):
    """A review that fails as a whole: Gatekeeper's webhook answers it with HTTP 500."""


class MutatorError(GatekeeperError):
    """A mutator that is not shaped as one, or could never do what it says."""


class MutationError(GatekeeperError):
    """A request that its mutators fail: Gatekeeper's webhook answers it with HTTP 500."""


class ExpansionTemplateError(GatekeeperError):
    """An expansion template that is not shaped as one."""


class ExpansionError(GatekeeperError):
    """An object that its templates cannot expand: the request fails as a whole."""


class ProviderError(GatekeeperError):
    """A provider of external data that is not shaped as one."""


class ConfigError(GatekeeperError):
    """A ``Config`` or ``SyncSet`` that is not shaped as one."""
