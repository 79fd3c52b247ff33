"""Test manifests against a cluster: what would be refused, warned about or noted, and why not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation import manifests
from policy_app.evaluation.gatekeeper.mutation import Change
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.results import Decision, Violation
from policy_app.models import Cluster
from policy_app.services import admission, definitions, diffs, enforcement, kubectl
from policy_app.services.admission import Admission
from policy_app.services.cluster import bootstrap
from policy_app.services.errors import PolicyError

MAX_BYTES = 5 * 1024 * 1024
MAX_FILES = 50
DEFAULT_NAMESPACE = "default"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: its name, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class MutationReport:
    """What the mutators did to an object; both are empty where that is nothing."""

    changes: Sequence[Change] = ()
    diff: Sequence[Sequence[diffs.DiffLine]] = ()
    """The changed places of the object's YAML, each with the lines around it."""


@dataclass(frozen=True, slots=True)
class OffspringReport:
    """An object that a controller will create from a workload, and what becomes of it then."""

    label: str
    """``Pod web-pod``; only the controller knows the real name."""
    decision: Decision
    error: str
    """Why a webhook fails as a whole then; mostly empty."""
    mutation: MutationReport

    @property
    def accepted(self) -> bool:
        """True where the controller may create it."""
        return self.decision.allowed and not self.error


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """One object and what became of it; lines count from 1 within the file."""

    file: str
    index: int
    line: int
    end_line: int
    api_version: str
    kind: str
    namespace: str
    """Empty for an object of the cluster."""
    name: str
    decision: Decision
    output: str
    exit_code: int
    error: str = ""
    """Why the webhook failed as a whole, which refuses the object too; mostly empty."""
    lines: Mapping[int, Sequence[Violation]] = field(default_factory=dict)
    """The lines to highlight, with the violations that they are about."""
    mutation: MutationReport = MutationReport()
    offspring: Sequence[OffspringReport] = ()
    """What controllers will create from it, the outermost first."""

    @property
    def accepted(self) -> bool:
        """True where the object would be created."""
        return self.decision.allowed and not self.error


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file: its objects, and the documents that are none."""

    name: str
    text: str
    documents: list[DocumentReport]
    problems: list[manifests.Problem]


@dataclass(frozen=True, slots=True)
class Report:
    """What was tested, where, and how it came out."""

    cluster: Cluster
    namespace: str
    files: list[FileReport]
    in_force: enforcement.InForce

    @property
    def documents(self) -> list[DocumentReport]:
        """Every object of every file."""
        return [document for file in self.files for document in file.documents]

    @property
    def denied_count(self) -> int:
        """How many objects the webhook refuses."""
        return sum(not document.accepted for document in self.documents)

    @property
    def allowed_count(self) -> int:
        """How many objects the webhook lets in, warnings included."""
        return len(self.documents) - self.denied_count

    @property
    def problem_count(self) -> int:
        """How many documents could not be read as objects."""
        return sum(len(file.problems) for file in self.files)

    @property
    def summary(self) -> str:
        """One sentence for the whole."""
        if not self.documents and not self.problem_count:
            return "The files hold no Kubernetes objects."
        parts = [f"{self.denied_count} refused", f"{self.allowed_count} accepted"]
        if self.problem_count:
            parts.append(f"{self.problem_count} unreadable")
        return f"{', '.join(parts)} on {self.cluster.scope.name}."


def run(cluster: Cluster, uploads: Sequence[Upload], namespace: str = DEFAULT_NAMESPACE) -> Report:
    """Decide every object in the files, as the cluster's admission webhook would.

    ``namespace`` is where objects go that name none, as with ``kubectl -n``.  Raises
    ``PolicyError`` where nothing, or too much, was given.
    """
    check(uploads)
    return _judged(cluster, uploads, namespace, enforcement.in_force(cluster))


def try_out(
    target: definitions.Parsed,
    parameters: Mapping[str, Any],
    cluster: Cluster,
    uploads: Sequence[Upload],
    namespace: str = DEFAULT_NAMESPACE,
) -> Report:
    """The same under one definition alone, which need not be stored.

    Raises ``PolicyError`` where the parameters do not fit it, and where it puts nothing on the
    cluster, with the reason.
    """
    check(uploads)
    in_force = enforcement.alone(target, parameters, cluster)
    if not in_force.constraints and not in_force.mutators.all:
        reasons = [one.reason.rstrip(".") for one in in_force.not_installed]
        why = "; ".join(reasons) or "it has no policy that is evaluated here"
        raise PolicyError("NothingInstalled", f"Nothing comes to the cluster: {why}.")
    return _judged(cluster, uploads, namespace, in_force)


def _judged(
    cluster: Cluster, uploads: Sequence[Upload], namespace: str, in_force: enforcement.InForce
) -> Report:
    known = bootstrap.namespaces_of(cluster)
    judge = _Judge(cluster, namespace, in_force, known)
    files = [judge.file(upload) for upload in uploads]
    return Report(cluster, namespace, files, in_force)


def decide(
    cluster: Cluster, manifest: dict[str, Any], namespace: str = DEFAULT_NAMESPACE
) -> Decision:
    """What the cluster's admission webhook would say of one object.

    Raises ``PolicyError`` where the object cannot be judged as a whole.
    """
    review = Review.create(manifest, default_namespace=namespace)
    in_force, known = enforcement.in_force(cluster), bootstrap.namespaces_of(cluster)
    admitted = admission.admit(review, in_force, known)
    if admitted.error:
        raise PolicyError("ObjectNotJudged", admitted.error, target="resourceContent")
    return admitted.decision


def check(uploads: Sequence[Upload]) -> None:
    """Raises ``PolicyError`` where nothing, or too much, was given."""
    if not uploads:
        raise PolicyError("NoManifest", "Choose or paste at least one manifest.", target="files")
    if len(uploads) > MAX_FILES:
        text = f"There are {len(uploads)} files; {MAX_FILES} can be tested at a time."
        raise PolicyError("TooManyManifests", text, target="files")
    for upload in uploads:
        check_size(upload.name, len(upload.data))


def check_size(name: str, size: int) -> None:
    """Raise ``PolicyError`` for a file that is too large; doors ask before they read one."""
    if size > MAX_BYTES:
        text = f"{name} has {size:,} bytes; a file may have {MAX_BYTES:,}."
        raise PolicyError("ManifestTooLarge", text, target="files")


@dataclass(frozen=True, slots=True)
class _Judge:
    """The cluster, the namespace and the policies that every document is held to."""

    cluster: Cluster
    namespace: str
    in_force: enforcement.InForce
    namespaces: Mapping[str, dict[str, Any]]

    def file(self, upload: Upload) -> FileReport:
        """Every object of a file, decided."""
        loaded = manifests.load(upload.name, upload.data)
        known = {**self.namespaces, **_namespaces_in(loaded.documents)}
        documents = [self._document(document, known) for document in loaded.documents]
        return FileReport(upload.name, loaded.text, documents, list(loaded.problems))

    def _document(
        self, document: manifests.Document, known: Mapping[str, dict[str, Any]]
    ) -> DocumentReport:
        manifest = document.object
        review = Review.create(manifest, default_namespace=self.namespace)
        admitted = admission.admit(review, self.in_force, known)
        decision = manifests.situate(admitted.decision, document)
        made = admission.offspring(admitted, self.in_force, known)
        children = [_offspring(child, document) for child in made]
        legacy = self.cluster.gatekeeper == Cluster.Generation.LEGACY
        applied = (
            kubectl.failed(document.file, admitted.error, admitted.webhook)
            if admitted.error
            else kubectl.apply(document.file, manifest, decision, legacy=legacy)
        )
        return DocumentReport(
            file=document.file,
            index=document.index,
            line=document.line,
            end_line=document.end_line,
            api_version=str(manifest["apiVersion"]),
            kind=str(manifest["kind"]),
            namespace=review.namespace,
            name=kubectl.name(manifest),
            decision=decision,
            error=admitted.error,
            output=applied.output,
            exit_code=applied.exit_code,
            lines=_lines([decision, *(child.decision for child in children)]),
            mutation=_mutation(admitted),
            offspring=children,
        )


def _offspring(child: admission.Offspring, document: manifests.Document) -> OffspringReport:
    return OffspringReport(
        label=child.label,
        decision=manifests.situate(child.decision, document),
        error=child.admission.error,
        mutation=_mutation(child.admission),
    )


def _mutation(admitted: Admission) -> MutationReport:
    if not admitted.mutated.changed:
        return MutationReport()
    diff = diffs.yaml_diff(admitted.original, admitted.changed_object)
    return MutationReport(admitted.mutated.changes, diff)


def _lines(decisions: Iterable[Decision]) -> dict[int, list[Violation]]:
    lines: dict[int, list[Violation]] = defaultdict(list)
    for violation in (one for decision in decisions for one in decision.violations):
        if violation.place and violation.place.line:
            lines[violation.place.line].append(violation)
    return dict(lines)


def _namespaces_in(documents: Iterable[manifests.Document]) -> dict[str, dict[str, Any]]:
    """Namespaces that the file makes itself: what follows in it may name them."""
    return {
        kubectl.name(document.object): document.object
        for document in documents
        if document.object.get("kind") == "Namespace" and document.object.get("apiVersion") == "v1"
    }
