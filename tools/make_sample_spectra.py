#!/usr/bin/env python3
"""Make the small table of reflectance spectra that the sample scene is rendered from.

Every material of the scene is a 3x3 grid of spectra along two axes of its own
(say leaf area and chlorophyll); the scene moves on that grid from field to
field and from pixel to pixel. Canopies come from PROSAIL (PROSPECT-D and
4SAIL); soils, water and built surfaces from the formulas in this file, whose
absorption features sit where the literature has them.

Run it in an environment of its own::

    pip install prosail numpy
    python tools/make_sample_spectra.py --output resources/sample_spectra.csv
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import prosail

# 5 nm where the red edge is, 10 nm beyond: enough for the narrowest band the scene has.
WAVELENGTHS = np.concatenate([np.arange(400, 1000, 5), np.arange(1000, 2501, 10)])
NM = np.arange(400, 2501, dtype=float)
STEPS = (0.0, 0.5, 1.0)
SUN_ZENITH = 38.0

Spectrum = Callable[[float, float], np.ndarray]


def main() -> None:
    """Compute every material's grid and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=Path("resources/sample_spectra.csv"))
    output = parser.parse_args().output

    columns, names = [], []
    for material, spectrum in MATERIALS.items():
        for first in STEPS:
            for second in STEPS:
                curve = np.clip(spectrum(first, second), 0.0005, 0.95)
                columns.append(np.interp(WAVELENGTHS, NM, curve))
                names.append(f"{material}/{first:g}/{second:g}")
    table = np.rint(np.array(columns).T * 10000).astype(int)
    lines = [",".join(["wavelength_nm", *names])]
    lines += [",".join(map(str, [nm, *row])) for nm, row in zip(WAVELENGTHS, table)]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{output}: {len(names)} spectra, {len(WAVELENGTHS)} wavelengths")


def between(low: float, high: float, share: float) -> float:
    """Return the value at ``share`` of the way from ``low`` to ``high``."""
    return low + (high - low) * share


def dip(centre: float, width: float, depth: float) -> np.ndarray:
    """Return a Gaussian absorption feature as a factor; ``width`` is its sigma in nm."""
    return 1.0 - depth * np.exp(-0.5 * ((NM - centre) / width) ** 2)


def rise(centre: float, width: float) -> np.ndarray:
    """Return a smooth step from 0 to 1 around ``centre``, ``width`` nm wide."""
    return 1.0 / (1.0 + np.exp(-(NM - centre) / width))


# Soils: brightness rising towards the near infrared, iron oxides near 500 and 900 nm,
# bound water near 1400 and 1900 nm, clay minerals at 2200 nm (Ben-Dor et al. 1999);
# moisture darkens exponentially, most where water absorbs (Lobell and Asner 2002).


def soil(moisture: float, kind: float) -> np.ndarray:
    """Return soil from dry to wet, and from sandy and bright (0) to humous and dark (1)."""
    sandy = 0.10 + 0.40 * (1 - np.exp(-(NM - 330) / 480))
    humous = 0.045 + 0.27 * (1 - np.exp(-(((NM - 330) / 900) ** 1.15)))
    sandy *= dip(490, 55, 0.22) * dip(900, 90, 0.05) * dip(2205, 28, 0.07) * dip(2345, 25, 0.02)
    humous *= dip(900, 110, 0.02) * dip(2205, 30, 0.045) * dip(2310, 40, 0.02)
    dry = sandy * (1 - kind) + humous * kind
    dry = dry * dip(1414, 22, 0.05) * dip(1915, 35, 0.09) * (1 - 0.06 * rise(2330, 40))
    water = 0.85 + 0.75 * rise(1380, 22) + 0.75 * rise(1890, 25) + 0.1 * rise(1150, 40)
    water -= 0.35 * np.exp(-0.5 * ((NM - 1680) / 90) ** 2) + 0.4 * np.exp(
        -0.5 * ((NM - 2190) / 110) ** 2
    )
    return dry * np.exp(-0.75 * moisture * water)


def canopy(
    background: np.ndarray,
    *,
    lai: float,
    chlorophyll: float,
    water: float,
    dry_matter: float,
    brown: float = 0.0,
    structure: float = 1.5,
    leaf_angle: float = 55.0,
    hot_spot: float = 0.05,
    carotenoids: float | None = None,
) -> np.ndarray:
    """Return a canopy's reflectance from PROSAIL (Jacquemoud et al. 2009; Feret et al. 2017).

    Args:
        background: Reflectance of the ground below, on ``NM``.
        lai: Leaf area index.
        chlorophyll: Chlorophyll a and b, µg/cm².
        water: Equivalent water thickness, cm.
        dry_matter: Leaf mass per area, g/cm².
        brown: Brown pigments, arbitrary units.
        structure: PROSPECT's N.
        leaf_angle: Mean leaf angle of an ellipsoidal distribution, degrees.
        hot_spot: Hot-spot size parameter.
        carotenoids: µg/cm²; a quarter of the chlorophyll by default.
    """
    return prosail.run_prosail(
        structure,
        chlorophyll,
        0.25 * chlorophyll if carotenoids is None else carotenoids,
        brown,
        water,
        dry_matter,
        lai,
        leaf_angle,
        hot_spot,
        SUN_ZENITH,
        0.0,
        60.0,
        prospect_version="D",
        typelidf=2,
        rsoil0=background,
    )


def litter(share: float) -> np.ndarray:
    """Return a forest floor: dry leaves over dark, damp soil."""
    leaves = canopy(
        soil(0.4, 0.8), lai=1.5, chlorophyll=1, water=0.003, dry_matter=0.011, brown=1.2
    )
    return share * leaves + (1 - share) * soil(0.6, 0.9)


def broadleaf(density: float, vigour: float) -> np.ndarray:
    """Return a broadleaf crown; the factor stands for gaps and shade inside it."""
    return between(0.80, 0.92, density) * canopy(
        litter(0.6),
        lai=between(3.0, 6.5, density),
        chlorophyll=between(30, 58, vigour),
        water=between(0.010, 0.017, vigour),
        dry_matter=0.0085,
        structure=1.7,
        leaf_angle=48,
    )


def conifer(density: float, vigour: float) -> np.ndarray:
    """Return a conifer crown: thick, dark needles, clumped into shoots that shade themselves."""
    return between(0.58, 0.74, density) * canopy(
        litter(0.4),
        lai=between(2.4, 5.5, density),
        chlorophyll=between(38, 62, vigour),
        water=between(0.020, 0.030, vigour),
        dry_matter=0.020,
        brown=0.25,
        structure=2.2,
        leaf_angle=58,
    )


def row_crop(cover: float, vigour: float) -> np.ndarray:
    """Return maize or beet: broad, flat leaves over open soil."""
    return canopy(
        soil(0.25, 0.5),
        lai=between(1.0, 4.5, cover),
        chlorophyll=between(36, 62, vigour),
        water=between(0.013, 0.021, vigour),
        dry_matter=0.0055,
        structure=1.4,
        leaf_angle=47,
    )


def cereal(cover: float, ripeness: float) -> np.ndarray:
    """Return wheat or barley: upright leaves, beginning to ripen."""
    return canopy(
        soil(0.2, 0.5),
        lai=between(1.8, 5.0, cover),
        chlorophyll=between(52, 22, ripeness),
        water=between(0.015, 0.008, ripeness),
        dry_matter=0.0060,
        brown=between(0.0, 0.45, ripeness),
        structure=1.5,
        leaf_angle=66,
    )


def meadow(cover: float, dryness: float) -> np.ndarray:
    """Return grassland: fine leaves with old, dry ones between."""
    green = canopy(
        soil(0.35, 0.7),
        lai=between(1.5, 4.0, cover),
        chlorophyll=between(44, 26, dryness),
        water=between(0.014, 0.008, dryness),
        dry_matter=0.0065,
        brown=between(0.1, 0.35, dryness),
        structure=1.6,
        leaf_angle=60,
    )
    share = between(0.05, 0.30, dryness)
    return (1 - share) * green + share * straw(1.5)


def straw(lai: float) -> np.ndarray:
    """Return dead grass or straw, with the cellulose features near 1730, 2100 and 2300 nm."""
    dead = canopy(
        soil(0.1, 0.5),
        lai=lai,
        chlorophyll=1.5,
        water=0.0015,
        dry_matter=0.0125,
        brown=0.75,
        structure=2.1,
        leaf_angle=58,
        carotenoids=2.5,
    )
    return dead * dip(1730, 28, 0.04) * dip(2100, 38, 0.09) * dip(2310, 35, 0.08)


def stubble(straw_cover: float, weeds: float) -> np.ndarray:
    """Return a harvested field: straw over soil, with volunteer plants coming up."""
    share = between(0.0, 0.22, weeds)
    young = canopy(
        soil(0.2, 0.5), lai=1.8, chlorophyll=32, water=0.012, dry_matter=0.005, leaf_angle=55
    )
    return (1 - share) * straw(between(0.5, 2.4, straw_cover)) + share * young


# Water: subsurface reflectance from u = bb / (a + bb), brought above the surface, plus a
# little glint (Lee et al. 1999); pure water after Pope and Fry 1997, Smith and Baker 1981 and
# Kou et al. 1993, rounded.
PURE_WATER = np.array(
    [
        (400, 0.007), (450, 0.009), (500, 0.020), (550, 0.057), (600, 0.222), (650, 0.34),
        (680, 0.465), (700, 0.62), (715, 1.0), (740, 2.4), (760, 2.6), (800, 2.0), (850, 4.3),
        (900, 6.8), (970, 45.0), (1050, 16.0), (1100, 18.0), (1200, 120.0), (1300, 120.0),
        (1400, 1200.0), (1460, 2900.0), (1650, 580.0), (1950, 12000.0), (2200, 1700.0),
        (2500, 9000.0),
    ]
)  # fmt: skip


def water(turbidity: float, algae: float) -> np.ndarray:
    """Return inland water, from clear to turbid and from few to many algae."""
    sediment, chlorophyll = between(1.5, 16.0, turbidity), between(2.0, 45.0, algae)
    pure = np.exp(np.interp(NM, PURE_WATER[:, 0], np.log(PURE_WATER[:, 1])))
    pigment = 0.045 * np.exp(-0.5 * ((NM - 440) / 38) ** 2) + 0.011 * rise(470, 20) * (
        1 - rise(690, 8)
    )
    pigment += 0.019 * np.exp(-0.5 * ((NM - 674) / 13) ** 2)
    humus = (0.35 + 0.02 * sediment) * np.exp(-0.014 * (NM - 440))
    absorption = pure + chlorophyll**0.85 * pigment + humus
    backscatter = (
        0.0011 * (500 / NM) ** 4.3 + (0.013 * sediment + 0.0009 * chlorophyll) * (550 / NM) ** 0.6
    )
    share = backscatter / (absorption + backscatter)
    below = (0.0895 + 0.1247 * share) * share
    return np.pi * 0.52 * below / (1 - 1.7 * below) + 0.006


def asphalt(age: float, dust: float) -> np.ndarray:
    """Return a road: dark when new, brighter when worn and dusty (Herold et al. 2004)."""
    new = 0.055 + 0.030 * (1 - np.exp(-(NM - 380) / 700))
    worn = 0.105 + 0.115 * (1 - np.exp(-(NM - 380) / 520)) * dip(500, 60, 0.05)
    road = new * (1 - age) + worn * age
    road = road * dip(1730, 25, 0.02) * dip(2310, 35, 0.05 - 0.02 * age) * dip(1920, 35, 0.02 * age)
    share = between(0.0, 0.25, dust)
    return (1 - share) * road + share * soil(0.05, 0.4)


def concrete(brightness: float, dirt: float) -> np.ndarray:
    """Return paving or a flat roof of concrete, with water, hydroxyl and carbonate features."""
    base = 0.13 + 0.21 * (1 - np.exp(-(NM - 360) / 170)) + 0.015 * rise(1200, 200)
    base *= dip(1415, 25, 0.03) * dip(1925, 40, 0.08) * dip(2205, 30, 0.02) * dip(2335, 30, 0.06)
    base *= between(0.62, 1.18, brightness)
    share = between(0.0, 0.40, dirt)
    return (1 - share) * base + share * (0.6 * asphalt(0.6, 0.3) + 0.4 * soil(0.2, 0.7))


def roof(brightness: float, kind: float) -> np.ndarray:
    """Return roofs: red clay tile (0), dark weathered tile (0.5) and coated metal sheet (1)."""
    clay = 0.055 + 0.27 * rise(585, 22) + 0.13 * rise(1000, 130)
    clay *= dip(530, 35, 0.15) * dip(870, 75, 0.13) * dip(1920, 40, 0.05) * dip(2205, 30, 0.03)
    dark = 0.065 + 0.035 * rise(600, 35) + 0.085 * rise(1100, 220)
    dark *= dip(870, 80, 0.05) * dip(1920, 40, 0.03) * dip(2320, 30, 0.02)
    metal = 0.30 + 0.10 * np.exp(-0.5 * ((NM - 480) / 60) ** 2) - 0.06 * rise(1100, 150)
    metal *= (
        dip(840, 60, 0.06) * dip(1730, 22, 0.05) * dip(2310, 28, 0.09) * (1 - 0.12 * rise(2000, 80))
    )
    if kind <= 0.5:
        mixed = clay * (1 - 2 * kind) + dark * 2 * kind
    else:
        mixed = dark * (2 - 2 * kind) + metal * (2 * kind - 1)
    return mixed * between(0.70, 1.15, brightness)


MATERIALS: dict[str, Spectrum] = {
    "broadleaf": broadleaf,
    "conifer": conifer,
    "row_crop": row_crop,
    "cereal": cereal,
    "meadow": meadow,
    "stubble": stubble,
    "soil": soil,
    "water": water,
    "roof": roof,
    "asphalt": asphalt,
    "concrete": concrete,
}


if __name__ == "__main__":
    main()
