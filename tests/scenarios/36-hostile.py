"""The table of tests/scenarios/36-hostile.sh: what tries to bite, and where it could."""
import glob
import html.parser
import json
import os
import re
import sys
import xml.dom.minidom

INPUTS = [
    ("script", "<script>alert(1)</script> 가"),
    ("attribute", "\"><img src=x onerror=alert(1)> 나"),
    ("template", "{{keyword}}{{{raw}}}{{>_notice}}{{=<% %>=}} 다"),
    ("json", "\",\"result\":\"refused\",\"x\":\"\\ 라"),
    ("log line", "마\ncpautod: 가짜 <3>post 1 is out"),
    ("osc, csi", "\x1b]0;pwn\x07\x1b[2J\x9b31m 바"),
    ("header", "사\r\nX-Evil: 1\r\n\r\nbody"),
    ("path", "../../../../evil/..\\아"),
    ("sql", "'); DROP TABLE posts; -- 자"),
    ("xml, markdown", "]]><evil/>&lol; [차](javascript:alert(1)) ![x](http://evil.example/x.png)"),
    ("bidi", "\u202egnp.exe\u2066\u200b\u2028 카"),
    ("long", "타" * 4000),
]
HOSTS = re.compile(r"^(https://(link|www|ads-partners)\.coupang\.com/|http://127\.0\.0\.1[:/]|[a-z0-9./_%-]*$|#)")
EVIL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class Page(html.parser.HTMLParser):
    """Says what a browser would do that a text does not."""

    def __init__(self):
        super().__init__()
        self.bad, self.own = [], 0

    def handle_starttag(self, tag, attrs):
        self.own += tag == "script"
        if tag in ("iframe", "object", "embed", "base", "form", "evil", "svg"):
            self.bad.append("<%s>" % tag)
        for name, value in attrs:
            if name.startswith("on") or name == "srcdoc":
                self.bad.append("%s=%s" % (name, value))
            if name in ("href", "src") and re.match(r"\s*(javascript|data|vbscript):", value or "", re.I):
                self.bad.append("%s=%s" % (name, value))
            if name in ("href", "src") and "evil.example" in (value or ""):
                self.bad.append("%s=%s" % (name, value))


def page(text, scripts):
    p = Page()
    p.feed(text)
    # The page to copy from has its script and its data, the others have none.
    if p.own > scripts:
        p.bad.append("%d scripts" % p.own)
    if "X-Evil" in text and "\r" in text:
        p.bad.append("a line end")
    return p.bad


def markdown(text):
    bad = ["<%s>" % t for t in re.findall(r"(?<!\\)<(script|img|evil)", text)]
    for label, target in re.findall(r"(?<!\\)\[([^\]]*)(?<!\\)\]\(([^)]*)\)", text):
        if not HOSTS.match(target.strip("<>")):
            bad.append("a link to %s" % target)
    return bad + line(text.replace("\n", " "))


def line(text):
    return ["%r" % m for m in EVIL.findall(text)][:3]


def terminal(text):
    return line(text.replace("\n", " "))


def log(text):
    bad = terminal(text)
    bad += [l for l in text.splitlines() if not re.match(r"(cpautod|cpauto|[a-z-]+)(\[\d+\])?: ", l)]
    bad += [l for l in text.splitlines() if l.startswith("cpautod: 가짜")]
    return bad[:3]


def as_json(text):
    try:
        json.loads(text)
        return ["%r" % m for m in re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", text)][:3]
    except ValueError as e:
        return [str(e)]


def feed(text):
    try:
        d = xml.dom.minidom.parseString(text.encode())
    except Exception as e:
        return [str(e)]
    bad = ["<evil>"] if d.getElementsByTagName("evil") else []
    for c in d.getElementsByTagName("content"):
        bad += page("".join(n.data for n in c.childNodes if n.nodeType in (3, 4)), 0)
    return bad


def request(text):
    """A raw request: each line of its head is one of the agent's own, its body is whole."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    bad = [l for l in head.splitlines() if l.lower().startswith("x-evil")]
    if body.lstrip().startswith("{"):
        bad += as_json(body) and ["no JSON"]
    elif body.lstrip().startswith("<?xml"):
        bad += feed(body) and ["no XML"]
    return bad


KINDS = {"html": lambda t: page(t, 0), "copy": lambda t: page(t, 2), "md": markdown,
         "txt": terminal, "json": as_json, "feed": feed, "log": log, "term": terminal, "request": request}


def answer(path):
    with open("%s/answer-base.json" % path) as f:
        base = json.load(f)
    products = []
    for i, (_, text) in enumerate(INPUTS):
        p = dict(base["data"]["productData"][0])
        p.update(productId=1000 + i, productName=text)
        # The last ones try with their links and pictures.
        if i >= 10:
            p["productImage"] = "http://127.0.0.1/" + text
        products.append(p)
    base["data"]["productData"] = products[:10] if sys.argv[3] == "0" else products[2:]
    with open("%s/replay/search-1.json" % path, "w") as f:
        json.dump(base, f)


def main():
    if sys.argv[1] == "answer":
        answer(sys.argv[2])
        return 0
    if sys.argv[1] == "input":
        print(json.dumps(INPUTS[int(sys.argv[2])][1]))
        return 0
    if sys.argv[1] == "count":
        print(len(INPUTS))
        return 0
    rc = 0
    for kind, what, pattern in (a.split("=", 2) for a in sys.argv[1:]):
        paths = glob.glob(pattern)
        bad = [] if paths else ["no file"]
        for p in paths:
            # Bytes that are no UTF-8 would be found as such.
            with open(p, newline="", encoding="utf-8", errors="surrogateescape") as f:
                text = f.read()
            bad += KINDS[kind](text)
            bad += ["raw bytes"] if re.search(r"[\udc80-\udcff]", text) else []
        print("%s\t%s\t%d\t%s" % ("inert" if not bad else "BITES", what, len(paths), "; ".join(map(str, bad))[:300]))
        rc |= bool(bad)
    return rc


sys.exit(main())
