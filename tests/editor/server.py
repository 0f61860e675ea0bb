#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A stand-in for a blog's editor: pages, uploads, drafts, posts, feed.

Listens on loopback only.  README.md in this folder says what is imitated,
what is known and what is guessed, and lists every knob of /_editor/set.
"""
import argparse
import hashlib
import html
import json
import os
import random
import signal
import socket
import string
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_BODY = 32 << 20
HANG_SECONDS = 600
FIRST_LOG_NO = 223900000001

# Every knob with its value at start; /_editor/set refuses any other name.
KNOBS = {
	'blog_id': 'myblog',
	'login': '1',           # 0, 1, or cookie
	'login_url': '',        # where a logged-out visitor is sent
	'layout': 'auto',       # auto, frame, top
	'typing': 'editable',   # editable, sink
	'boot': '150',          # ms until the editor is drawn
	'seed': '1',
	'twins': '1',
	'restore': '0',
	'help': '0',
	'late_popup': '0',
	'captcha': '0',         # 0, 1 (at load), save, publish
	'losing_links': '0',    # 0, 1 (paste), all (the link layer too)
	'losing_text': '0',     # every Nth paragraph typed loses its last letter
	'save_fails': '0',      # 0, 1 (silent), lie (count grows), error
	'save_new': '0',        # 1: every save makes another draft
	'stray_keys': '0',      # N: keys of the title that take the caret to the body
	'slow_image': '0',      # ms
	'image_fails': '0',     # 1: each upload fails
	'image_fails_at': '0',  # the Nth upload since the reset fails
	'image_stuck': '0',     # 1: the placeholder stays for ever
	'toggles': '',          # bold,strikethrough on at start
	'alert': '',
	'alert_at': 'load',     # load, save, publish
	'beforeunload': '0',
	'session_ends_after': '0',
	'publish_hangs': '0',   # 0, made, lost, made-load
	'publish_fails': '0',   # 0, 1 (error pop-up), silent
	'publish_as': '',       # the server lies: private, other-category
	'restricted': '0',      # 0, 1 (page), popup, save, publish
	'selector_gone': '',    # class/attr value to rename, for drift
	'leftover': '0',        # 1: the new editor is not empty
	'feed_fails': '0',
	'feed_delay': '0',      # posts show only after N more reads
	'categories': '게시판|쿠팡\u00a0추천|생활\u00a0정보\u00a0모음|여행',
}

IMAGE_MAGIC = (
	(b'\x89PNG\r\n\x1a\n', 'image/png'),
	(b'\xff\xd8\xff', 'image/jpeg'),
	(b'GIF8', 'image/gif'),
	(b'RIFF', 'image/webp'),
)


def sniff(body):
	for magic, kind in IMAGE_MAGIC:
		if body.startswith(magic):
			return kind
	return None


class State:
	"""Everything the server remembers; guarded by .lock."""

	def __init__(self, seed):
		self.lock = threading.RLock()
		self.random = random.Random(seed)
		self.suffixes = {}
		self.reset()

	def reset(self):
		with self.lock:
			self.knobs = dict(KNOBS)
			self.drafts = []
			self.posts = []
			self.uploads = []
			self.files = {}
			self.actions = 0
			self.next_draft = 1
			self.seen_draft_count = 0
			self.feed_reads = 0
			self.counts = dict.fromkeys((
				'editor_loads', 'saves', 'save_requests', 'publishes',
				'publish_requests', 'final_clicks', 'twin_clicks',
				'upload_requests', 'oglinks', 'feed_reads', 'login_pages',
				'restores', 'late_popups', 'pastes'), 0)

	def count(self, name):
		with self.lock:
			self.counts[name] = self.counts.get(name, 0) + 1

	def number(self, name):
		try:
			return int(self.knobs[name])
		except ValueError:
			return 0

	def suffix(self, name):
		"""The class name with this run's hash, as the build of a site makes."""
		with self.lock:
			if name not in self.suffixes:
				letters = string.ascii_letters + string.digits + '_'
				self.suffixes[name] = ''.join(
					self.random.choice(letters) for _ in range(5))
			return name + '__' + self.suffixes[name]

	def act(self):
		"""Counts one action; after the knob's number the login is gone."""
		with self.lock:
			self.actions += 1
			limit = self.number('session_ends_after')
			if limit and self.actions > limit:
				self.knobs['login'] = '0'

	def public(self):
		with self.lock:
			return {
				'knobs': self.knobs, 'drafts': self.drafts,
				'posts': self.posts, 'uploads': self.uploads,
				'counts': self.counts, 'actions': self.actions,
			}


STATE = None

# Names that carry a hash; the page gets them as a map.
HASHED = (
	'header', 'save_btn', 'save_count_btn', 'publish_btn', 'reserve_btn',
	'layer_publish', 'layer_content', 'category_btn', 'category_list',
	'category_item', 'option_open', 'tag_area', 'tag_item', 'time_area',
	'input_date', 'hour_option', 'minute_option', 'confirm_btn',
	'temp_save_layer', 'draft_item', 'draft_title', 'toast', 'text', 'btn_close',
)


def page(title, body, head=''):
	return ('<!DOCTYPE html>\n<html lang="ko"><head><meta charset="utf-8">'
		f'<title>{html.escape(title)}</title>{head}</head>'
		f'<body>{body}</body></html>\n')


def login_page():
	return page('네이버 : 로그인', '''
<h1>NAVER 로그인</h1>
<form id="frmNIDLogin" method="post" action="/_editor/login">
<input type="text" id="id" name="id" placeholder="아이디 또는 전화번호">
<input type="password" id="pw" name="pw" placeholder="비밀번호">
<button type="submit" id="log.login" class="btn_login">로그인</button></form>
<script>
setInterval(function () {
	fetch('/_editor/loggedin').then(function (r) { return r.json(); })
	.then(function (o) { if (o.in) top.location = '/MyBlog.naver'; })
	.catch(function () {});
}, 300);
</script>''')


def restricted_page():
	return page('네이버 블로그', '''<div class="error_wrap">
<strong>블로그 글쓰기 이용 제한</strong>
<p>운영정책 위반으로 글쓰기가 이용 제한 되었습니다.</p>
<a href="#">고객센터</a></div>''')


def frame_page(blog, source):
	return page(f'{blog} : 네이버 블로그', '<iframe id="mainFrame" '
		'name="mainFrame" title="메인 프레임" style="border:0;width:100%;'
		f'height:100vh;display:block" src="{html.escape(source)}"></iframe>',
		'<style>body{margin:0}</style>')


def editor_page():
	with STATE.lock:
		config = {
			'knobs': {k: v for k, v in STATE.knobs.items() if v != ''},
			'cls': {n: STATE.suffix(n) for n in HASHED},
			'categories': STATE.knobs['categories'].split('|'),
			'drafts': shown_draft_count(),
			'reserved': sum(1 for p in STATE.posts if p['reserved']),
		}
	blob = json.dumps(config).replace('<', '\\u003c')
	return page('글쓰기 : 네이버 블로그', '<div id="root"></div>'
		f'<script>window.EDITOR_CONFIG = {blob};</script>'
		'<script src="/_editor/editor.js"></script>',
		'<link rel="stylesheet" href="/_editor/editor.css">')


def shown_draft_count():
	return len(STATE.drafts) + STATE.seen_draft_count


def post_page(post):
	return page(post['title'], '<div class="se-viewer">'
		f'<h3 class="se-title-text">{html.escape(post["title"])}</h3>'
		f'<div class="se-main-container">{post["html"]}</div></div>')


def blog_page(blog):
	rows = ''.join(f'<li><a href="/{blog}/{p["logNo"]}">'
		f'{html.escape(p["title"])}</a></li>'
		for p in reversed(STATE.posts) if not p['reserved'])
	return page(f'{blog} : 네이버 블로그', f'<h1>{blog}</h1><ul>{rows}</ul>')


def feed(blog, base):
	items = []
	for p in reversed(STATE.posts):
		if p['reserved'] or p['visibility'] != 'open_public':
			continue
		if STATE.feed_reads <= p['seen_from']:
			continue
		text = p['text'][:200].replace(']]>', ']]]]><![CDATA[>')
		title = p['title'].replace(']]>', ']]]]><![CDATA[>')
		link = f'{base}/{blog}/{p["logNo"]}'
		items.append(
			'<item><author>' + blog + '</author>'
			f'<category><![CDATA[{p["category"]}]]></category>'
			f'<title><![CDATA[{title}]]></title>'
			f'<link><![CDATA[{link}?fromRss=true&trackingCode=rss]]></link>'
			f'<guid>{link}</guid>'
			f'<description><![CDATA[{text}]]></description>'
			f'<pubDate>{formatdate(p["at"], localtime=False)}</pubDate>'
			f'<tag><![CDATA[{",".join(p["tags"])}]]></tag></item>\n')
	return ('<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">'
		f'<channel><title><![CDATA[{blog}]]></title><link>{base}/{blog}</link>'
		'<description></description><language>ko</language>\n'
		+ ''.join(items) + '</channel></rss>\n')


def plain(text):
	return text.replace('\u00a0', ' ').replace('\u200b', '')


def tidy(value):
	"""The same JSON with no-break and zero-width spaces made plain."""
	if isinstance(value, str):
		return plain(value)
	if isinstance(value, list):
		return [tidy(v) for v in value]
	if isinstance(value, dict):
		return {k: tidy(v) for k, v in value.items()}
	return value


def words_of(components):
	lines = []
	for c in components:
		lines += [p['text'] for p in c.get('paragraphs', ())]
		lines += [cell for row in c.get('rows', ()) for cell in row]
	return '\n'.join(lines)


def save_draft(doc):
	STATE.count('save_requests')
	how = STATE.knobs['save_fails']
	if how == 'error':
		return {'error': '저장하지 못했습니다.'}
	if how != '0':
		if how == 'lie':
			STATE.seen_draft_count += 1
		return {'no': doc.get('no') or 0, 'count': shown_draft_count()}
	clean = tidy(doc)
	entry = next((d for d in STATE.drafts if d['no'] == doc.get('no')), None)
	if entry is None or STATE.knobs['save_new'] == '1':
		entry = {'no': STATE.next_draft}
		STATE.next_draft += 1
		STATE.drafts.append(entry)
	entry.update(title=clean['title'], components=clean['components'],
		html=doc['html'], text=words_of(clean['components']), at=time.time())
	STATE.count('saves')
	return {'no': entry['no'], 'count': shown_draft_count()}


def make_post(doc):
	clean = tidy(doc)
	layer = clean['layer']
	lie = STATE.knobs['publish_as']
	when = layer['time']
	post = {
		'logNo': str(FIRST_LOG_NO + len(STATE.posts)),
		'title': clean['title'], 'components': clean['components'],
		'html': doc['html'], 'text': words_of(clean['components']),
		'category': 'other' if lie == 'other-category' else layer['category'],
		'visibility': 'open_private' if lie == 'private'
			else layer['visibility'],
		'tags': layer['tags'], 'time': when, 'reserved': when != 'now',
		'at': time.time(), 'draft': doc.get('no') or 0,
		'seen_from': STATE.feed_reads + STATE.number('feed_delay'),
	}
	STATE.posts.append(post)
	STATE.drafts[:] = [d for d in STATE.drafts if d['no'] != post['draft']]
	STATE.count('publishes')
	return post


class Handler(BaseHTTPRequestHandler):
	protocol_version = 'HTTP/1.1'
	server_version = 'editor'

	def log_message(self, *args):
		if self.server.verbose:
			super().log_message(*args)

	# answers

	def answer(self, status, body, kind='text/html; charset=utf-8', more=()):
		if isinstance(body, str):
			body = body.encode()
		self.send_response(status)
		self.send_header('Content-Type', kind)
		self.send_header('Content-Length', str(len(body)))
		self.send_header('Cache-Control', 'no-store')
		for name, value in more:
			self.send_header(name, value)
		self.end_headers()
		if self.command != 'HEAD':
			self.wfile.write(body)

	def json(self, value, status=200):
		self.answer(status, json.dumps(value, ensure_ascii=False),
			'application/json; charset=utf-8')

	def go(self, where):
		self.answer(302, '', more=(('Location', where),))

	def base(self):
		return f'http://127.0.0.1:{self.server.server_port}'

	def logged_in(self):
		how = STATE.knobs['login']
		if how == 'cookie':
			return 'NID_SES=ok' in (self.headers.get('Cookie') or '')
		return how != '0'

	def to_login(self):
		where = STATE.knobs['login_url'] or \
			'/nidlogin/nid.naver.com/nidlogin.login'
		self.go(f'{where}?mode=form&url={quote(self.base() + self.path, "")}')

	def hang(self):
		"""Holds the connection without an answer."""
		end = time.monotonic() + HANG_SECONDS
		self.connection.settimeout(1)
		while time.monotonic() < end:
			try:
				if self.connection.recv(1) == b'':
					break
			except socket.timeout:
				continue
			except OSError:
				break
		self.close_connection = True

	def body(self):
		length = int(self.headers.get('Content-Length') or 0)
		if length < 0 or length > MAX_BODY:
			self.close_connection = True
			return None
		return self.rfile.read(length)

	# requests

	def do_HEAD(self):
		self.do_GET()

	def do_GET(self):
		parts = urlsplit(self.path)
		path = unquote(parts.path)
		query = parse_qs(parts.query, keep_blank_values=True)
		try:
			if path.startswith('/_editor/'):
				self.control(path[9:], query, b'')
			else:
				self.visit(path, query)
		except (BrokenPipeError, ConnectionResetError):
			self.close_connection = True

	def do_POST(self):
		parts = urlsplit(self.path)
		body = self.body()
		if body is None:
			self.answer(413, 'too large')
			return
		try:
			if parts.path.startswith('/_editor/'):
				self.control(parts.path[9:],
					parse_qs(parts.query, keep_blank_values=True), body)
			else:
				self.answer(404, 'no such page')
		except (BrokenPipeError, ConnectionResetError):
			self.close_connection = True

	def visit(self, path, query):
		blog = STATE.knobs['blog_id']
		fixed = {
			'/': self.see_front, '/MyBlog.naver': self.see_my_blog,
			'/GoBlogWrite.naver': self.see_go_write,
			'/PostWriteForm.naver': self.see_editor,
			'/PostView.naver': self.see_post,
			'/PostList.naver': self.see_list,
			f'/rss/{blog}.xml': self.see_feed,
			f'/{blog}.xml': self.see_feed,
			f'/{blog}': self.see_blog,
			f'/{blog}/': self.see_blog,
			f'/{blog}/postwrite': self.see_postwrite,
			f'/{blog}/drafts.json': self.see_drafts,
		}
		if path in fixed:
			fixed[path](query)
		elif path.startswith('/nidlogin'):
			STATE.count('login_pages')
			self.answer(200, login_page())
		elif path.startswith('/blogfiles.pstatic.net/'):
			self.see_file(path)
		elif path.startswith(f'/{blog}/') and path[len(blog) + 2:].isdigit():
			self.see_post({'logNo': [path[len(blog) + 2:]]})
		else:
			self.answer(404, page('없는 페이지', '페이지를 찾을 수 없습니다.'))

	def see_front(self, query):
		self.answer(200, page('네이버 블로그', '<h1>네이버 블로그</h1>'))

	def see_my_blog(self, query):
		STATE.act()
		if self.logged_in():
			self.go('/' + STATE.knobs['blog_id'])
		else:
			self.to_login()

	def see_go_write(self, query):
		if not self.logged_in():
			self.to_login()
		else:
			self.go(f'/{STATE.knobs["blog_id"]}?Redirect=Write')

	def see_blog(self, query):
		blog = STATE.knobs['blog_id']
		redirect = query.get('Redirect', [''])[0].lower()
		if redirect == 'write':
			if not self.logged_in():
				self.to_login()
			elif STATE.knobs['layout'] == 'top':
				self.go(f'/{blog}/postwrite')
			else:
				self.answer(200, frame_page(blog,
					f'/PostWriteForm.naver?blogId={blog}'))
		elif redirect == 'log':
			number = query.get('logNo', [''])[0]
			self.answer(200, frame_page(blog,
				f'/PostView.naver?blogId={blog}&logNo={number}'))
		else:
			self.answer(200, frame_page(blog, f'/PostList.naver?blogId={blog}'))

	def see_postwrite(self, query):
		if STATE.knobs['layout'] == 'frame':
			self.go(f'/{STATE.knobs["blog_id"]}?Redirect=Write')
		else:
			self.see_editor(query)

	def see_editor(self, query):
		STATE.act()
		if not self.logged_in():
			self.to_login()
		elif STATE.knobs['restricted'] == '1':
			self.answer(200, restricted_page())
		else:
			STATE.count('editor_loads')
			self.answer(200, editor_page())

	def see_post(self, query):
		if STATE.knobs['publish_hangs'] == 'made-load':
			self.hang()
			return
		number = query.get('logNo', [''])[0]
		with STATE.lock:
			post = next((p for p in STATE.posts if p['logNo'] == number), None)
		if post is None:
			self.answer(404, page('없는 글', '삭제되었거나 존재하지 않는 게시물입니다.'))
		else:
			self.answer(200, post_page(post))

	def see_list(self, query):
		with STATE.lock:
			text = blog_page(STATE.knobs['blog_id'])
		self.answer(200, text)

	def see_feed(self, query):
		with STATE.lock:
			STATE.count('feed_reads')
			STATE.feed_reads += 1
			text = feed(STATE.knobs['blog_id'], self.base())
			broken = STATE.knobs['feed_fails']
		if broken == 'hang':
			self.hang()
		elif broken != '0':
			self.answer(503, 'unavailable', 'text/plain')
		else:
			self.answer(200, text, 'text/xml; charset=utf-8')

	def see_drafts(self, query):
		if not self.logged_in():
			self.to_login()
			return
		with STATE.lock:
			self.json({'count': len(STATE.drafts), 'drafts': [
				{'no': d['no'], 'title': d['title'], 'saved': int(d['at'])}
				for d in reversed(STATE.drafts)]})

	def see_file(self, path):
		found = STATE.files.get(path)
		if found is None:
			self.answer(404, 'no such file', 'text/plain')
		else:
			self.answer(200, found[1], found[0])

	# what the page and the tests call

	def control(self, name, query, body):
		doors = {
			'state': self.do_state, 'reset': self.do_reset,
			'set': self.do_set, 'count': self.do_count,
			'login': self.do_login, 'loggedin': self.do_loggedin,
		}
		working = {
			'save': self.do_save, 'upload': self.do_upload,
			'publish': self.do_publish, 'oglink': self.do_oglink,
			'tick': self.do_tick, 'draft': self.do_draft,
			'drafts': self.do_draft_list,
		}
		if name in ('editor.js', 'editor.css'):
			self.send_part(name)
		elif name in doors:
			doors[name](query, body)
		elif name in working:
			STATE.act()
			if self.logged_in():
				working[name](query, body)
			else:
				self.json({'error': 'login'}, 401)
		else:
			self.answer(404, 'no such door')

	def send_part(self, name):
		kind = 'text/css' if name.endswith('css') else 'text/javascript'
		with open(os.path.join(HERE, name), encoding='utf-8') as part:
			text = part.read()
		for gone in STATE.knobs['selector_gone'].split(','):
			if gone:
				text = text.replace(gone, 'gone-' + gone[::-1])
		self.answer(200, text, kind + '; charset=utf-8')

	def do_state(self, query, body):
		with STATE.lock:
			self.json(STATE.public())

	def do_reset(self, query, body):
		if self.command != 'POST':
			self.answer(405, 'POST only')
			return
		STATE.reset()
		self.json({'ok': True})

	def do_set(self, query, body):
		wanted = dict(query)
		if body:
			wanted.update(parse_qs(body.decode(), keep_blank_values=True))
		bad = [k for k in wanted if k not in KNOBS]
		if bad:
			self.json({'error': 'no such knob: ' + ', '.join(bad)}, 400)
			return
		with STATE.lock:
			for key, values in wanted.items():
				STATE.knobs[key] = values[-1]
				if key == 'session_ends_after':
					STATE.actions = 0
			self.json(STATE.knobs)

	def do_count(self, query, body):
		STATE.count(query.get('what', ['?'])[0])
		self.json({'ok': True})

	def do_login(self, query, body):
		"""The owner's own hand: no password is looked at."""
		with STATE.lock:
			cookie = STATE.knobs['login'] == 'cookie'
			if not cookie:
				STATE.knobs['login'] = '1'
		more = [('Location', '/MyBlog.naver')]
		if cookie:
			more.append(('Set-Cookie', 'NID_SES=ok; Path=/; Max-Age=864000'))
		self.answer(303, '', more=more)

	def do_loggedin(self, query, body):
		self.json({'in': self.logged_in()})

	def do_tick(self, query, body):
		self.json({'ok': True})

	def do_draft_list(self, query, body):
		with STATE.lock:
			self.json([{'no': d['no'], 'title': d['title'], 'at': d['at']}
				for d in reversed(STATE.drafts)])

	def do_draft(self, query, body):
		number = query.get('no', ['0'])[0]
		with STATE.lock:
			found = [d for d in STATE.drafts if str(d['no']) == number]
			self.json(found[0] if found else {'error': 'gone'})

	def do_save(self, query, body):
		doc = json.loads(body)
		with STATE.lock:
			reply = save_draft(doc)
			for name in ('captcha', 'restricted'):
				if STATE.knobs[name] == 'save':
					reply[name] = True
			if STATE.knobs['alert_at'] == 'save' and STATE.knobs['alert']:
				reply['alert'] = STATE.knobs['alert']
		self.json(reply)

	def do_upload(self, query, body):
		name = os.path.basename(query.get('name', ['image'])[0])
		with STATE.lock:
			STATE.count('upload_requests')
			nth = STATE.counts['upload_requests']
			wait = STATE.number('slow_image') / 1000
			fails = STATE.knobs['image_fails'] != '0' or \
				STATE.number('image_fails_at') == nth
			stuck = STATE.knobs['image_stuck'] != '0'
		if stuck:
			self.hang()
			return
		time.sleep(min(wait, HANG_SECONDS))
		kind = sniff(body)
		if fails or kind is None:
			self.json({'error': '이미지 업로드에 실패했습니다.'}, 500)
			return
		digest = hashlib.sha256(body).hexdigest()
		where = f'/blogfiles.pstatic.net/{nth}_{digest[:12]}/{name}'
		with STATE.lock:
			STATE.files[where] = (kind, body)
			STATE.uploads.append({'name': name, 'size': len(body),
				'type': kind, 'sha256': digest, 'src': where})
		self.json({'src': quote(where) + '?type=w1'})

	def do_oglink(self, query, body):
		STATE.count('oglinks')
		url = json.loads(body).get('url', '')
		parts = urlsplit(url)
		if parts.scheme not in ('http', 'https') or not parts.netloc:
			self.json({'error': '올바른 URL이 아닙니다.'})
			return
		time.sleep(0.1)
		self.json({'url': url, 'title': parts.netloc, 'site': parts.netloc})

	def do_publish(self, query, body):
		doc = json.loads(body)
		with STATE.lock:
			knobs = dict(STATE.knobs)
			STATE.count('publish_requests')
			refused = {
				'captcha': knobs['captcha'] == 'publish',
				'restricted': knobs['restricted'] == 'publish',
				'failed': knobs['publish_fails'] == '1',
				'silent': knobs['publish_fails'] == 'silent',
			}
			reply = {k: v for k, v in refused.items() if v}
			if knobs['alert_at'] == 'publish' and knobs['alert']:
				reply['alert'] = knobs['alert']
			if any(refused.values()) or knobs['publish_hangs'] == 'lost':
				post = None
			else:
				post = make_post(doc)
		if knobs['publish_hangs'] in ('made', 'lost'):
			self.hang()
			return
		if post:
			reply['logNo'] = post['logNo']
			reply['blogId'] = knobs['blog_id']
		self.json(reply)


class Server(ThreadingHTTPServer):
	daemon_threads = True
	request_queue_size = 64
	verbose = False


def watch_parent(parent):
	while os.getppid() == parent:
		time.sleep(0.5)
	os._exit(0)


def main():
	global STATE
	args = argparse.ArgumentParser(description='stand-in for a blog editor')
	args.add_argument('--port', type=int, default=0)
	args.add_argument('--port-file', help='written once the port is open')
	args.add_argument('--seed', type=int, help='of the hashed class names')
	args.add_argument('--verbose', action='store_true')
	args = args.parse_args()
	STATE = State(args.seed if args.seed is not None else os.urandom(8))
	server = Server(('127.0.0.1', args.port), Handler)
	server.verbose = args.verbose
	for number in (signal.SIGTERM, signal.SIGINT):
		signal.signal(number, lambda *_: os._exit(0))
	threading.Thread(target=watch_parent, args=(os.getppid(),),
		daemon=True).start()
	if args.port_file:
		with open(args.port_file + '.new', 'w', encoding='ascii') as out:
			out.write(f'{server.server_port}\n')
		os.rename(args.port_file + '.new', args.port_file)
	else:
		print(server.server_port, flush=True)
	server.serve_forever()


if __name__ == '__main__':
	sys.exit(main())
