#!/usr/bin/python3
"""The conversation of a whole draft, and of a whole post, with a browser's driver; each of its
requests in turn gets an error, half an answer, a closed connection or nothing that is true.

    tests/wire/webdriver.py [--sample N] [--seed S] [--mode draft|publish] [--fault NAME --step N]
    tests/wire/webdriver.py --record       anew, with chromium and the stand-in of tests/editor

The answers are those that a real browser once gave (webdriver-*.json), so no browser is
needed. What must hold in each cell:
  - what saves or publishes is sent once at most, and not at all after it may have been taken;
  - before it was sent the answer is `later` or `broken`; after it `unknown`, or `ok`;
  - the answer has a reason, on one line, and the agent ends in time.
"""
import argparse
import concurrent.futures
import hashlib
import http.client
import http.server
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
B = os.path.join(TREE, os.environ.get("B", "build"))
LIMIT = 120  # seconds after which the agent counts as hanging
KEY = "0123456789abcdef0123456789abcdef"
HTML = """<p><b>이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다.</b></p>
<p>쿠팡에서 전기포트를 검색하면<br>가장 먼저 나오는 상품입니다.</p>
<div align="center"><img src="https://ads.example/0.png" alt="" width="300" height="200"></div>
<hr>
<p><a href="https://link.coupang.com/a/2">쿠팡에서 지금 가격 보기</a></p>
"""


class Lab:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="cpauto-webdriver.")
        os.chmod(self.dir, 0o700)
        with open(self.path("picture.png"), "wb") as f:
            import server
            f.write(server.PICTURE)

    def path(self, name):
        return os.path.join(self.dir, name)

    def agent(self, mode, driver, endpoint):
        """The answer of one publishing, its exit status, and whether it hung."""
        profile = tempfile.mkdtemp(prefix="profile", dir=self.dir)
        config = {"name": "blog", "agent": "naver", "blog_id": "myblog", "endpoint": endpoint, "driver_url": driver,
                  "profile": profile, "step_timeout": "5s", "browser_args": ["--no-sandbox"]}
        if mode == "publish":
            config.update(mode="publish", unattended=True)
        post = {"key": KEY, "marker": KEY, "title": "전기포트 가격 비교 11월 24일", "html": HTML, "text": "",
                "tags": ["전기포트"], "category": "쿠팡 추천", "images": [
                    {"src": "https://ads.example/0.png", "path": self.path("picture.png"), "mime": "image/png"}]}
        q = json.dumps({"v": 1, "op": "publish", "config": config, "post": post})
        p = subprocess.Popen([os.path.join(B, "agents/naver")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        try:
            out, err = p.communicate(q.encode(), LIMIT)
        except subprocess.TimeoutExpired:
            p.kill()
            p.communicate()
            return {}, -1, True
        shutil.rmtree(profile, ignore_errors=True)
        try:
            return json.loads(out), p.returncode, False
        except ValueError:
            return {}, p.returncode, False

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.close_connection = True
        self.server.lab(self, self.command, self.path, body)

    do_GET = do_POST = do_DELETE = serve

    def say(self, status, body, half=False):
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if half else body)


def serve(lab):
    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    s.daemon_threads = True
    s.lab = lab
    threading.Thread(target=s.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return s, "http://127.0.0.1:%d" % s.server_port


def name_of(method, path, body, plain):
    """A request whatever the folders and ports of this run are."""
    for text, word in plain:
        body = body.replace(text.encode(), word)
    body = re.sub(rb"/profile[a-z0-9_]{8}", b"/profile", body)
    return "%s %s %s" % (method, path, hashlib.sha1(body).hexdigest()[:8])


# ---- recording -------------------------------------------------------------------------


def ask(base, method, path, body=None, timeout=60):
    c = http.client.HTTPConnection(base.split("//")[1], timeout=timeout)
    c.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    r = c.getresponse()
    text = r.read()
    c.close()
    return r.status, text


def wait_for(what):
    for _ in range(600):
        try:
            if what():
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("webdriver.py: what is needed does not start")


def record(lab, mode):
    port = lab.path("port")
    editor = subprocess.Popen([sys.executable, os.path.join(TREE, "tests/editor/server.py"), "--port-file", port,
                               "--seed", "7"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: os.path.getsize(port))
    with open(port) as f:
        endpoint = "http://127.0.0.1:" + f.read().strip()
    os.unlink(port)
    number = free_port()
    driver = subprocess.Popen(["chromedriver", "--port=%d" % number], stdout=subprocess.DEVNULL)
    base = "http://127.0.0.1:%d" % number
    wait_for(lambda: ask(base, "GET", "/status")[0] == 200)
    steps, seen = [], [(0, 0)]
    plain = [(endpoint, b"@"), (lab.dir, b"%")]

    def proxy(h, method, path, body):
        status, text = ask(base, method, path, body if method == "POST" else None, 120)
        # Its own life, so that a step can be told by what the blog got of it.
        state = json.loads(ask(endpoint, "GET", "/_editor/state")[1])
        now = (len(state["drafts"]), state["counts"]["final_clicks"])
        step = {"is": name_of(method, path, body, plain), "status": status,
                "says": text.decode().replace(endpoint, "@").replace(lab.dir, "%")}
        if now != seen[-1]:
            step["acts"] = True
            seen.append(now)
        steps.append(step)
        h.say(status, text)

    s, url = serve(proxy)
    answer, rc, _ = lab.agent(mode, url, endpoint)
    s.shutdown()
    driver.terminate()
    editor.terminate()
    print(mode, answer.get("result"), answer.get("reason", ""), len(steps), "requests")
    if answer.get("result") != "ok":
        sys.exit(1)
    with open(os.path.join(HERE, "webdriver-%s.json" % mode), "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(s, ensure_ascii=False) for s in steps) + "\n]\n")


# ---- replaying -------------------------------------------------------------------------

ERROR = b'{"value":{"error":"unknown error","message":"the renderer is gone","stacktrace":""}}'
FAULTS = {
    "error": lambda h, step: h.say(500, ERROR),
    "no-session": lambda h, step: h.say(404, ERROR.replace(b"unknown error", b"invalid session id")),
    "half": lambda h, step: h.say(step["status"], step["text"], half=True),
    "closed": lambda h, step: None,
    "empty": lambda h, step: h.say(200, b"{}"),
    "timeout": lambda h, step: h.say(500, ERROR.replace(b"unknown error", b"timeout")),
    # As "closed", and so is everything after it.
    "dead": lambda h, step: None,
}


class Replay:
    """A browser that says what it once said; at the request that is number STEP it fails."""

    def __init__(self, lab, steps, fault=None, step=0):
        self.lab, self.steps, self.fault, self.step = lab, steps, fault, step
        self.at, self.acts, self.lost, self.failed = -1, [], None, False
        self.server, self.url = serve(self.answer)

    def find(self, name):
        """What comes next, or the same once more, or something a little later."""
        for i in [self.at + 1, self.at] + list(range(self.at + 2, min(self.at + 40, len(self.steps)))):
            if 0 <= i < len(self.steps) and self.steps[i]["is"] == name:
                return i
        return None

    def answer(self, h, method, path, body):
        name = name_of(method, path, body, [(self.url, b"@"), (self.lab.dir, b"%")])
        i = self.find(name)
        if i is None and not self.failed:
            self.lost = self.lost or "%s at %d" % (name, self.at)
        if self.failed and self.fault == "dead":
            return
        if i is None:
            done = method == "DELETE" and path.count("/") == 2
            h.say(200 if done else 500, b'{"value":null}' if done else ERROR)
            return
        step = dict(self.steps[i])
        step["text"] = step["says"].replace("@", self.url).replace("%", self.lab.dir).encode() \
            if '"@' in step["says"] or "%/" in step["says"] else step["says"].encode()
        if step.get("acts"):
            self.acts.append(i)
        self.at = i
        if self.fault and i >= self.step and not self.failed:
            self.failed = True
            FAULTS[self.fault](h, step)
        else:
            h.say(step["status"], step["text"])

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def judge(r, answer, rc, hung, steps):
    bad = []
    result = answer.get("result", "none")
    if hung:
        bad.append("hangs")
    if len(r.acts) != len(set(r.acts)):
        bad.append("it acted twice: requests %s" % r.acts)
    acting = [i for i, s in enumerate(steps) if s.get("acts")]
    out = [i for i in acting if i in r.acts]
    if not hung and rc != 0:
        bad.append("exit code %d" % rc)
    if result not in ("ok", "later", "unknown", "broken"):
        bad.append("the answer is %s" % result)
    if acting[-1] in out and result not in ("ok", "unknown"):
        bad.append("%s, and it may be out" % result)
    if not out and result in ("ok", "unknown") and r.step < acting[0]:
        bad.append("%s, and nothing was sent" % result)
    if result != "ok" and (not answer.get("reason") or "\n" in answer["reason"]):
        bad.append("no reason on one line")
    return bad


def choose(o, mode, steps):
    """Faults and requests; what acts is always among them."""
    cells = [(f, i) for f in FAULTS for i in range(len(steps)) if o.fault in (None, f) and o.step in (None, i)]
    rng = random.Random("%d %s" % (o.seed, mode))
    if o.sample is None or o.sample >= len(cells):
        return cells
    last = [i for i, s in enumerate(steps) if s.get("acts")][-1]
    kept = [c for c in cells if c[1] == last][:o.sample]
    return kept + rng.sample(cells, o.sample - len(kept))


def run_cell(lab, mode, steps, fault, step):
    r = Replay(lab, steps, fault, step)
    answer, rc, hung = lab.agent(mode, r.url, r.url)
    r.close()
    bad = judge(r, answer, rc, hung, steps)
    if fault is None and (r.lost or answer.get("result") != "ok"):
        bad.append("without a fault it goes another way: %s" % r.lost)
    text = "%s %s at request %d of %d: %s (%s) %s" % (mode, fault, step, len(steps), answer.get("result"),
                                                      answer.get("reason"), "; ".join(bad))
    return (fault, step), answer.get("result"), bad, text


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--record", action="store_true")
    p.add_argument("--sample", type=int, help="so many cells, chosen by the seed")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--mode", choices=("draft", "publish"))
    p.add_argument("--fault", choices=sorted(FAULTS))
    p.add_argument("--step", type=int)
    p.add_argument("--jobs", type=int, default=4)
    p.add_argument("--soak", action="store_true", help="a line for make soak")
    p.add_argument("--verbose", action="store_true")
    o = p.parse_args()
    lab = Lab()
    broken = tried = 0
    results = {}
    try:
        for mode in [o.mode] if o.mode else ["draft", "publish"]:
            if o.record:
                record(lab, mode)
                continue
            with open(os.path.join(HERE, "webdriver-%s.json" % mode), encoding="utf-8") as f:
                steps = json.load(f)
            cells = [(None, 0)] + choose(o, mode, steps)
            with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
                for cell, result, bad, text in pool.map(lambda c: run_cell(lab, mode, steps, *c), cells):
                    tried += 1
                    broken += bool(bad)
                    key = "%s %s" % (cell[0], result)
                    results[key] = results.get(key, 0) + 1
                    if o.verbose or bad:
                        print(text, flush=True)
    finally:
        lab.close()
    if not o.record:
        print("# " + ", ".join("%s %d" % kv for kv in sorted(results.items())))
        print("%d cells, %d broken, seed %d" % (tried, broken, o.seed))
        if o.soak:
            print("SOAK\tonce\ta browser's driver fails in the middle of a draft or a post\t%d\t%d" % (tried, broken))
    return 1 if broken or not tried and not o.record else 0


sys.exit(main())
