# Programs that run under the unit's filter: $(B)/confined is a build folder whose
# cpautod starts so; agents and children inherit it. Needs libseccomp-dev and
# systemd, packages of deps-system.
$(B)/confine/confine: tests/confine/confine.c
	@mkdir -p $(@D)
	$(call Q,LD,$@)$(LD_ALL) $(DEFS) $(WARN) $(CPPFLAGS) -o $@ $< -lseccomp
$(B)/confine/allowed: systemd/cpauto.service tests/confine/allowed
	@mkdir -p $(@D)
	$(call Q,GEN,$@)tests/confine/allowed $< >$@.new && mv $@.new $@
$(B)/confined/cpautod: $(B)/confine/confine $(B)/confine/allowed $(PROGRAMS)
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec "%s" "%s" "%s" "$$@"\n' "$(abspath $(B)/confine/confine)" \
	  "$(abspath $(B)/confine/allowed)" "$(abspath $(B)/cpautod)" >$@
	@for f in $(B)/*; do case $$f in */confined|*/cpautod) ;; *) ln -sfn "$$(realpath "$$f")" $(@D)/ ;; esac; done
	@chmod 755 $@
