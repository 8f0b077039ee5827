"""An assertion that depends on a training is found, and no other."""

import pytest

from tools.dependence import Trained

FIT = "run = training.fit(net, known, asked, epochs=3)"


def silent(*cells: str) -> list[str]:
    trained = Trained()
    return [text for cell in cells for text in trained.silent_asserts(cell)]


@pytest.mark.parametrize(
    "cells",
    [
        (FIT, "assert run.best_epoch"),
        (FIT, "best = max(run.history['a'])", "low, high = best, 1", "assert low > 0"),
        (FIT, "assert net.predict(asked)"),
        ("net.fit(known)", "assert net"),
        ("runs = {}", "for n in range(3):\n    runs[n] = learn.fit(n)", "assert runs"),
        ("runs = []", f"{FIT}\nruns.append(run)\nassert runs[0]"),
        ("def learn(m):\n    return training.fit(m)", "a = learn(b)", "assert a"),
        ("def learn(m):\n    return training.fit(m)", "a = learn(b)", "assert b"),
        (FIT, "def best():\n    return run.best_epoch", "assert best() > 1"),
        (FIT, "shares = [x for x in run.history]\nassert all(s for s in shares)"),
        (FIT, "for x in run.history:\n    y = 2 * x\n    assert y"),
        (FIT, "for x in range(3):\n    assert z if x else True\n    z = run"),
        ("if new:\n    net = build()\n    training.fit(net)", "assert net"),
        ("losses = []\nlosses.append(train_step(x))", "assert losses"),
    ],
)
def test_what_depends_on_a_training_is_found(cells):
    assert len(silent(*cells)) == 1
    said = [cell.replace("assert ", "assert (").rstrip() for cell in cells]
    lines = "\n---\n".join(said).splitlines()
    lines = [f'{n}), "again"' if "assert (" in n else n for n in lines]
    assert silent(*"\n".join(lines).split("\n---\n")) == []


@pytest.mark.parametrize(
    "cells",
    [
        ("assert known.shape", FIT),
        (FIT, "assert known.shape"),
        (FIT, "net = build()", "assert net.count_params()"),
        (FIT, "net = build() if True else None\nfor net in nets:\n    assert net"),
        ("def learn(m):\n    return training.fit(m)", "assert layers"),
        (FIT, "def best(run):\n    return run", "assert best(1)"),
        (FIT, "assert training.architecture"),
        (FIT, "for run in range(3):\n    sizes[0] = run", "assert sizes"),
    ],
)
def test_what_does_not_is_left_alone(cells):
    assert silent(*cells) == []
