/* SPDX-License-Identifier: MIT */
#include "words.h"

#include "util.h"

#define SQUEEZED_MAX 512

#define HOME "솔뫼홈|두레온|하람리빙|누림텍|바론하우스|가온빛|미소담|한올생활|새론웍스|다솜랩|아토홈|늘찬"
#define KITCHEN "소담키친|가람쿡|해찬주방|온솥|두레쿡|미담키친|라운쿡|한상차림|솔솔키친|다온솥|아람쿡웨어|늘봄키친"
#define DIGITAL "누리비트|하늘사운드|온파워|모아링크|라온비트|세모디지털|가온테크|이음랩|바로온|두리소닉|별빛텍|아라링크"
#define LIVING "포근담|솜결|하루결|푸른숨|맑은뜰|두레솜|고운뜰|온기담|느린하루|새봄결|아늑담|한결숨"
#define COLOURS "화이트|블랙|크림 아이보리|세이지 그린|그레이|베이지|네이비|로즈 핑크"
#define SMALL_LOTS "1개|2개|1세트|3개"

/* Prices: the range in which such goods commonly are. */
static const struct words rows[] = {
	{ "에어프라이어", "가전디지털", KITCHEN, "대용량|논스틱|디지털|저소음|가정용|바스켓형",
		"5.5L|7L|4.2L|1700W|10L|6.5L", COLOURS, 39900, 189000, DRAW_FRYER },
	{ "전기포트", "가전디지털", KITCHEN, "무선|온도조절|스테인리스|더블월|분유|급속",
		"1.7L|1.2L|0.8L|1500W|1.5L", COLOURS, 18900, 79000, DRAW_KETTLE },
	{ "커피머신", "가전디지털", KITCHEN, "반자동|캡슐|15bar|가정용|컴팩트",
		"1.1L|15bar|20bar|0.8L", COLOURS, 79000, 459000, DRAW_COFFEE },
	{ "믹서기", "가전디지털", KITCHEN, "초고속|휴대용|진공|저소음|대용량",
		"1.5L|600ml|1200W|2L", COLOURS, 24900, 149000, DRAW_BLENDER },
	{ "전기밥솥", "가전디지털", KITCHEN, "IH 압력|미니|1인용|보온|다기능",
		"6인용|3인용|10인용|1인용", COLOURS, 49000, 329000, DRAW_POT },
	{ "프라이팬", "주방용품", KITCHEN, "인덕션|코팅|IH|통주물|논스틱",
		"28cm|24cm|20cm|30cm", SMALL_LOTS, 12900, 59000, DRAW_PAN },
	{ "냄비", "주방용품", KITCHEN, "통5중|스테인리스|인덕션|법랑|편수",
		"20cm|18cm|24cm|16cm", SMALL_LOTS, 15900, 89000, DRAW_POT },
	{ "도마", "주방용품", KITCHEN, "항균|원목|TPU|양면|대형",
		"대형|중형|38cm|30cm", SMALL_LOTS, 8900, 45000, DRAW_BOX },
	{ "텀블러", "주방용품", KITCHEN, "보온보냉|진공|손잡이|빨대|스텐",
		"900ml|591ml|473ml|1.2L", COLOURS, 11900, 49000, DRAW_TUMBLER },
	{ "머그컵", "주방용품", KITCHEN, "도자기|내열유리|뚜껑|빈티지|대용량",
		"350ml|400ml|300ml|450ml", COLOURS, 6900, 29000, DRAW_MUG },
	{ "밀폐용기", "주방용품", KITCHEN, "유리|스텐|전자레인지용|이유식|냉장고 정리",
		"10개 세트|6개 세트|1L|640ml", SMALL_LOTS, 9900, 55000, DRAW_BOX },
	{ "무선청소기", "가전디지털", HOME, "초경량|저소음|흡입력 강한|물걸레 겸용|거치대 포함|BLDC",
		"28kPa|35kPa|1.3kg|60분 사용|22kPa", COLOURS, 69000, 389000, DRAW_VACUUM },
	{ "물걸레청소기", "가전디지털", HOME, "무선|회전형|자동 세척|스팀|열풍 건조",
		"250rpm|듀얼 패드|4000mAh|패드 6장", COLOURS, 49000, 359000, DRAW_VACUUM },
	{ "로봇청소기", "가전디지털", HOME, "라이다|물걸레|자동 비움|초슬림|맵핑",
		"6000Pa|5200mAh|8000Pa|4000Pa", COLOURS, 159000, 799000, DRAW_ROBOT },
	{ "공기청정기", "가전디지털", HOME, "저소음|원룸|헤파|반려동물|거실",
		"33㎡|16㎡|H13|50㎡", COLOURS, 59000, 349000, DRAW_PURIFIER },
	{ "가습기", "가전디지털", HOME, "가열식|초음파|복합식|무선|대용량",
		"4L|2.5L|6L|1L", COLOURS, 19900, 159000, DRAW_HUMIDIFIER },
	{ "선풍기", "가전디지털", HOME, "BLDC|무선|써큘레이터|저소음|접이식",
		"12단|14인치|리모컨|10000mAh", COLOURS, 24900, 139000, DRAW_FAN },
	{ "드라이기", "가전디지털", HOME, "음이온|BLDC|저소음|접이식|미용실",
		"1800W|11만rpm|2000W|냉온풍", COLOURS, 19900, 159000, DRAW_DRYER },
	{ "블루투스이어폰", "가전디지털", DIGITAL, "노이즈캔슬링|오픈형|커널형|저지연|통화품질 좋은",
		"BT 5.3|30시간 재생|IPX5|ANC|BT 5.4", COLOURS, 19900, 189000, DRAW_EARBUDS },
	{ "헤드폰", "가전디지털", DIGITAL, "노이즈캔슬링|무선|유선|게이밍|접이식",
		"BT 5.3|60시간 재생|40mm 드라이버|ANC", COLOURS, 29900, 289000, DRAW_HEADPHONE },
	{ "블루투스스피커", "가전디지털", DIGITAL, "방수|휴대용|고음질|캠핑|미니",
		"20W|IPX7|24시간 재생|10W", COLOURS, 19900, 159000, DRAW_SPEAKER },
	{ "보조배터리", "가전디지털", DIGITAL, "고속충전|초슬림|맥세이프형|일체형 케이블|대용량",
		"10000mAh|20000mAh|22.5W|PD 30W|5000mAh", COLOURS, 14900, 69000, DRAW_POWERBANK },
	{ "충전기", "가전디지털", DIGITAL, "초고속|GaN|멀티|여행용|접지",
		"65W|100W|3포트|45W", COLOURS, 12900, 79000, DRAW_POWERBANK },
	{ "노트북", "가전디지털", DIGITAL, "사무용|초경량|게이밍|대학생|인강용",
		"16GB, 512GB|8GB, 256GB|15.6인치|1.1kg", "화이트|실버|그레이|블랙", 399000, 1890000,
		DRAW_LAPTOP },
	{ "모니터", "가전디지털", DIGITAL, "IPS|게이밍|무결점|커브드|사무용",
		"27인치 QHD|24인치 FHD|165Hz|32인치 4K", "블랙|화이트|실버", 119000, 649000, DRAW_MONITOR },
	{ "키보드", "가전디지털", DIGITAL, "기계식|무선|저소음|텐키리스|무접점",
		"87키|적축|갈축|104키|BT 5.0", COLOURS, 19900, 189000, DRAW_KEYBOARD },
	{ "마우스", "가전디지털", DIGITAL, "무소음|버티컬|무선|게이밍|인체공학",
		"1600dpi|2.4GHz|충전식|4000dpi", COLOURS, 9900, 99000, DRAW_MOUSE },
	{ "스탠드", "홈인테리어", HOME, "LED|독서실|무선|눈이 편한|터치",
		"5단 밝기|색온도 조절|2000mAh|12W", COLOURS, 15900, 99000, DRAW_LAMP },
	{ "의자", "홈인테리어", HOME, "메쉬|컴퓨터|사무용|허리받침|게이밍",
		"헤드레스트|틸팅|팔걸이|높이조절", COLOURS, 49000, 289000, DRAW_CHAIR },
	{ "베개", "홈인테리어", LIVING, "경추|메모리폼|호텔|라텍스|높이조절",
		"60x40cm|50x70cm|10cm|중간 높이", SMALL_LOTS, 14900, 79000, DRAW_PILLOW },
	{ "이불", "홈인테리어", LIVING, "차렵|알러지 방지|사계절|구스|극세사",
		"퀸 200x230cm|싱글 150x200cm|킹 220x240cm", COLOURS, 24900, 159000, DRAW_PILLOW },
	{ "수건", "생활용품", LIVING, "호텔|코마사|뱀부|대형|고중량",
		"10장|200g|40x80cm|5장", COLOURS, 12900, 49000, DRAW_PILLOW },
	{ "휴지", "생활용품", LIVING, "3겹|천연펄프|무형광|도톰한|데코",
		"30m, 30롤|33m, 24롤|27m, 30롤|30m, 60롤", "1팩|2팩", 12900, 39000, DRAW_TISSUE },
	{ "세제", "생활용품", LIVING, "고농축|캡슐|저자극|드럼용|실내건조",
		"3L|2.7L, 2개|50개입|4L", SMALL_LOTS, 9900, 39000, DRAW_BOTTLE },
	{ "샴푸", "뷰티", LIVING, "탈모 완화|약산성|퍼퓸|두피 케어|비건",
		"1000ml|500ml, 2개|750ml|300ml", SMALL_LOTS, 8900, 45000, DRAW_BOTTLE },
	{ "생수", "식품", LIVING, "무라벨|미네랄|천연암반수|알칼리",
		"2L, 12개|500ml, 40개|2L, 24개|330ml, 20개", "1팩|2팩", 5900, 21900, DRAW_BOTTLE },
};

static const struct words fallback = { NULL, "생활용품", HOME, "프리미엄|실속형|국내산|인기|신형|가정용",
	"1세트|대형|중형|소형|기본형", COLOURS, 9900, 99000, DRAW_BOX };

static void squeeze(const char *s, char out[SQUEEZED_MAX])
{
	size_t n = 0;

	for (; *s && n < SQUEEZED_MAX - 1; s++)
		if (*s != ' ')
			out[n++] = *s;
	out[n] = '\0';
}

const struct words *words_find(const char *keyword)
{
	const struct words *best = &fallback;
	char squeezed[SQUEEZED_MAX];

	squeeze(keyword, squeezed);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strstr(squeezed, rows[i].word) &&
				(!best->word || strlen(rows[i].word) > strlen(best->word)))
			best = &rows[i];
	return best;
}

size_t words_count(const char *list)
{
	size_t n = 1;

	for (; *list; list++)
		n += *list == '|';
	return n;
}

const char *words_item(const char *list, uint64_t n, size_t *len)
{
	for (n %= words_count(list); n; n--)
		list = strchr(list, '|') + 1;
	*len = strcspn(list, "|");
	return list;
}
