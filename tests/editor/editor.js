/* SPDX-License-Identifier: MIT */
/* The stand-in's page: see README.md for what is known and what is guessed. */
(function () {
'use strict';

var C = window.EDITOR_CONFIG;
var K = C.knobs;
var cls = C.cls;
var ZWSP = '\u200b';
var NBSP = '\u00a0';
var root = document.getElementById('root');

/* The document's own state. */
var style = { bold: false, strike: false, fs: 15 };
var caret = null;		/* { p, start, endp, end }: the last one seen */
var current_draft = 0;
var dirty = false;
var wrap, title_module, sink, count_button, layer = null, draft_layer = null;
var hidden_boxes = [];		/* the twins: shown to nobody, counted if hit */
var serial = 0;
var typed_paragraphs = 0;
var strays = 0;

function on(name) { return K[name] && K[name] !== '0'; }
function num(name) { return parseInt(K[name], 10) || 0; }
function id() { serial += 1; return 'SE-' + serial.toString(16) + '-a1b2'; }

function make(html, doc) {
	var t = (doc || document).createElement('template');
	t.innerHTML = html.trim();
	return t.content.firstElementChild;
}

function esc(s) {
	return s.replace(/&/g, '&amp;').replace(/</g, '&lt;')
		.replace(/"/g, '&quot;');
}

/* A small seeded generator, so that a run can be had again. */
var rng_state = num('seed') >>> 0;
function rng() {
	rng_state = (rng_state + 0x6D2B79F5) >>> 0;
	var t = rng_state;
	t = Math.imul(t ^ (t >>> 15), t | 1);
	t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
	return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

/* The server. */

function to_login() {
	window.onbeforeunload = null;
	top.location = '/MyBlog.naver';
}

function call(door, body, raw) {
	var how = { method: 'POST' };
	if (body !== undefined)
		how.body = raw ? body : JSON.stringify(body);
	return fetch('/_editor/' + door, how).then(function (r) {
		if (r.status === 401) {
			to_login();
			throw new Error('login');
		}
		return r.json();
	});
}

function quiet() {}

function count(what) {
	fetch('/_editor/count?what=' + what, { method: 'POST', keepalive: true })
		.catch(quiet);
}

/* Runs: a paragraph as a list of { text, bold, strike, italic, fs, link }. */

function same_look(a, b) {
	return !a.bold === !b.bold && !a.strike === !b.strike &&
		!a.italic === !b.italic && (a.fs || 15) === (b.fs || 15) &&
		(a.link || '') === (b.link || '');
}

function look_of(node, p) {
	var look = { fs: 15 };
	for (var e = node.parentNode; e && e !== p; e = e.parentNode) {
		var tag = e.tagName;
		if (tag === 'B' || tag === 'STRONG')
			look.bold = true;
		if (tag === 'STRIKE' || tag === 'S' || tag === 'DEL')
			look.strike = true;
		if (tag === 'I' || tag === 'EM')
			look.italic = true;
		if (e.classList.contains('se-link'))
			look.link = e.getAttribute('data-href');
		var m = /\bse-fs(\d+)\b/.exec(e.className);
		if (m)
			look.fs = +m[1];
	}
	return look;
}

function join_runs(runs) {
	var out = [];
	runs.forEach(function (r) {
		var last = out[out.length - 1];
		if (r.text === '')
			return;
		if (last && same_look(last, r))
			last.text += r.text;
		else
			out.push(Object.assign({}, r));
	});
	return out;
}

function runs_of(p) {
	var walk = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
	var runs = [];
	while (walk.nextNode()) {
		var run = look_of(walk.currentNode, p);
		run.text = walk.currentNode.data.split(ZWSP).join('');
		runs.push(run);
	}
	return join_runs(runs);
}

function node_of(run) {
	var span = document.createElement('span');
	span.className = 'se-ff-nanumgothic se-fs' + (run.fs || 15) + ' __se-node';
	span.id = id();
	var at = span;
	[['bold', 'b'], ['italic', 'i'], ['strike', 'strike']].forEach(
	function (pair) {
		if (run[pair[0]])
			at = at.appendChild(document.createElement(pair[1]));
	});
	if (run.link) {
		var link = document.createElement('span');
		link.className = 'se-link';
		link.setAttribute('data-href', run.link);
		at = at.appendChild(link);
	}
	at.appendChild(document.createTextNode(run.text));
	return span;
}

function set_runs(p, runs) {
	runs = join_runs(runs);
	p.textContent = '';
	if (!runs.length)
		runs = [{ text: ZWSP, fs: style.fs }];
	runs.forEach(function (r) { p.appendChild(node_of(r)); });
	placeholder(p.parentNode);
}

function length_of(runs) {
	return runs.reduce(function (n, r) { return n + r.text.length; }, 0);
}

function cut_runs(runs, from, to) {
	var at = 0, out = [];
	runs.forEach(function (r) {
		var a = Math.max(from - at, 0);
		var b = Math.min(to - at, r.text.length);
		if (a < b)
			out.push(Object.assign({}, r, { text: r.text.slice(a, b) }));
		at += r.text.length;
	});
	return out;
}

function new_p(runs) {
	var p = document.createElement('p');
	p.className = 'se-text-paragraph se-text-paragraph-align-left';
	p.id = id();
	set_runs(p, runs || []);
	return p;
}

function text_of(p) {
	return runs_of(p).map(function (r) { return r.text; }).join('');
}

function paragraphs(module) {
	return Array.prototype.filter.call(module.children, function (e) {
		return e.classList.contains('se-text-paragraph');
	});
}

function placeholder(module) {
	if (!module || !module.querySelector)
		return;
	var mark = module.parentNode &&
		module.parentNode.querySelector('.se-placeholder');
	if (!mark)
		return;
	var empty = paragraphs(module).every(function (p) {
		return text_of(p) === '';
	});
	mark.style.display = empty ? '' : 'none';
}

/* The caret: kept as paragraph and offset, without zero-width spaces. */

function p_of(node) {
	var e = node && (node.nodeType === 1 ? node : node.parentNode);
	return e && e.closest ? e.closest('.se-text-paragraph') : null;
}

function offset_in(p, node, offset) {
	var r = document.createRange();
	r.selectNodeContents(p);
	r.setEnd(node, offset);
	return r.toString().split(ZWSP).join('').length;
}

function place_in(p, offset) {
	var walk = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
	var last = null;
	while (walk.nextNode()) {
		var n = walk.currentNode;
		var len = n.data.split(ZWSP).join('').length;
		last = n;
		if (offset <= len && !(offset === 0 && len === 0 && n.nextSibling))
			return [n, n.data[0] === ZWSP ? n.data.length : offset];
		offset -= len;
	}
	return last ? [last, last.data.length] : [p, 0];
}

function set_caret(p, start, end) {
	var a = place_in(p, start);
	var b = end === undefined ? a : place_in(p, end);
	caret = { p: p, start: start, endp: p,
		end: end === undefined ? start : end };
	getSelection().setBaseAndExtent(a[0], a[1], b[0], b[1]);
}

function module_of(p) { return p.parentNode; }

function caret_end(module) {
	var list = paragraphs(module);
	var p = list[list.length - 1];
	if (K.typing === 'sink')
		sink.contentDocument.body.focus();
	else
		module.focus();
	set_caret(p, text_of(p).length);
}

function remember() {
	var s = getSelection();
	if (!s.rangeCount || !wrap)
		return;
	var r = s.getRangeAt(0);
	var a = p_of(r.startContainer), b = p_of(r.endContainer);
	if (!a && r.startContainer.nodeType === 1) {
		var m = r.startContainer.closest('.se-module-text');
		a = m && paragraphs(m)[Math.min(r.startOffset,
			paragraphs(m).length - 1)];
	}
	if (!a || !wrap.contains(a))
		return;
	if (!b || module_of(b) !== module_of(a))
		b = a;
	caret = { p: a, start: offset_in(a, r.startContainer, r.startOffset),
		endp: b, end: offset_in(b, r.endContainer, r.endOffset) };
}

/* Changes at the caret. */

function live() {
	if (caret && caret.p.isConnected && caret.endp.isConnected)
		return true;
	caret = null;
	return false;
}

function drop_selection() {
	if (!live() || (caret.p === caret.endp && caret.start === caret.end))
		return;
	var head = cut_runs(runs_of(caret.p), 0, caret.start);
	var tail = cut_runs(runs_of(caret.endp), caret.end, Infinity);
	while (caret.p !== caret.endp && caret.p.nextElementSibling) {
		var next = caret.p.nextElementSibling;
		var was_last = next === caret.endp;
		next.remove();
		if (was_last)
			break;
	}
	set_runs(caret.p, head.concat(tail));
	set_caret(caret.p, caret.start);
}

function in_title(p) { return title_module && title_module.contains(p); }

function insert_runs(runs) {
	drop_selection();
	var p = caret.p, at = caret.start, all = runs_of(p);
	set_runs(p, cut_runs(all, 0, at).concat(runs,
		cut_runs(all, at, Infinity)));
	set_caret(p, at + length_of(runs));
	dirty = true;
}

/* Spaces go in as the real one stores them when typed: not breaking. */
function insert_text(text) {
	if (!live())
		return;
	if (strays < num('stray_keys') && in_title(caret.p)) {
		strays += 1;
		caret_end(first_text_module());
	}
	var look = in_title(caret.p) ? { fs: 15 } : {
		bold: style.bold, strike: style.strike, fs: style.fs };
	look.text = text.replace(/ /g, NBSP);
	insert_runs([look]);
}

function lose_text(p) {
	typed_paragraphs += 1;
	if (!num('losing_text') || typed_paragraphs % num('losing_text'))
		return;
	var runs = runs_of(p);
	set_runs(p, cut_runs(runs, 0, Math.max(length_of(runs) - 1, 0)));
}

function enter() {
	if (!live())
		return;
	drop_selection();
	if (in_title(caret.p)) {
		caret_end(first_text_module());
		return;
	}
	var p = caret.p, all = runs_of(p);
	var next = new_p(cut_runs(all, caret.start, Infinity));
	set_runs(p, cut_runs(all, 0, caret.start));
	if (caret.start === length_of(all))
		lose_text(p);
	p.after(next);
	placeholder(module_of(p));
	set_caret(next, 0);
	next.scrollIntoView({ block: 'nearest' });
	dirty = true;
	call('tick').catch(quiet);
}

function backspace() {
	if (!live())
		return;
	if (caret.p !== caret.endp || caret.start !== caret.end) {
		drop_selection();
		return;
	}
	var p = caret.p, all = runs_of(p);
	if (caret.start > 0) {
		set_runs(p, cut_runs(all, 0, caret.start - 1)
			.concat(cut_runs(all, caret.start, Infinity)));
		set_caret(p, caret.start - 1);
		return;
	}
	var before = p.previousElementSibling;
	if (!before || !before.classList.contains('se-text-paragraph'))
		return;
	var runs = runs_of(before), at = length_of(runs);
	p.remove();
	set_runs(before, runs.concat(all));
	set_caret(before, at);
}

function delete_forward() {
	if (live() && caret.p === caret.endp && caret.start === caret.end) {
		if (caret.start >= text_of(caret.p).length)
			return;
		caret.end = caret.start + 1;
	}
	drop_selection();
}

function select_module() {
	if (!live())
		return;
	var list = paragraphs(module_of(caret.p));
	var last = list[list.length - 1];
	var a = place_in(list[0], 0), b = place_in(last, text_of(last).length);
	getSelection().setBaseAndExtent(a[0], a[1], b[0], b[1]);
	caret = { p: list[0], start: 0, endp: last, end: text_of(last).length };
}

/* Sets one property on the selected text. */
function paint(name, value) {
	if (!live() || caret.p !== caret.endp || caret.start === caret.end)
		return false;
	var all = runs_of(caret.p), a = caret.start, b = caret.end;
	var mid = cut_runs(all, a, b);
	mid.forEach(function (r) { r[name] = value; });
	set_runs(caret.p, cut_runs(all, 0, a).concat(mid,
		cut_runs(all, b, Infinity)));
	set_caret(caret.p, a, b);
	dirty = true;
	return true;
}

/* Components. */

function module_html(more) {
	var free = K.typing === 'sink' ? '' : ' contenteditable="true"';
	return '<div class="se-module se-module-text __se-unit ' + (more || '') +
		'"' + free + '></div>';
}

function component(kind, inner) {
	return make('<div class="se-component se-' + kind + ' se-l-default" ' +
		'data-compid="' + id() + '"><div class="se-component-content">' +
		'<div class="se-section se-section-' + kind + ' se-l-default">' +
		inner + '</div></div></div>');
}

function fill(module, ps) {
	(ps && ps.length ? ps : [new_p()]).forEach(function (p) {
		module.appendChild(p);
	});
}

function new_text(ps) {
	var c = component('text', module_html());
	fill(c.querySelector('.se-module'), ps);
	return c;
}

function new_quotation(ps) {
	var c = component('quotation', '<blockquote class="se-quotation-container">' +
		module_html('se-quote') + module_html('se-cite') + '</blockquote>');
	fill(c.querySelector('.se-quote'), ps);
	fill(c.querySelector('.se-cite'));
	return c;
}

function new_line() {
	return component('horizontalLine',
		'<div class="se-module se-module-horizontalLine">' +
		'<hr class="se-hr"></div>');
}

function new_table(rows) {
	var c = component('table', '<div class="se-table-container">' +
		'<table class="se-table-content"><tbody></tbody></table></div>');
	var body = c.querySelector('tbody');
	rows.forEach(function (row) {
		var tr = body.appendChild(make(
			'<table><tr class="se-tr"></tr></table>').querySelector('tr'));
		row.forEach(function (ps) {
			var td = document.createElement('td');
			td.className = 'se-cell';
			td.innerHTML = module_html();
			fill(td.firstChild, ps);
			tr.appendChild(td);
		});
	});
	return c;
}

function new_image(src, name) {
	var c = component('image', '<div class="se-module se-module-image">' +
		'<img class="se-image-resource" alt="" src="' + esc(src) + '"></div>' +
		'<div class="se-caption-area">' + module_html('se-caption') + '</div>');
	c.name = name;
	fill(c.querySelector('.se-caption'));
	return c;
}

function new_card(info) {
	var c = component('oglink', '<div class="se-module se-module-oglink">' +
		'<a class="se-oglink-info" target="_blank"><div ' +
		'class="se-oglink-info-container"><strong class="se-oglink-title">' +
		'</strong><p class="se-oglink-summary"></p><p class="se-oglink-url">' +
		'</p></div></a></div>');
	c.querySelector('a').setAttribute('href', info.url);
	c.querySelector('.se-oglink-title').textContent = info.title;
	c.querySelector('.se-oglink-url').textContent = info.site;
	return c;
}

function components() {
	return Array.prototype.filter.call(wrap.children, function (c) {
		return c.classList.contains('se-component') &&
			!c.classList.contains('se-documentTitle') &&
			hidden_boxes.indexOf(c) < 0;
	});
}

function is_text(c) { return c && c.classList.contains('se-text'); }

function first_text_module() {
	var c = components().filter(is_text)[0];
	return c.querySelector('.se-module-text');
}

function ensure_end() {
	var list = components();
	if (!is_text(list[list.length - 1]))
		wrap.appendChild(new_text());
	list = components();
	return list[list.length - 1];
}

/*
 * Where a new component goes: splits the text component that holds the caret
 * and returns the component after which to put it.
 */
function split_here() {
	var list = components(), last = list[list.length - 1];
	if (!live() || in_title(caret.p))
		return is_empty(last) && list.length > 1 ?
			last.previousElementSibling : last;
	var c = caret.p.closest('.se-component');
	if (!is_text(c))
		return c;
	drop_selection();
	var module = module_of(caret.p), all = runs_of(caret.p);
	var rest = paragraphs(module);
	rest = rest.slice(rest.indexOf(caret.p) + 1);
	if (caret.start < length_of(all)) {
		rest.unshift(new_p(cut_runs(all, caret.start, Infinity)));
		set_runs(caret.p, cut_runs(all, 0, caret.start));
	}
	if (rest.length)
		c.after(new_text(rest));
	return c;
}

function is_empty(c) {
	var list = is_text(c) ? paragraphs(c.querySelector('.se-module-text')) : [];
	return list.length === 1 && text_of(list[0]) === '';
}

/* Puts components at the caret; an empty text before them is taken away. */
function put(list) {
	var at = split_here();
	var gone = is_empty(at) ? at : null;
	list.forEach(function (c) { at.after(c); at = c; });
	if (gone)
		gone.remove();
	if (!is_text(at.nextElementSibling) && !is_text(at))
		at.after(new_text());
	ensure_end();
	dirty = true;
	at.scrollIntoView({ block: 'nearest' });
	return at;
}

function after(c) {
	var next = is_text(c) ? c : c.nextElementSibling;
	var module = next.querySelector('.se-module-text');
	if (next === c) {
		caret_end(module);
		return;
	}
	caret_end(module);
	set_caret(paragraphs(module)[0], 0);
}

/* Pasting: HTML to components. */

function paste_runs(node, look, out) {
	node.childNodes.forEach(function (n) {
		if (n.nodeType === 3) {
			var text = n.data.replace(/[ \t\r\n]+/g, ' ');
			out.push(Object.assign({}, look, { text: text }));
			return;
		}
		if (n.nodeType !== 1)
			return;
		var l = Object.assign({}, look);
		if (/^(B|STRONG)$/.test(n.tagName)) l.bold = true;
		if (/^(I|EM)$/.test(n.tagName)) l.italic = true;
		if (/^(S|DEL|STRIKE)$/.test(n.tagName)) l.strike = true;
		if (n.tagName === 'A' && !on('losing_links'))
			l.link = n.getAttribute('href');
		paste_runs(n, l, out);
	});
	return out;
}

function trim_runs(runs) {
	runs = join_runs(runs);
	if (runs.length) {
		runs[0].text = runs[0].text.replace(/^ +/, '');
		var last = runs[runs.length - 1];
		last.text = last.text.replace(/ +$/, '');
	}
	return join_runs(runs);
}

var BLOCK = /^(P|DIV|H[1-6]|UL|OL|LI|BLOCKQUOTE|HR|TABLE|SECTION|FIGURE|IMG)$/;

function paste_blocks(node, out) {
	var loose = document.createElement('div');
	function flush() {
		var runs = trim_runs(paste_runs(loose, {}, []));
		if (runs.length)
			out.push({ p: new_p(runs) });
		loose.textContent = '';
	}
	Array.prototype.slice.call(node.childNodes).forEach(function (n) {
		if (n.nodeType !== 1 || !BLOCK.test(n.tagName)) {
			if (n.tagName === 'BR')
				flush();
			else
				loose.appendChild(n.cloneNode(true));
			return;
		}
		flush();
		paste_block(n, out);
	});
	flush();
}

function paste_block(n, out) {
	var tag = n.tagName;
	if (tag === 'HR') {
		out.push({ c: new_line() });
	} else if (tag === 'IMG') {
		out.push({ c: new_image(n.getAttribute('src') || '', '') });
	} else if (tag === 'BLOCKQUOTE') {
		var inner = [];
		paste_blocks(n, inner);
		out.push({ c: new_quotation(inner.filter(function (b) { return b.p; })
			.map(function (b) { return b.p; })) });
	} else if (tag === 'TABLE') {
		out.push({ c: new_table(Array.prototype.map.call(n.rows,
		function (row) {
			return Array.prototype.map.call(row.cells, function (cell) {
				return [new_p(trim_runs(paste_runs(cell, {}, [])))];
			});
		})) });
	} else if (/^H[1-6]$/.test(tag)) {
		out.push({ p: new_p(trim_runs(paste_runs(n,
			{ bold: true, fs: 24 }, []))) });
	} else if (n.querySelector('p,div,h1,h2,h3,ul,ol,li,blockquote,hr,table,img')) {
		paste_blocks(n, out);
	} else {
		out.push({ p: new_p(trim_runs(paste_runs(n, {}, []))) });
	}
}

function paste_inline(blocks) {
	blocks.forEach(function (b, i) {
		if (i)
			enter();
		insert_runs(runs_of(b.p));
	});
}

function paste(html, text) {
	count('pastes');
	if (!live())
		return;
	var blocks = [];
	if (html) {
		var doc = new DOMParser().parseFromString(html, 'text/html');
		paste_blocks(doc.body, blocks);
	} else {
		text.replace(/\r/g, '').split('\n').forEach(function (line) {
			blocks.push({ p: new_p([{ text: line }]) });
		});
	}
	var plain = blocks.every(function (b) { return b.p; });
	if (plain || in_title(caret.p)) {
		paste_inline(blocks.filter(function (b) { return b.p; }));
		return;
	}
	var list = [], ps = [];
	blocks.concat([{}]).forEach(function (b) {
		if (b.p) {
			ps.push(b.p);
			return;
		}
		if (ps.length)
			list.push(new_text(ps));
		ps = [];
		if (b.c)
			list.push(b.c);
	});
	after(put(list));
}

function on_paste(e) {
	/* On the page itself only the owner's own paste counts. */
	if (e.target.ownerDocument === document && !e.isTrusted)
		return;
	var field = e.target.closest && e.target.closest('input, textarea');
	if (field)
		return;
	e.preventDefault();
	var data = e.clipboardData;
	if (data)
		paste(data.getData('text/html'), data.getData('text/plain'));
}

/* Keys. */

function toggle(name) {
	style[name] = !style[name];
	paint(name, style[name]);
	show_toggles();
}

function show_toggles() {
	['bold', 'strike'].forEach(function (name) {
		var b = root.tools[name];
		b.classList.toggle('se-is-selected', style[name]);
		b.setAttribute('aria-pressed', String(style[name]));
	});
}

function next_cell(back) {
	var cell = live() && caret.p.closest('.se-cell');
	if (!cell)
		return false;
	var all = Array.prototype.slice.call(
		cell.closest('table').querySelectorAll('.se-cell'));
	var to = all[all.indexOf(cell) + (back ? -1 : 1)];
	if (to)
		caret_end(to.querySelector('.se-module-text'));
	return true;
}

function move_out(down) {
	var modules = Array.prototype.filter.call(
		wrap.querySelectorAll('.se-module-text'), function (m) {
			return m.offsetParent !== null;
		});
	var at = modules.indexOf(module_of(caret.p));
	var to = modules[at + (down ? 1 : -1)];
	if (!to)
		return;
	caret_end(to);
	if (down)
		set_caret(paragraphs(to)[0], 0);
}

/* An arrow at the edge of a module goes on to the next one. */
function arrow(e, key) {
	if (!live() || e.shiftKey)
		return false;
	var list = paragraphs(module_of(caret.p));
	if (key === 'ArrowDown' && caret.endp === list[list.length - 1]) {
		move_out(true);
		return true;
	}
	if (key === 'ArrowUp' && caret.p === list[0]) {
		move_out(false);
		return true;
	}
	return false;
}

var MOVES = {
	ArrowLeft: ['backward', 'character'], ArrowRight: ['forward', 'character'],
	ArrowUp: ['backward', 'line'], ArrowDown: ['forward', 'line'],
	Home: ['backward', 'lineboundary'], End: ['forward', 'lineboundary'],
};

function on_key(e) {
	var sinking = e.target.ownerDocument !== document;
	var key = e.key, ctrl = e.ctrlKey || e.metaKey;
	if (!sinking && !e.target.isContentEditable)
		return;
	if (e.isComposing)
		return;
	if (!sinking)
		remember();
	if (key === 'Enter')
		enter();
	else if (ctrl && key === 'b')
		toggle('bold');
	else if (key === 'Tab' && next_cell(e.shiftKey))
		quiet();
	else if (ctrl && key === 'a' && sinking)
		select_module();
	else if (key === 'Backspace')
		backspace();
	else if (key === 'Delete')
		delete_forward();
	else if (ctrl && key === 'End')
		caret_end(ensure_end().querySelector('.se-module-text'));
	else if (!arrow(e, key) && !(sinking && MOVES[key]))
		return;
	else if (sinking && MOVES[key] && live() && e.shiftKey)
		getSelection().modify('extend', MOVES[key][0], MOVES[key][1]);
	else if (sinking && MOVES[key] && !/^Arrow(Up|Down)$/.test(key))
		getSelection().modify('move', MOVES[key][0], MOVES[key][1]);
	e.preventDefault();
}

function on_input(e) {
	if (e.target.ownerDocument === document && !e.target.isContentEditable)
		return;
	/* The event of a selection comes late on a busy machine, the selection not. */
	if (K.typing !== 'sink')
		remember();
	if (e.inputType === 'insertText' && e.data) {
		e.preventDefault();
		insert_text(e.data);
	} else if (/^insertParagraph|^insertLineBreak/.test(e.inputType)) {
		e.preventDefault();
		enter();
	} else if (/^delete/.test(e.inputType)) {
		e.preventDefault();
		drop_selection();
	}
}

/* Pop-ups. */

function popup(doc, more, body, buttons) {
	var box = make('<div class="se-popup ' + more + '" tabindex="-1" ' +
		'style="position:fixed;inset:0;z-index:100;outline:0">' +
		'<div class="se-popup-dim" style="position:absolute;inset:0;' +
		'background:rgba(0,0,0,.4)"></div><div class="se-popup-container" ' +
		'style="position:absolute;left:20%;top:20%;width:320px;padding:16px;' +
		'background:#fff"><div class="se-popup-content">' + body + '</div>' +
		'<div class="se-popup-button-container"></div></div></div>', doc);
	var row = box.querySelector('.se-popup-button-container');
	buttons.forEach(function (b) {
		var e = make('<button type="button" class="se-popup-button ' + b[0] +
			'"><span class="se-popup-button-text">' + b[1] +
			'</span></button>', doc);
		e.addEventListener('click', function () { b[2](box); });
		row.appendChild(e);
	});
	box = doc.adoptNode(box);
	doc.body.appendChild(box);
	if (document.activeElement)
		document.activeElement.blur();
	box.focus();
	return box;
}

function close_box(box) { box.remove(); }

function twin_of(html) {
	var box = make('<div style="display:none">' + html + '</div>');
	hidden_boxes.push(box);
	return box;
}

function notice(text) {
	popup(document, 'se-popup-alert', '<p class="se-popup-text">' + esc(text) +
		'</p>', [['se-popup-button-confirm', '확인', close_box]]);
}

function restore_popup(doc) {
	var box = popup(doc, 'se-popup-alert se-popup-alert-confirm',
		'<strong class="se-popup-title">작성 중인 글이 있습니다.</strong>' +
		'<p class="se-popup-text">작성 중인 글을 이어서 작성하시겠습니까?</p>', [
		['se-popup-button-cancel', '취소', close_box],
		['se-popup-button-confirm', '확인', function (b) {
			count('restores');
			show_document({ title: '예전에 쓰던 글', components: [
				{ type: 'text', paragraphs: [{ runs: [
				{ text: '예전에 쓰던 본문입니다.' }] }] }] });
			b.remove();
		}]]);
	return box;
}

function help_panel() {
	var box = make('<aside class="se-help-panel se-is-on" role="dialog">' +
		'<button type="button" class="se-help-panel-close-button">' +
		'<span class="se-blind">닫기</span>X</button>' +
		'<h1 class="se-help-title">도움말</h1><p>스마트에디터 ONE</p></aside>');
	box.querySelector('button').addEventListener('click', function () {
		box.remove();
	});
	document.body.appendChild(box);
}

function toast(text) {
	var box = make('<div class="ed-toast ' + cls.toast + '" role="status">' +
		esc(text) + '</div>');
	document.body.appendChild(box);
	setTimeout(function () { box.remove(); }, 3000);
}

/* Late pop-ups come after a seeded number of keys and clicks. */
function late_popups() {
	var left = num('late_popup'), events = 0, due = 4 + Math.floor(rng() * 40);
	var nth = 0;
	function step() {
		events += 1;
		if (!left || events < due)
			return;
		left -= 1;
		nth += 1;
		due = events + 4 + Math.floor(rng() * 60);
		setTimeout(function () {
			count('late_popups');
			if (nth % 3 === 2)
				help_panel();
			else
				restore_popup(nth % 3 ? document : parent.document);
		}, Math.floor(rng() * 30));
	}
	document.addEventListener('keydown', step, true);
	document.addEventListener('mousedown', step, true);
	sink.contentDocument.addEventListener('keydown', step, true);
}

function captcha(visible) {
	var f = make('<iframe id="ncaptcha-iframe-' + (visible ? 1 : 0) +
		'" title="captcha" style="border:0;position:fixed;left:30%;top:25%;' +
		'width:320px;height:240px;z-index:110;' + (visible ? '' :
		'visibility:hidden;display:none') + '"></iframe>');
	f.srcdoc = '<p>자동입력 방지: 영수증의 가게 번호를 입력하세요.</p>' +
		'<input id="ncaptcha">';
	document.body.appendChild(f);
}

/* The document as data. */

function data_of_p(p) {
	return { text: text_of(p), runs: runs_of(p) };
}

function data_of(c) {
	var kind = ['text', 'quotation', 'horizontalLine', 'image', 'table',
		'oglink'].filter(function (k) {
		return c.classList.contains('se-' + k);
	})[0];
	var d = { type: kind };
	if (kind === 'text')
		d.paragraphs = paragraphs(c.querySelector('.se-module-text'))
			.map(data_of_p);
	if (kind === 'quotation') {
		d.paragraphs = paragraphs(c.querySelector('.se-quote')).map(data_of_p);
		d.cite = text_of(c.querySelector('.se-cite'));
	}
	if (kind === 'image') {
		var img = c.querySelector('img');
		d.src = img.getAttribute('src');
		d.name = c.name || '';
	}
	if (kind === 'oglink')
		d.href = c.querySelector('a').getAttribute('href');
	if (kind === 'table')
		d.rows = Array.prototype.map.call(c.querySelectorAll('tr'),
		function (tr) {
			return Array.prototype.map.call(tr.querySelectorAll('.se-cell'),
			function (td) {
				return paragraphs(td.firstChild).map(text_of).join('\n');
			});
		});
	return d;
}

function document_data() {
	return {
		no: current_draft,
		title: paragraphs(title_module).map(text_of).join('\n'),
		components: components().map(data_of),
		html: components().map(function (c) { return c.outerHTML; }).join('\n'),
	};
}

function ps_of(list) {
	return (list || []).map(function (p) { return new_p(p.runs || []); });
}

function from_data(d) {
	switch (d.type) {
	case 'quotation': return new_quotation(ps_of(d.paragraphs));
	case 'horizontalLine': return new_line();
	case 'image': return new_image(d.src, d.name);
	case 'oglink': return new_card({ url: d.href, title: d.href, site: '' });
	case 'table': return new_table(d.rows.map(function (row) {
		return row.map(function (t) { return [new_p([{ text: t }])]; });
	}));
	}
	return new_text(ps_of(d.paragraphs));
}

function show_document(doc) {
	components().forEach(function (c) { c.remove(); });
	set_runs(paragraphs(title_module)[0], [{ text: doc.title }]);
	doc.components.forEach(function (d) { wrap.appendChild(from_data(d)); });
	ensure_end();
	caret = null;
}

/* Saving. */

function save() {
	call('save', document_data()).then(function (r) {
		hindered(r);
		if (r.error) {
			notice(r.error);
			return;
		}
		current_draft = r.no;
		count_button.textContent = r.count;
		toast('임시저장이 완료되었습니다.');
		dirty = false;
	}).catch(quiet);
}

function draft_list() {
	if (draft_layer) {
		draft_layer.remove();
		draft_layer = null;
		return;
	}
	call('drafts').then(function (list) {
		draft_layer = make('<div class="ed-layer ' + cls.temp_save_layer +
			'" style="right:8px;top:44px"><strong>임시저장 글</strong>' +
			'<ul></ul></div>');
		list.forEach(function (d) {
			var li = make('<li class="' + cls.draft_item + '"><button ' +
				'type="button" class="' + cls.draft_title + '"></button></li>');
			var b = li.firstChild;
			b.textContent = d.title || '제목 없음';
			b.setAttribute('data-testid', 'draft_' + d.no);
			b.addEventListener('click', function () { open_draft(d.no); });
			draft_layer.querySelector('ul').appendChild(li);
		});
		root.appendChild(draft_layer);
	}).catch(quiet);
}

function open_draft(no) {
	call('draft?no=' + no).then(function (d) {
		show_document(d);
		current_draft = d.no;
		draft_list();
	}).catch(quiet);
}

/* Tools. */

function tool_image() {
	var old = document.getElementById('hidden-file');
	if (old)
		old.remove();
	var input = make('<input type="file" id="hidden-file" multiple ' +
		'accept="image/*" style="display:none">');
	document.body.appendChild(input);
	input.addEventListener('change', function () {
		add_images(Array.prototype.slice.call(input.files));
		input.value = '';
	});
	input.click();
}

var BLANK = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAA' +
	'ICTAEAOw==';

function add_images(files) {
	if (!files.length)
		return;
	var boxes = files.map(function (f) { return new_image(BLANK, f.name); });
	boxes.forEach(function (c) { c.classList.add('se-is-uploading'); });
	after(put(boxes));
	files.reduce(function (before, file, i) {
		return before.then(function () { return send_image(file, boxes[i]); });
	}, Promise.resolve()).catch(quiet);
}

function send_image(file, box) {
	return call('upload?name=' + encodeURIComponent(file.name), file, true)
	.then(function (r) {
		if (r.error) {
			box.remove();
			ensure_end();
			notice(r.error);
			return;
		}
		box.querySelector('img').src = r.src;
		box.classList.remove('se-is-uploading');
		dirty = true;
	});
}

function tool_quotation() {
	var c = new_quotation();
	put([c]);
	caret_end(c.querySelector('.se-quote'));
}

function tool_line() { after(put([new_line()])); }

function tool_table() {
	var c = new_table([1, 2, 3].map(function () {
		return [1, 2, 3].map(function () { return []; });
	}));
	put([c]);
	caret_end(c.querySelector('.se-cell .se-module-text'));
}

function text_link() {
	var kept = live() ? Object.assign({}, caret) : null;
	var old = document.querySelector('.se-custom-layer-link');
	if (old) {
		old.remove();
		return;
	}
	var box = make('<div class="se-custom-layer se-custom-layer-link ed-layer"' +
		' style="left:240px;top:88px"><input type="text" ' +
		'class="se-custom-layer-link-input" placeholder="URL을 입력하세요.">' +
		'<button type="button" class="se-custom-layer-link-apply-button">' +
		'확인</button></div>');
	var input = box.querySelector('input');
	function apply() {
		var url = input.value.trim();
		box.remove();
		if (!kept || !url || !kept.p.isConnected)
			return;
		caret = kept;
		var end = kept.end;
		if (K.losing_links !== 'all')
			paint('link', url);
		module_of(kept.p).focus();
		set_caret(kept.p, end);
	}
	box.querySelector('button').addEventListener('click', apply);
	input.addEventListener('keydown', function (e) {
		if (e.key === 'Enter')
			apply();
	});
	root.appendChild(box);
	input.focus();
}

function font_size() {
	var old = document.querySelector('.se-toolbar-option-font-size');
	if (old) {
		old.remove();
		return;
	}
	var box = make('<ul class="ed-layer se-toolbar-option-font-size" ' +
		'style="left:300px;top:88px"></ul>');
	[11, 13, 15, 16, 19, 24, 28, 30, 34, 38].forEach(function (n) {
		var b = make('<button type="button" class="se-toolbar-option-text-' +
			'button se-toolbar-option-font-size-code-fs' + n + '-button" ' +
			'data-value="fs' + n + '">' + n + '</button>');
		keep_focus(b);
		b.addEventListener('click', function () {
			style.fs = n;
			paint('fs', n);
			root.tools.fs.textContent = n;
			box.remove();
		});
		box.appendChild(document.createElement('li')).appendChild(b);
	});
	root.appendChild(box);
}

function tool_card() {
	var found = null;
	var box = popup(document, 'se-popup-oglink', '<strong>링크</strong>' +
		'<input type="text" class="se-popup-oglink-input" placeholder="URL">' +
		'<button type="button" class="se-popup-oglink-button">검색</button>' +
		'<div class="se-popup-oglink-preview"></div>', [
		['se-popup-button-confirm', '확인', function (b) {
			b.remove();
			after(put([new_card(found)]));
		}]]);
	var confirm = box.querySelector('.se-popup-button-confirm');
	var input = box.querySelector('input');
	var close = make('<button type="button" class="se-popup-close-button">X' +
		'</button>');
	confirm.disabled = true;
	close.addEventListener('click', function () { box.remove(); });
	box.querySelector('.se-popup-container').appendChild(close);
	box.querySelector('.se-popup-oglink-button').addEventListener('click',
	function () {
		call('oglink', { url: input.value.trim() }).then(function (r) {
			var view = box.querySelector('.se-popup-oglink-preview');
			view.textContent = r.error || r.title;
			found = r.error ? null : r;
			confirm.disabled = !found;
		}).catch(quiet);
	});
	input.focus();
}

/* The publish layer. */

function radio(group, ident, label, checked, more) {
	return '<span><input class="ed-radio" type="radio" name="' + group +
		'" id="' + ident + '"' + (checked ? ' checked' : '') + ' ' +
		(more || '') + '><label for="' + ident + '"><span class="' + cls.text +
		'">' + label + '</span></label></span>';
}

function field(name, body) {
	return '<fieldset><legend>' + name + '</legend>' + body + '</fieldset>';
}

function two(n) { return (n < 10 ? '0' : '') + n; }

function options(from, to, step) {
	var s = '';
	for (var i = from; i <= to; i += step)
		s += '<option value="' + two(i) + '">' + two(i) + '</option>';
	return s;
}

function layer_html() {
	var twin = on('twins') ? '<button type="button" style="display:none" ' +
		'data-testid="seOnePublishBtn">발행</button>' : '';
	var cats = C.categories.map(function (name, i) {
		var no = i + 1, ident = no + '_category';
		return '<li class="' + cls.category_item + '"><input class="ed-radio" ' +
			'type="radio" name="category" id="' + ident + '" data-testid="' +
			'categoryBtn_' + no + '" value="' + no + '"' + (i ? '' :
			' checked') + '><label for="' + ident + '"><span class="' +
			cls.text + '">' + esc(name) + '</span></label></li>';
	}).join('');
	return '<div class="ed-publish ' + cls.layer_publish + '"><div class="' +
		cls.layer_content + '">' + field('카테고리', '<button type="button" ' +
		'class="' + cls.category_btn + '" data-click-area="tpb*i.category" ' +
		'aria-expanded="false"><span class="' + cls.text + '">' +
		esc(C.categories[0]) + '</span></button><ul class="' +
		cls.category_list + '" hidden>' + cats + '</ul>') +
		field('공개 설정', radio('open', 'open_public', '전체공개', true) +
		radio('open', 'open_neighbor', '이웃공개') +
		radio('open', 'open_both_neighbor', '서로이웃공개') +
		radio('open', 'open_private', '비공개')) +
		field('태그 편집', '<div class="' + cls.tag_area + '"></div><input ' +
		'type="text" id="tag-input" placeholder="#태그 입력 (최대 30개)">') +
		field('발행 시간', radio('time', 'radio_time1', '현재', true,
		'data-testid="nowTimeRadioBtn"') + radio('time', 'radio_time2', '예약',
		false, 'data-testid="preTimeRadioBtn"') + '<div class="' +
		cls.time_area + '" hidden><input type="text" readonly class="' +
		cls.input_date + '"><select class="' + cls.hour_option + '">' +
		options(0, 23, 1) + '</select>:<select class="' + cls.minute_option +
		'">' + options(0, 50, 10) + '</select><div class="ui-datepicker" ' +
		'hidden></div></div>') + '<p>' + twin + '<button type="button" class="' +
		cls.confirm_btn + '" data-click-area="tpb*i.publish" ' +
		'data-testid="seOnePublishBtn"><span class="' + cls.text +
		'">발행</span></button></p></div></div>';
}

function by(cls_name) { return layer.querySelector('.' + cls[cls_name]); }

function wire_categories() {
	var button = by('category_btn'), list = by('category_list');
	button.addEventListener('click', function () {
		list.hidden = !list.hidden;
		button.setAttribute('aria-expanded', String(!list.hidden));
	});
	list.addEventListener('change', function (e) {
		button.firstChild.textContent = C.categories[e.target.value - 1];
		list.hidden = true;
		button.setAttribute('aria-expanded', 'false');
	});
}

function wire_tags() {
	var input = layer.querySelector('#tag-input'), area = by('tag_area');
	var n = 0;
	layer.tags = function () {
		return Array.prototype.map.call(area.children, function (chip) {
			return chip.tag;
		});
	};
	input.addEventListener('keydown', function (e) {
		if (e.key !== 'Enter' && e.key !== ',' || e.isComposing)
			return;
		e.preventDefault();
		var tag = input.value.replace(/[\s#]/g, '');
		input.value = '';
		if (!tag || layer.tags().indexOf(tag) >= 0 || layer.tags().length >= 30)
			return;
		var chip = make('<span class="' + cls.tag_item + '" id="tag-item-' +
			n++ + '"><span class="' + cls.text + '"></span><button ' +
			'type="button"><span class="se-blind">삭제</span></button></span>');
		chip.tag = tag;
		chip.firstChild.textContent = '#' + tag;
		chip.lastChild.addEventListener('click', function () { chip.remove(); });
		area.appendChild(chip);
	});
}

function date_text(d) {
	return d.getFullYear() + '. ' + two(d.getMonth() + 1) + '. ' +
		two(d.getDate());
}

function draw_calendar(box, shown, pick) {
	var first = new Date(shown.getFullYear(), shown.getMonth(), 1);
	var days = new Date(shown.getFullYear(), shown.getMonth() + 1, 0).getDate();
	var today = new Date(), cells = '';
	today.setHours(0, 0, 0, 0);
	for (var i = 1; i <= days; i += 1) {
		var past = new Date(first.getFullYear(), first.getMonth(), i) < today;
		cells += '<td><button type="button" class="ui-state-default"' +
			(past ? ' disabled' : '') + '>' + i + '</button></td>';
		if (i % 7 === 0)
			cells += '</tr><tr>';
	}
	box.innerHTML = '<div class="ui-datepicker-header"><button type="button" ' +
		'class="ui-datepicker-prev">이전 달</button><span ' +
		'class="ui-datepicker-year">' + first.getFullYear() +
		'</span>년 <span class="ui-datepicker-month">' +
		(first.getMonth() + 1) + '</span>월<button type="button" ' +
		'class="ui-datepicker-next">다음 달</button></div>' +
		'<table><tr>' + cells + '</tr></table>';
	[['prev', -1], ['next', 1]].forEach(function (p) {
		box.querySelector('.ui-datepicker-' + p[0]).addEventListener('click',
		function () {
			draw_calendar(box, new Date(first.getFullYear(),
				first.getMonth() + p[1], 1), pick);
		});
	});
	box.querySelectorAll('td button').forEach(function (b) {
		b.addEventListener('click', function () {
			pick(new Date(first.getFullYear(), first.getMonth(),
				+b.textContent));
		});
	});
}

function wire_time() {
	var area = by('time_area'), input = by('input_date');
	var box = area.querySelector('.ui-datepicker');
	var now = new Date(), day = now;
	input.value = date_text(now);
	by('hour_option').value = two(now.getHours());
	by('minute_option').value = two(Math.floor(now.getMinutes() / 10) * 10);
	layer.querySelectorAll('[name=time]').forEach(function (r) {
		r.addEventListener('change', function () {
			area.hidden = r.getAttribute('data-testid') !== 'preTimeRadioBtn';
		});
	});
	input.addEventListener('click', function () {
		box.hidden = !box.hidden;
		draw_calendar(box, day, function (d) {
			day = d;
			input.value = date_text(d);
			box.hidden = true;
		});
	});
	layer.time = function () {
		if (!layer.querySelector('#radio_time2').checked)
			return 'now';
		return day.getFullYear() + '-' + two(day.getMonth() + 1) + '-' +
			two(day.getDate()) + 'T' + by('hour_option').value + ':' +
			by('minute_option').value;
	};
}

function publish_layer() {
	if (layer) {
		layer.remove();
		layer = null;
		return;
	}
	layer = make(layer_html());
	if (on('twins'))
		hidden_boxes.push(layer.querySelector('[data-testid=seOnePublishBtn]'));
	root.appendChild(layer);
	wire_categories();
	wire_tags();
	wire_time();
	by('confirm_btn').addEventListener('click', publish);
}

function publish() {
	count('final_clicks');
	var doc = document_data();
	if (!doc.title.trim()) {
		notice('제목을 입력하세요.');
		return;
	}
	var chosen = layer.querySelector('[name=category]:checked');
	doc.layer = {
		category: C.categories[chosen.value - 1],
		visibility: layer.querySelector('[name=open]:checked').id,
		tags: layer.tags(),
		time: layer.time(),
	};
	call('publish', doc).then(published).catch(quiet);
}

function hindered(r) {
	if (r.alert)
		window.alert(r.alert);
	if (r.captcha)
		captcha(true);
	if (r.restricted)
		notice('운영정책에 따라 글쓰기가 이용 제한 되었습니다.');
}

function published(r) {
	hindered(r);
	if (r.failed)
		notice('일시적인 오류로 발행하지 못했습니다. 잠시 후 다시 시도해 주세요.');
	if (!r.logNo)
		return;
	window.onbeforeunload = null;
	if (window === top)
		location.href = '/PostView.naver?blogId=' + r.blogId + '&logNo=' +
			r.logNo;
	else
		top.location.href = '/' + r.blogId + '?Redirect=Log&logNo=' + r.logNo;
}

/* The page. */

/* A click on a tool leaves focus and selection where they were. */
function keep_focus(b) {
	b.addEventListener('mousedown', function (e) { e.preventDefault(); });
}

var TOOLS = [
	['image', '사진', tool_image], ['quotation', '인용구', tool_quotation],
	['horizontal-line', '구분선', tool_line], ['oglink', '링크', tool_card],
	['table', '표', tool_table],
	['font-size', '15', font_size, 'fs'],
	['bold', '굵게', function () { toggle('bold'); }, 'bold'],
	['strikethrough', '취소선', function () { toggle('strike'); }, 'strike'],
	['text-link', '링크', text_link],
];

function draw_tools(bar) {
	root.tools = {};
	TOOLS.forEach(function (t) {
		var b = make('<button type="button" data-name="' + t[0] + '" class="' +
			'se-' + t[0] + '-toolbar-button se-toolbar-button">' + t[1] +
			'</button>');
		keep_focus(b);
		b.addEventListener('click', t[2]);
		bar.appendChild(make('<div class="se-toolbar-item"></div>'))
			.appendChild(b);
		if (t[3])
			root.tools[t[3]] = b;
	});
}

function draw_twins() {
	if (!on('twins'))
		return;
	var head = TOOLS.map(function (t) {
		return '<button type="button" data-name="' + t[0] + '" class="se-' +
			t[0] + '-toolbar-button">' + t[1] + '</button>';
	}).join('') + '<button type="button" data-click-area="tpb.save">저장' +
		'</button><button type="button" data-click-area="tpb*s.count">7' +
		'</button><button type="button" data-click-area="tpb.publish">발행' +
		'</button><button type="button" class="se-popup-button-cancel">취소' +
		'</button><button type="button" class="se-help-panel-close-button">' +
		'</button>';
	root.prepend(twin_of(head));
	var t = component('documentTitle', module_html('se-title-text'));
	var b = new_text();
	fill(t.querySelector('.se-module'));
	[b, t].forEach(function (c) {
		c.style.display = 'none';
		hidden_boxes.push(c);
		wrap.prepend(c);
	});
}

function draw() {
	root.innerHTML = '<div class="ed-head ' + cls.header + '"></div>' +
		'<div class="ed-bar se-toolbar"></div><div class="se-container">' +
		'<div class="se-content"><section class="se-canvas"><article ' +
		'class="se-components-wrap"></article><div class="se-canvas-bottom">' +
		'<button type="button" class="se-canvas-bottom-button" ' +
		'aria-label="본문 끝"></button></div></section></div></div>';
	var head = root.querySelector('.ed-head');
	[['reserve_btn', 'tpb.reserve', '예약 발행 ' + C.reserved + '건', quiet],
	['save_btn', 'tpb.save', '저장', save],
	['save_count_btn', 'tpb*s.count', String(C.drafts), draft_list],
	['publish_btn', 'tpb.publish', '발행', publish_layer]].forEach(
	function (b) {
		var e = make('<button type="button" class="' + cls[b[0]] +
			'" data-click-area="' + b[1] + '">' + b[2] + '</button>');
		e.addEventListener('click', b[3]);
		head.appendChild(e);
		if (b[0] === 'save_count_btn')
			count_button = e;
	});
	draw_tools(root.querySelector('.se-toolbar'));
	wrap = root.querySelector('.se-components-wrap');
	draw_body();
	draw_twins();
}

function draw_body() {
	var t = component('documentTitle', module_html('se-title-text') +
		'<span class="se-placeholder __se_placeholder">제목</span>');
	t.setAttribute('data-a11y-title', '제목');
	title_module = t.querySelector('.se-module');
	fill(title_module);
	wrap.appendChild(t);
	var b = new_text();
	b.setAttribute('data-a11y-title', '본문');
	b.querySelector('.se-section').appendChild(make('<span class="' +
		'se-placeholder __se_placeholder">글감과 함께 나의 일상을 기록해보세요!' +
		'</span>'));
	wrap.appendChild(b);
	if (on('leftover'))
		set_runs(paragraphs(first_text_module())[0],
			[{ text: '지난번에 남은 글' }]);
	root.querySelector('.se-canvas-bottom-button').addEventListener('click',
	function () {
		caret_end(ensure_end().querySelector('.se-module-text'));
	});
	wrap.addEventListener('mouseup', function (e) {
		if (K.typing !== 'sink')
			return;
		remember();
		if (e.target.closest('.se-module-text'))
			sink.contentDocument.body.focus();
	});
}

/* The frame that takes the keys and pastes; its name ends in a number. */
function draw_sink() {
	sink = make('<iframe class="input-buffer" id="input_buffer' +
		Math.floor(Math.random() * 1e9) + '" title="입력" ' +
		'tabindex="-1"></iframe>');
	document.body.appendChild(sink);
	var doc = sink.contentDocument;
	doc.open();
	doc.write('<!DOCTYPE html><body contenteditable="true"></body>');
	doc.close();
	doc.addEventListener('keydown', on_key);
	doc.addEventListener('beforeinput', on_input);
	doc.addEventListener('paste', on_paste);
}

function watch_twins(e) {
	var hit = hidden_boxes.some(function (b) { return b.contains(e.target); });
	if (!hit)
		return;
	count('twin_clicks');
	e.preventDefault();
	e.stopImmediatePropagation();
}

function start() {
	draw();
	draw_sink();
	document.addEventListener('click', watch_twins, true);
	document.addEventListener('selectionchange', remember);
	document.addEventListener('keydown', on_key);
	document.addEventListener('beforeinput', on_input);
	document.addEventListener('paste', on_paste);
	(K.toggles || '').split(',').forEach(function (name) {
		if (name === 'bold') style.bold = true;
		if (name === 'strikethrough') style.strike = true;
	});
	show_toggles();
	captcha(false);
	if (on('help'))
		help_panel();
	if (on('restore'))
		restore_popup(document);
	if (K.captcha === '1')
		captcha(true);
	if (K.restricted === 'popup')
		notice('운영정책 위반으로 글쓰기가 이용 제한 되었습니다.');
	late_popups();
	if (on('beforeunload'))
		window.onbeforeunload = function (e) {
			if (dirty)
				e.preventDefault();
		};
	if (K.alert && K.alert_at === 'load')
		setTimeout(function () { window.alert(K.alert); }, 0);
}

setTimeout(start, num('boot'));
}());
