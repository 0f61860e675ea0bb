/* SPDX-License-Identifier: MIT */
#include "paths.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SBINDIR
#define SBINDIR "/usr/local/sbin"
#endif

bool paths_is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* DIR as an absolute path, without the slashes at its end. */
static int set_dir(char out[PATH_MAX], const char *dir, struct err *e)
{
	char here[PATH_MAX] = "";
	if (dir[0] != '/' && !getcwd(here, sizeof(here)))
		return err_set(e, -errno, "the current folder: %s; go to another one",
			tr_errno(errno));
	if (dir[0] != '/' && strcmp(here, "/") == 0)
		here[0] = '\0';
	if (str_format(out, PATH_MAX, "%s%s%s", here, dir[0] == '/' ? "" : "/", dir) < 0)
		return err_set(e, -ENAMETOOLONG, "%.60s…: the path is too long", dir);
	for (size_t n = strlen(out); n > 1 && out[n - 1] == '/'; n--)
		out[n - 1] = '\0';
	return 0;
}

static int join(char out[PATH_MAX], const char *dir, const char *name, struct err *e)
{
	if (str_format(out, PATH_MAX, "%s/%s", dir, name) < 0)
		return err_set(e, -ENAMETOOLONG, "%.60s…: the path is too long", dir);
	return 0;
}

/* systemd may name several folders with colons between them; the first is ours. */
static int set_from_env(
	char out[PATH_MAX], const char *variable, const char *fallback, struct err *e)
{
	const char *s = getenv(variable);
	if (str_empty(s))
		return set_dir(out, fallback, e);
	CLEANUP_FREE char *first = xstrndup(s, strcspn(s, ":"));
	return set_dir(out, first[0] ? first : fallback, e);
}

/* The folder beside a --state that nothing else names. */
static const char *beside(const char *state, const char *base, char buf[PATH_MAX])
{
	size_t n = strlen(PATHS_STATE);
	if (strncmp(state, PATHS_STATE, n) != 0 || (state[n] != '\0' && state[n] != '/'))
		return state;
	return str_format(buf, PATH_MAX, "%s%s", base, state + n) < 0 ? base : buf;
}

bool paths_is_account(const char *name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:";
	size_t n = strlen(name);
	return n > 0 && n <= PATHS_NAME_MAX && name[0] != '.' && strspn(name, allowed) == n;
}

void paths_unit(const char *account, char *buf, size_t size)
{
	str_format_cut(buf, size, "cpauto%s%s", account[0] ? "@" : "", account);
}

/* A unit's state tells whose it is. */
static void find_account(struct paths *p)
{
	size_t n = strlen(PATHS_STATE "/");
	if (strncmp(p->state, PATHS_STATE "/", n) == 0 && paths_is_account(p->state + n))
		str_format_cut(p->account, sizeof(p->account), "%s", p->state + n);
}

/* As the unit of an account has it; --state and --cache may still move two of them. */
static int find_of_account(struct paths *p, const struct paths_wish *w, struct err *e)
{
	if (!paths_is_account(w->account))
		return err_set(e, -EINVAL,
			"'%.80s' is no name of an account: it is the NAME of a %s/NAME.conf, of "
			"letters, digits and \"-_.:\"",
			w->account, PATHS_ACCOUNTS);
	str_format_cut(p->account, sizeof(p->account), "%s", w->account);
	CLEANUP_FREE char *state = xasprintf(PATHS_STATE "/%s", w->account);
	CLEANUP_FREE char *cache = xasprintf(PATHS_CACHE "/%s", w->account);
	CLEANUP_FREE char *runtime = xasprintf(PATHS_RUNTIME "/%s", w->account);
	int r = set_dir(p->state, w->state ? w->state : state, e);
	if (r == 0)
		r = set_dir(p->cache, w->cache ? w->cache : cache, e);
	return r == 0 ? set_dir(p->runtime, runtime, e) : r;
}

static int find_folders(struct paths *p, const struct paths_wish *w, struct err *e)
{
	char buf[PATH_MAX];
	if (w->account)
		return find_of_account(p, w, e);
	int r = w->state ? set_dir(p->state, w->state, e)
			 : set_from_env(p->state, "STATE_DIRECTORY", PATHS_STATE, e);
	if (r < 0)
		return r;
	const char *cache = w->state ? beside(p->state, PATHS_CACHE, buf) : PATHS_CACHE;
	r = w->cache ? set_dir(p->cache, w->cache, e)
		     : set_from_env(p->cache, "CACHE_DIRECTORY", cache, e);
	if (r < 0)
		return r;
	const char *runtime = w->state ? beside(p->state, PATHS_RUNTIME, buf) : PATHS_RUNTIME;
	r = set_from_env(p->runtime, "RUNTIME_DIRECTORY", runtime, e);
	if (r == 0)
		find_account(p);
	return r;
}

static int find_data(struct paths *p, const struct paths_wish *w, struct err *e)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	int r = find_folders(p, w, e);
	if (r == 0)
		r = join(p->images, p->cache, "images", e);
	if (r == 0 && !str_empty(credentials))
		r = set_dir(p->credentials, credentials, e);
	str_format_cut(p->credstore, sizeof(p->credstore), "%s", PATHS_CREDSTORE);
	str_format_cut(p->units, sizeof(p->units), "%s", PATHS_UNITS);
	/* Without a credential there is no folder of them; a unit that has none has these two. */
	p->in_service = p->credentials[0] ||
		(!str_empty(getenv("INVOCATION_ID")) && !str_empty(getenv("STATE_DIRECTORY")));
	return r;
}

static int find_installed(struct paths *p, struct err *e)
{
	int r = set_dir(p->agents, LIBEXECDIR "/cpauto/agents", e);
	if (r == 0)
		r = set_dir(p->templates[0], SYSCONFDIR "/cpauto/templates", e);
	if (r == 0)
		r = set_dir(p->templates[1], DATADIR "/cpauto/templates", e);
	if (r == 0)
		r = set_dir(p->sandbox, LIBEXECDIR "/cpauto/cpauto-sandbox", e);
	if (r == 0)
		r = set_dir(p->daemon, SBINDIR "/cpautod", e);
	return r;
}

/* HERE is TREE/build. */
static int find_tree(struct paths *p, const char *here, struct err *e)
{
	CLEANUP_FREE char *tree = xstrdup(here);
	char *slash = strrchr(tree, '/');
	if (slash)
		*slash = '\0';
	p->in_tree = true;
	int r = join(p->agents, here, "agents", e);
	if (r == 0)
		r = join(p->templates[1], tree, "etc/templates", e);
	if (r == 0)
		r = join(p->sandbox, here, "cpauto-sandbox", e);
	if (r == 0)
		r = join(p->daemon, here, "cpautod", e);
	return r;
}

static int find_programs(struct paths *p, struct err *e)
{
	char here[PATH_MAX], agents[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", here, sizeof(here) - 1);
	if (n <= 0)
		return find_installed(p, e);
	here[n] = '\0';
	char *slash = strrchr(here, '/');
	if (slash)
		*slash = '\0';
	if (str_format(agents, sizeof(agents), "%s/agents", here) == 0 && paths_is_dir(agents))
		return find_tree(p, here, e);
	return find_installed(p, e);
}

int paths_find(struct paths *p, const struct paths_wish *wish, struct err *e)
{
	static const struct paths_wish none;
	const struct paths_wish *w = wish ? wish : &none;
	memset(p, 0, sizeof(*p));
	int r = find_data(p, w, e);
	if (r == 0)
		r = find_programs(p, e);
	if (r == 0 && w->agents)
		r = set_dir(p->agents, w->agents, e);
	return r;
}
