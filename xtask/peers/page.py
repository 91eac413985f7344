"""The page of a report in headless Chromium: page.py PAGE FOLDER; FOLDER takes screenshots.

No error of scripts, nothing fetched; a table sorts and filters by keys alone; both sliders of a viewer change what
its layers show; light and dark are told apart and can be chosen.
"""

import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PIXELS = """viewer => [...viewer.querySelectorAll("canvas")].map(canvas => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return data.reduce((sum, x, i) => (sum * 31 + x * (i % 7 + 1)) % 1000003, 7);
})"""


def table(page):
    """Sorted by the head of its fourth column, then filtered, all by keys."""
    table = page.locator("table.sortable").first
    rows = lambda: table.locator("tbody tr:visible").count()
    cells = lambda: [cell.get_attribute("data-v") for cell in table.locator("tbody tr td:nth-child(4)").all()]
    whole = rows()
    head = table.locator("thead button").nth(3)
    head.focus()
    page.keyboard.press("Enter")
    numbers = [float(cell) for cell in cells()]
    assert numbers == sorted(numbers), numbers
    assert table.locator("thead th").nth(3).get_attribute("aria-sort") == "ascending"
    box = page.locator(".filter input").first
    box.focus()
    page.keyboard.type("matched sub>4")
    assert 0 < rows() < whole, rows()
    assert all("matched" in row.inner_text() for row in table.locator("tbody tr:visible").all())
    told = page.locator(".filter output").first.inner_text()
    assert told == f"{rows()} of {whole} rows", told
    box.fill("")
    assert rows() == whole


def viewer(page):
    """Frames change every layer but the spread, members those that are one a member."""
    viewer = page.locator(".viewer").first
    frames, members = viewer.locator(".controls input").all()
    viewer.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.viewer output').textContent !== ''")
    assert viewer.locator("img:visible").count() == 0, "whole layers are shown"
    first = viewer.evaluate(PIXELS)
    frames.focus()
    page.keyboard.press("ArrowRight")
    second = viewer.evaluate(PIXELS)
    by_member = [canvas.get_attribute("data-by-member") == "true" for canvas in viewer.locator("canvas").all()]
    assert all(a != b for a, b, own in zip(first, second, by_member) if own), (first, second)
    members.focus()
    page.keyboard.press("End")
    third = viewer.evaluate(PIXELS)
    assert [a != b for a, b in zip(second, third)] == by_member, (second, third, by_member)


def main():
    path, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    if CHROMIUM is None:
        print("skipped: found no chromium, chromium-browser or google-chrome", file=sys.stderr)
        return
    faults, fetched = [], []
    with sync_playwright() as library:
        browser = library.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 900})
            page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda fault: faults.append(str(fault)))
            page.on("request", lambda asked: fetched.append(asked.url))
            page.goto(path.as_uri())
            paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
            page.wait_for_timeout(300)
            page.screenshot(path=folder / f"{scheme}.png")
            for name in (".viewer", "table.sortable"):
                if page.locator(name).count():
                    page.locator(name).first.scroll_into_view_if_needed()
                    page.wait_for_timeout(300)
                    page.screenshot(path=folder / f"{scheme}{name.replace('.', '_')}.png")
            if page.locator("table.sortable").count():
                table(page)
            if page.locator(".viewer").count():
                viewer(page)
            page.locator("#theme").click()
            other = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert paper != other, f"{scheme}: {paper} stays"
            page.close()
        browser.close()
    assert not faults, faults
    assert all(url.startswith(("file:", "data:")) for url in fetched), fetched
    print(f"{path.name}: sorts, filters, slides, light and dark")


main()
