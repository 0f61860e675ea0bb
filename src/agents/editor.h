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
 * Naver's editor in a browser that is open already: what lies in the way is put
 * away, what is wanted is found and clicked. What is done with it stands in
 * content.h (reading it back), caret.h, links.h, pictures.h, writing.h (the
 * post), draft.h, layer.h (its settings) and final.h (the last button). Each
 * step waits for what it does to be seen.
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
	int64_t end_ms;   /* of all of it, by editor_ms(): then nothing new is begun */
	bool framed;      /* the editor is in the frame */
	bool outside;     /* which the browser was led out of: the next look leads it in */
	bool entered;     /* by this look, after nothing was seen in the way outside */
	bool save_click;  /* that on the draft's button was made, or may have been */
	bool final_click; /* the final one was */
	bool fresh;       /* the caret stands in an empty paragraph at the end */
	bool disturbed;   /* something popped up: the caret may be lost */
	bool no_paste;    /* one was not taken: from then on texts are typed */
	struct err said;  /* the last pop-up or alert that was put away */
	struct value *state; /* what the last look at the content saw (content.h) */
	int state_at;        /* how many requests were made by then */
	/* What should be in the body by now: lines without white space, and how many of each. */
	struct buf text;
	int quotes, lines, tables, cards, pictures;
	struct value *links;        /* {text, href} */
	struct value *spots;        /* {path, at}: where pictures go, in paragraphs */
	const struct value *images; /* of the post: {src, path} */
	struct err why;
	bool lacks; /* a selector, by why */
};

void editor_init(struct editor *e, struct wd *w, const struct selectors *s,
	const char *blog_id, int64_t step_ms, int64_t end_ms);
void editor_finish(struct editor *e);

/* Is URL a page of a login? */
bool editor_is_login(const char *url);

/* Opens URL and waits for an editor in which nothing lies in the way. */
enum editor_end editor_open(struct editor *e, const char *url);

/* {name, selector, state: "found"|"hidden"|"missing", when} of each selector; the caller's. */
struct value *editor_survey(struct editor *e);

/* ---- for the modules of the editor ---- */

/* END with why it came to that, on one line. */
enum editor_end editor_fail(struct editor *e, enum editor_end end, const char *fmt, ...)
	PRINTF(3, 4);
/* LATER, as WHAT did not work in the browser; OK for WD_OK. */
enum editor_end editor_fail_wd(struct editor *e, enum wd_end end, const char *what);
/* BROKEN: an owner must mend this selector. */
enum editor_end editor_fail_selector(struct editor *e, enum selector which);

/* Now, for deadlines: by the clock that no step moves. */
int64_t editor_ms(void);

/* For waiting until something is seen: looks that are close together at first. */
struct patience {
	int64_t until;
	int pause_ms;
};
/* The time of one step, but not after the end of it all. */
struct patience editor_patience(const struct editor *e);
/* The same, but no longer than MS. */
struct patience editor_patience_of(const struct editor *e, int64_t ms);
/* Pauses; false, at once, when the time is over. */
bool editor_wait(struct patience *p);

/*
 * Puts away what lies in the way. BROKEN for a login, a captcha or a
 * restriction; LATER where it does not go away, or all time is over.
 */
enum editor_end editor_sweep(struct editor *e);

/*
 * The same, and SCRIPT, the body of a function of ARGS (taken over), run once
 * nothing is in the way, in the same moment; more than once only where an alert
 * comes up meanwhile: it must change nothing. *RET is the caller's, NULL unless
 * EDITOR_OK. In it seen() and is_seen() are known.
 */
enum editor_end editor_look(struct editor *e, const char *script, struct value *args,
	struct value **ret);

/* An alert that is open is read, named, and only then accepted. */
enum editor_end editor_take_alert(struct editor *e);

/* The CSS of each, as arguments of a script; the caller's. */
struct value *editor_selectors(const struct editor *e, const enum selector *which, size_t n);

/* Waits for a visible match with nothing in its way. */
enum editor_end editor_find(struct editor *e, enum selector which, struct wd_element *ret);
/*
 * The same for a script that changes the page: it is run at most once. With
 * EDITOR_OK and NULL in *RET it was not, since something was in the way that
 * has been put away; EDITOR_UNCLEAR: it may have been.
 */
enum editor_end editor_act(struct editor *e, const char *script, struct value *args,
	struct value **ret);

/*
 * Clicks the element that SCRIPT, as in editor_look(), returns. EDITOR_UNCLEAR:
 * the click was not made, and may be made again; LATER, as WHAT did not work,
 * where there is none.
 */
enum editor_end editor_tap(struct editor *e, const char *script, struct value *args,
	const char *what);

/* Clicks BUTTON and waits for what that brings. */
enum editor_end editor_reveal(struct editor *e, enum selector button, enum selector layer,
	struct wd_element *ret);

/* Clicks it, again where something lay over it: such a click was not made. */
enum editor_end editor_click(struct editor *e, enum selector which);
/* *MADE becomes true once the click was made, or may have been. */
enum editor_end editor_click_and_tell(struct editor *e, enum selector which, bool *made);
/* After a click of one's own: may what was in its way be put away, and it be made again? */
bool editor_may_repeat(enum wd_end r);
/* The driver says so before it clicks. */
bool editor_was_not_made(enum wd_end r);

/* The text of the first visible match without white space, "" if there is none; the caller's. */
enum editor_end editor_text(struct editor *e, enum selector which, char **ret);

#endif
