/* SPDX-License-Identifier: MIT */
#include "korean.h"

#include <stdbool.h>

#include "util.h"

/* Digits in groups of three. */
static void group(int64_t n, char out[32])
{
	char digits[24], *to = out;
	uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)size);

	if (n < 0)
		*to++ = '-';
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
}

void korean_price(int64_t won, char buf[KOREAN_TEXT_MAX])
{
	korean_count(won, "원", buf);
}

void korean_count(int64_t n, const char *unit, char buf[KOREAN_TEXT_MAX])
{
	char digits[32];

	group(n, digits);
	str_format_cut(buf, KOREAN_TEXT_MAX, "%s%s", digits, unit ? unit : "");
}

void korean_date(const struct date *d, char buf[KOREAN_TEXT_MAX])
{
	str_format_cut(buf, KOREAN_TEXT_MAX, "%d년 %d월 %d일", d->year, d->month, d->day);
}

void korean_date_time(const struct date *d, char buf[KOREAN_TEXT_MAX])
{
	str_format_cut(buf, KOREAN_TEXT_MAX, "%d월 %d일 %02d:%02d", d->month, d->day, d->hour,
		d->minute);
}

void korean_time(const struct date *d, char buf[KOREAN_TEXT_MAX])
{
	const char *half = d->hour < 12 ? "오전" : "오후";
	int hour = d->hour % 12 ? d->hour % 12 : 12;

	if (d->minute)
		str_format_cut(buf, KOREAN_TEXT_MAX, "%s %d시 %d분", half, hour, d->minute);
	else
		str_format_cut(buf, KOREAN_TEXT_MAX, "%s %d시", half, hour);
}

/* The character that ends at *LEN bytes; *LEN becomes where it begins. 0 for broken bytes. */
static uint32_t step_back(const char *s, size_t *len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	size_t end = *len, begin = end - 1, n;
	uint32_t c;

	while (begin && end - begin < 4 && (u[begin] & 0xc0) == 0x80)
		begin--;
	n = end - begin;
	c = u[begin];
	if (c < 0x80 && n == 1)
		c = u[begin];
	else if ((c & 0xe0) == 0xc0 && n == 2)
		c &= 0x1f;
	else if ((c & 0xf0) == 0xe0 && n == 3)
		c &= 0x0f;
	else if ((c & 0xf8) == 0xf0 && n == 4)
		c &= 0x07;
	else {
		*len = end - 1;
		return 0;
	}
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (u[begin + i] & 0x3f);
	*len = begin;
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	if (c >= 0xff01 && c <= 0xff5e) /* full-width forms of ASCII */
		c -= 0xff01 - '!';
	return c;
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(uint32_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(uint32_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_letter(uint32_t c)
{
	return is_lower(c) || is_upper(c);
}

static char lower(char c)
{
	return is_upper((unsigned char)c) ? (char)(c - 'A' + 'a') : c;
}

static bool is_vowel(char c)
{
	return c && strchr("aeiouy", lower(c));
}

/* Signs that are read, and ranges that cannot be; what is in neither is passed over. */
static const struct {
	uint32_t from, to;
	enum korean_ending ending;
} signs[] = {
	{ '$', '$', KOREAN_VOWEL }, /* 달러 */
	{ '%', '%', KOREAN_VOWEL }, /* 퍼센트 */
	{ '+', '+', KOREAN_VOWEL }, /* 플러스 */
	{ 0xb0, 0xb0, KOREAN_VOWEL }, /* ° 도 */
	{ 0xc0, 0xd6, KOREAN_VOWEL }, /* accented Latin letters, é above all */
	{ 0xd8, 0xf6, KOREAN_VOWEL },
	{ 0xf8, 0x24f, KOREAN_VOWEL },
	{ 0x250, 0x2af, KOREAN_UNKNOWN },
	{ 0x370, 0x10ff, KOREAN_UNKNOWN }, /* Greek to Georgian */
	{ 0x1161, 0x1175, KOREAN_VOWEL }, /* decomposed Hangul */
	{ 0x11a8, 0x11ae, KOREAN_FINAL },
	{ 0x11af, 0x11af, KOREAN_RIEUL },
	{ 0x11b0, 0x11ff, KOREAN_FINAL },
	{ 0x1200, 0x1fff, KOREAN_UNKNOWN },
	{ 0x20a9, 0x20a9, KOREAN_FINAL }, /* ₩ 원 */
	{ 0x20ac, 0x20ac, KOREAN_VOWEL }, /* € 유로 */
	{ 0x2103, 0x2103, KOREAN_VOWEL }, /* ℃ 도 */
	{ 0x2109, 0x2109, KOREAN_VOWEL }, /* ℉ 도 */
	{ 0x2113, 0x2113, KOREAN_VOWEL }, /* ℓ 리터 */
	{ 0x2c00, 0x2dff, KOREAN_UNKNOWN },
	{ 0x3041, 0x312f, KOREAN_UNKNOWN }, /* kana */
	{ 0x3131, 0x3138, KOREAN_FINAL }, /* ㄱ 기역 … */
	{ 0x3139, 0x3139, KOREAN_RIEUL }, /* ㄹ 리을 */
	{ 0x313a, 0x314e, KOREAN_FINAL },
	{ 0x314f, 0x3163, KOREAN_VOWEL },
	{ 0x321c, 0x321c, KOREAN_VOWEL }, /* ㈜ 주 */
	{ 0x3371, 0x3387, KOREAN_VOWEL }, /* ㎂ … ㎅ */
	{ 0x3388, 0x3389, KOREAN_VOWEL }, /* ㎈ ㎉ 칼로리 */
	{ 0x338a, 0x338c, KOREAN_FINAL }, /* ㎊ 피코패럿 … */
	{ 0x338d, 0x338f, KOREAN_FINAL }, /* ㎍ ㎎ ㎏ 그램 */
	{ 0x3390, 0x33a8, KOREAN_VOWEL }, /* ㎐ ㎖ ㎜ ㎝ ㎞ ㎡ ㎥ */
	{ 0x33a9, 0x33ac, KOREAN_RIEUL }, /* ㎩ 파스칼 */
	{ 0x33b0, 0x33bf, KOREAN_VOWEL }, /* ㎳ ㎷ ㎾ */
	{ 0x33c4, 0x33c4, KOREAN_VOWEL }, /* ㏄ 시시 */
	{ 0x33c8, 0x33c8, KOREAN_RIEUL }, /* ㏈ 데시벨 */
	{ 0x3400, 0x4dbf, KOREAN_UNKNOWN }, /* Han */
	{ 0x4e00, 0xabff, KOREAN_UNKNOWN },
	{ 0xf900, 0xfdff, KOREAN_UNKNOWN },
	{ 0xffe6, 0xffe6, KOREAN_FINAL }, /* ￦ 원 */
	{ 0x10000, 0x1cfff, KOREAN_UNKNOWN },
	{ 0x20000, 0x3ffff, KOREAN_UNKNOWN },
};

/* Whether C is something that is read or ought to be; *RET is its ending. */
static bool sign_ending(uint32_t c, enum korean_ending *ret)
{
	if (c >= 0xac00 && c <= 0xd7a3) {
		uint32_t final = (c - 0xac00) % 28;

		*ret = !final ? KOREAN_VOWEL : final == 8 ? KOREAN_RIEUL : KOREAN_FINAL;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (c >= signs[i].from && c <= signs[i].to) {
			*ret = signs[i].ending;
			return true;
		}
	return false;
}

static bool is_readable(uint32_t c)
{
	enum korean_ending ending;

	return is_digit(c) || is_letter(c) || sign_ending(c, &ending);
}

/* One digit by its name: 영 일 이 삼 사 오 육 칠 팔 구. */
static enum korean_ending digit_ending(char c)
{
	switch (c) {
	case '1':
	case '7':
	case '8':
		return KOREAN_RIEUL;
	case '0':
	case '3':
	case '6':
		return KOREAN_FINAL;
	default:
		return KOREAN_VOWEL;
	}
}

/* S[0..LEN) ends in a digit: the number there, commas and point included. */
static enum korean_ending number_ending(const char *s, size_t len)
{
	size_t begin = len, zeros = 0, digits = 0;
	uint32_t c = 0, next = 0;
	char last = '\0', first = '\0';

	while (begin) {
		size_t at = begin, behind;

		c = step_back(s, &at);
		if (!is_digit(c)) {
			behind = at;
			next = c == ',' && behind ? step_back(s, &behind) : 0;
			if (!is_digit(next))
				break;
		} else {
			last = last ? last : (char)c;
			first = (char)c;
			zeros += c == '0' && zeros == digits;
			digits++;
		}
		begin = at;
		c = 0;
	}
	if (c == '.' && begin > 1 && is_digit((unsigned char)s[begin - 2]))
		return digit_ending(last); /* 오 점 영 */
	/* 만 억 and what is below them have a final, 조 has none, 경 has one. */
	if (last != '0' || first == '0' || zeros >= 20)
		return digit_ending(last);
	return zeros >= 12 && zeros < 16 ? KOREAN_VOWEL : KOREAN_FINAL;
}

/* Read so behind a number; exact spelling first, for mm is not Mm nor L a letter. */
static const struct {
	const char *unit;
	enum korean_ending ending;
} units[] = {
	{ "g", KOREAN_FINAL }, { "kg", KOREAN_FINAL }, { "mg", KOREAN_FINAL },
	{ "G", KOREAN_FINAL }, { "Kg", KOREAN_FINAL }, { "KG", KOREAN_FINAL },
	{ "m", KOREAN_VOWEL }, { "cm", KOREAN_VOWEL }, { "mm", KOREAN_VOWEL },
	{ "CM", KOREAN_VOWEL }, { "MM", KOREAN_VOWEL }, { "km", KOREAN_VOWEL },
	{ "KM", KOREAN_VOWEL }, { "nm", KOREAN_VOWEL }, { "M", KOREAN_VOWEL },
	{ "l", KOREAN_VOWEL }, { "L", KOREAN_VOWEL }, { "ml", KOREAN_VOWEL },
	{ "mL", KOREAN_VOWEL }, { "ML", KOREAN_VOWEL }, { "dL", KOREAN_VOWEL },
	{ "dl", KOREAN_VOWEL }, { "cc", KOREAN_VOWEL }, { "lm", KOREAN_FINAL },
	{ "dB", KOREAN_RIEUL }, { "db", KOREAN_RIEUL }, { "DB", KOREAN_RIEUL },
	{ "Pa", KOREAN_RIEUL }, { "kPa", KOREAN_RIEUL }, { "hPa", KOREAN_RIEUL },
	{ "KPa", KOREAN_RIEUL }, { "cal", KOREAN_VOWEL }, { "kcal", KOREAN_VOWEL },
	{ "Kcal", KOREAN_VOWEL }, { "rpm", KOREAN_FINAL }, { "in", KOREAN_VOWEL },
	{ "ft", KOREAN_VOWEL }, { "oz", KOREAN_VOWEL }, { "lb", KOREAN_VOWEL },
	{ "pcs", KOREAN_VOWEL }, { "pt", KOREAN_VOWEL }, { "N", KOREAN_FINAL },
};

/* Words that do not follow their spelling. */
static const struct {
	const char *word;
	enum korean_ending ending;
} words[] = {
	{ "bag", KOREAN_FINAL }, { "good", KOREAN_FINAL }, { "hit", KOREAN_VOWEL },
	{ "hub", KOREAN_VOWEL }, { "kit", KOREAN_VOWEL }, { "knit", KOREAN_VOWEL },
	{ "logitech", KOREAN_FINAL }, { "mat", KOREAN_VOWEL }, { "mic", KOREAN_VOWEL },
	{ "miele", KOREAN_VOWEL }, { "set", KOREAN_VOWEL }, { "soap", KOREAN_FINAL },
	{ "type", KOREAN_FINAL },
};

static bool same_word(const char *s, size_t len, const char *word)
{
	if (strlen(word) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (lower(s[i]) != word[i])
			return false;
	return true;
}

static enum korean_ending letter_ending(char c)
{
	switch (lower(c)) {
	case 'l':
	case 'r':
		return KOREAN_RIEUL;
	case 'm':
	case 'n':
		return KOREAN_FINAL;
	default:
		return KOREAN_VOWEL;
	}
}

/* A word of two letters or more as English words are written in Korean. */
static enum korean_ending spelling_ending(const char *s, size_t len)
{
	char z = lower(s[len - 1]), y = lower(s[len - 2]), x = len > 2 ? lower(s[len - 3]) : '\0';
	bool single = is_vowel(y) && !is_vowel(x);

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (same_word(s, len, words[i].word))
			return words[i].ending;
	switch (z) {
	case 'l':
		return KOREAN_RIEUL;
	case 'm':
	case 'n':
		return KOREAN_FINAL;
	case 'e':
		if (y == 'l')
			return KOREAN_RIEUL;
		if ((y == 'm' || y == 'n') && (is_vowel(x) || x == y))
			return KOREAN_FINAL;
		return KOREAN_VOWEL;
	case 'g':
		return y == 'n' ? KOREAN_FINAL : KOREAN_VOWEL;
	case 'k':
		return single || y == 'c' || (y == 'o' && x == 'o') ? KOREAN_FINAL : KOREAN_VOWEL;
	case 'b':
		return single || y == 'm' ? KOREAN_FINAL : KOREAN_VOWEL;
	case 'c':
	case 'p':
	case 't':
		return single ? KOREAN_FINAL : KOREAN_VOWEL;
	default:
		return KOREAN_VOWEL;
	}
}

/* The Latin letters at the end, W, in ASCII; AFTER_NUMBER: a digit stands before them. */
static enum korean_ending latin_ending(const char *w, size_t len, bool after_number)
{
	size_t capitals = 0;
	bool vowel = false;

	if (after_number)
		for (size_t i = 0; i < ARRAY_LEN(units); i++)
			if (strlen(units[i].unit) == len && !memcmp(units[i].unit, w, len))
				return units[i].ending;
	for (; capitals < len; capitals++) {
		char c = w[len - 1 - capitals];

		if (!is_upper((unsigned char)c))
			break;
		vowel = vowel || (is_vowel(c) && c != 'Y');
	}
	if (len == 1 || (capitals && (capitals <= 3 || !vowel)))
		return letter_ending(w[len - 1]);
	return spelling_ending(w, len);
}

/* As much of a word as a spelling can need. */
#define LATIN_MAX 32

static enum korean_ending letters_ending(const char *s, size_t len)
{
	char w[LATIN_MAX];
	size_t n = 0;
	uint32_t c = 0;

	while (len && n < LATIN_MAX) {
		size_t at = len;

		c = step_back(s, &at);
		if (!is_letter(c))
			break;
		w[LATIN_MAX - ++n] = (char)c;
		len = at;
	}
	while (len && c == ' ')
		c = step_back(s, &len);
	return latin_ending(w + LATIN_MAX - n, n, is_digit(c));
}

static uint32_t opener(uint32_t c)
{
	return c == ')' ? '(' : c == ']' ? '[' : 0;
}

/* Where the bracket opens that closes before LEN, if something readable stands before it. */
static size_t skip_group(const char *s, size_t len, uint32_t close)
{
	size_t at = len, found = len;
	int depth = 1;
	uint32_t c;

	while (at && depth) {
		c = step_back(s, &at);
		depth += c == close ? 1 : c == opener(close) ? -1 : 0;
		found = at;
	}
	if (depth)
		return len;
	while (at)
		if (is_readable(step_back(s, &at)))
			return found;
	return len;
}

/* The end of a longer word is enough; the work stays small whatever comes. */
#define TAIL_MAX 1024

enum korean_ending korean_ending(const char *word)
{
	size_t len = word ? strlen(word) : 0;
	enum korean_ending ending;

	if (len > TAIL_MAX) {
		word += len - TAIL_MAX;
		len = TAIL_MAX;
	}
	while (len) {
		size_t at = len;
		uint32_t c = step_back(word, &at);

		if (is_digit(c))
			return number_ending(word, len);
		if (is_letter(c))
			return letters_ending(word, len);
		if (sign_ending(c, &ending))
			return ending;
		len = opener(c) ? skip_group(word, at, c) : at;
	}
	return KOREAN_UNKNOWN;
}

const char *korean_josa(const char *word, enum korean_particle particle)
{
	static const struct {
		const char *final, *vowel, *unknown;
	} forms[KOREAN_PARTICLES] = {
		[KOREAN_EUL] = { "을", "를", "을(를)" },
		[KOREAN_I] = { "이", "가", "이(가)" },
		[KOREAN_EUN] = { "은", "는", "은(는)" },
		[KOREAN_EURO] = { "으로", "로", "(으)로" },
		[KOREAN_GWA] = { "과", "와", "과(와)" },
		[KOREAN_INA] = { "이나", "나", "(이)나" },
		[KOREAN_IRA] = { "이라", "라", "(이)라" },
		[KOREAN_IRANG] = { "이랑", "랑", "(이)랑" },
	};

	switch (korean_ending(word)) {
	case KOREAN_FINAL:
		return forms[particle].final;
	case KOREAN_RIEUL:
		return particle == KOREAN_EURO ? forms[particle].vowel : forms[particle].final;
	case KOREAN_VOWEL:
		return forms[particle].vowel;
	default:
		return forms[particle].unknown;
	}
}

static const struct {
	const char *both;
	size_t before; /* bytes of it before the bracket */
	enum korean_particle particle;
} pairs[] = {
	{ "은(는)", 3, KOREAN_EUN },
	{ "이(가)", 3, KOREAN_I },
	{ "을(를)", 3, KOREAN_EUL },
	{ "과(와)", 3, KOREAN_GWA },
	{ "(으)로", 0, KOREAN_EURO },
};

/* What is written for both, and where the word before it ends; NULL for none. */
static char *next_pair(char *text, size_t *which)
{
	for (char *p = text; (p = strchr(p, '(')); p++)
		for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
			size_t before = pairs[i].before;

			if ((size_t)(p - text) >= before &&
				str_starts(p - before, pairs[i].both)) {
				*which = i;
				return p - before;
			}
		}
	return NULL;
}

void korean_polish(char *text)
{
	size_t i;

	for (char *at = text; (at = next_pair(at, &i));) {
		char *end = at + strlen(pairs[i].both);
		const char *josa;
		char kept = *at;

		*at = '\0';
		josa = korean_josa(text, pairs[i].particle);
		*at = kept;
		if (strchr(josa, '(')) {
			at = end;
			continue;
		}
		/* It is shorter than both. */
		memcpy(at, josa, strlen(josa));
		at += strlen(josa);
		memmove(at, end, strlen(end) + 1);
	}
}
