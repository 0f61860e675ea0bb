/* SPDX-License-Identifier: MIT */
/* What libFuzzer calls, of the target that FUZZ_TARGET names. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
void FUZZ_TARGET(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	FUZZ_TARGET(data, len);
	return 0;
}
