/* SPDX-License-Identifier: MIT */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "value.h"

/* A made-up answer about KEYWORD, {products, landing_url}, to look at templates; the caller's. */
struct value *sample_answer(const char *keyword);

#endif
