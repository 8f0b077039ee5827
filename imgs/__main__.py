"""Draw all drawings anew: `python -m imgs`."""

from pathlib import Path

from imgs.covers import COVERS
from imgs.ideas import IDEAS
from imgs.transfer import TRANSFER

HERE = Path(__file__).parent
DRAWINGS = COVERS | IDEAS | TRANSFER


def main() -> None:
    for name, draw in DRAWINGS.items():
        (HERE / f"{name}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
