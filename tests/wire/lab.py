#!/usr/bin/python3
"""One operation is one request: every agent with a network against every fault
of server.py, at every request that it makes. Ends with a table, agent and fault
by requests counted and answer, and with what broke.

    tests/wire/run [--table] [--soak] [--sample N] [--cuts N] [--only WORD] [--fault NAME] [--seed S]

What must hold in each cell:
  - the server saw no request twice, each on a connection of its own, in HTTP/1.1,
    without Expect, cookies, a proxy's headers or what .netrc and .curlrc hold;
  - nothing went to the proxy of the environment or to where a redirect points;
  - what failed before anything was sent is `later` or `broken`, calls 0;
  - what may have published is `unknown`; what the server refused is not `ok`;
  - a search is one call, spent, and asked once; a reader's fault is no "not found";
  - the answer has a reason in words, on one line, with no secret in it.
"""
import argparse
import asyncio
import base64
import fnmatch
import json
import os
import random
import resource
import shutil
import socket
import sys
import tempfile
import time
from urllib.parse import quote

import server as wire
from server import KEY, LINK, TITLE, Server, Site

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.join(HERE, "../..")
B = os.path.join(TREE, os.environ.get("B", "build")) if not os.environ.get("B", "").startswith("/") else os.environ["B"]
LIMIT = 100  # seconds after which an agent counts as hanging
# Of no word that anybody would say.
SECRETS = {"ACCESS_KEY": "b7q9-zk41-xw83-vh26-np55", "SECRET_KEY": "4f1e9c07d2ab68537e90cc41fa2260d98b13e57a",
           "PASSWORD": "qX7v Zr2& Kp9w Lt4j", "ACCESS_TOKEN": "AAAAzq8Jw3kVhY1mTgPx+/7uRb=", "CLIENT_ID": "hW5cJr0sXq2LmVb8",
           "REFRESH_TOKEN": "rT6yUjmNbgVfcDxsZaQ1wSe2", "CLIENT_SECRET": "vB3nMk9jHg",
           "TOKEN": "7654321:zQ8xJw3k-hY1mTgP_wD5c"}


class Op:
    def __init__(self, name, agent, op, config=None, writes=(), aside=(), more=None, token_age=10, tls=True):
        self.name, self.agent, self.op, self.config = name, agent, op, config or {}
        self.writes, self.aside, self.more, self.token_age, self.tls = writes, aside, more or {}, token_age, tls
        self.steps, self.good = [], None

    def role(self, step):
        """of the request that is number STEP: read, aside, write or after."""
        label = self.steps[step - 1] if step <= len(self.steps) else ""
        if any(w in label for w in self.writes):
            return "write"
        if any(w in label for w in self.aside):
            return "aside"
        if any(any(w in s for w in self.writes) for s in self.steps[:step - 1]) and not any(
                any(w in s for w in self.writes) for s in self.steps[step - 1:]):
            return "after"
        return "read"


MW = {"user": "me", "endpoint": "@/xmlrpc.php"}
WP = {"user": "me", "endpoint": "@"}
NTFY = {"url": "@", "topic": "t", "reply_topic": "replies"}
NAVER = {"endpoint": "@", "token_endpoint": "@/oauth2.0/token"}
OPS = [
    Op("coupang search", "coupang", "search", {"endpoint": "@"}),
    Op("coupang images", "coupang", "images", {"endpoint": "@"}),
    Op("metaweblog publish", "metaweblog", "publish", MW, ("newPost",), ("newMediaObject",)),
    Op("metaweblog draft out", "metaweblog", "publish", MW, ("editPost",), more={"stage": "publish", "id": "7"}),
    Op("metaweblog find", "metaweblog", "find", MW),
    Op("metaweblog check", "metaweblog", "check", MW),
    Op("wordpress publish", "wordpress", "publish", WP, ("POST /?/wp/v2/posts",), ("media", "tags", "categories")),
    Op("wordpress draft out", "wordpress", "publish", WP, ("POST /?/wp/v2/posts",), more={"stage": "publish", "id": "7"}),
    Op("wordpress find", "wordpress", "find", WP),
    Op("wordpress check", "wordpress", "check", WP),
    Op("naver-openapi publish", "naver-openapi", "publish", NAVER, ("writePost",), ("token",), token_age=4000),
    Op("naver-openapi find", "naver-openapi", "find", dict(NAVER, feed="@/rss")),
    Op("naver-cafe publish", "naver-cafe", "publish", dict(NAVER, clubid=1, menuid=2), ("articles",), ("token",), token_age=4000),
    Op("naver webdriver", "naver", "check", {"blog_id": "myblog", "driver_url": "@", "endpoint": "@", "profile": "%/profile"}, tls=False),
    Op("naver feed", "naver", "find", {"blog_id": "myblog", "endpoint": "@", "profile": "%/profile", "mode": "publish",
                                       "unattended": True}),
    Op("ntfy notify", "ntfy", "notify", NTFY),
    Op("ntfy replies", "ntfy", "replies", NTFY),
    Op("telegram notify", "telegram", "notify", {"url": "@", "chat": 42}),
    Op("telegram replies", "telegram", "replies", {"url": "@", "chat": 42}),
    Op("webhook notify", "webhook", "notify", {"url": "@"}),
]


# Any eight letters in a row of a secret, as it is or as it is sent.
FORMS = list(SECRETS.values()) + [quote(s, safe="") for s in SECRETS.values()] + [
    base64.b64encode(b"me:" + SECRETS["PASSWORD"].encode()).decode(), SECRETS["PASSWORD"].replace(" ", "")]
PARTS = sorted({f[i:i + 8] for f in FORMS for i in range(len(f) - 7)})

# What was broken once; in every sample: operation, fault, request.
PINNED = [
    ("metaweblog publish", "303-elsewhere", 2), ("metaweblog draft out", "303-elsewhere", 2),
    ("wordpress publish", "303-elsewhere", 7), ("wordpress draft out", "303-elsewhere", 2),
    ("naver-openapi publish", "303-elsewhere", 3), ("naver-cafe publish", "303-elsewhere", 2),
    ("naver-openapi publish", "204", 3), ("naver-cafe publish", "204", 2), ("naver-openapi find", "429", 1),
    ("naver feed", "a-page", 2), ("naver feed", "empty-200", 2), ("naver feed", "two-lengths", 2),
]


TAKEN = ("204", "empty-200", "a-page", "two-lengths", "gzip-bomb")
UNHEARD = ("204", "empty-200", "endless-chunks", "endless-body", "gzip-transfer")


class Lab:
    def __init__(self, args):
        self.args, self.seed = args, args.seed
        self.folder = tempfile.mkdtemp(prefix="cpauto-wire.")
        os.chmod(self.folder, 0o700)
        self.rows, self.broken, self.cells, self.requests = {}, [], 0, 0
        self.proxy_hits, self.elsewhere_hits, self.rss = [], [], 0
        self.busy = asyncio.Semaphore(args.jobs)

    # -- the surroundings that must not be looked at

    async def open_canaries(self):
        async def trap(hits, r, w):
            hits.append(1)
            w.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            w.close()
        self.proxy = await asyncio.start_server(lambda r, w: trap(self.proxy_hits, r, w), "127.0.0.1", 0)
        self.other = await asyncio.start_server(lambda r, w: trap(self.elsewhere_hits, r, w), "127.0.0.1", 0)
        self.proxy_port = self.proxy.sockets[0].getsockname()[1]
        self.elsewhere = "127.0.0.1:%d" % self.other.sockets[0].getsockname()[1]
        home = os.path.join(self.folder, "home")
        os.mkdir(home)
        with open(os.path.join(home, ".curlrc"), "w") as f:
            f.write('proxy = "http://127.0.0.1:%d"\nheader = "X-From: canary-curlrc"\nlocation\nretry = 5\n' % self.proxy_port)
        with open(os.path.join(home, ".netrc"), "w") as f:
            f.write("machine 127.0.0.1 login canary password canary\nmachine localhost login canary password canary\n"
                    "default login canary password canary\n")
        os.chmod(os.path.join(home, ".netrc"), 0o600)
        with open(os.path.join(home, "picture.png"), "wb") as f:
            f.write(wire.PICTURE)

    def environment(self, folder):
        proxy = "http://canary:canary@127.0.0.1:%d" % self.proxy_port
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": os.path.join(self.folder, "home"),
               "CURL_HOME": os.path.join(self.folder, "home"), "NETRC": os.path.join(self.folder, "home/.netrc")}
        for name in ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "socks_proxy"):
            env[name] = env[name.upper()] = proxy
        env["NO_PROXY"] = env["no_proxy"] = "nowhere.example"
        if "ASAN_OPTIONS" in os.environ:
            env["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]
        for name in SECRETS:
            env["CPAUTO_SECRET_" + name] = os.path.join(folder, name)
        return env

    def write_secrets(self, folder, op):
        for name, text in SECRETS.items():
            path = os.path.join(folder, name)
            with open(path, "w") as f:
                f.write(text + "\n")
            os.chmod(path, 0o600)
            if name == "ACCESS_TOKEN":
                os.utime(path, (time.time() - op.token_age,) * 2)
        os.mkdir(os.path.join(folder, "profile"), 0o700)

    def request(self, op, base, folder, slow):
        def fill(v):
            return v.replace("@", base).replace("%/", folder + "/") if isinstance(v, str) else v
        config = {k: fill(v) for k, v in op.config.items()}
        if op.agent == "coupang":
            config["timeout_ms"] = 1000 if slow else 30000
        elif op.agent == "naver":
            config["step_timeout"] = "1s" if slow else "20s"
        else:
            config["timeout" if op.op in ("notify", "replies") else "request_timeout"] = ("3s" if op.op in ("notify", "replies") else "1s") if slow else "30s"
        q = {"v": 1, "op": op.op, "config": config}
        if op.op == "search":
            q.update(keyword="전기포트", limit=10)
        elif op.op == "images":
            q.update(urls=[base + "/image1/abc"], directory=folder + "/pictures")
        elif op.op == "notify":
            q["event"] = {"class": "approval", "title": TITLE, "text": "x", "level": 5,
                          "approve": {"token": "0123456789abcdef0123456789abcdef", "yes": "y", "no": "n"}}
        elif op.op in ("publish", "find"):
            q["post"] = {"key": KEY, "marker": KEY, "title": TITLE, "html": "<p><b>이 포스팅은 쿠팡 파트너스</b></p>"
                         '<p><img src="https://ads.example/0.png" alt="a"></p><p><a href="%s">x</a></p>' % LINK,
                         "text": "x", "tags": ["주방"], "category": "주방", "disclosure": "이 포스팅은 쿠팡 파트너스",
                         "images": [{"src": "https://ads.example/0.png", "alt": "a", "mime": "image/png", "width": 300,
                                     "height": 200, "path": os.path.join(self.folder, "home/picture.png")}]}
        q.update(op.more)
        return q

    # -- one cell

    async def run_agent(self, op, base, slow):
        folder = tempfile.mkdtemp(dir=self.folder)
        self.write_secrets(folder, op)
        q = self.request(op, base, folder, slow)
        p = await asyncio.create_subprocess_exec(
            os.path.join(B, "agents", op.agent), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, env=self.environment(folder), cwd="/")
        try:
            out, err = await asyncio.wait_for(p.communicate(json.dumps(q).encode()), LIMIT)
        except asyncio.TimeoutError:
            p.kill()
            await p.wait()
            return None, "", -9
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        try:
            return json.loads(out), (out + err).decode("utf-8", "replace"), p.returncode
        except ValueError:
            return None, (out + err).decode("utf-8", "replace"), p.returncode

    async def cell(self, op, name, step, over_tls=False, seed=0):
        """Runs OP with fault NAME at request STEP. The server and the answer."""
        ctx, at_server = None, name
        if over_tls:
            if name in wire.TLS_FAULTS + wire.TLS_SLOW:
                at_server = name if name.startswith("tls-") and name != "tls-1.0" or name == "no-tls" else "none"
                ctx = None if at_server != "none" else wire.tls_context(self.certificates, name)
            else:
                ctx = wire.tls_context(self.certificates)
        slow = wire.FAULTS.get(name, ("",))[0] == "slow" or name in wire.TLS_SLOW
        site = Site()
        s = Server(site, at_server, step, ctx, self.elsewhere, seed=self.seed + seed)
        nobody = None
        if name == "nobody":
            # A port that is taken and not listened on: nobody else can come there.
            nobody = socket.socket()
            nobody.bind(("127.0.0.1", 0))
            s.port = nobody.getsockname()[1]
        else:
            await s.start()
        site.published = op.op == "find"
        site.base = "%s://%s:%d" % ("https" if over_tls else "http", "localhost" if over_tls else "127.0.0.1", s.port)
        answer, said, rc = await self.run_agent(op, site.base, slow)
        if nobody:
            nobody.close()
        else:
            await s.stop()
        return s, answer, said, rc

    def kind_of(self, name, over_tls):
        if name == "nobody" or name in wire.TLS_FAULTS + wire.TLS_SLOW:
            return "unsent"
        if name in wire.BEFORE:
            return wire.BEFORE[name]
        return wire.FAULTS[name][0]

    def judge(self, op, name, step, over_tls, s, answer, said, rc):
        """What is wrong with this cell, as lines."""
        bad = list(s.offences)
        kind = self.kind_of(name, over_tls)
        if rc != 0 or not isinstance(answer, dict):
            return bad + ["it ended with %d and no answer: %s" % (rc, said[-300:])]
        result, reason = answer.get("result"), answer.get("reason", "")
        counted = {}
        for label in s.requests:
            counted[label] = counted.get(label, 0) + 1
        for label, n in counted.items():
            # The poll for a login page is a wait, not a repeat.
            allowed = max(1, op.steps.count(label))
            if n > allowed and not (label.startswith("GET") and op.name == "naver webdriver"):
                bad.append("%d times: %s" % (n, label))
        if kind != "unsent" and s.connections - len(s.requests) != (name in wire.BEFORE):
            bad.append("%d connections for %d requests" % (s.connections, len(s.requests)))
        if kind == "unsent" and s.requests:
            bad.append("a request arrived: %s" % s.requests)
        if self.proxy_hits or self.elsewhere_hits:
            bad.append("%s was asked" % ("the proxy" if self.proxy_hits else "another host"))
            self.proxy_hits.clear()
            self.elsewhere_hits.clear()
        bad += ["it says %s of a secret: %s" % (part, said[-400:]) for part in PARTS if part in said]
        if result != "ok" and (not reason.strip() or "\n" in reason or len(reason) > 500):
            bad.append("its reason is none: %r" % reason)
        return bad + self.judge_result(op, name, step, kind, s, answer)

    def judge_result(self, op, name, step, kind, s, answer):
        result, bad = answer.get("result"), []
        if kind != "unsent" and not s.struck:
            return ["request %d never came" % step]
        wanted = self.wanted(op, name, step, kind)
        if result not in wanted:
            bad.append("it answers %s, wanted %s: %s" % (result, " or ".join(wanted), answer.get("reason", "")[:200]))
        if op.op == "find" and kind not in ("good", "either", "any") and answer.get("found") == "yes" and step == 1:
            bad.append("it says that the post is there")
        if op.op == "find" and answer.get("found") == "no":
            bad.append("it says that the post is not there")
        if op.op == "search":
            # Reset before it asked, a connection stood or it did not: who can tell.
            calls = (0,) if kind == "unsent" else (0, 1) if name == "resets" else (1,)
            if answer.get("calls") not in calls:
                bad.append("calls is %s, wanted %s" % (answer.get("calls"), calls))
        if op.op == "images" and kind not in ("good", "either", "any") and not answer["images"][0].get("error"):
            bad.append("a picture came out of it")
        if name in ("429",) and result == "later" and answer.get("retry_after", 0) < 777:
            bad.append("it does not wait as long as it was told: %s" % answer.get("retry_after"))
        return bad

    def wanted(self, op, name, step, kind):
        role = op.role(step)
        good = [op.good]
        if kind == "good":
            return good
        if op.op == "images" or op.name == "naver feed":
            return good
        # Any 2xx is a webhook's thanks; no replies are an answer, and so is a flood of them.
        if op.name == "webhook notify" and name in TAKEN or op.name == "ntfy replies" and name in UNHEARD:
            return good
        if op.name == "naver webdriver":
            return ["later", "broken"]
        if op.op == "search" and name == "429":
            return ["blocked"]
        if role == "after":
            return good
        if kind == "any":
            return good + ["unknown", "later", "broken", "refused"]
        if kind == "either":
            return good + ["unknown", "later", "broken"]
        if name in wire.BEFORE and role == "write":
            return ["unknown", "later"]
        if kind == "unsent":
            return ["later", "broken"]
        if role == "write":
            if kind == "busy":
                return ["later", "unknown"]
            return {"lost": ["unknown"], "slow": ["unknown"], "wait": ["later"]}.get(kind, ["broken", "refused", "later"])
        if role == "aside" and op.agent == "metaweblog":
            return good + ["later", "broken"]
        # A feed that is none says nothing of a post; judge_result() looks at "found".
        return ["later", "broken"] + (["refused"] if kind == "no" else []) + (["ok"] if op.op == "find" else [])

    async def one(self, op, name, step, over_tls=False, seed=0):
        async with self.busy:
            s, answer, said, rc = await self.cell(op, name, step, over_tls, seed)
            # A busy machine may let a short time limit strike before its turn.
            if not s.struck and self.kind_of(name, over_tls) == "slow":
                s, answer, said, rc = await self.cell(op, name, step, over_tls, seed)
        bad = self.judge(op, name, step, over_tls, s, answer, said, rc)
        self.cells += 1
        self.requests += len(s.requests)
        where = "%s, %s%s" % (op.name, name, " over TLS" if over_tls else "")
        if len(op.steps) > 1:
            where += ", request %d (%s)" % (step, op.steps[step - 1] if step <= len(op.steps) else "-")
        for line in bad:
            self.broken.append("%s: %s" % (where, line))
        key = (op.name, name + (" (TLS)" if over_tls else ""))
        result = (answer or {}).get("result", "none")
        if op.op == "find" and result == "ok":
            result = "found " + answer.get("found", "?")
        elif op.op == "images":
            result = "picture" if not answer["images"][0].get("error") else "no picture"
        self.rows.setdefault(key, []).append((step, len(s.requests), result))

    # -- the matrix

    async def learn(self, op):
        """What it asks when all is well, which is what the cells are held against."""
        for over_tls in (False, True):
            if over_tls and not (op.tls and self.trusted):
                continue
            s, answer, said, rc = await self.cell(op, "none", 1, over_tls)
            good = (answer or {}).get("result")
            if op.good is None:
                op.steps, op.good = list(s.requests), good
            self.cells += 1
            wanted = "broken" if op.name == "naver webdriver" else "ok"
            if good != wanted or not s.requests or s.offences or s.requests != op.steps:
                self.broken.append("%s, all well%s: %s, %s, %s, %s" % (
                    op.name, " over TLS" if over_tls else "", good, s.requests, s.offences, said[-300:]))
            if op.op == "find" and (answer or {}).get("found") != "yes":
                self.broken.append("%s: it does not find the post: %s" % (op.name, said[-300:]))

    def matrix(self):
        cells = []
        for op in self.ops:
            for step in range(1, len(op.steps) + 1):
                for name in list(wire.FAULTS) + list(wire.BEFORE):
                    if name not in ("none", "any-cut"):
                        cells.append((op, name, step, False, 0))
            cells.append((op, "nobody", 1, False, 0))
            if op.tls and self.trusted:
                for name in wire.TLS_FAULTS + wire.TLS_SLOW:
                    cells.append((op, name, 1, True, 0))
                for name in ("close", "half-body", "reset-middle", "silence", "endless-body", "307-elsewhere", "401"):
                    for step in range(1, len(op.steps) + 1):
                        cells.append((op, name, step, True, 0))
        return cells

    def sample(self, cells, n):
        """N of them, each fault and each operation with its turn."""
        r = random.Random(self.seed)
        slow = [c for c in cells if self.kind_of(c[1], c[3]) == "slow" or c[1] in wire.TLS_SLOW]
        quick = [c for c in cells if c not in slow]
        out, left = [], {}
        for c in quick:
            left.setdefault(c[1] + str(c[3]), []).append(c)
        while len(out) < n and left:
            for name in list(left):
                some = left[name]
                # The operation that had the fewest turns, then any.
                some.sort(key=lambda c: (sum(o[0] is c[0] for o in out), r.random()))
                out.append(some.pop(0))
                if not some:
                    del left[name]
                if len(out) >= n:
                    break
        # A browser that starts is given a minute: that cell is for the whole matrix.
        slow = [c for c in slow if not (c[0].name == "naver webdriver" and c[2] == 1)]
        pinned = [c for c in quick if (c[0].name, c[1], c[2]) in PINNED and not c[3] and c not in out]
        return out + pinned + r.sample(slow, min(len(slow), 3))

    async def go(self):
        self.trusted = os.environ.get("WIRE_CERTIFICATES")
        self.certificates = self.trusted
        await self.open_canaries()
        self.ops = [op for op in OPS if not self.args.only or self.args.only in op.name]
        for op in self.ops:
            await self.learn(op)
        cells = self.matrix()
        if self.args.fault:
            cells = [c for c in cells if fnmatch.fnmatchcase(c[1], self.args.fault)]
        if self.args.sample:
            cells = self.sample(cells, self.args.sample)
        r = random.Random(self.seed)
        for i in range(self.args.cuts):
            op = r.choice(self.ops)
            name = r.choice(sorted(fnmatch.filter(wire.FAULTS, self.args.fault or "any-cut")))
            cells.append((op, name, r.randrange(len(op.steps)) + 1, False, i + 1))
        # Those that wait go first, and wait together.
        cells.sort(key=lambda c: self.kind_of(c[1], c[3]) != "slow" and c[1] not in wire.TLS_SLOW)
        await asyncio.gather(*(self.one(*c) for c in cells))
        self.rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

    def soak(self):
        """A line for each promise, as tests/soak/run wants it."""
        for promise, what, mine in (
                ("limit", "a search is one call on the wire, whatever the fault", lambda n: n.startswith("coupang search")),
                ("once", "an operation is one request, whatever the fault", lambda n: not n.startswith("coupang search"))):
            tried = sum(len(row) for (op, _), row in self.rows.items() if mine(op))
            print("SOAK\t%s\t%s\t%d\t%d" % (promise, what, tried, sum(mine(line) for line in set(
                line.split(":")[0] for line in self.broken))))

    def table(self):
        print("%-22s %-24s %s" % ("operation", "fault", "at request: requests counted, answer"))
        for (op, name), row in sorted(self.rows.items()):
            text = "; ".join("%d: %d, %s" % c for c in sorted(set(row)))
            print("%-22s %-24s %s" % (op, name, text))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--sample", type=int, default=0)
    p.add_argument("--cuts", type=int, default=0)
    p.add_argument("--only", default="")
    p.add_argument("--fault", default="")
    p.add_argument("--jobs", type=int, default=6)
    p.add_argument("--seed", type=int, default=int(os.environ.get("SOAK_SEED", "1")))
    p.add_argument("--table", action="store_true")
    p.add_argument("--soak", action="store_true")
    args = p.parse_args()
    lab = Lab(args)
    try:
        asyncio.run(lab.go())
    finally:
        shutil.rmtree(lab.folder, ignore_errors=True)
    if args.table:
        lab.table()
    if args.soak:
        lab.soak()
    for line in lab.broken[:100]:
        print("BROKEN seed %d: %s" % (args.seed, line))
    print("cells %d requests %d broken %d largest agent %d KiB tls %s" % (
        lab.cells, lab.requests, len(lab.broken), lab.rss, "yes" if lab.trusted else "no"))
    sys.exit(1 if lab.broken else 0)


if __name__ == "__main__":
    main()
