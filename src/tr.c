/* SPDX-License-Identifier: MIT */
#include "tr.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "banned.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static bool korean;
static void (*polish_text)(char *text);
static bool forced; /* the environment is ours by now */

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool is_none(const char *locale)
{
	return !locale || !locale[0] || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

/* ---- which language --------------------------------------------------------------- */

/* Of "de:ko_KR:en" the first that there is; English ends the list. */
static bool list_says_korean(const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ":");
		if (n >= 2 && begins(list, "ko"))
			return true;
		if ((n >= 2 && begins(list, "en")) || (n == 1 && *list == 'C'))
			return false;
		list += n + (list[n] == ':');
	}
	return false;
}

static bool environment_says_korean(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	const char *locale = NULL, *list = getenv("LANGUAGE");
	for (size_t i = 0; i < LENGTH(names) && (!locale || !locale[0]); i++)
		locale = getenv(names[i]);
	/* As everywhere: without a locale LANGUAGE counts for nothing. */
	if (is_none(locale))
		return false;
	return list && list[0] ? list_says_korean(list) : begins(locale, "ko");
}

/* ---- where the catalogues are ----------------------------------------------------- */

static const char *locale_dir(char buf[PATH_MAX])
{
	char here[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", here, sizeof(here) - 1);
	here[n > 0 ? n : 0] = '\0';
	/* The program's folder, and that above it, where agents and tests stand. */
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(here, '/');
		if (!slash)
			break;
		*slash = '\0';
		int len = snprintf(buf, PATH_MAX, "%s/locale", here);
		if (len < PATH_MAX && access(buf, X_OK) == 0)
			return buf;
	}
	return DATADIR "/locale";
}

/* gettext translates in no locale called "C"; any other will do. */
static bool leave_c(void)
{
	static const char *const locales[] = { "C.UTF-8", "", "ko_KR.UTF-8", "en_US.UTF-8" };
	for (size_t i = 0; i < LENGTH(locales); i++) {
		const char *is = setlocale(LC_MESSAGES, locales[i]);
		if (!is_none(is))
			return true;
	}
	return false;
}

/* Makes gettext ready; DIR NULL: where it looks already, or the usual one. */
static bool load(const char *dir)
{
	static bool bound;
	char buf[PATH_MAX];
	if (!leave_c())
		return false;
	if (dir || !bound)
		bindtextdomain(TR_DOMAIN, dir ? dir : locale_dir(buf));
	/* Whatever LC_CTYPE is; so nothing has to be converted either. */
	bind_textdomain_codeset(TR_DOMAIN, "UTF-8");
	bound = true;
	return true;
}

void tr_init(const char *language, const char *dir)
{
	const char *list = getenv("LANGUAGE");
	bool by_environment = !language || !language[0] || strcmp(language, "auto") == 0;
	static bool environment;
	if (!forced)
		environment = environment_says_korean();
	korean = by_environment ? environment : strcmp(language, "ko") == 0;
	forced = forced || !by_environment;
	if (forced) {
		setenv("LC_ALL", "C.UTF-8", 1);
		setenv("LANGUAGE", korean ? "ko" : "en", 1);
	} else if (korean && (!list || !begins(list, "ko"))) {
		setenv("LANGUAGE", "ko", 1);
	}
	korean = korean && load(dir);
}

const char *tr_switch(const char *language)
{
	const char *was = tr_language();
	if (!language || strcmp(language, was) == 0)
		return was;
	korean = strcmp(language, "ko") == 0 && load(NULL);
	/* gettext looks at it each time. */
	setenv("LANGUAGE", tr_language(), 1);
	return was;
}

const char *tr_language(void)
{
	return korean ? "ko" : "en";
}

/* ---- translating ------------------------------------------------------------------ */

const char *tr(const char *text)
{
	/* The empty text would give the catalogue's header. */
	return korean && text && text[0] ? dgettext(TR_DOMAIN, text) : text;
}

const char *tr_n(const char *one, const char *many, long long n)
{
	if (korean)
		return dngettext(TR_DOMAIN, one, many, n < 0 ? 0 : (unsigned long)n);
	return n == 1 ? one : many;
}

void tr_set_polish(void (*polish)(char *text))
{
	polish_text = polish;
}

void tr_polish(char *text, const char *fmt, const char *format)
{
	/* Texts of others, behind a bare "%s", stay as they are. */
	if (format != fmt && polish_text)
		polish_text(text);
}

int tr_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	const char *format = tr(fmt);
	int n = vsnprintf(buf, size, format, ap);
	if (n >= 0 && size > 0)
		tr_polish(buf, fmt, format);
	return n;
}

/* Those that happen to files, sockets and processes; glibc's own catalogue may not be there. */
static const char *const errors[] __attribute__((unused)) = {
	N_("Operation not permitted"), N_("No such file or directory"), N_("No such process"),
	N_("Interrupted system call"), N_("Input/output error"), N_("No such device or address"),
	N_("Argument list too long"), N_("Exec format error"), N_("Bad file descriptor"),
	N_("Resource temporarily unavailable"), N_("Cannot allocate memory"),
	N_("Permission denied"), N_("Device or resource busy"), N_("File exists"),
	N_("Invalid cross-device link"), N_("No such device"), N_("Not a directory"),
	N_("Is a directory"), N_("Invalid argument"), N_("Too many open files in system"),
	N_("Too many open files"), N_("Text file busy"), N_("File too large"),
	N_("No space left on device"), N_("Read-only file system"), N_("Too many links"),
	N_("Broken pipe"), N_("File name too long"), N_("Directory not empty"),
	N_("Too many levels of symbolic links"), N_("Value too large for defined data type"),
	N_("Invalid or incomplete multibyte or wide character"), N_("Message too long"),
	N_("Operation not supported"), N_("Address already in use"),
	N_("Network is unreachable"), N_("Connection reset by peer"),
	N_("No buffer space available"), N_("Connection timed out"), N_("Connection refused"),
	N_("No route to host"), N_("Stale file handle"), N_("Disk quota exceeded"),
	N_("Structure needs cleaning"), N_("Protocol error"), N_("Success"),
};

const char *tr_errno(int error)
{
	const char *text = strerrordesc_np(error < 0 ? -error : error);
	return text ? tr(text) : _("an unknown error");
}
