/* SPDX-License-Identifier: MIT */
#include "final.h"

/* The number in an address of a post of ours, or NULL. */
static const char *log_no(const struct editor *e, const char *url, size_t *len)
{
	CLEANUP_FREE char *path = xasprintf("/%s/", e->blog_id);
	const char *at = strstr(url, "logNo=");

	if (at)
		at += strlen("logNo=");
	else if ((at = strstr(url, path)))
		at += strlen(path);
	if (!at)
		return NULL;
	*len = strspn(at, "0123456789");
	return *len >= 6 ? at : NULL;
}

static bool see_post(struct editor *e, struct buf *id, struct buf *url)
{
	struct value *v;
	bool found = false;

	/* The next look leads it in again, where there still is an editor. */
	e->outside = true;
	if (wd_frame(e->wd, NULL) != WD_OK || wd_run(e->wd, "const all = [location.href];"
			"for (let i = 0; i < frames.length; i++)"
			"  try { all.push(frames[i].location.href); } catch (x) {}"
			"return all;", NULL, &v) != WD_OK)
		return false;
	for (size_t i = 0; i < value_len(v) && !found; i++) {
		const char *one = value_string(value_at(v, i), "");
		size_t len;
		const char *no = log_no(e, one, &len);

		found = no != NULL;
		if (found) {
			buf_add(id, no, len);
			buf_str(url, one);
		}
	}
	value_free(v);
	return found;
}

/* After the final click: what is in the way is named, nothing is done about it. */
static enum editor_end see_trouble(struct editor *e)
{
	enum editor_end end = editor_sweep(e);

	if (end == EDITOR_BROKEN)
		return end;
	return *e->said.text ? editor_fail(e, EDITOR_UNCLEAR,
		"after the final click the page said "
		"\"%.300s\"", e->said.text) : EDITOR_OK;
}

static enum editor_end wait_post(struct editor *e, struct buf *id, struct buf *url)
{
	struct patience p = editor_patience(e);
	enum editor_end trouble;

	e->said.text[0] = '\0';
	do {
		if (see_post(e, id, url))
			return EDITOR_OK;
		trouble = see_trouble(e);
		if (trouble != EDITOR_OK)
			return see_post(e, id, url) ? EDITOR_OK : trouble;
	} while (editor_wait(&p));
	return editor_fail(e, EDITOR_UNCLEAR,
		"the final button was pressed and no post came in sight");
}

enum editor_end final_press(struct editor *e, struct buf *id, struct buf *url)
{
	struct wd_element final;
	enum editor_end end = editor_find(e, SEL_FINAL, &final);
	enum wd_end r;

	if (end != EDITOR_OK)
		return end;
	e->final_click = true;
	r = wd_click(e->wd, &final);
	if (editor_was_not_made(r)) {
		e->final_click = false;
		return editor_fail_wd(e, r, "pressing the final button");
	}
	return wait_post(e, id, url);
}
