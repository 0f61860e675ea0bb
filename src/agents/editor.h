/* SPDX-License-Identifier: MIT */
#ifndef EDITOR_H
#define EDITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "selectors.h"
#include "util.h"
#include "value.h"
#include "webdriver.h"

/*
 * The steps of writing a post in Naver's editor, in a browser that is open
 * already. Each waits for what it does to be seen, and reads it back. Before
 * each one whatever has popped up is put away.
 */
enum editor_end {
	EDITOR_OK,
	EDITOR_LATER,   /* it did not work */
	EDITOR_BROKEN,  /* a person is needed */
	EDITOR_UNCLEAR, /* a click was made, and what came of it cannot be seen */
};

struct editor {
	struct wd *wd;
	const struct selectors *sel;
	const char *blog_id;
	int64_t step_ms;  /* how long one step may take */
	bool framed;      /* the editor is in the frame */
	bool save_click;  /* that on the draft's button was made, or may have been */
	bool final_click; /* the final one was */
	bool fresh;       /* the caret stands in an empty paragraph at the end */
	bool disturbed;   /* something popped up: the caret may be lost */
	struct err said;  /* the last pop-up or alert that was put away */
	/* What should be in the body by now: lines without white space, and how many of each. */
	struct buf text;
	int quotes, lines, tables, cards, pictures;
	struct value *links;        /* {text, href} */
	struct value *spots;        /* {path, at}: where pictures go, in paragraphs */
	const struct value *images; /* of the post: {src, path} */
	struct err why;
};

void editor_init(struct editor *e, struct wd *w, const struct selectors *s,
	const char *blog_id, int64_t step_ms);
void editor_finish(struct editor *e);

/* Is URL a page of a login? */
bool editor_is_login(const char *url);

/* Opens URL and waits for an editor in which nothing lies in the way. */
enum editor_end editor_open(struct editor *e, const char *url);

/* Puts away what lies in the way. BROKEN for a login, a captcha or a restriction. */
enum editor_end editor_sweep(struct editor *e);

/* Is it empty? Switches bold and the like off. */
enum editor_end editor_clean(struct editor *e);

enum editor_end editor_write_title(struct editor *e, const char *title);

/* BLOCKS of blocks_parse(); pictures are only given their places. */
enum editor_end editor_write(struct editor *e, const struct value *blocks);

/* The pictures, all of them. */
enum editor_end editor_add_pictures(struct editor *e);

/* Is all there, and nothing else? */
enum editor_end editor_verify(struct editor *e, const char *title);

/*
 * As a draft; seen by the count of drafts. Any other end with save_click set:
 * saved or not, it cannot be seen.
 */
enum editor_end editor_save(struct editor *e);

/* The titles of the drafts, a list of texts, the caller's; NULL if they cannot be seen. */
struct value *editor_drafts(struct editor *e);

/* What the layer is to say. */
struct editor_layer {
	const char *category;   /* "" = as it is */
	enum selector visibility; /* SEL_ALL, … */
	const struct value *tags;
	bool later; /* else now */
	int year, month, day, hour, minute;
};

/* Fills the layer in and reads every field of it back. */
enum editor_end editor_fill_layer(struct editor *e, const struct editor_layer *l);

/*
 * The one final click. EDITOR_OK: the post's number and address in ID and URL.
 * Any other end with final_click set: it is out or not, it cannot be seen;
 * EDITOR_BROKEN where a login, a captcha or a restriction has come up since.
 */
enum editor_end editor_publish(struct editor *e, struct buf *id, struct buf *url);

/* {name, selector, state: "found"|"hidden"|"missing", when} of each; NULL on failure. */
struct value *editor_survey(struct editor *e);
enum editor_end editor_open_layer(struct editor *e);

#endif
