"""Lesson 01: convolution. What asks for a function."""

import itertools

import numpy as np
import scipy.ndimage
import scipy.signal
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from tests.answers import Told

# --- Right ----------------------------------------------------------------------------


def windows_and_einsum(image, kernel):
    return np.einsum("abij,ij->ab", sliding_window_view(image, kernel.shape), kernel)


def windows_and_tensordot(image, kernel):
    windows = sliding_window_view(image.astype(np.float32), kernel.shape)
    return np.tensordot(windows, kernel.astype(np.float32), 2)


def four_loops(image, kernel):
    h, w = kernel.shape
    result = [[0] * (image.shape[1] - w + 1) for _ in range(image.shape[0] - h + 1)]
    for r, row in enumerate(result):
        for c in range(len(row)):
            for i in range(h):
                for j in range(w):
                    row[c] += float(image[r + i, c + j]) * float(kernel[i, j])
    return result


def shifted_pictures(image, kernel):
    """One product for each weight."""
    (H, W), (h, w) = image.shape, kernel.shape
    result = np.zeros((H - h + 1, W - w + 1))
    for i, j in np.ndindex(h, w):
        result += kernel[i, j] * image[i : H - h + 1 + i, j : W - w + 1 + j].astype(
            float
        )
    return result


def by_scipy(image, kernel):
    return scipy.signal.correlate2d(image.astype(float), kernel, mode="valid")


def by_fourier(image, kernel):
    return scipy.signal.fftconvolve(image, kernel[::-1, ::-1], mode="valid")


def cut_from_ndimage(image, kernel):
    h, w = kernel.shape
    whole = scipy.ndimage.correlate(
        image.astype(float),
        kernel.astype(float),
        mode="constant",
        origin=(-(h // 2), -(w // 2)),
    )
    return whole[: image.shape[0] - h + 1, : image.shape[1] - w + 1]


def strides_and_columns(image, kernel):
    """As a product of matrices: each window is a row."""
    image = np.ascontiguousarray(image, dtype=float)
    (H, W), (h, w) = image.shape, kernel.shape
    shape = (H - h + 1, W - w + 1, h, w)
    columns = as_strided(image, shape, image.strides * 2).reshape(-1, h * w)
    return (columns @ kernel.ravel()).reshape(shape[:2])


def comprehension(image, kernel):
    h, w = kernel.shape
    return [
        [
            sum(
                float(p) * k
                for p, k in zip(image[r : r + h, c : c + w].flat, kernel.flat)
            )
            for c in range(image.shape[1] - w + 1)
        ]
        for r in range(image.shape[0] - h + 1)
    ]


def while_loops(image, kernel):
    image = np.array(image, dtype="float64")
    out, row = [], 0
    while row + len(kernel) <= len(image):
        line, column = [], 0
        while column + len(kernel[0]) <= len(image[0]):
            part = image[row : row + len(kernel), column : column + len(kernel[0])]
            line.append(np.sum(np.multiply(part, kernel)))
            column += 1
        out.append(line)
        row += 1
    return np.array(out)


def with_mean(image, kernel):
    out = np.empty(np.subtract(image.shape, kernel.shape) + 1)
    for place in np.ndindex(*out.shape):
        window = image[tuple(slice(p, p + k) for p, k in zip(place, kernel.shape))]
        out[place] = np.mean(window * kernel) * kernel.size
    return out


# For kernels of 3x3 as the exercise has them.


def edges_by_dot(image, kernel):
    rows, columns = image.shape[0] - 2, image.shape[1] - 2
    result = np.zeros((rows, columns), dtype=np.float32)
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + 3, column : column + 3]
            result[row, column] = np.dot(window.ravel().astype(float), kernel.ravel())
    return result


def edges_image_first(image, kernel):
    image = image.astype(float)
    rows, columns = image.shape[0] - 2, image.shape[1] - 2
    result = np.zeros((rows, columns), dtype=image.dtype)
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + 3, column : column + 3]
            result[row, column] = (window * kernel).sum()
    return result


def edges_in_kind(image, kernel):
    rows, columns = image.shape[0] - 2, image.shape[1] - 2
    result = np.zeros((rows, columns), dtype=np.result_type(image, kernel, np.float64))
    for row, column in itertools.product(range(rows), range(columns)):
        result[row, column] = (image[row : row + 3, column : column + 3] * kernel).sum()
    return result


def mix_einsum(image, weights):
    return np.einsum("hwc,c->hw", image, weights)


def mix_dot(image, weights):
    return np.dot(image.astype(np.float32), weights.astype(np.float32))


def mix_loops(image, weights):
    H, W, C = image.shape
    return [
        [
            sum(float(image[r, c, k]) * float(weights[k]) for k in range(C))
            for c in range(W)
        ]
        for r in range(H)
    ]


def mix_average(image, weights):
    """The sum, though by a detour."""
    return np.mean(image * weights, axis=-1) * len(weights)


def mix_transposed(image, weights):
    return sum(
        w * plane for w, plane in zip(weights, image.transpose(2, 0, 1).astype(float))
    )


def mix_rows(image, weights):
    return (image.reshape(-1, image.shape[-1]) @ weights).reshape(image.shape[:2])


# --- Wrong ----------------------------------------------------------------------------


def eight_bit_products(image, kernel):
    """Window and kernel are multiplied in 8 bits, then added."""
    result = np.zeros(np.subtract(image.shape, kernel.shape) + 1)
    for r, c in np.ndindex(*result.shape):
        window = image[r : r + kernel.shape[0], c : c + kernel.shape[1]]
        result[r, c] = (window * kernel.astype(np.int8)).astype(np.int8).sum()
    return result


def kernel_in_kind_of_image(image, kernel):
    return windows_and_einsum(image, kernel.astype(image.dtype))


def image_in_whole_numbers(image, kernel):
    """It helps 8-bit pixels, but pixels from 0 to 1 become 0."""
    return windows_and_einsum(image.astype(int), kernel)


def result_in_kind_of_kernel(image, kernel):
    return windows_and_einsum(image.astype(float), kernel).astype(kernel.dtype)


def result_in_kind_of_image(image, kernel):
    return windows_and_einsum(image.astype(float), kernel).astype(image.dtype)


def result_in_eight_bits(image, kernel):
    return windows_and_einsum(image.astype(float), kernel).astype(np.int8)


def kernel_height_twice(image, kernel):
    """Rows and columns are both counted with the height of the kernel."""
    h = kernel.shape[0]
    result = np.zeros((image.shape[0] - h + 1, image.shape[1] - h + 1))
    for r, c in np.ndindex(*result.shape):
        window = image[r : r + kernel.shape[0], c : c + kernel.shape[1]]
        if window.shape == kernel.shape:
            result[r, c] = (window * kernel).sum()
    return result


def kernel_width_twice(image, kernel):
    w = kernel.shape[1]
    return windows_and_einsum(image, kernel)[: image.shape[0] - w + 1]


def square_image(image, kernel):
    side = min(image.shape)
    return windows_and_einsum(image[:side, :side], kernel)


def relu_after(image, kernel):
    return np.maximum(windows_and_einsum(image.astype(float), kernel), 0)


def clipped_image(image, kernel):
    return windows_and_einsum(np.clip(image, 0, 255), kernel)


def clipped(image, kernel):
    return np.clip(windows_and_einsum(image.astype(float), kernel), 0, 255)


def divided_by_sum(image, kernel):
    return windows_and_einsum(image.astype(float), kernel) / max(kernel.sum(), 1)


def turned_by_90(image, kernel):
    turned = kernel.T if kernel.shape[0] != kernel.shape[1] else np.rot90(kernel)
    return windows_and_einsum(image, turned)


def absolute(image, kernel):
    return np.abs(windows_and_einsum(image.astype(float), kernel))


def image_in_eight_bits(image, kernel):
    return windows_and_einsum(image.astype(np.int8), kernel).astype(float)


def edges_product_in_eight_bits(image, kernel):
    rows, columns = image.shape[0] - 2, image.shape[1] - 2
    result = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + 3, column : column + 3]
            result[row, column] = (window * kernel).astype(np.uint8).sum()
    return result


def result_in_sixteen_bits(image, kernel):
    """float16 holds numbers up to 65504, but to three digits only."""
    return windows_and_einsum(image.astype(float), kernel).astype(np.float16)


def edges_int16(image, kernel):
    return windows_and_einsum(image.astype(float), kernel).astype(np.int16)


def edges_rounded(image, kernel):
    return np.round(windows_and_einsum(image.astype(float), kernel))


def edges_shifted(image, kernel):
    """Gray for 0, as pictures of edges are often shown."""
    return windows_and_einsum(image.astype(float), kernel) / 2 + 128


def edges_square(image, kernel):
    n = min(image.shape) - 2
    return windows_and_einsum(image.astype(float), kernel)[:n, :n]


def edges_scaled(image, kernel):
    return windows_and_einsum(image / 255, kernel)


def mix_whole_numbers(image, weights):
    return image.astype(int) @ weights


def mix_in_kind_of_weights(image, weights):
    return (image @ weights).astype(weights.dtype)


def mix_three(image, weights):
    return sum(weights[c] * image[:, :, c] for c in range(min(3, len(weights))))


def mix_wrapped(image, weights):
    result = np.zeros(image.shape[:2], image.dtype)
    for c in range(len(weights)):
        result += (weights[c] * image[:, :, c]).astype(image.dtype)
    return result


def mix_reversed(image, weights):
    return image[..., ::-1] @ weights


def mix_kept_axis(image, weights):
    return (image * weights).sum(axis=-1, keepdims=True)


def mix_transposed_result(image, weights):
    return (image @ weights).T


def mix_last_only(image, weights):
    for c in range(len(weights)):
        result = weights[c] * image[:, :, c]
    return result


def mix_relu(image, weights):
    return np.maximum(image @ weights, 0)


def mix_normalised(image, weights):
    return image @ (weights / np.abs(weights).sum())


CONVOLUTIONS = [
    windows_and_einsum, windows_and_tensordot, four_loops, shifted_pictures, by_scipy,
    by_fourier, strides_and_columns, comprehension, while_loops, with_mean,
]  # fmt: skip

RIGHT = {
    "01.my-convolve": [*CONVOLUTIONS, cut_from_ndimage],
    "01.bug": [*CONVOLUTIONS, edges_by_dot, edges_image_first, edges_in_kind],
    "01.mix-channels": [
        mix_einsum, mix_dot, mix_loops, mix_average, mix_transposed, mix_rows,
    ],
}  # fmt: skip

FLOAT = "compute with float"

WRONG = {
    "01.my-convolve": [
        Told(eight_bit_products, FLOAT), Told(kernel_in_kind_of_image, FLOAT),
        Told(result_in_kind_of_image, FLOAT), Told(result_in_eight_bits, FLOAT),
        kernel_height_twice, kernel_width_twice, square_image, relu_after, clipped,
        clipped_image,
        divided_by_sum, turned_by_90, result_in_sixteen_bits, image_in_whole_numbers,
        Told(result_in_kind_of_kernel, "is cut off"),
        Told(absolute, "-12 is expected, not 12"),
    ],
    "01.bug": [
        Told(image_in_eight_bits, FLOAT), Told(edges_product_in_eight_bits, FLOAT),
        Told(eight_bit_products, FLOAT), Told(kernel_in_kind_of_image, FLOAT),
        Told(edges_int16, "fractions, and these are cut off"), result_in_sixteen_bits,
        edges_rounded, edges_shifted, edges_square, edges_scaled, relu_after,
    ],
    "01.mix-channels": [
        mix_three, mix_wrapped, mix_reversed, mix_kept_axis, mix_transposed_result,
        mix_last_only, mix_relu, mix_normalised, mix_whole_numbers,
        Told(mix_in_kind_of_weights, "is cut off"),
    ],
}  # fmt: skip
