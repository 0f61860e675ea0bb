/* SPDX-License-Identifier: MIT */
#include "posting.h"

#include "blocks.h"
#include "clock.h"
#include "content.h"
#include "draft.h"
#include "final.h"
#include "kit.h"
#include "layer.h"
#include "lookup.h"
#include "pictures.h"
#include "text.h"
#include "writing.h"

#define TITLE_MAX 100 /* characters; the editor takes no more */
#define TAGS_MAX 30
#define PICTURES_MAX 50
#define TEXT_MAX (4u << 20)

static bool has_key(const struct value *post, const struct value *blocks)
{
	const struct value *tags = value_get(post, "tags");
	bool any = wd_has_key(value_get_string(post, "title", ""));
	struct buf text;

	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < value_len(blocks); i++)
		blocks_text(value_at(blocks, i), &text);
	any = any || wd_has_key(buf_cstr(&text));
	for (size_t i = 0; i < value_len(tags); i++)
		any = any || wd_has_key(value_string(value_at(tags, i), ""));
	buf_finish(&text);
	return any;
}

bool posting_ok(const struct value *post, const struct value *blocks, struct value *answer)
{
	const struct value *images = value_get(post, "images");
	const char *title = value_get_string(post, "title", "");

	if (!*title || !value_len(blocks))
		kit_refused(answer, "the post has no title or no text");
	else if (text_count(title) > TITLE_MAX)
		kit_refused(answer, "the title has %zu characters, Naver takes %d: shorten it",
			text_count(title), TITLE_MAX);
	else if (has_key(post, blocks))
		kit_refused(answer, "the post has a character (U+E000 to U+E07F) that a browser "
			"would take for a key");
	else if (value_len(value_get(post, "tags")) > TAGS_MAX)
		kit_refused(answer, "the post has %zu tags, Naver takes %d",
			value_len(value_get(post, "tags")), TAGS_MAX);
	else if (value_len(images) > PICTURES_MAX)
		kit_refused(answer, "the post has %zu pictures, at most %d are taken",
			value_len(images), PICTURES_MAX);
	else
		return true;
	return false;
}

/* ---- writing it ---- */

static enum editor_end write_post(struct room *r, const struct value *post,
	const struct value *blocks)
{
	const char *title = value_get_string(post, "title", "");
	enum editor_end end = room_open_editor(r);

	room_lap(r, "editor");
	r->ed.images = r->album.images;
	if (end == EDITOR_OK)
		end = writing_clean(&r->ed);
	if (end == EDITOR_OK)
		end = writing_title(&r->ed, title);
	room_lap(r, "title");
	if (end == EDITOR_OK)
		end = writing_blocks(&r->ed, blocks);
	room_lap(r, "text");
	if (end == EDITOR_OK)
		end = pictures_add(&r->ed);
	room_lap(r, "pictures");
	return end == EDITOR_OK ? content_verify(&r->ed, title) : end;
}

/* The draft is there when the count says so and the list does not deny it. */
static enum editor_end save_draft(struct room *r, const char *title)
{
	enum editor_end end = draft_save(&r->ed);
	enum seen seen;

	if (end == EDITOR_BROKEN || !r->ed.save_click)
		return end;
	seen = lookup_drafts(&r->ed, title);
	if (seen == SEEN_YES || (seen == SEEN_UNKNOWN && end == EDITOR_OK))
		return content_verify(&r->ed, title);
	if (seen == SEEN_UNKNOWN)
		return end;
	if (seen == SEEN_DOUBTFUL) {
		err_set(&r->ed.why, 0, "the list of drafts does not show the one that was saved");
		return EDITOR_UNCLEAR;
	}
	err_set(&r->ed.why, 0, "the editor did not save the draft%s%.200s",
		*r->ed.said.text ? ": " : "", r->ed.said.text);
	r->ed.save_click = false;
	return EDITOR_LATER;
}

/* ---- publishing it ---- */

/* The next such time of day that is at least 20 minutes away. */
static void next_time(const struct setup *s, struct layer *l)
{
	struct instant now;
	struct date d;

	l->later = s->timed;
	if (!s->timed)
		return;
	clock_now(&now);
	clock_date(now.wall_ms, &d);
	d.hour = s->hour;
	d.minute = s->minute;
	d.second = 0;
	if (clock_wall(&d) < now.wall_ms + INT64_C(20) * 60 * 1000)
		d.day++;
	clock_date(clock_wall(&d), &d);
	l->year = d.year;
	l->month = d.month;
	l->day = d.day;
	l->hour = d.hour;
	l->minute = d.minute;
}

static void publish_now(struct room *r, const struct value *post, const struct lookup *w,
	struct value *answer)
{
	const char *category = value_get_string(post, "category", "");
	struct layer l = { .category = *category ? category : r->s.category,
		.visibility = r->s.visibility, .tags = value_get(post, "tags") };
	struct buf id, url;
	enum editor_end end;

	buf_init(&id, 64);
	buf_init(&url, 4096);
	next_time(&r->s, &l);
	end = layer_fill(&r->ed, &l);
	if (end == EDITOR_OK)
		end = content_verify(&r->ed, w->title);
	if (end == EDITOR_OK)
		end = final_press(&r->ed, &id, &url);
	if (end == EDITOR_OK) {
		value_set_string(answer, "id", buf_cstr(&id));
		value_set_string(answer, "url", buf_cstr(&url));
		kit_ok(answer);
	} else if (r->ed.final_click && end == EDITOR_UNCLEAR &&
			lookup_feed(&r->s, w, answer) == SEEN_YES) {
		kit_ok(answer);
	} else {
		room_give(r, end, answer);
	}
	buf_finish(&id);
	buf_finish(&url);
}

static void finish_draft(struct room *r, enum editor_end end, struct value *answer)
{
	CLEANUP_FREE char *url = xasprintf("%s/%s/postwrite", r->s.endpoint, r->s.blog_id);

	if (end == EDITOR_OK) {
		value_set_string(answer, "id", "draft");
		value_set_string(answer, "url", url);
		value_set_bool(answer, "draft", true);
		kit_ok(answer);
	} else {
		room_give(r, end, answer);
	}
}

void posting_run(struct room *r, const struct value *post,
	const struct value *blocks, struct value *answer)
{
	struct lookup w = { .title = value_get_string(post, "title", "") };
	enum editor_end end = write_post(r, post, blocks);

	if (end == EDITOR_OK)
		end = save_draft(r, w.title);
	room_lap(r, "draft");
	if (!r->s.publish) {
		finish_draft(r, end, answer);
	} else if (end == EDITOR_OK) {
		w.hrefs = lookup_hrefs(blocks);
		publish_now(r, post, &w, answer);
		room_lap(r, "publish");
		value_free(w.hrefs);
	} else {
		/* Whatever became of the draft: nothing is out. */
		room_give(r, end == EDITOR_UNCLEAR ? EDITOR_LATER : end, answer);
	}
}
