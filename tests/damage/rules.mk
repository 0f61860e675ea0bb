# The laboratory of damage: power cuts, fallen bits, spoiled caches.
DAMAGE_OBJS := $(patsubst tests/damage/%.c,$(B)/damage/%.o,$(wildcard tests/damage/*.c))
LABS += $(B)/damage/damage
$(B)/damage/damage: $(DAMAGE_OBJS) $(B)/libcore.a
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(CORE_LIBS) $(LDLIBS)
$(B)/damage/%.o: tests/damage/%.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(CC_ALL) -Itests/damage -DTREE='"$(CURDIR)"' -MMD -MP -c -o $@ $<
