"""The values for Kubernetes: what the chart takes, no secret, and the guide's sums."""

import json
import re
from copy import deepcopy
from math import ceil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "deploy/kubernetes"
GUIDE = (ROOT / "docs/hub.md").read_text(encoding="utf-8")
SCHEMA = ROOT.parent / "shared/data/zero_to_jupyterhub/values.schema.json"
SECRET = re.compile(r"secret|password|token|cookie", re.I)
CLASSES = (30, 300, 3000)


class Strict(yaml.SafeLoader):
    """YAML as it should be: a key that comes twice is a slip, not a correction."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        keys = [self.construct_object(key) for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(
                None, None, f"a key comes twice in {keys}", node.start_mark
            )
        return super().construct_mapping(node, deep)


def read(name: str) -> list[Any]:
    """The documents of a file in deploy/kubernetes."""
    return list(yaml.load_all((PLACE / name).read_text(), Loader=Strict))


def rendered(*layers: dict[str, Any]) -> dict[str, Any]:
    """Values on top of each other as Helm puts them: maps merged, the rest replaced."""
    made: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            both = isinstance(value, dict) and isinstance(made.get(name), dict)
            made[name] = rendered(made[name], value) if both else deepcopy(value)
    return made


def of_class(students: int) -> dict[str, Any]:
    """The values for so many students."""
    return rendered(read("values.yaml")[0], read(f"class-{students}.yaml")[0])


def own_file() -> dict[str, Any]:
    """What the guide shows of the file that is not in the repository."""
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE, re.S)
    made = yaml.load(blocks[0], Loader=Strict)
    assert isinstance(made, dict)
    return made


@pytest.mark.parametrize("students", CLASSES)
def test_rendered_values_fit_the_chart(students: int) -> None:
    values = of_class(students)
    jsonschema.validate(values, schema())
    jsonschema.validate(rendered(values, own_file()), schema())
    assert values["hub"]["config"]["JupyterHub"]["authenticator_class"] != "dummy"


@pytest.mark.parametrize("path", sorted(PLACE.glob("*.yaml")), ids=lambda p: p.stem)
def test_no_file_holds_a_secret(path: Path) -> None:
    for document in read(path.name):
        named = [k for k, v in leaves(document) if isinstance(v, str)]
        assert not [name for name in named if SECRET.search(name)]


def leaves(values: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(values, dict):
        return [leaf for k, v in values.items() for leaf in leaves(v, f"{name}.{k}")]
    if isinstance(values, list):
        return [leaf for v in values for leaf in leaves(v, name)]
    return [(name, values)]


def test_a_slip_in_a_file_is_found() -> None:
    with pytest.raises(yaml.YAMLError, match="comes twice"):
        yaml.load("hub: {}\nhub: {}", Loader=Strict)
    assert leaves({"a": [{"token": "x"}]}) == [(".a.token", "x")]


def test_a_value_that_the_chart_does_not_know_is_refused() -> None:
    with pytest.raises(jsonschema.ValidationError, match="singelUser"):
        jsonschema.validate({"singelUser": {}}, schema())


def schema() -> Any:
    """The chart's, for values that leave the rest to its defaults."""
    if not SCHEMA.exists():
        pytest.skip("the chart's schema is not here")
    return without_required(json.loads(SCHEMA.read_text()))


def without_required(part: Any) -> Any:
    if isinstance(part, dict):
        kept = {
            k: v for k, v in part.items() if k != "required" or not isinstance(v, list)
        }
        return {k: without_required(v) for k, v in kept.items()}
    return [without_required(v) for v in part] if isinstance(part, list) else part


def test_the_shared_volume_is_the_one_that_students_mount() -> None:
    claim, job = read("data.yaml")
    values = of_class(30)
    volume = values["singleuser"]["storage"]["extraVolumes"][0]
    mounted = volume["persistentVolumeClaim"]
    assert mounted == {"claimName": claim["metadata"]["name"], "readOnly": True}
    pod = job["spec"]["template"]["spec"]
    filled = pod["volumes"][0]["persistentVolumeClaim"]["claimName"]
    assert filled == mounted["claimName"]
    image = values["singleuser"]["image"]
    assert pod["containers"][0]["image"] == f"{image['name']}:{image['tag']}"


# --- The sums in docs/hub.md ----------------------------------------------------------

A_NODE = 48  # students, as the guide says
FREE_GIB, PROCESSORS = 29, 8
DAYS, OPEN = 22, 8  # days a month, hours a day


def test_a_node_holds_as_many_as_the_guide_says() -> None:
    student = of_class(30)["singleuser"]
    mib = int(student["memory"]["guarantee"].removesuffix("M"))  # M is 1024² there
    assert f"at {mib} MB for a\nstudent, a node holds {A_NODE}." in GUIDE
    assert f"{PROCESSORS} processors and 32 GB" in GUIDE
    assert f"leaves {FREE_GIB} GB" in GUIDE
    assert A_NODE * mib <= FREE_GIB * 1024 < (A_NODE + 2) * mib
    assert A_NODE * student["cpu"]["guarantee"] < PROCESSORS


@pytest.mark.parametrize(("students", "hours"), zip(CLASSES, (8, 4, 4), strict=True))
def test_nodes_placeholders_and_hours_are_worked_out_right(
    students: int, hours: int
) -> None:
    row = re.search(rf"(?m)^\| {students:,} \| (.*) \|$", GUIDE)
    assert row is not None
    nodes_, placeholders, sums = (cell.replace(",", "") for cell in row[1].split(" | "))
    nodes = ceil(students / A_NODE)
    assert int(nodes_) == nodes
    replicas = of_class(students)["scheduling"]["userPlaceholder"]["replicas"]
    assert int(placeholders.split()[0]) == replicas
    lecture = nodes * hours * DAYS
    assert f"{nodes} x {hours} h x {DAYS} days = {lecture}" in sums
    kept = ceil(replicas / A_NODE)  # nodes that placeholders hold for the whole day
    assert int(sums.split()[-1]) == lecture + kept * (OPEN - hours) * DAYS
