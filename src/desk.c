/* SPDX-License-Identifier: MIT */
#include "desk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sysexits.h>

#include "account.h"
#include "text.h"

#define NAMES_MAX 200

struct desk {
	struct store *store;
	const struct config *config;
	const struct instant *now;
	const struct value *args;
	struct desk_outcome *out;
};

static int say(struct desk *d, int exit_code, const char *fmt, ...) PRINTF(3, 4);
static int say(struct desk *d, int exit_code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char text[2 * ERR_MAX];
	if (tr_vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	str_format_cut(d->out->text, sizeof(d->out->text), "%s", text);
	d->out->exit_code = exit_code;
	return exit_code;
}

/* The store's own words; a full or busy disk is worth another try. */
static int store_said(struct desk *d, int r)
{
	bool later = r == -ENOSPC || r == -EBUSY;
	return say(d, later ? EX_TEMPFAIL : EX_IOERR, "%s", store_error(d->store));
}

/* ---- keywords --------------------------------------------------------------------- */

struct wanted {
	char *keyword, *folded;
	struct value *rows; /* where it stands, in the list asked for or in all */
};

static void wanted_finish(struct wanted *w)
{
	free(w->keyword);
	free(w->folded);
	value_free(w->rows);
}

/* The keyword of the wish, cleaned; the exit code if it is none. */
static int read_keyword(struct desk *d, struct wanted *w)
{
	const char *raw = value_get_string(d->args, "keyword", "");
	memset(w, 0, sizeof(*w));
	int r = strlen(raw) > CONFIG_KEYWORD_BYTES_MAX ? -E2BIG : text_clean(raw, &w->keyword);
	if (r == 0)
		r = text_fold(raw, &w->folded);
	if (r == 0)
		return EX_OK;
	if (r == -E2BIG)
		return say(d, EX_DATAERR,
			"the keyword is longer than %d bytes; use a shorter one",
			CONFIG_KEYWORD_BYTES_MAX);
	if (r == -EINVAL)
		return say(d, EX_DATAERR, "the keyword is empty; type it again");
	return say(d, EX_DATAERR,
		"the keyword is not UTF-8 text or holds control characters; type it again");
}

/* The list of the wish, or the only one there is. */
static const char *read_list(struct desk *d)
{
	const char *name = value_get_string(d->args, "list", NULL);
	if (!name && d->config->list_count == 1)
		return d->config->lists[0].name;
	if (!name) {
		say(d, EX_USAGE, "there are several lists; say which one with --list");
		return NULL;
	}
	if (config_list_find(d->config, name))
		return name;
	say(d, EX_DATAERR, "there is no list '%s'; cpauto status shows the lists", name);
	return NULL;
}

static struct value *rows_of_list(struct value *all, const char *list)
{
	if (!list)
		return all;
	struct value *rows = value_new_list();
	for (size_t i = 0; i < value_len(all); i++)
		if (str_eq(value_get_string(value_at(all, i), "list", ""), list))
			value_append(rows, value_copy(value_at(all, i)));
	value_free(all);
	return rows;
}

/* Where the keyword of the wish stands, at least once. */
static int find_keyword(struct desk *d, struct wanted *w)
{
	const char *list = value_get_string(d->args, "list", NULL);
	int code = read_keyword(d, w);
	if (code != EX_OK)
		return code;
	if (list && !read_list(d))
		return d->out->exit_code;
	struct value *all = NULL;
	int r = store_find_keywords(d->store, w->folded, &all);
	if (r < 0)
		return store_said(d, r);
	w->rows = rows_of_list(all, list);
	if (value_len(w->rows) > 0)
		return EX_OK;
	if (list)
		return say(d, EX_DATAERR,
			"'%s' stands in no list '%s'; cpauto queue shows what does, "
			"cpauto queue add puts it in",
			w->keyword, list);
	return say(d, EX_DATAERR,
		"'%s' stands in no list; cpauto queue shows what does, cpauto queue add puts "
		"it in",
		w->keyword);
}

/* "kitchen, desk" */
static void name_lists(const struct value *rows, char out[NAMES_MAX])
{
	struct buf b;
	buf_init(&b, NAMES_MAX - 1);
	for (size_t i = 0; i < value_len(rows); i++)
		buf_printf(&b, "%s'%s'", i ? ", " : "",
			value_get_string(value_at(rows, i), "list", ""));
	str_format_cut(out, NAMES_MAX, "%s%s", buf_cstr(&b), buf_failed(&b) ? ", …" : "");
	buf_finish(&b);
}

static void keyword_add(struct desk *d)
{
	struct wanted w = { 0 };
	int64_t list_id;
	const char *list = read_list(d);
	if (list && read_keyword(d, &w) == EX_OK) {
		int r = store_list_id(d->store, list, &list_id);
		if (r == 0)
			r = store_keyword_add(
				d->store, list_id, w.keyword, w.folded, d->now->wall_ms);
		d->out->heads_changed = r == 0;
		if (r == 0)
			say(d, EX_OK, "'%s' added to list '%s'", w.keyword, list);
		else if (r == -EEXIST)
			say(d, EX_DATAERR,
				"'%s' stands in list '%s' already; to have it looked at now: "
				"cpauto queue now",
				w.keyword, list);
		else
			store_said(d, r);
	}
	wanted_finish(&w);
}

static int remove_rows(struct desk *d, const struct wanted *w)
{
	for (size_t i = 0; i < value_len(w->rows); i++) {
		const struct value *row = value_at(w->rows, i);
		int r = store_keyword_remove(d->store, value_get_int(row, "id", 0));
		if (r == -EPERM)
			return say(d, EX_NOPERM,
				"'%s' of list '%s' comes from the configuration; take it out "
				"there and reload, or: cpauto queue pause",
				w->keyword, value_get_string(row, "list", ""));
		if (r < 0)
			return store_said(d, r);
		d->out->heads_changed = true;
	}
	return EX_OK;
}

static void keyword_remove(struct desk *d)
{
	struct wanted w;
	char lists[NAMES_MAX];
	if (find_keyword(d, &w) == EX_OK && remove_rows(d, &w) == EX_OK) {
		name_lists(w.rows, lists);
		say(d, EX_OK, "'%s' removed from %s", w.keyword, lists);
	}
	wanted_finish(&w);
}

static bool all_lists_paused(const struct value *rows)
{
	for (size_t i = 0; i < value_len(rows); i++)
		if (value_get_int(value_at(rows, i), "list_paused", 0) == 0)
			return false;
	return true;
}

static bool all_fresh(const struct desk *d, const struct value *rows)
{
	for (size_t i = 0; i < value_len(rows); i++)
		if (value_get_int(value_at(rows, i), "fresh_ms", 0) <= d->now->wall_ms)
			return false;
	return true;
}

/* When, and if not at once, why. */
static int tell_when(struct desk *d, const struct wanted *w)
{
	struct account_gate gate;
	char wait[64];
	if (all_lists_paused(w->rows))
		return say(d, EX_OK,
			"'%s' goes first once its list is resumed: cpauto queue resume --list "
			"'%s'",
			w->keyword, value_get_string(value_at(w->rows, 0), "list", ""));
	if (all_fresh(d, w->rows))
		return say(d, EX_OK,
			"'%s' is looked at now; its answer is still fresh, so that costs no "
			"call",
			w->keyword);
	int r = account_ask(d->store, d->config, d->now, true, &gate);
	if (r < 0)
		return store_said(d, r);
	if (gate.budget.wait_ms == 0)
		return say(d, EX_OK, "'%s' is looked at now", w->keyword);
	const char *why = gate.waiting ? gate.account.wait_reason
				       : tr(budget_reason_text(gate.budget.reason));
	if (gate.budget.wait_ms == INT64_MAX)
		return say(d, EX_OK, "'%s' goes first, but not now: %s", w->keyword, why);
	format_wait(gate.budget.wait_ms, wait, sizeof(wait));
	return say(d, EX_OK, "'%s' goes first, in %s: %s", w->keyword, wait, why);
}

static void keyword_now(struct desk *d)
{
	struct wanted w;
	int r = 0;
	if (find_keyword(d, &w) == EX_OK) {
		for (size_t i = 0; r == 0 && i < value_len(w.rows); i++)
			r = store_keyword_ask(d->store,
				value_get_int(value_at(w.rows, i), "id", 0), d->now->wall_ms);
		d->out->heads_changed = true;
		if (r < 0)
			store_said(d, r);
		else
			tell_when(d, &w);
	}
	wanted_finish(&w);
}

static void pause_keyword(struct desk *d, bool paused)
{
	struct wanted w;
	char lists[NAMES_MAX];
	int r = 0;
	if (find_keyword(d, &w) == EX_OK) {
		for (size_t i = 0; r == 0 && i < value_len(w.rows); i++)
			r = store_keyword_pause(
				d->store, value_get_int(value_at(w.rows, i), "id", 0), paused);
		name_lists(w.rows, lists);
		if (r < 0)
			store_said(d, r);
		else
			say(d, EX_OK,
				paused ? N_("'%s' of %s is paused") : N_("'%s' of %s goes on"),
				w.keyword, lists);
	}
	wanted_finish(&w);
}

static void pause_or_resume(struct desk *d, bool paused)
{
	const char *list = value_get_string(d->args, "list", NULL);
	d->out->heads_changed = true;
	if (value_get(d->args, "keyword")) {
		pause_keyword(d, paused);
		return;
	}
	if (list && !read_list(d))
		return;
	int r = store_list_pause(d->store, list, paused);
	if (r < 0 && r != -ENOENT)
		store_said(d, r);
	else if (list)
		say(d, EX_OK,
			paused ? N_("list '%s' is paused; posts that are made already still go out")
			       : N_("list '%s' goes on"),
			list);
	else
		say(d, EX_OK, "%s",
			paused ? _("all lists are paused; posts that are made already still go out")
			       : _("all lists go on"));
}

static void pause_wish(struct desk *d)
{
	pause_or_resume(d, true);
}

static void resume_wish(struct desk *d)
{
	pause_or_resume(d, false);
}

/* ---- posts ------------------------------------------------------------------------ */

struct subject {
	int64_t id;
	struct value *row;
	const char *state; /* the row's */
};

static int find_post(struct desk *d, struct subject *p)
{
	memset(p, 0, sizeof(*p));
	p->id = value_get_int(d->args, "post", 0);
	int r = store_post_get(d->store, p->id, &p->row);
	if (r == -ENOENT)
		return say(d, EX_DATAERR,
			"there is no post %" PRId64 "; cpauto posts shows those there are",
			p->id);
	if (r < 0)
		return store_said(d, r);
	p->state = value_get_string(p->row, "state", "");
	return EX_OK;
}

static int move(struct desk *d, const struct subject *p, const char *to, const char *reason)
{
	int r = store_post_move(
		d->store, p->id, p->state, to, d->now->wall_ms, d->now->wall_ms, reason);
	return r < 0 ? store_said(d, r) : EX_OK;
}

const char *desk_advice(const char *state)
{
	static const struct {
		const char *state, *text;
	} advice[] = {
		{ POST_PLANNED, N_("it has no text yet; wait until it is rendered") },
		{ POST_RENDERED, N_("its images and checks are under way; wait a moment") },
		{ POST_WAITING, N_("it waits for you: cpauto posts approve, or reject") },
		{ POST_READY, N_("it goes out as soon as its publisher may") },
		{ POST_SENDING, N_("it is being published at this moment") },
		{ POST_PUBLISHED,
			N_("it is out; to bring it up to date there: cpauto posts update") },
		{ POST_UNKNOWN,
			N_("it may be out, and the publisher is asked; if you know: cpauto posts "
			"settle") },
		{ POST_PARKED,
			N_("nobody but you can tell whether it is out: cpauto posts settle") },
		{ POST_REFUSED, N_("it was refused; to try it again: cpauto posts retry") },
	};
	for (size_t i = 0; i < ARRAY_LEN(advice); i++)
		if (str_eq(advice[i].state, state))
			return advice[i].text;
	return _("its state is strange");
}

/* FMT says what cannot be done with a post, and why. */
#define CANNOT(d, p, fmt) say(d, EX_DATAERR, fmt, (p)->id, tr(desk_advice((p)->state)))

static void post_approve(struct desk *d)
{
	struct subject p;
	if (find_post(d, &p) == EX_OK) {
		int r = str_eq(p.state, POST_WAITING)
			? store_post_approve(d->store, p.id, d->now->wall_ms)
			: 0;
		if (r < 0)
			store_said(d, r);
		else if (!str_eq(p.state, POST_WAITING))
			CANNOT(d, &p, "post %" PRId64 " cannot be approved: %s");
		else
			say(d, EX_OK,
				"post %" PRId64 " is approved and goes out as soon as '%s' may",
				p.id, value_get_string(p.row, "publisher", ""));
	}
	value_free(p.row);
}

static void post_reject(struct desk *d)
{
	struct subject p;
	char reason[ERR_MAX];
	const char *why = value_get_string(d->args, "reason", "");
	if (why[0])
		str_format_cut(reason, sizeof(reason), _("rejected by you: %s"), why);
	else
		str_format_cut(reason, sizeof(reason), "%s", _("rejected by you"));
	if (find_post(d, &p) == EX_OK) {
		bool may = str_eq(p.state, POST_WAITING) || str_eq(p.state, POST_READY) ||
			str_eq(p.state, POST_PLANNED) || str_eq(p.state, POST_RENDERED);
		if (!may)
			CANNOT(d, &p, "post %" PRId64 " cannot be rejected: %s");
		else if (move(d, &p, POST_REFUSED, reason) == EX_OK)
			say(d, EX_OK, "post %" PRId64 " is rejected and does not go out", p.id);
	}
	value_free(p.row);
}

/* A later post of the same keyword that is out, or on its way. */
static int later_post(struct desk *d, const struct subject *p, int64_t *ret_id)
{
	struct value *last = NULL;
	*ret_id = 0;
	int r = store_post_last(d->store, value_get_string(p->row, "list", ""),
		value_get_string(p->row, "folded", ""), &last);
	if (r == -ENOENT)
		return EX_OK;
	if (r < 0)
		return store_said(d, r);
	if (value_get_int(last, "id", 0) > p->id)
		*ret_id = value_get_int(last, "id", 0);
	value_free(last);
	return EX_OK;
}

static int retry_refused(struct desk *d, const struct subject *p)
{
	int64_t later;
	int code = later_post(d, p, &later);
	if (code != EX_OK)
		return code;
	if (later)
		return say(d, EX_DATAERR,
			"post %" PRId64 " is not tried again: post %" PRId64
			" was made for the "
			"same keyword since; cpauto posts show %" PRId64,
			p->id, later, later);
	code = move(d, p, POST_PLANNED, _("you asked for another try"));
	if (code != EX_OK)
		return code;
	return say(d, EX_OK, "post %" PRId64 " is made anew and goes through all checks again",
		p->id);
}

static void post_retry(struct desk *d)
{
	struct subject p;
	if (find_post(d, &p) == EX_OK) {
		if (str_eq(p.state, POST_REFUSED))
			retry_refused(d, &p);
		else
			CANNOT(d, &p, "post %" PRId64 " cannot be tried again: %s");
	}
	value_free(p.row);
}

/* What must be so for a post that is out to be changed there; the exit code if it is not. */
static int may_update(struct desk *d, const struct subject *p)
{
	const char *name = value_get_string(p->row, "publisher", "");
	const struct config_publisher *to = config_publisher_find(d->config, name);
	if (!str_eq(p->state, POST_PUBLISHED))
		return CANNOT(d, p, "post %" PRId64 " cannot be brought up to date: %s");
	if (!to || !config_list_find(d->config, value_get_string(p->row, "list", "")))
		return say(d, EX_DATAERR,
			to ? N_("the list of post %" PRId64 " is not in the configuration any more")
			   : N_("the publisher of post %" PRId64
				" is not in the configuration any more"),
			p->id);
	if (!config_can_update(to))
		return say(d, EX_DATAERR,
			"'%s' (agent %s) cannot change a post that is out; change post %" PRId64
			" at the blog",
			name, to->agent, p->id);
	if (!value_get_string(p->row, "external_id", "")[0])
		return say(d, EX_DATAERR,
			"the blog's id of post %" PRId64
			" is not known, so it can be changed at the blog only",
			p->id);
	return EX_OK;
}

/* One at a time, and only the newest: an older one would bring old products back. */
static int newest_is_out(struct desk *d, const struct subject *p, int64_t first)
{
	struct value *last = NULL;
	int r = store_post_last(d->store, value_get_string(p->row, "list", ""),
		value_get_string(p->row, "folded", ""), &last);
	if (r < 0)
		return store_said(d, r);
	int64_t id = value_get_int(last, "id", 0);
	const char *state = value_get_string(last, "state", "");
	int code = EX_OK;
	if (!str_eq(state, POST_PUBLISHED))
		code = say(d, EX_DATAERR, "post %" PRId64 " of the same keyword comes first: %s",
			id, tr(desk_advice(state)));
	else if (value_get_int(last, "first", 0) != first)
		code = say(d, EX_DATAERR,
			"post %" PRId64
			" of the same keyword is newer; cpauto posts update %" PRId64,
			id, id);
	value_free(last);
	return code;
}

static int add_update(struct desk *d, const struct subject *p, int64_t first)
{
	char period[64], key[FINGERPRINT_LEN + 1];
	int64_t id;
	const char *parts[] = { value_get_string(p->row, "list", ""),
		value_get_string(p->row, "folded", ""), value_get_string(p->row, "products", ""),
		period };
	str_format_cut(period, sizeof(period), "%" PRId64 " by hand, %" PRId64, first,
		d->now->wall_ms);
	fingerprint(parts, ARRAY_LEN(parts), key);
	struct store_post_new n = {
		.key = key,
		.list = parts[0],
		.keyword = value_get_string(p->row, "keyword", ""),
		.folded = parts[1],
		.publisher = value_get_string(p->row, "publisher", ""),
		.products = parts[2],
		.period = period,
		.now_ms = d->now->wall_ms,
		.updates = first,
	};
	int r = store_post_add(d->store, &n, &id);
	if (r < 0)
		return store_said(d, r);
	return say(d, EX_OK,
		"post %" PRId64 " is made, with new prices, to go in the place of post %" PRId64
		" on the blog",
		id, first);
}

static void post_update(struct desk *d)
{
	struct subject p;
	if (find_post(d, &p) == EX_OK && may_update(d, &p) == EX_OK) {
		int64_t first = value_get_int(p.row, "updates", p.id);
		if (newest_is_out(d, &p, first) == EX_OK)
			add_update(d, &p, first);
	}
	value_free(p.row);
}

static int settle_published(struct desk *d, const struct subject *p)
{
	const char *url = value_get_string(d->args, "url", NULL);
	int r = store_post_published(d->store, p->id, d->now->wall_ms, NULL, url);
	if (r < 0)
		return store_said(d, r);
	return say(
		d, EX_OK, "post %" PRId64 " counts as published; it is not sent again", p->id);
}

static int settle_absent(struct desk *d, const struct subject *p)
{
	if (move(d, p, POST_READY, _("you said that it is not out")) != EX_OK)
		return d->out->exit_code;
	return say(d, EX_OK,
		"post %" PRId64 " is not out; it is sent again as soon as '%s' may", p->id,
		value_get_string(p->row, "publisher", ""));
}

static void post_settle(struct desk *d)
{
	struct subject p;
	const char *as = value_get_string(d->args, "as", "");
	if (find_post(d, &p) == EX_OK) {
		if (!str_eq(p.state, POST_UNKNOWN) && !str_eq(p.state, POST_PARKED))
			CANNOT(d, &p, "post %" PRId64 " cannot be settled: %s");
		else if (str_eq(as, "published"))
			settle_published(d, &p);
		else if (str_eq(as, "absent"))
			settle_absent(d, &p);
		else
			say(d, EX_USAGE, "say how it is: --published or --absent");
	}
	value_free(p.row);
}

/* ---- the account ------------------------------------------------------------------ */

static void unblock(struct desk *d)
{
	struct store_account a = { 0 };
	int r = store_account_get(d->store, &a);
	bool was = r == 0 && (a.blocked || a.hard || a.strikes > 0 || a.wait_ms > 0);
	account_unblock(&a);
	if (r == 0)
		r = store_account_set(d->store, &a);
	if (r == 0)
		r = store_publishers_clear(d->store);
	if (r == 0)
		r = store_notifiers_clear(d->store);
	if (r < 0) {
		store_said(d, r);
		return;
	}
	d->out->source_cleared = true;
	d->out->heads_changed = true;
	say(d, EX_OK, "%s; publishers are tried again; the budget of calls holds as before",
		was ? _("the source may be asked again, its strikes are forgotten")
		    : _("the source was not blocked"));
}

/* ---- the desk --------------------------------------------------------------------- */

static const struct {
	const char *kind;
	void (*handle)(struct desk *);
} wishes[] = {
	{ "keyword.add", keyword_add },
	{ "keyword.remove", keyword_remove },
	{ "keyword.now", keyword_now },
	{ "pause", pause_wish },
	{ "resume", resume_wish },
	{ "post.approve", post_approve },
	{ "post.reject", post_reject },
	{ "post.retry", post_retry },
	{ "post.settle", post_settle },
	{ "post.update", post_update },
	{ "unblock", unblock },
};

static void handle(struct desk *d, const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
		if (!str_eq(wishes[i].kind, kind))
			continue;
		wishes[i].handle(d);
		return;
	}
	say(d, EX_USAGE,
		"'%s' is no wish that this cpautod knows; are cpauto and cpautod of one "
		"version?",
		kind);
}

void desk_handle(struct store *s, const struct config *c, const struct instant *now,
	const char *kind, const struct value *args, struct desk_outcome *ret)
{
	struct desk d = { .store = s, .config = c, .now = now, .args = args, .out = ret };
	memset(ret, 0, sizeof(*ret));
	/* Who asked is answered in his own language. */
	const char *was = tr_switch(value_get_string(args, "language", NULL));
	handle(&d, kind);
	tr_switch(was);
}
