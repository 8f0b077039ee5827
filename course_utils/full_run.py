"""The long run of lesson 05: the 150x150 network on the full photographs.

``python -m course_utils.full_run`` trains it twice, without and with augmentation and
dropout. After each epoch it saves what it has into the user's folder, where lessons
find it with `load`. Stop it whenever you like, with Ctrl-C or by switching the computer
off: the same command goes on after the last whole epoch.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import filelock
import keras

from course_utils import datasets, models, training
from course_utils.datasets import ImageSet
from course_utils.user_folder import own

SIZE = 150
EPOCHS = {"plain": 15, "augmented": 30}
NETWORKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "augmented": {"dropout": 0.5, "augment": True},
}


def place(name: str) -> Path:
    """The file of a run, "plain" or "augmented"; it need not be there."""
    if name not in NETWORKS:
        raise ValueError(f"name: {name!r}; allowed are {', '.join(NETWORKS)}")
    return own("runs") / f"cats_dogs_{SIZE}_{name}.zip"


def load(name: str) -> training.Run | None:
    """Load a long run: the user's, or one that whoever set the course up shares.

    Parameters
    ----------
    name : {"plain", "augmented"}

    Returns
    -------
    training.Run or None : None where nobody has made one yet.

    Raises
    ------
    ValueError
        For another name, or a file that is damaged.
    """
    file = found(name)
    return training.load_run(file) if file else None


def found(name: str) -> Path | None:
    """The file of a run, the user's before one in the data folder; None without."""
    file = place(name)
    shared = datasets.data_dir() / "runs" / file.name
    return next((f for f in (file, shared) if f.exists()), None)


def photographs() -> ImageSet:
    """The cats and dogs that lessons work on: all cells stay within minutes.

    Returns
    -------
    ImageSet : the full photographs where both long runs on them are there; else the
        small bundled ones, on which a network trains within a lesson. Where only the
        runs are missing it prints how to make them.
    """
    data = datasets.cats_vs_dogs()
    if data.source == "sample" or all(map(found, NETWORKS)):
        return data
    print("There is no long run on it yet, so the bundled sample is used here.")
    print("To make one, in an hour or less: python -m course_utils.full_run")
    return datasets.cats_vs_dogs("sample")


def train(name: str, data: ImageSet, epochs: int) -> training.Run:
    """Train until the run has so many epochs, saving it after each.

    Parameters
    ----------
    name : {"plain", "augmented"}
    data : the photographs, as `datasets.cats_vs_dogs` gives them.
    epochs : in all, with those that a saved run has already.

    Returns
    -------
    training.Run : with `stopped` where an interrupt ended it. The epoch under way is
        not kept then: it would be a shorter one than the others.

    Raises
    ------
    ValueError
        For another name, epochs below 1, a saved run that is damaged or was made by
        another network.
    OSError
        Where the user's folder cannot be written.
    """
    file = place(name)
    model = models.cats_dogs_cnn(SIZE, **NETWORKS[name])
    run = training.load_run(file, model=model) if file.exists() else None
    done = run.epochs if run else 0
    if run and done >= epochs:
        return run
    photos = [
        data.as_dataset(split, SIZE, seed=done, cache=True)  # seed: not the same orders
        for split in ("train", "validation")
    ]
    while done < max(epochs, 1):  # fit itself refuses epochs below 1
        keras.utils.set_random_seed(done)
        newer = training.fit(model, *photos, epochs=done + 1, resume=run, show=False)
        if newer.stopped and run:
            run.stopped = True
        if newer.stopped:
            return run or newer
        _tell(name, newer, epochs, newer.seconds - (run.seconds if run else 0))
        run, done = newer, newer.epochs
        run.save(file)
    assert run is not None
    return run


def _tell(name: str, run: training.Run, epochs: int, seconds: float) -> None:
    now = {metric: values[-1] for metric, values in run.history.items()}
    print(
        f"{name}: epoch {run.epochs}/{epochs}  {seconds:.0f} s  "
        f"accuracy {now['accuracy']:.3f}, validation {now['val_accuracy']:.3f}",
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Train both networks on the command line, or go on with it."""
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.full_run", description=str(__doc__).split("\n")[0]
    )
    for name, epochs in EPOCHS.items():
        parser.add_argument(f"--{name}", type=int, default=epochs, metavar="EPOCHS")
    args = parser.parse_args(arguments)
    folder = place("plain").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / "full_run.lock", timeout=0):
            for draft in folder.glob(".cats_dogs_*.zip-*"):
                shutil.rmtree(draft)  # of a run that was killed while it saved
            data = datasets.cats_vs_dogs("full")
            for name in NETWORKS:
                if train(name, data, getattr(args, name)).stopped:
                    sys.exit("Stopped. The same command goes on after the last epoch.")
    except filelock.Timeout:
        sys.exit(f"Another process is training already (it holds {folder}).")
    except PermissionError as error:
        sys.exit(
            f"{error}\nRuns are kept in {folder}, which cannot be written. Set "
            "COURSE_USER_DIR to a folder of yours."
        )
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(f"Both runs are in {folder}; lessons 05 to 07 find them there.")


if __name__ == "__main__":
    main()
