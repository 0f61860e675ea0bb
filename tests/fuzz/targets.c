/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

/* rules.mk makes a list of them from the files' names. */
#define TARGET(name) void target_##name(const uint8_t *data, size_t len);
#include "fuzz-targets.h"
#undef TARGET

#define TARGET(name) { #name, target_##name },
const struct fuzz_target fuzz_targets[] = {
#include "fuzz-targets.h"
};
const size_t fuzz_target_count = ARRAY_LEN(fuzz_targets);
