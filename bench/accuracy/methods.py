"""All that is compared: ours, peers, controls, and the sweep over timesteps and blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hsi_film_plugin.engine.backbone import BUNDLED, WEIGHTS
from hsi_film_plugin.engine.heads import KINDS, SPATIAL_KINDS
from hsi_film_plugin.engine.training_settings import TrainingSettings
from hsi_film_plugin.engine.trial import EFFORTS

from . import classic_peers, deep_peers, head_controls
from .benchmark import Benchmark, Outcome
from .engine_runs import run_engine
from .fingerprint import combined, file_fingerprint, module_fingerprint, package_fingerprint
from .head_controls import BackboneFeatures, head_on_backbone, head_on_smoothed
from .kept_activations import KeptActivations
from .random_backbone import random_backbone

GROUPS = ("ours", "peers", "controls", "heads", "sweep")
DEFAULT, FOREST, SUPPORT_VECTORS = "default", "forest", "svm"
#: With few labels a class these are compared ...
FEW_LABELS = (5, 10, 25, 50)
FEW_LABEL_METHODS = (DEFAULT, FOREST, SUPPORT_VECTORS)
#: ... and ours with one count more.
FEW_LABELS_OURS = (5, 10, 15, 25, 50)

_SPECTRAL_KINDS = tuple(kind for kind in KINDS if kind not in SPATIAL_KINDS)
_ENGINE_PACKAGE = "hsi_film_plugin.engine"
_ENGINE = tuple(f"{_ENGINE_PACKAGE}.{name}" for name in ("training", "classification", "labels"))
#: Writes files, or serves networks other than the two that are compared here.
_NO_MATTER = frozenset(
    f"{_ENGINE_PACKAGE}.{name}"
    for name in (
        *("class_map", "raster_writer", "raster_attributes", "qml_style", "outputs", "partials"),
        *("adm_unet", "latent_diffusion", "errors", "progress"),
    )
)


@dataclass
class Workplace:
    """What runs of one process share."""

    kept: KeptActivations = field(default_factory=KeptActivations)
    features: BackboneFeatures = field(default_factory=BackboneFeatures)


@dataclass(frozen=True)
class Method:
    """Something that learns from training pixels and is judged on test pixels.

    Attributes:
        name: On the command line and in the results.
        title: In the tables.
        group: One of ``GROUPS``.
        run: Takes the benchmark, a seed and what the process shares.
        made_by: Returns the fingerprint of what decides its results.
    """

    name: str
    title: str
    group: str
    run: Callable[[Benchmark, int, Workplace], Outcome]
    made_by: Callable[[], str]

    @property
    def uses_backbone(self) -> bool:
        """Whether runs gain from being in the process that ran others on the same raster."""
        return self.group not in ("peers",)


def all_methods() -> list[Method]:
    """Return everything that is compared, in the order of the tables."""
    return [*_ours(), *_peers(), *_controls(), *_heads(), *_sweep()]


def _ours() -> list[Method]:
    named: list[tuple[str, str, tuple[str, ...]]] = [
        (DEFAULT, "HSI FiLM, default", KINDS),
        ("spectral-only", "HSI FiLM, spectral only", _SPECTRAL_KINDS),
        ("spatial-only", "HSI FiLM, spatial only", ("spatial",)),
        ("film-only", "HSI FiLM, FiLM only", ("film",)),
    ]
    return [_engine(name, title, "ours", paths, False) for name, title, paths in named]


def _controls() -> list[Method]:
    return [
        _engine("default-random", "Default, random weights", "controls", KINDS, True),
        _engine("film-random", "FiLM only, random weights", "controls", ("film",), True),
    ]


def _engine(name: str, title: str, group: str, paths: tuple[str, ...], random: bool) -> Method:
    def run(benchmark: Benchmark, seed: int, place: Workplace) -> Outcome:
        folder = random_backbone() if random else None
        settings = TrainingSettings(seed=seed, backbone=folder, paths=paths)
        return run_engine(benchmark, settings, place.kept)

    return Method(name, title, group, run, lambda: combined(_engine_code(), _network(random)))


def _engine_code() -> str:
    return combined(
        package_fingerprint(*_ENGINE, without=_NO_MATTER),
        module_fingerprint("bench.accuracy.engine_runs"),
    )


def _network(random: bool) -> str:
    if random:
        return combined(
            module_fingerprint("bench.accuracy.random_backbone"),
            file_fingerprint(BUNDLED / "config.json"),
        )
    return file_fingerprint(BUNDLED / WEIGHTS)


def _peers() -> list[Method]:
    classic = [
        (FOREST, "Random forest, 300 trees", classic_peers.forest_on_bands),
        (SUPPORT_VECTORS, "SVM, RBF, grid search", classic_peers.support_vectors_on_bands),
        ("forest-pca", "Forest, 30 whitened PCs", classic_peers.forest_on_components),
        ("forest-smoothed", "Forest, smoothed bands", classic_peers.forest_on_smoothed),
        ("svm-smoothed", "SVM, smoothed bands", classic_peers.support_vectors_on_smoothed),
        ("svm-emp", "SVM, morphological profiles", classic_peers.support_vectors_on_profiles),
    ]
    deep = [
        ("cnn-1d", "1-D CNN (compact)", deep_peers.spectral_cnn),
        ("cnn-3d", "3-D/2-D CNN, after HybridSN (compact)", deep_peers.hybrid_cnn),
        ("transformer", "Transformer, after SSFTT (compact)", deep_peers.token_transformer),
    ]
    methods = [_peer(*peer, ("bench.peers", "bench.accuracy.classic_peers")) for peer in classic]
    modules = ("bench.accuracy.deep_peers", "bench.accuracy.networks")
    return methods + [_peer(*peer, modules) for peer in deep]


def _peer(
    name: str, title: str, run: Callable[[Benchmark, int], Outcome], modules: tuple[str, ...]
) -> Method:
    modules = (*modules, "bench.accuracy.spatial_inputs", f"{_ENGINE_PACKAGE}.statistics")

    def made_by() -> str:
        return combined(*(module_fingerprint(module) for module in modules))

    return Method(name, title, "peers", lambda benchmark, seed, _: run(benchmark, seed), made_by)


def _heads() -> list[Method]:
    fixed, deeper = head_controls.BLOCKS, (*head_controls.BLOCKS, min(head_controls.BLOCKS) - 1)
    methods = []
    for random in (False, True):
        weights = "random" if random else "pretrained"
        for name, blocks in ((f"head-{weights}", fixed), (f"head-{weights}-deep", deeper)):
            title = f"{weights} UNet, {_named(head_controls.TIMESTEP, blocks)}"
            methods.append(
                _head_on_backbone(name, title, "heads", random, head_controls.TIMESTEP, blocks)
            )
    sigmas = classic_peers.SIGMAS
    for widths in (*((sigma,) for sigma in sigmas), sigmas):
        text = ", ".join(f"{sigma:g}" for sigma in widths)
        name = f"head-smoothed-{'all' if len(widths) > 1 else text}"
        methods.append(_head_on_smoothed(name, f"Gaussian-smoothed bands, σ = {text}", widths))
    return methods


def _sweep() -> list[Method]:
    return [
        _head_on_backbone(
            f"sweep-{timestep}-{'_'.join(str(-block) for block in blocks)}",
            _named(timestep, blocks),
            "sweep",
            False,
            timestep,
            blocks,
        )
        for timestep in head_controls.SWEPT_TIMESTEPS
        for blocks in head_controls.SWEPT_BLOCKS
    ]


def _named(timestep: int, blocks: tuple[int, ...]) -> str:
    return f"t = {timestep}, blocks {', '.join(str(block) for block in blocks)}"


def _head_on_backbone(
    name: str, title: str, group: str, random: bool, timestep: int, blocks: tuple[int, ...]
) -> Method:
    def run(benchmark: Benchmark, seed: int, place: Workplace) -> Outcome:
        folder: Path | None = random_backbone() if random else None
        return head_on_backbone(benchmark, seed, place.features, folder, timestep, blocks)

    return Method(name, title, group, run, lambda: combined(_head_code(), _network(random)))


def _head_on_smoothed(name: str, title: str, sigmas: tuple[float, ...]) -> Method:
    def run(benchmark: Benchmark, seed: int, place: Workplace) -> Outcome:
        return head_on_smoothed(benchmark, seed, sigmas)

    return Method(name, title, "heads", run, _head_code)


def _head_code() -> str:
    engine = ("backbone", "features", "heads", "pseudo_image", "statistics", "windows")
    modules = ("bench.accuracy.head_controls", "bench.accuracy.spatial_inputs")
    return combined(
        repr(EFFORTS[head_controls.EFFORT]),
        *(module_fingerprint(f"{_ENGINE_PACKAGE}.{name}") for name in engine),
        *(module_fingerprint(module) for module in modules),
    )
