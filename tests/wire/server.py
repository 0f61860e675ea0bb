#!/usr/bin/python3
"""A server that misbehaves, and counts what it is asked: plain and TLS, in one
event loop, with nothing but the standard library. It stands in for all that
the agents talk to: the API with its pictures, MetaWeblog, WordPress, Naver's
APIs, token and feed, and a WebDriver. Loopback only.

By itself (for scenarios): server.py PORT-FILE LOG CONTROL [TLS-FOLDER]. CONTROL
is a file with "FAULT [WHAT]", read at each request: the fault strikes every
request whose line in LOG has WHAT in it. LOG gets a line for each request.
"""
import asyncio
import base64
import gzip
import json
import os
import random
import socket
import ssl
import struct
import subprocess
import sys
import time
import zlib
from email.utils import formatdate
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

ENDLESS = 64 << 20  # a client that takes more than this is not stopping
SECOND = 1.0
KEY = "0123456789abcdef0123456789abcdef"
TITLE = "전기포트 비교"
LINK = "https://link.coupang.com/a/1"


# ---- what it knows: good answers ------------------------------------------------

def png():
    def part(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    rows = b"".join(b"\0" + b"\xc0\x20\x20" * 300 for _ in range(200))
    return (b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", 300, 200, 8, 2, 0, 0, 0))
            + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))


PICTURE = png()


class Request:
    def __init__(self, method, target, version, headers, body):
        self.method, self.target, self.version = method, target, version
        self.headers, self.body = headers, body  # headers: [(lower name, value)]
        parts = urlsplit(target)
        self.path, self.query = parts.path, [q for q in parse_qsl(parts.query, True) if q[0] != "_"]

    def header(self, name):
        return next((v for n, v in self.headers if n == name), None)

    def label(self):
        """One operation on the wire; what makes two requests the same one."""
        text = "%s %s" % (self.method, self.path)
        if self.path.endswith("xmlrpc.php"):
            at = self.body.find(b"<methodName>")
            text += " " + self.body[at + 12:self.body.find(b"<", at + 12)].decode()
        elif self.query:
            route = dict(self.query).get("rest_route")
            text += "?" + (route + "&" if route else "") + "&".join(
                "%s=%s" % q for q in self.query if q[0] in ("slug", "search", "keyword"))
        return text


def as_json(value, status=200):
    return status, "application/json; charset=UTF-8", json.dumps(value, ensure_ascii=False).encode()


def as_xml(value):
    return 200, "text/xml", ('<?xml version="1.0" encoding="UTF-8"?><methodResponse><params><param><value>%s'
                             '</value></param></params></methodResponse>' % value).encode()


def struct_of(**members):
    return "<struct>%s</struct>" % "".join(
        "<member><name>%s</name><value><string>%s</string></value></member>" % (n, escape(v))
        for n, v in members.items())


class Site:
    """Everything that is asked for, done well. BASE: its own address."""

    def __init__(self, base=""):
        self.base, self.refreshed, self.published = base, 0, False
        self.body = "<p>…</p><!-- cpauto %s -->" % KEY  # of the last post by XML-RPC

    def answer(self, q):
        path = q.path
        if path.endswith("/products/search"):
            return self.products(dict(q.query).get("keyword", ""))
        if path.startswith("/image1/"):
            return 302, "", b"", [("Location", self.base + "/cdn/picture.png")]
        if path.startswith("/cdn/"):
            return 200, "image/png", PICTURE
        if path.endswith("/xmlrpc.php"):
            return self.xmlrpc(q)
        if dict(q.query).get("rest_route"):
            return self.wordpress(q, dict(q.query)["rest_route"])
        if path.endswith(".xml") or path == "/rss":
            return 200, "application/rss+xml", self.feed()
        if path == "/PostView.naver":
            return 200, "text/html", ('<!DOCTYPE html><title>%s : 블로그</title><a href="%s">x</a></html>' % (TITLE, LINK)).encode()
        if path.startswith("/session"):
            return self.webdriver(q)
        if path == "/" or path.startswith(("/bot", "/replies/")):
            return as_json({"ok": True, "result": [], "id": "x", "event": "open"})
        return self.naver(q)

    def products(self, keyword):
        first = zlib.crc32(keyword.encode()) % 10000000 * 100
        return as_json({"rCode": "0", "rMessage": "", "data": {"landingUrl": LINK, "productData": [
            {"productId": first + i, "productName": "%s %d호" % (keyword, i), "productPrice": 10000 + i, "rank": i,
             "productImage": "%s/image1/%d" % (self.base, first), "keyword": keyword, "isRocket": i % 2 == 0,
             "productUrl": "https://link.coupang.com/re/AFFSDP?lptag=AF1&pageKey=%d" % (first + i)}
            for i in range(1, 11)]}})

    def xmlrpc(self, q):
        method = q.label().split()[-1].split(".")[-1]
        post = struct_of(postid="7", title=TITLE, link="https://blog.example/7",
                         permaLink="https://blog.example/7", post_status="publish" if self.published else "draft",
                         description=self.body)
        if method == "newMediaObject":
            return as_xml(struct_of(url="https://blog.example/1.png"))
        if method == "newPost":
            self.published = b"<boolean>1" in q.body
            at = q.body.find(b"<name>description")
            self.body = unescape(q.body[q.body.find(b"<string>", at) + 8:q.body.find(b"</string>", at)].decode())
            return as_xml("<string>7</string>")
        if method == "editPost":
            self.published = True
            return as_xml("<boolean>1</boolean>")
        if method == "getPost":
            return as_xml(post)
        if method == "getRecentPosts":
            return as_xml("<array><data><value>%s</value></data></array>" % post)
        return as_xml("<array><data></data></array>")

    def wordpress(self, q, route):
        post = {"id": 7, "slug": "cp-" + KEY[:20], "status": "publish" if self.published else "draft",
                "link": "https://blog.example/7", "content": {"raw": q.body.decode("utf-8", "replace")}}
        if q.method == "GET" and route == "/wp/v2/posts":
            slug = dict(q.query).get("slug", "").split(",")[0]
            post["slug"] = slug
            self.slug = slug
            return as_json([post] if self.published else [])
        if route == "/wp/v2/users/me":
            return as_json({"id": 2, "name": "me", "capabilities": dict.fromkeys(
                ("edit_posts", "upload_files", "publish_posts"), True)})
        if route == "/wp/v2/posts":
            sent = json.loads(q.body)
            post.update(slug=sent.get("slug"), content={"raw": sent.get("content", "")})
            return as_json(post, 201)
        if route.startswith("/wp/v2/posts/"):
            post["slug"] = getattr(self, "slug", post["slug"])
            if q.method == "POST":
                self.published = True
                post["status"] = "publish"
            return as_json(post)
        if route == "/wp/v2/media" and q.method == "POST":
            return as_json({"id": 3, "slug": "x", "source_url": "https://blog.example/1.png"}, 201)
        if q.method == "POST":
            return as_json({"id": 5}, 201)
        return as_json([{"id": 4, "name": "주방"}] if "categories" in route else [])

    def feed(self):
        return ("<?xml version='1.0'?><rss><channel><title>blog</title><item><title>%s</title>"
                "<link>%s/myblog/7</link><guid>%s/myblog/7</guid><pubDate>%s</pubDate>"
                "<description>%s</description></item></channel></rss>" % (TITLE, self.base, self.base, formatdate(), KEY)).encode()

    def naver(self, q):
        if q.path == "/oauth2.0/token":
            self.refreshed += 1
            return as_json({"access_token": "fresh-token-%d" % self.refreshed, "expires_in": "3600"})
        if q.path == "/blog/listCategory.json":
            return as_json({"message": {"result": [{"name": "주방", "categoryNo": 7, "subCategories": []}]}})
        if q.path == "/blog/writePost.json":
            return as_json({"message": {"result": {"blogId": "me", "logNo": 7, "postUrl": "https://blog.example/7"}}})
        if q.path.endswith("/articles"):
            return as_json({"message": {"status": "200", "result": {"articleId": 7, "articleUrl": "https://cafe.example/7"}}})
        return as_json({"errorCode": "051", "errorMessage": "none"}, 404)

    def webdriver(self, q):
        if q.method == "POST" and q.path == "/session":
            return as_json({"value": {"sessionId": "s1", "capabilities": {}}})
        if q.method == "GET" and q.path.endswith("/url"):
            return as_json({"value": "https://nid.naver.com/nidlogin.login?mode=form"})
        return as_json({"value": None})


def head_of(status, kind, extra, length):
    """The head of an answer that goes on to be kept alive, which nobody may use."""
    lines = ["HTTP/1.1 %d %s" % (status, "OK" if status < 300 else "Odd"), "Date: " + formatdate(usegmt=True)]
    if kind:
        lines.append("Content-Type: " + kind)
    lines += ["%s: %s" % h for h in extra]
    if length is not None:
        lines.append("Content-Length: %d" % length)
    lines.append("Connection: keep-alive")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


# ---- faults: what is done in place of the good answer ----------------------------

async def put(w, data):
    # A connection that is lost takes what is written without a word.
    if w.transport.is_closing():
        raise ConnectionError
    w.write(data)
    await w.drain()
    await asyncio.sleep(0)


async def flood(w, piece, ctx):
    """Until the other side has had enough."""
    sent = 0
    while sent < ENDLESS:
        await put(w, piece)
        sent += len(piece)
    ctx.offend("it took %d MiB of one answer" % (sent >> 20))


async def trickle(w, data):
    for i in range(len(data)):
        await put(w, data[i:i + 1])
        await asyncio.sleep(SECOND)
    await asyncio.sleep(600)


def reset(w):
    sock = w.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    w.transport.abort()


def whole(good, extra=()):
    status, kind, body = good[:3]
    return head_of(status, kind, list(good[3] if len(good) > 3 else []) + list(extra), len(body)) + body


FAULTS = {}


def fault(name, kind):
    """kind: lost (it may have happened), no (it did not), good (all went well), slow (lost, by time)"""
    def keep(f):
        FAULTS[name] = (kind, f)
        return f
    return keep


@fault("none", "good")
async def f_none(w, good, ctx):
    await put(w, whole(good))


@fault("close", "lost")
async def f_close(w, good, ctx):
    pass


@fault("reset", "lost")
async def f_reset(w, good, ctx):
    reset(w)


@fault("half-line", "lost")
async def f_half_line(w, good, ctx):
    await put(w, b"HTTP/1.1 20")


@fault("half-header", "lost")
async def f_half_header(w, good, ctx):
    head = head_of(200, good[1], [], len(good[2]))
    await put(w, head[:len(head) // 2])


@fault("no-empty-line", "lost")
async def f_no_empty_line(w, good, ctx):
    await put(w, head_of(200, good[1], [], len(good[2]))[:-2])


@fault("half-body", "lost")
async def f_half_body(w, good, ctx):
    await put(w, head_of(200, good[1], [], max(2, len(good[2]))) + good[2][:len(good[2]) // 2])


@fault("any-cut", "lost")
async def f_any_cut(w, good, ctx):
    data = whole(good)
    await put(w, data[:ctx.random.randrange(len(data))])


@fault("half-chunk", "lost")
async def f_half_chunk(w, good, ctx):
    body = good[2] or b"{}"
    await put(w, head_of(200, good[1], [("Transfer-Encoding", "chunked")], None)
              + b"%x\r\n" % len(body) + body[:-1])


@fault("no-last-chunk", "lost")
async def f_no_last_chunk(w, good, ctx):
    body = good[2] or b"{}"
    await put(w, head_of(200, good[1], [("Transfer-Encoding", "chunked")], None) + b"%x\r\n" % len(body) + body + b"\r\n")


@fault("bad-chunk", "lost")
async def f_bad_chunk(w, good, ctx):
    await put(w, head_of(200, good[1], [("Transfer-Encoding", "chunked")], None) + b"zzzz\r\n" + good[2])


@fault("reset-middle", "lost")
async def f_reset_middle(w, good, ctx):
    await put(w, head_of(200, good[1], [], len(good[2]) + 100) + good[2][:len(good[2]) // 2])
    await asyncio.sleep(0.05)
    reset(w)


@fault("silence", "slow")
async def f_silence(w, good, ctx):
    await asyncio.sleep(600)


@fault("trickle-header", "slow")
async def f_trickle_header(w, good, ctx):
    await trickle(w, whole(good))


@fault("trickle-body", "slow")
async def f_trickle_body(w, good, ctx):
    body = good[2] + b" " * 100
    await put(w, head_of(200, good[1], [], len(body)))
    await trickle(w, body)


@fault("endless-body", "lost")
async def f_endless_body(w, good, ctx):
    await put(w, head_of(200, good[1], [], 1 << 40))
    await flood(w, b" " * 65536, ctx)


@fault("endless-chunks", "lost")
async def f_endless_chunks(w, good, ctx):
    await put(w, head_of(200, good[1], [("Transfer-Encoding", "chunked")], None))
    await flood(w, b"10000\r\n" + b" " * 65536 + b"\r\n", ctx)


@fault("endless-line", "lost")
async def f_endless_line(w, good, ctx):
    await put(w, b"HTTP/1.1 200 OK\r\nX-Long: ")
    await flood(w, b"a" * 65536, ctx)


@fault("endless-header", "lost")
async def f_endless_header(w, good, ctx):
    await put(w, b"HTTP/1.1 200 OK\r\n")
    await flood(w, b"X-Again: and again\r\n" * 1000, ctx)


@fault("endless-100", "lost")
async def f_endless_100(w, good, ctx):
    await flood(w, b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, ctx)


@fault("endless-trailer", "lost")
async def f_endless_trailer(w, good, ctx):
    body = good[2] or b"{}"
    await put(w, head_of(200, good[1], [("Transfer-Encoding", "chunked")], None)
              + b"%x\r\n" % len(body) + body + b"\r\n0\r\n")
    await flood(w, b"X-Trailer: and again\r\n" * 1000, ctx)


@fault("gzip-bomb", "lost")
async def f_gzip_bomb(w, good, ctx):
    data = gzip.compress(b" " * (64 << 20), 9)
    await put(w, head_of(200, good[1], [("Content-Encoding", "gzip")], len(data)) + data)


@fault("gzip-transfer", "lost")
async def f_gzip_transfer(w, good, ctx):
    data = gzip.compress(b" " * (64 << 20), 9)
    await put(w, head_of(200, good[1], [("Transfer-Encoding", "gzip, chunked")], None)
              + b"%x\r\n" % len(data) + data + b"\r\n0\r\n\r\n")


@fault("two-lengths", "lost")
async def f_two_lengths(w, good, ctx):
    body = good[2] or b"{}"
    await put(w, head_of(200, good[1], [("Content-Length", str(len(body)))], 1) + body)


@fault("two-lengths-first", "either")
async def f_two_lengths_first(w, good, ctx):
    body = good[2] or b"{}"
    await put(w, head_of(200, good[1], [("Content-Length", "1")], len(body)) + body)


@fault("length-over-2^63", "either")
async def f_length_over(w, good, ctx):
    await put(w, head_of(200, good[1], [], 1 << 64) + good[2])


@fault("length-is-none", "lost")
async def f_length_is_none(w, good, ctx):
    await put(w, b"HTTP/1.1 200 OK\r\nContent-Length: -17\r\n\r\n")


@fault("garbage", "lost")
async def f_garbage(w, good, ctx):
    await put(w, bytes(ctx.random.randrange(256) for _ in range(4096)))


@fault("http09", "lost")
async def f_http09(w, good, ctx):
    await put(w, good[2] or b"nothing")


@fault("another-protocol", "lost")
async def f_another_protocol(w, good, ctx):
    await put(w, b"SSH-2.0-OpenSSH_9.2p1\r\n")


@fault("http2-answer", "lost")
async def f_http2_answer(w, good, ctx):
    await put(w, b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00\x04\x00\x01\x00\x00\x00\x05\x00\xff\xff\xff")


@fault("101", "lost")
async def f_101(w, good, ctx):
    await put(w, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")


@fault("empty-200", "lost")
async def f_empty_200(w, good, ctx):
    await put(w, head_of(200, good[1], [], 0))


@fault("204", "lost")
async def f_204(w, good, ctx):
    await put(w, b"HTTP/1.1 204 No Content\r\n\r\n")


@fault("a-page", "lost")
async def f_a_page(w, good, ctx):
    await put(w, whole((200, "text/html", b"<!DOCTYPE html><title>Welcome</title><p>Please wait.</p>")))


def of_status(name, kind, status, *extra):
    async def f(w, good, ctx):
        headers = [(n, v.replace("CANARY", ctx.elsewhere)) for n, v in extra]
        await put(w, whole((status, "text/plain", b"no"), headers))
    fault(name, kind)(f)


of_status("401", "no", 401, ("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM"),
          ("WWW-Authenticate", 'Digest realm="a", nonce="b"'), ("WWW-Authenticate", 'Basic realm="a"'))
of_status("403", "no", 403)
of_status("407", "no", 407, ("Proxy-Authenticate", 'Basic realm="a"'))
of_status("417", "no", 417)
of_status("421", "no", 421)
of_status("425", "no", 425)
of_status("426", "no", 426, ("Upgrade", "TLS/1.0"), ("Connection", "Upgrade"))
of_status("429", "wait", 429, ("Retry-After", "777"))
of_status("500", "lost", 500)
of_status("502", "lost", 502)
of_status("503", "busy", 503, ("Retry-After", "777"))
for _code in (301, 302, 307, 308):
    of_status("%d-elsewhere" % _code, "no", _code, ("Location", "http://CANARY/there"))
of_status("307-same-host", "no", 307, ("Location", "/again"))
of_status("302-file", "no", 302, ("Location", "file:///etc/passwd"))
of_status("308-nowhere", "no", 308)
of_status("303-elsewhere", "lost", 303, ("Location", "http://CANARY/there"))


def echo_of(q, r):
    """All that the request has of secrets, as a careless server puts it into its error text."""
    said = [q.header("authorization") or ""]
    if said[0].startswith("Basic "):
        said.append(base64.b64decode(said[0][6:]).decode())
    if q.path.endswith("xmlrpc.php"):
        said += [unescape(p.split(b"<", 1)[0].decode()) for p in q.body.split(b"<string>")[1:4]]
    elif "urlencoded" in (q.header("content-type") or "") and len(q.body) < 2000:
        said += [q.body.decode(), unquote(q.body.decode())]
    said = [s for s in said if s]
    r.shuffle(said)
    # So that it is cut at another place each time.
    return "x" * r.randrange(280) + " your " + " and ".join(said) + " is no good"


def echo(q, r, status):
    text = echo_of(q, r)
    if q.path.endswith("xmlrpc.php") and status == 200:
        return (200, "text/xml", ("<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name>"
                "<value><int>500</int></value></member><member><name>faultString</name><value><string>%s</string></value>"
                "</member></struct></value></fault></methodResponse>" % escape(text)).encode())
    return as_json({"code": "ERROR", "message": text, "errorCode": "052", "errorMessage": text, "error": text,
                    "error_description": text, "transactionId": text}, status)


def of_echo(name, kind, status):
    async def f(w, good, ctx):
        answer = echo(ctx.headers[-1], ctx.random, status)
        await put(w, whole(answer, [("X-You-Sent", quote(echo_of(ctx.headers[-1], ctx.random)))]))
    fault(name, kind)(f)


of_echo("echo-401", "no", 401)
of_echo("echo-403", "no", 403)
of_echo("echo-500", "lost", 500)
of_echo("echo-200", "any", 200)


@fault("echo-rcode", "any")
async def f_echo_rcode(w, good, ctx):
    text = echo_of(ctx.headers[-1], ctx.random)
    await put(w, whole(as_json({"rCode": "400", "rMessage": text, "id": text, "message": {"error": {"code": "1", "msg": text}}})))


@fault("echo-redirect", "no")
async def f_echo_redirect(w, good, ctx):
    where = "http://%s/%s" % (ctx.elsewhere, quote(echo_of(ctx.headers[-1], ctx.random)[-300:]))
    await put(w, whole((302, "text/plain", b"no"), [("Location", where)]))


@fault("echo-page", "any")
async def f_echo_page(w, good, ctx):
    await put(w, whole((200, "text/html", ("<p>" + escape(echo_of(ctx.headers[-1], ctx.random))).encode())))


@fault("echo-in-good", "any")
async def f_echo_in_good(w, good, ctx):
    """In what is no error: an address, an id, a name."""
    text = quote(echo_of(ctx.headers[-1], ctx.random)[-200:]).encode()
    body = good[2].replace(b"blog.example/", b"blog.example/" + text).replace(b"\ud638", text)
    await put(w, whole((good[0], good[1], body) + tuple(good[3:])))


@fault("100-continue", "good")
async def f_100_continue(w, good, ctx):
    await put(w, b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + whole(good))


@fault("cookies", "good")
async def f_cookies(w, good, ctx):
    await put(w, whole(good, [("Set-Cookie", "canary-cookie=1; Path=/"), ("Alt-Svc", 'h2="%s"' % ctx.elsewhere),
                              ("Strict-Transport-Security", "max-age=9"), ("Refresh", "0; url=http://%s/" % ctx.elsewhere)]))


@fault("closes-behind", "good")
async def f_closes_behind(w, good, ctx):
    """Says keep-alive, and closes as soon as the next request could come."""
    await put(w, whole(good))
    ctx.hang_up = True


@fault("http10", "good")
async def f_http10(w, good, ctx):
    """No length: the end of the connection is the end of the answer."""
    extra = list(good[3]) if len(good) > 3 else []
    await put(w, head_of(good[0], good[1], extra, None).replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"keep-alive", b"close") + good[2])
    ctx.hang_up = True


@fault("two-answers", "good")
async def f_two_answers(w, good, ctx):
    """A second answer in the same breath, which belongs to nobody."""
    await put(w, whole(good) + whole((500, "text/plain", b"no")))


@fault("chunked", "good")
async def f_chunked(w, good, ctx):
    body = good[2]
    data = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 100]), body[i:i + 100]) for i in range(0, len(body), 100))
    extra = list(good[3]) if len(good) > 3 else []
    await put(w, head_of(good[0], good[1], extra + [("Transfer-Encoding", "chunked")], None) + data + b"0\r\n\r\n")


# These come before a byte was read.
BEFORE = {
    "hangs-up": "lost",       # accepts and closes
    "resets": "lost",         # accepts and resets
    "speaks-first": "lost",   # a banner, then closes
}
# These are of the TLS that is offered; no request may arrive.
TLS_FAULTS = ("self-signed", "unknown-authority", "expired", "not-yet", "other-host", "tls-1.0", "no-tls", "tls-garbage",
              "tls-hangs-up", "tls-resets")
TLS_SLOW = ("tls-silence",)


# ---- the server -------------------------------------------------------------------

class Server:
    """One listener. FAULT strikes request number STEP (from 1), or where(label)."""

    def __init__(self, site, fault_name="none", step=1, tls=None, elsewhere="127.0.0.1:1", seed=1, where=None, log=None):
        self.site, self.fault, self.step, self.tls, self.elsewhere = site, fault_name, step, tls, elsewhere
        self.random, self.where, self.log = random.Random(seed), where, log
        self.requests, self.offences, self.connections, self.hang_up = [], [], 0, False
        self.headers, self.struck, self.tasks = [], False, set()

    def offend(self, text):
        self.offences.append(text)

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.tls, limit=1 << 20)
        self.port = self.server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self):
        self.server.close()
        for t in list(self.tasks):
            t.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def serve(self, r, w):
        self.tasks.add(asyncio.current_task())
        self.connections += 1
        try:
            await self.talk(r, w)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError, OSError):
            pass
        finally:
            try:
                w.close()
            except (OSError, RuntimeError):
                pass

    async def talk(self, r, w):
        early = self.fault if self.connections == self.step and not self.where else None
        if early in BEFORE or (early or "").startswith("tls-") or early == "no-tls":
            self.struck = True
            return await self.early(early, r, w)
        first = True
        while True:
            q = await self.read(r, first)
            if not q:
                return
            first = False
            label = q.label()
            self.requests.append(label)
            self.headers.append(q)
            name = self.fault if not self.where and len(self.requests) == self.step else "none"
            if name in BEFORE:
                name = "none"
            if self.where:
                name = self.where(label)
            if self.log:
                self.log(label, q)
            good = self.site.answer(q)
            if name != "none":
                self.struck = True
            await FAULTS[name][1](w, good, self)
            if FAULTS[name][0] not in ("good", "no", "wait", "busy", "any") or self.hang_up:
                return

    async def early(self, name, r, w):
        if name in ("resets", "tls-resets"):
            reset(w)
        elif name == "speaks-first":
            await put(w, b"220 mail.example ESMTP\r\n")
        elif name == "no-tls":
            await r.read(1)
            await put(w, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        elif name == "tls-garbage":
            await r.read(1)
            await put(w, bytes(self.random.randrange(256) for _ in range(512)))
        elif name == "tls-silence":
            await asyncio.sleep(600)
        elif name == "tls-hangs-up":
            await r.read(1)

    async def read(self, r, first):
        try:
            head = await r.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as e:
            if e.partial:
                self.offend("half a request came: %r" % e.partial[:60])
            return None
        lines = head.decode("latin-1").split("\r\n")
        method, target, version = lines[0].split(" ", 2)
        headers = [(n.strip().lower(), v.strip()) for n, v in (h.split(":", 1) for h in lines[1:] if h)]
        length = next((int(v) for n, v in headers if n == "content-length"), 0)
        body = await r.readexactly(length)
        q = Request(method, target, version, headers, body)
        if not first:
            self.offend("a second request came on one connection: %s %s" % (method, target))
        self.look(q)
        return q

    def look(self, q):
        if q.version != "HTTP/1.1":
            self.offend("it speaks %s" % q.version)
        if not q.target.startswith("/"):
            self.offend("it asks as if of a proxy: %s" % q.target)
        for name in ("expect", "cookie", "proxy-authorization", "proxy-connection", "upgrade", "accept-encoding", "te",
                     "transfer-encoding"):
            if q.header(name) is not None:
                self.offend("it sends %s: %s" % (name, q.header(name)))
        if sum(n == "authorization" for n, _ in q.headers) > 1:
            self.offend("it sends two Authorization headers")
        for n, v in q.headers:
            if "canary" in v or base64.b64encode(b"canary")[:7].decode() in v:
                self.offend("it took %s from somewhere else: %s" % (n, v))


# ---- certificates -----------------------------------------------------------------

def make_certificates(folder):
    """An authority, and under it good, bad and odd certificates for 127.0.0.1 and localhost."""
    def run(*args):
        subprocess.run(("openssl",) + args, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def authority(name):
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
            "-out", name + ".pem", "-days", "30", "-subj", "/CN=tests " + name,
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def certificate(name, ca, san, *days):
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
            "-out", name + ".csr", "-subj", "/CN=" + name)
        with open(os.path.join(folder, name + ".ext"), "w") as f:
            f.write("subjectAltName=%s\nbasicConstraints=CA:FALSE\n" % san)
        run("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial",
            "-out", name + ".pem", "-extfile", name + ".ext", *days)

    here = "DNS:localhost,IP:127.0.0.1"
    authority("authority")
    authority("stranger")
    certificate("good", "authority", here, "-days", "30")
    certificate("expired", "authority", here, "-days", "-1")
    certificate("other-host", "authority", "DNS:blog.example,IP:127.0.0.2", "-days", "30")
    certificate("unknown-authority", "stranger", here, "-days", "30")
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "self-signed.key",
        "-out", "self-signed.pem", "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=" + here)
    later(folder, run)


def later(folder, run):
    """One that is good from next year on: openssl ca alone takes a first day."""
    day = time.gmtime(time.time() + 400 * 86400)
    with open(os.path.join(folder, "ca.conf"), "w") as f:
        f.write("[ca]\ndefault_ca=c\n[c]\nnew_certs_dir=.\ndatabase=index\nserial=serial\ndefault_md=sha256\n"
                "policy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
    open(os.path.join(folder, "index"), "w").close()
    with open(os.path.join(folder, "serial"), "w") as f:
        f.write("7001\n")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "not-yet.key",
        "-out", "not-yet.csr", "-subj", "/CN=not-yet")
    run("ca", "-batch", "-config", "ca.conf", "-cert", "authority.pem", "-keyfile", "authority.key", "-in", "not-yet.csr",
        "-out", "not-yet.pem", "-extfile", "good.ext", "-notext", "-startdate", time.strftime("%Y%m%d000000Z", day),
        "-enddate", time.strftime("%Y%m%d235959Z", day))


def tls_context(folder, kind="good"):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = kind if os.path.exists(os.path.join(folder, kind + ".pem")) else "good"
    ctx.load_cert_chain(os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key"))
    ctx.set_alpn_protocols(["h2", "http/1.1"])
    if kind == "tls-1.0":
        ctx.set_ciphers("ALL:@SECLEVEL=0")
        ctx.minimum_version = ctx.maximum_version = ssl.TLSVersion.TLSv1
    return ctx


# ---- by itself --------------------------------------------------------------------

async def main(port_file, log_file, control, folder=None):
    def note(label, q):
        with open(log_file, "a", encoding="utf-8") as f:
            f.write(label + "\n")

    def where(label):
        words = open(control).read().split(None, 1)
        return words[0] if words and (len(words) < 2 or words[1].strip() in label) else "none"

    site = Site()
    server = Server(site, where=where, log=note, tls=tls_context(folder) if folder else None)
    port = await server.start()
    site.base = "%s://127.0.0.1:%d" % ("https" if folder else "http", port)
    with open(port_file + ".new", "w") as f:
        f.write("%d\n" % port)
    os.rename(port_file + ".new", port_file)
    await asyncio.sleep(1 << 30)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
