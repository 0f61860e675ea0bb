/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include "util.h"

static const struct {
	const char *maker, *trait;
	int price;
	bool rocket, free;
} samples[] = {
	{ "한빛전자", "기본형, 화이트", 39900, true, false },
	{ "누리홈", "대용량 5.5L, 블랙", 74800, true, true },
	{ "가온", "1인용 미니, 크림", 24900, false, false },
	{ "다솜리빙", "프리미엄 2026년형", 129000, true, false },
	{ "새벽공방", "저소음, 그레이", 58500, false, true },
	{ "온누리", "절전형 1등급", 98000, true, false },
	{ "미르", "선물 포장 세트", 45600, true, false },
	{ "아라홈", "국내 제조, 2년 보증", 87300, false, true },
	{ "해오름", "실속형", 19800, true, false },
	{ "늘품", "디지털 표시, 네이비", 66400, false, false },
};

static struct value *sample_product(const char *keyword, size_t i)
{
	struct value *p = value_new_object();
	CLEANUP_FREE char *name =
		xasprintf("[견본] %s %s, %s", samples[i].maker, keyword, samples[i].trait);
	CLEANUP_FREE char *url =
		xasprintf("https://link.coupang.com/re/AFFSDP?pageKey=%zu", i + 1);
	CLEANUP_FREE char *image =
		xasprintf("https://ads-partners.coupang.com/image1/sample%zu", i + 1);
	value_set_int(p, "productId", (int64_t)i + 1);
	value_set_string(p, "productName", name);
	value_set_int(p, "productPrice", samples[i].price);
	value_set_string(p, "productUrl", url);
	value_set_string(p, "productImage", image);
	value_set_string(p, "keyword", keyword);
	value_set_int(p, "rank", (int64_t)i + 1);
	value_set_bool(p, "isRocket", samples[i].rocket);
	value_set_bool(p, "isFreeShipping", samples[i].free);
	return p;
}

struct value *sample_answer(const char *keyword)
{
	struct value *answer = value_new_object(), *products = value_new_list();
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		value_append(products, sample_product(keyword, i));
	value_set(answer, "products", products);
	value_set_string(answer, "landing_url", "https://link.coupang.com/re/AFFSRP?pageKey=1");
	return answer;
}
