"""Lesson 01: convolution. What asks for a value; functions are in `nb01_functions`."""

from decimal import Decimal
from fractions import Fraction

import numpy as np

from tests.answers import Told

BY_HAND = [[3, 3, 4], [3, 3, 3], [2, 4, 3]]

RIGHT = {
    "01.how-many-maps": [[10, 10, 4], np.array([10.0, 10, 4]), (5 * 2, 10, 2**2)],
    "01.by-hand": [
        tuple(map(tuple, BY_HAND)),
        np.array(BY_HAND, np.float32),
        [(3, 3, 4), [3, 3, 3], np.array([2, 4, 3])],
        lambda: (row for row in BY_HAND),
        [[Fraction(number) for number in row] for row in BY_HAND],
    ],
    "01.sobel-sign": [-3.0, np.int8(-3), Fraction(-3), np.array([[-3]])[0, 0]],
    "01.largest-answer": [3.0, np.trace(np.eye(3)), Decimal(3), np.uint8(3)],
    "01.anti-diagonal": [
        np.fliplr(np.eye(3)),
        np.eye(3, dtype=np.uint8)[::-1],
        ((0, 0, 1.0), (0, 1.0, 0), (1.0, 0, 0)),
        [[Fraction(i + j == 2) for j in range(3)] for i in range(3)],
        np.rot90(np.identity(3, np.float32)),
    ],
    "01.shift": [
        [[0, 0, 0], [1, 0, 0], [0, 0, 0]],
        lambda: np.outer([0, 1, 0], [1, 0, 0]),
        np.pad([[1.0]], ((1, 1), (0, 2))).astype(np.float32),
        ((0, 0, 0), (Fraction(1), 0, 0), (0, 0, 0)),
        np.roll(np.pad([[1]], 1), -1, axis=1).astype(np.int8),
    ],
    "01.corner": [4, 4 * 9 / 9, np.float32(4), Fraction(36, 9), sum([9 * 1 / 9] * 4)],
    "01.output-size": [
        [14, 14, 20],
        np.array([14, 14, 20]),
        ((32 - 8 + 2) / 2 + 1, (32 - 8 + 2) / 2 + 1, 20),
        np.zeros((14, 14, 20)).shape,
        lambda: map(int, ["14", "14", "20"]),
    ],
    "01.valid-size": [
        [13, 13, 20],
        (13.0, 13.0, 20),
        np.array([13, 13, 20], np.uint8),
        2 * (len(range(0, 32 - 8 + 1, 2)),) + (20,),
    ],
    "01.weights-shared": [
        3860,
        20 * (8 * 8 * 3 + 1),
        np.zeros((8, 8, 3, 20)).size + np.zeros(20).size,
        float(np.prod([8, 8, 3, 20])) + 20,
    ],
    "01.weights-unshared": [
        756560,
        14**2 * 3860,
        756560.0,
        np.int32(193) * np.prod((14, 14, 20)),
    ],
    "01.sharing-ratio": [196, 14 * 14, 756560 // 3860, Fraction(756560, 3860), 196.0],
}

WRONG = {
    "01.how-many-maps": [(10, 10, 10), (13, 13, 17), (10, 30, 4)],
    "01.by-hand": [
        [[3, 3, 4], [3, 3, 3], [2, 4, 2]],  # the last place miscounted
        [3, 3, 4, 3, 3, 3, 2, 4, 3],
        [[3, 4], [2, 3]],  # stride 2
        np.array(BY_HAND)[::-1],
    ],
    "01.sobel-sign": [-1, 4, -6, (3, -3)],
    "01.largest-answer": [2, 6, 3 / 9 * 2, 255],
    "01.anti-diagonal": [
        [[0, 0, 1], [0, 1, 0], [0, 0, 0]],
        # Other pixels count against it.
        Told([[-1, -1, 1], [-1, 1, -1], [1, -1, -1]], "1 is expected, but it gives -1"),
        np.fliplr(np.eye(3)) * 3,
        [[0, 0, 1], [0, 2, 0], [0, 0, 0]],  # 3, but not for each pixel of the stroke
        [[0, 1, 0], [0, 1, 0], [0, 1, 0]],
        [[0, -1, 1], [1, 1, 0], [1, 0, -0.5]],
    ],
    "01.shift": [
        [[1, 0, 0], [0, 0, 0], [0, 0, 0]],  # down as well
        Told([[0, 0, 0], [-1, 0, 0], [0, 0, 0]], "Only the sign is wrong"),
        [[1, 0, 0], [1, 0, 0], [1, 0, 0]],
        [[0, 0, 0], [2, 0, 0], [0, 0, 0]],
        [[0, 0, 0], [1, 0, -1], [0, 0, 0]],
    ],
    "01.corner": [1, 4 / 9, 3, 9 / 4, 2],
    "01.output-size": [
        (15, 15, 20),
        (14, 14, 1),
        (12, 12, 20),
        (14, 20),
        14,
        (7, 7, 20),
    ],
    "01.valid-size": [(13, 13, 60), (20, 13, 13), (24, 24, 20), (12.5, 12.5, 20)],
    "01.weights-shared": [
        8 * 8 * 3 * 20 + 1,
        8 * 3 * 20 + 20,
        8 * 8 * 3 * 20 * 2,
        3861,
    ],
    "01.weights-unshared": [3860 * 14, 3860 * 196 + 20, 192 * 3920 + 20, 3860 * 14 * 2],
    "01.sharing-ratio": [195, 3920, 28, 196 * 20, 13 * 13],
}
