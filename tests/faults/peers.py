# What the agents are run against: blogs on loopback in threads, a folder, a program.
import base64
import http.server
import json
import os
import re
import shutil
import struct
import threading
import xmlrpc.client
import zlib
from email.utils import formatdate
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

DISCLOSURE = "이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다."
KEY = "8b1f6c0e2d4a97539b1e7f0c3a5d2846"
TITLE = "무선 전기포트 비교"


def png():
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + b"\xc0\x40\x20" * 64 for _ in range(48))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Blog:
    """The posts, and who speaks for them."""

    def __init__(self):
        self.anew()
        blog = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def handle(self):
                try:
                    super().handle()
                except (ConnectionError, BrokenPipeError):
                    pass

            def say(self, status, body, kind="application/json"):
                data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(data)
                self.close_connection = True

            def do_GET(self):
                blog.get(self)

            def do_POST(self):
                self.close_connection = True
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                # What came only in part is no request.
                if len(body) != length:
                    return
                try:
                    blog.post(self, body)
                except ConnectionError:
                    pass
                except Exception as e:  # what no honest agent sends
                    blog.garbled = "%s: %s" % (type(e).__name__, e)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def anew(self):
        self.posts, self.media, self.terms = [], [], []
        self.garbled = None

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def out(self):
        return len([p for p in self.posts if p["status"] == "publish"])


class MetaWeblog(Blog):
    def struct_of(self, p):
        return {"postid": str(p["id"]), "title": p["title"], "description": p["content"], "permaLink":
                "%s/?p=%d" % (self.url, p["id"]), "link": "%s/?p=%d" % (self.url, p["id"]),
                "post_status": p["status"]}

    def post(self, h, body):
        params, method = xmlrpc.client.loads(body)
        if method == "metaWeblog.newMediaObject":
            answer = {"url": "%s/u/%s" % (self.url, params[3]["name"])}
        elif method == "metaWeblog.newPost":
            self.posts.append({"id": len(self.posts) + 1, "title": params[3]["title"], "content":
                               params[3]["description"], "status": "publish" if params[4] else "draft"})
            answer = str(len(self.posts))
        elif method == "metaWeblog.getPost":
            answer = self.struct_of(self.posts[int(params[0]) - 1])
        elif method == "metaWeblog.editPost":
            self.posts[int(params[0]) - 1]["status"] = "publish" if params[4] else "draft"
            answer = True
        elif method == "metaWeblog.getRecentPosts":
            answer = [self.struct_of(p) for p in reversed(self.posts)]
        else:
            answer = [{"categoryName": "주방"}]
        h.say(200, xmlrpc.client.dumps((answer,), methodresponse=True).encode(), "text/xml")


class WordPress(Blog):
    def shown(self, p):
        return {"id": p["id"], "status": p["status"], "slug": p["slug"], "link": "%s/%s/" % (self.url, p["slug"]),
                "content": {"raw": p["content"]}}

    def route(self, h):
        q = parse_qs(urlsplit(h.path).query)
        return q["rest_route"][0].replace("/wp/v2/", ""), q

    def get(self, h):
        route, q = self.route(h)
        if route == "posts":
            return h.say(200, [self.shown(p) for p in self.posts if p["slug"].startswith(q["slug"][0].split(",")[0])])
        if route.startswith("posts/"):
            return h.say(200, self.shown(self.posts[int(route[6:]) - 1]))
        if route == "users/me":
            return h.say(200, {"id": 2, "name": "me", "capabilities": {
                "edit_posts": True, "upload_files": True, "publish_posts": True, "manage_categories": True}})
        if route == "media":
            return h.say(200, [m for m in self.media if m["slug"] == q["slug"][0]])
        return h.say(200, [{"id": 4, "name": "주방"}] if route == "categories" else self.terms)

    def post(self, h, body):
        route, q = self.route(h)
        if route == "media":
            self.media.append({"id": 100 + len(self.media), "slug": q["slug"][0],
                               "source_url": "%s/u/%d.png" % (self.url, len(self.media))})
            return h.say(201, self.media[-1])
        sent = json.loads(body)
        if route == "posts":
            same = len([p for p in self.posts if p["slug"].startswith(sent["slug"])])
            self.posts.append({"id": len(self.posts) + 1, "status": sent["status"], "content": sent["content"],
                               "slug": sent["slug"] + ("-%d" % (same + 1) if same else "")})
            return h.say(201, self.shown(self.posts[-1]))
        if route.startswith("posts/"):
            self.posts[int(route[6:]) - 1]["status"] = sent["status"]
            return h.say(200, self.shown(self.posts[int(route[6:]) - 1]))
        self.terms.append({"id": 50 + len(self.terms), "name": sent["name"]})
        return h.say(201, self.terms[-1])


class Gateway(Blog):
    def get(self, h):
        if h.path.startswith("/blog/listCategory"):
            return h.say(200, {"message": {"result": [{"name": "주방", "categoryNo": 7, "isOpen": True,
                                                       "subCategories": []}]}})
        items = "".join("<item><title>%s</title><link>%s/%d</link><pubDate>%s</pubDate></item>" % (
            escape(p["title"]), self.url, p["id"], formatdate()) for p in self.posts)
        return h.say(200, ("<rss><channel>%s</channel></rss>" % items).encode(), "application/rss+xml")

    def post(self, h, body):
        if h.path == "/oauth2.0/token":
            self.token += 1
            return h.say(200, {"access_token": "gateway-%d" % self.token, "token_type": "bearer",
                               "expires_in": "3600"})
        if h.headers.get("Authorization") != "Bearer gateway-%d" % self.token:
            return h.say(401, {"errorMessage": "Authentication failed", "errorCode": "024"})
        at = re.search(rb'name="title"\r\n\r\n(.*?)\r\n--', body, re.S)
        title = at.group(1).decode() if at else parse_qs(body.decode()).get("title", [""])[0]
        self.posts.append({"id": len(self.posts) + 1, "title": title, "status": "publish"})
        return h.say(200, {"message": {"result": {"blogId": "me", "logNo": len(self.posts), "postUrl":
                                                  "%s/%d" % (self.url, len(self.posts))}}})

    def anew(self):
        super().anew()
        self.token = 1


class Job:
    """An agent with its configuration and what stands on the other side."""

    source = False
    findable = True
    ops = ["publish", "find", "check"]

    def __init__(self, w, agent, blog=None, config=None, secrets=None):
        self.w, self.agent, self.blog = w, agent, blog
        self.config = {"name": "blog", "timeout": "10s", "request_timeout": "5s", "timezone": "Asia/Seoul",
                       **(config or {})}
        self.secrets = {"CPAUTO_SECRET_" + k: v for k, v in (secrets or {}).items()}

    def request(self, op):
        if op in ("check", "describe"):
            return {}
        picture = self.w.path("images/1.png")
        html = ('<p><b>%s</b></p>\n<h2>비교 &amp; 값</h2>\n<p><img src="https://shop.example/a.jpg?x=1&amp;y=2" '
                'alt="a" width="64" height="48"></p>\n<p>본문 <a href="https://link.coupang.com/re/X" '
                'rel="nofollow sponsored noopener">보기</a></p>\n' % DISCLOSURE)
        return {"post": {"key": KEY, "marker": KEY, "title": TITLE, "disclosure": DISCLOSURE, "html": html,
                         "text": DISCLOSURE, "markdown": DISCLOSURE, "tags": ["전기포트", "주방"], "category": "주방",
                         "products": [], "images": [{"src": "https://shop.example/a.jpg?x=1&y=2", "alt": "a",
                                                     "path": picture, "mime": "image/png", "width": 64,
                                                     "height": 48}]}}

    def anew(self):
        self.blog.anew()

    def out(self):
        return self.blog.out()

    def close(self):
        if self.blog:
            self.blog.close()


class Coupang(Job):
    source = True
    ops = ["search", "images"]

    def request(self, op):
        if op == "search":
            return {"keyword": "에어프라이어", "limit": 10}
        urls = ["http://127.0.0.1:%d/%s" % (self.w.port, p) for p in self.pictures]
        return {"urls": urls, "directory": self.w.path("out")}

    def anew(self):
        shutil.rmtree(self.w.path("out"), ignore_errors=True)
        os.mkdir(self.w.path("out"))


class OpenApi(Job):
    def anew(self):
        super().anew()
        self.w.write("keys/at", "gateway-1\n")
        self.w.write("keys/rt", "refresh-1\n")


class Outbox(Job):
    def anew(self):
        shutil.rmtree(self.w.path("out"), ignore_errors=True)
        os.mkdir(self.w.path("out"))

    def out(self):
        n = 0
        for at, _, files in os.walk(self.w.path("out")):
            # What begins with a dot is not out.
            if "manifest.json" in files and "/." not in at[len(self.w.path("out")):]:
                n += 1
        return n


class Program(Job):
    def anew(self):
        if os.path.exists(self.w.path("program.out")):
            os.unlink(self.w.path("program.out"))

    def out(self):
        if not os.path.exists(self.w.path("program.out")):
            return 0
        with open(self.w.path("program.out")) as f:
            return len(f.read().splitlines())


def jobs(w, B):
    with open(w.path("images/1.png"), "wb") as f:
        f.write(png())
    for name, text in (("password", "geheim geheim"), ("at", "gateway-1"), ("rt", "refresh-1"), ("id", "the-id"),
                       ("word", "the-word")):
        w.write("keys/" + name, text + "\n")
    key = {k: w.path("keys", v) for k, v in (("ACCESS_KEY", "access"), ("SECRET_KEY", "secret"),
                                             ("PASSWORD", "password"), ("ACCESS_TOKEN", "at"),
                                             ("REFRESH_TOKEN", "rt"), ("CLIENT_ID", "id"),
                                             ("CLIENT_SECRET", "word"))}

    def take(*names):
        return {n: key[n] for n in names}

    coupang = Coupang(w, "coupang", None, {"endpoint": "http://127.0.0.1:%d" % w.port, "image_size": "512x512"},
                      take("ACCESS_KEY", "SECRET_KEY"))
    coupang.pictures = []
    yield coupang
    yield Outbox(w, "outbox", None, {"directory": w.path("out")})
    blog = MetaWeblog()
    yield Job(w, "metaweblog", blog, {"endpoint": blog.url + "/xmlrpc.php", "user": "me"}, take("PASSWORD"))
    blog = WordPress()
    yield Job(w, "wordpress", blog, {"endpoint": blog.url + "/", "user": "me"}, take("PASSWORD"))
    blog = Gateway()
    yield OpenApi(w, "naver-openapi", blog,
              {"endpoint": blog.url, "token_endpoint": blog.url + "/oauth2.0/token", "feed": blog.url + "/rss",
               "access_token_file": key["ACCESS_TOKEN"], "refresh_token_file": key["REFRESH_TOKEN"]},
              take("ACCESS_TOKEN", "REFRESH_TOKEN", "CLIENT_ID", "CLIENT_SECRET"))
    os.mkdir(w.path("bin"), 0o755)
    program = w.path("bin/publisher")
    w.write("bin/publisher", """#!/bin/sh
case $(cat) in
  *'"op":"publish"'*) echo %s >>%s; echo '{"v":1,"result":"ok","id":"1"}' ;;
  *'"op":"find"'*) if [ -s %s ]; then f=yes; else f=no; fi; echo '{"v":1,"result":"ok","found":"'$f'"}' ;;
  *'"op":"check"'*) echo '{"v":1,"result":"ok"}' ;;
  *) exit 65 ;;
esac
""" % (KEY, w.path("program.out"), w.path("program.out")))
    os.chmod(program, 0o755)
    os.chmod(w.path("bin"), 0o755)
    os.chmod(w.dir, 0o755)
    yield Program(w, "exec", None, {"program": program})
