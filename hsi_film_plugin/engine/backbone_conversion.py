"""Published diffusion checkpoints (``.pt``) made into folders that ``Backbone`` reads."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from .adm_checkpoint import (
    LABEL_MEAN,
    LABELS,
    ORDERS,
    PUBLISHED,
    SCHEDULES,
    Attending,
    Outline,
    Unfit,
    architecture_of,
    outline_of,
)
from .adm_unet import AdmArchitecture, parameter_shapes
from .backbone_files import CONFIG, SCHEDULER, WEIGHTS
from .backbone_formats import ADM_CLASS, mean_label_note
from .checkpoint_reader import Checkpoint
from .errors import InputError, OutputError
from .outputs import check_outputs, require_space, writing_failed
from .partials import MARK, remove_partials
from .progress import Progress

PRECISIONS: Final = {"float16": torch.float16, "float32": torch.float32}
_BETAS: Final = {"cosine": "squaredcos_cap_v2", "linear": "linear"}
_PIECE: Final = 1 << 22


@dataclass(frozen=True)
class ConversionSettings:
    """What the user may decide; None leaves it to what is known of published networks.

    Attributes:
        precision: Of the weights that are written: ``float16`` or ``float32``.
        schedule: Of the noise: ``cosine`` or ``linear``.
        order: Of the attention's channels: ``new`` or ``legacy``.
        heads: Heads of each attention.
        head_channels: Channels of each head; in place of ``heads``.
    """

    precision: str = "float16"
    schedule: str | None = None
    order: str | None = None
    heads: int | None = None
    head_channels: int | None = None


@dataclass(frozen=True)
class Converted:
    """A folder that was written.

    Attributes:
        architecture: Of its network.
        source_sha256: Of the checkpoint.
        note: What the folder's config says of deviations; empty if there are none.
    """

    architecture: AdmArchitecture
    source_sha256: str
    note: str


def convert_backbone(
    source: Path, output: Path, settings: ConversionSettings, progress: Progress
) -> Converted:
    """Write a guided-diffusion checkpoint as a folder, whole or not at all.

    The folder holds ``config.json``, the weights as safetensors and the schedule of the
    noise. One tensor after the other is read, so memory holds the new weights only.
    The same checkpoint and settings always give the same weights file.

    Args:
        source: A ``.pt`` file with the state dict of an ADM network for 64 to 512 pixels.
        output: The folder to make; it must not exist.
        settings: What the user decided.
        progress: For a progress bar, and to cancel.

    Raises:
        InputError: if the checkpoint is of another kind, damaged, or not finite.
        OutputError: if the folder cannot be written.
    """
    _check_settings(settings)
    _check_output(output, source)
    with Checkpoint(source) as checkpoint:
        shapes = {name: tensor.shape for name, tensor in checkpoint.tensors.items()}
        try:
            outline = outline_of(shapes)
            attending = _attending(outline, settings)
            architecture = architecture_of(shapes, outline, attending)
        except Unfit as error:
            raise InputError(
                f"'{source}' cannot be converted: {error}. Choose a checkpoint of guided "
                "diffusion (ADM), such as '64x64_diffusion.pt'."
            ) from error
        digest = _sha256(source, progress.part(0.0, 0.3))
        note = mean_label_note(shapes[LABELS][0]) if architecture.labelled else ""
        with _whole_folder(output) as folder:
            needed = sum(torch.Size(shape).numel() for shape in shapes.values())
            require_space(folder, needed * PRECISIONS[settings.precision].itemsize)
            tensors = _tensors(
                checkpoint, architecture, attending, settings, progress.part(0.3, 0.9)
            )
            progress.report(0.9, "Writing the backbone")
            save_file(tensors, folder / WEIGHTS, {"format": "pt"})
            config = {"_class_name": ADM_CLASS, **asdict(architecture), "note": note}
            config["source"] = {"name": source.name, "sha256": digest}
            _write_json(folder / CONFIG, config)
            _write_json(folder / SCHEDULER, _scheduler_config(attending))
            # safetensors lets nobody but the owner read it, unlike the files beside it
            shutil.copymode(folder / CONFIG, folder / WEIGHTS)
            progress.report(1.0, "Done")
    return Converted(architecture, digest, note)


def _check_settings(settings: ConversionSettings) -> None:
    for name, value, choices in (
        ("PRECISION", settings.precision, tuple(PRECISIONS)),
        ("NOISE_SCHEDULE", settings.schedule, SCHEDULES),
        ("ATTENTION_ORDER", settings.order, ORDERS),
    ):
        if value is not None and value not in choices:
            raise InputError(f"{name} is '{value}'. Choose {' or '.join(choices)}.")
    if settings.heads is not None and settings.head_channels is not None:
        raise InputError("HEADS and HEAD_CHANNELS are both given. Give one of them.")
    for name, number in (("HEADS", settings.heads), ("HEAD_CHANNELS", settings.head_channels)):
        if number is not None and number < 1:
            raise InputError(f"{name} is {number}. Choose 1 or more.")


def _check_output(output: Path, source: Path) -> None:
    if output.exists():
        raise OutputError(
            f"The output OUTPUT, '{output}', is there already. Choose a folder that does not "
            "exist, or remove this one."
        )
    check_outputs({"OUTPUT": output}, [source])


def _attending(outline: Outline, settings: ConversionSettings) -> Attending:
    """Return what shapes do not tell: as the user says, else as it was published."""
    known = PUBLISHED.get(outline)
    heads, head_channels = settings.heads, settings.head_channels
    if known and heads is None and head_channels is None:
        heads, head_channels = known.heads, known.head_channels
    schedule = settings.schedule or (known.schedule if known else None)
    order = settings.order or (known.order if known else None)
    if schedule is None or order is None or (heads is None and head_channels is None):
        raise InputError(
            f"The checkpoint's network (levels of {_listed(outline.levels)} channels, "
            f"{outline.res_blocks} residual blocks each) is none of the published ones. Give "
            "NOISE_SCHEDULE, ATTENTION_ORDER and HEADS or HEAD_CHANNELS as it was trained with."
        )
    return Attending(schedule, order, heads, head_channels)


def _tensors(
    checkpoint: Checkpoint,
    architecture: AdmArchitecture,
    attending: Attending,
    settings: ConversionSettings,
    progress: Progress,
) -> dict[str, torch.Tensor]:
    """Return the network's parameters, each read, reordered and rounded by itself."""
    names = list(parameter_shapes(architecture))
    tensors = {}
    for done, name in enumerate(names):
        progress.report(done / len(names), "Converting the backbone")
        tensor = checkpoint.read(LABELS if name == LABEL_MEAN else name)
        if not bool(tensor.isfinite().all()):
            raise InputError(
                f"'{checkpoint.path}' holds values that are no finite numbers, in '{name}'. "
                "Copy it again."
            )
        if name == LABEL_MEAN:
            tensor = tensor.double().mean(dim=0)
        elif ".qkv." in name and attending.order == "legacy":
            tensor = _sorted_by_kind(tensor, attending)
        rounded = tensor.to(PRECISIONS[settings.precision]).contiguous()
        if not bool(rounded.isfinite().all()):
            raise InputError(
                f"'{name}' holds values too large for {settings.precision}. Choose PRECISION "
                "float32."
            )
        tensors[name] = rounded
    return tensors


def _sorted_by_kind(qkv: torch.Tensor, attending: Attending) -> torch.Tensor:
    """Bring rows from head, then query, key, value, to query, key, value, then head."""
    width = qkv.shape[0] // 3
    heads = attending.heads_of(width)
    rows = qkv.reshape(heads, 3, width // heads, *qkv.shape[1:])
    return rows.transpose(0, 1).reshape(qkv.shape)


def _scheduler_config(attending: Attending) -> dict[str, object]:
    return {
        "_class_name": "DDPMScheduler",
        "num_train_timesteps": 1000,
        "beta_schedule": _BETAS[attending.schedule],
        "beta_start": 0.0001,
        "beta_end": 0.02,
    }


def _sha256(path: Path, progress: Progress) -> str:
    digest, size, done = hashlib.sha256(), max(1, path.stat().st_size), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            progress.report(done / size, "Reading the checkpoint")
            digest.update(piece)
            done += len(piece)
    return digest.hexdigest()


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8", newline="\n")


@contextmanager
def _whole_folder(path: Path) -> Iterator[Path]:
    """Give a hidden folder beside ``path``, renamed when the block ends well."""
    remove_partials([path])  # what a killed run left
    partial = path.with_name(f".{path.name}{MARK}{secrets.token_hex(4)}")
    try:
        partial.mkdir()
        yield partial
        partial.rename(path)
    except (OSError, SafetensorError) as error:
        raise writing_failed(path, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number) for number in numbers)
