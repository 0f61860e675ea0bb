/* SPDX-License-Identifier: MIT */
#ifndef EVENT_H
#define EVENT_H

/*
 * Every kind of line that an owner may want explained: its stable name and the
 * id by which systemd's catalogue finds the explanation (systemd/cpauto.catalog
 * and its translations). Names and ids never change and are never used again;
 * a new one comes from systemd-id128(1).
 */

/* What a line of the kind carries, of struct log_fields: the catalogue may use these. */
#define EVENT_F_KEYWORD 0x01
#define EVENT_F_LIST 0x02
#define EVENT_F_POST 0x04
#define EVENT_F_AGENT 0x08
#define EVENT_F_PUBLISHER 0x10
#define EVENT_F_UNTIL 0x20
#define EVENT_F_LOOK (EVENT_F_KEYWORD | EVENT_F_LIST)
#define EVENT_F_ROW (EVENT_F_LOOK | EVENT_F_POST)
/* For the last column only. */
#define EVENT_F_KIND 0x40 /* nothing: the kind alone */
#define EVENT_F_TEXT 0x80

/*
 * X(ENUM, name, id, what it carries, what makes two of them the same): the same
 * ones are limited in rate. 0 in the last column, and each line is written:
 * whatever is told once, or what a promise hangs on.
 */
#define EVENT_TABLE(X) \
	X(READY, "ready", "72d6fb65b0364eecbd64417ba7e7ed7e", 0, 0) \
	X(ENDED, "ended", "d487aea3dad844a88c5cbd87e13ce70c", 0, 0) \
	X(RELOADED, "reloaded", "fc4a4ac62bc6425cbe94db7424135587", 0, 0) \
	X(RELOAD_REFUSED, "reload-refused", "c91cb19de68d4e11969ea46c6edb1622", 0, 0) \
	X(CONFIG_BAD, "config-bad", "4f6a6a477aa5477c9189d9882ce15c57", 0, 0) \
	X(CONFIG_ODD, "config-odd", "98db620bcd894e84b81a8a3d60b84117", 0, 0) \
	X(ZONE_GONE, "zone-gone", "57209d344a2e4528a523727e4c83f571", 0, 0) \
	X(START_FAILED, "start-failed", "5d618544fd744d7c990f9470972587b6", 0, 0) \
	X(LOOP_FAILED, "loop-failed", "af00844d8ba3484a9884fe16f9fa892f", 0, 0) \
	X(STORE_WAITS, "store-waits", "709ca23035c84db28b743c0ae8167d67", 0, EVENT_F_KIND) \
	X(STORE_FAILED, "store-failed", "220676b601974e77bc2cad61749d9daf", 0, 0) \
	X(CACHE_MISSING, "cache-missing", "0626c594546641deb280cf13ae649902", 0, 0) \
	X(HOUSE_LATE, "house-late", "0ae9e6c722d44ac1aa331ae3149359ae", 0, EVENT_F_KIND) \
	X(PICTURES_SWEPT, "pictures-swept", "e6524ca13bb841fd880c80211410baa9", 0, 0) \
	X(CALLS_OPEN, "calls-open", "f8b09cd2061644288d9401baed8ba15f", 0, 0) \
	X(POSTS_OPEN, "posts-open", "a6448eab02f34c5599243b74bed30fa2", 0, 0) \
	X(REQUEST, "request", "59cf894705d540e3afbcd346e818bbdc", 0, 0) \
	X(UNBLOCKED, "unblocked", "991413026098453d892376ac33b0acf4", 0, 0) \
	X(ANSWER, "answer", "a44686c7e52b464ab69a7d7f9f29b8e8", \
		EVENT_F_LOOK | EVENT_F_AGENT, 0) \
	X(NO_POST, "no-post", "3e15575c214649d8acce51b7a3052780", \
		EVENT_F_LOOK, EVENT_F_LOOK) \
	X(NO_ANSWER, "no-answer", "69b0289e65cf4fcc9f22d4806f45257b", \
		EVENT_F_LOOK | EVENT_F_AGENT, EVENT_F_AGENT) \
	X(KEYWORD_REFUSED, "keyword-refused", "fed0e58fca884778984240857272be19", \
		EVENT_F_LOOK | EVENT_F_AGENT, EVENT_F_LOOK) \
	X(SOURCE_BROKEN, "source-broken", "25f638636a994c9f9a6ceca407db473a", \
		EVENT_F_LOOK | EVENT_F_AGENT, EVENT_F_AGENT) \
	X(SOURCE_BACK, "source-back", "dcd4e26df6724e7ab44add76f765eea9", \
		EVENT_F_AGENT, 0) \
	X(ANSWER_LOST, "answer-lost", "e7ae77bee70c4222919722969c12b602", \
		EVENT_F_LOOK, EVENT_F_KIND) \
	X(CLOCK_OFF, "clock-off", "c74881e15932438bb9785f72be2ab40c", 0, 0) \
	X(BLOCKED, "blocked", "818b01c81e344de09bd81a5fc3314cc1", \
		EVENT_F_AGENT | EVENT_F_UNTIL, 0) \
	X(BLOCK_OVER, "block-over", "6dcc13a52606417a82cac5eaf2c43209", 0, 0) \
	X(STOPPED, "stopped", "8c2928ef0d0c4d9d95de9a3b1f8ace4b", EVENT_F_AGENT, 0) \
	X(POST_WAITING, "post-waiting", "43312b829dca40dfa691728aa3d55225", \
		EVENT_F_ROW, 0) \
	X(POST_REFUSED, "post-refused", "8b355317c415414bb6175ad66738b8f5", \
		EVENT_F_ROW, 0) \
	X(POST_DELAYED, "post-delayed", "5560dac266d54152995e565fb300bcf3", \
		EVENT_F_ROW, EVENT_F_POST) \
	X(POST_PUBLISHED, "post-published", "5e2943fb8a644281b92a298f7aee55de", \
		EVENT_F_ROW | EVENT_F_PUBLISHER, 0) \
	X(POST_UPDATED, "post-updated", "d2e9e11808dc4146b38c2c7cf18614c6", \
		EVENT_F_ROW | EVENT_F_PUBLISHER, 0) \
	X(POST_UNCLEAR, "post-unclear", "306e670d1f0d41c1815f9e90b1f81786", \
		EVENT_F_ROW | EVENT_F_PUBLISHER, 0) \
	X(POST_PARKED, "post-parked", "bdd6b9849e8048c08ba982a25f743bee", \
		EVENT_F_ROW | EVENT_F_PUBLISHER, 0) \
	X(POST_ABSENT, "post-absent", "372035fcaac74d8ab5ecd21bd6fc9487", \
		EVENT_F_ROW | EVENT_F_PUBLISHER, 0) \
	X(POST_DOUBTED, "post-doubted", "bc3e4a88f4b14032b34a4112a64831bf", \
		EVENT_F_ROW | EVENT_F_PUBLISHER, 0) \
	X(LOOK_LATE, "look-late", "2c00217cca9e4d288a4a75137a7a6671", \
		EVENT_F_ROW | EVENT_F_PUBLISHER, EVENT_F_POST) \
	X(IMAGE_MISSING, "image-missing", "be1e6caabdb24332911d9c278cbd1886", \
		EVENT_F_POST, EVENT_F_KIND) \
	X(PUBLISHER_BROKEN, "publisher-broken", "9ca2fc17b9954c57bff341d500e9e2c0", \
		EVENT_F_AGENT | EVENT_F_PUBLISHER, EVENT_F_PUBLISHER) \
	X(PUBLISHER_BLOCKED, "publisher-blocked", "f1ddc7e6a2ff4b599a57cf98655a6579", \
		EVENT_F_AGENT | EVENT_F_PUBLISHER | EVENT_F_UNTIL, 0) \
	X(PUBLISHER_WAITS, "publisher-waits", "55ef1c5b875d4739bc3d263038c9b1d6", \
		EVENT_F_AGENT | EVENT_F_PUBLISHER, EVENT_F_PUBLISHER) \
	X(PUBLISHER_BACK, "publisher-back", "120dec39625942c6b3e742e2f43da88a", \
		EVENT_F_PUBLISHER, 0) \
	X(AGENT_SAID, "agent-said", "7f87da5054604d2094a92ea058564d5d", \
		EVENT_F_AGENT, EVENT_F_AGENT | EVENT_F_TEXT) \
	X(AGENT_CUT, "agent-cut", "49a97a1adfc4497c9bcd417eb907a467", \
		EVENT_F_AGENT, EVENT_F_AGENT) \
	X(REPEATED, "repeated", "6b799fbfff2a4f4bacf34bf5537a9ad2", 0, 0)

enum event {
	EVENT_NONE,
#define EVENT_ENUM(name, text, id, carries, same) EVENT_##name,
	EVENT_TABLE(EVENT_ENUM)
#undef EVENT_ENUM
	EVENT_COUNT
};

/* "post-published", and 32 hex digits; NULL for EVENT_NONE. Static. */
const char *event_name(enum event event);
const char *event_id(enum event event);

/* EVENT_F_ bits of the table's last two columns; 0 for EVENT_NONE. */
unsigned event_carries(enum event event);
unsigned event_same(enum event event);

#endif
