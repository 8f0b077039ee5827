"""What do lesson 04's drills with the training explorer ask for, measured anew?

python -m benchmarks.drills

All networks of at most 5,000 weights, ten epochs each, and four rates with three seeds,
two epochs each: in a real browser, by the page's own learner, which takes some minutes.
It ends with an error where an exercise's table says something else.
"""

import base64
from itertools import product

from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import launched
from course_utils.exercises.lessons import nb04
from course_utils.widgets.explorer import LEARNER, joined
from course_utils.widgets.training_explorer import GOOD, carried, unpacked

# The best share of the validation digits after each of so many epochs.
BEST = """([settings, epochs]) => {
    const training = makeTraining(settings, window.digits);
    let best = 0;
    for (let epoch = 0; epoch < epochs && !training.broken; epoch++) {
        do training.step(); while (training.place !== 0 && !training.broken);
        const exam = makeExam(training);
        let result = null;
        while (!result) result = exam.part();
        best = Math.max(best, result.point[2]);
    }
    return best;
}"""
DIGITS = """([pixels, labels, train]) => { window.digits = {
    pixels: Uint8Array.from(atob(pixels), letter => letter.charCodeAt(0)),
    labels: Uint8Array.from(labels, Number), train, validation: labels.length - train };
}"""


def best(page: Page, epochs: int, **settings: float) -> float:
    return round(float(page.evaluate(BEST, [GOOD | settings, epochs])), 3)


def measured(page: Page) -> dict[tuple[int, ...], float]:
    """The table of the drill with few weights."""
    found = {}
    for chosen in product(*nb04.OFFERED.values()):
        if nb04.weights_of(*chosen) <= nb04.MOST_WEIGHTS:
            blocks, filters, size, hidden = chosen
            found[chosen] = best(
                page,
                10,
                blocks=blocks,
                filters=filters,
                kernel_size=size,
                hidden=hidden,
            )
            print(chosen, f"{nb04.weights_of(*chosen):,} weights", found[chosen])
    return found


def main() -> None:

    about, packed = carried("digits")
    pixels = base64.b64encode(unpacked(packed).astype("uint8").tobytes()).decode()
    with sync_playwright() as playwright:
        page = launched(playwright).new_page()
        page.add_script_tag(content=joined(LEARNER))
        page.evaluate(DIGITS, [pixels, about["labels"], about["train"]])
        learned = {
            rate: [best(page, 2, rate=rate, seed=seed) for seed in (1, 2, 3)]
            for rate in (0.02, 0.03, 0.05, 0.1)
        }
        print("rate: seeds 1, 2, 3", learned)
        found = measured(page)
    enough = [rate for rate, shares in learned.items() if min(shares) >= 0.85]
    assert max(enough) == nb04.largest_rate()
    assert found == nb04.MEASURED


if __name__ == "__main__":
    main()
