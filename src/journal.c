/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The line in this file would be the same for every event. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "log.h"
#include "util.h"

/* Where sd_journal_sendv(3) sends to. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

#define FIELDS_MAX 12

static char journal_name[64];

/* systemd names the device and inode of the stream it gave us: systemd.exec(5). */
static bool is_stream(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (!stream || fstat(fd, &st) < 0)
		return false;
	str_format_cut(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return str_eq(stream, ours);
}

static void add(struct iovec *fields, size_t *n, const char *name, const char *text)
{
	char *field = xasprintf("%s=%s", name, text);

	fields[(*n)++] = (struct iovec){ .iov_base = field, .iov_len = strlen(field) };
}

static void add_number(struct iovec *fields, size_t *n, const char *name, int number)
{
	char text[16];

	str_format_cut(text, sizeof(text), "%d", number);
	add(fields, n, name, text);
}

static void send_event(enum log_level level, const struct log_fields *f, const char *text)
{
	struct iovec fields[FIELDS_MAX];
	size_t n = 0;

	add(fields, &n, "MESSAGE", text);
	add_number(fields, &n, "PRIORITY", (int)level);
	add(fields, &n, "SYSLOG_IDENTIFIER", journal_name);
	if (f && f->event) {
		add(fields, &n, "MESSAGE_ID", event_id(f->event));
		add(fields, &n, "CPAUTO_EVENT", event_name(f->event));
	}
	if (f && f->keyword)
		add(fields, &n, "CPAUTO_KEYWORD", f->keyword);
	if (f && f->list)
		add(fields, &n, "CPAUTO_LIST", f->list);
	if (f && f->post)
		add(fields, &n, "CPAUTO_POST", f->post);
	if (f && f->agent)
		add(fields, &n, "CPAUTO_AGENT", f->agent);
	if (f && f->publisher)
		add(fields, &n, "CPAUTO_PUBLISHER", f->publisher);
	if (f && f->until)
		add(fields, &n, "CPAUTO_UNTIL", f->until);
	if (f && f->calls_left >= 0)
		add_number(fields, &n, "CPAUTO_CALLS_LEFT", f->calls_left);
	if (sd_journal_sendv(fields, (int)n) < 0)
		log_to_stderr(level, f, text);
	for (size_t i = 0; i < n; i++)
		free(fields[i].iov_base);
}

bool journal_init(const char *name)
{
	const char *choice = getenv("CPAUTO_LOG");

	log_set_name(name);
	str_format_cut(journal_name, sizeof(journal_name), "%s", name);
	if (str_eq(choice, "stderr") || access(JOURNAL_SOCKET, F_OK) < 0 ||
		(!str_eq(choice, "journal") && !is_stream(STDERR_FILENO))) {
		log_set_sink(NULL);
		return false;
	}
	log_set_sink(send_event);
	return true;
}
