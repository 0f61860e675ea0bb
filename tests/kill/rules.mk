# The laboratory that kills: see kill.c.
KILL_OBJS := $(patsubst tests/kill/%.c,$(B)/kill/%.o,$(filter-out %/publisher.c %/nosync.c,$(wildcard tests/kill/*.c)))
KILL_LAB  := $(B)/kill/kill $(B)/kill/publisher $(B)/kill/nosync.so
LABS      += $(KILL_LAB)

$(B)/kill/kill: $(KILL_OBJS) $(B)/libcore.a
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(CORE_LIBS) $(LDLIBS)
# Static: it is started thousands of times.
$(B)/kill/publisher: tests/kill/publisher.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -static -o $@ $<
$(B)/kill/nosync.so: tests/kill/nosync.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(CC) -std=c11 $(WARN) -O2 -fPIC -shared -o $@ $<
$(B)/kill/%.o: tests/kill/%.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(CC_ALL) -Itests/kill -MMD -MP -c -o $@ $<
