/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <errno.h>
#include <poll.h>
#include <sysexits.h>
#include <unistd.h>

#include "bell.h"

#define WAIT_MS 3000
#define NOTE_MS 1000
#define POLL_MS 25

void ask_progress(const char *text)
{
	static size_t shown;
	if (!isatty(STDERR_FILENO) || (!shown && !text[0]))
		return;
	fprintf(stderr, "\r\033[K%s", text);
	fflush(stderr);
	shown = strlen(text);
}

void ask_pause(int ms)
{
	(void)poll(NULL, 0, ms);
}

static int read_answer(struct cli *c, int64_t id, struct ask_answer *ret)
{
	struct value *row = NULL;
	int r = store_request_get(c->store, id, &row);
	if (r < 0)
		return r;
	if (value_kind(value_get(row, "done_ms")) == VALUE_INT) {
		ret->done = true;
		ret->exit_code = (int)value_get_int(row, "outcome", EX_SOFTWARE);
		str_format_cut(
			ret->text, sizeof(ret->text), "%s", value_get_string(row, "text", ""));
	}
	value_free(row);
	return 0;
}

static int await(struct cli *c, int64_t id, struct ask_answer *ret)
{
	struct instant now;
	int64_t waited = 0;
	int r;
	while ((r = read_answer(c, id, ret)) == 0 && !ret->done && waited < WAIT_MS) {
		if (waited >= NOTE_MS)
			ask_progress(_("waiting for cpautod …"));
		ask_pause(POLL_MS);
		clock_now(&now);
		waited = now.boot_ms - c->now.boot_ms;
	}
	ask_progress("");
	return r;
}

int ask(struct cli *c, const char *kind, struct value *args, struct ask_answer *ret)
{
	int64_t id;
	memset(ret, 0, sizeof(*ret));
	int code = cli_store(c, STORE_REQUEST);
	if (code != EX_OK) {
		value_free(args);
		return code;
	}
	clock_now(&c->now);
	value_set_string(args, "language", tr_language());
	int r = store_request_add(c->store, kind, args, c->now.wall_ms, &id);
	value_free(args);
	if (r < 0)
		return cli_store_failed(c, r);
	bool heard = bell_ring(c->paths.runtime);
	bool runs = heard || cli_daemon_runs(c);
	r = runs ? await(c, id, ret) : 0;
	if (r < 0)
		return cli_store_failed(c, r);
	if (!ret->done)
		str_format_cut(ret->text, sizeof(ret->text), "%s",
			runs ? _("noted; cpautod is busy and does it as soon as it can")
			     : _("noted; it takes effect when cpautod starts"));
	return EX_OK;
}

int ask_and_say(struct cli *c, const char *kind, struct value *args)
{
	struct ask_answer a;
	int code = ask(c, kind, args, &a);
	if (code != EX_OK)
		return code;
	if (a.exit_code != EX_OK)
		return cli_fail(c, a.exit_code, "%s", a.text);
	if (!c->json) {
		term_say(TERM_PLAIN, "%s\n", a.text);
		return EX_OK;
	}
	struct value *v = value_new_object();
	value_set_bool(v, "done", a.done);
	value_set_string(v, "text", a.text);
	return cli_json(v);
}
