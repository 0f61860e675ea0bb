/* SPDX-License-Identifier: MIT */

/*
 * Tells people something by mail, through the sendmail of this machine. Whatever
 * stands in a header is encoded or looked at first, so that no title makes a header.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "channel.h"
#include "clock.h"
#include "kit.h"
#include "log.h"

#define SENDMAIL "/usr/sbin/sendmail"
#define ADDRESSES_MAX 500
#define SUBJECT_MAX 150  /* bytes */
#define WORD_BYTES 39    /* of text in one encoded word: with "Subject: " 73 characters */
#define LINE_BYTES 57    /* 76 characters of base64 */
#define MAIL_MAX (64u << 10)

struct mail {
	const char *to, *from, *program;
};

/* Addresses as they may stand in a header: one, or several with commas. */
static bool is_address(const char *s, bool many)
{
	static const char atom[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.!#$%&'*+/=?^_`{|}~-@";

	for (;;) {
		size_t n = strspn(s, atom);

		if (n == 0 || *s == '-' || *s == '@' || s[n - 1] == '@')
			return false;
		s += n;
		if (!*s)
			return true;
		if (!many || *s != ',')
			return false;
		s += 1 + strspn(s + 1, " ");
	}
}

static bool mail_read(const struct value *config, struct mail *m, struct value *answer)
{
	m->to = value_get_string(config, "to", "");
	m->from = value_get_string(config, "from", "");
	m->program = value_get_string(config, "sendmail", SENDMAIL);
	if (strlen(m->to) > ADDRESSES_MAX || !is_address(m->to, true))
		kit_broken(answer, "to: this is no address; write to = \"me@example.org\" (several "
			"with commas, without names)");
	else if (*m->from && !is_address(m->from, false))
		kit_broken(answer, "from: this is no address; write from = \"cpauto@example.org\"");
	else if (m->program[0] != '/')
		kit_broken(answer, "sendmail: name it with its whole path, such as %s",
			SENDMAIL);
	else if (access(m->program, X_OK) < 0)
		kit_broken(answer, "%s: %s; install a program that sends mail, such as msmtp-mta",
			m->program, tr_errno(errno));
	else
		return true;
	return false;
}

/* ---- the message ----------------------------------------------------------- */

/* How many bytes of S, at most MAX, end at a character. */
static size_t whole_characters(const char *s, size_t max)
{
	size_t n = strnlen(s, max + 1);

	if (n <= max)
		return n;
	for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

/* RFC 2047, whatever it holds: a line end in it is one of the encoded bytes. */
static void add_encoded(struct buf *b, const char *text)
{
	for (const char *join = ""; *text; join = "\n ") {
		size_t n = whole_characters(text, WORD_BYTES);

		buf_printf(b, "%s=?UTF-8?B?", join);
		buf_base64(b, text, n ? n : 1);
		buf_str(b, "?=");
		text += n ? n : 1;
	}
}

static void add_date(struct buf *b)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	struct instant now;
	struct date d;

	clock_now(&now);
	clock_date_utc(now.wall_ms, &d);
	buf_printf(b, "Date: %s, %d %s %d %02d:%02d:%02d +0000\n", days[d.weekday], d.day,
		months[d.month - 1], d.year, d.hour, d.minute, d.second);
}

static void add_body(struct buf *b, const struct channel_event *e)
{
	struct buf text;
	const char *at;

	buf_init(&text, 2 * CHANNEL_TEXT_MAX);
	buf_printf(&text, "%s\n%s%s", e->text, e->link, *e->link ? "\n" : "");
	at = buf_cstr(&text);
	for (size_t left = text.len, n; left; at += n, left -= n) {
		n = left < LINE_BYTES ? left : LINE_BYTES;
		buf_base64(b, at, n);
		buf_char(b, '\n');
	}
	buf_finish(&text);
}

static void make_mail(const struct mail *m, const struct channel_event *e, struct buf *b)
{
	char subject[SUBJECT_MAX + 1];

	str_format_cut(subject, sizeof(subject), "%s", e->title);
	if (*m->from)
		buf_printf(b, "From: cpauto <%s>\n", m->from);
	buf_printf(b, "To: %s\nSubject: ", m->to);
	add_encoded(b, subject);
	buf_str(b, "\n");
	add_date(b);
	buf_str(b, "MIME-Version: 1.0\n"
		"Content-Type: text/plain; charset=UTF-8\n"
		"Content-Transfer-Encoding: base64\n"
		"Auto-Submitted: auto-generated\n\n");
	add_body(b, e);
}

/* ---- sending it ------------------------------------------------------------ */

/* Its standard output is our log, or it would be taken for our answer. */
static int start(const struct mail *m, int in, pid_t *ret)
{
	char *argv[] = { xstrdup(m->program), xstrdup("-i"), xstrdup("-t"), NULL };
	int r = kit_spawn(argv, in, STDERR_FILENO, ret);

	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	return r;
}

static void judge(const char *program, int status, struct value *answer)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code == EX_OK)
		kit_ok(answer);
	else if (code < 0)
		kit_later(answer, 60, "%s was killed by signal %d", program, WTERMSIG(status));
	else if (code == EX_NOUSER || code == EX_NOHOST || code == EX_NOPERM ||
			code == EX_CONFIG || code == EX_USAGE)
		kit_broken(answer, "%s does not send it (exit status %d): look at 'to' and 'from' "
			"and at how it is set up", program, code);
	else
		kit_later(answer, 60, "%s failed with exit status %d", program, code);
}

static void hand_over(const struct mail *m, const struct buf *text, struct value *answer)
{
	int ends[2], status = 0, r;
	pid_t pid = 0;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		kit_later(answer, 60, "%s could not be started: %s", m->program, tr_errno(errno));
		return;
	}
	r = start(m, ends[0], &pid);
	close(ends[0]);
	/* That it ends its input early says nothing about how it ends. */
	if (r == 0 && fd_write_all(ends[1], buf_cstr(text), text->len) < 0)
		kit_log(LOG_LEVEL_DEBUG, "%s did not read all of it", m->program);
	close(ends[1]);
	if (r < 0) {
		kit_later(answer, 60, "%s could not be started: %s", m->program, tr_errno(-r));
		return;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	judge(m->program, status, answer);
}

static void op_notify(const struct value *request, struct value *answer)
{
	struct channel_event e;
	struct mail m;
	struct buf text;

	if (!channel_event(request, &e, answer) ||
			!mail_read(value_get(request, "config"), &m, answer))
		return;
	buf_init(&text, MAIL_MAX);
	make_mail(&m, &e, &text);
	hand_over(&m, &text, answer);
	buf_finish(&text);
}

static void op_check(const struct value *request, struct value *answer)
{
	struct mail m;

	if (mail_read(value_get(request, "config"), &m, answer))
		kit_ok(answer);
}

static void op_describe(const struct value *request UNUSED, struct value *answer)
{
	channel_describe(answer, "mail", false);
}

int main(int argc, char **argv)
{
	static const struct kit_op ops[] = {
		{ "notify", op_notify },
		{ "check", op_check },
		{ "describe", op_describe },
	};

	return kit_main(argc, argv, "mail", ops, ARRAY_LEN(ops));
}
