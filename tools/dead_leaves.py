"""Procedural pictures with the statistics of natural ones: occluding, textured shapes.

Dead-leaves pictures (Lee, Mumford, Huang 2001) of shapes whose sizes follow a power law
share edges, occlusion and scale invariance with photos, and serve to train features
(Baradad et al. 2021). Ours are disks, ellipses and polygons with colours, gradients,
power-law textures and stripes, so that fields seen from above are not foreign to a
network that otherwise learns from photos.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

SMALLEST, LARGEST = (3.0, 16.0), 90.0
TEXTURE_SIDE = 256
TEXTURES = 24


def dead_leaves(side: int, seed: tuple[int, ...]) -> np.ndarray:
    """Return one picture, uint8 ``(side, side, 3)``, the same for the same seed."""
    rng = np.random.default_rng(seed)
    textures = [_texture(rng) for _ in range(TEXTURES)]
    palette = _palette(rng)
    canvas = Image.fromarray(_filled(textures, palette, side, rng))
    # back to front, the largest shapes may come last as well: no order but chance
    for radius in _radii(rng, side):
        mask, left, top = _shape(radius, side, rng)
        patch = Image.fromarray(_filled(textures, palette, mask.size[0], rng))
        canvas.paste(patch, (left, top), mask)
    return np.asarray(canvas)


def _radii(rng: np.random.Generator, side: int) -> np.ndarray:
    """Return radii with density ``r ** -3`` that cover the picture about three times."""
    smallest, largest = rng.uniform(*SMALLEST), min(LARGEST, side / 2)
    share = rng.random(4000)
    radii = 1 / np.sqrt(share / smallest**2 + (1 - share) / largest**2)
    enough = np.searchsorted(np.cumsum(math.pi * radii**2), 3 * (side + largest) ** 2)
    return np.asarray(radii[: enough + 1])


def _texture(rng: np.random.Generator) -> np.ndarray:
    """Return noise of a random power-law spectrum, or stripes with noise; deviation 1."""
    fy = np.fft.fftfreq(TEXTURE_SIDE)[:, None]
    fx = np.fft.rfftfreq(TEXTURE_SIDE)[None, :]
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = 1
    spectrum = frequency ** -rng.uniform(0.3, 2.2) * np.exp(
        2j * np.pi * rng.random(frequency.shape)
    )
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, s=(TEXTURE_SIDE, TEXTURE_SIDE))
    noise /= noise.std()
    if rng.random() < 0.3:
        angle, period = rng.uniform(0, np.pi), rng.uniform(2.5, 16)
        rows, cols = np.mgrid[:TEXTURE_SIDE, :TEXTURE_SIDE]
        phase = (rows * math.sin(angle) + cols * math.cos(angle)) * 2 * np.pi / period
        noise = 0.4 * noise + math.sqrt(2) * np.sin(phase)
    return np.asarray(noise, np.float32)


def _palette(rng: np.random.Generator) -> np.ndarray:
    """Return colours ``(12, 3)`` in 0..255: bright and dark differ more than hues do."""
    light = rng.uniform(15, 240, (12, 1))
    return np.asarray(np.clip(light + rng.normal(0, 28, (12, 3)), 0, 255), np.float32)


def _filled(
    textures: list[np.ndarray], palette: np.ndarray, side: int, rng: np.random.Generator
) -> np.ndarray:
    """Return a textured, shaded square, uint8 ``(side, side, 3)``."""
    texture = textures[rng.integers(len(textures))]
    top, left = rng.integers(TEXTURE_SIDE - side + 1, size=2) if side < TEXTURE_SIDE else (0, 0)
    piece = texture[top : top + side, left : left + side]
    if piece.shape[0] < side:
        piece = np.resize(piece, (side, side))
    colour = palette[rng.integers(len(palette))] + rng.normal(0, 8, 3)
    tint = rng.normal(1, 0.25, 3)
    contrast = rng.exponential(11)
    slope = rng.normal(0, 22, 2)
    ramp = np.linspace(-0.5, 0.5, side, dtype=np.float32)
    shade = slope[0] * ramp[:, None] + slope[1] * ramp[None, :] + contrast * piece
    filled = colour + shade[..., None] * tint
    return np.asarray(np.clip(filled, 0, 255), np.uint8)


def _shape(radius: float, side: int, rng: np.random.Generator) -> tuple[Image.Image, int, int]:
    """Return a shape's mask and where its top left corner goes; edges are antialiased."""
    extent = 2 * math.ceil(radius) + 2
    scale = 3
    mask = Image.new("L", (extent * scale, extent * scale), 0)
    centre, r = extent * scale / 2, radius * scale
    draw = ImageDraw.Draw(mask)
    kind = rng.random()
    angle = rng.uniform(0, 2 * np.pi)
    if kind < 0.4:
        flat = rng.uniform(0.35, 1)
        turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        outline = np.stack([r * np.cos(turns), flat * r * np.sin(turns)], 1)
    elif kind < 0.75:
        half = math.atan(rng.uniform(0.2, 1))
        turns = np.array([half, np.pi - half, np.pi + half, -half])
        outline = r * np.stack([np.cos(turns), np.sin(turns)], 1)
    else:
        turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
        reach = r * rng.uniform(0.5, 1, len(turns))
        outline = np.stack([reach * np.cos(turns), reach * np.sin(turns)], 1)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    points = [(float(x), float(y)) for x, y in outline @ turn + centre]
    draw.polygon(points, fill=255)
    mask = mask.resize((extent, extent), Image.Resampling.BOX)
    row, col = rng.uniform(-radius, side + radius, 2)
    return mask, round(col - extent / 2), round(row - extent / 2)
