/* SPDX-License-Identifier: MIT */
#ifndef ROOM_H
#define ROOM_H

#include "album.h"
#include "driver.h"
#include "editor.h"
#include "selectors.h"
#include "setup.h"
#include "value.h"
#include "webdriver.h"

#define ROOM_LATER_S 1800

/* All that is open while a browser is. Zeroed at first. */
struct room {
	struct setup s;
	struct selectors sel;
	struct driver driver;
	struct wd wd;
	struct editor ed;
	struct album album;
	bool open;
	int64_t end_ms; /* we end ourselves before cpautod does */
	struct value *steps; /* {NAME: ms}, how long each took; or NULL */
	int64_t lap_ms;
};

/* What is needed before a browser: selectors and the profile; false with the answer given. */
bool room_prepare(const struct value *request, struct room *r, struct value *answer);

/* Driver and browser, in the owner's profile; false with the answer given. */
bool room_open(const struct value *request, struct room *r, bool headless, struct value *answer);
/* Ends all of it; nothing that was started still runs. STEPS are not touched. */
void room_finish(struct room *r);

/* An empty editor in front, with nothing in its way. */
enum editor_end room_open_editor(struct room *r);

/* A picture of what is on the screen, if there is a folder for it. */
void room_keep_screenshot(struct room *r);

/* An end that is none of a post that is out; where it may be out all the same: unknown. */
void room_give(struct room *r, enum editor_end end, struct value *answer);

/* What was done since the last call took so long. NAME may be NULL. */
void room_lap(struct room *r, const char *name);

#endif
