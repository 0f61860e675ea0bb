/* SPDX-License-Identifier: MIT */
#include "exporter.h"

#include <unistd.h>

#include "log.h"

#define TEXT_MAX (4u << 20)

void exporter_finish(struct exporter *x)
{
	survey_tally_finish(&x->tally);
	free(x->path);
	x->path = NULL;
}

/* What would be old for ever is no metric: the file goes with the option. */
static void change_path(struct exporter *x, const char *path)
{
	if (str_eq(x->path, path))
		return;
	if (x->path && x->path[0])
		(void)unlink(x->path);
	free(x->path);
	x->path = xstrdup(path);
	x->seen[0] = '\0';
	x->failing = false;
	survey_tally_finish(&x->tally);
}

/* True if it is not what was written last. */
static bool is_new(struct exporter *x, struct metrics *m)
{
	char now[FINGERPRINT_LEN + 1];
	struct buf b;
	m->event_ms = 0;
	buf_init(&b, TEXT_MAX);
	metrics_write(m, &b);
	const char *parts[] = { buf_cstr(&b) };
	fingerprint(parts, 1, now);
	buf_finish(&b);
	if (str_eq(now, x->seen))
		return false;
	memcpy(x->seen, now, sizeof(now));
	return true;
}

static void write_file(struct exporter *x, const struct metrics *m)
{
	struct buf b;
	buf_init(&b, TEXT_MAX);
	metrics_write(m, &b);
	int r = file_write_atomic(x->path, buf_cstr(&b), b.len, 0644);
	buf_finish(&b);
	if (r == 0) {
		x->failing = false;
		return;
	}
	x->seen[0] = '\0'; /* another try at the next event */
	if (!x->failing)
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_METRICS_FAILED),
			"%s: %s; monitoring.metrics_file must be in a folder that the service may "
			"write to: BindPaths=FOLDER in systemctl edit, and setfacl -m u:cpauto:rwx "
			"FOLDER", x->path, tr_errno(-r));
	x->failing = true;
}

void exporter_update(struct exporter *x, const struct exporter_input *in)
{
	struct metrics m;
	change_path(x, in->config->monitoring.metrics_file);
	if (!x->path[0] || survey_take(in->store, in->config, in->now, &x->tally, &m) < 0)
		return;
	m.up = in->up;
	m.next_call_ms = in->next_call_ms;
	if (is_new(x, &m)) {
		m.event_ms = in->now->wall_ms;
		write_file(x, &m);
	}
	metrics_finish(&m);
}
