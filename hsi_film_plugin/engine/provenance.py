"""What a run was made of and by: versions, hashes, seed and device."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

from .device import Device
from .labels import Labels
from .model import Model
from .scene import Scene
from .training_settings import TrainingSettings
from .version import PLUGIN_VERSION

LIBRARIES = ("torch", "diffusers", "numpy", "rasterio", "scikit-learn")


def software() -> dict[str, str]:
    """Return the versions of what computes."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return {
        "HSI FiLM": PLUGIN_VERSION,
        "Engine": f"Python {platform.python_version()}, {libraries}",
    }


def run_provenance(
    scene: Scene, labels: Labels, settings: TrainingSettings, device: Device, model: Model
) -> dict[str, str]:
    """Return what a model was trained with, in reading order.

    Equal runs give equal text: no time and no folder is in it.
    """
    facts = software() | {
        "Scene": scene.path.name,
        "Scene sha256": scene.fingerprint(),
        "Labels sha256": labels.sha256,
        "Seed": str(settings.seed),
        "Device": device.kind,
        "Device reason": device.reason,
        "Precision": "bfloat16 backbone" if device.bfloat16 else "float32 backbone",
    }
    if model.spatial is not None:
        name = Path(model.spatial.backbone).name or "bundled"
        facts["Backbone"] = f"{name}, sha256 {model.spatial.backbone_sha256}"
    # what training itself has noted: synthetic samples
    return facts | {key: text for key, text in model.provenance.items() if key not in facts}
