"""A notebook is read as Jupyter shows it: who opens it sees what is graded."""

import json
from typing import Any

import pytest

from course_utils.exercises.submissions import UnreadableError, read_sources


def old_cell(**more: object) -> dict[str, Any]:
    """A code cell that Jupyter shows as `check(...)`, of format 3."""
    return {"cell_type": "code", "input": "check(...)", "language": "python"} | more


def new_cell(**more: object) -> dict[str, Any]:
    return {"cell_type": "code", "source": "check(...)", **more}


@pytest.mark.parametrize(
    "content",
    [
        {"nbformat": 3, "worksheets": [{"cells": [old_cell(source="hidden")]}]},
        {
            "nbformat": 3,
            "worksheets": [{"cells": [old_cell()]}],
            "cells": [new_cell(source="hidden")],
        },
        {
            "nbformat": 4,
            "cells": [new_cell(input="hidden")],
            "worksheets": [{"cells": [new_cell(source="hidden")]}],
        },
    ],
)
def test_what_is_graded_is_what_jupyter_shows(content: dict[str, Any]) -> None:
    """One that showed the cells as they are handed out had all points."""
    assert read_sources(json.dumps(content).encode()) == ["check(...)"]


@pytest.mark.parametrize(
    "content",
    [
        {"nbformat": 2, "worksheets": [{"cells": [old_cell(source="hidden")]}]},
        {"nbformat": 1, "cells": [new_cell(code="check(...)")]},
        {"cells": [new_cell()]},  # Jupyter takes that for format 1
        {"nbformat": 3, "worksheets": [{"cells": [new_cell()]}]},
        {"nbformat": 3, "cells": [new_cell()]},
        {"nbformat": 4, "worksheets": [{"cells": [new_cell()]}]},
        {"nbformat": 4, "cells": [{"cell_type": "code", "source": {"hidden": 1}}]},
        {"nbformat": "4", "cells": [new_cell()]},
    ],
)
def test_what_jupyter_does_not_show_is_not_read(content: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match="is not a notebook that can be read"):
        read_sources(json.dumps(content).encode())


@pytest.mark.parametrize("lines", [["a = 1\n", "a"], ["a = 1", "a"]])
def test_lines_of_format_3_may_have_lost_their_ends(lines: list[str]) -> None:
    content = {"nbformat": 3, "worksheets": [{"cells": [old_cell(input=lines)]}]}
    assert read_sources(json.dumps(content).encode()) == ["a = 1\na"]
