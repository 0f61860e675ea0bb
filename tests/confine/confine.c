/* SPDX-License-Identifier: MIT */
/*
 * Runs a program as the unit lets it: under its system-call filter and what
 * its other lines add to it, so that scenarios can be run without systemd.
 *   confine LIST PROGRAM [ARGUMENT...]
 * LIST is what tests/confine/allowed printed. What is not in it fails with
 * EPERM, as SystemCallErrorNumber= says.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <seccomp.h>

static int fail(const char *what, int r)
{
	fprintf(stderr, "confine: %s: %s\n", what, strerror(-r));
	return EX_UNAVAILABLE;
}

/* MemoryDenyWriteExecute=: no memory that is written to is executed. */
static int allow_memory(scmp_filter_ctx f)
{
	static const int both = PROT_WRITE | PROT_EXEC;
	int r = 0;
	static const int fine[] = { 0, PROT_WRITE, PROT_EXEC };
	for (size_t i = 0; r == 0 && i < sizeof(fine) / sizeof(fine[0]); i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, both, (scmp_datum_t)fine[i]));
	if (r == 0)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return r;
}

/* RestrictAddressFamilies= */
static int allow_sockets(scmp_filter_ctx f)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6 };
	int r = 0;
	for (size_t i = 0; r == 0 && i < sizeof(families) / sizeof(families[0]); i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
	for (scmp_datum_t i = 0; r == 0 && i < AF_MAX; i++)
		if (i != AF_UNIX && i != AF_INET && i != AF_INET6)
			r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
				SCMP_A0(SCMP_CMP_EQ, i));
	return r;
}

static int allow(scmp_filter_ctx f, const char *name)
{
	/* RestrictNamespaces=, and those with rules of their own. */
	static const char *const apart[] = { "mmap", "mprotect", "pkey_mprotect", "socket", "unshare",
		"setns", "clone3" };
	for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		if (strcmp(apart[i], name) == 0)
			return 0;
	int number = seccomp_syscall_resolve_name(name);
	/* One that this kind of machine does not have. */
	if (number == __NR_SCMP_ERROR)
		return 0;
	int r = seccomp_rule_add(f, SCMP_ACT_ALLOW, number, 0);
	return r == -EDOM || r == -EEXIST ? 0 : r;
}

static int allow_list(scmp_filter_ctx f, const char *path)
{
	char line[64];
	int r = 0, n = 0;
	FILE *list = fopen(path, "re");
	if (!list)
		return -errno;
	for (; r == 0 && fgets(line, sizeof(line), list); n++) {
		line[strcspn(line, "\n")] = '\0';
		r = allow(f, line);
	}
	fclose(list);
	return r == 0 && n < 100 ? -ENODATA : r;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: confine LIST PROGRAM [ARGUMENT...]\n");
		return EX_USAGE;
	}
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!f)
		return fail("a filter", -ENOMEM);
	int r = allow_list(f, argv[1]);
	if (r == 0)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (r == 0)
		r = allow_memory(f);
	if (r == 0)
		r = allow_sockets(f);
	if (r == 0)
		r = seccomp_load(f); /* sets NoNewPrivileges= too */
	seccomp_release(f);
	if (r < 0)
		return fail(argv[1], r);
	execv(argv[2], argv + 2);
	return fail(argv[2], -errno);
}
