/* SPDX-License-Identifier: MIT */
#include "kit.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "json.h"
#include "korean.h"
#include "log.h"

#define VERSION_SPOKEN 1

/* ---- what must not be said ------------------------------------------------ */

#define FORMS_MAX 64
#define SAYABLE 4  /* shorter than that it may be any word */
#define DATA_LEAST 8 /* in what is no text for people, such as an address */

static char *forms[FORMS_MAX];
static size_t form_count;

static void add_form(char *text)
{
	bool known = !text || strlen(text) < SAYABLE || form_count == FORMS_MAX;

	for (size_t i = 0; i < form_count && !known; i++)
		known = str_eq(text, forms[i]);
	if (known)
		secret_free(text);
	else
		forms[form_count++] = text;
}

static void forget_forms(void)
{
	while (form_count)
		secret_free(forms[--form_count]);
}

/* WordPress takes an application password with its spaces or without. */
static char *without_spaces(const char *text)
{
	char *copy = xstrdup(text);
	size_t n = 0;

	for (const char *c = text; *c; c++)
		if (*c != ' ')
			copy[n++] = *c;
	copy[n] = '\0';
	return copy;
}

void kit_hide(const char *text)
{
	struct buf percent, html;

	buf_init(&percent, KIT_REQUEST_MAX);
	buf_percent(&percent, text, strlen(text));
	buf_init(&html, KIT_REQUEST_MAX);
	buf_html(&html, text, strlen(text));
	add_form(xstrdup(text));
	add_form(buf_steal(&percent));
	add_form(buf_steal(&html));
	add_form(without_spaces(text));
}

/* How much of S is the beginning of a secret, and enough of it; else 0. */
static size_t secret_len(const char *s, size_t least)
{
	size_t longest = 0;

	for (size_t i = 0; i < form_count; i++) {
		size_t len = forms[i][0] == *s ? strlen(forms[i]) : 0, n = 0;

		while (n < len && s[n] == forms[i][n])
			n++;
		if (len >= least && n > longest && (n == len || n >= KIT_HIDE_PART))
			longest = n;
	}
	return longest;
}

/* A copy of TEXT for everybody's eyes; the caller's. */
static char *sayable(const char *text, size_t least)
{
	struct buf out;
	size_t n;

	buf_init(&out, 2 * KIT_REQUEST_MAX);
	for (const char *c = text; *c; c += n ? n : 1) {
		n = secret_len(c, least);
		if (n)
			buf_str(&out, KIT_HIDDEN);
		else
			buf_char(&out, *c);
	}
	return buf_failed(&out) ? xstrdup(KIT_HIDDEN) : buf_steal(&out);
}

/* V with no secret in any of its texts; the caller's. */
static struct value *sayable_value(const struct value *v)
{
	struct value *copy;

	switch (value_kind(v)) {
	case VALUE_STRING:
		/* A text with a NUL in it is nobody's for people. */
		if (strlen(value_string(v, "")) == value_len(v)) {
			CLEANUP_FREE char *text = sayable(value_string(v, ""), DATA_LEAST);

			return value_new_string(text);
		}
		return value_copy(v);
	case VALUE_LIST:
		copy = value_new_list();
		for (size_t i = 0; i < value_len(v); i++)
			value_append(copy, sayable_value(value_at(v, i)));
		return copy;
	case VALUE_OBJECT:
		copy = value_new_object();
		for (size_t i = 0; i < value_len(v); i++)
			value_set(copy, value_name_at(v, i), sayable_value(value_member_at(v, i)));
		return copy;
	default:
		return v ? value_copy(v) : value_new_null();
	}
}

/* ---- saying it ------------------------------------------------------------- */

static void log_sink_line(enum log_level level, const struct log_fields *f, const char *text)
{
	(void)f;
	fprintf(stderr, "<%d>%s\n", (int)level, text);
}

void kit_log(int level, const char *fmt, ...)
{
	CLEANUP_FREE char *whole = NULL;
	CLEANUP_FREE char *text = NULL;
	va_list args;

	va_start(args, fmt);
	whole = xvasprintf_tr(fmt, args);
	va_end(args);
	/* Before it is cut: half a secret is hard to know. */
	text = sayable(whole, SAYABLE);
	log_set_sink(log_sink_line);
	log_event((enum log_level)level, NULL, "%.1000s", text);
}

static void PRINTF(3, 0) set_result(struct value *answer, const char *result,
	const char *fmt, va_list args)
{
	CLEANUP_FREE char *whole = xvasprintf_tr(fmt, args);
	CLEANUP_FREE char *text = sayable(whole, SAYABLE);
	char reason[ERR_MAX];

	str_format_cut(reason, sizeof(reason), "%s", text);
	value_set_string(answer, "result", result);
	value_set_string(answer, "reason", reason);
}

void kit_ok(struct value *answer)
{
	value_set_string(answer, "result", "ok");
}

void kit_later(struct value *answer, int retry_after_s, const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	set_result(answer, "later", reason, args);
	va_end(args);
	value_set_int(answer, "retry_after", retry_after_s);
}

void kit_unknown(struct value *answer, const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	set_result(answer, "unknown", reason, args);
	va_end(args);
}

void kit_refused(struct value *answer, const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	set_result(answer, "refused", reason, args);
	va_end(args);
}

void kit_broken(struct value *answer, const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	set_result(answer, "broken", reason, args);
	va_end(args);
}

void kit_blocked(struct value *answer, int64_t until_ms, int strikes, const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	set_result(answer, "blocked", reason, args);
	va_end(args);
	if (until_ms > 0)
		value_set_int(answer, "until", until_ms);
	if (strikes >= 0)
		value_set_int(answer, "strikes", strikes);
}

/* "access-key" is named by CPAUTO_SECRET_ACCESS_KEY. */
static void secret_variable(const char *name, char *out, size_t size)
{
	str_format_cut(out, size, "CPAUTO_SECRET_%s", name);
	for (char *c = out; *c; c++) {
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
		else if (*c == '-' || *c == '.')
			*c = '_';
	}
}

/* Of the file of secret NAME; NULL or "": none. */
static const char *secret_path(const char *name)
{
	char variable[80];

	secret_variable(name, variable, sizeof(variable));
	return getenv(variable);
}

bool kit_has_secret(const char *name)
{
	return !str_empty(secret_path(name));
}

int kit_spawn(char *const argv[], int in, int out, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t normal;
	int r;

	sigemptyset(&normal);
	sigaddset(&normal, SIGPIPE); /* which the kit ignores */
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigdefault(&how, &normal);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn(ret, argv[0], &files, &how, argv, environ);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

int kit_secret(const char *name, char **ret, struct err *e)
{
	const char *path = secret_path(name);
	int r;

	if (str_empty(path))
		return err_set(e, -ENOENT,
			"no %s was given: name its file in the configuration "
			"or as a systemd credential", name);
	r = secret_read(path, ret, e);
	if (!r)
		kit_hide(*ret);
	return r;
}

/* All of standard input. 0 or negative errno; -E2BIG when there is too much. */
static int read_request(struct buf *in)
{
	char chunk[16384];

	for (;;) {
		ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			buf_add(in, chunk, (size_t)n);
		if (buf_failed(in))
			return -E2BIG;
	}
}

static int parse_request(struct value **ret, struct err *e)
{
	struct buf in;
	int r;

	buf_init(&in, KIT_REQUEST_MAX);
	r = read_request(&in);
	if (r)
		err_set(e, r, r == -E2BIG ? _("it is longer than 8 MiB") : _("it cannot be read"));
	else
		r = json_parse(buf_cstr(&in), in.len, ret, e);
	buf_finish(&in);
	return r;
}

static const struct kit_op *find_op(const char *name, const struct kit_op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(name, ops[i].name))
			return &ops[i];
	return NULL;
}

static void run_request(const struct value *request, const struct kit_op *ops, size_t count,
	struct value *answer)
{
	const char *name = value_get_string(request, "op", NULL);
	const struct kit_op *op = find_op(name, ops, count);

	if (value_kind(request) != VALUE_OBJECT)
		kit_broken(answer, "the request is no JSON object (cpauto-agent(7))");
	else if (value_get_int(request, "v", 0) != VERSION_SPOKEN)
		kit_broken(answer, "the request is of another version: "
			"cpautod and its agents must come from one release");
	else if (!name)
		kit_broken(answer, "the request names no \"op\" (cpauto-agent(7))");
	else if (!op)
		kit_broken(answer, "this agent does not know the operation '%.40s'", name);
	else
		op->run(request, answer);
	assert(value_get_string(answer, "result", NULL));
}

static int print_answer(const struct value *answer)
{
	struct value *said = form_count ? sayable_value(answer) : value_copy(answer);
	CLEANUP_FREE char *text = json_string(said, false);

	value_free(said);
	if (!text) {
		fprintf(stderr, _("<3>the answer is longer than %u bytes\n"), JSON_TEXT_MAX);
		return EX_SOFTWARE;
	}
	if (fd_write_all(STDOUT_FILENO, text, strlen(text)) ||
			fd_write_all(STDOUT_FILENO, "\n", 1))
		return EX_IOERR;
	return EX_OK;
}

static int print_usage(FILE *to, const char *name, const struct kit_op *ops, size_t count)
{
	fprintf(to, _("%s: an agent of cpautod; reads one JSON request on standard input\n"
		"and prints one JSON answer (cpauto-agent(7)). Operations:"), name);
	for (size_t i = 0; i < count; i++)
		fprintf(to, " %s", ops[i].name);
	fputc('\n', to);
	return to == stderr ? EX_USAGE : EX_OK;
}

int kit_main(int argc, char **argv, const char *name, const struct kit_op *ops, size_t op_count)
{
	struct value *request = NULL, *answer;
	struct err e = { "" };
	int r;

	tr_set_polish(korean_polish);
	tr_init("auto", NULL);
	log_set_sink(log_sink_line);
	if (argc == 2 && str_eq(argv[1], "--version")) {
		printf("%s %s\n", name, VERSION);
		return EX_OK;
	}
	if (argc > 1)
		return print_usage(str_eq(argv[1], "--help") ? stdout : stderr, name, ops,
			op_count);
	/* A core would hold the secrets: no limit helps where it goes to a program. */
	prctl(PR_SET_DUMPABLE, 0);
	/* A daemon that died must not kill us in the middle of a step. */
	signal(SIGPIPE, SIG_IGN);
	answer = value_new_object();
	value_set_int(answer, "v", VERSION_SPOKEN);
	if (parse_request(&request, &e))
		kit_broken(answer, "the request cannot be understood: %s", e.text);
	else
		run_request(request, ops, op_count, answer);
	r = print_answer(answer);
	forget_forms();
	value_free(request);
	value_free(answer);
	return r;
}
