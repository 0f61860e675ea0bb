/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <strings.h>

#include "json.h"
#include "sign.h"

#define FONTS "\"Pretendard\",\"Apple SD Gothic Neo\",\"Noto Sans KR\",\"Malgun Gothic\"," \
	"\"NanumGothic\",\"Nanum Gothic\",sans-serif"

/* Everything but pictures and our own style is shut off. */
#define POLICY "default-src 'none'; img-src 'self' file: https: http: data:; " \
	"style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

static const char style_base[] =
	"*{box-sizing:border-box}\n"
	"html{-webkit-text-size-adjust:100%}\n"
	"body{margin:0;background:#fff;color:#222;font:17px/1.8 " FONTS ";\n"
	"word-break:keep-all;overflow-wrap:anywhere}\n"
	"main{max-width:760px;margin:0 auto;padding:28px 18px 64px}\n"
	"a{color:#0b6b3a}\n"
	".title{margin:0 0 10px;font-size:1.62em;line-height:1.38;font-weight:700;\n"
	"letter-spacing:-.02em}\n"
	".meta{margin:0;padding:0 0 18px;border-bottom:1px solid #e6e6e6;color:#767676;\n"
	"font-size:.84em}\n"
	".meta span+span::before{content:\"\\00b7\";margin:0 .5em}\n";

static const char style_body[] =
	".body{padding-top:22px}\n"
	".body p{margin:0 0 1.05em}\n"
	".body h1,.body h2,.body h3{margin:1.9em 0 .7em;line-height:1.4;letter-spacing:-.01em}\n"
	".body h1{font-size:1.45em}.body h2{font-size:1.32em}.body h3{font-size:1.14em}\n"
	".body img{display:inline-block;max-width:100%;height:auto;border-radius:10px}\n"
	".body blockquote{margin:0 0 1.4em;padding:14px 18px;border-left:4px solid #03a94d;\n"
	"border-radius:0 8px 8px 0;background:#f4f8f5}\n"
	".body blockquote>:last-child{margin-bottom:0}\n"
	".body table{width:100%;border:0;margin:0 0 1.4em;border-collapse:collapse;\n"
	"font-size:.9em;"
	"line-height:1.55}\n"
	".body th,.body td{padding:9px 10px;border:1px solid #ddd;text-align:left;\n"
	"vertical-align:top}\n"
	".body th{background:#f6f7f6;font-weight:600}\n"
	".body hr{margin:2em 0;border:0;border-top:1px solid #e6e6e6}\n"
	".body ul,.body ol{margin:0 0 1.2em;padding-left:1.3em}\n"
	"@media(max-width:600px){.body table{display:block;overflow-x:auto}\n"
	".body th,.body td{min-width:3em;padding:7px 8px;overflow-wrap:normal}}\n";

static const char style_post[] =
	".tags{margin:36px 0 0;padding:0;list-style:none;font-size:.9em}\n"
	".tags li{display:inline-block;margin:0 6px 8px 0;padding:2px 12px;\n"
	"border-radius:99px;background:#f0f3f1;color:#41544a}\n"
	".foot{margin-top:44px;padding-top:16px;border-top:1px solid #e6e6e6;font-size:.84em}\n"
	".foot a{margin-right:18px;color:#767676}\n"
	"@media print{.foot{display:none}}\n";

static const char style_copy[] =
	"body{background:#f3f5f4}\n"
	"h1{margin:0 0 6px;font-size:1.34em;line-height:1.4}\n"
	".lead{margin:0 0 20px;color:#5c665f;font-size:.92em}\n"
	".box{margin:0 0 18px;padding:20px;border:1px solid #e0e5e2;border-radius:14px;\n"
	"background:#fff}\n"
	"button{font:inherit;font-weight:600;line-height:1.4;cursor:pointer;border-radius:10px;\n"
	"border:1px solid #03a94d;background:#fff;color:#08703a;padding:11px 14px}\n"
	"button:hover{background:#effaf3}\n"
	"button:focus-visible,a:focus-visible{outline:3px solid #8bd5aa;outline-offset:2px}\n"
	"button.main{width:100%;padding:15px;background:#067a3c;border-color:#067a3c;color:#fff;\n"
	"font-size:1.06em}\n"
	"button.main:hover{background:#05642f}\n"
	".row{display:grid;grid-template-columns:repeat(3,1fr);gap:10px;margin-top:12px}\n"
	"#say{min-height:1.8em;margin:14px 0 0;font-size:.94em;color:#08703a;font-weight:600}\n"
	"#say.bad{color:#b3261e}#say.idle{color:#767676;font-weight:400}\n"
	".steps{margin:0;padding-left:1.4em;font-size:.94em}\n"
	".steps li{margin-bottom:.45em}\n"
	".steps li:last-child{margin-bottom:0}\n"
	"h2.head{margin:0 0 12px;font-size:1em}\n"
	".preview .title{font-size:1.4em}\n"
	"@media(max-width:420px){.row{grid-template-columns:1fr}}\n";

static const char style_index[] =
	"body{background:#f3f5f4}\n"
	"main{max-width:1120px}\n"
	"h1{margin:0;font-size:1.5em}\n"
	".lead{margin:2px 0 22px;color:#5c665f;font-size:.9em}\n"
	".list{display:grid;gap:18px;margin:0;padding:0;list-style:none;\n"
	"grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}\n"
	".card{display:flex;flex-direction:column;overflow:hidden;border:1px solid #e0e5e2;\n"
	"border-radius:14px;background:#fff}\n"
	".thumb{display:block;aspect-ratio:16/10;background:#e4ebe7;text-decoration:none;\n"
	"overflow:hidden}\n"
	".thumb img{display:block;width:100%;height:100%;object-fit:cover}\n"
	".none{display:flex;align-items:center;justify-content:center;font-size:2.6em;\n"
	"color:#9db3a7}\n"
	".text{display:flex;flex-direction:column;flex:1;padding:14px 16px 16px}\n"
	".text h2{margin:0 0 6px;font-size:1.02em;line-height:1.45}\n"
	".text h2 a{display:-webkit-box;overflow:hidden;-webkit-box-orient:vertical;\n"
	"-webkit-line-clamp:3;color:#222;text-decoration:none}\n"
	".text h2 a:hover{text-decoration:underline}\n"
	".when{margin:0 0 14px;color:#767676;font-size:.8em}\n"
	".when span+span::before{content:\"\\00b7\";margin:0 .45em}\n"
	".do{display:flex;gap:8px;margin-top:auto;font-size:.86em}\n"
	".do a{flex:1;padding:7px;border:1px solid #cfd8d3;border-radius:9px;text-align:center;\n"
	"text-decoration:none;font-weight:600}\n"
	".do a:hover{background:#effaf3}\n";

/* Shown as "copied" only after the browser took it; never runs the post's html. */
static const char script_copy[] =
	"(function(){'use strict';\n"
	"var d=JSON.parse(document.getElementById('data').textContent);\n"
	"var say=document.getElementById('say');\n"
	"var plain=d.text||new DOMParser().parseFromString(d.html,'text/html').body.textContent;\n"
	"function esc(s){return s.replace(/&/g,'&amp;').replace(/</g,'&lt;')\n"
	".replace(/>/g,'&gt;').replace(/\"/g,'&quot;');}\n"
	"var what={\n"
	"all:{html:'<h2>'+esc(d.title)+'</h2>'+d.html,text:d.title+'\\n\\n'+plain,\n"
	"next:d.say.all},\n"
	"title:{text:d.title,next:d.say.title},\n"
	"body:{html:d.html,text:plain,\n"
	"next:d.say.body},\n"
	"tags:{text:d.tags,next:d.say.tags}};\n"
	"function old(c){var ok=false,s=document.createElement('span'),r=document.createRange(),\n"
	"g=window.getSelection();s.textContent=c.text||' ';document.body.appendChild(s);\n"
	"r.selectNodeContents(s);g.removeAllRanges();g.addRange(r);\n"
	"function on(e){e.clipboardData.setData('text/plain',c.text);\n"
	"if(c.html){e.clipboardData.setData('text/html',c.html);}e.preventDefault();ok=true;}\n"
	"document.addEventListener('copy',on);\n"
	"try{ok=document.execCommand('copy')&&ok;}catch(x){ok=false;}\n"
	"document.removeEventListener('copy',on);g.removeAllRanges();\n"
	"document.body.removeChild(s);return ok;}\n"
	"function put(c){var n=navigator.clipboard;if(!n||!n.write||!window.ClipboardItem){\n"
	"return Promise.resolve(old(c));}\n"
	"var i={'text/plain':new Blob([c.text],{type:'text/plain'})};\n"
	"if(c.html){i['text/html']=new Blob([c.html],{type:'text/html'});}\n"
	"return n.write([new ClipboardItem(i)]).then(function(){return true;},\n"
	"function(){return old(c);});}\n"
	"function press(e){var b=e.currentTarget,c=what[b.getAttribute('data-what')];\n"
	"put(c).then(function(ok){say.className=ok?'':'bad';say.textContent=ok?c.next:\n"
	"d.say.refused;});}\n"
	"Array.prototype.forEach.call(document.querySelectorAll('button'),\n"
	"function(b){b.addEventListener('click',press);});\n"
	"})();\n";

/* Without U+FFFE and U+FFFF, which no XML may hold. */
static void escape(struct buf *out, const char *s)
{
	const char *hit = s;

	while (s && (hit = strstr(hit, "\xEF\xBF"))) {
		if (hit[2] != '\xBE' && hit[2] != '\xBF') {
			hit += 2;
			continue;
		}
		buf_html(out, s, (size_t)(hit - s));
		s = hit += 3;
	}
	if (s)
		buf_html(out, s, strlen(s));
}

/* The local file of image I, or NULL. */
static const char *image_file(const struct value *post, size_t i)
{
	return value_get_string(value_at(value_get(post, "images"), i), "file", NULL);
}

/* Does the attribute's value say this address, escaped for HTML or not? */
static bool same_address(const char *value, size_t len, const char *src)
{
	struct buf escaped;
	bool same;

	if (strlen(src) == len && memcmp(value, src, len) == 0)
		return true;
	buf_init(&escaped, PAGE_MAX);
	escape(&escaped, src);
	same = escaped.len == len && memcmp(value, buf_cstr(&escaped), len) == 0;
	/* Many writers leave the apostrophe alone and escape the ampersand only. */
	if (!same) {
		buf_reset(&escaped);
		for (; *src; src++) {
			if (*src == '&')
				buf_str(&escaped, "&amp;");
			else
				buf_char(&escaped, *src);
		}
		same = escaped.len == len && memcmp(value, buf_cstr(&escaped), len) == 0;
	}
	buf_finish(&escaped);
	return same;
}

static const char *local_file(const struct value *post, const char *value, size_t len)
{
	for (size_t i = 0; i < value_len(value_get(post, "images")); i++) {
		const char *src = value_get_string(value_at(value_get(post, "images"), i),
			"src", NULL);

		if (!str_empty(src) && image_file(post, i) && same_address(value, len, src))
			return image_file(post, i);
	}
	return NULL;
}

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

struct attribute {
	const char *name, *value; /* value without its quotes, NULL if none */
	size_t name_len, value_len;
};

/* The attribute at *AT (after white space and slashes); false at the tag's end. */
static bool next_attribute(const char **at, struct attribute *ret)
{
	const char *p = *at;

	*ret = (struct attribute){ .name = NULL };
	while (is_white(*p) || *p == '/')
		p++;
	ret->name = p;
	p += *p == '='; /* at the start it is a part of the name */
	while (*p && *p != '>' && *p != '=' && *p != '/' && !is_white(*p))
		p++;
	ret->name_len = (size_t)(p - ret->name);
	if (*p == '=' || (is_white(*p) && p[strspn(p, " \t\r\n\f")] == '=')) {
		p += strspn(p, " \t\r\n\f") + 1;
		p += strspn(p, " \t\r\n\f");
		char quote = *p == '"' || *p == '\'' ? *p : 0;

		ret->value = quote ? ++p : p;
		while (*p && (quote ? *p != quote : !is_white(*p) && *p != '>'))
			p++;
		ret->value_len = (size_t)(p - ret->value);
		p += quote && *p == quote;
	}
	*at = p;
	return ret->name_len > 0 || ret->value;
}

/* From after "<img" to the tag's end; what is copied stops at *DONE. */
static const char *body_image(const struct value *post, const char *p, const char **done,
	struct buf *out)
{
	struct attribute a;

	while (next_attribute(&p, &a)) {
		const char *file;

		if (a.name_len != 3 || strncasecmp(a.name, "src", 3) || !a.value)
			continue;
		file = local_file(post, a.value, a.value_len);
		if (!file)
			continue;
		buf_add(out, *done, (size_t)(a.value - *done));
		escape(out, file);
		*done = a.value + a.value_len;
	}
	return p;
}

void page_body(const struct value *post, struct buf *out)
{
	const char *p = value_get_string(post, "html", ""), *done = p;

	while ((p = strchr(p, '<'))) {
		if (strncasecmp(p, "<img", 4) == 0 && (is_white(p[4]) || p[4] == '/'))
			p = body_image(post, p + 4, &done, out);
		else
			p++;
	}
	buf_str(out, done);
}

static void replace(const char *text, const char *from, const char *to, struct buf *out)
{
	const char *hit;

	for (; (hit = strstr(text, from)); text = hit + strlen(from)) {
		buf_add(out, text, (size_t)(hit - text));
		buf_str(out, to);
	}
	buf_str(out, text);
}

void page_markdown(const struct value *post, struct buf *out)
{
	const struct value *images = value_get(post, "images");
	char *text = xstrdup(value_get_string(post, "markdown",
		value_get_string(post, "text", "")));

	for (size_t i = 0; i < value_len(images); i++) {
		const char *src = value_get_string(value_at(images, i), "src", NULL);
		CLEANUP_FREE char *from = NULL, *to = NULL;
		struct buf next;

		if (str_empty(src) || !image_file(post, i))
			continue;
		from = xasprintf("](%s)", src);
		to = xasprintf("](%s)", image_file(post, i));
		buf_init(&next, PAGE_MAX);
		replace(text, from, to, &next);
		free(text);
		text = xstrdup(buf_cstr(&next));
		buf_finish(&next);
	}
	buf_str(out, text);
	free(text);
}

/* LANGUAGE: of most of its words. */
static void open_page(struct buf *out, const char *language, const char *title, const char *policy)
{
	buf_printf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n", language);
	buf_str(out, "<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"");
	escape(out, policy);
	buf_str(out, "\">\n<title>");
	escape(out, title);
	buf_str(out, "</title>\n<style>\n");
	buf_str(out, style_base);
}

/* "2026-11-23T14:32:05+09:00" as "2026년 11월 23일 14:32"; else as it is. */
static void print_when(struct buf *out, const char *at)
{
	int64_t year, month, day;
	CLEANUP_FREE char *y = xstrndup(at, 4), *m = NULL, *d = NULL;

	if (strlen(at) < 16) {
		escape(out, at);
		return;
	}
	m = xstrndup(at + 5, 2);
	d = xstrndup(at + 8, 2);
	if (parse_int64(y, 0, 9999, &year) || parse_int64(m, 1, 12, &month) ||
			parse_int64(d, 1, 31, &day)) {
		escape(out, at);
		return;
	}
	buf_printf(out, "%d년 %d월 %d일 ", (int)year, (int)month, (int)day);
	buf_html(out, at + 11, 5);
}

/* Category and time as two spans. */
static void print_meta(struct buf *out, const struct value *post)
{
	const char *category = value_get_string(post, "category", NULL);
	const char *at = value_get_string(post, "published_at", NULL);

	if (!str_empty(category)) {
		buf_str(out, "<span>");
		escape(out, category);
		buf_str(out, "</span>");
	}
	if (!str_empty(at)) {
		buf_str(out, "<span><time datetime=\"");
		escape(out, at);
		buf_str(out, "\">");
		print_when(out, at);
		buf_str(out, "</time></span>");
	}
}

static void print_article(struct buf *out, const struct value *post)
{
	/* The post begins with its first word, the disclosure: date and category stand outside. */
	buf_str(out, "<h1 class=\"title\">");
	escape(out, value_get_string(post, "title", ""));
	buf_str(out, "</h1>\n<p class=\"meta\">");
	print_meta(out, post);
	buf_str(out, "</p>\n<article>\n<div class=\"body\">\n");
	page_body(post, out);
	buf_str(out, "\n</div>\n");
}

static void print_tags(struct buf *out, const struct value *post)
{
	const struct value *tags = value_get(post, "tags");

	if (!value_len(tags))
		return;
	buf_str(out, "<ul class=\"tags\">\n");
	for (size_t i = 0; i < value_len(tags); i++) {
		buf_str(out, "<li>#");
		escape(out, value_string(value_at(tags, i), ""));
		buf_str(out, "</li>\n");
	}
	buf_str(out, "</ul>\n");
}

void page_post(const struct value *post, struct buf *out)
{
	open_page(out, "ko", value_get_string(post, "title", ""), POLICY);
	buf_str(out, style_body);
	buf_str(out, style_post);
	buf_str(out, "</style>\n</head>\n<body>\n<main>\n");
	print_article(out, post);
	print_tags(out, post);
	buf_str(out, "</article>\n<nav class=\"foot\"><a href=\"../index.html\">");
	buf_str(out, _("All posts"));
	buf_str(out, "</a><a href=\"copy.html\">");
	buf_str(out, _("Paste into the Naver blog"));
	buf_str(out, "</a></nav>\n</main>\n</body>\n</html>\n");
}

/* The hash by which a policy lets one script run: base64 of SHA-256. */
static void print_hash(struct buf *out, const char *script)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char hex[SIGN_HEX_LEN + 1];
	unsigned bits = 0, have = 0;

	sign_sha256(script, strlen(script), hex);
	for (size_t i = 0; i < SIGN_HEX_LEN; i++) {
		bits = bits << 4 | (unsigned)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
		have += 4;
		if (have >= 6) {
			have -= 6;
			buf_char(out, digits[bits >> have & 63]);
		}
	}
	/* 256 bits leave four over: two more of nothing and one sign of padding. */
	buf_char(out, digits[bits << (6 - have) & 63]);
	buf_char(out, '=');
}

/* What the script says, by the button that was pressed. */
static struct value *copy_words(void)
{
	struct value *say = value_new_object();

	value_set_string(say, "all", _("Title and text are copied. Press Ctrl+V (⌘V on a Mac) in "
		"the text of the editor."));
	value_set_string(say, "title", _("The title is copied. Paste it into the editor's title."));
	value_set_string(say, "body", _("The text is copied. Paste it into the editor's text."));
	value_set_string(say, "tags", _("The tags are copied. Paste them at the end of the text."));
	value_set_string(say, "refused", _("The browser refused to copy. Select the preview below "
		"with the mouse, then press Ctrl+C (⌘C on a Mac)."));
	return say;
}

/* What the script works with; "<" is hidden so that no end tag can stand in it. */
static void print_data(struct buf *out, const struct value *post)
{
	struct value *data = value_new_object();
	const struct value *tags = value_get(post, "tags");
	struct buf text;

	buf_init(&text, PAGE_MAX);
	for (size_t i = 0; i < value_len(tags); i++) {
		buf_printf(&text, "%s#", i ? " " : "");
		/* A tag ends at a blank. */
		for (const char *c = value_string(value_at(tags, i), ""); *c; c++)
			if (!is_white(*c))
				buf_char(&text, *c);
	}
	value_set_string(data, "title", value_get_string(post, "title", ""));
	value_set_string(data, "html", value_get_string(post, "html", ""));
	value_set_string(data, "text", value_get_string(post, "text", ""));
	value_set_string(data, "tags", buf_cstr(&text));
	value_set(data, "say", copy_words());
	buf_reset(&text);
	json_print(data, false, &text);
	value_free(data);
	replace(buf_cstr(&text), "<", "\\u003c", out);
	buf_finish(&text);
}

static void print_steps(struct buf *out)
{
	static const char *const steps[] = {
		N_("Open <a href=\"https://blog.naver.com/GoBlogWrite.naver\" target=\"_blank\" "
		   "rel=\"noopener noreferrer\">Naver's editor</a> in a new window."),
		N_("Press <b>Copy the title</b> and paste it into the title. (Ctrl+V, ⌘V on a "
		   "Mac)"),
		N_("Press <b>Copy the text</b> and paste it into the text."),
		N_("If pictures are missing, drag them from <a href=\"images/\">images</a> in this "
		   "folder."),
		N_("See that the <b>disclosure</b> still stands at the very top. It must not be "
		   "removed."),
		N_("Add the tags, look at the preview there, then publish."),
	};

	buf_printf(out, "<section class=\"box\">\n<h2 class=\"head\">%s</h2>\n"
		"<ol class=\"steps\">\n", _("How it is done"));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		buf_printf(out, "<li>%s</li>\n", tr(steps[i]));
	buf_str(out, "</ol>\n</section>\n");
}

static void print_button(struct buf *out, const char *class, const char *what, const char *text)
{
	buf_printf(out, "<button%s type=\"button\" data-what=\"%s\">%s</button>\n", class, what,
		text);
}

static void print_buttons(struct buf *out)
{
	buf_printf(out, "<h1>%s</h1>\n<p class=\"lead\">%s</p>\n<section class=\"box\">\n",
		_("Paste into the Naver blog"), _("The buttons copy with all the formatting."));
	print_button(out, " class=\"main\"", "all", _("Copy title and text at once"));
	buf_str(out, "<div class=\"row\">\n");
	print_button(out, "", "title", _("Copy the title"));
	print_button(out, "", "body", _("Copy the text"));
	print_button(out, "", "tags", _("Copy the tags"));
	buf_printf(out, "</div>\n<p id=\"say\" class=\"idle\" role=\"status\" aria-live=\"polite\">"
		"%s</p>\n<noscript><p>%s</p></noscript>\n</section>\n",
		_("Press a button, and here stands what to do next."),
		_("The buttons need JavaScript. Select the preview below with the mouse and copy "
		  "it."));
}

void page_copy(const struct value *post, struct buf *out)
{
	struct buf policy, title;

	buf_init(&policy, 4096);
	buf_str(&policy, POLICY "; script-src 'sha256-");
	print_hash(&policy, script_copy);
	buf_str(&policy, "'");
	buf_init(&title, PAGE_MAX);
	buf_printf(&title, _("Paste: %s"), value_get_string(post, "title", ""));
	open_page(out, tr_language(), buf_cstr(&title), buf_cstr(&policy));
	buf_finish(&policy);
	buf_finish(&title);
	buf_str(out, style_body);
	buf_str(out, style_copy);
	buf_str(out, "</style>\n</head>\n<body>\n<main>\n");
	print_buttons(out);
	print_steps(out);
	buf_printf(out, "<section class=\"box preview\" lang=\"ko\">\n<h2 class=\"head\">%s</h2>\n",
		_("Preview"));
	print_article(out, post);
	buf_printf(out, "</article>\n</section>\n"
		"<p class=\"lead\"><a href=\"post.html\">%s</a> · "
		"<a href=\"../index.html\">%s</a></p>\n"
		"</main>\n<script type=\"application/json\" id=\"data\">",
		_("The post alone"), _("All posts"));
	print_data(out, post);
	buf_str(out, "</script>\n<script>");
	buf_str(out, script_copy);
	buf_str(out, "</script>\n</body>\n</html>\n");
}

/* A relative address: a folder of ours and a file in it. */
static void print_path(struct buf *out, const struct value *entry, const char *file)
{
	const char *folder = value_get_string(entry, "folder", "");

	buf_percent(out, folder, strlen(folder));
	buf_char(out, '/');
	escape(out, file);
}

static void print_thumbnail(struct buf *out, const struct value *entry)
{
	const char *file = NULL;

	for (size_t i = 0; !file && i < value_len(value_get(entry, "images")); i++)
		file = image_file(entry, i);
	buf_printf(out, "<a class=\"thumb%s\" tabindex=\"-1\" aria-hidden=\"true\" href=\"",
		file ? "" : " none");
	print_path(out, entry, "post.html");
	buf_str(out, "\">");
	if (file) {
		buf_str(out, "<img loading=\"lazy\" alt=\"\" src=\"");
		print_path(out, entry, file);
		buf_str(out, "\">");
	} else {
		buf_str(out, _("Post"));
	}
	buf_str(out, "</a>\n");
}

static void print_card(struct buf *out, const struct value *entry)
{
	buf_str(out, "<li class=\"card\">\n");
	print_thumbnail(out, entry);
	buf_str(out, "<div class=\"text\"><h2><a href=\"");
	print_path(out, entry, "post.html");
	buf_str(out, "\">");
	escape(out, value_get_string(entry, "title", ""));
	buf_str(out, "</a></h2>\n<p class=\"when\">");
	print_meta(out, entry);
	buf_str(out, "</p>\n<p class=\"do\" style=\"margin-bottom:0\"><a href=\"");
	print_path(out, entry, "post.html");
	buf_printf(out, "\">%s</a><a href=\"", _("Look"));
	print_path(out, entry, "copy.html");
	buf_printf(out, "\">%s</a></p></div>\n</li>\n", _("Paste"));
}

void page_index(const struct value *entries, struct buf *out)
{
	long long n = (long long)value_len(entries);

	open_page(out, tr_language(), _("Posts to send"), POLICY);
	buf_str(out, style_index);
	buf_printf(out, "</style>\n<link rel=\"alternate\" type=\"application/atom+xml\""
		" title=\"%1$s\" href=\"feed.xml\">\n</head>\n<body>\n<main>\n<h1>%1$s</h1>\n",
		_("Posts to send"));
	buf_str(out, "<p class=\"lead\">");
	buf_printf(out, tr_n("%lld post", "%lld posts", n), n);
	buf_printf(out, " · %s · <a href=\"feed.xml\">%s</a></p>\n<ul class=\"list\">\n",
		_("new ones first"), _("Feed"));
	for (size_t i = 0; i < value_len(entries); i++)
		print_card(out, value_at(entries, i));
	buf_str(out, "</ul>\n</main>\n</body>\n</html>\n");
}

/* A name-based identity as a UUID of version 8 (RFC 9562). */
static void print_uuid(struct buf *out, const char *name)
{
	char hex[FINGERPRINT_LEN + 1];

	fingerprint(&name, 1, hex);
	buf_printf(out, "urn:uuid:%.8s-%.4s-8%.3s-a%.3s-%.12s", hex, hex + 8, hex + 13,
		hex + 17, hex + 20);
}

static void print_entry(struct buf *out, const struct value *entry)
{
	const struct value *tags = value_get(entry, "tags");

	buf_str(out, "<entry>\n<id>");
	print_uuid(out, value_get_string(entry, "key", ""));
	buf_str(out, "</id>\n<title>");
	escape(out, value_get_string(entry, "title", ""));
	buf_str(out, "</title>\n<updated>");
	escape(out, value_get_string(entry, "published_at", ""));
	buf_str(out, "</updated>\n<link rel=\"alternate\" type=\"text/html\" href=\"");
	print_path(out, entry, "post.html");
	buf_str(out, "\"/>\n");
	for (size_t i = 0; i < value_len(tags); i++) {
		buf_str(out, "<category term=\"");
		escape(out, value_string(value_at(tags, i), ""));
		buf_str(out, "\"/>\n");
	}
	buf_str(out, "<summary>");
	escape(out, value_get_string(entry, "summary", ""));
	buf_str(out, "</summary>\n</entry>\n");
}

void page_feed(const struct value *entries, const char *id, const char *updated,
	struct buf *out)
{
	buf_str(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		"<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"ko\">\n<id>");
	print_uuid(out, id);
	buf_printf(out, "</id>\n<title>%s</title>\n<updated>", _("Posts to send"));
	escape(out, updated);
	buf_str(out, "</updated>\n<author><name>cpauto</name></author>\n"
		"<link rel=\"self\" type=\"application/atom+xml\" href=\"feed.xml\"/>\n"
		"<link rel=\"alternate\" type=\"text/html\" href=\"index.html\"/>\n");
	for (size_t i = 0; i < value_len(entries); i++)
		print_entry(out, value_at(entries, i));
	buf_str(out, "</feed>\n");
}
