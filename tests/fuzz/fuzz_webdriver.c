/* SPDX-License-Identifier: MIT */
/* What a browser's driver answers; a failing status by a first byte '!'. */
#include "fuzz.h"

#include "http.h"
#include "json.h"
#include "webdriver.h"

FUZZ(webdriver)
{
	bool bad = len > 0 && data[0] == '!';
	struct value *v = NULL;
	struct wd_element element;
	struct http_answer h;
	struct wd w;

	wd_init(&w, "http://127.0.0.1:9515", 1000);
	http_answer_init(&h);
	h.end = HTTP_DONE;
	h.status = bad ? 404 : 200;
	buf_init(&h.body, JSON_TEXT_MAX);
	buf_add(&h.body, data + bad, len - bad);
	MUST(h.body.len == len - bad);
	enum wd_end end = wd_answer(&w, &h, &v);

	if (bad)
		MUST(end != WD_OK);
	if (end != WD_OK)
		MUST(!v && *w.why.text && fuzz_is_plain(w.why.text));
	/* An element's name becomes part of an address. */
	if (wd_take(v, &element))
		MUST(*element.id && !strpbrk(element.id, "/?#%\\ \r\n") && element.id[0] != '.');
	else
		MUST(!*element.id);
	value_free(v);
	http_answer_finish(&h);
}
