"""Writes colors.json: what Pillow makes of images of 256 levels, and colorsys of hues.

Made with Pillow 13.0.0 and NumPy 2.4.6 (`pip install pillow==13.0.0 numpy==2.4.6`).
Usage: python make_color_fixtures.py
"""

import colorsys
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps


def image(generator, shape):
    """A smooth image, whose levels do not fill the range, with noise."""
    height, width, channels = shape
    y, x, c = np.meshgrid(*map(np.arange, shape), indexing="ij")
    values = 40 + 150 * (x + y + 3 * c) / (height + width + 6) + generator.integers(-30, 31, shape)
    return np.clip(values, 0, 255).astype(np.uint8)


def picture(array):
    return Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)


def levels(result, shape):
    return np.asarray(result).reshape(shape).ravel().tolist()


def affine(source, numbers):
    return source.transform(source.size, Image.Transform.AFFINE, numbers, Image.Resampling.NEAREST)


def operations(source):
    """The name of an operation, its number and the result."""
    for factor in (0.01, 0.73, 1.99):
        yield "brightness", factor, ImageEnhance.Brightness(source).enhance(factor)
        yield "color", factor, ImageEnhance.Color(source).enhance(factor)
        yield "contrast", factor, ImageEnhance.Contrast(source).enhance(factor)
        yield "sharpness", factor, ImageEnhance.Sharpness(source).enhance(factor)
    for bits in (2, 4, 7, 8):
        yield "posterize", bits, ImageOps.posterize(source, bits)
    for threshold in (0, 128, 200):
        yield "solarize", threshold, ImageOps.solarize(source, threshold)
    yield "stretchContrast", 0, ImageOps.autocontrast(source)
    yield "equalize", 0, ImageOps.equalize(source)
    for shear in (-0.29, 0.17):
        yield "shearX", shear, affine(source, (1, shear, 0, 0, 1, 0))
        yield "shearY", shear, affine(source, (1, 0, 0, shear, 1, 0))
    for shift in (-5, 7):
        yield "translateX", shift, affine(source, (1, 0, -shift, 0, 1, 0))
        yield "translateY", shift, affine(source, (1, 0, 0, 0, 1, -shift))
    for degrees in (-23, 90, 131):
        yield "rotate", degrees, source.rotate(degrees, Image.Resampling.NEAREST)


def main():
    generator = np.random.default_rng(51)
    cases = []
    for shape in [(16, 19, 3), (17, 18, 1)]:
        array = image(generator, shape)
        cases.append({
            "shape": list(shape), "levels": array.ravel().tolist(),
            "operations": [
                {"name": name, "number": number, "expected": levels(result, shape)}
                for name, number, result in operations(picture(array))
            ],
        })
    hues = []
    for shift in (-0.5, -0.13, 0.07, 0.4):
        for color in generator.integers(0, 256, (9, 3)).tolist() + [[255, 0, 0], [9, 9, 9]]:
            h, s, v = colorsys.rgb_to_hsv(*[level / 255 for level in color])
            hues.append({
                "shift": shift, "color": color,
                "expected": [round(x, 7) for x in colorsys.hsv_to_rgb((h + shift) % 1, s, v)],
            })
    text = json.dumps({"images": cases, "hues": hues}, separators=(",", ":"))
    (Path(__file__).parent / "colors.json").write_text(text + "\n", encoding="utf-8")


main()
