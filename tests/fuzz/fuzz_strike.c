/* SPDX-License-Identifier: MIT */
/* The text of a refusal: a time within the year to come or none, a count or none. */
#include "fuzz.h"

#include "answer.h"

FUZZ(strike)
{
	char *text = fuzz_string(data, len);
	int64_t at = answer_strike_time(text, FUZZ_NOW);
	int n = answer_strike_count(text);

	MUST(at == 0 || (at > FUZZ_NOW && at - FUZZ_NOW <= INT64_C(366) * 86400000));
	MUST(n >= -1 && n <= 1000);
	/* What stands before it takes nothing away. */
	char *more = xasprintf("잠시 제한되었습니다. %s", text);
	int64_t with = answer_strike_time(more, FUZZ_NOW);

	MUST(with == at);
	free(more);
	/* A time that is named for a later moment is never earlier than what is left of it. */
	if (at > FUZZ_NOW + 1)
		MUST(answer_strike_time(text, at - 1) >= at);
	free(text);
}
