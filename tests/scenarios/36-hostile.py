"""The table of tests/scenarios/36-hostile.sh: what tries to bite, and where it could."""
import asyncio
import glob
import html
import html.parser
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import urllib.parse
import xml.dom.minidom

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../wire"))
import server as wire

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
# What only a request minds: boundaries, quotes of a file name, entities, a path, a query, the protocol's own words.
WIRED = [
    ("boundary", "\r\n--------------------------\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1"),
    ("file name", "a\"; filename=\"evil.php"),
    ("two lines", "x\"\r\nContent-Type: text/html\r\n\r\n<script>"),
    ("entities", "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>&x;&#0;</string></value></param>"),
    ("path", "7/../../users/1?force=true&context=edit#"),
    ("encoded path", "..%2f..%2fusers%00"),
    ("a field more", "1&categoryNo=9&title=other;x=y%0d%0aX-Evil:1"),
    ("nul", "a\0b\x7f"),
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


# What an agent itself puts into the head of a request.
HEADERS = {"host", "user-agent", "accept", "authorization", "content-type", "content-length", "content-disposition",
           "connection", "x-naver-client-id", "x-naver-client-secret", "cache-control"}
FIELDS = {"title", "contents", "categoryNo", "image", "options.openType", "tags", "openyn", "subject", "content"}


def parts_of(body, kind):
    """Names, file names and contents of what is sent as multipart."""
    mark = b"--" + kind.split("boundary=")[1].strip('"').encode()
    for part in body.split(mark)[1:-1]:
        head, _, data = part[2:].partition(b"\r\n\r\n")
        yield head.decode("utf-8", "replace").split("\r\n"), data[:-2]


def form(body, kind):
    bad = []
    for head, _ in parts_of(body, kind):
        words = re.fullmatch(r'Content-Disposition: form-data; name="([^"]*)"(?:; filename="([^"]*)")?', head[0])
        if not words or words[1] not in FIELDS or (words[2] is not None) != (words[1] == "image"):
            bad.append("a part %r" % head[0])
        bad += ["a part's %r" % h for h in head[1:] if not h.lower().startswith(("content-type: ", "content-transfer"))]
    return bad


def calls_of(body):
    """XML-RPC: one call of ours, no entities and no elements of its own."""
    if b"<!" in body:
        return ["a declaration"]
    try:
        d = xml.dom.minidom.parseString(body)
    except Exception as e:
        return [str(e)]
    known = {"methodCall", "methodName", "params", "param", "value", "string", "int", "i4", "boolean", "struct", "member",
             "name", "array", "data", "base64", "dateTime.iso8601", "double"}
    return ["<%s>" % n.tagName for n in d.getElementsByTagName("*") if n.tagName not in known]


def request(text):
    """What an agent sent: its head has nothing but its own, its body is what it says it is."""
    q = json.loads(text)
    body, kind = bytes.fromhex(q["body"]), next((v for n, v in q["headers"] if n == "content-type"), "")
    bad = list(q["offences"])
    bad += ["a header %s: %s" % (n, v) for n, v in q["headers"] if n not in HEADERS]
    names = [n for n, _ in q["headers"]]
    bad += ["two of %s" % n for n in set(names) if names.count(n) > 1]
    bad += ["in %s: %r" % (n, v) for n, v in q["headers"] if not v.isprintable() or not v.isascii()]
    # What follows the route is data, and encoded.
    route = "".join(re.split("[&#]", q["target"])[:1])
    if not re.fullmatch(r"/[!-~]*", q["target"]) or not re.match(q["path"], q["target"]) or ".." in route:
        bad.append("it asks for %s" % q["target"])
    if kind.startswith("multipart/form-data"):
        bad += form(body, kind)
    elif kind.startswith("application/x-www-form-urlencoded"):
        bad += ["a field %s" % n for n, _ in urllib.parse.parse_qsl(body.decode("ascii"), True) if n not in FIELDS]
    elif "json" in kind:
        bad += as_json(body.decode())
    elif "xml" in kind:
        bad += calls_of(body)
    elif body and not kind.startswith("image/"):
        bad.append("a body of no kind")
    return bad


def journal(text):
    """Each event: the fields that cpautod knows, each once."""
    bad = []
    for event in json.loads(text):
        names = [n for n, _ in event]
        bad += ["a field %r" % n for n in names
                if not re.fullmatch("MESSAGE|MESSAGE_ID|PRIORITY|SYSLOG_IDENTIFIER|CPAUTO_(EVENT|KEYWORD|LIST|POST|PUBLISHER|AGENT|CALLS_LEFT|UNTIL)", n)]
        bad += ["two of %s" % n for n in set(names) if names.count(n) > 1]
        bad += [b for n, v in event if n == "MESSAGE" for b in line(v)]
    return bad


KINDS = {"html": lambda t: page(t, 0), "copy": lambda t: page(t, 2), "md": markdown,
         "txt": terminal, "json": as_json, "feed": feed, "log": log, "term": terminal, "request": request,
         "journal": journal}


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


# ---- what agents send ------------------------------------------------------------------

KEY = "0123456789abcdef0123456789abcdef"
AGENTS = {
    "wordpress": ({"user": "me"}, r"/(\?rest_route=(/|%2F)wp(/|%2F)v2|wp-json/wp/v2)"),
    "metaweblog": ({"user": "me", "endpoint": "@/xmlrpc.php"}, r"/xmlrpc\.php$"),
    "naver-openapi": ({"token_endpoint": "@/oauth2.0/token"}, r"/(blog/(listCategory|writePost)\.json|oauth2\.0/token)"),
}


def post_of(folder, n, text):
    """A post whose every word is hostile, but for what the renderer itself made safe."""
    name = re.sub(r"[/\0]", "_", text)[:60]
    picture = "%s/pictures/%s" % (folder, name)
    shutil.copy(folder + "/picture.png", picture)
    return {"key": KEY, "marker": KEY, "title": text[:200], "html": "<p><b>공정</b></p><p><img src=\"https://ads.example/0.png\""
            " alt=\"%s\"></p>" % html.escape(text), "text": text, "tags": [text[:100]], "category": text[:100],
            "disclosure": "공정", "images": [{"src": "https://ads.example/0.png", "alt": text, "path": picture,
                                            "mime": "image/png" if n % 2 else text[:100], "width": 300, "height": 200}]}


async def send(folder, agent, n, text, how):
    """Its requests, each in a file. HOW: all of it hostile, or all but the category, or a draft's id."""
    site = wire.Site()
    server = wire.Server(site)
    base = "http://127.0.0.1:%d" % await server.start()
    site.base = base
    config = {k: v.replace("@", base) for k, v in {"endpoint": "@", **AGENTS[agent][0]}.items()}
    q = {"v": 1, "op": "publish", "config": {"name": "p", "agent": agent, **config}, "post": post_of(folder, n, text)}
    q.update({"stage": "publish", "id": text[:200]} if how == "draft" else {})
    q["post"].update({"category": "주방"} if how == "known" else {})
    env = {"PATH": os.environ["PATH"], **{"CPAUTO_SECRET_" + k: folder + "/keys/" + k for k in
                                          ("PASSWORD", "ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")}}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
        env.update({name: os.environ[name]} if name in os.environ else {})
    p = await asyncio.create_subprocess_exec(os.environ["B"] + "/agents/" + agent, stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    out, err = await asyncio.wait_for(p.communicate(json.dumps(q, ensure_ascii=False).encode()), 60)
    await server.stop()
    for i, r in enumerate(server.headers):
        with open("%s/sent/%s-%d-%s-%d" % (folder, agent, n, how, i), "w") as f:
            json.dump({"target": r.target, "path": AGENTS[agent][1], "headers": r.headers, "body": r.body.hex(),
                       "offences": server.offences}, f)
    with open("%s/answers/%s-%d-%s.json" % (folder, agent, n, how), "wb") as f:
        f.write(out)
    with open("%s/agents.log" % folder, "ab") as f:
        f.write(err)


async def send_all(folder):
    os.umask(0o077)
    for d in ("pictures", "sent", "answers"):
        os.mkdir("%s/%s" % (folder, d))
    for k in ("PASSWORD", "ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"):
        with open("%s/keys/%s" % (folder, k), "w") as f:
            f.write("test-word\n")
    with open(folder + "/picture.png", "wb") as f:
        f.write(wire.PICTURE)
    for agent in AGENTS:
        for n, (_, text) in enumerate(INPUTS + WIRED):
            await send(folder, agent, n, text, "known")
            await send(folder, agent, n, text, "draft" if n % 2 else "all")


# ---- a journal ---------------------------------------------------------------------------


def events_of(data):
    """journal's native protocol: NAME=VALUE, or NAME and the length in binary."""
    fields, at = [], 0
    while at < len(data):
        end = data.index(b"\n", at)
        name, is_text, value = data[at:end].partition(b"=")
        if is_text:
            at = end + 1
        else:
            n = int.from_bytes(data[end + 1:end + 9], "little")
            value, at = data[end + 9:end + 9 + n], end + 10 + n
        fields.append((name.decode(), value.decode("utf-8", "surrogateescape")))
    return fields


def listen(path):
    """Until the end of the input; then what was heard."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind("/run/systemd/journal/socket")
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    events = []
    print("ready", flush=True)
    while True:
        r, _, _ = select.select([s, sys.stdin], [], [])
        if s in r:
            data, fds, _, _ = socket.recv_fds(s, 1 << 20, 4)
            for fd in fds:
                with os.fdopen(fd, "rb") as f:
                    f.seek(0)
                    data = f.read()
            events.append(events_of(data))
        elif sys.stdin in r:
            break
    with open(path, "w") as f:
        json.dump(events, f)


def main():
    if sys.argv[1] == "send":
        asyncio.run(send_all(sys.argv[2]))
        return 0
    if sys.argv[1] == "listen":
        listen(sys.argv[2])
        return 0
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
