#!/usr/bin/env python3
"""Pretrain the bundled diffusion backbone on a folder of photos and on dead-leaves pictures.

The result is a diffusers ``UNet2DModel`` folder (``config.json`` and fp16
``diffusion_pytorch_model.safetensors``) with a model card. Training can be
stopped at any time and goes on from its last checkpoint: every batch is drawn
from a generator seeded with the run's seed and the step, so a resumed run sees
the batches that an uninterrupted one would have seen.

Run it in the engine's environment::

    python -m tools.pretrain_backbone --photos DIR --output DIR
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import math
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, DDPMScheduler, UNet2DModel
from matplotlib.figure import Figure
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from tools.dead_leaves import dead_leaves

logger = logging.getLogger("pretrain_backbone")

WINDOW = 64
LOG_EVERY = 25
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, stored beside them.

    Attributes:
        widths: Channels of each resolution, from 64x64 downwards.
        attention: Whether each resolution has self-attention.
        layers: Residual blocks for each resolution.
        batch: Pictures in a step.
        learning_rate: Peak learning rate, reached after ``warmup`` steps and
            brought down to a tenth along a cosine until ``steps``.
        ema: Decay of the exponential moving average of the weights.
        small_timesteps: Timesteps are ``floor(T * u ** small_timesteps)`` with
            ``u`` uniform: above 1, lightly noised pictures come more often.
            Features are read at small timesteps.
        photo_side: Short side, in pixels, that photos are brought down to.
        false_colour: Share of pictures whose channels are mixed at random, so
            that a principal-component picture is not foreign to the network.
        leaves: Share of pictures cut from dead-leaves pictures.
        leaves_pictures: How many of those there are.
    """

    widths: tuple[int, ...] = (64, 96, 128, 192)
    attention: tuple[bool, ...] = (False, False, True, True)
    layers: int = 1
    steps: int = 3000
    batch: int = 16
    learning_rate: float = 4e-4
    warmup: int = 200
    ema: float = 0.999
    small_timesteps: float = 2.0
    photo_side: int = 160
    false_colour: float = 0.3
    leaves: float = 0.25
    leaves_pictures: int = 300
    seed: int = 0


def build_unet(recipe: Recipe) -> UNet2DModel:
    """Return the untrained network of a recipe (3x64x64 in and out)."""
    down = tuple("AttnDownBlock2D" if has else "DownBlock2D" for has in recipe.attention)
    up = tuple("AttnUpBlock2D" if has else "UpBlock2D" for has in reversed(recipe.attention))
    return UNet2DModel(
        sample_size=WINDOW,
        in_channels=3,
        out_channels=3,
        layers_per_block=recipe.layers,
        block_out_channels=recipe.widths,
        down_block_types=down,
        up_block_types=up,
        attention_head_dim=32,
        norm_num_groups=32,
    )


def read_photos(folder: Path, side: int) -> list[np.ndarray]:
    """Read every photo under ``folder`` as uint8 ``(rows, columns, 3)``.

    Raises:
        SystemExit: if there is none.
    """
    photos = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in PHOTO_SUFFIXES:
            continue
        with Image.open(path) as picture:
            picture = picture.convert("RGB")
            scale = side / min(picture.size)
            if scale < 1:
                size = (round(picture.width * scale), round(picture.height * scale))
                picture = picture.resize(size, Image.Resampling.LANCZOS)
            array = np.asarray(picture)
        if min(array.shape[:2]) >= WINDOW:
            photos.append(array)
    if not photos:
        raise SystemExit(f"no photo of at least {WINDOW} pixels under {folder}")
    return photos


def draw_leaves(recipe: Recipe) -> list[np.ndarray]:
    """Return the recipe's dead-leaves pictures, uint8 ``(side, side, 3)`` each."""
    if not recipe.leaves:
        return []
    seeds = [(recipe.seed, number) for number in range(recipe.leaves_pictures)]
    with ProcessPoolExecutor() as pool:
        return list(pool.map(partial(dead_leaves, recipe.photo_side), seeds, chunksize=20))


class Batches(Dataset[torch.Tensor]):
    """The pictures of each step, the same however many processes draw them."""

    def __init__(self, photos: list[np.ndarray], leaves: list[np.ndarray], recipe: Recipe) -> None:
        self.photos, self.leaves, self.recipe = photos, leaves, recipe

    def __getitem__(self, step: int) -> torch.Tensor:
        """Return the pictures of a step as float32 ``(batch, 3, 64, 64)`` in [-1, 1]."""
        rng = np.random.default_rng((self.recipe.seed, step))
        pictures = []
        for _ in range(self.recipe.batch):
            artificial = rng.random() < self.recipe.leaves
            pictures.append(
                draw_picture(self.leaves if artificial else self.photos, self.recipe, rng)
            )
        return torch.stack(pictures)


def draw_picture(
    photos: list[np.ndarray], recipe: Recipe, rng: np.random.Generator
) -> torch.Tensor:
    """Return a random crop of random scale, flipped and lightly recoloured."""
    photo = photos[rng.integers(len(photos))]
    rows, columns = photo.shape[:2]
    largest = min(rows, columns)
    side = min(largest, round(WINDOW * math.exp(rng.uniform(0, math.log(largest / WINDOW)))))
    top, left = rng.integers(rows - side + 1), rng.integers(columns - side + 1)
    crop = Image.fromarray(photo[top : top + side, left : left + side])
    if side != WINDOW:
        crop = crop.resize((WINDOW, WINDOW), Image.Resampling.BOX)
    array = np.rot90(np.asarray(crop), rng.integers(4))
    if rng.random() < 0.5:
        array = array[:, ::-1]
    picture = array.astype(np.float32) / 127.5 - 1
    if rng.random() < recipe.false_colour:
        rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        picture = picture @ rotation.astype(np.float32)
    gain = rng.uniform(0.8, 1.2, size=3).astype(np.float32)
    offset = rng.uniform(-0.15, 0.15, size=3).astype(np.float32)
    picture = np.clip(picture * gain + offset, -1, 1)
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def photo_names(folder: Path) -> list[str]:
    """Return what to credit each photo by: its Flickr id, or its name."""
    found = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in PHOTO_SUFFIXES]
    first = [path.stem.split("_")[0] for path in found]
    return [id_ if id_.isdigit() else path.stem for id_, path in zip(first, found)]


def learning_rate(recipe: Recipe, step: int) -> float:
    """Return the learning rate of a step: linear warm-up, then a cosine."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    share = min(1.0, (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup))
    return recipe.learning_rate * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * share)))


def spare_slow_gradients(unet: UNet2DModel) -> None:
    """Leave bf16 where its weight gradients are many times slower than float32's.

    Those are convolutions of stride 2 and of 8x8 pictures, on CPUs with AVX-512 BF16.
    """
    lowest = (unet.down_blocks[-1], unet.mid_block, unet.up_blocks[0])
    slow = [module for block in lowest for module in block.modules()]
    slow += [module for module in unet.modules() if getattr(module, "stride", None) == (2, 2)]
    for module in dict.fromkeys(slow):
        if isinstance(module, nn.Conv2d):
            module.forward = partial(_in_float32, module)


def _in_float32(convolution: nn.Conv2d, pictures: torch.Tensor) -> torch.Tensor:
    with torch.autocast(pictures.device.type, enabled=False):
        made = nn.Conv2d.forward(convolution, pictures.float())
    return made.to(pictures.dtype)


class Run:
    """The state of a training run: network, moving average, optimiser, losses."""

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.device = device
        self.unet = build_unet(recipe).to(device, memory_format=torch.channels_last)
        if device.type == "cpu":
            spare_slow_gradients(self.unet)
        self.average = {name: p.detach().clone() for name, p in self.unet.named_parameters()}
        self.optimiser = torch.optim.AdamW(self.unet.parameters(), weight_decay=1e-3, fused=True)
        self.scheduler = DDPMScheduler(beta_schedule="squaredcos_cap_v2")
        self.step = 0
        self.seconds = 0.0
        self.losses: list[tuple[int, float]] = []

    def advance(self, pictures: torch.Tensor) -> torch.Tensor:
        """Take one optimiser step on a batch and return its loss, on the run's device."""
        recipe = self.recipe
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + self.step)
        uniform = torch.rand(len(pictures), generator=generator)
        total = self.scheduler.config.num_train_timesteps
        timesteps = (total * uniform**recipe.small_timesteps).long().clamp(max=total - 1)
        noise = torch.randn(pictures.shape, generator=generator)
        noised = self.scheduler.add_noise(pictures, noise, timesteps)
        noised = noised.to(self.device, memory_format=torch.channels_last)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(recipe, self.step)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            predicted = self.unet(noised, timesteps.to(self.device)).sample
        loss = functional.mse_loss(predicted.float(), noise.to(self.device))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.unet.parameters(), 1.0)
        self.optimiser.step()
        decay = min(recipe.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.values()), list(self.unet.parameters()), 1 - decay
            )
        self.step += 1
        return loss.detach()

    def save(self, folder: Path) -> None:
        """Write a checkpoint; an interrupted write leaves the previous one."""
        tensors = {f"unet.{n}": p.detach() for n, p in self.unet.named_parameters()}
        tensors |= {f"average.{n}": p for n, p in self.average.items()}
        for name, parameter in self.unet.named_parameters():
            for key, value in self.optimiser.state[parameter].items():
                tensors[f"optimiser.{key}.{name}"] = value
        progress = {"step": self.step, "seconds": self.seconds, "losses": self.losses}
        metadata = {"recipe": json.dumps(asdict(self.recipe)), "progress": json.dumps(progress)}
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / "checkpoint.partial"
        save_file({n: t.contiguous().cpu() for n, t in tensors.items()}, partial, metadata)
        os.replace(partial, folder / "checkpoint.safetensors")

    def resume(self, folder: Path) -> bool:
        """Go on from the checkpoint in ``folder``; False if there is none.

        Raises:
            SystemExit: if the checkpoint is of another recipe.
        """
        path = folder / "checkpoint.safetensors"
        if not path.exists():
            return False
        metadata = checkpoint_metadata(path)
        stored = json.loads(metadata["recipe"]) | {"steps": self.recipe.steps}
        if stored != json.loads(json.dumps(asdict(self.recipe))):
            raise SystemExit(f"{path} was made by another recipe: {stored}. Choose another --work")
        tensors = load_file(path, device=str(self.device))
        with torch.no_grad():
            for name, parameter in self.unet.named_parameters():
                parameter.copy_(tensors[f"unet.{name}"])
                self.average[name].copy_(tensors[f"average.{name}"])
                # laid out in memory as the parameter is, which the fused optimiser relies on
                self.optimiser.state[parameter] = {
                    key: torch.empty_like(parameter).copy_(tensors[f"optimiser.{key}.{name}"])
                    for key in ("exp_avg", "exp_avg_sq")
                } | {"step": tensors[f"optimiser.step.{name}"]}
        progress = json.loads(metadata["progress"])
        self.step, self.seconds = progress["step"], progress["seconds"]
        self.losses = [(int(step), float(loss)) for step, loss in progress["losses"]]
        return True

    def export(self, folder: Path, photos: int, names: list[str], note: str) -> Path:
        """Write the averaged network in diffusers format, its model card and its credits."""
        network = build_unet(self.recipe)
        network.load_state_dict({n: p.contiguous().cpu() for n, p in self.average.items()})
        network.half().save_pretrained(folder)
        draw_samples(network.float(), self.device, self.recipe.seed).save(folder / "samples.png")
        draw_losses(self.losses, folder / "loss.png")
        weights = folder / "diffusion_pytorch_model.safetensors"
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        parameters = sum(p.numel() for p in network.parameters())
        (folder / "README.md").write_text(model_card(self, parameters, photos, digest, note))
        weights.chmod(0o644)
        (folder / "PHOTOS.txt").write_text("".join(f"{name}\n" for name in names))
        return weights


@torch.inference_mode()
def draw_samples(
    network: UNet2DModel, device: torch.device, seed: int, rows: int = 3, columns: int = 8
) -> Image.Image:
    """Return pictures that the network dreams in 50 DDIM steps, as one sheet."""
    scheduler = DDIMScheduler(beta_schedule="squaredcos_cap_v2", clip_sample=True)
    scheduler.set_timesteps(50)
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.randn((rows * columns, 3, WINDOW, WINDOW), generator=generator).to(device)
    network = network.to(device).eval()
    for timestep in scheduler.timesteps:
        pictures = scheduler.step(
            network(pictures, timestep).sample, timestep, pictures
        ).prev_sample
    sheet = pictures.view(rows, columns, 3, WINDOW, WINDOW).permute(0, 3, 1, 4, 2)
    sheet = sheet.reshape(rows * WINDOW, columns * WINDOW, 3)
    return Image.fromarray(((sheet.cpu().numpy() + 1) * 127.5).clip(0, 255).astype(np.uint8))


def draw_losses(losses: list[tuple[int, float]], path: Path) -> None:
    """Draw the loss curve."""
    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(*zip(*losses), linewidth=1)
    axes.set(xlabel="step", ylabel="mean squared error of the noise", yscale="log")
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, dpi=80, metadata={"Software": None})


def checkpoint_metadata(path: Path) -> dict[str, str]:
    """Return the JSON metadata of a safetensors file without its tensors."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header: dict[str, dict[str, str]] = json.loads(file.read(length))
    return header["__metadata__"]


def model_card(run: Run, parameters: int, photos: int, digest: str, note: str) -> str:
    """Return the model card, every figure of it read off the run."""
    rows = "\n".join(f"| {step} | {loss:.4f} |" for step, loss in thinned(run.losses))
    recipe = "\n".join(f"- {key}: `{value}`" for key, value in asdict(run.recipe).items())
    return f"""---
license: gpl-2.0
library_name: diffusers
tags: [unconditional-image-generation, feature-extraction, remote-sensing]
---
# HSI FiLM bundled backbone

A small unconditional diffusion network (`UNet2DModel`, {parameters:,} parameters, fp16)
whose decoder activations serve HSI FiLM as spatial features. It is not meant to
generate pictures.

- **Data**: {photos} photos: the TensorFlow flower photos, CC BY 2.0 by their authors on
  Flickr, and the Kodak Lossless True Color Image Suite, released for unrestricted use.
  `PHOTOS.txt` names each: a number is the photo's id on Flickr, where its author is
  credited. No photo is part of this project.
{by_rule(run.recipe)}- **Task**: predict the noise added to 64x64 crops of random scale, flipped,
  turned and lightly recoloured; cosine schedule of 1000 steps, small timesteps drawn more often.
- **Training**: {run.step} steps of {run.recipe.batch} pictures, {run.seconds / 60:.0f} minutes
  on {run.device.type}; weights are an exponential moving average. {note}
- **sha256** of the weights: `{digest}`
- **Where it helps, where it does not**: the photos are few and mostly flowers. HSI FiLM's
  `docs/evidence.md` compares it with the same network with random weights, scene by scene. On
  coarse scenes of mixed pixels spatial features of any kind can lower accuracy, which is why
  HSI FiLM chooses by spatially separate validation whether to use them.

Made by `python -m tools.pretrain_backbone` with

{recipe}

## What it dreams (50 DDIM steps, seed {run.recipe.seed})

![samples](samples.png)

## Loss (mean since the step logged before)

![loss](loss.png)

| step | loss |
|---:|---:|
{rows}
"""


def by_rule(recipe: Recipe) -> str:
    """Return what the card says of the dead-leaves pictures, if there were any."""
    if not recipe.leaves:
        return ""
    return (
        f"- **Pictures by rule**: {recipe.leaves:.0%} of the pictures are cut from\n"
        f"  {recipe.leaves_pictures} dead-leaves pictures (`tools/dead_leaves.py`).\n"
    )


def thinned(losses: list[tuple[int, float]], rows: int = 20) -> list[tuple[int, float]]:
    """Return at most about ``rows`` of the logged losses, the last included."""
    stride = max(1, math.ceil(len(losses) / rows))
    return losses[::-1][::stride][::-1]


def batches(pictures: Batches, first: int, workers: int) -> Iterator[torch.Tensor]:
    """Yield the batches from step ``first`` to the last."""
    steps = range(first, pictures.recipe.steps)
    yield from DataLoader(
        pictures,
        batch_size=None,
        sampler=steps,
        num_workers=workers,
        pin_memory=torch.cuda.is_available(),
    )


def train(run: Run, pictures: Batches, work: Path, minutes: float | None, workers: int) -> None:
    """Train until the recipe's steps or the minutes are spent, with checkpoints."""
    recipe, recent = run.recipe, []
    started = saved = last = time.monotonic()
    for batch in batches(pictures, run.step, workers):
        recent.append(run.advance(batch))
        if run.step % LOG_EVERY and run.step != recipe.steps:
            continue
        loss = float(torch.stack(recent).mean())
        recent = []
        now = time.monotonic()
        run.seconds += now - last
        last = now
        run.losses.append((run.step, loss))
        logger.info("step %d loss %.4f after %.0f s", run.step, loss, run.seconds)
        if now - saved > 180:
            run.save(work)
            saved = now
        if minutes is not None and now - started > minutes * 60:
            break
    run.save(work)


def main() -> None:
    """Read the command line, train, export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos")
    parser.add_argument("--output", type=Path, required=True, help="diffusers folder to write")
    parser.add_argument("--work", type=Path, default=Path("build/pretrain"), help="checkpoints")
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--batch", type=int, default=Recipe.batch)
    parser.add_argument("--widths", type=int, nargs="+", default=list(Recipe.widths))
    parser.add_argument("--attention", type=int, default=2, help="levels with it, from the lowest")
    parser.add_argument("--layers", type=int, default=Recipe.layers)
    parser.add_argument("--leaves", type=float, default=Recipe.leaves, help="share of pictures")
    parser.add_argument("--leaves-pictures", type=int, default=Recipe.leaves_pictures)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--minutes", type=float, help="stop (and export) after this time")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw pictures")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--note", default="", help="a sentence on the training, for the card")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    levels = len(arguments.widths)
    recipe = Recipe(
        widths=tuple(arguments.widths),
        attention=tuple(level >= levels - arguments.attention for level in range(levels)),
        layers=arguments.layers,
        leaves=arguments.leaves,
        leaves_pictures=arguments.leaves_pictures,
        steps=arguments.steps,
        batch=arguments.batch,
        seed=arguments.seed,
    )
    photos = read_photos(arguments.photos, recipe.photo_side)
    pictures = Batches(photos, draw_leaves(recipe), recipe)
    logger.info("%d photos, %d dead-leaves pictures", len(photos), len(pictures.leaves))
    run = Run(recipe, torch.device(arguments.device))
    if run.resume(arguments.work):
        logger.info("going on from step %d", run.step)
    train(run, pictures, arguments.work, arguments.minutes, arguments.workers)
    weights = run.export(
        arguments.output, len(photos), photo_names(arguments.photos), arguments.note
    )
    logger.info("wrote %s after %d steps", weights, run.step)


if __name__ == "__main__":
    main()
