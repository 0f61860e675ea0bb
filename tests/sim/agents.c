/* SPDX-License-Identifier: MIT */
/* Plays the agents: the source with the real signing and reading, the publishers. */
#include <errno.h>
#include <inttypes.h>

#include "answer.h"
#include "disk.h"
#include "life.h"
#include "sign.h"

#define LATE_MS (30 * MINUTE) /* a publisher may still execute so long after its end */

/* ---- the source ------------------------------------------------------------------- */

static char *write_query(const char *keyword)
{
	struct buf q;
	buf_init(&q, 4096);
	buf_str(&q, "keyword=");
	buf_percent(&q, keyword, strlen(keyword));
	buf_str(&q, "&limit=10");
	return buf_steal(&q);
}

/* As coupang.c signs: the wall clock of the moment before it leaves. */
static void send_request(struct life *l, int64_t at_ms)
{
	char date[SIGN_DATE_LEN + 1];
	if (l->arrival_count == ARRIVALS_MAX)
		abort();
	struct arrival *a = &l->arrivals[l->arrival_count++];
	int64_t wall = world_wall(&l->world);
	if (l->plan->sabotage == BREAK_STALE_DATE)
		wall -= HOUR;
	sign_date(wall, date);
	a->keyword = xstrdup(value_get_string(l->job.request, "keyword", ""));
	a->query = write_query(a->keyword);
	a->authorization = sign_header(
		SERVER_ACCESS, SERVER_SECRET, date, "GET", SERVER_PATH, a->query);
	a->at_ms = at_ms;
	a->left_ms = l->world.now_ms;
	a->clock_true = l->world.synced;
	a->job = true;
}

static void free_arrival(struct arrival *a)
{
	free(a->authorization);
	free(a->query);
	free(a->keyword);
}

void agents_arrive(struct life *l, struct arrival *a)
{
	struct server_request q = { .authorization = a->authorization,
		.query = a->query,
		.keyword = a->keyword,
		.left_ms = a->left_ms,
		.clock_true = a->clock_true };
	struct server_reply reply;
	server_receive(&l->server, &q, l->world.now_ms, &reply, l->sum);
	if (a->job && l->job.op == JOB_SEARCH) {
		buf_finish(&l->job.reply.body);
		l->job.reply = reply;
		l->job.reply_ms = l->world.now_ms;
		l->job.arrived = true;
	} else {
		buf_finish(&reply.body);
	}
	free_arrival(a);
	*a = l->arrivals[--l->arrival_count];
}

/* How this call will end, and when the server counts it, if ever. */
static void plan_search(struct life *l)
{
	struct job *j = &l->job;
	int64_t now = l->world.now_ms, limit = j->timeout_ms - 5 * SECOND;
	int64_t arrive = now + 20 + life_chance(l, 400);
	int64_t end = arrive + 80 + life_chance(l, 2500);
	int64_t roll = life_chance(l, 100);
	j->fate = FATE_DONE;
	if (life_wrong(l, 30)) {
		static const enum http_fate fates[] = { FATE_TIMEOUT, FATE_TIMEOUT, FATE_TIMEOUT,
			FATE_CUT, FATE_UNREACHED, FATE_5XX, FATE_429, FATE_HTML, FATE_DIED };
		j->fate = fates[life_chance(l, ARRAY_LEN(fates))];
		if (j->fate == FATE_TIMEOUT || j->fate == FATE_DIED) {
			end = now + limit;
			/* Before the server counted, after, or long after. */
			arrive = roll < 30 ? 0 : roll < 70 ? now + life_chance(l, limit)
				: end + life_chance(l, l->linger_ms);
		}
		if (j->fate == FATE_UNREACHED)
			arrive = 0;
	} else if (roll < 10) { /* slow, but in time */
		arrive = now + life_chance(l, limit);
		end = arrive + life_chance(l, now + limit - arrive);
	}
	if (arrive)
		send_request(l, arrive);
	l->due[EV_END] = end;
}

static void fill_reply(struct life *l, struct http_answer *h)
{
	struct job *j = &l->job;
	if (!j->arrived && j->fate != FATE_TIMEOUT && j->fate != FATE_UNREACHED)
		j->fate = FATE_CUT;
	h->sent = j->fate != FATE_UNREACHED;
	h->end = j->fate == FATE_TIMEOUT ? HTTP_TIMEOUT
		: j->fate == FATE_CUT ? HTTP_CUT
		: j->fate == FATE_UNREACHED ? HTTP_UNREACHED : HTTP_DONE;
	if (h->end != HTTP_DONE) {
		(void)err_set(&h->error, -EIO, "the connection failed");
		(void)err_set(&h->why, -EIO, "the connection failed");
		return;
	}
	h->status = j->fate == FATE_5XX ? 503 : j->fate == FATE_429 ? 429
		: j->fate == FATE_HTML ? 403 : j->reply.status;
	/* Seconds only, as the header has it. */
	h->date_ms = j->reply_ms / SECOND * SECOND;
	h->head_ms = j->reply_ms + l->world.wall_error_ms + 50;
	if (j->fate == FATE_DONE)
		buf_str(&h->body, buf_cstr(&j->reply.body));
	else
		buf_str(&h->body, "<html><title>Access Denied</title></html>");
}

static enum agent_verdict verdict_of(const struct value *answer)
{
	const char *word = value_get_string(answer, "result", "");
	for (int v = AGENT_OK; v <= AGENT_BLOCKED; v++)
		if (str_eq(word, agent_verdict_word((enum agent_verdict)v)))
			return (enum agent_verdict)v;
	return AGENT_UNKNOWN;
}

static void end_search(struct life *l, struct agent_result *ret)
{
	static struct http_url endpoint;
	struct job *j = &l->job;
	if (!endpoint.host[0] && http_url_parse("https://api-gateway.coupang.com", false, &endpoint) < 0)
		abort();
	if (j->fate == FATE_DIED) {
		ret->verdict = AGENT_UNKNOWN;
		ret->reason = xstrdup("the agent was killed");
		return;
	}
	struct answer_query q = { .keyword = value_get_string(j->request, "keyword", ""),
		.limit = 10,
		.endpoint = &endpoint,
		.now_ms = world_wall(&l->world) };
	struct http_answer h;
	http_answer_init(&h);
	buf_init(&h.body, 64u << 10);
	fill_reply(l, &h);
	ret->answer = value_new_object();
	answer_search(&h, &q, ret->answer);
	http_answer_finish(&h);
	ret->verdict = verdict_of(ret->answer);
	if (ret->verdict != AGENT_OK)
		ret->reason = xstrdup(value_get_string(ret->answer, "reason", "no reason"));
	ret->until_ms = value_get_int(ret->answer, "until", 0);
	ret->strikes = (int)value_get_int(ret->answer, "strikes", -1);
	ret->calls = (int)value_get_int(ret->answer, "calls", -1);
	ret->retry_after_ms = value_get_int(ret->answer, "retry_after", -1) * SECOND;
	j->blocked = ret->verdict == AGENT_BLOCKED;
	if (l->plan->sabotage == BREAK_RETRY_BLOCKED && ret->verdict == AGENT_BLOCKED)
		ret->verdict = AGENT_LATER;
	if (j->fate == FATE_CUT || j->fate == FATE_TIMEOUT)
		l->sum->lost_answers += j->arrived;
}

/* ---- pictures ---------------------------------------------------------------------- */

static void end_images(struct life *l, struct agent_result *ret)
{
	const struct value *urls = value_get(l->job.request, "urls");
	struct value *images = value_new_list();
	bool none = life_wrong(l, 10);
	ret->verdict = AGENT_OK;
	for (size_t i = 0; i < value_len(urls); i++) {
		struct value *img = value_new_object();
		value_set_string(img, "url", value_string(value_at(urls, i), ""));
		if (none) {
			value_set_string(img, "error", "404");
		} else {
			value_set_string(img, "path", l->image);
			value_set_string(img, "mime", "image/jpeg");
			value_set_int(img, "width", 512);
			value_set_int(img, "height", 512);
		}
		value_append(images, img);
	}
	ret->answer = value_new_object();
	value_set(ret->answer, "images", images);
	if (life_wrong(l, 20)) {
		ret->verdict = life_chance(l, 2) ? AGENT_LATER : AGENT_UNKNOWN;
		ret->reason = xstrdup("the pictures' host is down");
	}
}

/* ---- publishers --------------------------------------------------------------------- */

static int publisher_of(const char *agent)
{
	for (int i = 0; i < BLOG_PUBLISHERS; i++)
		if (str_eq(agent, settings_publishers[i]))
			return i;
	return -1;
}

/* Whether and when it happens, and what is said of it. */
static void plan_publish(struct life *l)
{
	struct job *j = &l->job;
	int64_t now = l->world.now_ms, end = now + 200 + life_chance(l, 4000);
	j->verdict = AGENT_OK;
	j->exec_ms = now + life_chance(l, end - now) + 1;
	if (life_wrong(l, 40)) {
		static const enum agent_verdict words[] = { AGENT_LATER, AGENT_LATER, AGENT_LATER,
			AGENT_REFUSED, AGENT_BROKEN, AGENT_BLOCKED, AGENT_UNKNOWN, AGENT_UNKNOWN,
			AGENT_UNKNOWN, AGENT_UNKNOWN, AGENT_UNKNOWN, AGENT_UNKNOWN };
		j->verdict = words[life_chance(l, ARRAY_LEN(words))];
		j->exec_ms = 0;
	}
	if (j->verdict == AGENT_UNKNOWN) {
		j->timed_out = life_chance(l, 2);
		if (j->timed_out)
			end = now + j->timeout_ms;
		if (life_chance(l, 3) > 0)
			j->exec_ms = now + 1 + life_chance(l, end - now + LATE_MS);
	}
	l->due[EV_END] = end;
}

static void judge_publish(struct life *l, const struct value *post)
{
	struct job *j = &l->job;
	const struct blog_pace *pace = &l->settings.pace[j->post->publisher];
	if (l->plan->sabotage == BREAK_NO_DISCLOSURE) {
		struct value *bare = value_copy(post);
		value_set_string(bare, "html", "<p>nothing</p>");
		blog_judge_disclosure(bare);
		value_free(bare);
	} else {
		blog_judge_disclosure(post);
	}
	blog_judge_pace(l->blog, j->post, pace, &l->world);
	if (blog_will_be_out(j->post) && !j->by_id)
		broken("once", "post %s is sent again, but it %s", j->post->key,
			blog_is_out(j->post, l->world.now_ms) ? "is out" : "is about to come out");
	for (size_t i = 0; i < 2; i++)
		if (!value_get_string(post, i ? "marker" : "title", "")[0])
			broken("once", "post %s has no %s", j->post->key, i ? "marker" : "title");
}

static int start_publish(struct life *l, const struct agent_job *job)
{
	struct job *j = &l->job;
	const struct value *post = value_get(job->request, "post");
	j->post = blog_get(l->blog, value_get_string(post, "key", ""));
	j->post->publisher = publisher_of(job->name);
	if (j->post->publisher < 0)
		broken("standing", "agent '%s' is in no configuration", job->name);
	j->by_id = j->post->publisher == PUBLISHER_DRAFTS &&
		str_eq(value_get_string(job->request, "stage", ""), "publish");
	if (j->op == JOB_FIND) {
		l->sum->finds++;
		l->due[EV_END] = l->world.now_ms + 100 + life_chance(l, 3000);
		return 0;
	}
	l->sum->publishes++;
	plan_publish(l);
	judge_publish(l, post);
	return 0;
}

/* What was decided at the start takes place: now, or within the half hour. */
static void execute(struct life *l, int64_t at_ms)
{
	struct job *j = &l->job;
	struct blog_post *p = j->post;
	if (p->publisher == PUBLISHER_DRAFTS && !j->by_id) {
		l->sum->drafts++;
		p->draft_ms = p->draft_ms && p->draft_ms < at_ms ? p->draft_ms : at_ms;
		return;
	}
	if (j->by_id && blog_will_be_out(p)) {
		l->sum->conflicts++;
		tell("blog: 409, %s is out already", p->key);
		return;
	}
	p->sent_ms = j->start_ms;
	p->sent_wall_ms = j->started.wall_ms;
	l->sum->late += at_ms > l->world.now_ms;
	tell("blog: %s comes out%s", p->key, at_ms > l->world.now_ms ? " later" : "");
	blog_put(l->blog, p, at_ms, l->sum);
}

static void end_publish(struct life *l, struct agent_result *ret)
{
	struct job *j = &l->job;
	bool draft = j->post->publisher == PUBLISHER_DRAFTS && !j->by_id;
	if (j->exec_ms)
		execute(l, j->exec_ms);
	ret->verdict = j->verdict;
	ret->timed_out = j->timed_out;
	if (j->verdict == AGENT_OK) {
		ret->answer = value_new_object();
		value_set_string(ret->answer, "id", j->post->key);
		value_set_string(ret->answer, "url", "https://blog.example/1");
		if (draft)
			value_set_bool(ret->answer, "draft", true);
		return;
	}
	ret->reason = xasprintf("the blog's answer was %s", agent_verdict_word(j->verdict));
	if (j->verdict == AGENT_LATER && life_chance(l, 3) == 0)
		ret->retry_after_ms = life_chance(l, 2 * HOUR);
	if (j->verdict == AGENT_BLOCKED && life_chance(l, 2))
		ret->until_ms = world_wall(&l->world) + life_chance(l, 2 * DAY);
	if (j->verdict == AGENT_UNKNOWN && l->plan->sabotage == BREAK_UNKNOWN_IS_NO)
		ret->verdict = AGENT_LATER;
}

static void end_find(struct life *l, struct agent_result *ret)
{
	const struct blog_post *p = l->job.post;
	int64_t now = l->world.now_ms;
	ret->answer = value_new_object();
	ret->verdict = AGENT_OK;
	if (life_wrong(l, 15)) {
		ret->verdict = AGENT_LATER;
		ret->reason = xstrdup("the blog is down");
		return;
	}
	if (p->publisher == PUBLISHER_BLIND) {
		value_set_string(ret->answer, "found", "unknown");
		return;
	}
	bool out = blog_is_out(p, now), draft = !out && p->draft_ms && p->draft_ms <= now;
	value_set_string(ret->answer, "found", out || draft ? "yes" : "no");
	value_set_string(ret->answer, "id", p->key);
	if (draft)
		value_set_bool(ret->answer, "draft", true);
}

/* ---- the port ------------------------------------------------------------------------ */

static enum job_op op_of(const struct value *request)
{
	static const char *const ops[] = { "", "search", "images", "publish", "find" };
	const char *op = value_get_string(request, "op", "");
	for (size_t i = 1; i < ARRAY_LEN(ops); i++)
		if (str_eq(op, ops[i]))
			return (enum job_op)i;
	return JOB_NONE;
}

int agents_start(void *ctx, const struct agent_job *job, struct err *e)
{
	struct life *l = ctx;
	struct job *j = &l->job;
	if (disk.dead)
		return err_set(e, -EIO, "killed before the agent started");
	if (j->op != JOB_NONE || !l->up)
		broken("standing", "two agents at a time");
	if (life_wrong(l, 2))
		return err_set(e, -EAGAIN, "no process can be had");
	memset(j, 0, sizeof(*j));
	j->op = op_of(job->request);
	j->start_ms = l->world.now_ms;
	j->timeout_ms = job->timeout_ms;
	life_instant(l, &j->started);
	j->request = value_copy(job->request);
	tell("%s starts %s '%s'", job->name, value_get_string(job->request, "op", ""),
		value_get_string(job->request, "keyword",
			value_get_string(value_get(job->request, "post"), "key", "")));
	if (j->op == JOB_SEARCH)
		plan_search(l);
	else if (j->op == JOB_IMAGES)
		l->due[EV_END] = l->world.now_ms + 100 + life_chance(l, 5000);
	else
		return start_publish(l, job);
	return 0;
}

void agents_end(struct life *l, struct agent_result *ret)
{
	switch (l->job.op) {
	case JOB_SEARCH:
		end_search(l, ret);
		break;
	case JOB_IMAGES:
		end_images(l, ret);
		break;
	case JOB_PUBLISH:
		end_publish(l, ret);
		break;
	case JOB_FIND:
		end_find(l, ret);
		break;
	case JOB_NONE:
		break;
	}
	tell("ends with %s %s", agent_verdict_word(ret->verdict), ret->reason ? ret->reason : "");
}

/* The requests of the agent that ended: they are on their own now. */
void agents_forget(struct life *l)
{
	for (int i = 0; i < l->arrival_count; i++)
		l->arrivals[i].job = false;
	buf_finish(&l->job.reply.body);
	value_free(l->job.request);
	memset(&l->job, 0, sizeof(l->job));
	l->due[EV_END] = INT64_MAX;
}

/* What has left goes on: within the linger at the server, within the half hour at the blog. */
void agents_kill(struct life *l)
{
	int64_t now = l->world.now_ms;
	struct job *j = &l->job;
	for (int i = 0; i < l->arrival_count; i++) {
		struct arrival *a = &l->arrivals[i];
		if (!a->job)
			continue;
		if (a->at_ms > now + l->linger_ms)
			a->at_ms = now + life_chance(l, l->linger_ms);
		if (life_chance(l, 2) == 0) { /* it had not left yet */
			free_arrival(a);
			*a = l->arrivals[--l->arrival_count];
			i--;
		}
	}
	if (j->op == JOB_PUBLISH && j->exec_ms) {
		if (j->exec_ms <= now)
			execute(l, j->exec_ms);
		else if (life_chance(l, 2))
			execute(l, now + life_chance(l, LATE_MS));
	}
	agents_forget(l);
}
