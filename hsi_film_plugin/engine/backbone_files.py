"""The files of a backbone's folder: names, and reading them whole or saying why not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from diffusers import DDPMScheduler
from safetensors import SafetensorError

from .errors import InputError

CONFIG: Final = "config.json"
WEIGHTS: Final = "diffusion_pytorch_model.safetensors"
#: As some pipelines call their half-precision weights.
HALF_WEIGHTS: Final = "diffusion_pytorch_model.fp16.safetensors"
SCHEDULER: Final = "scheduler_config.json"
PIPELINE: Final = "model_index.json"
_PIECE: Final = 1 << 20
_Loaded = TypeVar("_Loaded")


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of a backbone.

    Raises:
        InputError: if it is missing, damaged, or no object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"Backbone folder '{path.parent}' has no '{path.name}'. Choose a folder that "
            "diffusers has saved, or leave BACKBONE empty for the bundled one."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"Backbone '{path}' cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"Backbone '{path}' does not describe a network.")
    return content


def weights_of(folder: Path) -> Path:
    """Return the weights file of a folder.

    Raises:
        InputError: if there is none, or if others would be loaded in its place.
    """
    shards = sorted(folder.glob("*.safetensors.index*.json"))
    if shards:
        raise InputError(
            f"Backbone folder '{folder}' holds '{shards[0].name}', so its weights are in several "
            "files. Choose one whose weights are in one file, or save it so with diffusers "
            "(save_pretrained with a larger max_shard_size)."
        )
    for name in (WEIGHTS, HALF_WEIGHTS):
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        f"Backbone folder '{folder}' has no '{WEIGHTS}'. Choose a folder that "
        "diffusers has saved with safetensors."
    )


def loaded(folder: Path, load: Callable[[], _Loaded]) -> _Loaded:
    """Return what ``load`` reads from a backbone's folder.

    Raises:
        InputError: if it cannot be read, saying why.
    """
    try:
        return load()
    except (
        OSError,
        ValueError,
        RuntimeError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        SafetensorError,
    ) as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(
            f"Backbone '{folder}' cannot be loaded: {reason}. Copy it again, or leave BACKBONE "
            "empty for the bundled one."
        ) from error


def read_module(kind: Any, folder: Path) -> Any:
    """Return a network of diffusers, all of whose weights the folder's file holds.

    Raises:
        InputError: if it cannot be loaded, or weights are missing.
    """
    weights = weights_of(folder)
    return loaded(folder, lambda: _module(kind, folder, weights))


def _module(kind: Any, folder: Path, weights: Path) -> Any:
    module, found = kind.from_pretrained(
        str(folder),
        local_files_only=True,
        use_safetensors=True,
        low_cpu_mem_usage=False,
        output_loading_info=True,
        variant="fp16" if weights.name == HALF_WEIGHTS else None,
    )
    # diffusers leaves weights that a file lacks random, with a warning only
    lacking = [*found["missing_keys"], *found["mismatched_keys"]]
    if lacking:
        raise ValueError(f"'{weights.name}' lacks {len(lacking)} weights, such as '{lacking[0]}'")
    return module


def read_alphas_cumprod(folder: Path) -> torch.Tensor:
    """Return the noise schedule beside a network, the cosine one where there is none.

    Raises:
        InputError: if it cannot be read, or is of no denoising diffusion.
    """
    if not (folder / SCHEDULER).is_file():
        cosine: Any = DDPMScheduler(  # type: ignore[no-untyped-call]
            beta_schedule="squaredcos_cap_v2"
        )
        return torch.as_tensor(cosine.alphas_cumprod)
    return loaded(folder, lambda: _alphas_cumprod(folder))


def _alphas_cumprod(folder: Path) -> torch.Tensor:
    described = json.loads((folder / SCHEDULER).read_text(encoding="utf-8"))
    if "beta_schedule" not in described and described.get("trained_betas") is None:
        raise ValueError(
            f"'{SCHEDULER}' is of a {described.get('_class_name')} without 'beta_schedule', whose "
            "noise is another than a denoising diffusion's"
        )
    scheduler: Any = DDPMScheduler.from_pretrained(  # type: ignore[no-untyped-call]
        str(folder), local_files_only=True
    )
    return torch.as_tensor(scheduler.alphas_cumprod)


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
