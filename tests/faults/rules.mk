# The laboratory of faults: what it preloads, its own publisher, and a program
# that misbehaves on purpose.
FAULTS := $(B)/faults/inject.so $(B)/faults/blog $(B)/faults/victim
LABS += $(FAULTS)
FAULTS_CC = $(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O1 -g -fno-omit-frame-pointer
$(B)/faults/inject.so: tests/faults/inject.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(FAULTS_CC) -fPIC -shared -ftls-model=initial-exec -U_FORTIFY_SOURCE -o $@ $< -ldl
$(B)/faults/%: tests/faults/%.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(FAULTS_CC) -rdynamic -o $@ $<
