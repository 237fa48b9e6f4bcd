"""What a user offers as a backbone from the disk: recognised, and its sums taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from .backbone_catalogue import Entry, Kind, catalogue
from .backbone_store import BackboneFailure, BackboneStopped, trusted_sums
from .download import sha256_of

WEIGHTS: Final = "diffusion_pytorch_model.safetensors"
_CHECKPOINTS: Final = (".pt", ".pth", ".ckpt")
_CONDITIONAL: Final = "UNet2DConditionModel"
#: As some pipelines call their half-precision weights.
HALF_WEIGHTS: Final = "diffusion_pytorch_model.fp16.safetensors"
#: What a Stable Diffusion folder has beside the weights of its UNet and its VAE.
_PARTS: Final = (
    "model_index.json",
    "unet/config.json",
    "vae/config.json",
    "scheduler/scheduler_config.json",
)
#: What embeds the empty text, in one way or another.
_TEXT_PARTS: Final = (
    "empty_prompt.safetensors",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    "text_encoder/model.fp16.safetensors",
    "tokenizer/merges.txt",
    "tokenizer/special_tokens_map.json",
    "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json",
)


@dataclass(frozen=True)
class OfferedFile:
    """One file of what is offered.

    Attributes:
        path: Where it is.
        size: In bytes.
        modified: Its time, in nanoseconds.
        sha256: In hexadecimal digits.
    """

    path: Path
    size: int
    modified: int
    sha256: str

    @property
    def unchanged(self) -> bool:
        """Whether it still is the file whose sum was taken, as far as its time tells."""
        try:
            state = self.path.stat()
        except OSError:
            return False
        return (state.st_size, state.st_mtime_ns) == (self.size, self.modified)


@dataclass(frozen=True)
class Offer:
    """What a user offers as a backbone.

    Attributes:
        source: The file or folder that was chosen.
        kind: A checkpoint or a folder.
        files: By the name that each has in the backbone's folder.
    """

    source: Path
    kind: Kind
    files: Mapping[str, OfferedFile]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())

    @property
    def sha256(self) -> dict[str, str]:
        """The sum of each file."""
        return {name: file.sha256 for name, file in self.files.items()}


class Trust(Enum):
    """What speaks for the files that are offered for an id."""

    PUBLISHED = "published"  # their sums are the catalogue's
    KNOWN = "known"  # the user has trusted the same files before
    FIRST = "first"  # nothing; the user must say so
    CHANGED = "changed"  # the user has trusted other files before


def look_at(
    source: Path,
    on_progress: Callable[[float, str], None],
    is_cancelled: Callable[[], bool],
) -> Offer:
    """Recognise what is at ``source`` and take its files' sums.

    Raises:
        BackboneFailure: if it is no backbone.
        BackboneStopped: if ``is_cancelled`` said so.
    """
    try:
        kind, paths = _recognised(source)
        total = max(1, sum(path.stat().st_size for path in paths.values()))
        files = {}
        before = 0

        def on_bytes(done: int) -> None:
            if is_cancelled():
                raise BackboneStopped("Stopped.")
            on_progress((before + done) / total, f"Taking the sha256 of '{source.name}'")

        for name, path in paths.items():
            state = path.stat()
            sha256 = sha256_of(path, on_bytes)
            files[name] = OfferedFile(path, state.st_size, state.st_mtime_ns, sha256)
            before += state.st_size
    except OSError as error:
        raise BackboneFailure(
            f"'{source}' cannot be read: {error.strerror or error}. Choose a checkpoint file or "
            "a folder in diffusers format."
        ) from error
    return Offer(source, kind, files)


def entry_for(offer: Offer) -> Entry | None:
    """Return the entry of the catalogue that the offer is, by its sums or its file's name."""
    for entry in catalogue():
        sums = {file.name: file.sha256 for file in entry.files if file.sha256}
        if entry.kind is offer.kind and sums and set(sums.values()) <= set(offer.sha256.values()):
            return entry
    for entry in catalogue():
        names = {file.name for file in entry.files}
        if entry.kind is Kind.CHECKPOINT is offer.kind and names == set(offer.files):
            return entry
    if offer.kind is Kind.FOLDER and "unet/config.json" in offer.files:
        return next((entry for entry in catalogue() if entry.id == "stable-diffusion"), None)
    return None


def judge(backbone: str, entry: Entry | None, offer: Offer, store: Path) -> Trust:
    """Return what speaks for an offer.

    Args:
        backbone: The id that it is offered for.
        entry: What the catalogue says of it, if anything.
        offer: The files.
        store: The folder of the user's backbones.

    Raises:
        BackboneFailure: if it is not what the catalogue says.
    """
    if entry is not None:
        _compare(entry, offer)
        if entry.downloadable:
            return Trust.PUBLISHED
    before = trusted_sums(backbone, store)
    if not before:
        return Trust.FIRST
    return Trust.KNOWN if _by_role(before) == _by_role(offer.sha256) else Trust.CHANGED


def _compare(entry: Entry, offer: Offer) -> None:
    """Check the offer against sums and sizes that the catalogue knows."""
    if entry.kind is not offer.kind:
        wanted = "a checkpoint file" if entry.kind is Kind.CHECKPOINT else "a folder"
        raise BackboneFailure(
            f"'{offer.source}' is not {entry.name}: that is {wanted}. Choose another source, or "
            "add it as a backbone of your own."
        )
    if entry.kind is Kind.CHECKPOINT:
        pairs = list(zip(entry.files, offer.files.values()))  # whatever the user calls the file
    else:
        lacking = [file.name for file in entry.files if file.name not in offer.files]
        if lacking:
            raise BackboneFailure(
                f"The folder '{offer.source}' lacks {', '.join(lacking)} of {entry.name}. "
                "Download what is missing into it, and add it again."
            )
        pairs = [(file, offer.files[file.name]) for file in entry.files]
    for file, offered in pairs:
        if file.size is not None and file.size != offered.size:
            raise BackboneFailure(
                f"'{offered.path}' has {offered.size} bytes, and '{file.name}' of {entry.name} "
                f"has {file.size}: it was not downloaded completely, or is another file. Get it "
                "again, or add it as a backbone of your own."
            )
        if file.sha256 is not None and file.sha256 != offered.sha256:
            raise BackboneFailure(
                f"'{offered.path}' is not '{file.name}' of {entry.name}: its sha256 is "
                f"{offered.sha256}, and {file.sha256} is published. Get it again."
            )


def _by_role(sums: Mapping[str, str]) -> Mapping[str, str] | str:
    """Return the sums by name, but that of a single file alone: its name is the user's."""
    return next(iter(sums.values())) if len(sums) == 1 else dict(sums)


def _recognised(source: Path) -> tuple[Kind, dict[str, Path]]:
    if source.is_file():
        if source.suffix.lower() not in _CHECKPOINTS:
            raise BackboneFailure(
                f"'{source}' is no checkpoint ({', '.join(_CHECKPOINTS)}). Choose one, or a "
                "folder in diffusers format."
            )
        return Kind.CHECKPOINT, {source.name: source}
    network = _network(source)
    if network == _CONDITIONAL:
        raise BackboneFailure(
            f"'{source}' is only a part of a Stable Diffusion folder. Choose the folder that "
            "holds it, with 'unet' and 'vae'."
        )
    if network is not None:
        return Kind.FOLDER, _plain_folder(source, source)
    network = _network(source / "unet")
    if network == _CONDITIONAL:
        return Kind.FOLDER, _stable_diffusion(source)
    if network is not None:
        return Kind.FOLDER, _plain_folder(source / "unet", source / "scheduler")
    raise BackboneFailure(
        f"'{source}' is no backbone: it has neither 'config.json' nor 'unet/config.json'. Choose "
        "a folder that diffusers has saved, or a checkpoint file."
    )


def _plain_folder(network: Path, scheduler: Path) -> dict[str, Path]:
    """Return the files of an unconditional network, by the names of one flat folder."""
    weights = _weights(network)
    found = {"config.json": network / "config.json", weights.name: weights}
    schedule = scheduler / "scheduler_config.json"
    if schedule.is_file():
        found[schedule.name] = schedule
    return found


def _stable_diffusion(folder: Path) -> dict[str, Path]:
    """Return the files of a Stable Diffusion folder that are of use, by their names in it."""
    lacking = [name for name in _PARTS if not (folder / name).is_file()]
    if lacking:
        raise BackboneFailure(
            f"The Stable Diffusion folder '{folder}' lacks {', '.join(lacking)}. Copy it again."
        )
    weights = (f"{part}/{_weights(folder / part).name}" for part in ("unet", "vae"))
    text = (name for name in _TEXT_PARTS if (folder / name).is_file())
    return {name: folder / name for name in (*_PARTS, *weights, *text)}


def _weights(folder: Path) -> Path:
    for name in (WEIGHTS, HALF_WEIGHTS):
        if (folder / name).is_file():
            return folder / name
    pickled = sorted(other.name for other in folder.glob("*.bin"))
    reason = (
        f"Its '{pickled[0]}' is not read, since files of that format can carry programs. "
        if pickled
        else ""
    )
    raise BackboneFailure(
        f"The folder '{folder}' has no '{WEIGHTS}'. {reason}Get the model with safetensors "
        "weights, or save it so with diffusers."
    )


def _network(folder: Path) -> str | None:
    """Return the class of network that a folder's ``config.json`` describes; None without one."""
    path = folder / "config.json"
    if not path.is_file():
        return None
    try:
        config = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise BackboneFailure(f"'{path}' is not JSON ({error}). Get it again.") from error
    return str(config.get("_class_name", "")) if isinstance(config, dict) else ""
