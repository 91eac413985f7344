"""Pages in headless Chromium: page.py FOLDER PAGE...; FOLDER takes screenshots.

No error of scripts, nothing fetched; a table sorts and filters by keys alone; both sliders of a viewer change what
its layers show; light and dark are told apart and can be chosen.
"""

import os
import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PIXELS = """viewer => [...viewer.querySelectorAll("canvas")].map(canvas => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return data.reduce((sum, x, i) => (sum * 31 + x * (i % 7 + 1)) % 1000003, 7);
})"""


def numbers(table, column):
    """The numbers of a column, or none where it holds words."""
    cells = table.locator(f"tbody tr td:nth-child({column + 1})").all()
    try:
        return [float(cell.get_attribute("data-v")) for cell in cells]
    except (TypeError, ValueError):
        return None


def table(page):
    """Sorted by the head of the first column of numbers, then filtered by the first word of a row, all by keys."""
    table = page.locator("table.sortable").first
    rows = lambda: table.locator("tbody tr:visible").count()
    whole, heads = rows(), table.locator("thead button")
    column = next(k for k in range(heads.count()) if numbers(table, k) is not None)
    heads.nth(column).focus()
    page.keyboard.press("Enter")
    found = numbers(table, column)
    assert found == sorted(found), found
    assert table.locator("thead th").nth(column).get_attribute("aria-sort") == "ascending"
    word = table.locator("tbody tr").last.inner_text().split()[0]
    box = page.locator(".filter input").first
    box.focus()
    page.keyboard.type(word)
    assert 0 < rows() <= whole, rows()
    assert all(word in row.inner_text() for row in table.locator("tbody tr:visible").all())
    told = page.locator(".filter output").first.inner_text()
    assert told in ("", f"{rows()} of {whole} rows"), told
    page.keyboard.type("\N{SNOWMAN}")
    assert rows() == 0, rows()
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


def look(browser, path, folder):
    faults, fetched = [], []
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("request", lambda asked: fetched.append(asked.url))
        page.goto(path.as_uri())
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"{path.stem}_{scheme}.png")
        for name in (".viewer", "table.sortable"):
            if page.locator(name).count():
                page.locator(name).first.scroll_into_view_if_needed()
                page.wait_for_timeout(300)
                page.screenshot(path=folder / f"{path.stem}_{scheme}{name.replace('.', '_')}.png")
        if page.locator("table.sortable").count():
            table(page)
        if page.locator(".viewer").count():
            viewer(page)
        page.locator("#theme").click()
        other = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper != other, f"{scheme}: {paper} stays"
        page.close()
    assert not faults, faults
    assert all(url.startswith(("file:", "data:")) for url in fetched), fetched
    print(f"{path.name}: sorts, filters, slides, light and dark", flush=True)


def main():
    folder, paths = pathlib.Path(sys.argv[1]), [pathlib.Path(path).resolve() for path in sys.argv[2:]]
    if CHROMIUM is None:
        assert "EQUIPOISE_BROWSER" not in os.environ, "found no chromium, chromium-browser or google-chrome"
        print("skipped: found no chromium, chromium-browser or google-chrome", file=sys.stderr)
        return
    with sync_playwright() as library:
        browser = library.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for path in paths:
            look(browser, path, folder)
        browser.close()


main()
