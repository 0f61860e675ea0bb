/* SPDX-License-Identifier: MIT */
/* What an agent printed, as the daemon reads it: a verdict of the contract, or "unknown". */
#include "fuzz.h"

#include "result.h"

FUZZ(agent)
{
	struct agent_result r;

	agent_result_init(&r);
	bool good = agent_result_read(&r, "a", (const char *)data, len);

	MUST(good == (r.answer != NULL));
	if (!good)
		MUST(r.verdict == AGENT_UNKNOWN);
	MUST(r.verdict == AGENT_OK || r.reason);
	MUST(!r.reason || (*r.reason && fuzz_is_line(r.reason)));
	MUST(r.retry_after_ms >= -1 && r.retry_after_ms <= INT64_C(30) * 86400000);
	MUST(r.until_ms >= 0 && r.strikes >= -1 && r.calls >= -1);
	if (good) {
		MUST(value_get_int(r.answer, "v", 0) == 1);
		MUST(str_eq(value_get_string(r.answer, "result", ""),
			agent_verdict_word(r.verdict)));
	}
	agent_result_finish(&r);
}
