/* SPDX-License-Identifier: MIT */

/*
 * The publisher "wordpress": WordPress' REST API with an application password.
 * A post is made as a draft and then published by its id, so that a repeat of
 * either step makes no second one: before a draft is made it is looked for by
 * its slug, which comes from the post's key. Pictures are kept under a slug of
 * their bytes' digest, made to fit before, and not sent twice.
 */
#include <errno.h>
#include <locale.h>

#include "fit.h"
#include "html.h"
#include "http.h"
#include "image.h"
#include "kit.h"
#include "sign.h"
#include "text.h"
#include "wppost.h"
#include "wprest.h"

#define IMAGES_MAX 60
#define RETRY_S 60 /* where this machine is short of something */
#define TAGS_MAX 40
#define NAME_MAX_BYTES 600
#define QUERY_MAX 8192
#define HTML_MAX (6u << 20)
#define TITLE_MAX 4096u
#define MEDIA_DIGITS 20
#define ROUTE_MAX 64
#define POST_FIELDS "&_fields=id,slug,status,link,content.raw"

enum standing {
	STANDS_NOWHERE,
	STANDS_IN_TRASH,
	STANDS_AS_DRAFT,
	STANDS_OUT,
};

/* A post on the blog. */
struct found {
	enum standing standing;
	int64_t id;
	char *url, *slug;
};

/* What one request is about. */
struct job {
	struct wprest rest;
	const struct value *config, *post;
	struct fit fit;
	const char *status; /* how the post is to end: publish, private or draft */
	char slug[WPPOST_SLUG_LEN + 1];
};

static void found_finish(struct found *f)
{
	free(f->url);
	free(f->slug);
	memset(f, 0, sizeof(*f));
}

static bool read_status(struct job *j, struct value *answer)
{
	static const char *const known[] = { "publish", "private", "draft" };

	j->status = value_get_string(j->config, "status", "publish");
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(j->status, known[i]))
			return true;
	kit_broken(answer, "status = \"%.40s\" is none of publish, private and draft", j->status);
	return false;
}

static bool read_limits(struct job *j, struct value *answer)
{
	struct err e = { "" };

	j->fit = fit_of_blogs;
	if (fit_read_over(j->config, &j->fit, &e))
		return true;
	kit_broken(answer, "%s", e.text);
	return false;
}

/* False with the answer given. job_finish() either way. */
static bool job_init(struct job *j, const struct value *request, bool post, struct value *answer)
{
	memset(j, 0, sizeof(*j));
	j->config = value_get(request, "config");
	j->post = value_get(request, "post");
	if (!wprest_open(&j->rest, request, answer) || !read_status(j, answer) ||
			!read_limits(j, answer))
		return false;
	if (!post || !wppost_slug(value_get_string(j->post, "key", ""), j->slug))
		return true;
	kit_refused(answer, "the post has no key of 32 digits and letters a to f "
		"(cpauto-agent(7))");
	return false;
}

static void job_finish(struct job *j)
{
	wprest_close(&j->rest);
}

static enum standing standing_of(const char *status)
{
	static const char *const drafts[] = { "draft", "pending", "auto-draft" };

	if (str_eq(status, "trash"))
		return STANDS_IN_TRASH;
	for (size_t i = 0; i < ARRAY_LEN(drafts); i++)
		if (str_eq(status, drafts[i]))
			return STANDS_AS_DRAFT;
	return STANDS_OUT;
}

/* A post as the API shows it; false if it is none. */
static bool read_found(const struct value *v, struct found *f)
{
	const char *link = value_get_string(v, "link", "");
	const char *status = value_get_string(v, "status", "");
	struct http_url url;

	found_finish(f);
	f->id = value_get_int(v, "id", 0);
	if (f->id <= 0 || !*status)
		return false;
	f->standing = standing_of(status);
	f->url = xstrdup(http_url_parse(link, true, &url) ? "" : link);
	f->slug = xstrdup(value_get_string(v, "slug", ""));
	return true;
}

/* What is out goes before a draft, a draft before the trash, then the older one. */
static bool goes_before(const struct found *a, const struct found *b)
{
	return a->standing != b->standing ? a->standing > b->standing : a->id < b->id;
}

static void choose(const struct value *list, const char *slug, struct found *best)
{
	struct found f = { .id = 0 };

	for (size_t i = 0; i < value_len(list); i++) {
		if (!read_found(value_at(list, i), &f) || !wppost_slug_is(f.slug, slug))
			continue;
		if (best->id)
			kit_log(4, "the blog has this post twice: %lld and %lld; delete one",
				(long long)best->id, (long long)f.id);
		if (!best->id || goes_before(&f, best)) {
			found_finish(best);
			*best = f;
			memset(&f, 0, sizeof(f));
		}
	}
	found_finish(&f);
}

/* Looks for the post by its slug. False with the answer given. */
static bool look(const struct job *j, struct found *f, struct value *answer)
{
	CLEANUP_FREE char *query = xasprintf("&slug=%1$s,%1$s-2,%1$s-3,%1$s__trashed,"
		"%1$s-2__trashed&status=any,trash&context=edit&per_page=20" POST_FIELDS, j->slug);
	struct wprest_call c = { .route = "/wp/v2/posts", .query = query, .wanted = VALUE_LIST };
	struct value *list = wprest_ask(&j->rest, &c, answer);

	if (!list)
		return false;
	choose(list, j->slug, f);
	value_free(list);
	return true;
}

/* Text as WordPress keeps it in names and titles: markup as entities, quotes as they are. */
static void put_stored(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '&')
			buf_str(out, "&amp;");
		else if (*s == '<')
			buf_str(out, "&lt;");
		else if (*s == '>')
			buf_str(out, "&gt;");
		else
			buf_char(out, *s);
	}
}

/* ---- categories and tags ---------------------------------------------------- */

/* Is V the term NAME? WordPress stores names with entities. */
static bool is_term(const struct value *v, const char *name, bool fold)
{
	const char *stored = value_get_string(v, "name", "");
	CLEANUP_FREE char *a = NULL, *b = NULL;
	struct buf plain;
	bool same;

	buf_init(&plain, NAME_MAX_BYTES * 4);
	html_decode(&plain, stored, strlen(stored));
	same = fold ? !text_fold(buf_cstr(&plain), &a) && !text_fold(name, &b) :
		!text_clean(buf_cstr(&plain), &a) && !text_clean(name, &b);
	same = same && str_eq(a, b);
	buf_finish(&plain);
	return same;
}

static int64_t pick_term(const struct value *list, const char *name)
{
	for (int fold = 0; fold < 2; fold++)
		for (size_t i = 0; i < value_len(list); i++)
			if (is_term(value_at(list, i), name, fold))
				return value_get_int(value_at(list, i), "id", 0);
	return 0;
}

/* The id of the term, 0 if there is none; -1 with the answer given. */
static int64_t find_term(const struct job *j, const char *route, const char *name, bool create,
	struct value *answer)
{
	/*
	 * The search looks into the stored form and shows 100; the slug of a name is
	 * made of the name. Who may create is told of what exists when it does so.
	 */
	static const char *const by[] = { "search", "slug" };
	int64_t id = 0;

	for (size_t i = 0; i < (create ? 1 : ARRAY_LEN(by)) && !id; i++) {
		struct wprest_call c = { .route = route, .wanted = VALUE_LIST };
		struct value *list;
		struct buf query, stored;

		buf_init(&stored, NAME_MAX_BYTES * 6);
		put_stored(&stored, name);
		buf_init(&query, QUERY_MAX * 4);
		buf_printf(&query, "&per_page=100&_fields=id,name&%s=", by[i]);
		buf_percent(&query, buf_cstr(&stored), stored.len);
		c.query = buf_cstr(&query);
		list = wprest_ask(&j->rest, &c, answer);
		id = list ? pick_term(list, name) : -1;
		value_free(list);
		buf_finish(&query);
		buf_finish(&stored);
	}
	return id;
}

/* The id of the new term; -1 with the answer given. */
static int64_t make_term(const struct job *j, const char *route, const char *name,
	struct value *answer)
{
	struct value *send = value_new_object(), *made;
	struct wprest_call c = { .kind = WPREST_ASIDE, .route = route, .query = "&_fields=id",
		.send = send, .tolerate = "term_exists", .wanted = VALUE_OBJECT };
	int64_t id = -1;

	value_set_string(send, "name", name);
	made = wprest_ask(&j->rest, &c, answer);
	if (made) {
		/* One that differs in case only, or that was made in the meantime. */
		id = value_get_int(made, "id", value_get_int(value_get(made, "data"),
			"term_id", 0));
		if (id <= 0) {
			kit_broken(answer, "WordPress made \"%.100s\" and names no id of it", name);
			id = -1;
		}
	}
	value_free(made);
	value_free(send);
	return id;
}

static int64_t get_term(const struct job *j, const char *route, const char *name, bool create,
	struct value *answer)
{
	int64_t id = find_term(j, route, name, create, answer);

	return id == 0 && create ? make_term(j, route, name, answer) : id;
}

/* False with the answer given. */
static bool add_category(const struct job *j, struct value *send, struct value *answer)
{
	CLEANUP_FREE char *name = NULL;
	struct value *list;
	int64_t id;

	if (text_clean(value_get_string(j->post, "category", ""), &name))
		return true;
	id = get_term(j, "/wp/v2/categories", name,
		value_get_bool(j->config, "create_categories", false), answer);
	if (id == 0)
		kit_refused(answer, "the blog has no category \"%.150s\": make it there, or write "
			"create_categories = true;", name);
	if (id <= 0)
		return false;
	list = value_new_list();
	value_append(list, value_new_int(id));
	value_set(send, "categories", list);
	return true;
}

static bool has_id(const struct value *list, int64_t id)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (value_int(value_at(list, i), 0) == id)
			return true;
	return false;
}

static bool add_tags(const struct job *j, struct value *send, struct value *answer)
{
	const struct value *tags = value_get(j->post, "tags");
	bool create = value_get_bool(j->config, "create_tags", true);
	struct value *list = value_new_list();

	value_set(send, "tags", list);
	for (size_t i = 0; i < value_len(tags) && i < TAGS_MAX; i++) {
		CLEANUP_FREE char *name = NULL;
		int64_t id;

		if (text_clean(value_string(value_at(tags, i), ""), &name))
			continue;
		id = get_term(j, "/wp/v2/tags", name, create, answer);
		if (id < 0)
			return false;
		if (id == 0)
			kit_log(5, "the blog has no tag \"%s\": left out (create_tags is false)",
				name);
		else if (!has_id(list, id))
			value_append(list, value_new_int(id));
	}
	return true;
}

/* ---- pictures ---------------------------------------------------------------- */

struct picture {
	char *data;
	size_t len;
	struct image image;
	char slug[8 + MEDIA_DIGITS + 1];
};

/* Reads the file and makes it fit; false with the answer given. */
static bool read_picture(const struct job *j, const char *path, struct picture *p,
	struct value *answer)
{
	char digest[SIGN_HEX_LEN + 1];
	struct err e = { "" };
	int r = fit_load(&j->fit, path, &p->data, &p->len, &p->image, &e);

	if (r == -EIO)
		kit_broken(answer, "%s", e.text);
	else if (errno_is_weather(r))
		kit_later(answer, RETRY_S, "%s", e.text);
	else if (r)
		kit_refused(answer, "%s", e.text);
	if (r)
		return false;
	sign_sha256(p->data, p->len, digest);
	str_format_cut(p->slug, sizeof(p->slug), "cp-img-%.*s", MEDIA_DIGITS, digest);
	return true;
}

/* What the blog says of a picture, into IMAGE ("url", "media"); false if it is no use. */
static bool take_media(const struct value *media, struct value *image)
{
	const char *url = value_get_string(media, "source_url", "");
	int64_t id = value_get_int(media, "id", 0);
	struct http_url parsed;
	struct buf clean;
	bool good;

	/* WordPress shows letters beyond ASCII in addresses as they are. */
	buf_init(&clean, QUERY_MAX);
	for (const char *c = url; *c; c++)
		if ((unsigned char)*c >= 0x80 || *c == ' ')
			buf_printf(&clean, "%%%02X", (unsigned char)*c);
		else
			buf_char(&clean, *c);
	good = id > 0 && !buf_failed(&clean) && !http_url_parse(buf_cstr(&clean), true, &parsed);
	if (good) {
		value_set_string(image, "url", buf_cstr(&clean));
		value_set_int(image, "media", id);
	}
	buf_finish(&clean);
	return good;
}

/* Is it there since an earlier try or post? -1 with the answer given. */
static int find_media(const struct job *j, const struct picture *p, struct value *image,
	struct value *answer)
{
	CLEANUP_FREE char *query = xasprintf("&slug=%s&context=edit&_fields=id,slug,source_url",
		p->slug);
	struct wprest_call c = { .route = "/wp/v2/media", .query = query, .wanted = VALUE_LIST };
	struct value *list = wprest_ask(&j->rest, &c, answer);
	int found = list ? 0 : -1;

	for (size_t i = 0; i < value_len(list) && !found; i++)
		if (str_eq(value_get_string(value_at(list, i), "slug", ""), p->slug))
			found = take_media(value_at(list, i), image);
	value_free(list);
	return found;
}

static bool send_media(const struct job *j, const struct picture *p, struct value *image,
	struct value *answer)
{
	const char *alt = value_get_string(image, "alt", "");
	char name[sizeof(p->slug) + 8];
	struct wprest_call c = { .kind = WPREST_ASIDE, .route = "/wp/v2/media", .file = p->data,
		.file_len = p->len, .file_name = name, .file_type = p->image.mime,
		.wanted = VALUE_OBJECT };
	struct value *media;
	struct buf query;
	bool good;

	str_format_cut(name, sizeof(name), "%s.%s", p->slug, p->image.ext);
	buf_init(&query, QUERY_MAX);
	buf_printf(&query, "&_fields=id,slug,source_url&slug=%s&title=", p->slug);
	buf_percent(&query, alt, text_prefix_count(alt, 100));
	buf_str(&query, "&alt_text=");
	buf_percent(&query, alt, text_prefix_count(alt, 200));
	c.query = buf_failed(&query) ? NULL : buf_cstr(&query);
	media = wprest_ask(&j->rest, &c, answer);
	good = media && take_media(media, image);
	if (media && !good)
		kit_broken(answer, "WordPress took a picture and names no address of it");
	value_free(media);
	buf_finish(&query);
	return good;
}

static bool put_picture(const struct job *j, struct value *image, struct value *answer)
{
	struct picture p = { .data = NULL };
	bool good = false;

	if (read_picture(j, value_get_string(image, "path", ""), &p, answer)) {
		int found = find_media(j, &p, image, answer);

		good = found > 0 || (found == 0 && send_media(j, &p, image, answer));
	}
	free(p.data);
	return good;
}

/*
 * The post's pictures with "url" and "media" in those that are on the blog now.
 * All or NULL, the answer then given. One without a file stays where it is.
 */
static struct value *put_pictures(const struct job *j, struct value *answer)
{
	const struct value *given = value_get(j->post, "images");
	struct value *images;

	if (value_len(given) > IMAGES_MAX) {
		kit_refused(answer, "a post has at most %d pictures here", IMAGES_MAX);
		return NULL;
	}
	images = given ? value_copy(given) : value_new_list();
	for (size_t i = 0; i < value_len(images); i++) {
		struct value *image = value_at(images, i);

		value_remove(image, "url");
		if (str_empty(value_get_string(image, "path", NULL)))
			continue;
		if (!put_picture(j, image, answer)) {
			value_free(images);
			return NULL;
		}
	}
	return images;
}

/* ---- the post ---------------------------------------------------------------- */

/* False with the answer given. */
static bool add_content(const struct job *j, struct value *send, struct value *answer)
{
	const char *html = value_get_string(j->post, "html", "");
	const char *title = value_get_string(j->post, "title", "");
	struct value *images;
	struct buf content, stored;
	bool good;

	if (!*html || !*title) {
		kit_refused(answer, "the post has no title or no html (cpauto-agent(7))");
		return false;
	}
	images = put_pictures(j, answer);
	if (!images)
		return false;
	buf_init(&content, HTML_MAX);
	buf_init(&stored, TITLE_MAX);
	wppost_html(html, images, &content);
	put_stored(&stored, title);
	good = !buf_failed(&content) && !buf_failed(&stored);
	if (!good)
		kit_refused(answer, "the post has over %u MiB or its title over %u bytes",
			HTML_MAX >> 20, TITLE_MAX);
	value_set_string(send, "title", buf_cstr(&stored));
	value_set_string(send, "content", good ? buf_cstr(&content) : "");
	for (size_t i = 0; i < value_len(images); i++) {
		int64_t id = value_get_int(value_at(images, i), "media", 0);

		if (id && !value_get(send, "featured_media"))
			value_set_int(send, "featured_media", id);
	}
	buf_finish(&stored);
	buf_finish(&content);
	value_free(images);
	return good;
}

/* A plug-in or a role's filter may change what was sent; not this sentence. */
static bool kept_disclosure(const struct job *j, const struct value *sent, const struct value *got,
	int64_t id, struct value *answer)
{
	const char *sentence = value_get_string(j->post, "disclosure", "");
	const char *raw = value_get_string(value_get(got, "content"), "raw", NULL);

	if (!*sentence || !raw || wppost_shows(raw, sentence) ||
			!wppost_shows(value_get_string(sent, "content", ""), sentence))
		return true;
	kit_refused(answer, "WordPress changed the post and left the disclosure out: the draft "
		"%lld was not published; look for a plug-in that filters posts", (long long)id);
	return false;
}

/* Makes the draft into F. False with the answer given. */
static bool make_draft(const struct job *j, struct found *f, struct value *answer)
{
	struct value *send = value_new_object(), *got = NULL;
	struct wprest_call c = { .kind = WPREST_POST, .route = "/wp/v2/posts",
		.query = POST_FIELDS, .send = send, .wanted = VALUE_OBJECT };
	bool good = false;

	value_set_string(send, "status", "draft");
	value_set_string(send, "slug", j->slug);
	if (add_category(j, send, answer) && add_tags(j, send, answer) &&
			add_content(j, send, answer))
		got = wprest_ask(&j->rest, &c, answer);
	if (got && !read_found(got, f))
		kit_unknown(answer, "WordPress took the draft and names no id of it");
	else if (got)
		good = kept_disclosure(j, send, got, f->id, answer);
	value_free(got);
	value_free(send);
	/* It was there already, made by a try whose end nobody saw: the older one counts. */
	if (good && !str_eq(f->slug, j->slug))
		good = look(j, f, answer);
	return good;
}

static void answer_post(const struct job *j, const struct found *f, struct value *answer)
{
	char id[24];
	CLEANUP_FREE char *edit = xasprintf("%s/wp-admin/post.php?post=%lld&action=edit",
		j->rest.base, (long long)f->id);

	str_format_cut(id, sizeof(id), "%lld", (long long)f->id);
	value_set_string(answer, "id", id);
	value_set_string(answer, "url", f->standing == STANDS_AS_DRAFT ? edit : f->url);
	/* Where a draft is what the user wants there is nothing left to do. */
	if (f->standing == STANDS_AS_DRAFT && !str_eq(j->status, "draft"))
		value_set_bool(answer, "draft", true);
	kit_ok(answer);
}

/* The post ID into F. False with the answer given. */
static bool get_post(const struct job *j, int64_t id, struct found *f, struct value *answer)
{
	char route[ROUTE_MAX];
	struct wprest_call c = { .route = route, .query = "&context=edit" POST_FIELDS,
		.tolerate = "rest_post_invalid_id", .wanted = VALUE_OBJECT };
	struct value *got;
	bool good;

	str_format_cut(route, sizeof(route), "/wp/v2/posts/%lld", (long long)id);
	got = wprest_ask(&j->rest, &c, answer);
	good = got && read_found(got, f) && f->id == id && f->standing != STANDS_IN_TRASH;
	if (got && value_get(got, "code"))
		kit_refused(answer, "the blog has no post %lld: it was deleted there",
			(long long)id);
	else if (got && f->standing == STANDS_IN_TRASH)
		kit_refused(answer, "the post %lld is in the blog's trash", (long long)id);
	else if (got && !good)
		kit_broken(answer, "WordPress answers with another post than %lld",
			(long long)id);
	value_free(got);
	return good;
}

/* Sends SEND to the post ID and reads it back into F. False with the answer given. */
static bool change_post(const struct job *j, int64_t id, const struct value *send,
	struct found *f, struct value *answer)
{
	char route[ROUTE_MAX];
	struct wprest_call c = { .kind = WPREST_POST, .route = route, .query = POST_FIELDS,
		.send = send, .wanted = VALUE_OBJECT };
	struct value *got;
	bool good;

	str_format_cut(route, sizeof(route), "/wp/v2/posts/%lld", (long long)id);
	got = wprest_ask(&j->rest, &c, answer);
	good = got && read_found(got, f) && f->id == id;
	if (got && !good)
		kit_unknown(answer, "WordPress answers with another post than %lld",
			(long long)id);
	value_free(got);
	return good;
}

static void publish_draft(const struct job *j, int64_t id, struct value *answer)
{
	struct value *send = value_new_object();
	struct found f = { .id = 0 };

	value_set_string(send, "status", j->status);
	if (!get_post(j, id, &f, answer))
		goto out;
	if (f.standing == STANDS_AS_DRAFT && !str_eq(j->status, "draft")) {
		if (!change_post(j, id, send, &f, answer))
			goto out;
		if (f.standing != STANDS_OUT) {
			kit_broken(answer, "the blog holds the post %lld back for review: publish "
				"it there, and give the user the role of an author", (long long)id);
			goto out;
		}
	}
	answer_post(j, &f, answer);
out:
	value_free(send);
	found_finish(&f);
}

/* "7" or 7; 0 if it is no id. */
static int64_t read_id(const struct value *request)
{
	const struct value *v = value_get(request, "id");
	int64_t id = 0;

	if (value_kind(v) == VALUE_STRING && parse_int64(value_string(v, ""), 1, INT64_MAX, &id))
		id = 0;
	return value_kind(v) == VALUE_STRING ? id : value_int(v, 0);
}

/* Finds or makes the draft; goes on to publish it unless that is a step of its own. */
static void publish_new(const struct job *j, bool draft_only, struct value *answer)
{
	struct found f = { .id = 0 };
	bool good = look(j, &f, answer);

	if (good && f.standing == STANDS_NOWHERE)
		good = make_draft(j, &f, answer);
	if (good && f.standing == STANDS_IN_TRASH)
		kit_refused(answer, "this post is in the blog's trash already (%lld): take it out "
			"of there if it shall stand", (long long)f.id);
	else if (good && f.standing == STANDS_AS_DRAFT && !draft_only)
		publish_draft(j, f.id, answer);
	else if (good)
		answer_post(j, &f, answer);
	found_finish(&f);
}

static void run_publish(const struct value *request, struct value *answer)
{
	const char *stage = value_get_string(request, "stage", "");
	struct job j;

	if (job_init(&j, request, true, answer)) {
		if (!str_eq(stage, "publish"))
			publish_new(&j, str_eq(stage, "draft"), answer);
		else if (read_id(request) > 0)
			publish_draft(&j, read_id(request), answer);
		else
			kit_refused(answer, "the draft's id is none of this blog's");
	}
	job_finish(&j);
}

static void run_find(const struct value *request, struct value *answer)
{
	struct found f = { .id = 0 };
	struct job j;

	if (job_init(&j, request, true, answer) && look(&j, &f, answer)) {
		/* In the trash: it was out or not, and a person did not want it. */
		value_set_string(answer, "found", f.standing == STANDS_NOWHERE ? "no" :
			f.standing == STANDS_IN_TRASH ? "unknown" : "yes");
		if (f.standing >= STANDS_AS_DRAFT)
			answer_post(&j, &f, answer);
		kit_ok(answer);
	}
	found_finish(&f);
	job_finish(&j);
}

/* A human's post must not be written over: the slug says whose it is. */
static void run_update(const struct value *request, struct value *answer)
{
	int64_t id = read_id(request);
	struct value *send = value_new_object();
	struct found f = { .id = 0 };
	struct job j;

	if (!job_init(&j, request, true, answer))
		goto out;
	if (id <= 0) {
		kit_refused(answer, "the request names no id of a post");
		goto out;
	}
	if (!get_post(&j, id, &f, answer))
		goto out;
	if (!wppost_slug_is(f.slug, j.slug)) {
		kit_refused(answer, "the post %lld of the blog is not this one (its slug is not "
			"%s): it was left as it is", (long long)id, j.slug);
		goto out;
	}
	if (add_content(&j, send, answer) && change_post(&j, id, send, &f, answer))
		answer_post(&j, &f, answer);
out:
	value_free(send);
	found_finish(&f);
	job_finish(&j);
}

static bool may(const struct value *me, const char *what, struct value *answer)
{
	if (value_get_bool(value_get(me, "capabilities"), what, false))
		return true;
	kit_broken(answer, "the user \"%.100s\" may not %s on this blog: give it the role of an "
		"author (an editor, if categories are to be created)",
		value_get_string(me, "name", ""), what);
	return false;
}

static void run_check(const struct value *request, struct value *answer)
{
	struct wprest_call c = { .route = "/wp/v2/users/me",
		.query = "&context=edit&_fields=id,name,capabilities", .wanted = VALUE_OBJECT };
	struct value *me = NULL;
	struct job j;

	if (job_init(&j, request, false, answer))
		me = wprest_ask(&j.rest, &c, answer);
	if (me && may(me, "edit_posts", answer) && may(me, "upload_files", answer) &&
			(str_eq(j.status, "draft") || may(me, "publish_posts", answer)) &&
			(!value_get_bool(j.config, "create_categories", false) ||
			may(me, "manage_categories", answer)))
		kit_ok(answer);
	value_free(me);
	job_finish(&j);
}

static void run_describe(const struct value *request, struct value *answer)
{
	static const char *const can[] = { "findable", "idempotent", "drafts", "unattended",
		"images", "update" };

	(void)request;
	value_set_string(answer, "name", "wordpress");
	for (size_t i = 0; i < ARRAY_LEN(can); i++)
		value_set_bool(answer, can[i], true);
	value_set_string(answer, "html_profile", "safe");
	kit_ok(answer);
}

static const struct kit_op ops[] = {
	{ "publish", run_publish },
	{ "find", run_find },
	{ "update", run_update },
	{ "check", run_check },
	{ "describe", run_describe },
};

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	return kit_main(argc, argv, "wordpress", ops, ARRAY_LEN(ops));
}
