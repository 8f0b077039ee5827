"""Lesson 02: Gabor filter banks."""

import math
import statistics
from decimal import Decimal
from fractions import Fraction

import numpy as np
import scipy.signal
import scipy.stats

from tests.answers import Told

# --- A Gabor kernel -------------------------------------------------------------------


def by_meshgrid(frequency, theta, sigma, radius):
    steps = np.linspace(-radius, radius, 2 * radius + 1)
    x, y = np.meshgrid(steps, steps)
    along = x * np.cos(theta) + y * np.sin(theta)
    across = y * np.cos(theta) - x * np.sin(theta)
    bell = np.exp(-0.5 * (along**2 + across**2) / sigma**2)
    return bell * np.cos(2 * np.pi * frequency * along)


def real_part(frequency, theta, sigma, radius):
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    z = x + 1j * y
    phase = 2j * np.pi * frequency * (z * np.exp(-1j * theta)).real
    return np.exp(phase - abs(z) ** 2 / 2 / sigma**2).real


def two_loops(frequency, theta, sigma, radius):
    rows = []
    for y in range(-radius, radius + 1):
        rows.append([])
        for x in range(-radius, radius + 1):
            wave = math.cos(
                math.tau * frequency * (x * math.cos(theta) + y * math.sin(theta))
            )
            rows[-1].append(wave * math.exp(-(math.hypot(x, y) ** 2) / (2 * sigma**2)))
    return rows


def two_bells(frequency, theta, sigma, radius):
    """The bell is a product, and so is each part of the wave."""
    bell = scipy.signal.windows.gaussian(2 * radius + 1, sigma)
    steps = 2 * np.pi * frequency * np.arange(-radius, radius + 1)
    x, y = steps * np.cos(theta), steps * np.sin(theta)
    wave = np.outer(np.cos(y), np.cos(x)) - np.outer(np.sin(y), np.sin(x))
    return np.outer(bell, bell) * wave


def in_single(frequency, theta, sigma, radius):
    x = np.arange(-radius, radius + 1, dtype=np.float32)[None]
    along = x * np.float32(np.cos(theta)) + x.T * np.float32(np.sin(theta))
    return np.cos(np.float32(2 * np.pi * frequency) * along) * np.exp(
        -(x**2 + x.T**2) / np.float32(2 * sigma**2)
    )


def from_function(frequency, theta, sigma, radius):
    def at(row, column):
        y, x = row - radius, column - radius
        angle = math.tau * frequency * (x * np.cos(theta) + y * np.sin(theta))
        return np.cos(angle) / np.exp((x * x + y * y) / (2 * sigma * sigma))

    return np.fromfunction(at, (2 * radius + 1,) * 2)


def half(frequency, theta, sigma, radius):
    """Right but for pixels outside of the radius, which a circle leaves out."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return by_meshgrid(frequency, theta, sigma, radius) * (np.hypot(x, y) <= radius)


def one_short(frequency, theta, sigma, radius):
    return by_meshgrid(frequency, theta, sigma, radius)[1:, 1:]


def radius_as_size(frequency, theta, sigma, radius):
    return by_meshgrid(frequency, theta, sigma, radius // 2)


def in_degrees(frequency, theta, sigma, radius):
    return by_meshgrid(frequency, np.degrees(theta), sigma, radius)


def root_missing(frequency, theta, sigma, radius):
    """The bell divides by sigma, not by its square."""
    return by_meshgrid(frequency, theta, np.sqrt(sigma), radius)


def distance_not_squared(frequency, theta, sigma, radius):
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    along = x * np.cos(theta) + y * np.sin(theta)
    bell = np.exp(-np.hypot(x, y) / (2 * sigma**2))
    return bell * np.cos(2 * np.pi * frequency * along)


def wavelength_for_frequency(frequency, theta, sigma, radius):
    return by_meshgrid(1 / frequency, theta, sigma, radius)


def squeezed(frequency, theta, sigma, radius):
    """A bell that is half as wide across, as other books have it."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    along = x * np.cos(theta) + y * np.sin(theta)
    across = y * np.cos(theta) - x * np.sin(theta)
    bell = np.exp(-(along**2 + 0.25 * across**2) / (2 * sigma**2))
    return bell * np.cos(2 * np.pi * frequency * along)


def without_mean(frequency, theta, sigma, radius):
    kernel = by_meshgrid(frequency, theta, sigma, radius)
    return kernel - kernel.mean()


def complex_kernel(frequency, theta, sigma, radius):
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    along = x * np.cos(theta) + y * np.sin(theta)
    return np.exp(2j * np.pi * frequency * along - (x**2 + y**2) / (2 * sigma**2))


def its_size(frequency, theta, sigma, radius):
    return abs(by_meshgrid(frequency, theta, sigma, radius))


def adds_up_to_one(frequency, theta, sigma, radius):
    kernel = by_meshgrid(frequency, theta, sigma, radius)
    return kernel / abs(kernel).sum()


def size_of_theta(frequency, theta, sigma, radius):
    return by_meshgrid(frequency, abs(theta), sigma, radius)


def sine_from_cosine(frequency, theta, sigma, radius):
    """It has lost the sign of the sine."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    along = x * np.cos(theta) + y * np.sqrt(1 - np.cos(theta) ** 2)
    bell = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    return np.cos(2 * np.pi * frequency * along) * bell


def degrees_beyond_pi(frequency, theta, sigma, radius):
    """Guesses what theta is measured in."""
    turned = np.radians(theta) if abs(theta) > np.pi else theta
    return by_meshgrid(frequency, turned, sigma, radius)


def cosine_from_sine(frequency, theta, sigma, radius):
    return sine_from_cosine(frequency, np.pi / 2 - theta, sigma, radius).T


def half_a_pi(frequency, theta, sigma, radius):
    return by_meshgrid(frequency / 2, theta, sigma, radius)


# --- Magnitude ------------------------------------------------------------------------


def of_complex(real, imaginary):
    return np.abs(real + 1j * imaginary)


def by_norm(real, imaginary):
    return np.linalg.norm(np.stack([real, imaginary], axis=-1), axis=-1)


def by_conjugate(real, imaginary):
    z = np.array(real, complex)
    z.imag = imaginary
    return np.sqrt(z * z.conj())


def by_rows(real, imaginary):
    return [
        list(map(math.hypot, *rows)) for rows in zip(real.tolist(), imaginary.tolist())
    ]


def by_power(real, imaginary):
    return np.float32(np.power(np.square(real) + np.square(imaginary), 0.5))


def by_angle(real, imaginary):
    angle = np.arctan2(imaginary, real)
    return real * np.cos(angle) + imaginary * np.sin(angle)


def smaller_counts_less(real, imaginary):
    """Fast, and known to be nearly right: alpha max plus beta min."""
    a, b = abs(real), abs(imaginary)
    return 0.96 * np.maximum(a, b) + 0.4 * np.minimum(a, b)


def by_ratio(real, imaginary):
    """0 / 0 where both are 0."""
    a, b = abs(real), abs(imaginary)
    return np.maximum(a, b) * np.sqrt(1 + (np.minimum(a, b) / np.maximum(a, b)) ** 2)


def root_of_sum(real, imaginary):
    return np.sqrt(abs(real) + abs(imaginary))


def smaller_by_root_two(real, imaginary):
    return (abs(real) + abs(imaginary)) / np.sqrt(2)


def signed(real, imaginary):
    return np.sign(real) * np.hypot(real, imaginary)


def of_all(real, imaginary):
    return np.linalg.norm([real, imaginary])


def difference_of_squares(real, imaginary):
    return np.sqrt(abs(real**2 - imaginary**2))


def geometric(real, imaginary):
    return np.sqrt(abs(real * imaginary))


def imaginary_only(real, imaginary):
    return abs(imaginary)


def whole(real, imaginary):
    return np.hypot(real, imaginary).astype(int)


def their_mean(real, imaginary):
    return (abs(real) + abs(imaginary)) / 2


# --- What features are worth ----------------------------------------------------------


def by_statistics(accuracies, rival):
    gains = [float(a - b) for a, b in zip(accuracies, rival)]
    return statistics.mean(gains), statistics.stdev(gains) / len(gains) ** 0.5


def by_sem(accuracies, rival):
    return accuracies.mean() - rival.mean(), scipy.stats.sem(accuracies - rival)


def by_variances(accuracies, rival):
    """The variance of a difference, from the covariance of its parts."""
    (a, both), (_, b) = np.cov(accuracies, rival)
    error = np.sqrt((a + b - 2 * both) / len(rival))
    return np.array([np.mean(accuracies) - np.mean(rival), error])


def median_gain(accuracies, rival):
    return np.median(accuracies - rival), scipy.stats.sem(accuracies - rival)


def relative_gain(accuracies, rival):
    return accuracies.mean() / rival.mean() - 1, scipy.stats.sem(accuracies - rival)


def by_t(accuracies, rival):
    """0 / 0 where they gain nothing."""
    gain = np.mean(accuracies - rival)
    return gain, gain / scipy.stats.ttest_rel(accuracies, rival).statistic


def divided_by_runs(accuracies, rival):
    gains = accuracies - rival
    return gains.mean(), gains.std(ddof=1) / len(gains)


RIGHT = {
    "02.wavelength": [0.125, Fraction(1, 8), Decimal("0.125"), np.float16(1 / 8)],
    "02.my-gabor": [
        by_meshgrid, real_part, two_loops, two_bells, in_single, from_function,
    ],
    "02.magnitude": [
        np.hypot, of_complex, by_norm, by_conjugate, by_rows, by_power, by_angle,
    ],
    "02.tune": [
        [0.2, np.pi / 4, 5],
        np.array([0.2, 0.785, 4], np.float32),
        (0.27682, 0.74059, 2.25816),
        (Fraction(1, 5), 5 * np.pi / 4, Decimal("4.5")),
        (0.2, np.radians(45) - np.pi, 8),
        (0.21, 0.8, 4),
    ],
    "02.feature-count": [392, 8 * 49.0, np.zeros((8, 7, 7)).size, 784 // 2],
    "02.worth": [by_statistics, by_sem, by_variances],
}  # fmt: skip

WRONG = {
    "02.wavelength": [1 / 7, 0.12, 1 / 9, np.pi / 8, 45, 8 / 48],
    "02.my-gabor": [
        half, one_short, radius_as_size, in_degrees, root_missing, distance_not_squared,
        wavelength_for_frequency, squeezed, without_mean, complex_kernel, its_size,
        adds_up_to_one, half_a_pi, size_of_theta, sine_from_cosine, cosine_from_sine,
        degrees_beyond_pi,
    ],
    "02.magnitude": [
        smaller_counts_less, by_ratio, root_of_sum, smaller_by_root_two, signed, of_all,
        difference_of_squares, geometric, imaginary_only, their_mean,
        Told(whole, "after the decimal point is cut off"),
    ],
    "02.tune": [
        (1 / 5, np.pi / 4, 2),
        (1 / 5, np.pi / 4, 12),
        (1 / 5, np.pi / 8, 4),
        (1 / 2.5, np.pi / 4, 4),
        (1 / 5, np.pi / 4),
        (1 / 5, np.pi / 4, 0),
        (2 * np.pi / 5, np.pi / 4, 4),
        (5, np.pi / 4, 4),
        (68.97, 0.0545, 3.39),  # sampled, the wanted wave
        ((1 / 5, np.pi / 4, 4),),
    ],
    "02.feature-count": [8 * 49 * 4, 8 * 6 * 6, 8 * 25 * 25, 8 * 4 * 4 + 1, 8 * 49 * 3],
    "02.worth": [median_gain, relative_gain, divided_by_runs, by_t],
}  # fmt: skip
