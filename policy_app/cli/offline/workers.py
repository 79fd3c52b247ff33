"""The same work on many pieces, on all processors where that pays.

The workers are forks of this process, which saves them reading and compiling policies again.
Where there are no forks, or just one processor, everything is done here.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, NoReturn, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")

_MOST_WORKERS = 8
_INTERRUPT = {signal.SIGINT}


def processors() -> int:
    """How many workers this machine has use for; 1 where it cannot fork."""
    # macOS can fork too, but some of its libraries do not bear it.
    if not sys.platform.startswith("linux"):
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST_WORKERS)


def results(
    pieces: Sequence[Piece], work: Callable[[Piece], Result], workers: int
) -> Iterator[Result]:
    """What the work gives for each piece, in their order; results have to be picklable.

    A piece whose worker is gone is worked on here, where an error can be seen.
    """
    if workers <= 1 or len(pieces) <= 1:
        yield from map(work, pieces)
        return
    count = min(workers, len(pieces))
    team: list[_Worker] = []
    try:
        for number in range(count):
            # One after the other: a later worker must not hold an earlier one's pipe open.
            with _undisturbed():
                team.append(_fork(pieces[number::count], work, team))
        for number, piece in enumerate(pieces):
            done, result = team[number % count].result()
            yield result if done else work(piece)
    finally:
        for worker in team:
            worker.end()


@dataclass(slots=True)
class _Worker:
    """A forked process, and the pipe that its results come through."""

    process: int
    pipe: IO[bytes]

    def result(self) -> tuple[bool, Any]:
        """The next result; false where there is none any more."""
        try:
            return True, pickle.load(self.pipe)  # noqa: S301 - written by our own fork
        except (EOFError, pickle.UnpicklingError):
            return False, None

    def end(self) -> None:
        """Stop it, wherever it is, and leave no zombie."""
        self.pipe.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.process, 0)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold Ctrl-C back until a worker is both ready for it and known to be there."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _fork(
    pieces: Sequence[Piece], work: Callable[[Piece], Result], team: Sequence[_Worker]
) -> _Worker:
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        _serve(pieces, work, writing, [reading, *(worker.pipe.fileno() for worker in team)])
    os.close(writing)
    return _Worker(process, os.fdopen(reading, "rb"))


def _serve(
    pieces: Sequence[Piece], work: Callable[[Piece], Result], writing: int, unused: Sequence[int]
) -> NoReturn:
    """A worker's whole life; nothing that its parent has begun to write may be written twice."""
    code = 1
    try:
        # Ctrl-C is told to every process of the terminal; the parent does the talking.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPT)
        for descriptor in unused:
            os.close(descriptor)
        with os.fdopen(writing, "wb") as pipe:
            for piece in pieces:
                pickle.dump(work(piece), pipe, pickle.HIGHEST_PROTOCOL)
                pipe.flush()
        code = 0
    except Exception:  # noqa: S110 - the parent does the piece again, and sees what is wrong
        pass
    finally:
        os._exit(code)
