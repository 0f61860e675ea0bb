/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "buf.h"
#include "clock.h"
#include "gates.h"

#define S GATES_DISCLOSURE
#define HEAD "이 포스팅은 쿠팡 파트너스 활동의 일환으로, "

enum { SENTENCE = 1, PLACE = 2, VISIBLE = 4, WORDING = 8 };

static unsigned failed_rules(const char *text, bool html, struct gates_report *report)
{
	unsigned failed = 0;
	bool pass = gates_lint(text, strlen(text), html, report);

	assert_int_equal(report->count, 4);
	for (size_t i = 0; i < report->count; i++) {
		const struct gates_result *r = &report->results[i];

		assert_true(r->reason[0] != '\0');
		assert_true(r->since[0] != '\0');
		assert_true(r->pass == (r->remedy[0] == '\0'));
		failed |= r->pass ? 0 : 1u << i;
	}
	assert_true(pass == (failed == 0));
	return failed;
}

static void lints_html(void **state)
{
	static const struct {
		const char *in;
		unsigned failed;
		const char *reason; /* part of one of the reasons */
	} rows[] = {
		{ "<p>" S "</p><p>a</p>", 0, "first block" },
		{ "<p>※ " S " 감사합니다.</p>", 0, NULL },
		{ "<p><b>이 포스팅은</b> 쿠팡&nbsp;파트너스 활동의\n 일환으로, 이에 따른 <i>일정액의</i> "
		  "수수료를 제공받습니다.</p>", 0, NULL },
		{ "<h1>제목</h1><p>" S "</p>", 0, NULL },
		{ "<h1>" S "</h1><p>a</p>", 0, NULL },
		{ "<!doctype html><html><head><title>t</title><style>p{color:red}</style></head><body>\n"
		  "<!-- a --><div><div></div><p>\u200b</p><p>" S "</p></div></body></html>", 0, NULL },
		{ "<nav>메뉴</nav><article><h1>제목</h1><p>" S "</p></article>", 0, NULL },
		{ "<div hidden>x</div><p>" S "</p>", 0, NULL },
		{ "", SENTENCE | PLACE | VISIBLE, "nowhere" },
		{ "<p>a</p>", SENTENCE | PLACE | VISIBLE, "nowhere" },
		{ "<p>a</p>\n<p>" S "</p>", PLACE, "line 2" },
		{ "<p>a<p>" S, PLACE, "line 1" },
		{ "<div><img src=\"a\"></div><p>" S "</p>", PLACE, "picture" },
		{ "<p hidden>" S "</p><p>a</p>", PLACE | VISIBLE, "hidden attribute" },
		{ "<!-- " S " --><p>a</p>", PLACE | VISIBLE, "comment" },
		{ "<p style=\"display: NONE\">" S "</p>", PLACE | VISIBLE, "display:none" },
		{ "<div style='display:none'><p><b>" S "</b></p></div>", PLACE | VISIBLE, "display" },
		{ "<p style=\"visibility:hidden\">" S "</p>", PLACE | VISIBLE, "visibility" },
		{ "<p style=\"opacity:0\">" S "</p>", PLACE | VISIBLE, "opacity" },
		{ "<p style=\"opacity:0.0\">" S "</p>", PLACE | VISIBLE, "opacity" },
		{ "<p style=\"font-size:0\">" S "</p>", PLACE | VISIBLE, "font-size" },
		{ "<p style=\"font-size:1px\">" S "</p>", PLACE | VISIBLE, "font-size" },
		{ "<p style=\"font-size:0.05em\">" S "</p>", PLACE | VISIBLE, "font-size" },
		{ "<p style=\"color:#fff\">" S "</p>", PLACE | VISIBLE, "colour" },
		{ "<p style=\"color:WHITE;background:#FFFFFF\">" S "</p>", PLACE | VISIBLE, "colour" },
		{ "<p style=\"color:rgb(250, 250, 250)\">" S "</p>", PLACE | VISIBLE, "colour" },
		{ "<p style=\"color:rgba(0,0,0,0)\">" S "</p>", PLACE | VISIBLE, "colour" },
		{ "<p style=\"color:transparent\">" S "</p>", PLACE | VISIBLE, "colour" },
		{ "<font color=\"#fefefe\">" S "</font>", PLACE | VISIBLE, "colour" },
		{ "<div style=\"background:#000\"><p style=\"color:#010101\">" S "</p></div>",
			PLACE | VISIBLE, "colour" },
		{ "<div style=\"background:#000\"><p style=\"color:#fff\">" S "</p></div>", 0, NULL },
		{ "<p style=\"color:#777\">" S "</p>", 0, NULL },
		{ "<p style=\"position:absolute;left:-9999px\">" S "</p>", PLACE | VISIBLE, "screen" },
		{ "<p style=\"text-indent:-9999px\">" S "</p>", PLACE | VISIBLE, "text-indent" },
		{ "<p style=\"height:0;overflow:hidden\">" S "</p>", PLACE | VISIBLE, "no size" },
		{ "<p style=\"clip:rect(0,0,0,0)\">" S "</p>", PLACE | VISIBLE, "clip" },
		{ "<p style=\"transform:scale(0)\">" S "</p>", PLACE | VISIBLE, "transform" },
		{ "<style>.x{display:none}</style><p class=\"a x\">" S "</p>", PLACE | VISIBLE,
			"display:none" },
		{ "<style>body p#y, i { font-size:0 }</style><p id=y>" S "</p>", PLACE | VISIBLE,
			"font-size" },
		{ "<style>.x{display:none}</style><p class=\"xx\">" S "</p>", 0, NULL },
		{ "<script>" S "</script><p>a</p>", PLACE | VISIBLE, "script" },
		{ "<template><p>" S "</p></template>", PLACE | VISIBLE, "template" },
		{ "<noscript>" S "</noscript>", PLACE | VISIBLE, "noscript" },
		{ "<details><summary>더 보기</summary><p>" S "</p></details>", PLACE | VISIBLE,
			"details" },
		{ "<details open><p>" S "</p></details>", 0, NULL },
		{ "<s>" S "</s>", PLACE | VISIBLE, "struck" },
		{ "<p>" HEAD "이에 따른 일정액의 수\u200b수료를 제공받습니다.</p>",
			SENTENCE | PLACE | VISIBLE, "invisible" },
		{ "<p>" HEAD "이에 따른 일정액의 수&#8203;수료를 제공받습니다.</p>",
			SENTENCE | PLACE | VISIBLE, NULL },
		{ "<p>" HEAD "이에 따른 일정액의 &zwj;수수료를 제공받습니다.</p>",
			SENTENCE | PLACE | VISIBLE, "invisible" },
		{ "<p>" HEAD "이에 따른 일정액의 수수료를 제공받습니다</p>",
			SENTENCE | PLACE | VISIBLE, "nowhere" },
		{ "<p>" HEAD "이에 따른 일정액의 수수료를 제공받을 수 있습니다.</p>", 15,
			"받을 수 있습니다" },
		{ "<p>파트너스 활동을 통해 일정액의 수수료를 제공받을 수 있음</p>", 15,
			"받을 수 있습니다" },
		{ "<p>" S "</p><p>구매 시 수수료를 받을 수도 있습니다.</p>", WORDING,
			"받을 수" },
		{ "<p>" S "</p><p>로켓배송을 받을 수 있습니다.</p>", 0, NULL },
		{ "<h1>수수료를 받을 수 있습니다</h1><p>" S "</p>", WORDING, "title" },
		{ "<p>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa " S "</p>", PLACE, "over 100" },
	};
	struct gates_report report;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool said = rows[i].reason == NULL;
		unsigned failed = failed_rules(rows[i].in, true, &report);

		for (size_t k = 0; k < report.count; k++)
			said = said || strstr(report.results[k].reason, rows[i].reason);
		if (failed != rows[i].failed || !said)
			fail_msg("row %zu: %u for %u: %s: %s", i, failed, rows[i].failed,
				rows[i].in, report.results[failed & SENTENCE ? 0 : failed & 4 ? 2 : 1].reason);
	}
}

/* Every way of a style to hide what stands there, and those that do not. */
static void sees_styles(void **state)
{
	static const struct {
		const char *style;
		bool seen;
	} rows[] = {
		{ "font:0/0 a", false }, { "font:italic 1px a", false }, { "font:bold 0px a", false },
		{ "font:bold 0/2 a", false }, { "font:12px a", true },
		{ "font:bold 16px/1.5 a", true }, { "text-decoration:line-through", false },
		{ "text-decoration:underline", true }, { "content-visibility:hidden", false },
		{ "content-visibility:auto", true }, { "clip-path:inset(50%)", false },
		{ "clip-path:none", true }, { "clip:auto", true }, { "transform:scale(0)", false },
		{ "transform:translate(-9999px)", false }, { "transform:rotate(1deg)", true },
		{ "visibility:collapse", false }, { "visibility:visible", true },
		{ "display:block", true }, { "opacity:1%", false }, { "opacity:50%", true },
		{ "opacity:1", true }, { "opacity:.05", false }, { "font-size:1pt", false },
		{ "font-size:12pt", true }, { "font-size:1%", false }, { "font-size:100%", true },
		{ "font-size:1rem", true }, { "font-size:0.1rem", false }, { "font-size:small", true },
		{ "font-size:.5px", false }, { "font-size:0.0000em", false },
		{ "font-size:12345.5px", true }, { "max-width:0;overflow:clip", false },
		{ "width:1px;height:1px;overflow:hidden", false }, { "width:5px;overflow:hidden", true },
		{ "max-height:0;overflow:hidden", false }, { "height:0", true },
		{ "height:0;overflow:visible", true }, { "position:fixed;top:-999px", false },
		{ "position:absolute;right:-200px", false }, { "position:absolute;bottom:-200px", false },
		{ "position:absolute;margin-left:-9999px", false }, { "left:-50px", true },
		{ "position:absolute;left:-50px", true }, { "position:relative;color:#111", true },
		{ "text-indent:2000px", false }, { "text-indent:1em", true },
		{ "-webkit-text-fill-color:#fff", false }, { "background-color:#000;color:#000", false },
		{ "background-color:#000;color:#fff", true }, { "background:#000 url(x);color:#010101", false },
		{ "background:#000;color:#eee", true }, { "color:#ggg", true }, { "color:#12345", true },
		{ "color:rgba(1000,0,0,1)", true }, { "color:rgb(255,255,255", false },
		{ "color:rgb(9)", true }, { "color:inherit", true }, { "color", true }, { "", true },
		{ ";;:;x:;:y", true }, { "DISPLAY : none !important", false },
	};
	struct gates_report report;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char page[600];

		str_format_cut(page, sizeof(page), "<p style=\"%s\">" S "</p>", rows[i].style);
		if (((failed_rules(page, true, &report) & VISIBLE) == 0) != rows[i].seen)
			fail_msg("%s: %s", rows[i].style, report.results[2].reason);
	}
}

static void sees_pages(void **state)
{
	static const struct {
		const char *page;
		unsigned failed;
	} rows[] = {
		{ "<dialog>" S "</dialog>", PLACE | VISIBLE },
		{ "<dialog open>" S "</dialog>", 0 },
		{ "<div bgcolor=\"#000\"><font color=\"#000010\">" S "</font></div>", PLACE | VISIBLE },
		{ "<div bgcolor=\"#000\"><font color=\"#fff\">" S "</font></div>", 0 },
		{ "<div bgcolor><font color>" S "</font></div>", 0 },
		{ "<p style>" S "</p>", 0 },
		{ "<style>*{display:none}</style><p>" S "</p>", PLACE | VISIBLE },
		{ "<style>.x{color:#fff}</style><p class=x>" S "</p>", PLACE | VISIBLE },
		{ "<style>,{display:none}</style><p>" S "</p>", 0 },
		{ "<style>p{display:none</style><p>" S "</p>", 0 },
		{ "<style>p[x], b:hover, p.y.z#w {display:none}</style><p>" S "</p>", PLACE | VISIBLE },
		{ "<style>b.y{display:none}</style><p class=y>" S "</p>", 0 },
		{ "<style>p.y{display:none}</style><p class=\"z y\">" S "</p>", PLACE | VISIBLE },
		{ "<style>p.y{display:none}</style><p class=\"yy zy\">" S "</p>", 0 },
		{ "<style>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{display:none}</style><p>" S
		  "</p>", 0 },
		{ "<p>a<br>" S "</p>", 0 },
		{ "<p hidden>a<br>" S "</p>", PLACE | VISIBLE },
		{ "<article><img src=a><p>" S "</p></article>", PLACE },
		{ "<p>a</p><article><p>" S "</p></article>", 0 },
		{ "<p>a</p><main><p>" S "</p></main>", 0 },
		{ "<details><summary>" S "</summary></details>", 0 },
		{ "<summary>" S "</summary>", 0 },
		{ "<p hidden>" S "</p><p hidden>" S "</p><!-- " S " -->", PLACE | VISIBLE },
		{ "<p>a</p><p>" S "</p><p>" S "</p>", PLACE },
		{ "<p>" S "</p><p>" S "</p>", 0 },
		{ "<ul><li>a<li>" S "</ul>", PLACE },
		{ "<p>a<div>" S "</div>", PLACE },
		{ "</p></b>" S, 0 },
		{ "<p>" HEAD "이에 따른 일정액의 수\u200b수료를 제공받습니다.</p><p>" HEAD
		  "이에 따른 일정액의 수\u200b수료를 제공받습니다.</p>", SENTENCE | PLACE | VISIBLE },
	};
	struct gates_report report;
	struct buf deep;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned failed = failed_rules(rows[i].page, true, &report);

		if (failed != rows[i].failed)
			fail_msg("row %zu: %u: %s", i, failed, rows[i].page);
	}
	/* Deeper than is followed: what stands there is still seen. */
	buf_init(&deep, 100000);
	for (int i = 0; i < 1000; i++)
		buf_str(&deep, "<div>");
	buf_str(&deep, S);
	for (int i = 0; i < 1000; i++)
		buf_str(&deep, "</div>");
	assert_int_equal(failed_rules(buf_cstr(&deep), true, &report), 0);
	buf_finish(&deep);
}

static void lints_text(void **state)
{
	static const struct {
		const char *in;
		unsigned failed;
	} rows[] = {
		{ S "\n\na\n", 0 },
		{ "# 제목\n\n" S "\n", 0 },
		{ "\xef\xbb\xbf# 제목\r\n\r\n> " S "\r\n", 0 },
		{ "# " S "\n\na\n", 0 },
		{ "\n\n\n" HEAD "\n이에 따른 일정액의 수수료를 제공받습니다.\n", 0 },
		{ "a\n\n" S "\n", PLACE },
		{ "a\n", SENTENCE | PLACE | VISIBLE },
		{ "수수료를 받을 수 있습니다\n", 15 },
	};
	struct gates_report report;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (failed_rules(rows[i].in, false, &report) != rows[i].failed)
			fail_msg("row %zu: %s", i, rows[i].in);
}

/* The sentence in NFD looks the same, so it is the same. */
static void takes_other_form(void **state)
{
	struct gates_report report;

	(void)state;
	/* 이 → ᄋ+ᅵ, the rest as ever */
	assert_int_equal(failed_rules("<p>\u110b\u1175" " 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 "
		"일정액의 수수료를 제공받습니다.</p>", true, &report), 0);
}

static void tells_html_from_text(void **state)
{
	(void)state;
	assert_true(gates_is_html("<p>a", 4));
	assert_true(gates_is_html("<!DOCTYPE html>", 15));
	assert_false(gates_is_html("# a\n\nb <b>c</b> < d", 19));
	assert_false(gates_is_html("a <p", 4));
	assert_false(gates_is_html("a <b>c", 6));
}

static void judges_urls(void **state)
{
	static const struct {
		const char *url;
		enum gates_url what;
		bool ok;
	} rows[] = {
		{ "https://link.coupang.com/re/AFFSDP?lptag=AF1&pageKey=1", GATES_LINK, true },
		{ "https://LINK.coupang.com/a/b", GATES_LINK, true },
		{ "https://coupa.ng/x", GATES_LINK, true },
		{ "https://www.coupang.com/vp/products/1", GATES_LINK, false },
		{ "https://link.coupang.com.evil.example/", GATES_LINK, false },
		{ "https://evil.example/link.coupang.com", GATES_LINK, false },
		{ "https://link.coupang.com@evil.example/", GATES_LINK, false },
		{ "https://u:p@link.coupang.com/", GATES_LINK, false },
		{ "https://link.coupang.com:8443/", GATES_LINK, false },
		{ "https://link.coupang.com./", GATES_LINK, false },
		{ "https:\\\\link.coupang.com/", GATES_LINK, false },
		{ "https://evil.example\\@link.coupang.com/", GATES_LINK, false },
		{ "https://link.coupang.com/a b", GATES_LINK, false },
		{ "https://link.coupang.com/\n", GATES_LINK, false },
		{ "javascript:alert(1)//link.coupang.com", GATES_LINK, false },
		{ "//link.coupang.com/", GATES_LINK, false },
		{ "", GATES_LINK, false },
		{ "ftp://link.coupang.com/", GATES_LINK, false },
		{ "https://link.coupang.com%2eevil/", GATES_LINK, false },
		{ "https://ads-partners.coupang.com/image1/x", GATES_IMAGE, true },
		{ "http://static.coupangcdn.com/x", GATES_IMAGE, true },
		{ "https://thumbnail7.coupangcdn.com/x", GATES_IMAGE, true },
		{ "https://coupangcdn.com/x", GATES_IMAGE, false },
		{ "https://.coupangcdn.com/x", GATES_IMAGE, false },
		{ "https://evilcoupangcdn.com/x", GATES_IMAGE, false },
		{ "https://e%2evil.coupangcdn.com/x", GATES_IMAGE, false },
		{ "https://static.coupangcdn.com/x", GATES_LINK, false },
		{ "https://link.coupang.com/x", GATES_IMAGE, false },
		{ "http://127.0.0.1:8080/re/x", GATES_LINK, true },
		{ "http://127.0.0.1:8081/image", GATES_IMAGE, true },
		{ "http://127.0.0.2:8080/re/x", GATES_LINK, false },
		{ "http://u@127.0.0.1:8080/re/x", GATES_LINK, false },
		{ "http://localhost/re/x", GATES_LINK, false },
		{ "http://:8080/", GATES_LINK, false },
		{ "http://8080/", GATES_LINK, false },
		{ "https://link.coupang.com/\x7f", GATES_LINK, false },
		{ "https://a_b.coupangcdn.com/x", GATES_IMAGE, false },
		{ "https://A-0.b.coupangcdn.com/x", GATES_IMAGE, true },
		{ "https://a:1.coupangcdn.com/x", GATES_IMAGE, false },
		{ "https://a{.coupangcdn.com/x", GATES_IMAGE, false },
		{ "https://a/.coupangcdn.com/x", GATES_IMAGE, false },
		{ "https://0123456789012345678901234567890123456789012345678901234567890123456789"
		  "01234567890123456789.example/", GATES_IMAGE, false },
		{ "https://0123456789012345678901234567890123456789012345678901234567890123456789"
		  "01234567890123456789.example/", GATES_LINK, false },
	};
	static const struct {
		const char *endpoint, *url;
		bool ok;
	} own[] = {
		{ "http://localhost:1", "http://LOCALHOST/x", true },
		{ "http://localhost", "http://localhost:7/x", true },
		{ "http://[::1]:1", "http://[::1]/x", true },
		{ "http://[::1]:1", "http://[::2]/x", false },
		{ "http://127.0.0.1", "http://127.0.0.2/x", false },
		{ "http://127.0.0", "http://127.0.0/x", false },
		{ "http://128.0.0.1", "http://128.0.0.1/x", false },
		{ "http://127.0.0.1a", "http://127.0.0.1a/x", false },
		{ "http://127.0.0/1", "http://127.0.0/x", false },
		{ "http://127.0.0,1", "http://127.0.0,1/x", false },
		{ "http://:1", "http://:1/x", false },
		{ "http://", "http:///x", false },
		{ "http://127.0.0.1:1", "http:///x", false },
		{ "http://127.0.0.1:1", "http://:1/x", false },
		{ "127.0.0.1", "http://127.0.0.1/x", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (gates_url_ok(own[i].url, GATES_LINK, own[i].endpoint, NULL) != own[i].ok)
			fail_msg("%s at %s", own[i].url, own[i].endpoint);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { "" };

		if (gates_url_ok(rows[i].url, rows[i].what, "http://127.0.0.1:8080", &e) !=
			       rows[i].ok)
			fail_msg("%s: %s", rows[i].url, e.text);
	}
	assert_false(gates_url_ok("http://127.0.0.1/x", GATES_LINK, NULL, NULL));
	assert_false(gates_url_ok("http://api.example/x", GATES_LINK, "http://api.example", NULL));
	assert_false(gates_url_ok("http://127.evil.example/", GATES_LINK,
		"http://127.evil.example", NULL));
}

static void cleans_names(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "  a \t b\n", "a b" },
		{ "a\x01" "b", "a b" },
		{ "a\u202e" "b\u200b" "c\ufeff", "abc" },
		{ "a\u2028" "b\xc2\x85" "c", "a b c" },
		{ "\u1100\u1161", "가" },
		{ "a\u2029" "b\x7f" "c", "a b c" },
		{ "a\xc2\xa7" "b\xc2\x80" "c\u00e9", "a\xc2\xa7" "b c\u00e9" },
		{ "a\xc2", "a" },
		{ "a\xc2" "b", "ab" },
		{ "a\xff" "b", "ab" },
		{ "<b>{{x}}</b>", "<b>{{x}}</b>" },
		{ "\U0001F468\u200d\U0001F469\u200d\U0001F467", "\U0001F468\u200d\U0001F469\u200d\U0001F467" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *got = gates_name(rows[i].in);

		assert_string_equal(got, rows[i].want);
		free(got);
	}
}

/* --- a post and its answer --- */

#define L1 "https://link.coupang.com/re/AFFSDP?lptag=AF1&pageKey=1"
#define L2 "https://link.coupang.com/re/AFFSDP?lptag=AF1&pageKey=2"
#define I1 "https://ads-partners.coupang.com/image1/a"
#define SEARCH "https://link.coupang.com/re/AFFSRP?lptag=AF1"
/* 2026-11-23 14:32 in Seoul */
#define FETCHED 1795411920000

static struct value *raw_product(int64_t id, const char *name, int64_t price, const char *url)
{
	struct value *p = value_new_object();

	value_set_int(p, "productId", id);
	value_set_string(p, "productName", name);
	value_set_int(p, "productPrice", price);
	value_set_string(p, "productUrl", url);
	value_set_string(p, "productImage", I1);
	return p;
}

static struct value *post_product(int64_t id, const char *name, int64_t price, const char *url)
{
	struct value *p = value_new_object();

	value_set_int(p, "id", id);
	value_set_string(p, "name", name);
	value_set_string(p, "short_name", name);
	value_set_int(p, "price", price);
	value_set_string(p, "url", url);
	value_set_string(p, "image", I1);
	return p;
}

#define NAME2 "내돈내산 인기 900원 쿠폰 선풍기"

static bool judge(const char *body, const char *title, struct gates_report *report,
	int64_t age_ms)
{
	struct value *products = value_new_list(), *answer = value_new_list();
	struct value *post = value_new_object();
	struct gates_input in = { .post = post, .products = answer, .search_link = SEARCH,
		.keyword = "10만원 선물", .fetched_ms = FETCHED, .now_ms = FETCHED + age_ms,
		.ttl_ms = 86400000 };
	struct buf html;
	bool pass;

	value_append(answer, raw_product(1, "선풍기 <b>A</b>", 12900, L1));
	value_append(answer, raw_product(2, NAME2, 20000, L2));
	value_append(products, post_product(1, "선풍기 <b>A</b>", 12900, L1));
	value_append(products, post_product(2, NAME2, 20000, L2));
	buf_init(&html, 100000);
	buf_str(&html, "<p>" S "</p>\n");
	buf_str(&html, body);
	value_set_string(post, "title", title);
	value_set_string(post, "html", buf_cstr(&html));
	value_set_string(post, "text", S "\n\nx\n");
	value_set_string(post, "markdown", S "\n\nx\n");
	value_set(post, "products", products);
	buf_finish(&html);
	pass = gates_check(&in, report);
	value_free(post);
	value_free(answer);
	return pass;
}

#define TIME "<p>11월 23일 14:32 기준</p>"

static void judges_posts(void **state)
{
	static const struct {
		const char *body, *fails, *reason; /* FAILS: the one rule that does */
	} rows[] = {
		{ TIME, NULL, NULL },
		{ TIME "<p>12,900원, 20000원, 차이 7,100원, 평균 16,450원, 2만 원</p>", NULL, NULL },
		{ TIME "<p>10만원 선물</p>", NULL, NULL },
		{ TIME "<p>" NAME2 "</p>", NULL, NULL },
		{ TIME "<p><a href=\"https://link.coupang.com/re/AFFSDP?lptag=AF1&amp;pageKey=1\">a</a>"
		  "<a href=\"" SEARCH "\">b</a></p>", NULL, NULL },
		{ "<p>14:32</p>", "facts", "the time of the prices (11월 23일 14:32)" },
		{ TIME "<p>12,901원</p>", "facts", "12,901원" },
		{ TIME "<p>3만원</p>", "facts", "3만원" },
		{ TIME "<p>112,900원</p>", "facts", "112,900원" },
		{ TIME "<p>1,900원</p>", "facts", "1,900원" },
		{ TIME "<p>₩ 5,000</p>", "facts", "₩ 5,000" },
		{ TIME "<p><a href=\"https://link.coupang.com/x\">a</a></p>", "facts", "not in the answer" },
		{ TIME "<p><a href=\"https://coupa.ng/zz\">a</a></p>", "facts", "not in the answer" },
		{ TIME "<p>직접 써 보니 좋아요</p>", "claims", "써보니" },
		{ TIME "<p>내돈 내산 후기</p>", "claims", "내돈내산" },
		{ TIME "<p>사용해 <b>보니</b></p>", "claims", "사용해보니" },
		{ TIME "<p>선풍기 <b>A</b></p>", "profile", "unescaped" },
		{ TIME "<ul><li>a</li></ul>", "profile", "line 2" },
		{ "<p>11월 23일</p>", "facts", "the time of the prices" },
		{ TIME "<p>₩12,900 ₩ 20000, ₩, ₩ 원, 5 개, 1천2원 .</p>", "facts", "2원" },
		{ TIME "<p>₩7</p>", "facts", "₩7" },
		{ TIME "<p>5₩7</p>", "facts", "₩7" },
		{ TIME "<p>₩12,900원</p>", NULL, NULL },
		{ TIME "<p>₩7x</p>", "facts", "₩7" },
		{ TIME "<p>₩x 3,1 4.1 2원x</p>", "facts", "2원" },
		{ TIME "<p>99999999999999999999억억억억억원</p>", "facts", "억원" },
		{ TIME "<p>12900만억억원</p>", "facts", "억원" },
		{ TIME "<p>129000000000000000000000000000000000000원</p>", "facts", "000원" },
		{ TIME "<p>9223372036854775808원</p>", "facts", "808원" },
		{ TIME "<p>1\\.900</p>", NULL, NULL },
	};
	struct gates_report report;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool pass = judge(rows[i].body, "선풍기 추천", &report, 1000);

		assert_int_equal(report.count, 5);
		for (size_t k = 0; k < report.count; k++) {
			const struct gates_result *r = &report.results[k];
			bool want = !rows[i].fails || strcmp(r->rule, rows[i].fails) != 0;

			if (r->pass != want || (!want && !strstr(r->reason, rows[i].reason)))
				fail_msg("row %zu: %s: %s", i, r->rule, r->reason);
		}
		assert_true(pass == (rows[i].fails == NULL));
	}
}

static const struct gates_result *result(const struct gates_report *report, const char *name)
{
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->results[i].rule, name) == 0)
			return &report->results[i];
	fail_msg("no rule %s", name);
	return NULL;
}

static void judges_age_and_hosts(void **state)
{
	struct gates_report report;
	struct value *v;

	(void)state;
	assert_true(judge(TIME, "a", &report, 86400000));
	assert_false(judge(TIME, "a", &report, 86400001));
	assert_non_null(strstr(result(&report, "facts")->reason, "older"));
	assert_false(judge(TIME, "a", &report, -3600000));
	assert_non_null(strstr(result(&report, "facts")->reason, "future"));
	assert_false(judge(TIME, "9,999원 특가", &report, 0));
	assert_false(result(&report, "facts")->pass);
	assert_false(judge(TIME "<p><a href=\"https://evil.example/\">a</a></p>", "a", &report, 0));
	assert_false(result(&report, "hosts")->pass);
	assert_false(judge(TIME, "https://evil.example/", &report, 0));
	assert_false(result(&report, "hosts")->pass);
	v = gates_value(&report);
	assert_false(value_get_bool(v, "pass", true));
	assert_int_equal(value_len(value_get(v, "rules")), 5);
	value_free(v);
}

/* ---- products and images that are not the answer's -------------------------- */

/* PATH of the post or of its answer, "images.0.alt", becomes AS. */
struct change {
	const char *where, *name;
	const char *text; /* NULL: NUMBER */
	int64_t number;
	const char *rule, *reason; /* RULE: the first that fails; NULL: none */
};

static struct value *whole_post(void)
{
	struct value *post = value_new_object(), *products = value_new_list();
	struct value *images = value_new_list(), *image = value_new_object();

	value_append(products, post_product(1, "선풍기", 12900, L1));
	value_append(products, post_product(2, "긴 이름의 선풍기", 20000, L2));
	value_set_string(image, "src", I1);
	value_set_string(image, "alt", "긴 이름…");
	value_append(images, image);
	image = value_new_object();
	value_set_string(image, "src", I1);
	value_set_string(image, "alt", "선풍기");
	value_append(images, image);
	value_set_string(post, "title", "선풍기");
	value_set_string(post, "html", "<p>" S "</p>\n<p>11월 23일 14:32 기준</p>"
		"<div align=\"center\"><img src=\"" I1 "\" alt=\"\" width=\"1\" height=\"1\"></div>");
	value_set_string(post, "text", S "\n\nhttps://coupa.ng/x <" I1 ">\n");
	value_set_string(post, "markdown", S "\n\n(" L1 ") a\\* b\\");
	value_set(post, "products", products);
	value_set(post, "images", images);
	return post;
}

static struct value *named(struct value *post, struct value *answer, const char *where)
{
	if (str_eq(where, "answer"))
		return value_at(answer, 0);
	return str_eq(where, "post") ? post : value_at(value_get(post, where), 0);
}

static void judges_changes(void **state)
{
	static const struct change rows[] = {
		{ "post", "title", "선풍기 모음", 0, NULL, NULL },
		{ "post", "title", S, 0, NULL, NULL },
		{ "post", "title", "수수료를 받을 수 있습니다", 0, "disclosure", "title" },
		{ "products", "id", NULL, 3, "facts", "product 1" },
		{ "products", "price", NULL, 12901, "facts", "product 1" },
		{ "products", "name", "난로", 0, "facts", "product 1" },
		{ "products", "url", L2, 0, "facts", "product 1" },
		{ "products", "image", "https://ads-partners.coupang.com/b", 0, "facts", "product 1" },
		{ "products", "short_name", "난로", 0, "facts", "product 1" },
		{ "products", "short_name", "선풍…", 0, NULL, NULL },
		{ "products", "table_name", "난…", 0, "facts", "product 1" },
		{ "images", "alt", "난로", 0, "facts", "image 1" },
		{ "images", "src", "https://evil.example/a", 0, "facts", "image 1" },
		{ "answer", "productPrice", "12900", 0, "facts", "product 1" },
		{ "answer", "productId", NULL, 9, "facts", "product 1" },
		{ "post", "html", "<p>" S "</p>\n<p>11월 23일 14:32 기준</p>"
		  "<div align=\"center\"><img src=\"https://ads-partners.coupang.com/c\" alt=\"\" width=\"1\" height=\"1\"></div>",
			0, "facts", "not in the answer" },
		{ "post", "html", "<p>" S "</p>\n<p>11월 23일 14:32 기준 \xff</p>", 0, "profile", "UTF-8" },
		{ "post", "html", "<p>" S "</p>\n<p>11월 23일 14:32 기준 <a href=\"" L1 "&#0;\">x</a></p>",
			0, "facts", "" },
		{ "post", "html", "<p>" S "</p>\n<p>11월 23일 14:32 기준 <a href>x</a></p>", 0, "facts",
			"not in the answer: " },
		{ "post", "html", "<p>a</p>", 0, "disclosure", "html" },
		{ "post", "text", "a", 0, "disclosure", "text" },
		{ "post", "markdown", "수수료를 받을 수 있습니다\n\n" S, 0, "disclosure", "markdown" },
		{ "post", "text", S "\n\nhttps://evil.example/\n", 0, "hosts", "text" },
		{ "post", "markdown", S "\n\n[a](HTTPS://evil.example/)\n", 0, "hosts", "markdown" },
		{ "post", "text", S "\n\n{://evil.example\n", 0, "hosts", "text" },
		{ "post", "products", NULL, 0, "facts", "no product" },
	};
	struct gates_report report;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *post = whole_post(), *answer = value_new_list();
		struct gates_input in = { .post = post, .products = answer, .keyword = "선풍기",
			.fetched_ms = FETCHED, .now_ms = FETCHED, .ttl_ms = 86400000 };
		struct value *to;

		value_append(answer, raw_product(1, "선풍기", 12900, L1));
		value_append(answer, raw_product(2, "긴 이름의 선풍기", 20000, L2));
		to = named(post, answer, rows[i].where);
		if (str_eq(rows[i].name, "products"))
			value_remove(to, "products");
		else if (rows[i].text)
			value_set_string(to, rows[i].name, rows[i].text);
		else
			value_set_int(to, rows[i].name, rows[i].number);
		if (gates_check(&in, &report) != !rows[i].rule)
			fail_msg("row %zu: %s %s %s %s %s", i, report.results[0].reason,
				report.results[1].reason, report.results[2].reason,
				report.results[3].reason, report.results[4].reason);
		for (size_t k = 0; rows[i].rule && k < report.count; k++) {
			const struct gates_result *r = &report.results[k];

			if (r->pass)
				continue;
			if (!str_eq(r->rule, rows[i].rule) || !strstr(r->reason, rows[i].reason))
				fail_msg("row %zu: %s: %s", i, r->rule, r->reason);
			break;
		}
		value_free(post);
		value_free(answer);
	}
}

/* A price that is no whole number, as JSON may have it. */
static void judges_prices(void **state)
{
	static const struct {
		double price;
		int64_t want;
	} rows[] = { { 12900.0, 12900 }, { 12899.6, 12900 }, { 0.0, 0 }, { -5.0, -5 }, { 1e13, 0 } };
	struct gates_report report;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *post = whole_post(), *answer = value_new_list();
		struct gates_input in = { .post = post, .products = answer, .keyword = "선풍기",
			.fetched_ms = FETCHED, .now_ms = FETCHED, .ttl_ms = 86400000 };

		value_append(answer, raw_product(1, "선풍기", 12900, L1));
		value_set(value_at(answer, 0), "productPrice", value_new_double(rows[i].price));
		struct value *alone = value_new_list();
		value_append(alone, post_product(1, "선풍기", rows[i].want, L1));
		value_set(post, "products", alone);
		value_remove(post, "images");
		assert_int_equal(gates_check(&in, &report), rows[i].price > 1 && rows[i].price < 1e12);
		value_free(post);
		value_free(answer);
	}
}

/* Soup: nothing is read past its end, nothing takes long, nothing passes by luck. */
static void takes_soup(void **state)
{
	static const char *const bits[] = { "<p>", "</p>", "<div style=\"", "display:none", "\">",
		"<style>", "</style>", ".a{", "color:#fff", "}", "<details>", "<h1>", "</h1>", "&#",
		"수수료", "받을 수 있", " ", "<!--", "-->", "<b class=a>", "\xff", "\n", ":", ";", "rgb(",
		"0", "<article>", "<svg>", "</svg>", "," };
	unsigned seed = 1123;

	(void)state;
	for (int i = 0; i < 3000; i++, seed++) {
		struct gates_report report;
		unsigned r = seed;
		struct buf in;
		char *exact;

		buf_init(&in, 10000);
		for (unsigned k = 0; k < 1 + seed % 40; k++) {
			r = r * 1103515245u + 12345u;
			buf_str(&in, bits[(r >> 16) % ARRAY_LEN(bits)]);
		}
		exact = memcpy(xmalloc(in.len), in.data, in.len);
		if (gates_lint(exact, in.len, true, &report) ||
		    gates_lint(exact, in.len, false, &report))
			fail_msg("seed %u: %s", seed, buf_cstr(&in));
		free(exact);
		buf_finish(&in);
	}
}

static void refuses_huge(void **state)
{
	struct gates_report report;
	struct buf in;

	(void)state;
	buf_init(&in, 2 * GATES_LINT_MAX);
	while (in.len <= GATES_LINT_MAX)
		buf_str(&in, "<p><b style=\"color:#fff\">a 수수료");
	assert_false(gates_lint(buf_cstr(&in), in.len, true, &report));
	assert_string_equal(report.results[0].rule, "size");
	assert_false(gates_lint(buf_cstr(&in), GATES_LINT_MAX / 8, true, &report));
	assert_int_equal(report.count, 4);
	buf_finish(&in);
}

static int set_up(void **state)
{
	(void)state;
	return clock_set_zone("Asia/Seoul");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lints_html),
		cmocka_unit_test(sees_styles),
		cmocka_unit_test(sees_pages),
		cmocka_unit_test(lints_text),
		cmocka_unit_test(takes_other_form),
		cmocka_unit_test(tells_html_from_text),
		cmocka_unit_test(judges_urls),
		cmocka_unit_test(cleans_names),
		cmocka_unit_test(judges_posts),
		cmocka_unit_test(judges_age_and_hosts),
		cmocka_unit_test(judges_changes),
		cmocka_unit_test(judges_prices),
		cmocka_unit_test(takes_soup),
		cmocka_unit_test(refuses_huge),
	};

	return cmocka_run_group_tests_name("gates", tests, set_up, NULL);
}
