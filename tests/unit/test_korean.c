/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "korean.h"
#include "util.h"

static const struct {
	const char *word;
	enum korean_ending ending;
} endings[] = {
	/* Hangul. */
	{ "청소기", KOREAN_VOWEL },
	{ "가습", KOREAN_FINAL },
	{ "양말", KOREAN_RIEUL },
	{ "값", KOREAN_FINAL },
	{ "여덟", KOREAN_FINAL }, /* ㄼ is not ㄹ */
	{ "LG전자", KOREAN_VOWEL },
	{ "ㄴ", KOREAN_FINAL },
	{ "ㄹ", KOREAN_RIEUL },
	{ "ㅏ", KOREAN_VOWEL },
	{ "\xe1\x84\x80\xe1\x85\xa1", KOREAN_VOWEL }, /* 가 decomposed */
	{ "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", KOREAN_FINAL }, /* 각 */
	{ "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xaf", KOREAN_RIEUL }, /* 갈 */
	/* What is passed over. */
	{ "\"청소기\"", KOREAN_VOWEL },
	{ "‘양말’", KOREAN_RIEUL },
	{ "「책」 ", KOREAN_FINAL },
	{ "선물!!! ", KOREAN_RIEUL },
	{ "라면🍜", KOREAN_FINAL },
	{ "갤럭시™", KOREAN_VOWEL },
	{ "청소기(화이트)", KOREAN_VOWEL },
	{ "수건 [10장]", KOREAN_FINAL },
	{ "책 (a(b)c)", KOREAN_FINAL },
	{ "(화이트)", KOREAN_VOWEL },
	{ "[책]", KOREAN_FINAL },
	{ "책)", KOREAN_FINAL },
	{ "책))", KOREAN_FINAL },
	/* Digits. */
	{ "0", KOREAN_FINAL }, { "1", KOREAN_RIEUL }, { "2", KOREAN_VOWEL },
	{ "3", KOREAN_FINAL }, { "4", KOREAN_VOWEL }, { "5", KOREAN_VOWEL },
	{ "6", KOREAN_FINAL }, { "7", KOREAN_RIEUL }, { "8", KOREAN_RIEUL },
	{ "9", KOREAN_VOWEL },
	{ "10", KOREAN_FINAL }, { "100", KOREAN_FINAL }, { "1000", KOREAN_FINAL },
	{ "1,000", KOREAN_FINAL }, { "10000", KOREAN_FINAL }, { "1000000", KOREAN_FINAL },
	{ "100000000", KOREAN_FINAL },
	{ "1000000000000", KOREAN_VOWEL }, /* 일조 */
	{ "5,000,000,000,000", KOREAN_VOWEL },
	{ "100000000000000", KOREAN_VOWEL }, /* 백조 */
	{ "10000000000000000", KOREAN_FINAL }, /* 경 */
	{ "100000000000000000000", KOREAN_FINAL }, /* read one by one: 공 */
	{ "0000000000000", KOREAN_FINAL },
	{ "007", KOREAN_RIEUL },
	{ "3.14", KOREAN_VOWEL }, { "2.0", KOREAN_FINAL }, { "1.1", KOREAN_RIEUL },
	{ "갤럭시 S24", KOREAN_VOWEL }, { "V10", KOREAN_FINAL }, { "1+1", KOREAN_RIEUL },
	{ "１０", KOREAN_FINAL }, /* full width */
	/* Units and signs. */
	{ "5kg", KOREAN_FINAL }, { "5 kg", KOREAN_FINAL }, { "300g", KOREAN_FINAL },
	{ "20cm", KOREAN_VOWEL }, { "8mm", KOREAN_VOWEL }, { "3m", KOREAN_VOWEL },
	{ "500ml", KOREAN_VOWEL }, { "500mL", KOREAN_VOWEL }, { "5L", KOREAN_VOWEL },
	{ "2l", KOREAN_VOWEL }, { "1000W", KOREAN_VOWEL }, { "220V", KOREAN_VOWEL },
	{ "60Hz", KOREAN_VOWEL }, { "512GB", KOREAN_VOWEL }, { "5000mAh", KOREAN_VOWEL },
	{ "40dB", KOREAN_RIEUL }, { "800lm", KOREAN_FINAL }, { "20kPa", KOREAN_RIEUL },
	{ "10%", KOREAN_VOWEL }, { "25℃", KOREAN_VOWEL }, { "90°", KOREAN_VOWEL },
	{ "5㎏", KOREAN_FINAL }, { "10㎖", KOREAN_VOWEL }, { "33㎡", KOREAN_VOWEL },
	{ "40㏈", KOREAN_RIEUL }, { "300kcal", KOREAN_VOWEL },
	{ "100$", KOREAN_VOWEL }, { "100₩", KOREAN_FINAL },
	/* Capitals by their names. */
	{ "USB", KOREAN_VOWEL }, { "TV", KOREAN_VOWEL }, { "LED", KOREAN_VOWEL },
	{ "URL", KOREAN_RIEUL }, { "JBL", KOREAN_RIEUL }, { "CCTV", KOREAN_VOWEL },
	{ "BLDC", KOREAN_VOWEL }, { "ATM", KOREAN_FINAL }, { "LAN", KOREAN_FINAL },
	{ "PVR", KOREAN_RIEUL }, { "L", KOREAN_RIEUL }, { "M", KOREAN_FINAL },
	{ "X", KOREAN_VOWEL }, { "a", KOREAN_VOWEL }, { "iOS", KOREAN_VOWEL },
	{ "HDMI", KOREAN_VOWEL }, { "OLED", KOREAN_VOWEL },
	/* Words by their spelling. */
	{ "iPhone", KOREAN_FINAL }, { "iPad", KOREAN_VOWEL }, { "MacBook", KOREAN_FINAL },
	{ "Apple", KOREAN_RIEUL }, { "Google", KOREAN_RIEUL }, { "Intel", KOREAN_RIEUL },
	{ "SAMSUNG", KOREAN_FINAL }, { "Coupang", KOREAN_FINAL }, { "Dyson", KOREAN_FINAL },
	{ "Chrome", KOREAN_FINAL }, { "Nike", KOREAN_VOWEL }, { "Philips", KOREAN_VOWEL },
	{ "Air", KOREAN_VOWEL }, { "tablet", KOREAN_FINAL }, { "Robot", KOREAN_FINAL },
	{ "Smart", KOREAN_VOWEL }, { "set", KOREAN_VOWEL }, { "SET", KOREAN_VOWEL },
	{ "lamp", KOREAN_VOWEL }, { "laptop", KOREAN_FINAL }, { "black", KOREAN_FINAL },
	{ "milk", KOREAN_VOWEL }, { "cake", KOREAN_VOWEL }, { "Panasonic", KOREAN_FINAL },
	{ "disc", KOREAN_VOWEL }, { "web", KOREAN_FINAL }, { "home", KOREAN_FINAL },
	{ "LEGO", KOREAN_VOWEL }, { "Nescafé", KOREAN_VOWEL }, { "Disney+", KOREAN_VOWEL },
	{ "ｉＰｈｏｎｅ", KOREAN_FINAL }, /* full width */
	/* Nothing to read. */
	{ "", KOREAN_UNKNOWN }, { "  ", KOREAN_UNKNOWN }, { "!?", KOREAN_UNKNOWN },
	{ "🍜", KOREAN_UNKNOWN }, { "()", KOREAN_UNKNOWN }, { "中国", KOREAN_UNKNOWN },
	{ "ソニー", KOREAN_UNKNOWN }, { "Москва", KOREAN_UNKNOWN }, { NULL, KOREAN_UNKNOWN },
	/* Broken bytes are passed over. */
	{ "책\xff", KOREAN_FINAL }, { "책\xec\xb1", KOREAN_FINAL }, { "\x80\x80", KOREAN_UNKNOWN },
	{ "\xc0\xb1", KOREAN_UNKNOWN }, /* an overlong 1 */
};

static void test_endings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (korean_ending(endings[i].word) != endings[i].ending)
			fail_msg("%s: %d, expected %d", endings[i].word,
				korean_ending(endings[i].word), endings[i].ending);
}

static void test_josa(void **state)
{
	static const struct {
		const char *word;
		const char *with[KOREAN_PARTICLES];
	} rows[] = {
		{ "청소기", { "를", "가", "는", "로", "와", "나", "라", "랑" } },
		{ "책", { "을", "이", "은", "으로", "과", "이나", "이라", "이랑" } },
		{ "양말", { "을", "이", "은", "로", "과", "이나", "이라", "이랑" } },
		{ "7", { "을", "이", "은", "로", "과", "이나", "이라", "이랑" } },
		{ "10", { "을", "이", "은", "으로", "과", "이나", "이라", "이랑" } },
		{ "中", { "을(를)", "이(가)", "은(는)", "(으)로", "과(와)", "(이)나", "(이)라",
			"(이)랑" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int j = 0; j < KOREAN_PARTICLES; j++)
			assert_string_equal(korean_josa(rows[i].word, (enum korean_particle)j),
				rows[i].with[j]);
}

static void test_numbers(void **state)
{
	static const struct {
		int64_t won;
		const char *text;
	} rows[] = {
		{ 0, "0원" }, { 7, "7원" }, { 999, "999원" }, { 1000, "1,000원" },
		{ 12900, "12,900원" }, { 1234567, "1,234,567원" }, { -500, "-500원" },
		{ -12900, "-12,900원" }, { INT64_MAX, "9,223,372,036,854,775,807원" },
		{ INT64_MIN, "-9,223,372,036,854,775,808원" },
	};
	char buf[KOREAN_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		korean_price(rows[i].won, buf);
		assert_string_equal(buf, rows[i].text);
	}
	korean_count(10, "개", buf);
	assert_string_equal(buf, "10개");
	korean_count(1234, "대", buf);
	assert_string_equal(buf, "1,234대");
	korean_count(3, NULL, buf);
	assert_string_equal(buf, "3");
	korean_count(1, "가나다라마바사아자차카타파하가나다라마바사아자차카타파하", buf);
	assert_int_equal(strlen(buf), 61); /* whole characters only */
}

static void test_dates(void **state)
{
	static const struct {
		int hour, minute;
		const char *time;
	} rows[] = {
		{ 0, 0, "오전 12시" }, { 0, 5, "오전 12시 5분" }, { 9, 30, "오전 9시 30분" },
		{ 11, 59, "오전 11시 59분" }, { 12, 0, "오후 12시" }, { 14, 32, "오후 2시 32분" },
		{ 23, 59, "오후 11시 59분" },
	};
	struct date d = { .year = 2026, .month = 11, .day = 23, .hour = 14, .minute = 2 };
	char buf[KOREAN_TEXT_MAX];

	(void)state;
	korean_date(&d, buf);
	assert_string_equal(buf, "2026년 11월 23일");
	korean_date_time(&d, buf);
	assert_string_equal(buf, "11월 23일 14:02");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		d.hour = rows[i].hour;
		d.minute = rows[i].minute;
		korean_time(&d, buf);
		assert_string_equal(buf, rows[i].time);
	}
}

static uint64_t random_state;

static uint32_t random_next(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33);
}

static size_t add_character(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)(c ? c : 1);
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/*
 * Whatever the bytes: an ending comes back, punctuation behind a word changes
 * nothing, and a syllable behind it decides. The word stands in memory of its
 * own size, so that a step outside is seen by the sanitizers and valgrind.
 */
static void test_any_text(void **state)
{
	static const uint32_t tops[] = { 0x80, 0x100, 0x800, 0x3400, 0xd7ff, 0x10ffff };
	const char *seed = getenv("SEED");
	int64_t number = 20261123;

	(void)state;
	if (seed && parse_int64(seed, 0, INT64_MAX, &number))
		fail_msg("SEED is no number");
	random_state = (uint64_t)number;
	print_message("seed %lld\n", (long long)number);
	for (int i = 0; i < 20000; i++) {
		char text[128];
		size_t len = 0;
		char *word;
		enum korean_ending ending;

		for (uint32_t n = random_next() % 20; n; n--) {
			uint32_t top = tops[random_next() % ARRAY_LEN(tops)];

			if (random_next() % 16)
				len += add_character(text + len, random_next() % top);
			else
				text[len++] = (char)(random_next() % 255 + 1);
		}
		text[len] = '\0';
		word = xstrdup(text);
		ending = korean_ending(word);
		free(word);
		assert_in_range(ending, KOREAN_UNKNOWN, KOREAN_FINAL);
		memcpy(text + len, "!\xe2\x80\x9d ", 6); /* !” */
		assert_int_equal(korean_ending(text), ending);
		memcpy(text + len, "책", sizeof("책"));
		assert_int_equal(korean_ending(text), KOREAN_FINAL);
	}
}

static void test_long(void **state)
{
	size_t len = 1u << 20;
	char *word = xmalloc(len + 1);

	(void)state;
	memset(word, ')', len);
	word[len] = '\0';
	assert_int_equal(korean_ending(word), KOREAN_UNKNOWN);
	memset(word, '0', len);
	assert_int_equal(korean_ending(word), KOREAN_FINAL);
	memset(word, 'l', len);
	assert_int_equal(korean_ending(word), KOREAN_RIEUL);
	free(word);
}

static void test_a_pair_is_chosen(void **state UNUSED)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "", "" },
		{ "책은(는)", "책은" },
		{ "'청소기'은(는) 가볍다", "'청소기'는 가볍다" },
		{ "양말(으)로 보낸다", "양말로 보낸다" },
		{ "책(으)로, 나무(으)로", "책으로, 나무로" },
		{ "3이(가) 8을(를) 3과(와)", "3이 8을 3과" },
		{ "Я은(는) 모른다", "Я은(는) 모른다" }, /* nobody knows */
		{ "은(는)", "은(는)" },
		{ "(으)로", "(으)로" },
		{ "청소기(화이트)을(를) (a) (", "청소기(화이트)를 (a) (" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP_FREE char *text = xstrdup(rows[i].in);

		korean_polish(text);
		assert_string_equal(text, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_pair_is_chosen),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_josa),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_any_text),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests_name("korean", tests, NULL, NULL);
}
