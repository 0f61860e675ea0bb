/* SPDX-License-Identifier: MIT */
/* cpauto-sandbox: a stand-in for the Coupang Partners API on this machine. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "server.h"

#define PORT_MAX 65535
#define CALLS_MAX 1000000
#define DRIFT_MAX 90

struct settings {
	struct api_config api;
	int64_t port, calls, drift;
	int64_t delay_ms;
	const char *port_file, *secret_file;
	bool quiet, die_with_parent, help, version;
};

enum type { FLAG, TEXT, NUMBER, SPAN, LIMITER, FORM, FAULT };

static const struct row {
	const char *name;
	enum type type;
	size_t at;
	int64_t min, max;
	const char *value, *text; /* for --help */
} rows[] = {
#define AT(member) offsetof(struct settings, member)
	{ "port", NUMBER, AT(port), 0, PORT_MAX, "N",
		"listen on 127.0.0.1:N; 0 takes a free one (0)" },
	{ "port-file", TEXT, AT(port_file), 0, 0, "FILE", "write the port there once ready" },
	{ "access-key", TEXT, AT(api.access_key), 0, 0, "KEY", "the account's key (test-access)" },
	{ "secret-key", TEXT, AT(api.secret), 0, 0, "KEY", "its secret (test-secret)" },
	{ "secret-file", TEXT, AT(secret_file), 0, 0, "FILE",
		"read the secret from there (mode 0600)" },
	{ "window", SPAN, AT(api.window_ms), 1, INT64_MAX / 4 / CALLS_MAX, "TIME",
		"length of the \"hour\" (1h)" },
	{ "calls", NUMBER, AT(calls), 1, CALLS_MAX, "N", "calls allowed in it (10)" },
	{ "limiter", LIMITER, AT(api.limiter), 0, 0, "KIND",
		"sliding, fixed, bucket or leaky (sliding)" },
	{ "block", SPAN, AT(api.block_ms), 0, INT64_MAX / 4, "TIME",
		"how long a strike blocks (1d)" },
	{ "strict-block", FLAG, AT(api.strict_block), 0, 0, NULL,
		"a call while blocked is a further strike" },
	{ "strike-time-form", FORM, AT(api.form), 0, 0, "FORM",
		"z, none or nano: how its time is written (z)" },
	{ "ttl", SPAN, AT(api.tolerance_ms), 0, INT64_MAX / 4, "TIME",
		"tolerance of signed-date (5min)" },
	{ "replay", TEXT, AT(api.replay), 0, 0, "DIR", "answer with the search-*.json of DIR" },
	{ "drift", NUMBER, AT(drift), 0, DRIFT_MAX, "PERCENT",
		"prices move so far from call to call (0)" },
	{ "delay", SPAN, AT(delay_ms), 0, 3600000, "TIME", "wait before each answer (0)" },
	{ "fault", FAULT, AT(api.faults), 0, 0, "KIND[=N][@PERCENT]",
		"misbehave, N times; may be repeated" },
	{ "log", TEXT, AT(api.log), 0, 0, "FILE", "append a line of JSON for each request" },
	{ "die-with-parent", FLAG, AT(die_with_parent), 0, 0, NULL,
		"end when the starting process ends" },
	{ "quiet", FLAG, AT(quiet), 0, 0, NULL, "do not print the address" },
	{ "help", FLAG, AT(help), 0, 0, NULL, "show this" },
	{ "version", FLAG, AT(version), 0, 0, NULL, "show the version" },
};

static void print_help(void)
{
	printf("Usage: cpauto-sandbox [OPTION]...\n"
		"A stand-in for the Coupang Partners API, for trials without a key and for "
		"tests.\n\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char left[48];

		str_format_cut(left, sizeof(left), "--%s%s%s", rows[i].name,
			rows[i].value ? "=" : "", rows[i].value ? rows[i].value : "");
		printf("  %-28s %s\n", left, rows[i].text);
	}
	printf("\nKinds of faults:\n");
	fault_list(stdout);
	printf("\nWhile it runs: GET /_sandbox/stats, POST /_sandbox/fault?kind=KIND&n=N, "
		"POST /_sandbox/reset.\n");
}

static int set_number(const struct row *row, const char *value, int64_t *ret, struct err *e)
{
	if (row->type == NUMBER && parse_int64(value, row->min, row->max, ret))
		return err_set(e, -EINVAL, "--%s=%.40s: give a whole number from %lld to %lld",
			row->name, value, (long long)row->min, (long long)row->max);
	if (row->type == SPAN && (parse_duration(value, ret) || *ret < row->min || *ret > row->max))
		return err_set(e, -EINVAL, "--%s=%.40s: give a time like 90s, 15min or 1h",
			row->name, value);
	return 0;
}

static int set_word(const struct row *row, const char *value, void *at, struct err *e)
{
	int r = row->type == LIMITER ? limiter_parse(value, at) : strike_parse(value, at);

	return r ? err_set(e, r, "--%s=%.40s: there is no such word; see --help", row->name,
		value) : 0;
}

static int set(struct settings *s, const struct row *row, const char *value, struct err *e)
{
	void *at = (char *)s + row->at;

	switch (row->type) {
	case FLAG:
		*(bool *)at = true;
		return 0;
	case TEXT:
		*(const char **)at = value;
		return 0;
	case NUMBER:
	case SPAN:
		return set_number(row, value, at, e);
	case LIMITER:
	case FORM:
		return set_word(row, value, at, e);
	case FAULT:
		return fault_arm(at, value, e);
	}
	return -EINVAL;
}

static int read_arguments(int argc, char **argv, struct settings *s, struct err *e)
{
	struct option options[ARRAY_LEN(rows) + 1] = { { 0 } };
	int c, i, r = 0;

	for (size_t n = 0; n < ARRAY_LEN(rows); n++)
		options[n] = (struct option){ rows[n].name,
			rows[n].type == FLAG ? no_argument : required_argument, NULL, 0 };
	opterr = 0;
	while (!r && (c = getopt_long(argc, argv, ":", options, &i)) != -1) {
		if (c != 0)
			return err_set(e, -EINVAL, "%.60s: %s; see --help", argv[optind - 1],
				c == ':' ? "needs a value" : "there is no such option");
		r = set(s, &rows[i], optarg, e);
	}
	if (!r && optind < argc)
		r = err_set(e, -EINVAL, "%.60s: no argument is expected here; see --help",
			argv[optind]);
	s->api.calls = (int)s->calls;
	s->api.drift_percent = (int)s->drift;
	return r;
}

static int write_port(const char *path, int port, struct err *e)
{
	char text[16];
	int r;

	str_format_cut(text, sizeof(text), "%d\n", port);
	r = file_write_atomic(path, text, strlen(text), 0644);
	return r ? err_set(e, r, "%s: %s", path, strerror(-r)) : 0;
}

/* A descriptor that can be read when SIGTERM or SIGINT came; -1 with the line in E. */
static int catch_signals(struct err *e)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		err_set(e, -errno, "signals cannot be caught: %s", strerror(errno));
	return fd;
}

/* Also right if the parent ended while this started. */
static bool tie_to_parent(pid_t parent)
{
	return !prctl(PR_SET_PDEATHSIG, SIGTERM) && getppid() == parent;
}

static int serve(const struct settings *s, struct err *e)
{
	CLEANUP_CLOSE int signals = catch_signals(e);
	struct server *server = signals < 0 ? NULL :
		server_new(&s->api, (int)s->port, s->delay_ms, e);
	int r = -EIO;

	if (server && !s->quiet) {
		printf("listening on http://127.0.0.1:%d\n", server_port(server));
		fflush(stdout);
	}
	if (server)
		r = s->port_file ? write_port(s->port_file, server_port(server), e) : 0;
	if (!r) {
		r = server_run(server, signals);
		if (r)
			err_set(e, r, "the HTTP server fails: %s", strerror(-r));
	}
	server_free(server);
	return r;
}

static int run(struct settings *s, struct err *e)
{
	char *secret = NULL;
	int r;

	if (s->secret_file) {
		if (secret_read(s->secret_file, &secret, e))
			return EX_NOINPUT;
		s->api.secret = secret;
	}
	r = serve(s, e);
	secret_free(secret);
	return r ? EX_UNAVAILABLE : 0;
}

int main(int argc, char **argv)
{
	static struct settings s = { .api = { .access_key = "test-access", .secret = "test-secret",
		.tolerance_ms = 300000, .window_ms = 3600000, .block_ms = 86400000 }, .calls = 10 };
	pid_t parent = getppid();
	struct err e = { "" };
	int r = EX_USAGE;

	if (!read_arguments(argc, argv, &s, &e)) {
		r = 0;
		if (s.help)
			print_help();
		else if (s.version)
			printf("cpauto-sandbox %s\n", VERSION);
		else if (!s.die_with_parent || tie_to_parent(parent))
			r = run(&s, &e);
	}
	if (*e.text)
		fprintf(stderr, "cpauto-sandbox: %s\n", e.text);
	return r;
}
