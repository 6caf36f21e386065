"""Writes images.json: small image files of many kinds, and the pixels that Pillow reads from them.

Made with Pillow 13.0.0, its libjpeg-turbo 3.2.0, NumPy 2.4.6 and cjpeg of libjpeg-turbo 2.1.5, for sampling factors that
Pillow does not write (`pip install pillow==13.0.0 numpy==2.4.6`; Debian's package libjpeg-turbo-progs).
Usage: python make_image_fixtures.py

Each case: `name`; `file`, base64; `height` and `width`; `rgb` and `gray`, base64, of the image as Pillow's `convert("RGB")` and
`convert("L")` give it; with EXIF data also `upright`, RGB after `ImageOps.exif_transpose`. Pillow reads 16-bit gray as whole numbers,
and clips these to 8 bits; here they become their high byte, as Pillow makes it of 16-bit RGB.
"""

import base64
import io
import json
import struct
import subprocess
import tempfile
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

# Pillow advises to keep a palette's opacity.
warnings.simplefilter("ignore")
HEIGHT, WIDTH = 11, 18
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def picture(channels, seed=1):
    """Smooth, so that JPEG's blocks have few coefficients, with an edge."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [
        128 + 100 * np.sin((c + 1) * x / 5 + seed) * np.cos((c + 2) * y / 7) + 20 * (x > 9)
        for c in range(channels)
    ]
    array = np.clip(np.stack(planes, axis=-1), 0, 255).astype(np.uint8)
    return array[..., 0] if channels == 1 else array


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name, data, crc=None):
    crc = zlib.crc32(name + data) if crc is None else crc
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def png(depth, color, rows, before=b"", width=WIDTH, crc=None):
    header = struct.pack(">IIBBBBB", width, len(rows), depth, color, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return SIGNATURE + chunk(b"IHDR", header) + before + chunk(b"IDAT", data, crc) + chunk(b"IEND", b"")


def sampled(factors):
    with tempfile.NamedTemporaryFile(suffix=".ppm") as file:
        Image.fromarray(picture(3)).save(file.name)
        command = ["cjpeg", "-quality", "90", "-sample", factors, file.name]
        return subprocess.run(command, check=True, capture_output=True).stdout


def cases():
    rgb = Image.fromarray(picture(3))
    gray = Image.fromarray(picture(1))
    cmyk = Image.fromarray(picture(4), "CMYK")
    for name, options in {
        "4:4:4": dict(subsampling=0),
        "4:2:2": dict(subsampling=1),
        "4:2:0": dict(subsampling=2),
        "progressive": dict(progressive=True),
        "restart": dict(restart_marker_blocks=1),
        "low quality": dict(quality=20),
    }.items():
        yield f"jpeg {name}", encoded(rgb, "JPEG", **options)
    yield "jpeg gray", encoded(gray, "JPEG")
    yield "jpeg CMYK", encoded(cmyk, "JPEG", quality=90)
    yield "jpeg CMYK progressive", encoded(cmyk, "JPEG", quality=90, progressive=True)
    # Pillow's own CMYK file with another transform noted: the same bytes are YCCK then.
    ycck = encoded(cmyk, "JPEG", quality=90)
    adobe = ycck.index(b"Adobe")
    yield "jpeg YCCK", ycck[: adobe + 11] + b"\x02" + ycck[adobe + 12 :]
    yield "jpeg RGB", encoded(rgb, "JPEG", keep_rgb=True)
    for factors in ["3x1,1x1,1x1", "4x2,1x1,1x1", "2x2,2x1,1x1", "1x2,1x1,1x1", "4x1,1x1,1x1", "1x1,2x2,1x1"]:
        yield f"jpeg {factors}", sampled(factors)
    jpeg = encoded(rgb, "JPEG")
    yield "jpeg with bytes before its end", jpeg[:-2] + bytes(60) + jpeg[-2:]
    yield "jpeg without its end", jpeg[:-2]
    version = jpeg.index(b"JFIF\0") + 5
    yield "jpeg of JFIF 0.00", jpeg[:version] + b"\0\0" + jpeg[version + 2 :]
    yield "jpeg of an unknown color transform", ycck[: adobe + 11] + b"\x07" + ycck[adobe + 12 :]
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"jpeg orientation {orientation}", encoded(rgb, "JPEG", exif=exif.tobytes())
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "png orientation 6", encoded(rgb, "PNG", exif=exif.tobytes())

    yield "png gray", encoded(gray, "PNG")
    yield "png RGB", encoded(rgb, "PNG")
    yield "png gray and opacity", encoded(Image.fromarray(picture(2)), "PNG")
    yield "png RGB and opacity", encoded(Image.fromarray(picture(4)), "PNG")
    palette = rgb.quantize(13)
    yield "png palette", encoded(palette, "PNG", bits=8)
    yield "png palette of 4 bits", encoded(palette, "PNG", bits=4)
    yield "png palette with opacity", encoded(palette, "PNG", transparency=bytes(range(0, 130, 10)))
    yield "png 1 bit", encoded(gray.convert("1"), "PNG")
    rows = [bytes((17 * i + j) % 256 for i in range((WIDTH + 3) // 4)) for j in range(5)]
    yield "png gray of 2 bits", png(2, 0, rows)
    yield "png gray with a transparent value", png(8, 0, [bytes(r) for r in picture(1)], chunk(b"tRNS", b"\0\x80"))
    deep = (picture(4).astype(np.uint16) << 8 | picture(4, seed=2)).astype(">u2")
    yield "png gray of 16 bits", png(16, 0, [r.tobytes() for r in deep[..., 0]])
    yield "png RGB of 16 bits", png(16, 2, [r.tobytes() for r in deep[..., :3]])
    yield "png gray and opacity of 16 bits", png(16, 4, [r.tobytes() for r in deep[..., :2]])
    yield "png RGB and opacity of 16 bits", png(16, 6, [r.tobytes() for r in deep])
    lines = [bytes(r) for r in picture(1)]
    profile = rgb_profile()
    yield "png gray with an RGB profile", png(8, 0, lines, chunk(b"iCCP", b"ICC\0\0" + zlib.compress(profile)))
    gamma = chunk(b"gAMA", struct.pack(">I", 45_455))
    colors = [r.tobytes() for r in picture(3)]
    yield "png with two gammas", png(8, 2, colors, gamma + gamma)
    yield "png gray of gamma 1", png(8, 0, lines, chunk(b"gAMA", struct.pack(">I", 100_000)))
    yield "png RGB of gamma 0.1", png(8, 2, colors, chunk(b"gAMA", struct.pack(">I", 10_000)))
    yield "png with a text of a wrong checksum", png(8, 2, colors, chunk(b"tEXt", b"Comment\0x", crc=1))
    yield "png with pixels of a wrong chunk checksum", png(8, 2, colors, crc=1)
    for cut in [12, 14, 16, 18, 20]:
        yield f"png without its last {cut} bytes", png(8, 2, colors)[:-cut]


def rgb_profile():
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def opened(name, file):
    # Pillow waits for the end of some files, though it has all pixels.
    if name == "jpeg without its end":
        file += b"\xff\xd9"
    # Pillow refuses a wrong checksum beside the pixels, which TensorFlow reads.
    if "text" in name:
        data = b"tEXtComment\0x"
        file = file.replace(data + struct.pack(">I", 1), data + struct.pack(">I", zlib.crc32(data)))
    image = Image.open(io.BytesIO(file))
    image.load()
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image


def text(data):
    return base64.b64encode(data).decode()


def main():
    result = []
    for name, file in cases():
        image = opened(name, file)
        case = dict(name=name, file=text(file), height=image.height, width=image.width)
        case |= dict(rgb=text(image.convert("RGB").tobytes()), gray=text(image.convert("L").tobytes()))
        if "orientation" in name:
            case["upright"] = text(ImageOps.exif_transpose(image).tobytes())
        result.append(case)
    path = Path(__file__).parent / "images.json"
    path.write_text(json.dumps(result, indent=0) + "\n")


main()
