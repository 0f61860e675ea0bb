# make coverage: lines and branches that all tests but those with real peers run through.
#   COV_PARTS='units faults': these parts alone, added to what was run before
COV_FLAGS := -O0 -g --coverage -fprofile-update=atomic -include $(CURDIR)/tests/coverage/dump.h
COV_MAKE = $(MAKE) --no-print-directory B=$(B)-cov CC=gcc HARDEN= RELRO= CFLAGS='$(COV_FLAGS)'
coverage:
	@tests/deps $(DEPS) $(DEPS_CHECK) gcovr
	+@$(COV_MAKE) all units labs
	@B=$(B) tests/coverage/run
.PHONY: coverage
