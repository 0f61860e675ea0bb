/* SPDX-License-Identifier: MIT */
#ifndef EXPORTER_H
#define EXPORTER_H

#include "survey.h"

/* The daemon's file of metrics: written anew, whole or not at all, when something changed. */
struct exporter {
	struct survey_tally tally;
	char *path; /* of the file that is there; NULL before the first */
	char seen[FINGERPRINT_LEN + 1];
	bool failing;
};

/* Zeroed memory is an exporter. The file stays. */
void exporter_finish(struct exporter *x);

struct exporter_input {
	struct store *store;
	const struct config *config; /* monitoring.metrics_file "": there is none, any more */
	const struct instant *now;
	int64_t next_call_ms;
	bool up; /* false with the last words of a daemon that ends */
};

/* Says in the log, once, that it cannot be written; the daemon goes on. */
void exporter_update(struct exporter *x, const struct exporter_input *in);

#endif
