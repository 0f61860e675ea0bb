# The simulator: the real engine, plan, budget and store in a world of accidents.
SIM_OBJS := $(patsubst tests/sim/%.c,$(B)/sim/%.o,$(wildcard tests/sim/*.c))
LABS += $(B)/sim/sim

$(B)/sim/sim: $(SIM_OBJS) $(B)/libsandbox.a $(B)/libkit.a $(B)/libcore.a
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(CORE_LIBS) $(AGENT_LIBS) $(LDLIBS)
$(B)/sim/%.o: tests/sim/%.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(CC_ALL) -Itests/sim -DTREE='"$(CURDIR)"' -MMD -MP -c -o $@ $<
