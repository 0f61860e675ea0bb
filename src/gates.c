/* SPDX-License-Identifier: MIT */
#include "gates.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "clock.h"
#include "html.h"
#include "seen.h"
#include "text.h"

/* "The first part": what may stand before the sentence in its own block. */
#define LEAD_MAX 100

static const char by_ftc[] =
	N_("Fair Trade Commission, guideline on endorsements, since 2024-12-01");
_Static_assert(sizeof(by_ftc) ==
	sizeof("Fair Trade Commission, guideline on endorsements, since " GATES_PLACE_SINCE),
	"the day");
static const char by_programme[] = N_("Coupang Partners, rules for members, always");
static const char by_cpauto[] = N_("cpauto, always");

static void set(struct gates_result *r, bool pass, const char *remedy, const char *fmt, ...)
	PRINTF(4, 5);

static void set(struct gates_result *r, bool pass, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	CLEANUP_FREE char *text = xvasprintf_tr(fmt, ap);
	va_end(ap);
	r->pass = pass;
	r->remedy = pass ? "" : remedy;
	str_format_cut(r->reason, sizeof(r->reason), "%s", text);
}

static struct gates_result *rule(struct gates_report *report, const char *name, const char *since)
{
	struct gates_result *r = &report->results[report->count++];

	*r = (struct gates_result){ .rule = name, .since = since, .remedy = "" };
	return r;
}

static bool finish(struct gates_report *report)
{
	report->pass = true;
	for (size_t i = 0; i < report->count; i++)
		report->pass = report->pass && report->results[i].pass;
	return report->pass;
}

/* --- the disclosure --- */

/* The sentence in the first part of the block: LEAD_MAX characters may stand before it. */
static bool leads(const char *text)
{
	const char *at = text ? strstr(text, GATES_DISCLOSURE) : NULL;
	CLEANUP_FREE char *before = at ? xstrndup(text, (size_t)(at - text)) : NULL;

	return at && text_count(before) <= LEAD_MAX;
}

static bool in_title(const struct seen *p, const char *title)
{
	CLEANUP_FREE char *clean = title ? seen_fold(title) : NULL;

	return (clean && strstr(clean, GATES_DISCLOSURE)) ||
	       (p->title && strstr(p->title, GATES_DISCLOSURE));
}

/* Whole, for its translation; the next line sees to it that it is the programme's. */
static const char remedy_sentence[] = N_("put this first, as it stands: 이 포스팅은 쿠팡 파트너스 "
	"활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다.");
_Static_assert(sizeof(remedy_sentence) == sizeof("put this first, as it stands: " GATES_DISCLOSURE),
	"the sentence");
static const char remedy_place[] =
	N_("move the sentence into the title or into the first paragraph, above every picture");
static const char remedy_visible[] = N_("show the sentence as ordinary text");
static const char remedy_wording[] = N_("say it without \"may\": 이 포스팅은 쿠팡 파트너스 활동의 "
	"일환으로, 이에 따른 일정액의 수수료를 제공받습니다.");
_Static_assert(sizeof(remedy_wording) == sizeof("say it without \"may\": " GATES_DISCLOSURE),
	"the sentence");

static bool in_first(const struct seen *p)
{
	return p->first && strstr(p->first, GATES_DISCLOSURE);
}

static void lint_sentence(struct gates_result *r, const struct seen *p, bool stands)
{
	if (stands || in_first(p) || p->later_line || p->hidden_line)
		set(r, true, "", "the programme's sentence is there to the letter");
	else if (p->veiled_line)
		set(r, false, remedy_sentence,
			"line %u: the sentence has invisible characters in it", p->veiled_line);
	else if (p->maybe)
		set(r, false, remedy_sentence,
			"line %u: \"%s\" stands there instead of the programme's sentence",
			p->maybe_line, p->maybe);
	else
		set(r, false, remedy_sentence, "the programme's sentence is nowhere");
}

static void lint_place(struct gates_result *r, const struct seen *p, bool stands)
{
	if (stands)
		set(r, true, "", "it stands in the title or the first block");
	else if (in_first(p) && p->first_picture)
		set(r, false, remedy_place, "line %u: a picture stands above it", p->first_line);
	else if (in_first(p))
		set(r, false, remedy_place,
			"line %u: over %d characters of the block stand before it",
			p->first_line, LEAD_MAX);
	else if (p->later_line)
		set(r, false, remedy_place, "line %u: it is not in the title or the first block",
			p->later_line);
	else
		set(r, false, remedy_place, "no disclosure in the title or the first block");
}

static void lint_visible(struct gates_result *r, const struct seen *p, bool stands)
{
	if (stands || in_first(p) || p->later_line)
		set(r, true, "", "it is visible");
	else if (p->hidden_line)
		set(r, false, remedy_visible, "line %u: the sentence is not seen (%s)",
			p->hidden_line, tr(p->hidden_why));
	else if (p->veiled_line)
		set(r, false, remedy_visible, "line %u: invisible characters break the sentence",
			p->veiled_line);
	else
		set(r, false, remedy_visible, "there is nothing to see");
}

static void lint_wording(struct gates_result *r, const struct seen *p, const char *title)
{
	const char *maybe = title ? seen_conditional(title) : NULL;

	if (!maybe && p->title)
		maybe = seen_conditional(p->title);
	if (maybe)
		set(r, false, remedy_wording,
			"title: \"%s\" leaves it open, which counts as unclear", maybe);
	else if (p->maybe)
		set(r, false, remedy_wording,
			"line %u: \"%s\" leaves it open, which counts as unclear",
			p->maybe_line, p->maybe);
	else
		set(r, true, "", "no conditional wording");
}

static bool page_stands(const struct seen *p, const char *title)
{
	return in_title(p, title) || (!p->first_picture && leads(p->first));
}

static bool lint_page(const struct seen *p, const char *title, struct gates_report *report)
{
	bool stands = page_stands(p, title);

	*report = (struct gates_report){ 0 };
	lint_sentence(rule(report, "sentence", by_programme), p, stands);
	lint_place(rule(report, "place", by_ftc), p, stands);
	lint_visible(rule(report, "visible", by_ftc), p, stands);
	lint_wording(rule(report, "wording", by_ftc), p, title);
	return finish(report);
}

bool gates_lint(const char *text, size_t len, bool is_html, struct gates_report *report)
{
	struct seen *p;
	bool pass;

	if (len > GATES_LINT_MAX) {
		*report = (struct gates_report){ 0 };
		set(rule(report, "size", by_cpauto), false, "check the parts one by one",
			"%zu bytes are more than the %u that are read", len, GATES_LINT_MAX);
		return finish(report);
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	p = is_html ? seen_html(text, len) : seen_text(text, len);
	pass = lint_page(p, NULL, report);
	seen_free(p);
	return pass;
}

bool gates_is_html(const char *text, size_t len)
{
	struct html_reader r;
	struct html_token t;

	html_init(&r, text, len);
	while (html_next(&r, &t)) {
		if (t.kind == HTML_DOCTYPE)
			return true;
		/* Markdown may hold <b>, but no block that starts a page. */
		if (t.kind == HTML_START && t.closed && html_is_block(t.name))
			return true;
	}
	return false;
}

/* --- the gates of a post --- */

static void gate_disclosure(struct gates_result *r, const struct gates_input *in)
{
	static const char *const bodies[] = { "html", "text", "markdown" };
	const char *title = value_get_string(in->post, "title", "");

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		const char *s = value_get_string(in->post, bodies[i], "");
		struct seen *p = i == 0 ? seen_html(s, strlen(s)) : seen_text(s, strlen(s));
		struct gates_report lint;
		bool pass = lint_page(p, title, &lint);

		seen_free(p);
		if (pass)
			continue;
		const struct gates_result *shut = lint.results;

		while (shut->pass)
			shut++;
		set(r, false, shut->remedy, "%s: %s", bodies[i], shut->reason);
		return;
	}
	set(r, true, "", "the sentence stands in the title or the first block, visible");
}

/* --- hosts --- */

static bool host_is(const char *s, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(s, name, len) == 0;
}

static bool loopback(const char *host, size_t len)
{
	if (host_is(host, len, "localhost") || host_is(host, len, "[::1]"))
		return true;
	if (len < 9 || strncmp(host, "127.", 4) != 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((host[i] < '0' || host[i] > '9') && host[i] != '.')
			return false;
	return true;
}

/* Bytes of the host in "HOST:PORT"; the port must be digits only. */
static bool split_port(const char *s, size_t len, size_t *host, bool *port)
{
	size_t n = len;

	while (n && s[n - 1] >= '0' && s[n - 1] <= '9')
		n--;
	*port = n && s[n - 1] == ':';
	*host = *port ? n - 1 : len;
	return *host > 0;
}

static bool own_host(const char *s, size_t len, const char *endpoint)
{
	const char *e = endpoint ? strstr(endpoint, "://") : NULL;
	size_t elen, ehost, host;
	bool port;

	if (!e)
		return false;
	e += 3;
	elen = strcspn(e, "/?#");
	if (!split_port(e, elen, &ehost, &port) || !loopback(e, ehost))
		return false;
	return split_port(s, len, &host, &port) && host == ehost && strncasecmp(s, e, host) == 0;
}

static bool programme_host(const char *host, size_t len, enum gates_url what)
{
	static const char cdn[] = ".coupangcdn.com";
	size_t n = sizeof(cdn) - 1;

	if (what == GATES_LINK)
		return host_is(host, len, "link.coupang.com") || host_is(host, len, "coupa.ng");
	if (host_is(host, len, "ads-partners.coupang.com"))
		return true;
	if (len <= n || strncasecmp(host + len - n, cdn, n) != 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!((host[i] | 32) >= 'a' && (host[i] | 32) <= 'z') &&
		    !(host[i] >= '0' && host[i] <= '9') && host[i] != '-' && host[i] != '.')
			return false;
	return true;
}

bool gates_url_ok(const char *url, enum gates_url what, const char *endpoint, struct err *e)
{
	const char *host;
	size_t len;

	for (const char *p = url; *p; p++) {
		if ((unsigned char)*p <= 0x20 || *p == 0x7f || *p == '\\') {
			err_set(e, -EINVAL, "URL with a space, backslash or control character: %s",
				url);
			return false;
		}
	}
	if (strncasecmp(url, "https://", 8) != 0 && strncasecmp(url, "http://", 7) != 0) {
		err_set(e, -EINVAL, "neither http nor https: %s", url);
		return false;
	}
	host = strchr(url, ':') + 3;
	len = strcspn(host, "/?#");
	if (memchr(host, '@', len)) {
		err_set(e, -EINVAL, "URL with a user in it: %s", url);
		return false;
	}
	if (programme_host(host, len, what) || own_host(host, len, endpoint))
		return true;
	err_set(e, -EINVAL,
		what == GATES_IMAGE ? N_("%.*s is no host of the programme for images: %s")
				    : N_("%.*s is no host of the programme: %s"),
		(int)(len < 80 ? len : 80), host, url);
	return false;
}

struct url_visit {
	const struct gates_input *in;
	struct err e;
	bool (*see)(struct url_visit *v, const char *url, enum gates_url what, unsigned line);
};

static bool visit_attr(struct url_visit *v, const struct html_token *t, const struct html_attr *a)
{
	static const char urls[] =
		" href src srcset action formaction poster background data cite ";
	char key[HTML_NAME_MAX + 2];
	bool image = strcmp(t->name, "img") == 0, ok;
	struct buf url;

	str_format_cut(key, sizeof(key), " %s ", a->name);
	if (!strstr(urls, key))
		return true;
	buf_init(&url, a->len * 3 + 16);
	html_decode(&url, a->s ? a->s : "", a->len);
	ok = strlen(buf_cstr(&url)) == url.len &&
	     v->see(v, buf_cstr(&url), image ? GATES_IMAGE : GATES_LINK, t->line);
	buf_finish(&url);
	return ok;
}

/* Every URL of an HTML text, in order, until one is not taken. */
static bool visit_urls(struct url_visit *v, const char *html)
{
	struct html_reader r;
	struct html_token t;
	struct html_attr a;

	html_init(&r, html, strlen(html));
	while (html_next(&r, &t)) {
		size_t pos = 0;

		while (t.kind == HTML_START && html_attr_next(&t, &pos, &a))
			if (!visit_attr(v, &t, &a))
				return false;
	}
	return true;
}

static bool see_host(struct url_visit *v, const char *url, enum gates_url what, unsigned line)
{
	struct err why;

	if (gates_url_ok(url, what, v->in->endpoint, &why))
		return true;
	err_set(&v->e, -EINVAL, "html, line %u: %s", line, why.text);
	return false;
}

/* URLs in plain text: they end at white space or a bracket. */
static bool see_text_hosts(const struct gates_input *in, const char *form, struct err *e)
{
	const char *s = value_get_string(in->post, form, "");

	for (const char *p = s; (p = strstr(p, "://")); p += 3) {
		const char *from = p, *to = p + 3;
		CLEANUP_FREE char *url = NULL;
		struct err why;

		while (from > s && (((from[-1] | 32) >= 'a' && (from[-1] | 32) <= 'z')))
			from--;
		while ((unsigned char)*to > ' ' && !strchr("()<>[]\"'", *to))
			to++;
		url = xstrndup(from, (size_t)(to - from));
		if (gates_url_ok(url, GATES_LINK, in->endpoint, &why) ||
		    gates_url_ok(url, GATES_IMAGE, in->endpoint, NULL))
			continue;
		err_set(e, -EINVAL, "%s: %s", form, why.text);
		return false;
	}
	return true;
}

static void gate_hosts(struct gates_result *r, const struct gates_input *in)
{
	static const char remedy[] = N_("link only what the API gave: link.coupang.com, coupa.ng; "
		"images from ads-partners.coupang.com and coupangcdn.com");
	struct url_visit v = { .in = in, .see = see_host };
	const struct value *images = value_get(in->post, "images");
	bool ok = visit_urls(&v, value_get_string(in->post, "html", "")) &&
		  see_text_hosts(in, "title", &v.e) && see_text_hosts(in, "text", &v.e) &&
		  see_text_hosts(in, "markdown", &v.e);

	for (size_t i = 0; ok && i < value_len(images); i++)
		ok = gates_url_ok(value_get_string(value_at(images, i), "src", ""), GATES_IMAGE,
			in->endpoint, &v.e);
	if (ok)
		set(r, true, "", "all links and images are on the programme's hosts");
	else
		set(r, false, remedy, "%s", v.e.text);
}

/* --- facts --- */

char *gates_name(const char *raw)
{
	size_t invalid = text_valid(raw, strlen(raw)) ? 0 : 1;
	char *clean = NULL;
	struct buf b;

	buf_init(&b, strlen(raw) + 1);
	while (*raw) {
		size_t n = seen_invisible(raw);

		/* The joiner holds emoji families together; alone it hides nothing here. */
		if (n && strncmp(raw, "\u200d", n) == 0)
			n = 0;
		if (n) {
			raw += n;
		} else if (strncmp(raw, "\u2028", 3) == 0 || strncmp(raw, "\u2029", 3) == 0) {
			buf_char(&b, ' ');
			raw += 3;
		} else {
			unsigned char c = (unsigned char)*raw++;
			bool c1 = c == 0xc2 && (unsigned char)*raw >= 0x80 &&
				  (unsigned char)*raw < 0xa0;

			raw += c1;
			if (c1 || c < 0x20 || c == 0x7f)
				buf_char(&b, ' ');
			else if (!invalid || c < 0x80)
				buf_char(&b, (char)c);
		}
	}
	if (text_clean(buf_cstr(&b), &clean) < 0)
		clean = xstrdup("");
	buf_finish(&b);
	clean[text_prefix_count(clean, GATES_NAME_MAX)] = '\0';
	return clean;
}

/* --- what in a text is a product's name --- */

struct needles {
	char **list;
	size_t n;
};

static const char *const name_forms[] = { "name", "short_name", "table_name" };

static int by_length(const void *a, const void *b)
{
	size_t x = strlen(*(char *const *)a), y = strlen(*(char *const *)b);

	return x < y ? 1 : x > y ? -1 : 0;
}

static void needles_add(struct needles *n, const char *s)
{
	if (!str_empty(s))
		n->list[n->n++] = seen_fold(s);
}

static void needles_init(struct needles *n, const struct value *post, const char *keyword)
{
	const struct value *products = value_get(post, "products");

	n->n = 0;
	n->list = xcalloc(value_len(products) * ARRAY_LEN(name_forms) + 1, sizeof(*n->list));
	for (size_t i = 0; i < value_len(products); i++) {
		for (size_t k = 0; k < ARRAY_LEN(name_forms); k++)
			needles_add(n, value_get_string(value_at(products, i), name_forms[k], ""));
	}
	needles_add(n, keyword);
	qsort(n->list, n->n, sizeof(*n->list), by_length);
}

static void needles_finish(struct needles *n)
{
	for (size_t i = 0; i < n->n; i++)
		free(n->list[i]);
	free(n->list);
}

/* One byte for each of TEXT's: 1 inside a name. New, the caller's. */
static char *mask_names(const char *text, const struct needles *n)
{
	size_t len = strlen(text);
	char *mask = xcalloc(len + 1, 1);

	for (size_t i = 0; i < n->n; i++) {
		size_t size = strlen(n->list[i]);

		for (const char *p = text; (p = strstr(p, n->list[i])); p += size)
			memset(mask + (p - text), 1, size);
	}
	return mask;
}

/* The post's title and texts as a reader sees them, white space folded. New. */
static char *reader_text(const struct value *post, const char *form)
{
	const char *s = value_get_string(post, form, "");
	struct buf b;
	char *out;

	/* The most that 32 quotes in one another make of a line break. */
	buf_init(&b, strlen(s) * 40 + 1024);
	if (strcmp(form, "html") == 0) {
		html_to_text(&b, s, strlen(s));
	} else if (strcmp(form, "markdown") == 0) {
		for (; *s; s++)
			if (*s != '\\' || !s[1])
				buf_char(&b, *s);
	} else {
		buf_str(&b, s);
	}
	out = seen_fold(buf_cstr(&b));
	buf_finish(&b);
	return out;
}

static const char *const forms[] = { "title", "html", "text", "markdown" };

/* --- facts --- */

struct figures {
	int64_t *list;
	size_t n;
};

static int64_t distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* All sums that follow from the prices: them, their mean, median and differences. */
static void figures_init(struct figures *f, const struct value *products)
{
	size_t n = value_len(products), k = 0;
	int64_t *p = xcalloc(n + 2, sizeof(*p)), sum = 0;

	f->list = xcalloc((n + 2) * (n + 3), sizeof(*f->list));
	f->n = 0;
	for (size_t i = 0; i < n; i++) {
		p[k] = value_get_int(value_at(products, i), "price", 0);
		sum += p[k++];
	}
	qsort(p, k, sizeof(*p), by_value);
	if (k) {
		p[n] = (sum + (int64_t)k / 2) / (int64_t)k;
		p[n + 1] = k % 2 ? p[k / 2] : (p[k / 2 - 1] + p[k / 2] + 1) / 2;
		k += 2;
	}
	for (size_t i = 0; i < k; i++) {
		f->list[f->n++] = p[i];
		for (size_t j = 0; j < i; j++)
			f->list[f->n++] = distance(p[i], p[j]);
	}
	qsort(f->list, f->n, sizeof(*f->list), by_value);
	free(p);
}

static bool figures_have(const struct figures *f, int64_t n)
{
	return bsearch(&n, f->list, f->n, sizeof(n), by_value) != NULL;
}

/* What is too large for a number is no price of the answer's. */
static void enlarge(int64_t *n, int64_t times, int64_t more)
{
	if (__builtin_mul_overflow(*n, times, n) || __builtin_add_overflow(*n, more, n))
		*n = INT64_MAX;
}

/* "12,900원", "3만 원": bytes of the amount at S, or 0; *RET its value. */
static size_t amount_at(const char *s, int64_t *ret)
{
	int64_t n = 0;
	size_t i = 0, unit;

	if (s[0] < '0' || s[0] > '9')
		return 0;
	for (; (s[i] >= '0' && s[i] <= '9') || s[i] == ',' || s[i] == '.'; i++)
		if (s[i] >= '0') /* not a comma or a point */
			enlarge(&n, 10, s[i] - '0');
	*ret = n;
	for (unit = i; s[unit] == ' '; unit++)
		;
	for (bool more = true; more;) {
		static const struct {
			const char *word;
			int64_t times;
		} units[] = { { "십", 10 }, { "백", 100 }, { "천", 1000 }, { "만", 10000 },
			{ "억", 100000000 } };

		more = false;
		for (size_t k = 0; k < ARRAY_LEN(units); k++) {
			if (!str_starts(s + unit, units[k].word))
				continue;
			enlarge(ret, units[k].times, 0);
			unit += strlen(units[k].word);
			more = true;
		}
	}
	while (s[unit] == ' ')
		unit++;
	if (str_starts(s + unit, "원"))
		return unit + strlen("원");
	*ret = n;
	return 0;
}

/* The first amount that no product explains: its text, new; or NULL. */
static char *stray_amount(const char *text, const char *mask, const struct figures *f)
{
	bool inside = false; /* of a number */

	for (size_t i = 0; text[i]; i++) {
		bool won = str_starts(text + i, "₩");
		size_t from = won ? i + strlen("₩") : i, n, whole;
		int64_t amount;

		if (won && text[from] == ' ')
			from++;
		if (!inside || won) {
			n = amount_at(text + from, &amount);
			if (won && !n && text[from] >= '0' && text[from] <= '9')
				n = strspn(text + from, "0123456789,");
			whole = n ? from + n - i : 0;
			if (n && !figures_have(f, amount) &&
			    memchr(mask + i, 0, whole) != NULL)
				return xstrndup(text + i, whole);
		}
		inside = (text[i] >= '0' && text[i] <= '9') || text[i] == ',' || text[i] == '.';
	}
	return NULL;
}

static bool facts_prices(const struct gates_input *in, struct err *e)
{
	struct needles names;
	struct figures f;
	bool ok = true;

	needles_init(&names, in->post, in->keyword);
	figures_init(&f, value_get(in->post, "products"));
	for (size_t i = 0; ok && i < ARRAY_LEN(forms); i++) {
		CLEANUP_FREE char *text = reader_text(in->post, forms[i]);
		CLEANUP_FREE char *mask = mask_names(text, &names);
		CLEANUP_FREE char *stray = stray_amount(text, mask, &f);

		ok = stray == NULL;
		if (!ok)
			err_set(e, -EINVAL, "%s: \"%s\" does not follow from the answer's prices",
				forms[i], stray);
	}
	free(f.list);
	needles_finish(&names);
	return ok;
}

static int64_t whole_price(const struct value *p)
{
	const struct value *v = value_get(p, "productPrice");
	double d = value_double(v, -1);

	if (value_kind(v) == VALUE_INT)
		return value_int(v, -1);
	return d > 0 && d < 1e12 ? (int64_t)(d + 0.5) : -1;
}

/* NAME is A's, as it is written in posts. */
static bool is_product(const struct value *a, const char *name, const struct value *p)
{
	return value_get_int(a, "productId", -1) == value_get_int(p, "id", -2) &&
	       whole_price(a) == value_get_int(p, "price", -2) &&
	       str_eq(name, value_get_string(p, "name", "")) &&
	       str_eq(value_get_string(a, "productUrl", ""), value_get_string(p, "url", "")) &&
	       (!value_get(p, "image") || str_eq(value_get_string(a, "productImage", ""),
						 value_get_string(p, "image", "")));
}

/* The product of the answer that the post's P claims to be. */
static bool facts_match(const struct value *answer, const struct value *p)
{
	for (size_t i = 0; i < value_len(answer); i++) {
		const struct value *a = value_at(answer, i);
		CLEANUP_FREE char *name = gates_name(value_get_string(a, "productName", ""));

		if (is_product(a, name, p))
			return true;
	}
	return false;
}

/* "에어프라이어 5…" stands for a name that begins so. */
static bool short_of(const char *name, const char *cut)
{
	size_t n = strlen(cut);

	if (str_eq(name, cut))
		return true;
	return str_ends(cut, "…") && strncmp(name, cut, n - strlen("…")) == 0;
}

static bool facts_products(const struct gates_input *in, struct err *e)
{
	const struct value *list = value_get(in->post, "products");

	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *p = value_at(list, i);
		const char *name = value_get_string(p, "name", "");

		if (!facts_match(in->products, p) ||
		    !short_of(name, value_get_string(p, "short_name", name)) ||
		    !short_of(name, value_get_string(p, "table_name", name))) {
			err_set(e, -EINVAL, "product %zu is not in the answer as it stands in the "
				"post: %s", i + 1, name);
			return false;
		}
	}
	if (!value_len(list))
		err_set(e, -EINVAL, "the post has no product");
	return value_len(list) > 0;
}

static bool facts_images(const struct gates_input *in, struct err *e)
{
	const struct value *images = value_get(in->post, "images");
	const struct value *list = value_get(in->post, "products");

	for (size_t i = 0; i < value_len(images); i++) {
		const char *alt = value_get_string(value_at(images, i), "alt", "");
		const char *src = value_get_string(value_at(images, i), "src", "");
		bool known = false;

		for (size_t k = 0; k < value_len(list) && !known; k++)
			known = short_of(value_get_string(value_at(list, k), "name", ""), alt) &&
				str_eq(src, value_get_string(value_at(list, k), "image", ""));
		if (!known) {
			err_set(e, -EINVAL, "image %zu is of no product of the answer", i + 1);
			return false;
		}
	}
	return true;
}

static bool see_known(struct url_visit *v, const char *url, enum gates_url what, unsigned line)
{
	const struct value *list = v->in->products;
	const char *field = what == GATES_IMAGE ? "productImage" : "productUrl";

	if (what == GATES_LINK && !str_empty(v->in->search_link) && str_eq(url, v->in->search_link))
		return true;
	for (size_t i = 0; i < value_len(list); i++)
		if (str_eq(url, value_get_string(value_at(list, i), field, "")))
			return true;
	err_set(&v->e, -EINVAL, "html, line %u: not in the answer: %s", line, url);
	return false;
}

/* The day and the time of the answer, as in "11월 23일 14:32". */
static bool facts_time(const struct gates_input *in, struct err *e)
{
	CLEANUP_FREE char *text = reader_text(in->post, "html");
	char day[32], minute[CLOCK_TEXT_MAX], wait[64];
	struct date d;

	format_wait(in->ttl_ms, wait, sizeof(wait));
	if (in->fetched_ms > in->now_ms + 5 * 60 * 1000) {
		err_set(e, -EINVAL, "the answer comes from the future; the clock was moved");
		return false;
	}
	if (in->now_ms - in->fetched_ms > in->ttl_ms) {
		err_set(e, -EINVAL, "the answer is older than %s (cache.ttl)", wait);
		return false;
	}
	clock_date(in->fetched_ms, &d);
	str_format_cut(day, sizeof(day), "%d월 %d일", d.month, d.day);
	clock_format_time(in->fetched_ms, minute);
	if (!strstr(text, day) || !strstr(text, minute)) {
		err_set(e, -EINVAL, "the time of the prices (%s %s) is not in the text", day,
			minute);
		return false;
	}
	return true;
}

static void gate_facts(struct gates_result *r, const struct gates_input *in)
{
	static const char remedy[] = N_("use the template's fields ({{price}}, {{price_as_of}}, "
		"{{url}}) and write no figure by hand");
	struct url_visit v = { .in = in, .see = see_known };
	bool ok = facts_time(in, &v.e) && facts_products(in, &v.e) && facts_images(in, &v.e) &&
		  facts_prices(in, &v.e) && visit_urls(&v, value_get_string(in->post, "html", ""));

	if (ok)
		set(r, true, "", "%zu products, their prices and links are those of the answer",
			value_len(value_get(in->post, "products")));
	else
		set(r, false, remedy, "%s", v.e.text);
}

/* --- claims --- */

/*
 * Words by which a writer says that they had the thing in their hands. The
 * programme's program never did: such words from it would be untrue advertising
 * (Act on Fair Labeling and Advertising, article 3). White space is left out.
 */
static const char *const claims[] = {
	"써보니", "써봤", "써본", "써보았", "써보면서", "직접써", "직접사용", "직접구매",
	"직접구입", "직접먹", "직접입", "직접발라", "직접체험", "직접해보", "사용해보니",
	"사용해봤", "사용해본", "사용해보았", "사용하고있는데", "사용중인데", "쓰고있는데",
	"사용하면서느낀", "써오면서", "먹어보니", "먹어봤", "먹어본", "먹어보았", "마셔보니",
	"마셔봤", "마셔본", "입어보니", "입어봤", "입어본", "신어보니", "신어봤", "신어본",
	"발라보니", "발라봤", "발라본", "체험해보니", "체험해봤", "체험해본", "구매해봤",
	"구매해보니", "구입해봤", "구입해보니", "구매해서써", "사서써", "주문해봤",
	"주문해보니", "받아보니", "열어보니", "설치해보니", "설치해봤", "내돈내산",
	"내돈주고", "제돈주고", "내가산", "제가산", "제가쓰", "제가써", "제가사용", "제가구매",
	"저희집에서쓰", "우리집에서쓰", "솔직후기", "솔직한후기", "실사용후기", "실사용기",
	"사용후기입니다", "재구매했", "재구매의사", "만족하며쓰", "만족하고있",
};

static const char *find_claim(const char *text, const struct needles *names)
{
	CLEANUP_FREE char *mask = mask_names(text, names);
	CLEANUP_FREE char *own = xstrdup(text);
	CLEANUP_FREE char *squeezed = NULL;

	for (size_t i = 0; own[i]; i++)
		if (mask[i])
			own[i] = '\1';
	squeezed = seen_squeeze(own, true);
	for (size_t i = 0; i < ARRAY_LEN(claims); i++)
		if (strstr(squeezed, claims[i]))
			return claims[i];
	return NULL;
}

static void gate_claims(struct gates_result *r, const struct gates_input *in)
{
	static const char remedy[] = N_("say what is known (price, delivery, rank), "
		"not that somebody used it");
	const char *claim = NULL;
	struct needles names;
	size_t i;

	needles_init(&names, in->post, NULL);
	for (i = 0; i < ARRAY_LEN(forms); i++) {
		CLEANUP_FREE char *text = reader_text(in->post, forms[i]);

		claim = find_claim(text, &names);
		if (claim)
			break;
	}
	needles_finish(&names);
	if (claim)
		set(r, false, remedy, "%s: \"%s\" claims a use that the program never made",
			forms[i], claim);
	else
		set(r, true, "", "no claim of use");
}

/* --- profile --- */

/* A name of the answer that would be markup stands in the HTML as it came. */
static const char *raw_name(const struct gates_input *in, const char *html)
{
	for (size_t i = 0; i < value_len(in->products); i++) {
		const char *name = value_get_string(value_at(in->products, i), "productName", "");

		if (strpbrk(name, "<>&") && strstr(html, name))
			return name;
	}
	return NULL;
}

static void gate_profile(struct gates_result *r, const struct gates_input *in)
{
	const char *html = value_get_string(in->post, "html", "");
	const char *raw = raw_name(in, html);
	struct err e;

	if (raw)
		set(r, false, "use {{name}}, which escapes it", "a name stands unescaped: %s", raw);
	else if (!text_valid(html, strlen(html)))
		set(r, false, "save the template as UTF-8", "the HTML is no UTF-8");
	else if (html_profile_check(html, strlen(html), &e) < 0)
		set(r, false,
			"keep to the tags that every editor takes; see cpauto.conf(5), TEMPLATES",
			"html, %s", e.text);
	else
		set(r, true, "", "only tags of the safe profile, everything escaped");
}

bool gates_check(const struct gates_input *in, struct gates_report *report)
{
	*report = (struct gates_report){ 0 };
	gate_disclosure(rule(report, "disclosure", by_ftc), in);
	gate_facts(rule(report, "facts", by_cpauto), in);
	gate_hosts(rule(report, "hosts", by_programme), in);
	gate_claims(rule(report, "claims", by_cpauto), in);
	gate_profile(rule(report, "profile", by_cpauto), in);
	return finish(report);
}

struct value *gates_value(const struct gates_report *report)
{
	struct value *v = value_new_object(), *rules = value_new_list();

	for (size_t i = 0; i < report->count; i++) {
		const struct gates_result *r = &report->results[i];
		struct value *o = value_new_object();

		value_set_string(o, "rule", r->rule);
		value_set_bool(o, "pass", r->pass);
		value_set_string(o, "reason", r->reason);
		value_set_string(o, "since", r->since);
		value_set_string(o, "remedy", r->remedy);
		value_append(rules, o);
	}
	value_set_bool(v, "pass", report->pass);
	value_set(v, "rules", rules);
	return v;
}
