/* SPDX-License-Identifier: MIT */
#include "sim.h"

#include <inttypes.h>
#include <stdarg.h>

struct story story = { .digest = UINT64_C(0xcbf29ce484222325), .replay = "" };

static const char *const sabotage_names[BREAK_END] = {
	[BREAK_NONE] = "none",
	[BREAK_SEND_TIME] = "send-time",
	[BREAK_RECORD_AFTER] = "record-after",
	[BREAK_FORGET_CALLS] = "forget-calls",
	[BREAK_TRUST_CLOCK] = "trust-clock",
	[BREAK_RETRY_BLOCKED] = "retry-blocked",
	[BREAK_FORGET_BLOCK] = "forget-block",
	[BREAK_STALE_DATE] = "stale-date",
	[BREAK_SEND_AGAIN] = "send-again",
	[BREAK_UNKNOWN_IS_NO] = "unknown-is-no",
	[BREAK_LOSE_POST] = "lose-post",
	[BREAK_NO_DISCLOSURE] = "no-disclosure",
	[BREAK_WRONG_HOURS] = "wrong-hours",
	[BREAK_NO_PACE] = "no-pace",
};

const char *sabotage_name(enum sabotage s)
{
	return sabotage_names[s];
}

enum sabotage sabotage_find(const char *name)
{
	int i = 0;
	while (i < BREAK_END && !str_eq(name, sabotage_names[i]))
		i++;
	return (enum sabotage)i;
}

static void digest(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		story.digest ^= (unsigned char)line[i];
		story.digest *= UINT64_C(0x100000001b3);
	}
}

void tell(const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	str_format_cut(line, 64, "%d.%" PRId64 " %" PRId64 ".%03d ", story.life, story.step,
		story.at_ms / SECOND, (int)(story.at_ms % SECOND));
	size_t len = strlen(line);
	va_start(ap, fmt);
	int n = vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	va_end(ap);
	len += n > 0 ? (size_t)n : 0;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	digest(line, len);
	if (story.file)
		(void)fwrite(line, 1, len, story.file);
	if (story.verbose)
		(void)fwrite(line, 1, len, stdout);
}

void broken(const char *promise, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	if (story.broken)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell("BROKEN %s: %s", promise, text);
	story.broken = true;
	str_format_cut(story.promise, sizeof(story.promise), "%s", promise);
	printf("BROKEN %s: %s\n"
	       "  seed %" PRIu64 ", life %d, step %" PRId64 "; see it again: "
	       "sim --seed %" PRIu64 " --life %d --until %" PRId64 " --verbose%s\n",
		promise, text, story.seed, story.life, story.step, story.seed, story.life,
		story.step, story.replay);
	fflush(stdout);
}
