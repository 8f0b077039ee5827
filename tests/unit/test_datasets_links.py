"""No picture comes into two splits, by links or as a copy."""

from tests.unit.folders import NUMBERS, fill, lengths, load


def test_links_lead_nowhere_twice(tmp_path):
    fill(tmp_path / "data" / "train", range(10))
    fill(tmp_path / "elsewhere", range(14, 18))
    inside = tmp_path / "data"
    (inside / "test").symlink_to(tmp_path / "elsewhere")
    (inside / "val").symlink_to(inside / "train")
    (inside / "train" / "ants" / "loop").symlink_to(inside)
    (inside / "train" / "bees" / "up").symlink_to(tmp_path)
    (inside / "train" / "ants" / "self").symlink_to("self")
    (inside / "train" / "bees" / "99.png").symlink_to(inside / "train/bees/3.png")
    (inside / "train" / "ants" / "98.png").symlink_to(
        tmp_path / "elsewhere/ants/14.png"
    )
    data = load(inside)
    assert lengths(data) == (16, 4, 8)
    text = data.describe()
    assert "3 left out, links to folders that are there already" in text
    assert "2 left out, links to pictures that are there already" in text
    assert "1 left out, not files" in text
    assert "validation is a fifth of train, as its folder is missing" in text


def test_a_folder_of_links_is_used(tmp_path):
    fill(tmp_path / "pool", range(18))
    for split, part in NUMBERS.items():
        for name in ("ants", "bees"):
            (tmp_path / "data" / split / name).mkdir(parents=True)
            for i in part:
                link = tmp_path / "data" / split / name / f"{i}.png"
                link.symlink_to(tmp_path / "pool" / name / f"{i}.png")
    assert lengths(load(tmp_path / "data")) == (20, 8, 8)


def test_copies_are_not_divided_among_splits(tmp_path):
    fill(tmp_path, range(20))
    for i in range(20):
        content = (tmp_path / "ants" / f"{i}.png").read_bytes()
        (tmp_path / "ants" / f"{i + 100}.png").write_bytes(content)
    data = load(tmp_path)
    seen = [
        {file.read_bytes() for file in getattr(data, split).images.files}
        for split in NUMBERS
    ]
    assert len(set.union(*seen)) == sum(map(len, seen))
    assert lengths(data) == (48, 6, 6)


def test_copies_in_given_splits_are_told(tmp_path):
    fill(tmp_path / "train", range(10))
    fill(tmp_path / "val", range(8, 12))
    fill(tmp_path / "test", range(3))
    assert load(tmp_path).notes == (
        "4 of validation are copies, byte for byte, of others before it",
        "6 of test are copies, byte for byte, of others before it",
    )
