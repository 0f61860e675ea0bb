/* SPDX-License-Identifier: MIT */
#ifndef KOREAN_H
#define KOREAN_H

#include <stdint.h>

#include "clock.h"

/* What Korean sentences need of numbers, dates and words. Pure; no tables from outside. */

/* Room for each of the texts below. */
#define KOREAN_TEXT_MAX 64

void korean_price(int64_t won, char buf[KOREAN_TEXT_MAX]); /* 12,900원 */
/* "10개"; UNIT is a counter ("개", "대", "번"), cut if it does not fit. */
void korean_count(int64_t n, const char *unit, char buf[KOREAN_TEXT_MAX]);
void korean_date(const struct date *d, char buf[KOREAN_TEXT_MAX]); /* 2026년 11월 23일 */
void korean_date_time(const struct date *d, char buf[KOREAN_TEXT_MAX]); /* 11월 23일 14:32 */
void korean_time(const struct date *d, char buf[KOREAN_TEXT_MAX]); /* 오후 2시 32분; 오전 12시 */

/* How a word ends when it is read aloud in Korean. */
enum korean_ending {
	KOREAN_UNKNOWN, /* nothing that can be read here: empty, Han, kana, Cyrillic … */
	KOREAN_VOWEL,
	KOREAN_RIEUL, /* ㄹ, which 으로/로 treats as a vowel */
	KOREAN_FINAL, /* any other final consonant */
};

/*
 * The rule, from the end of WORD (UTF-8; broken bytes are passed over):
 *
 * - Only the last 1024 bytes are looked at.
 * - Spaces, quotes, punctuation, symbols and emoji are passed over. So is a
 *   whole "(…)" or "[…]" behind something that can be read, as the National
 *   Institute of Korean Language has it: 청소기(화이트)를.
 * - Hangul: the last syllable's final consonant. A lone letter has its name: ㄴ
 *   is 니은. Decomposed Hangul (NFD) is understood.
 * - Digits are read as a Sino-Korean number: 1 7 8 end in ㄹ, 3 6 and 0 in
 *   another consonant, 2 4 5 9 in a vowel; zeros at the end by their unit: 십 백
 *   천 만 억 have a final, 조 has none. Behind a decimal point, after a zero in
 *   front ("007") and over 10^20, digits are read one by one, 0 as 공 or 영.
 * - Behind a digit (with or without a space), units are read as units: kg is
 *   킬로그램 (final), cm 센티미터, ml, L, W, V, GB (vowel), dB 데시벨 (ㄹ). Signs
 *   with a name too: % 퍼센트, ℃ 도, ㎏, $ 달러, + 플러스.
 * - Latin capitals are read letter by letter if there are up to three at the end
 *   (USB, LG, iOS) or no vowel is among them (BLDC): L and R end in ㄹ, M and N
 *   in another consonant, all others in a vowel. A lone small letter the same.
 * - Other Latin words are read as English is written in Korean: -l and -le end in
 *   ㄹ (Apple 애플); -m -n -ng and -me -ne behind a vowel end in a consonant
 *   (iPhone 아이폰, Chrome 크롬); so do -b -c -k -p -t behind a single vowel
 *   (tablet 태블릿, MacBook 맥북); all else ends in a vowel (Nike, Air, iPad,
 *   Plus). A short table holds words that go against this (set 세트). It is a
 *   guess by spelling and will be wrong for some names.
 */
enum korean_ending korean_ending(const char *word);

enum korean_particle {
	KOREAN_EUL,    /* 을 를 */
	KOREAN_I,      /* 이 가 */
	KOREAN_EUN,    /* 은 는 */
	KOREAN_EURO,   /* 으로 로 */
	KOREAN_GWA,    /* 과 와 */
	KOREAN_INA,    /* 이나 나 */
	KOREAN_IRA,    /* 이라 라 */
	KOREAN_IRANG,  /* 이랑 랑 */
	KOREAN_PARTICLES
};

/*
 * The particle that follows WORD, without the word; static. For an unknown
 * ending the form that newspapers use: 을(를), (으)로.
 */
const char *korean_josa(const char *word, enum korean_particle particle);

/*
 * Chooses in TEXT between particles that stand in brackets, "은(는)", "이(가)",
 * "을(를)", "과(와)" and "(으)로", by the word before each; in place. Where that
 * cannot be read they stay. For tr_set_polish().
 */
void korean_polish(char *text);

#endif
