# Fuzzing: make fuzz TARGET=html SECONDS=60 [SEED=1]; the kept inputs are replayed by make check.
FUZZ_NAMES := $(sort $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_OBJS  := $(FUZZ_NAMES:%=$(B)/fuzz/fuzz_%.o) $(B)/fuzz/common.o
FUZZ_ARCHIVES := $(B)/libpicture.a $(B)/libcli.a $(B)/libkit.a $(B)/libcore.a
FUZZ_LIBS = $(CORE_LIBS) $(AGENT_LIBS) $(PICTURE_LIBS) -lm $(LDLIBS)
FUZZ_SAN  := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer
LABS += $(B)/fuzz/replay

$(B)/fuzz/fuzz-targets.h: $(wildcard tests/fuzz/fuzz_*.c) tests/fuzz/rules.mk
	@mkdir -p $(@D)
	@printf 'TARGET(%s)\n' $(FUZZ_NAMES) >$@
$(B)/fuzz/targets.o: $(B)/fuzz/fuzz-targets.h
$(B)/fuzz/%.o: tests/fuzz/%.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(CC_ALL) -Itests/fuzz -I$(B)/fuzz -DTREE='"$(CURDIR)"' -MMD -MP -c -o $@ $<
$(B)/fuzz/driver-%.o: tests/fuzz/driver.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(CC_ALL) -Itests/fuzz -DFUZZ_TARGET=target_$* -MMD -MP -c -o $@ $<
$(B)/fuzz/replay: $(B)/fuzz/replay.o $(B)/fuzz/targets.o $(FUZZ_OBJS) $(FUZZ_ARCHIVES)
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(FUZZ_LIBS)
$(FUZZ_NAMES:%=$(B)/fuzz/fuzz-%): $(B)/fuzz/fuzz-%: $(B)/fuzz/driver-%.o $(B)/fuzz/fuzz_%.o $(B)/fuzz/common.o $(FUZZ_ARCHIVES)
	$(call Q,LD,$@)$(LD_ALL) -fsanitize=fuzzer -o $@ $^ $(FUZZ_LIBS)

FUZZ_MAKE = $(MAKE) --no-print-directory B=$(B)-fuzz CC=clang HARDEN= RELRO= CFLAGS='-O1 -g $(FUZZ_SAN)'
fuzz-build:
	+@$(FUZZ_MAKE) $(FUZZ_NAMES:%=$(B)-fuzz/fuzz/fuzz-%)
fuzz-list:
	@echo $(FUZZ_NAMES)
TARGET  ?= html
SECONDS ?= 60
SEED    ?= 1
fuzz:
	+@$(FUZZ_MAKE) $(B)-fuzz/fuzz/fuzz-$(TARGET)
	@B=$(B) tests/fuzz/run $(TARGET) $(SECONDS) $(SEED)
.PHONY: fuzz fuzz-build fuzz-list
