/* SPDX-License-Identifier: MIT */
#include "errand.h"

#include "secrets.h"

void errand_run(const struct paths *paths, const struct errand_whom *whom, const char *op,
	int64_t timeout_ms, const struct value *more, struct agent_result *ret)
{
	char path[PATH_MAX];
	struct secrets s;
	agent_result_init(ret);
	if (agent_path(paths->agents, whom->agent, path, sizeof(path)) < 0) {
		ret->verdict = AGENT_BROKEN;
		ret->reason = xasprintf(
			"'%s' is no name of an agent; it must be a file's name", whom->agent);
		return;
	}
	struct value *request = agent_request(op, value_copy(whom->settings));
	for (size_t i = 0; i < value_len(more); i++)
		value_set(request, value_name_at(more, i), value_copy(value_member_at(more, i)));
	secrets_init(&s);
	secrets_add_settings(&s, whom->name, paths->credentials, whom->settings);
	struct agent_job job = {
		.name = whom->agent,
		.path = path,
		.request = request,
		.timeout_ms = timeout_ms,
		.secrets = s.items,
	};
	agent_run(&job, ret);
	secrets_finish(&s);
	value_free(request);
}
