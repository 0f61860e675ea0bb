/* SPDX-License-Identifier: MIT */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "command.h"

/* Every command of cpauto. */
extern const struct command_set commands;

#endif
