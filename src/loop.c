/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <time.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#define STATUS_MAX 640

struct loop {
	sd_event *event;
	struct loop_source *sources;
	char status[STATUS_MAX];
};

struct loop_source {
	struct loop *loop;
	struct loop_source *next, **link; /* LINK points to what points to us */
	sd_event_source *source;
	loop_fn *fn;
	void *ctx;
};

int loop_new(struct loop **ret, struct err *e)
{
	struct loop *l = xcalloc(1, sizeof(*l));
	int r = sd_event_new(&l->event);

	if (r < 0) {
		loop_free(l);
		return err_set(e, r, "the event loop could not be made: %s; "
			"the limit of open files may be too low", tr_errno(-r));
	}
	*ret = l;
	return 0;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	while (l->sources)
		loop_source_free(l->sources);
	sd_event_unref(l->event);
	free(l);
}

int loop_run(struct loop *l)
{
	return sd_event_loop(l->event);
}

void loop_exit(struct loop *l, int code)
{
	/* Fails once the loop has ended only, which is what was asked for. */
	sd_event_exit(l->event, code);
}

static struct loop_source *source_new(struct loop *l, loop_fn *fn, void *ctx)
{
	struct loop_source *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->fn = fn;
	s->ctx = ctx;
	s->next = l->sources;
	s->link = &l->sources;
	if (s->next)
		s->next->link = &s->next;
	l->sources = s;
	return s;
}

void loop_source_free(struct loop_source *s)
{
	if (!s)
		return;
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	sd_event_source_disable_unref(s->source);
	free(s);
}

/* What the sd_event_add_…() call said: *RET is S only if it went well. */
static int source_ready(struct loop_source *s, int r, struct loop_source **ret)
{
	if (r < 0) {
		loop_source_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

/* These three touch nothing after the callback: it may have freed the source. */
static int on_time(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *data)
{
	struct loop_source *s = data;

	s->fn(s->ctx);
	return 0;
}

static int on_io(sd_event_source *source UNUSED, int fd UNUSED, uint32_t events UNUSED, void *data)
{
	struct loop_source *s = data;

	s->fn(s->ctx);
	return 0;
}

static int on_signal(sd_event_source *source UNUSED, const struct signalfd_siginfo *si UNUSED,
	void *data)
{
	struct loop_source *s = data;

	s->fn(s->ctx);
	return 0;
}

int loop_timer(struct loop *l, int64_t accuracy_ms, loop_fn *fn, void *ctx,
	struct loop_source **ret)
{
	struct loop_source *s = source_new(l, fn, ctx);
	/* 0 would stand for sd-event's own 250 ms. */
	uint64_t accuracy = accuracy_ms > 0 ? (uint64_t)accuracy_ms * 1000 : 1;
	int r = sd_event_add_time(l->event, &s->source, CLOCK_BOOTTIME, UINT64_MAX, accuracy,
		on_time, s);

	if (r >= 0)
		r = sd_event_source_set_enabled(s->source, SD_EVENT_OFF);
	return source_ready(s, r, ret);
}

/* These fail for a source that is no timer only, or in a forked child: our bugs. */
static void set_timer(struct loop_source *timer, uint64_t usec)
{
	int r = sd_event_source_set_time(timer->source, usec);

	assert(r >= 0);
	r = sd_event_source_set_enabled(timer->source, SD_EVENT_ONESHOT);
	assert(r >= 0);
	(void)r;
}

void loop_timer_in(struct loop_source *timer, int64_t ms)
{
	uint64_t now, wait = ms > 0 ? (uint64_t)ms : 0;

	if (sd_event_now(timer->loop->event, CLOCK_BOOTTIME, &now) < 0)
		now = 0;
	if (wait >= (UINT64_MAX - now) / 1000)
		loop_timer_off(timer);
	else
		set_timer(timer, now + wait * 1000);
}

void loop_timer_at(struct loop_source *timer, int64_t boot_ms)
{
	if (boot_ms >= INT64_MAX / 1000)
		loop_timer_off(timer);
	else
		set_timer(timer, boot_ms > 0 ? (uint64_t)boot_ms * 1000 : 0);
}

void loop_timer_off(struct loop_source *timer)
{
	sd_event_source_set_enabled(timer->source, SD_EVENT_OFF);
}

int loop_io(struct loop *l, int fd, loop_fn *fn, void *ctx, struct loop_source **ret)
{
	struct loop_source *s = source_new(l, fn, ctx);

	return source_ready(s, sd_event_add_io(l->event, &s->source, fd, EPOLLIN, on_io, s), ret);
}

int loop_signal(struct loop *l, int sig, loop_fn *fn, void *ctx)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	struct loop_source *s = source_new(l, fn, ctx);

	return source_ready(s, sd_event_add_signal(l->event, &s->source, sig, on_signal, s), &s);
}

int loop_watchdog(struct loop *l)
{
	return sd_event_set_watchdog(l->event, 1);
}

/* A service manager that does not listen changes nothing for us. */
static void notify(const char *state)
{
	int r = sd_notify(0, state);

	(void)r;
}

void loop_notify_ready(struct loop *l UNUSED)
{
	notify("READY=1");
}

static void status_line(char line[STATUS_MAX], const char *text)
{
	/* Cut at a whole character: systemd drops a status that is no UTF-8. */
	str_format_cut(line, STATUS_MAX, "STATUS=%s", text);
	/* A line end would start another assignment. */
	for (char *p = line; *p; p++) {
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	}
}

void loop_notify_failure(const char *why)
{
	char line[STATUS_MAX];

	status_line(line, why);
	notify(line);
}

void loop_notify_status(struct loop *l, const char *fmt, ...)
{
	char text[4 * STATUS_MAX], line[STATUS_MAX];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	va_end(ap);
	if (n < 0)
		return;
	status_line(line, text);
	if (str_eq(line, l->status))
		return;
	memcpy(l->status, line, sizeof(line));
	notify(line);
}

void loop_notify_reloading(struct loop *l)
{
	char line[64];
	uint64_t now;

	/* The check before it may have told a status of its own. */
	l->status[0] = '\0';
	/* The stamp is what Type=notify-reload of systemd 253 and later wants. */
	if (sd_event_now(l->event, CLOCK_MONOTONIC, &now) < 0)
		now = 0;
	str_format_cut(line, sizeof(line), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now);
	notify(line);
}

void loop_notify_stopping(struct loop *l UNUSED)
{
	notify("STOPPING=1");
}
