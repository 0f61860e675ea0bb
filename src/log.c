/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repeat.h"

/* Of one event before escaping; each byte may become four. */
#define LOG_TEXT_MAX 4096
#define LOG_ESCAPED_MAX (4 * LOG_TEXT_MAX)

static char log_name[64] = "cpautod";
static log_sink *log_current = log_to_stderr;
static enum log_level log_max = LOG_LEVEL_INFO;
static int64_t (*log_boot_ms)(void);
static log_watch *watch;
static void *watch_ctx;

void log_set_sink(log_sink *sink)
{
	log_current = sink ? sink : log_to_stderr;
}

void log_set_watch(log_watch *w, void *ctx)
{
	watch = w;
	watch_ctx = ctx;
}

void log_set_name(const char *name)
{
	str_format_cut(log_name, sizeof(log_name), "%s", name);
}

void log_set_max(enum log_level max)
{
	log_max = max;
}

/* systemd names the device and inode of the stream it gave us: systemd.exec(5). */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (!stream || fstat(fd, &st) < 0)
		return false;
	str_format_cut(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return str_eq(stream, ours);
}

void log_to_stderr(enum log_level level, const struct log_fields *f UNUSED, const char *text)
{
	char line[LOG_ESCAPED_MAX + sizeof(log_name) + 8];
	char prefix[8] = "";

	if (is_journal(STDERR_FILENO))
		str_format_cut(prefix, sizeof(prefix), "<%d>", (int)level);
	/* One byte is kept for the newline, whatever the text's length. */
	str_format_cut(line, sizeof(line) - 1, "%s%s: %s", prefix, log_name, text);
	size_t len = strlen(line);

	line[len++] = '\n';
	/* There is nobody left to tell if standard error is gone. */
	int r = fd_write_all(STDERR_FILENO, line, len);
	(void)r;
}

/*
 * The length of the well-formed UTF-8 character at S, 0 if there is none;
 * Unicode 15, table 3-7. *RET is the character.
 */
static size_t utf8_take(const char *s, uint32_t *ret)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 :
		u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;

	if (len <= 1) {
		*ret = u[0];
		return len;
	}
	uint32_t c = u[0] & (0xffu >> (len + 1));

	/* The NUL at the end is no continuation, so this stops in time. */
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3fu);
	}
	if ((len == 3 && c < 0x800) || (len == 4 && (c < 0x10000 || c > 0x10ffff)) ||
		(c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return len;
}

/* Control characters, line and paragraph separators, and what turns the writing direction. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
		(c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c;
}

/* OUT is to have room for four times the length of S, and the NUL. */
static void escape(const char *s, char *out)
{
	static const char hex[] = "0123456789abcdef";

	while (*s) {
		uint32_t c;
		size_t len = utf8_take(s, &c);

		if (len > 0 && !is_control(c)) {
			memcpy(out, s, len);
			out += len;
			s += len;
			continue;
		}
		for (len = len ? len : 1; len > 0; len--, s++) {
			*out++ = '\\';
			*out++ = 'x';
			*out++ = hex[(unsigned char)*s >> 4];
			*out++ = hex[(unsigned char)*s & 15];
		}
	}
	*out = '\0';
}

/* As str_format_cut(), for a list of arguments. */
static void PRINTF(2, 0) format_text(char text[LOG_TEXT_MAX], const char *fmt, va_list ap)
{
	int n = tr_vsnprintf(text, LOG_TEXT_MAX, fmt, ap);

	if (n < 0)
		text[0] = '\0';
	if (n < LOG_TEXT_MAX)
		return;
	/* "…" says that something is missing; it goes where a character starts. */
	size_t end = LOG_TEXT_MAX - sizeof("…");

	for (int i = 0; i < 3 && ((unsigned char)text[end] & 0xc0) == 0x80; i++)
		end--;
	memcpy(text + end, "…", sizeof("…"));
}

void log_limit(int64_t (*boot_ms)(void))
{
	repeat_clear();
	log_boot_ms = boot_ms;
}

/* One step of 64-bit FNV-1a over S and its end. */
static uint64_t mix(uint64_t key, const char *s)
{
	do
		key = (key ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	while (*s++);
	return key;
}

/* What makes two lines the same; 0 where nothing does. */
static uint64_t key_of(enum log_level level, const struct log_fields *f, const char *text)
{
	unsigned same = f ? event_same(f->event) : 0;
	const struct {
		unsigned bit;
		const char *value;
	} parts[] = {
		{ EVENT_F_KEYWORD, f ? f->keyword : NULL },
		{ EVENT_F_LIST, f ? f->list : NULL },
		{ EVENT_F_POST, f ? f->post : NULL },
		{ EVENT_F_AGENT, f ? f->agent : NULL },
		{ EVENT_F_PUBLISHER, f ? f->publisher : NULL },
		{ EVENT_F_TEXT, text },
	};

	/* What is no warning is a step of the work, and each step is told. */
	if (!same || level > LOG_LEVEL_WARNING)
		return 0;
	uint64_t key = mix(UINT64_C(0xcbf29ce484222325), event_name(f->event));

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (same & parts[i].bit)
			key = mix(key, parts[i].value ? parts[i].value : "");
	}
	return key | 1;
}

static void tell_repeats(int64_t now_ms, bool all)
{
	struct repeat_told told;

	while (repeat_take(now_ms, all, &told)) {
		char span[32];

		format_wait(told.span_ms, span, sizeof(span));
		log_event((enum log_level)told.level, LOG_FIELDS(.event = EVENT_REPEATED),
			"%d more of these in the last %s: %s", told.count, span, told.text);
		free(told.text);
	}
}

/* Tells first what was counted before, so that the lines stand in the order of time. */
static bool may_go(enum log_level level, const struct log_fields *f, const char *text)
{
	if (!log_boot_ms)
		return true;
	int64_t now_ms = log_boot_ms();
	uint64_t key = key_of(level, f, text);

	tell_repeats(now_ms, false);
	return key == 0 || repeat_pass(key, (int)level, text, now_ms);
}

void log_flush(void)
{
	if (log_boot_ms)
		tell_repeats(log_boot_ms(), true);
}

void log_event(enum log_level level, const struct log_fields *f, const char *fmt, ...)
{
	int saved = errno;

	if (level > log_max)
		return;
	char text[LOG_TEXT_MAX], shown[LOG_ESCAPED_MAX];
	va_list ap;

	va_start(ap, fmt);
	format_text(text, fmt, ap);
	va_end(ap);
	escape(text, shown);
	if (may_go(level, f, shown)) {
		log_current(level, f, shown);
		if (watch && f && f->event != EVENT_NONE)
			watch(watch_ctx, level, f, shown);
	}
	errno = saved;
}
