"""The alternative text of a figure reaches the page, whoever shows the notebook."""

from playwright.sync_api import Page, expect

from tests.browser.jupyter import Lab, command, open_notebook, open_slides, run_all

ALT = 'A "ramp" from 0 to 1, & nothing else'
CELL = f"""import matplotlib.pyplot as plt
from course_utils import plotting
plotting.use_style()
figure, ax = plt.subplots(figsize=(3, 2))
ax.plot([0, 1])
plotting.show(figure, {ALT!r})"""


def test_jupyterlab_and_slides_read_figures_aloud(page: Page, lab: Lab) -> None:
    def assert_shown() -> None:
        image = page.get_by_role("img", name=ALT, exact=True)
        expect(image).to_have_count(1, timeout=60_000)
        assert image.evaluate("image => image.naturalWidth") == 300

    lab.add("97_figure.ipynb", [CELL])
    open_notebook(page, lab, "97_figure.ipynb", theme="dark")
    run_all(page)
    assert_shown()
    command(page, "docmanager:save")
    page.reload()  # what is stored
    assert_shown()
    open_slides(page, lab, "97_figure.ipynb")
    assert_shown()
