"""The training explorer: every control, what it says, what travels and what is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from course_utils.widgets import TrainingExplorer
from course_utils.widgets.training_explorer import CHOICES, PRESETS
from tests.browser.alive import get_state, pictures, settle, show
from tests.browser.exported import lesson, markdown, open_file, shown
from tests.browser.jupyter import Lab, present_and_run
from tests.browser.slides import look

# A network that costs next to nothing.
SMALL: dict[str, Any] = {"examples": 100, "blocks": 1, "filters": 2, "kernel_size": 3}
RUN = 'document.querySelector(".cx-training-explorer")?.explorer?.run'


def wait(page: Page, condition: str) -> None:
    """Until the run says so, and it is drawn."""
    page.wait_for_function(
        f"() => {{ const run = {RUN}; return run && ({condition}); }}"
    )
    settle(page)


def open_explorer(page: Page, folder: Path, **settings: Any) -> Locator:
    show(page, folder, TrainingExplorer(**{**SMALL, **settings}))
    wait(page, "run.answers")
    return page.locator(".cx-training-explorer")


def learn(page: Page, steps: int) -> None:
    """Exactly so many steps more, however fast this machine is."""
    to = page.evaluate(f"n => {RUN}.now.steps + n", steps)
    page.evaluate(f"n => {RUN}.learn(n)", steps)
    wait(page, f"run.now.broken || (run.now.steps === {to} && !run.now.busy)")


def look_at(page: Page, names: str) -> dict[str, Any]:
    found = page.evaluate(f"() => {{ const run = {RUN}; return {{ {names} }}; }}")
    return dict(found)


FORBID = {
    "worker": "",
    "page": "window.Worker = class { constructor() { throw new Error('no'); } };",
    # As where a page's rules forbid it: it is made, and then says that it failed.
    "page, late": """window.Worker = class {
        constructor() { setTimeout(() => this.onerror(new Event("error")), 20); }
        postMessage() {} terminate() {} };""",
}


def test_worker_and_page_learn_the_same(page: Page, tmp_path: Path) -> None:
    results = {}
    for kind, forbid in FORBID.items():
        page.add_init_script(forbid)
        settings = {"wrong_labels": 0.2, "dropout": 0.25, "batch_size": 16}
        open_explorer(page, tmp_path, **settings)
        learn(page, 9)
        results[kind] = look_at(
            page,
            "points: run.points, validation: run.validation, answers: [...run.answers],"
            "kernels: [...run.now.kernels], where: run.where(),"
            "look: [...run.now.look.maps], gradients: run.now.gradients",
        )
    assert [one.pop("where") for one in results.values()] == ["worker", "page", "page"]
    # Six batches of 16 and one of 4, then two more.
    assert results["worker"]["points"][-1][0] == pytest.approx(1.32)
    assert len(results["worker"]["validation"]) == 2
    assert results["worker"] == results["page"] == results["page, late"]


LIVE = ("optimiser", "batch_size", "decay", "dropout", "rate")
LABELS = {
    "wrong_labels": "wrong labels",
    "kernel_size": "kernel",
    "hidden": "dense layers",
    "batch_size": "batch",
    "decay": "weight decay",
    "rate": "learning rate",
}


def test_every_setting_is_turned_and_begins_anew_or_goes_on(
    page: Page, tmp_path: Path
) -> None:
    root = open_explorer(page, tmp_path)
    learn(page, 2)
    words = root.locator(".te-note")
    for name, values in CHOICES.items():
        label, before = LABELS.get(name, name), get_state(page, name)
        known = look_at(page, "id: run.id, steps: run.now.steps")
        kind = "next" if isinstance(values[0], str) else "more"
        control = root.get_by_label(f"{label}: {kind}", exact=True)
        control.click()
        settle(page)
        assert get_state(page, name) != before, name
        assert get_state(page, name) in values
        if name in LIVE:
            assert look_at(page, "id: run.id, steps: run.now.steps") == known
            assert look_at(page, "used: run.used")["used"][name] != before
        else:
            expect(words).to_contain_text(f"A new network: {label}")
            wait(page, f"run.id === {known['id'] + 1} && run.answers")
            assert look_at(page, "steps: run.now.steps")["steps"] == 0
    events = look_at(page, "events: run.events")["events"]
    assert events == []  # nothing has been learned since the last new network
    learn(page, 1)
    root.get_by_label("learning rate: less").click()
    wait(page, "run.events.length === 1")
    assert root.locator(".te-event").count() >= 2  # on both curves


def test_buttons_steps_epochs_and_seeds(page: Page, tmp_path: Path) -> None:
    root = open_explorer(page, tmp_path)
    first = pictures(page)
    press = lambda name: root.get_by_role("button", name=name, exact=True).click()  # noqa: E731
    press("Step: Learn from one batch")
    wait(page, "run.now.steps === 1 && !run.now.busy")
    assert pictures(page) != first
    press("Learn to the end of the epoch")
    wait(page, "run.now.steps === 4 && !run.now.busy")
    expect(root.locator(".te-status")).to_contain_text("epoch 1, step 4, seed 1")
    after = look_at(page, "kernels: [...run.now.kernels]")
    press("Begin anew with the same first weights and the same order")
    wait(page, "run.now.steps === 0 && run.answers")
    assert pictures(page) == first
    press("Learn to the end of the epoch")
    wait(page, "run.now.steps === 4 && !run.now.busy")
    assert look_at(page, "kernels: [...run.now.kernels]") == after
    press("Other seed: Begin anew with other first weights and another order")
    wait(page, "run.used.seed === 2 && run.answers && run.now.steps === 0")
    assert pictures(page) != first
    press("Play: learn until stopped")
    wait(page, "run.now.steps > 12")
    press("Pause")
    wait(page, "!run.learning() && !run.now.busy")
    steps = look_at(page, "steps: run.now.steps")
    settle(page)
    assert look_at(page, "steps: run.now.steps") == steps
    curve = root.get_by_role("img", name="loss by epoch; latest: training 2.")
    expect(curve.or_(root.get_by_role("img", name="loss by epoch"))).to_be_visible()


def test_a_rate_that_breaks_it_is_named_and_play_begins_anew(
    page: Page, tmp_path: Path
) -> None:
    settings = {"optimiser": "sgd", "rate": 100.0, "activation": "linear"}
    root = open_explorer(page, tmp_path, **settings)
    root.get_by_label("Play: learn until stopped").click()
    note = root.locator(".te-note")
    expect(note).to_contain_text("The loss is no longer a number: with the rate 100")
    expect(root.get_by_label("Step: Learn from one batch")).to_be_disabled()
    expect(root.locator("[role=status].cx-hidden")).to_contain_text("smaller learning")
    page.evaluate('document.querySelector(".explorer").model.set("rate", 0.05)')
    settle(page)
    root.get_by_label("Play: learn until stopped").click()
    wait(page, "run.now.steps > 8")
    root.get_by_label("Pause").click()
    wait(page, "!run.now.busy")
    assert look_at(page, "broken: run.now.broken")["broken"] == ""
    expect(note).not_to_contain_text("no longer a number")


def test_mistakes_open_their_pictures(page: Page, tmp_path: Path) -> None:
    root = open_explorer(page, tmp_path, filters=8, rate=0.01)
    learn(page, 30)
    thumb = root.locator(".te-thumb").nth(2)
    words = thumb.get_attribute("aria-label") or ""
    thumb.click()
    settle(page)
    index = int(str(get_state(page, "picture")))
    truth, answer = words.split(": ")[1].split(", taken for ")
    assert words.startswith(f"picture {index + 1}: ")
    assert truth != answer
    wait(page, f"run.now.look.index === {index}")
    expect(root.locator(".te-caption")).to_have_text(f"{index + 1}: label {truth}")
    expect(root.locator(".te-bars .cx-says")).to_have_text(f"it says {answer}")
    table = root.locator(".te-confusion")
    table.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        table.press(key)
    settle(page)
    row, column = 1, 1  # the first key chose the upper left cell
    expected = look_at(
        page,
        "count: [...run.answers.keys()].filter(i => run.answers[i] === 1 &&"
        " run.data.labels[run.data.train + i] === 1).length",
    )["count"]
    says = f"{row} taken for {column}: {expected}"
    expect(root.locator(".te-which")).to_have_text(says)
    assert root.locator(".te-thumb:visible").count() == min(16, expected)
    root.get_by_label("further pictures").click()
    settle(page)
    root.get_by_label("Show all pictures that are misread").click()
    expect(root.locator(".te-which")).to_contain_text("misread: ")
    for by, name in ((1, "picture: next"), (0, "picture: previous")):
        root.get_by_label(name).click()
        settle(page)
        assert get_state(page, "picture") == index + by


def test_every_preset_is_offered_and_shows_another_network(
    page: Page, tmp_path: Path
) -> None:
    root = open_explorer(page, tmp_path)
    expect(root.get_by_label("try", exact=True).last).to_have_value("own settings")
    for name, preset in PRESETS.items():
        root.get_by_label("try", exact=True).last.select_option(name)
        wait(page, "run.answers")
        used = look_at(page, "used: run.used")["used"]
        assert used == {k: v for k, v in preset.items() if k in used}
        total = root.locator(".te-total").inner_text()
        expected = TrainingExplorer(name).weights()
        assert f"{expected:,}" in total
        assert root.locator(".te-layer").count() > 2


def test_settings_travel_in_the_address(page: Page, tmp_path: Path) -> None:
    root = open_explorer(page, tmp_path)
    root.get_by_label("filters: more").click()
    root.get_by_label("learning rate: more").click()
    settle(page)
    root.get_by_role("button", name="Put these settings into the address").click()
    expect(root.locator(".te-note")).to_contain_text("these settings")
    address = page.evaluate("location.href")
    page.goto("about:blank")
    page.goto(address)
    wait(page, "run.answers")
    assert get_state(page, "filters") == 4
    assert get_state(page, "rate") == 0.005
    page.goto("about:blank")
    wrong = "filters:5,rate:-1,seed:x,_digits:1,blocks:2"
    page.goto(address.split("#")[0] + f"#training1={wrong}")
    wait(page, "run.answers")
    assert [get_state(page, name) for name in ("filters", "rate", "seed")] == [
        2,
        0.003,
        1,
    ]
    assert get_state(page, "blocks") == 2


def test_a_deck_opens_at_its_slide_with_the_settings(
    page: Page, tmp_path: Path
) -> None:
    explorer = TrainingExplorer(**SMALL)
    cells = [markdown("before"), shown(explorer), markdown("after")]
    file = open_file(page, tmp_path, lesson(*cells, widgets=[explorer]), "deck")
    page.goto("about:blank")
    page.goto(f"{file.as_uri()}#/2/0&training1=hidden:1,data:clothes")
    root = page.locator("section.present .cx-training-explorer")
    expect(root).to_be_visible()
    wait(page, "run.answers")
    assert look_at(page, "used: run.used")["used"]["data"] == "clothes"
    expect(root.locator(".te-side")).to_contain_text("sandal")
    root.get_by_label("learning rate", exact=True).last.press("ArrowRight")
    settle(page)
    assert get_state(page, "rate") == 0.005
    root.get_by_role("button", name="Put these settings into the address").click()
    page.wait_for_function("location.hash.includes('training1=data:clothes')")
    assert page.evaluate("location.hash").startswith("#/2/0&")
    box = root.bounding_box()
    assert box
    assert box["y"] + box["height"] <= 720
    curve = root.locator(".te-train").first
    expect(curve).to_have_css("stroke", "rgb(0, 114, 178)")
    page.emulate_media(color_scheme="dark")  # the deck's own ground counts
    expect(curve).to_have_css("stroke", "rgb(0, 114, 178)")
    page.evaluate("document.body.dataset.theme = 'dark'")
    expect(curve).to_have_css("stroke", "rgb(86, 180, 233)")


def test_on_a_telephone_the_curves_come_before_the_settings(
    page: Page, tmp_path: Path
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    root = open_explorer(page, tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(root.get_by_label("filters: more")).to_be_hidden()
    curves = root.locator(".te-curves").bounding_box()
    fold = root.locator(".te-settings > summary")
    folded = fold.bounding_box()
    assert curves
    assert folded
    assert curves["y"] + curves["height"] < 844 < folded["y"]
    fold.click()
    expect(root.get_by_label("filters: more")).to_be_visible()
    root.get_by_label("filters: more").click()
    wait(page, "run.used.filters === 4")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(fold).to_be_hidden()
    expect(root.get_by_label("filters: less")).to_be_visible()


CELL = (
    "from course_utils.widgets import TrainingExplorer\n"
    f"explorer = TrainingExplorer(**{json.dumps(SMALL)})\nexplorer"
)


def test_on_a_slide_it_learns_and_tells_the_kernel(page: Page, lab: Lab) -> None:
    ask = "print(explorer.progress.get('steps'), bool(explorer._learned))"
    lab.add("97_training_explorer.ipynb", [CELL, ask])
    present_and_run(page, lab, "97_training_explorer.ipynb")
    root = page.locator("section.present .cx-training-explorer")
    wait(page, "run.answers")
    assert look_at(page, "where: run.where()")["where"] == "worker"
    root.get_by_label("Learn to the end of the epoch").click()
    wait(page, "run.now.steps === 4 && !run.now.busy")
    root.locator(".te-confusion").press("ArrowRight")
    assert root.is_visible()
    assert not look(page).complaints
    page.wait_for_function(
        'document.querySelector(".cx-training-explorer").explorer.run.told === 4'
    )
    page.keyboard.press("PageDown")
    page.locator("section.present .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    expect(page.locator("section.present .jp-OutputArea-output")).to_have_text(
        "4 True\n"
    )
