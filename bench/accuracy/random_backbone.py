"""The control that pretraining has to beat: the same network with random weights."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

import torch
from diffusers import UNet2DModel

from hsi_film_plugin.engine.backbone import BUNDLED

from .fingerprint import combined, file_fingerprint
from .scene_files import FOLDER, made_once

SEED = 0


@cache
def random_backbone(source: Path = BUNDLED, folder: Path | None = None) -> Path:
    """Return a backbone folder of the same shape and schedule, as initialised by diffusers.

    Args:
        source: Holds the ``config.json`` of the shape.
        folder: Where backbones go; the benchmark's own if None.
    """
    config = source / "config.json"
    name = f"random-weights-{combined(file_fingerprint(config), SEED)}"
    target = (folder or FOLDER / "backbones") / name
    with made_once(target) as hidden:
        if hidden is not None:
            with torch.random.fork_rng():
                torch.manual_seed(SEED)
                shape = json.loads(config.read_text(encoding="utf-8"))
                unet = UNet2DModel.from_config(shape)  # type: ignore[no-untyped-call]
            unet.save_pretrained(hidden, safe_serialization=True)
            schedule = source / "scheduler_config.json"
            if schedule.is_file():
                shutil.copy(schedule, hidden)
    return target
