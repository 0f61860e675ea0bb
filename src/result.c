/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <ctype.h>
#include <limits.h>

#include "json.h"

/* A month: what an agent may ask us to wait. */
#define RETRY_MAX_MS (INT64_C(30) * 24 * 60 * 60 * 1000)

#define REASON_MAX 500

static const struct {
	const char *word;
	const char *reason; /* where the agent gives none */
} verdicts[] = {
	[AGENT_OK] = { "ok", NULL },
	[AGENT_LATER] = { "later", N_("asked to be tried again later") },
	[AGENT_UNKNOWN] = { "unknown", N_("does not know whether it happened") },
	[AGENT_REFUSED] = { "refused", N_("refused it") },
	[AGENT_BROKEN] = { "broken", N_("cannot work until somebody repairs it") },
	[AGENT_BLOCKED] = { "blocked", N_("says that the account is blocked") },
};

const char *agent_verdict_word(enum agent_verdict verdict)
{
	return verdicts[verdict].word;
}

void agent_result_init(struct agent_result *r)
{
	*r = (struct agent_result){ .verdict = AGENT_UNKNOWN, .retry_after_ms = -1,
		.strikes = -1, .calls = -1 };
}

void agent_result_finish(struct agent_result *r)
{
	if (!r)
		return;
	value_free(r->answer);
	free(r->reason);
	agent_result_init(r);
}

void agent_result_say(struct agent_result *r, const char *name, enum agent_verdict verdict,
	const char *fmt, va_list ap)
{
	char text[REASON_MAX + 1];

	if (tr_vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	r->verdict = verdict;
	free(r->reason);
	r->reason = xasprintf(_("the agent '%s' %s"), name, text);
}

static void PRINTF(4, 5) say(struct agent_result *r, const char *name, enum agent_verdict verdict,
	const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	agent_result_say(r, name, verdict, fmt, ap);
	va_end(ap);
}

static int64_t clamp(int64_t n, int64_t min, int64_t max)
{
	return n < min ? min : n > max ? max : n;
}

/* Whole seconds or not. */
static int64_t take_retry(const struct value *answer)
{
	double s = value_double(value_get(answer, "retry_after"), -1);

	if (!(s >= 0))
		return -1;
	return s * 1000 > (double)RETRY_MAX_MS ? RETRY_MAX_MS : (int64_t)(s * 1000);
}

/* Its own reason, on one line, of a length for people; else one of ours. */
static void take_reason(struct agent_result *r, const char *name, enum agent_verdict verdict)
{
	const char *given = value_get_string(r->answer, "reason", "");
	char text[REASON_MAX + 1];

	r->verdict = verdict;
	if (verdict == AGENT_OK)
		return;
	if (!given[strspn(given, " \t\r\n")]) {
		say(r, name, verdict, "%s and gave no reason", tr(verdicts[verdict].reason));
		return;
	}
	str_format_cut(text, sizeof(text), "%s", given);
	for (char *p = text; *p; p++) {
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	}
	free(r->reason);
	r->reason = xstrdup(text);
}

bool agent_result_read(struct agent_result *r, const char *name, const char *text, size_t len)
{
	struct err e;

	if (len == 0) {
		say(r, name, AGENT_UNKNOWN, "ended without an answer");
		return false;
	}
	if (json_parse(text, len, &r->answer, &e) < 0) {
		say(r, name, AGENT_UNKNOWN, "gave an answer that cannot be read: %s", e.text);
		return false;
	}
	const char *word = value_get_string(r->answer, "result", "");

	for (size_t i = 0; value_get_int(r->answer, "v", 0) == 1 && i < ARRAY_LEN(verdicts); i++) {
		if (!str_eq(word, verdicts[i].word))
			continue;
		r->retry_after_ms = take_retry(r->answer);
		r->until_ms = clamp(value_get_int(r->answer, "until", 0), 0, INT64_MAX);
		r->strikes = (int)clamp(value_get_int(r->answer, "strikes", -1), -1, INT_MAX);
		r->calls = (int)clamp(value_get_int(r->answer, "calls", -1), -1, INT_MAX);
		r->person = i == AGENT_UNKNOWN && value_get_bool(r->answer, "person", false);
		take_reason(r, name, (enum agent_verdict)i);
		return true;
	}
	value_free(r->answer);
	r->answer = NULL;
	say(r, name, AGENT_UNKNOWN, "gave an answer without \"v\": 1 and a known \"result\"; "
		"it may be made for another version");
	return false;
}
