"""How colours look to eyes that lack one kind of cone, and how far apart they then are.

    python tests/colour_vision.py figure.png folder

writes the figure as it looks under each deficiency. The matrices are those of Machado, Oliveira &
Fernandes (2009, IEEE TVCG 15:1291-1298) at severity 1.0; they act on linear RGB. Distances are
CIE 1976 (L*, a*, b*) for D65: below about 2.3 two patches are one colour to most eyes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib import image

DEFICIENCIES = {
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868],
         [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968],
         [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779],
         [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip
# Linear RGB to CIE XYZ, and the white of D65 (IEC 61966-2-1).
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375],
     [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
WHITE = TO_XYZ.sum(axis=1)


def linear(srgb):
    """Return linear RGB of sRGB, both in [0, 1], shape (..., 3)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def gamma(rgb):
    """Return sRGB of linear RGB, shape (..., 3)."""
    inside = np.clip(rgb, 0.0, 1.0)
    return np.where(inside <= 0.0031308, 12.92 * inside, 1.055 * inside ** (1 / 2.4) - 0.055)


def seen(srgb, deficiency):
    """Return sRGB colours as they look under a deficiency, shape (..., 3)."""
    return gamma(linear(srgb) @ DEFICIENCIES[deficiency].T)


def lab(srgb):
    """Return CIELAB of sRGB colours, shape (..., 3)."""
    share = linear(srgb) @ TO_XYZ.T / WHITE
    root = np.where(share > (6 / 29) ** 3, np.cbrt(share), share * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def rgb(colour):
    """Return sRGB in [0, 1] of ``#RRGGBB``."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def distances(colours, deficiency=None):
    """Return the distance of every two colours, by their names."""
    points = {}
    for name, colour in colours.items():
        as_shown = rgb(colour)
        points[name] = lab(as_shown if deficiency is None else seen(as_shown, deficiency))
    names = list(points)
    return {
        (one, other): float(np.linalg.norm(points[one] - points[other]))
        for i, one in enumerate(names)
        for other in names[i + 1 :]
    }


if __name__ == "__main__":
    figure, folder = Path(sys.argv[1]), Path(sys.argv[2])
    pixels = image.imread(figure)[..., :3]
    for each in DEFICIENCIES:
        image.imsave(folder / f"{figure.stem}_{each}.png", seen(pixels, each))
