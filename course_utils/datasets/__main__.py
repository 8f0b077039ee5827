"""The whole data sets on the command line: `python -m course_utils.datasets`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from course_utils.datasets import data_dir
from course_utils.datasets.bundled import SAMPLES
from course_utils.datasets.whole import WHOLE, fetch, forget, place, state


def main(arguments: Sequence[str] | None = None) -> None:
    """List, fetch and remove whole sets on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.datasets",
        description="Data sets of the course; bundled samples need no download.",
    )
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("list", help="what is there, how large and where (the default)")
    for command, does in (("fetch", "download"), ("remove", "delete from the cache")):
        names = commands.add_parser(command, help=f"{does} by name")
        names.add_argument("names", nargs="+", choices=WHOLE, metavar="NAME")
    args = parser.parse_args(arguments)
    try:
        for name in getattr(args, "names", ()):
            {"fetch": fetch, "remove": forget}[args.command](name)
            print(f"{name}: {'whole' if args.command == 'fetch' else 'removed'}")
    except (OSError, MemoryError) as error:
        sys.exit(str(error))
    if args.command in (None, "list"):
        print(f"Bundled samples: {SAMPLES}")
        for file in sorted([*SAMPLES.glob("*.png"), SAMPLES / "pets"]):
            print(
                f"  {file.stem:<23} {'whole':<8} {_size(file) / 1e6:>5.0f} MB on disk"
            )
        print(f"  {'svhn':<23} {'drawn':<8} when it is asked for")
        print(f"Whole sets: {data_dir()} (COURSE_DATA_DIR moves it)")
        for name, whole in WHOLE.items():
            found = state(name)
            size = _size(place(name)) if found != "absent" else whole.download
            does = "to download" if found == "absent" else "on disk"
            print(f"  {name:<23} {found:<8} {size / 1e6:>5.0f} MB {does}")


def _size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
