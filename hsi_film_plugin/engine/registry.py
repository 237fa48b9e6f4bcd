"""The jobs by name, whose libraries are imported with the first job and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import protocol
from .progress import Progress

Job = Callable[[dict[str, Any], Progress], dict[str, Any]]


class LazyJobs(Mapping[str, Job]):
    """Looks jobs up in ``jobs.JOBS``; knows their names without importing it."""

    def __getitem__(self, name: str) -> Job:
        if name not in protocol.JOB_OUTPUTS:
            raise KeyError(name)
        from .jobs import JOBS

        job: Job = JOBS[name]
        return job

    def __contains__(self, name: object) -> bool:
        return name in protocol.JOB_OUTPUTS

    def __iter__(self) -> Iterator[str]:
        return iter(protocol.JOB_OUTPUTS)

    def __len__(self) -> int:
        return len(protocol.JOB_OUTPUTS)
