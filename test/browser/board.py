#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of `polc board -o html`, as the golden case has it, in a real browser: what is shown, opened and hidden, hostile
text, small and large windows, light and dark. TAP on stdout, exit 1 when something failed, 77 without a browser."""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is left behind in the source
import chromium  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE.parent / "golden/board/expected"


def page_of_golden():
    """What the golden case prints between the command and its exit code."""
    text = EXPECTED.read_text(encoding="utf-8")
    start = text.index("<!doctype html>", text.index("-o html"))
    return text[start:text.index("</html>", start) + len("</html>\n")]


class Tests(chromium.Checks):
    def texts(self, selector):
        return self.page.value(f"[...document.querySelectorAll({selector!r})].map((e) => e.innerText.replace(/\\s+/g, ' ').trim())")

    def shown(self, selector):
        return self.page.value(f"[...document.querySelectorAll({selector!r})].filter((e) => e.checkVisibility()).length")


def test_look(t, address):
    t.page.open(address)
    t.equal("the browser asks for nothing but the page", t.page.requests, [address])
    t.equal("tiers stand in their order", [text.split(" ")[0] for text in t.texts(".tier h2")],
            ["security", "platform", "default", "profiles"])
    lefts = t.page.value("[...document.querySelectorAll('.tier')].map((e) => e.getBoundingClientRect().left)")
    t.equal("from left to right", lefts, sorted(set(lefts)))
    t.check("counts are short, and exact where one points", t.page.value(
        "[...document.querySelectorAll('span.allow')].some((e) => e.innerText === 'allow 912k' && e.title === '912345')"))
    t.check("what denies has a sign besides its colour", "deny 214 !" in " ".join(t.texts("span.deny")), t.texts("span.deny"))
    t.check("what was never hit is told", any("never hit" in text for text in t.texts("summary")), t.texts("summary"))


def test_open(t, address):
    t.page.open(address)
    t.equal("rules are folded", t.shown("details table"), 0)
    t.page.click("details:not(.staged) summary")
    t.equal("a click shows those of a policy", t.shown("details table"), 1)
    t.check("with what they match and where they stand", "in.yaml:25" in t.texts("details[open] table")[0], t.texts("details[open] table"))
    t.page.value("document.querySelectorAll('summary')[1].focus()")
    t.page.key("Enter")
    t.equal("and so does a key", t.shown("details table"), 2)


def test_staged(t, address):
    t.page.open(address)
    t.equal("staged policies are there", t.shown(".staged"), 1)
    t.check("they say what they would do", "would" in t.texts(".staged .counts")[0], t.texts(".staged"))
    t.check("and the end of the tier", t.shown(".pending") == 1)
    t.page.click("label[for=staged]")
    t.equal("the box hides both", (t.shown(".staged"), t.shown(".pending")), (0, 0))
    t.page.click("#staged")
    t.equal("and shows them again", (t.shown(".staged"), t.shown(".pending")), (1, 1))


def test_hostile(t, address):
    t.page.open(address)
    t.page.value("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
    t.check("markup in a selector is text", any("<img src=x>&" in text for text in t.texts("td")), t.texts("td"))
    t.equal("no element came of it", t.page.value("document.querySelectorAll('img, script').length"), 0)


def test_windows(t, address):
    for width, height in ((320, 640), (768, 1024), (1440, 900), (3840, 2160)):
        t.page.resize(width, height)
        t.page.open(address)
        t.page.value("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
        t.equal(f"{width}x{height}: the page is not wider than the window",
                t.page.value("document.documentElement.scrollWidth"), width)
    t.page.resize(320, 640)
    lefts = t.page.value("[...document.querySelectorAll('.tier')].map((e) => e.getBoundingClientRect().left)")
    t.equal("320 px: tiers stand below each other", len(set(lefts)), 1)
    t.page.resize(1280, 800)


def light(color):
    """Of "rgb(r, g, b)", as WCAG 2 counts it."""
    parts = [int(part) / 255 for part in color[color.index("(") + 1:-1].split(",")[:3]]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_themes(t, address):
    for scheme in ("light", "dark"):
        t.page.scheme(scheme)
        t.page.open(address)
        paper = light(t.page.value("getComputedStyle(document.body).backgroundColor"))
        for selector in ("body", ".faint", "span.allow", "span.deny", "span.pass", ".staged summary"):
            ink = light(t.page.value(f"getComputedStyle(document.querySelector({selector!r})).color"))
            contrast = (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05)
            t.check(f"{scheme}: {selector} can be read", contrast >= 4.5, contrast)
    t.page.scheme("light")


def main():
    program = chromium.find()
    if program is None:
        print("1..0 # SKIP no Chromium here")
        return 77
    with tempfile.TemporaryDirectory(prefix="polc-board-") as directory:
        path = pathlib.Path(directory) / "board.html"
        path.write_text(page_of_golden(), encoding="utf-8")
        page = chromium.Page(program)
        try:
            t = Tests(page)
            for test in (test_look, test_open, test_staged, test_hostile, test_windows,
                         test_themes):
                test(t, path.as_uri())
            t.equal("the browser complained about nothing", page.problems, [])
        finally:
            page.close()
    print(f"1..{t.count}\nboard: {t.count - t.failed} passed, {t.failed} failed, 0 skipped")
    return 1 if t.failed else 0


if __name__ == "__main__":
    sys.exit(main())
