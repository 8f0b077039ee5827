"""Take the picture of the convolution explorer that the README shows.

python -m imgs.convolution_explorer
"""

import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from course_utils.widgets import ConvolutionExplorer
from tests.browser.alive import show
from tests.browser.conftest import FLAGS, chromium

PICTURE = Path(__file__).with_suffix(".png")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(playwright), args=FLAGS
        )
        page = browser.new_page(
            viewport={"width": 1180, "height": 600},
            device_scale_factor=1.5,
            color_scheme="light",
        )
        show(page, Path(folder), ConvolutionExplorer(step=439))
        page.locator(".cx").screenshot(path=PICTURE)
    with Image.open(PICTURE) as picture:
        picture.quantize(256).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
