#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of `polc graph -o html` in a real browser: what is drawn, opened, chosen, filtered and searched, by mouse and
by keys; hostile names; small and large windows; 1,000 endpoints. TAP on stdout, exit 1 when something failed, 77 without
a browser. POLC names the program (default: build/polc)."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is left behind in the source
import chromium  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
POLC = os.environ.get("POLC", str(ROOT / "build/polc"))
CASE = ROOT / "test/golden/graph"
CHECKOUT_REDIS = 'g.edge[data-key=\'["service/shop/checkout","workload/shop/redis-*"]\']'


class Tests(chromium.Checks):
    def __init__(self, page, directory):
        super().__init__(page)
        self.directory = directory

    def make(self, name, flows, *options):
        """The address of a page of these flows; None: of none."""
        options = (*options, "--flows", flows) if flows else options
        path = self.directory / f"{name}.html"
        with open(path, "wb") as out:
            subprocess.run([POLC, "graph", "-q", "-o", "html", *options], stdout=out, check=True)
        return path.as_uri()

    def names(self):
        return sorted(self.page.value("[...document.querySelectorAll('.node .name')].map((e) => e.textContent)"))

    def boxes(self):
        return sorted(self.page.value("[...document.querySelectorAll('.box .title')].map((e) => e.textContent)"))

    def text(self, selector):
        return self.page.value(f"document.querySelector({json.dumps(selector)}).innerText") or ""

    def classes(self, selector):
        return self.page.value(f"document.querySelector({json.dumps(selector)}).getAttribute('class')").split()

    def count_of(self, selector):
        return self.page.value(f"document.querySelectorAll({json.dumps(selector)}).length")


def test_first_look(t, address):
    t.page.open(address)
    t.equal("the browser asks for nothing but the page", t.page.requests, [address])
    t.equal("services stand in boxes of their namespaces", t.boxes(), ["hosts", "ops", "pub", "shop"])
    t.check("workloads, sets and networks are there", {"checkout", "cart", "set trusted", "pay.example.com", "pvt"} <= set(t.names()), t.names())
    t.check("what is denied is an edge of its own kind", "denied" in t.classes(CHECKOUT_REDIS))
    t.equal("and has a sign that is not its colour",
            t.page.value(f"document.querySelector({json.dumps(CHECKOUT_REDIS + ' .sign text')}).textContent"), "×")
    dashes = t.page.value(f"getComputedStyle(document.querySelector({json.dumps(CHECKOUT_REDIS)}).querySelector('.line')).strokeDasharray")
    t.check("and dashes", dashes not in ("none", ""), dashes)
    t.check("staged-denied edges are marked", t.count_of("#edges g.edge.would-deny") == 2)
    t.check("totals are shown", "143 flows" in t.text("#totals").replace("\n", " "), t.text("#totals"))


def test_boxes(t, address):
    t.page.open(address + "#level=namespace")
    t.equal("closed, there are namespaces and what is outside", t.names(),
            ["hosts", "ops", "pub", "pub", "pvt", "set shop/partners", "set trusted", "shop"])
    t.page.click("g.node[data-item='namespace/shop']")
    t.equal("a click opens a namespace", t.boxes(), ["shop"])
    t.check("its workloads are there", {"checkout", "redis-*"} <= set(t.names()), t.names())
    t.check("the address says so", "open=namespace%2Fshop" in t.page.value("location.hash"), t.page.value("location.hash"))
    t.page.key("Enter")  # the focus went to the button that closes it
    t.equal("Enter closes it again", t.boxes(), [])
    t.page.value("document.querySelector(\"g.node[data-item='namespace/ops']\").focus()")
    t.page.key("Enter")
    t.equal("and opens another one", t.boxes(), ["ops"])


def test_edge(t, address):
    t.page.open(address)
    t.page.click(CHECKOUT_REDIS + " .sign rect")
    panel = t.text("#panel")
    t.check("a click on an edge shows its ends", "shop/checkout → shop/redis-*" in panel, panel)
    t.check("its services and counts", "tcp/22" in panel and "denied 2" in panel and "staged would allow 4" in panel, panel)
    t.check("the policies that decided", "shop/app.checkout" in panel and "end of tier" in panel, panel)
    t.check("and the command that shows its flows", "polc flows 'source_namespace == \"shop\"" in panel and "' --flows " in panel, panel)
    t.page.value("document.querySelectorAll('#panel details').forEach((e) => { e.open = true; })")
    panel = t.text("#panel").lower()
    t.check("before and after staged policies", "enforced" in panel and "with staged policies" in panel and "rule 2" in panel, panel)
    t.check("what is not chosen steps back", "dimmed" in t.classes("#canvas") and "lit" in t.classes(CHECKOUT_REDIS))
    t.page.key("Escape")
    t.equal("Escape closes the details", t.page.value("document.getElementById('panel').hidden"), True)
    t.page.value(f"document.querySelector({json.dumps(CHECKOUT_REDIS)}).focus()")
    t.page.key(" ")
    t.equal("and the space bar opens them", t.page.value("document.getElementById('panel').hidden"), False)
    t.page.open(address + "#level=service&node=service%2Fshop%2Fcart")
    t.check("a node lists what comes and goes", "Comes in from" in t.text("#panel") and "Goes out to" in t.text("#panel"), t.text("#panel"))


def test_toggles(t, address):
    t.page.open(address)
    t.page.click("[data-value=denied]")
    t.equal("denied only", t.count_of("#edges g.edge"), 1)
    t.check("the button says that it is pressed", t.page.value("document.querySelector('[data-value=denied]').getAttribute('aria-pressed')") == "true")
    t.page.click("[data-value=staged][data-flip]")
    t.equal("staged only", t.count_of("#edges g.edge"), 3)
    t.page.click("[data-value=staged][data-flip]")
    t.equal("and all again", t.count_of("#edges g.edge"), 13)
    t.page.click("[data-value=now]")
    t.equal("now: nothing is marked as staged", t.count_of("#edges .would-deny, #edges .would-allow"), 0)
    t.equal("now: one edge is denied", t.count_of("#edges g.edge.denied"), 1)
    t.page.click("[data-set=mode][data-value=staged]")
    t.equal("with staged policies, three are", t.count_of("#edges g.edge.denied"), 3)
    t.page.click("[data-value=list]")
    t.equal("the list has a row for each edge", t.count_of("#list tbody tr"), 13)
    t.check("the worst first", "denied" in t.text("#list tbody tr"), t.text("#list tbody tr"))


def test_search(t, address):
    t.page.open(address + "#level=namespace")
    t.page.value("document.getElementById('canvas').focus()")
    t.page.key("/")
    t.equal("/ goes to the search", t.page.value("document.activeElement.id"), "search")
    t.page.type("redis")
    t.check("names and policies are found", "shop/redis-*" in t.text("#results") and "shop/app.redis" in t.text("#results"), t.text("#results"))
    t.page.key("Enter")
    t.equal("what is chosen is opened", t.boxes(), ["shop"])
    t.check("and selected", "selected" in t.classes("g.node[data-item='workload/shop/redis-*']"))
    t.page.value("document.getElementById('search').focus()")
    t.page.type("app.cart")
    t.page.key("Enter")
    t.equal("a policy lights the edges that it decides", t.count_of("#edges g.edge.lit"), 2)


def test_camera(t, address):
    t.page.open(address)
    before = t.page.value("({...camera})")
    t.page.drag([640, 700], [700, 640])
    after = t.page.value("({...camera})")
    t.equal("dragging moves the picture", (after["x"] - before["x"], after["y"] - before["y"]), (60, -60))
    t.page.mouse("mouseWheel", 640, 300, deltaX=0, deltaY=-200)
    t.check("the wheel makes it larger", t.page.value("camera.scale") > before["scale"])
    t.page.click("#zoom-fit")
    t.equal("Fit shows all", t.page.value("({...camera})"), before)
    t.page.value("document.getElementById('canvas').focus()")
    t.page.key("ArrowLeft")
    t.check("arrows move it", t.page.value("camera.x") > before["x"])


def test_hostile(t):
    address = t.make("hostile", str(CASE / "hostile.jsonl"))
    for level in ("namespace", "service", "endpoint"):
        t.page.open(f"{address}#level={level}")
        t.check(f"hostile names are drawn as text, by {level}", any("<img" in name or "</script>" in name or "…" in name for name in t.names()), t.names())
    t.equal("no element came of them", t.count_of("img, body > script ~ script ~ script"), 0)
    labels = t.page.value("[...document.querySelectorAll('[aria-label]')].map((e) => e.getAttribute('aria-label')).join('')")
    t.check("nothing turns the direction of writing", "\u202e" not in labels and "\\u202e" in labels)
    t.page.click("g.edge .catch")
    t.equal("the details have none either", t.count_of("#panel img"), 0)


def test_windows(t, address):
    for width, height in ((320, 640), (768, 1024), (1440, 900), (3840, 2160)):
        t.page.resize(width, height)
        t.page.open(address)
        t.equal(f"{width}x{height}: the page is not wider than the window", t.page.value("document.documentElement.scrollWidth"), width)
        inside = t.page.value("""(() => { const w = document.getElementById('world').getBoundingClientRect();
            const c = document.getElementById('canvas').getBoundingClientRect();
            return w.left >= c.left - 1 && w.right <= c.right + 1 && w.top >= c.top - 1 && w.bottom <= c.bottom + 1; })()""")
        t.check(f"{width}x{height}: all of the graph is in it", inside)
    t.page.resize(320, 640)
    t.page.open(address + "#from=service%2Fshop%2Fcheckout&to=workload%2Fshop%2Fredis-*")
    panel = t.page.value("(() => { const r = document.getElementById('panel').getBoundingClientRect(); return [r.left, r.right]; })()")
    t.check("320 px: details are in the window", panel[0] >= 0 and panel[1] <= 320, panel)
    t.page.resize(1280, 800)


def test_intent(t):
    address = t.make("intent", None, str(ROOT / "policies/hipstershop"), "--allowed", "--by", "service")
    t.page.open(address)
    t.equal("without flows: the matrix of the shop, and its name servers", t.count_of("#edges g.edge.unused"), 17 + 12)
    t.equal("and nothing else", t.count_of("#edges g.edge"), 17 + 12)
    edge = 'g.edge[data-key=\'["workload/hipstershop/cartservice","workload/hipstershop/redis-cart"]\']'
    dashes = t.page.value(f"getComputedStyle(document.querySelector({json.dumps(edge)}).querySelector('.line')).strokeDasharray")
    t.check("what is allowed is dotted", dashes not in ("none", ""), dashes)
    t.equal("and has a sign", t.page.value(f"document.querySelector({json.dumps(edge + ' .sign text')}).textContent"), "∅")
    t.check("which the legend has", "allowed, no flow" in t.text("#legend"), t.text("#legend"))
    t.page.open(address + "#from=workload%2Fhipstershop%2Fcartservice&to=workload%2Fhipstershop%2Fredis-cart")
    panel = t.text("#panel")
    t.check("its details are the rules that allow it", "tcp/6379" in panel and "app-hipstershop.redis-cart" in panel and "rule 0" in panel, panel)
    t.check("and no command for flows that are not there", "polc flows" not in panel, panel)
    t.page.click("[data-flip=unused]")
    t.equal("it can be hidden", t.count_of("#edges g.edge"), 0)
    t.check("which is said", "No flow is there" in t.text("#empty"), t.text("#empty"))
    t.check("the address says so too", "unused=" in t.page.value("location.hash"), t.page.value("location.hash"))
    t.page.click("[data-flip=unused]")
    t.equal("and shown", t.count_of("#edges g.edge.unused"), 17 + 12)


def test_allowed(t):
    case = ROOT / "test/golden/graph-allowed"
    address = t.make("allowed", str(case / "flows.jsonl"), str(case / "in.yaml"), "--allowed")
    t.page.open(address + "#level=endpoint")
    unused = "[...document.querySelectorAll('#edges g.edge.unused')].map((e) => e.dataset.key).sort()"
    to_db = '["endpoint/shop/web-7d-b","workload/shop/db-0"]'
    t.check("an endpoint that did not use it", to_db in t.page.value(unused), t.page.value(unused))
    t.page.open(address + "#level=service")
    t.check("is of a workload that did", not any('"workload/shop/db-0"]' in key for key in t.page.value(unused)), t.page.value(unused))
    t.check("everybody is one node", "any" in t.names() and "any/any" in "".join(t.page.value(unused)), t.page.value(unused))
    count = t.count_of("#edges g.edge")
    t.page.click("[data-flip=unused]")
    t.equal("hidden, flows are left", (t.count_of("#edges g.edge.unused"), t.count_of("#edges g.edge")), (0, 3))
    t.page.click("[data-flip=unused]")
    t.equal("and all is back", t.count_of("#edges g.edge"), count)
    t.page.click("[data-set=mode][data-value=staged]")
    t.equal("what would be with staged policies is not known of it", t.count_of("#edges g.edge.unused"), 0)


def contrast(a, b):
    """Of two colours "rgb(r, g, b)", as WCAG 2 counts it."""
    def light(text):
        parts = [int(part) / 255 for part in text[text.index("(") + 1:-1].split(",")[:3]]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_themes(t, address):
    for scheme in ("light", "dark"):
        t.page.scheme(scheme)
        t.page.open(address)
        ground = t.page.value("getComputedStyle(document.body).backgroundColor")
        for verdict in ("denied", "would-deny", "would-allow", "unknown", "allowed", "unused"):
            color = t.page.value(f"""(() => {{ const e = document.createElement('span'); e.className = 'badge {verdict}';
                document.body.append(e); const c = getComputedStyle(e).color; e.remove(); return c; }})()""")
            t.check(f"{scheme}: {verdict} can be read", contrast(color, ground) >= 4.5, f"{color} on {ground}: {contrast(color, ground):.2f}")
    t.page.scheme("light")
    t.page.open(address + "#theme=dark")
    t.check("the theme can be chosen", contrast(t.page.value("getComputedStyle(document.body).backgroundColor"), "rgb(0,0,0)") < 2)
    t.page.click("#theme")
    t.equal("and changed", t.page.value("document.documentElement.dataset.theme"), "auto")


def large_flows(path):
    """1,000 endpoints: 100 workloads in 10 namespaces."""
    with open(path, "w", encoding="utf-8") as out:
        for i in range(1000):
            for j in ((i + 10) % 1000, (i * 7 + 3) % 1000):
                ends = {}
                for side, number in (("source", i), ("dest", j)):
                    ends |= {f"{side}_type": "wep", f"{side}_namespace": f"n{number // 100}", f"{side}_name_aggr": f"w{number // 10}-*",
                             f"{side}_name": f"w{number // 10}-{number}"}
                denied = i % 90 == 0
                out.write(json.dumps({**ends, "proto": "tcp", "dest_port": 8080, "reporter": "src", "action": "deny" if denied else "allow",
                                      "policies": {"enforced_policies": ["0|default|default.a|" + ("deny|1" if denied else "allow|0")]}}) + "\n")


def test_large(t):
    flows = t.directory / "large.jsonl"
    large_flows(flows)
    address = t.make("large", str(flows))
    t.page.open(address)
    t.equal("1,000 endpoints begin as namespaces", len(t.names()), 10)
    t.page.open(address + "#level=service")
    t.equal("are 100 workloads", len(t.names()), 100)
    t.page.open(address + "#level=endpoint")
    t.equal("and can all be seen", len(t.names()), 1000)
    overlaps = t.page.value("""(() => { const leaves = drawing.boxes.filter((b) => b.leaf); let n = 0;
        for (const a of leaves) for (const b of leaves) if (a !== b && a.x < b.x + b.width && b.x < a.x + a.width &&
          a.y < b.y + b.height && b.y < a.y + a.height) n++; return n; })()""")
    t.equal("none stands on another", overlaps, 0)


def run(program):
    page = chromium.Page(program)
    try:
        with tempfile.TemporaryDirectory() as directory:
            tests = Tests(page, pathlib.Path(directory))
            address = tests.make("shop", str(CASE / "flows.jsonl"), "--by", "service")
            for test in (test_first_look, test_boxes, test_edge, test_toggles, test_search, test_camera, test_windows, test_themes):
                test(tests, address)
            tests.check("without --allowed there is no button for it", tests.page.value("document.getElementById('also').hidden"))
            test_intent(tests)
            test_allowed(tests)
            test_hostile(tests)
            test_large(tests)
            tests.equal("the browser had nothing to complain about", page.problems, [])
    finally:
        page.close()
    print(f"1..{tests.count}")
    return tests.failed


if __name__ == "__main__":
    BROWSER = chromium.find()
    if BROWSER is None:
        print("1..0 # SKIP no Chromium here")
        sys.exit(77)
    sys.exit(1 if run(BROWSER) else 0)
