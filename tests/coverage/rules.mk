# make coverage: lines and branches that the units and the scenarios run through.
COV_FLAGS := -O0 -g --coverage -fprofile-update=atomic -include $(CURDIR)/tests/coverage/dump.h
COV_MAKE = $(MAKE) --no-print-directory B=$(B)-cov CC=gcc HARDEN= RELRO= CFLAGS='$(COV_FLAGS)'
coverage:
	@tests/deps $(DEPS) $(DEPS_CHECK) gcovr
	+@$(COV_MAKE) all units $(B)-cov/fuzz/replay
	@B=$(B) tests/coverage/run
.PHONY: coverage
