/* SPDX-License-Identifier: MIT */
#ifndef WEBDRIVER_H
#define WEBDRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "util.h"
#include "value.h"

/*
 * A client of the W3C WebDriver protocol (https://www.w3.org/TR/webdriver2/):
 * chromedriver or geckodriver on a loopback address. Each call is one request
 * and its answer; nothing is repeated here. An alert stays open until it is
 * read and answered: what is asked while one is open ends with WD_ALERT.
 */
enum wd_end {
	WD_OK,
	WD_GONE,       /* the driver does not answer, or ended in the middle */
	WD_TIMEOUT,    /* in the driver, in a script, or of the request itself */
	WD_NO_SESSION, /* browser, window or session is not there any more */
	WD_REFUSED,    /* no session could be made: profile in use, no browser */
	WD_NOT_FOUND,  /* no such element or frame; for wd_find() also: none is visible */
	WD_STALE,      /* the element is not in the page any more */
	WD_COVERED,    /* something lies over it, or it takes no keys */
	WD_ALERT,      /* an alert is open */
	WD_NO_ALERT,
	WD_SCRIPT,     /* a script threw */
	WD_LIED,       /* the answer is none of WebDriver */
	WD_OTHER,
};

#define WD_ID_MAX 256
struct wd_element {
	char id[WD_ID_MAX];
};

struct wd {
	char base[80];          /* http://127.0.0.1:PORT */
	char session[WD_ID_MAX]; /* "" = none */
	int64_t timeout_ms;     /* of one request */
	int requests;           /* how many were made */
	struct err why;         /* of the last failure, for people */
};

struct wd_wish {
	bool firefox;
	const char *binary;  /* the browser's program or NULL */
	const char *profile; /* absolute folder, or NULL for a fresh one */
	bool headless;
	int width, height;
	int64_t page_ms, script_ms;
	const struct value *args; /* list of further arguments of the browser, or NULL */
};

/* Is URL http://127.0.0.1:PORT or another loopback address, and nothing more? */
bool wd_address_ok(const char *url);

void wd_init(struct wd *w, const char *base, int64_t timeout_ms);

/*
 * What the driver's whole answer A says, as each call below reads it. Pure. *RET
 * (NULL: nobody asks) gets its "value", the caller's, with WD_OK only.
 */
struct http_answer;
enum wd_end wd_answer(struct wd *w, const struct http_answer *a, struct value **ret);

enum wd_end wd_ready(struct wd *w);
enum wd_end wd_open(struct wd *w, const struct wd_wish *wish);
/* Ends the session, if there is one, and with it the browser. */
void wd_close(struct wd *w);

enum wd_end wd_navigate(struct wd *w, const char *url);
enum wd_end wd_url(struct wd *w, struct buf *out);

/*
 * For the beginning of a script: seen(css), or seen(css, document), is what
 * somebody who looks can see, in the order of the document.
 */
#define WD_SEEN \
	"const is_seen = e => {" \
	"  const r = e.getBoundingClientRect();" \
	"  return r.width >= 1 && r.height >= 1 &&" \
	"    r.right + e.ownerDocument.defaultView.scrollX > 0 &&" \
	"    e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });" \
	"};" \
	"const seen = (css, d = document) => [...d.querySelectorAll(css)].filter(is_seen);"

/* The first *visible* match in the current frame; the first of all. */
enum wd_end wd_find(struct wd *w, const char *css, struct wd_element *ret);
enum wd_end wd_find_any(struct wd *w, const char *css, struct wd_element *ret);

enum wd_end wd_click(struct wd *w, const struct wd_element *e);
/*
 * The same with the mouse alone, in a fraction of the time: the driver neither
 * scrolls to it nor looks whether anything lies over it.
 */
enum wd_end wd_tap(struct wd *w, const struct wd_element *e);
enum wd_end wd_keys(struct wd *w, const struct wd_element *e, const char *text);
/* PATH (absolute) into an input of type file. */
enum wd_end wd_upload(struct wd *w, const struct wd_element *e, const char *path);

/* Keys to whatever has the focus. */
enum wd_end wd_type(struct wd *w, const char *text);
#define WD_KEY_ENTER 0xe007
#define WD_KEY_SHIFT 0xe008
#define WD_KEY_CONTROL 0xe009
#define WD_KEY_ESCAPE 0xe00c
#define WD_KEY_END 0xe010
#define WD_KEY_RIGHT 0xe014
#define WD_KEY_DOWN 0xe015
/* Is there a character in TEXT that would be a key and not be written? */
bool wd_has_key(const char *text);
/* KEY with MODIFIER (0 = none) held down. */
enum wd_end wd_press(struct wd *w, unsigned modifier, unsigned key);
/* With the left button held down, in pixels of the current frame. */
enum wd_end wd_drag(struct wd *w, int x1, int y1, int x2, int y2);

/* NULL = the top document. */
enum wd_end wd_frame(struct wd *w, const struct wd_element *e);

/*
 * The body of a function. ARGS: a list, taken over, or NULL. *RET is the
 * caller's to value_free(); it may be NULL where nobody asks for it.
 */
enum wd_end wd_run(struct wd *w, const char *script, struct value *args, struct value **ret);
/* An element that a script returned. */
bool wd_take(const struct value *v, struct wd_element *ret);

enum wd_end wd_alert_text(struct wd *w, struct buf *out);
enum wd_end wd_alert_accept(struct wd *w);

/* A PNG, mode 0600. */
enum wd_end wd_screenshot(struct wd *w, const char *path);

#endif
