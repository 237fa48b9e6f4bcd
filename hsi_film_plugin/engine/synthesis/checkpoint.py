"""Where a synthesizer's training stands, in a file, so that it can go on after a stop."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..errors import OutputError
from ..outputs import atomic_output
from ..partials import MARK

logger = logging.getLogger(__name__)

HEADER_KEY = "hsifilm_synthesizer_training"
#: Seconds between two writings.
INTERVAL_S = 60.0
#: What a killed run left half-written in the folder goes when it is so old, in seconds.
LEFT_OVER_S = 86_400.0

Losses = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Standing:
    """Where one of the trainings stands.

    Attributes:
        step: Steps done.
        losses: What was noted so far: a step and its losses.
        tensors: Of the network, its running mean and the optimiser.
    """

    step: int
    losses: Losses
    tensors: Mapping[str, torch.Tensor]


class Checkpoints:
    """The file of one run; without a path, nothing is written and nothing found.

    Args:
        path: The file, or None.
        fingerprint: Of data and settings: only a run with the same one goes on.
    """

    def __init__(self, path: Path | None, fingerprint: str) -> None:
        self._path = path
        self._fingerprint = fingerprint
        self._written = time.monotonic()
        self._failed = False
        self._standings = {} if path is None else self._read(path)
        self._found = set(self._standings)
        self._asked: set[str] = set()
        if path is not None:
            _remove_left_over(path.parent)

    def standing(self, stage: str) -> Standing | None:
        """Return where a training stands, None at its beginning."""
        self._asked.add(stage)
        return self._standings.get(stage)

    @property
    def resumed(self) -> bool:
        """Whether an earlier run goes on."""
        return bool(self._found)

    def refuse(self, stage: str) -> None:
        """Forget what was found of a training, since it does not fit, and of those after it."""
        for name in {stage} | (self._found - self._asked):
            self._standings.pop(name, None)
            self._found.discard(name)
        logger.warning("The checkpoint of the %s does not fit; it is trained anew.", stage)

    @property
    def due(self) -> bool:
        """Whether the file is wanted and has not been written for a while."""
        return self._path is not None and time.monotonic() - self._written >= INTERVAL_S

    def keep(self, stage: str, standing: Standing) -> None:
        """Write where a training stands, beside what other trainings have left.

        A full disk must not end a training that needs no checkpoint to go on: what cannot be
        written is logged, once.
        """
        if self._path is None:
            return
        self._standings[stage] = standing
        tensors = {
            f"{name}/{key}": tensor.detach().to("cpu").contiguous()
            for name, kept in self._standings.items()
            for key, tensor in kept.tensors.items()
        }
        header = {
            "fingerprint": self._fingerprint,
            "stages": {
                name: {"step": kept.step, "losses": kept.losses}
                for name, kept in self._standings.items()
            },
        }
        try:
            with atomic_output(self._path) as partial:
                save_file(tensors, partial, {HEADER_KEY: json.dumps(header)})
        except (OutputError, OSError, SafetensorError) as error:
            if not self._failed:
                logger.warning(
                    "No checkpoint could be kept (%s) Training goes on; after a stop it would "
                    "start anew.",
                    error,
                )
            self._failed = True
        self._written = time.monotonic()

    def _read(self, path: Path) -> dict[str, Standing]:
        if not path.is_file():
            return {}
        try:
            with safe_open(str(path), framework="pt") as file:
                header = json.loads((file.metadata() or {})[HEADER_KEY])
                if header["fingerprint"] != self._fingerprint:
                    logger.info(
                        "The checkpoint '%s' is of other data or settings; training starts anew.",
                        path.name,
                    )
                    return {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return {
                stage: Standing(
                    int(kept["step"]),
                    tuple(tuple(float(value) for value in row) for row in kept["losses"]),
                    {
                        name.removeprefix(f"{stage}/"): tensor
                        for name, tensor in tensors.items()
                        if name.startswith(f"{stage}/")
                    },
                )
                for stage, kept in header["stages"].items()
            }
        except (
            SafetensorError,
            OSError,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            ArithmeticError,
            RecursionError,
        ) as error:
            logger.warning(
                "The checkpoint '%s' cannot be read (%s); training starts anew.", path.name, error
            )
            return {}


def _remove_left_over(folder: Path) -> None:
    """Remove half-written checkpoints of runs that were killed long ago."""
    oldest = time.time() - LEFT_OVER_S
    try:
        for partial in folder.glob(f".*{MARK}*"):
            if partial.is_file() and partial.stat().st_mtime < oldest:
                partial.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("Old checkpoints in '%s' cannot be removed (%s).", folder.name, error)
