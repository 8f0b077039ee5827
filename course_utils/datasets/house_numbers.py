"""Street-view-like house numbers, drawn: the SVHN photographs may not be bundled.

Each crop is 32x32x3 and shows one whole digit with its neighbours cut at the edges, as
the cropped format of SVHN does: numerals of brass, enamel or paint on brick, plaster
and wood, seen at an angle, with shadow, uneven light, blur, noise and JPEG blocks.
"""

import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

SIZE = 32
FONTS = (  # all ship with matplotlib; the monospaced ones dot their zero
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-BoldOblique", "DejaVuSerif-Bold"),
    *("STIXGeneral", "STIXGeneralBol", "cmb10", "cmss10", "cmtt10"),
)
# Plaster, stone, concrete, slate, brick, woods, dark green, navy, enamel blue, sand.
WALLS = """ece8dc cdc8be 969491 5c5e62 282a2e 8e4836 704e34 463026 304838 242468
           1e4e96 c8b28c 788278 a56e50"""
# Black, white, brass, aluminium, bronze, blue, red, lead, cream, green.
PAINTS = "141416 f5f3ee be9650 bec3c8 3c2a22 1e326e 961e1e 5f6266 e1d7b4 144632"
LUMINANCE = np.array([0.299, 0.587, 0.114])


def draw_house_numbers(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw labelled crops of house numbers.

    Parameters
    ----------
    n : int
        How many. Each digit is drawn equally often (to within one).
    seed : int
        The same seed gives the same pictures.

    Returns
    -------
    images : uint8 array (n, 32, 32, 3)
    labels : uint8 array (n,), the digit in the middle of each crop
    """
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 10).astype(np.uint8)
    ink = [_ink(rng, int(label)) for label in labels]
    return _paint(rng, np.reshape(ink, (n, SIZE, SIZE)).astype(np.float32)), labels


@cache
def _glyph(font: str, digits: str, stroke: int) -> tuple[Image.Image, int]:
    """Digits as a mask cut to their outline, and how far its top is above the line."""
    import matplotlib  # late: it takes a quarter of a second

    file = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    face = ImageFont.truetype(str(file), 56, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = face.getbbox(digits, anchor="ls", stroke_width=stroke)
    mask = Image.new("L", (round(right - left), round(bottom - top)))
    pen = ImageDraw.Draw(mask)
    pen.text((-left, -top), digits, 255, face, anchor="ls", stroke_width=stroke)
    return mask, round(top)


def _ink(rng: np.random.Generator, label: int) -> np.ndarray:
    """How much paint lies on each pixel (0..1) of one crop, (32, 32)."""
    font, stroke = FONTS[rng.integers(len(FONTS))], int(rng.integers(4)) // 2
    gap = int(rng.integers(2, 9))
    middle, rise = _glyph(font, str(label), stroke)
    canvas = Image.new("L", (288, 128))
    x, y = canvas.width // 2, canvas.height // 2
    left = x - middle.width // 2
    right = left + middle.width + gap
    baseline = y - middle.height // 2 - rise
    canvas.paste(255, (left, baseline + rise), middle)
    for side in (-1, 1):
        edge = left - gap if side < 0 else right
        for digit in rng.integers(10, size=rng.binomial(3, 0.4)):
            mask, rise = _glyph(font, str(digit), stroke)
            corner = edge - mask.width if side < 0 else edge
            canvas.paste(255, (corner, baseline + rise), mask)
            edge += side * (mask.width + gap)

    # The camera: crop size, rotation, shear and a little perspective, drawn at 64x64.
    zoom_y = middle.height / 64 * rng.uniform(1.02, 1.35)
    zoom_x = zoom_y * rng.uniform(0.8, 1.3)
    turn, shear = np.deg2rad(rng.normal(0, 6)), rng.normal(0, 0.08)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    (a, b), (d, e) = rotation @ [[1, shear], [0, 1]] @ np.diag([zoom_x, zoom_y])
    x, y = np.array([x, y]) + rng.normal(0, 1.5, 2)
    g, h = rng.normal(0, 0.0015, 2)
    # From crop pixel (u, v) to canvas (x, y), with (32, 32) on the digit's centre.
    homography = np.array([[a, b, x], [d, e, y], [g, h, 1]])
    homography[:2, :2] += np.outer((x, y), (g, h))
    homography @= [[1, 0, -SIZE], [0, 1, -SIZE], [0, 0, 1]]
    crop = canvas.transform(
        (2 * SIZE, 2 * SIZE),
        Image.Transform.PERSPECTIVE,
        (homography / homography[2, 2]).ravel()[:8].tolist(),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(crop.reduce(2)) / 255


def _colours(codes: str) -> np.ndarray:
    """Colours written as hexadecimal rrggbb, as an array (k, 3) in 0..1."""
    return np.array([list(bytes.fromhex(code)) for code in codes.split()]) / 255


def _paint(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    """Colour, light, blur and noise for crops of ink (n, 32, 32): uint8 (..., 3)."""
    n = len(ink)

    def each(low: float, high: float) -> np.ndarray:  # one number a crop
        return rng.uniform(low, high, (n, 1, 1)).astype(np.float32)

    def blotches(size: int) -> np.ndarray:  # smooth noise of size x size blobs
        coarse = rng.standard_normal((n, size, size), np.float32)
        place = (np.arange(SIZE) + 0.5) * size / SIZE - 0.5
        spread = np.array([np.interp(place, range(size), row) for row in np.eye(size)])
        return spread.T.astype(np.float32) @ coarse @ spread.astype(np.float32)

    walls, paints = _colours(WALLS), _colours(PAINTS)
    wall = walls[rng.integers(len(walls), size=n)] * rng.uniform(0.7, 1.1, (n, 1))
    wall = (wall + rng.normal(0, 0.03, (n, 3))).clip(0, 1)
    # Of all paints that can be told from this wall, any.
    contrast = abs(paints @ LUMINANCE - (wall @ LUMINANCE)[:, None])
    lot = rng.uniform(size=contrast.shape) * (contrast > 0.2)
    paint = paints[lot.argmax(1)] * rng.uniform(0.85, 1.1, (n, 1))
    wall, paint = wall.astype(np.float32), paint.astype(np.float32)

    grain = rng.standard_normal(ink.shape, np.float32)
    tone = 1 + each(0, 0.08) * blotches(8) + each(0, 0.05) * grain
    shadow = np.roll(ink, (1, 1), (1, 2)) * each(0, 0.5) * (each(0, 1) < 0.5)
    images = wall[:, None, None] * (tone * (1 - shadow))[..., None]
    images += ink[..., None] * (paint[:, None, None] - images)

    across = np.linspace(-1, 1, SIZE, dtype=np.float32)
    light = 1 + each(-0.25, 0.25) * across + each(-0.25, 0.25) * across[:, None]
    images *= (light + each(0, 0.1) * blotches(2))[..., None]
    blur = rng.choice([0.3, 0.6, 0.9, 1.2], n, p=[0.2, 0.35, 0.3, 0.15])
    for sigma in np.unique(blur):
        soft = blur == sigma
        images[soft] = gaussian_filter(images[soft], (0, sigma, sigma, 0))
    noise = rng.standard_normal(images.shape, np.float32)
    images += each(0, 0.035)[..., None] * noise

    pixels = (255 * images.clip(0, 1)).astype(np.uint8)
    for start in range(0, n, 50):  # a strip of crops at once: 10 times faster
        strip = pixels[start : start + 50].reshape(-1, SIZE, 3)
        file = io.BytesIO()
        Image.fromarray(strip).save(file, "JPEG", quality=int(rng.integers(35, 90)))
        strip[:] = np.asarray(Image.open(file))
    return pixels
