/* SPDX-License-Identifier: MIT */
#ifndef NAVER_TOKEN_H
#define NAVER_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "util.h"
#include "value.h"

/*
 * The OAuth 2.0 tokens of Naver's APIs: secrets access-token, refresh-token,
 * client-id and client-secret (cpauto-agent(7)), the first two in files that
 * are replaced whole, mode 0600, when the token is refreshed. An access token
 * is good for an hour; its age is that of its file.
 */
#define NAVER_TOKEN_ENDPOINT "https://nid.naver.com/oauth2.0/token"
#define NAVER_TOKEN_SECONDS 3600
#define NAVER_TOKEN_EARLY_S 300 /* so long before its end it is taken for old */

struct naver_token {
	char *access; /* the caller's, by naver_token_finish() */
	bool young;   /* refreshed within the last minutes: another refresh cannot help */
};

void naver_token_init(struct naver_token *t);
void naver_token_finish(struct naver_token *t); /* wipes */

/*
 * A token to use now, refreshed first (at most one request, nothing else) if
 * its file is old and there is a refresh token. CONFIG: token_endpoint,
 * token_life, request_timeout. 0; or -EIO with ANSWER filled in: later or
 * broken, nothing was published.
 */
int naver_token_get(const struct value *config, struct naver_token *t, struct value *answer)
	MUST_CHECK;

/*
 * The server took T for bad (401, 024), so nothing was published: refreshes it
 * and fills in ANSWER with later, or broken where that cannot help. The post
 * itself is never sent twice by one operation.
 */
void naver_token_rejected(const struct value *config, const struct naver_token *t,
	struct value *answer);

/* Whether all is there that a refresh needs, without any request; as naver_token_get(). */
int naver_token_check(const struct value *config, struct value *answer) MUST_CHECK;

/* config.request_timeout in ms, or what is right when none was named. */
int64_t naver_token_timeout(const struct value *config);

#endif
