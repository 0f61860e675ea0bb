# make mutation: does a test fail when one operator, constant, condition or statement of the
# modules that the promises hang on is wrong? MUTATE="--sample 100 --seed 5", "--file budget".
MUTATE ?=
MUT_UNITS := $(addprefix $(B)-mut/unit/test_,budget plan account engine gates render buf template html json \
  log text xml)
MUT_MAKE = $(MAKE) --no-print-directory B=$(B)-mut HARDEN= RELRO= CFLAGS='-O1'
mutation:
	+@$(MUT_MAKE) mutation-now
# Within that build, whose commands it shares.
mutation-now: $(patsubst %,$(B)/unit/%.o,$(notdir $(MUT_UNITS))) $(B)/libpicture.a $(B)/libsandbox.a \
    $(B)/libcli.a $(B)/libkit.a $(B)/libcore.a
	@MUT_CC='$(CC_ALL)' MUT_LD='$(LD_ALL)' MUT_LIBS='$(CORE_LIBS) $(AGENT_LIBS) $(SANDBOX_LIBS) $(PICTURE_LIBS) -lcmocka -lm' \
	  tests/mutation/mutate $(B) $(MUTATE)
.PHONY: mutation mutation-now
