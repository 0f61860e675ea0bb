/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "buf.h"
#include "similar.h"
#include "util.h"

static int compare(const char *a, const char *b)
{
	char x[SIMILAR_SKETCH_LEN + 1], y[SIMILAR_SKETCH_LEN + 1];
	similar_sketch(a, strlen(a), x);
	similar_sketch(b, strlen(b), y);
	assert_int_equal(similar_percent(x, y), similar_percent(y, x));
	return similar_percent(x, y);
}

static void test_rows(void **state)
{
	(void)state;
	const struct {
		const char *what, *a, *b;
		int min, max;
	} rows[] = {
		{ "itself", "에어프라이어를 알아보고 계신가요?", "에어프라이어를 알아보고 계신가요?", 100, 100 },
		{ "another price", "가격은 12,900원이고 배송은 무료입니다.", "가격은 8,700원이고 배송은 무료입니다.", 100, 100 },
		{ "another link", "여기서 보기 https://a.example/1 끝", "여기서 보기 https://b.example/2?x 끝", 100, 100 },
		{ "other white space", "한 줄의 글이\n여기에 있다", "한 줄의  글이 여기에 있다", 100, 100 },
		{ "nothing in common", "무선 청소기 비교와 가격 정리", "블루투스 이어폰 소식 하나", 0, 10 },
		{ "short", "가", "가", 100, 100 },
		{ "short and other", "가", "나", 0, 10 },
		{ "empty", "", "가나다라마바사아자차", 0, 10 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int got = compare(rows[i].a, rows[i].b);
		if (got < rows[i].min || got > rows[i].max)
			fail_msg("%s: %d", rows[i].what, got);
	}
	assert_int_equal(similar_percent("", "abc"), 0);
	assert_int_equal(similar_percent(NULL, NULL), 0);
}

/* Texts that share a known part of their shingles: the estimate is near the truth. */
static void test_estimate(void **state)
{
	(void)state;
	for (int share = 10; share <= 90; share += 20) {
		struct buf a, b;
		buf_init(&a, 1u << 20);
		buf_init(&b, 1u << 20);
		for (int i = 0; i < 2000; i++) {
			/* letters only, for numbers are all alike */
			char word[8];
			for (int k = 0; k < 7; k++)
				word[k] = (char)('a' + (i * 7919 + k * 104729 + i / 26 * k) % 26);
			word[7] = '\0';
			bool both = i * 100 < share * 2000;
			buf_printf(&a, "%s ", word);
			buf_printf(&b, "%s%s ", both ? "" : "Z", word);
		}
		int got = compare(buf_cstr(&a), buf_cstr(&b));
		/* of the other part some shingles are shared too: at least what was, and not all */
		assert_true(got >= share / (200 - share) * 100 - 12);
		assert_true(got < 100);
		buf_finish(&a);
		buf_finish(&b);
	}
}

/* Any bytes at all. */
static void test_noise(void **state)
{
	(void)state;
	uint32_t seed = 20261123;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 200; round++) {
		char noise[300], sketch[SIMILAR_SKETCH_LEN + 1];
		for (size_t i = 0; i < sizeof(noise); i++) {
			seed = seed * 1664525 + 1013904223;
			noise[i] = (char)(seed >> 24);
		}
		similar_sketch(noise, (size_t)round, sketch);
		assert_int_equal(strlen(sketch), SIMILAR_SKETCH_LEN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_estimate),
		cmocka_unit_test(test_noise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
