"""Lesson 07: architectures."""

from decimal import Decimal
from fractions import Fraction

import numpy as np

from tests.answers import Told

MEANS = np.array([103.939, 116.779, 123.68])

# --- Scaling for VGG16 ----------------------------------------------------------------


def by_list_of_channels(images):
    return images[:, :, :, [2, 1, 0]] - MEANS


def by_flip(images):
    return np.flip(images - MEANS[::-1], axis=-1)


def channel_by_channel(images):
    result = np.empty(images.shape)
    for place, (mean, channel) in enumerate(zip(MEANS, (2, 1, 0))):
        result[..., place] = images[..., channel] - mean
    return result


def by_stack(images):
    red, green, blue = np.moveaxis(images, -1, 0)
    return np.stack([blue - 103.939, green - 116.779, red - 123.68], axis=3)


def by_matrix(images):
    return images @ np.eye(3)[::-1] - MEANS


def in_place(images):
    images = images.astype("float32")[..., ::-1]
    images[..., 0] -= 103.939
    images[..., 1] -= 116.779
    images[..., 2] -= 123.68
    return images


def in_kind_of_images(images):
    """Of 8 bits, where photographs are."""
    result = np.zeros_like(images)
    for place, (mean, channel) in enumerate(zip(MEANS, (2, 1, 0))):
        result[..., place] = images[..., channel] - mean
    return result


def scaled_where_it_seems_to_be_needed(images):
    """A photograph may be black, or nearly."""
    return (images * 255 if images.max() <= 1 else images)[..., ::-1] - MEANS


def in_whole_numbers(images):
    return images[..., ::-1].astype(int) - MEANS


def in_place_of_images(images):
    images = images[..., ::-1].copy()
    images -= MEANS
    return images


def turned_left_to_right(images):
    return images[:, :, ::-1] - MEANS


def turned_batch(images):
    return images[::-1] - MEANS


def turned_every_way(images):
    return images[::-1, ::-1, ::-1, ::-1] - MEANS


def means_turned_too(images):
    return images[..., ::-1] - MEANS[::-1]


def means_added(images):
    return images[..., ::-1] + MEANS


def each_picture_its_own_mean(images):
    return images[..., ::-1] - images[..., ::-1].mean(axis=(1, 2), keepdims=True)


def means_scaled_too(images):
    return images[..., ::-1] / 255 - MEANS / 255


def not_below_zero(images):
    return np.maximum(images[..., ::-1] - MEANS, 0)


def by_mean_of_means(images):
    return images[..., ::-1] - MEANS.mean()


def channels_first(images):
    return np.moveaxis(images[..., ::-1] - MEANS, -1, 1)


def first_and_second(images):
    return images[..., [1, 0, 2]] - MEANS


# --- What a separable convolution leaves ----------------------------------------------


def short(kernel, channels_in, channels_out):
    return 1 / kernel**2 + 1 / channels_out


def as_fraction(kernel, channels_in, channels_out):
    return Fraction(kernel**2 + channels_out, kernel**2 * channels_out)


def by_arrays(kernel, channels_in, channels_out):
    depthwise = np.zeros((kernel, kernel, channels_in, 1)).size
    pointwise = np.zeros((1, 1, channels_in, channels_out)).size
    ordinary = np.zeros((kernel, kernel, channels_in, channels_out)).size
    return (depthwise + pointwise) / ordinary


def as_decimal(kernel, channels_in, channels_out):
    return Decimal(kernel**2 + channels_out) / (kernel**2 * channels_out)


def one_minus_saved(kernel, channels_in, channels_out):
    ordinary = np.prod([kernel, kernel, channels_in, channels_out], dtype=np.float32)
    saved = ordinary - channels_in * (kernel**2 + channels_out)
    return 1 - saved / ordinary


def with_biases(kernel, channels_in, channels_out):
    separable = (kernel**2 + 1) * channels_in + (channels_in + 1) * channels_out
    return separable / ((kernel**2 * channels_in + 1) * channels_out)


def kernel_not_squared(kernel, channels_in, channels_out):
    return 1 / kernel + 1 / channels_out


def side_by_two(kernel, channels_in, channels_out):
    return 1 / (2 * kernel) + 1 / channels_out


def whole_division(kernel, channels_in, channels_out):
    separable = kernel**2 * channels_in + channels_in * channels_out
    return separable // (kernel**2 * channels_in * channels_out)


def product_of_parts(kernel, channels_in, channels_out):
    return 1 / (kernel**2 * channels_out)


def kernels_for_each_output(kernel, channels_in, channels_out):
    separable = kernel**2 * channels_out + channels_in * channels_out
    return separable / (kernel**2 * channels_in * channels_out)


def depthwise_and_full(kernel, channels_in, channels_out):
    return 1 + 1 / channels_out


def in_per_cent(kernel, channels_in, channels_out):
    return 100 * short(kernel, channels_in, channels_out)


RIGHT = {
    "07.preprocess": [
        by_list_of_channels, by_flip, channel_by_channel, by_stack, by_matrix, in_place,
    ],
    "07.vgg-weights": [
        1180160, 512 * 3 * 3 * 256 + 512, np.zeros((3, 3, 256, 512)).size + 512,
        np.float64(1180160), sum((3 * 3 * 256, 1)) * 2**9,
    ],
    "07.two-for-five": [
        0.28, 7 / 25, Fraction(7, 25), Decimal("0.28"), (25 - 2 * 9) / 25,
        np.float32(0.28), 1 - 0.72,
    ],
    "07.bottleneck": [
        105369600, 35**2 * 192 * 48 + 35**2 * 25 * 48 * 64, 1225 * 48 * (192 + 1600),
        11289600 + 94080000.0, np.prod([35, 35, 48, 192 + 25 * 64]),
    ],
    "07.separable-share": [
        short, as_fraction, by_arrays, as_decimal, one_minus_saved,
    ],
}  # fmt: skip

WRONG = {
    "07.preprocess": [
        turned_left_to_right, turned_batch, turned_every_way, means_turned_too,
        means_added, each_picture_its_own_mean, means_scaled_too, not_below_zero,
        by_mean_of_means, channels_first, first_and_second, in_kind_of_images,
        in_place_of_images, in_whole_numbers, scaled_where_it_seems_to_be_needed,
    ],
    "07.vgg-weights": [
        1180161, (9 * 256 + 1) * 256, 256 * 512 + 512, 9 * 256 + 512, 1.18e6,
        1180160 + 512,
    ],
    "07.two-for-five": [0.36, 0.56, 0.14, 2 / 5, 18, 1 - 6 / 10],
    "07.bottleneck": [
        31 * 31 * 25 * 48 * 64 + 35 * 35 * 192 * 48,
        35 * 35 * 192 * 48 * 25 * 48 * 64,
        35 * (192 * 48 + 25 * 48 * 64),
        2 * 105369600,
        35 * 35 * (192 * 48 + 5 * 48 * 64),
        1.05e8,
    ],
    "07.separable-share": [
        with_biases, kernel_not_squared, side_by_two, whole_division, product_of_parts,
        depthwise_and_full, in_per_cent,
        Told(kernels_for_each_output, "a kernel for each channel that comes *in*"),
    ],
}  # fmt: skip
