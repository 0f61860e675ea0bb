# cpauto: make, make demo, make check, make install   (GNU make, Linux)
#   make V=1 shows whole commands; CFLAGS, CPPFLAGS and LDFLAGS are the user's.

VERSION     ?= 0.1.0
PREFIX      ?= /usr/local
BINDIR      ?= $(PREFIX)/bin
SBINDIR     ?= $(PREFIX)/sbin
LIBEXECDIR  ?= $(PREFIX)/libexec
DATADIR     ?= $(PREFIX)/share
MANDIR      ?= $(DATADIR)/man
SYSCONFDIR  ?= /etc
PKG_CONFIG  ?= pkg-config
UNITDIR     ?= $(shell $(PKG_CONFIG) --variable=systemdsystemunitdir systemd 2>/dev/null || echo /lib/systemd/system)

B ?= build
V ?= 0
Q0 = @printf '  %-7s %s\n' '$(1)' '$(2)';
Q  = $(Q$(V))

CFLAGS ?= -O2 -g
WARN   ?= -Wall -Wextra -Wshadow -Wvla -Wundef -Wformat=2 -Wwrite-strings -Wpointer-arith \
          -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wcast-qual

comma := ,
# A flag is used when this compiler takes it (and the linker, for -Wl and -z).
try = $(shell $(CC) -Werror $(1) -x c -o /dev/null - </dev/null -c 2>/dev/null && echo '$(1)')
try_link = $(shell echo 'int main(void){return 0;}' | $(CC) -Werror $(1) -x c -o /dev/null - 2>/dev/null && echo '$(1)')

# OpenSSF's compiler hardening guide; HARDEN= RELRO= switches it off.
ifeq ($(origin HARDEN),undefined)
HARDEN := $(call try,-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3) \
          $(call try,-D_GLIBCXX_ASSERTIONS) \
          $(call try,-fstrict-flex-arrays=3) $(call try,-fstack-clash-protection) \
          $(call try,-fstack-protector-strong) $(call try,-fcf-protection=full) \
          $(call try,-fno-delete-null-pointer-checks) $(call try,-fno-strict-overflow) \
          $(call try,-fno-strict-aliasing) $(call try,-ftrivial-auto-var-init=zero) \
          $(call try,-Werror=format-security) $(call try,-Werror=implicit) \
          $(call try,-Werror=incompatible-pointer-types) $(call try,-Werror=int-conversion) -fPIE
endif
ifeq ($(origin RELRO),undefined)
RELRO := -pie $(call try_link,-Wl$(comma)-z$(comma)relro) $(call try_link,-Wl$(comma)-z$(comma)now) \
         $(call try_link,-Wl$(comma)-z$(comma)noexecstack) $(call try_link,-Wl$(comma)-z$(comma)nodlopen) \
         $(call try_link,-Wl$(comma)--as-needed)
endif

CORE_PKGS    := json-c libconfig sqlite3 libsystemd
AGENT_PKGS   := libcurl libcrypto json-c libxml-2.0
SANDBOX_PKGS := libmicrohttpd libcrypto json-c libturbojpeg zlib
PICTURE_PKGS := libturbojpeg cairo
ALL_PKGS     := $(CORE_PKGS) $(AGENT_PKGS) $(SANDBOX_PKGS) $(PICTURE_PKGS)

# One shell-out for each, and only when something is compiled or linked.
PKG_CFLAGS    = $(eval PKG_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(ALL_PKGS)))$(PKG_CFLAGS)
CORE_LIBS     = $(eval CORE_LIBS := $$(shell $(PKG_CONFIG) --libs $(CORE_PKGS)) -lunistring)$(CORE_LIBS)
AGENT_LIBS    = $(eval AGENT_LIBS := $$(shell $(PKG_CONFIG) --libs $(AGENT_PKGS)) -lunistring)$(AGENT_LIBS)
SANDBOX_LIBS  = $(eval SANDBOX_LIBS := $$(shell $(PKG_CONFIG) --libs $(SANDBOX_PKGS)) -lunistring)$(SANDBOX_LIBS)
PICTURE_LIBS  = $(eval PICTURE_LIBS := $$(shell $(PKG_CONFIG) --libs $(PICTURE_PKGS)))$(PICTURE_LIBS)

DEFS = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DSYSCONFDIR='"$(SYSCONFDIR)"' \
       -DDATADIR='"$(DATADIR)"' -DLIBEXECDIR='"$(LIBEXECDIR)"' \
       -Isrc -Isrc/agents -Isrc/sandbox -Isrc/cli -Isrc/picture
# The user's flags come last, so they win and stay theirs.
CC_ALL = $(CC) $(DEFS) $(WARN) $(HARDEN) $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LD_ALL = $(CC) $(HARDEN) $(RELRO) $(CFLAGS) $(LDFLAGS)

MAINS     := src/cpautod.c src/cpauto.c
AGENTS    := coupang outbox metaweblog wordpress naver naver-openapi naver-cafe exec \
             ntfy telegram webhook mail
# What agents share: all else that stands beside them.
AGENT_KIT := $(filter-out $(AGENTS),$(basename $(notdir $(wildcard src/agents/*.c))))

CORE_OBJS    := $(patsubst src/%.c,$(B)/%.o,$(filter-out $(MAINS),$(wildcard src/*.c)))
CLI_OBJS     := $(patsubst src/%.c,$(B)/%.o,$(wildcard src/cli/*.c))
KIT_OBJS     := $(AGENT_KIT:%=$(B)/agents/%.o)
SANDBOX_OBJS := $(patsubst src/%.c,$(B)/%.o,$(wildcard src/sandbox/*.c))
PICTURE_OBJS := $(patsubst src/%.c,$(B)/%.o,$(wildcard src/picture/*.c))
UNITS        := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))

PROGRAMS := $(B)/cpautod $(B)/cpauto $(B)/cpauto-sandbox $(B)/cpauto-picture $(AGENTS:%=$(B)/agents/%)

# The languages beside English: src/po/NAME.po, kept up to date by make po.
LANGUAGES := $(basename $(notdir $(wildcard src/po/*.po)))
CATALOGUES := $(LANGUAGES:%=$(B)/locale/%/LC_MESSAGES/cpauto.mo)

all: $(PROGRAMS) $(CATALOGUES)

$(CATALOGUES): $(B)/locale/%/LC_MESSAGES/cpauto.mo: src/po/%.po
	@mkdir -p $(@D)
	$(call Q,MSGFMT,$<)msgfmt -c -o $@ $<

$(B)/libcore.a: $(CORE_OBJS)
$(B)/libcli.a:  $(CLI_OBJS)
$(B)/libkit.a:  $(KIT_OBJS)
$(B)/libsandbox.a: $(filter-out %/main.o,$(SANDBOX_OBJS))
$(B)/libpicture.a: $(filter-out %/main.o,$(PICTURE_OBJS))
$(B)/lib%.a:
	$(call Q,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(B)/cpautod: $(B)/cpautod.o $(B)/libcore.a
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(CORE_LIBS) $(LDLIBS)
$(B)/cpauto: $(B)/cpauto.o $(B)/libcli.a $(B)/libcore.a
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(CORE_LIBS) $(LDLIBS)
$(B)/cpauto-sandbox: $(B)/sandbox/main.o $(B)/libsandbox.a $(B)/libkit.a $(B)/libcore.a
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(SANDBOX_LIBS) -lm $(LDLIBS)
$(B)/cpauto-picture: $(B)/picture/main.o $(B)/libpicture.a $(B)/libkit.a $(B)/libcore.a
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(PICTURE_LIBS) $(LDLIBS)
$(AGENTS:%=$(B)/agents/%): $(B)/agents/%: $(B)/agents/%.o $(B)/libkit.a $(B)/libcore.a
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(AGENT_LIBS) $(LDLIBS)

# One unit-test program for a module; it takes from the archives what it uses.
$(UNITS): $(B)/unit/%: $(B)/unit/%.o $(B)/libpicture.a $(B)/libsandbox.a $(B)/libcli.a $(B)/libkit.a $(B)/libcore.a
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(CORE_LIBS) $(AGENT_LIBS) $(SANDBOX_LIBS) $(PICTURE_LIBS) -lcmocka -lm $(LDLIBS)

$(B)/%.o: src/%.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(CC_ALL) -MMD -MP -c -o $@ $<
$(B)/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(CC_ALL) -Itests/unit -DTREE='"$(CURDIR)"' -DBUILD='"$(abspath $(B))"' -MMD -MP -c -o $@ $<

# ---- what a fresh machine lacks -------------------------------------------------
DEPS := gcc make libc6-dev pkg-config binutils gettext \
        libcurl4-openssl-dev libssl-dev libjson-c-dev libconfig-dev libsqlite3-dev \
        libsystemd-dev libunistring-dev libmicrohttpd-dev libturbojpeg0-dev \
        libcairo2-dev zlib1g-dev libxml2-dev
DEPS_CHECK := libcmocka-dev clang libclang-rt-14-dev valgrind mandoc universal-ctags shellcheck \
        sqlite3 jq strace perl procps python3 zsh curl bsdextrautils

# Real peers for the longer tests; their services are never started.
DEPS_SYSTEM := wordpress php8.2-cli php8.2-mysql php8.2-xml php8.2-gd php8.2-mbstring php8.2-curl \
        mariadb-server chromium chromium-driver fonts-nanum mmdebstrap systemd-container uidmap iproute2 \
        dpkg-dev debhelper lintian xvfb libseccomp-dev firefox-esr

deps:
	@tests/deps $(DEPS)
deps-check:
	@tests/deps $(DEPS) $(DEPS_CHECK)
# 490 MB; without it the scenarios with a real WordPress are skipped.
deps-system:
	@tests/deps $(DEPS) $(DEPS_CHECK) $(DEPS_SYSTEM)

# The programs may only be looked at by make once the packages are there.
demo: deps
	@$(MAKE) --no-print-directory all
	@B=$(B) tests/demo

check: deps-check
	@$(MAKE) --no-print-directory check-now
check-now:
	@$(MAKE) --no-print-directory all units labs
	@B=$(B) tests/check
# What takes longer: a real WordPress, a real browser.
check-system: deps-system
	@$(MAKE) --no-print-directory all units labs
	@B=$(B) tests/check-system

# Tries for an hour to break the three promises; ends with one table.
soak: deps-check
	@$(MAKE) --no-print-directory all units labs
	@B=$(B) tests/soak/run

SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
san:
	@$(MAKE) --no-print-directory B=$(B)-san CC=clang HARDEN= RELRO= CFLAGS='-O1 -g $(SAN)' all units \
	  $(B)-san/fuzz/replay
clang:
	@$(MAKE) --no-print-directory B=$(B)-clang CC=clang CFLAGS='-O1 -g -Werror' all units

$(B)/bench: $(B)/bench.o $(B)/libcore.a
	$(call Q,LD,$@)$(LD_ALL) -o $@ $^ $(CORE_LIBS) $(LDLIBS)
$(B)/bench.o: tests/bench.c
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(CC_ALL) -MMD -MP -c -o $@ $<
# The second part needs the packages of deps-system, and says so where they are not.
bench: all $(B)/bench
	@$(B)/bench $(B)
	@B=$(B) tests/bench-wordpress
	@B=$(B) tests/bench-naver

units: $(UNITS)
units-list:
	@echo $(UNITS)

lint:
	@tests/lint

# Brings the catalogues up to the texts of the program; what is new stays empty.
po:
	@src/po/update

clean:
	$(RM) -r $(B) $(B)-* demo

# A laboratory of the tests (tests/NAME) brings its own rules, and adds to `labs`.
include $(wildcard tests/*/rules.mk)
labs: $(LABS)

-include $(wildcard $(B)/*.d $(B)/*/*.d)
.PHONY: all units units-list deps deps-check deps-system demo check check-now check-system soak labs san clang bench lint po clean install uninstall
.SECONDARY:

# ---- installing: make install [PREFIX=/usr SYSCONFDIR=/etc DESTDIR=...] ----------
INSTALL     ?= install
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
CATALOGDIR  ?= $(PREFIX)/lib/systemd/catalog
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
ZSHCOMPDIR  ?= $(DATADIR)/zsh/site-functions
DEFS += -DSBINDIR='"$(SBINDIR)"'

# Where things lie, put into manuals and units.
SET_PATHS = sed -e 's|@SBINDIR@|$(SBINDIR)|g;s|@SYSCONFDIR@|$(SYSCONFDIR)|g' \
            -e 's|@DATADIR@|$(DATADIR)|g;s|@LIBEXECDIR@|$(LIBEXECDIR)|g' \
            -e 's|/usr/local/share/|$(DATADIR)/|g' -e 's|/usr/local/libexec/|$(LIBEXECDIR)/|g' \
            -e 's|/etc/cpauto|$(SYSCONFDIR)/cpauto|g'
EXAMPLEDIR := $(DATADIR)/doc/cpauto/examples
EXAMPLES   := $(notdir $(wildcard systemd/examples/*))
CATALOGS   := $(notdir $(wildcard systemd/*.catalog))
MANUALS    := $(notdir $(wildcard man/*.[1-8])) $(patsubst man/%,%,$(wildcard man/ko/*.[1-8]))
# ko/cpauto.1 lies in ko/man1.
man_in      = $(MANDIR)/$(filter-out ./,$(dir $(1)))man$(patsubst .%,%,$(suffix $(1)))
# One unit makes both: for /etc/cpauto.conf, and for each /etc/cpauto/NAME.conf.
UNIT_ONE  := -e 's|@CONFIG@|/etc/cpauto.conf|;s|@DIR@|cpauto|g;s|@KEYS@||;s|@WHO@||'
UNIT_EACH := -e 's|@CONFIG@|/etc/cpauto/%i.conf|;s|@DIR@|cpauto/%i|g;s|@KEYS@|%i.|;s|@WHO@| (%i)|'
# $(call put,FROM,TO[,SED]): with the paths set, mode 644, whole or not at all.
put = $(subst sed -e,sed $(3) -e,$(SET_PATHS)) '$(1)' >'$(DESTDIR)$(2).new' && chmod 644 '$(DESTDIR)$(2).new' && \
      mv '$(DESTDIR)$(2).new' '$(DESTDIR)$(2)'

install: all
	$(INSTALL) -d $(addprefix $(DESTDIR),$(SBINDIR) $(BINDIR) $(LIBEXECDIR)/cpauto/agents \
	  $(DATADIR)/cpauto/templates $(DATADIR)/cpauto/monitoring $(SYSCONFDIR)/cpauto/templates \
	  $(UNITDIR) $(SYSUSERSDIR) $(TMPFILESDIR) $(CATALOGDIR) $(BASHCOMPDIR) $(ZSHCOMPDIR) $(EXAMPLEDIR) \
	  $(sort $(foreach m,$(MANUALS),$(call man_in,$(m)))))
	$(INSTALL) -m 755 $(B)/cpautod $(DESTDIR)$(SBINDIR)
	$(INSTALL) -m 755 $(B)/cpauto $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 755 $(B)/cpauto-sandbox $(B)/cpauto-picture $(DESTDIR)$(LIBEXECDIR)/cpauto
	$(INSTALL) -m 755 $(AGENTS:%=$(B)/agents/%) $(DESTDIR)$(LIBEXECDIR)/cpauto/agents
	$(INSTALL) -m 644 etc/templates/*.mustache $(DESTDIR)$(DATADIR)/cpauto/templates
	$(INSTALL) -m 644 etc/naver-selectors.conf $(DESTDIR)$(DATADIR)/cpauto
	$(INSTALL) -m 644 etc/monitoring/cpauto.rules.yml $(DESTDIR)$(DATADIR)/cpauto/monitoring
	$(foreach l,$(LANGUAGES),$(INSTALL) -D -m 644 $(B)/locale/$(l)/LC_MESSAGES/cpauto.mo \
	  $(DESTDIR)$(DATADIR)/locale/$(l)/LC_MESSAGES/cpauto.mo && ) true
	test -e $(DESTDIR)$(SYSCONFDIR)/cpauto.conf || \
	  { $(call put,etc/cpauto.conf,$(SYSCONFDIR)/cpauto.conf); }
	$(call put,systemd/cpauto.service,$(UNITDIR)/cpauto.service,$(UNIT_ONE))
	$(call put,systemd/cpauto.service,$(UNITDIR)/cpauto@.service,$(UNIT_EACH))
	$(foreach e,$(EXAMPLES),$(call put,systemd/examples/$(e),$(EXAMPLEDIR)/$(e)) && ) true
	$(call put,systemd/cpauto.sysusers,$(SYSUSERSDIR)/cpauto.conf)
	$(call put,systemd/cpauto.tmpfiles,$(TMPFILESDIR)/cpauto.conf)
	$(foreach c,$(CATALOGS),$(call put,systemd/$(c),$(CATALOGDIR)/$(c)) && ) true
	$(foreach m,$(MANUALS),$(call put,man/$(m),$(call man_in,$(m))/$(notdir $(m))) && ) true
	$(B)/cpauto completion bash >$(DESTDIR)$(BASHCOMPDIR)/cpauto
	$(B)/cpauto completion zsh >$(DESTDIR)$(ZSHCOMPDIR)/_cpauto
	@[ -n '$(DESTDIR)' ] || echo 'Now, as root: systemd-sysusers && systemd-tmpfiles --create && journalctl --update-catalog && systemctl daemon-reload'

# The configuration, the keys and the state stay.
uninstall:
	$(RM) $(DESTDIR)$(SBINDIR)/cpautod $(DESTDIR)$(BINDIR)/cpauto \
	  $(DESTDIR)$(UNITDIR)/cpauto.service $(DESTDIR)$(UNITDIR)/cpauto@.service \
	  $(DESTDIR)$(SYSUSERSDIR)/cpauto.conf \
	  $(DESTDIR)$(TMPFILESDIR)/cpauto.conf $(CATALOGS:%=$(DESTDIR)$(CATALOGDIR)/%) \
	  $(DESTDIR)$(BASHCOMPDIR)/cpauto \
	  $(DESTDIR)$(ZSHCOMPDIR)/_cpauto \
	  $(LANGUAGES:%=$(DESTDIR)$(DATADIR)/locale/%/LC_MESSAGES/cpauto.mo) \
	  $(foreach m,$(MANUALS),$(DESTDIR)$(call man_in,$(m))/$(notdir $(m)))
	$(RM) -r $(DESTDIR)$(LIBEXECDIR)/cpauto $(DESTDIR)$(DATADIR)/cpauto $(DESTDIR)$(EXAMPLEDIR)

# ---- for others: make dist, make deb ----------------------------------------------
DIST := cpauto-$(VERSION)
DIST_FILES := .ci .clang-format .editorconfig .gitignore LICENSE Makefile NEWS.md README.md \
              README.ko.md etc man src systemd tests
# The time of the last commit, where there is one: the same tree makes the same archive.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
dist:
	@mkdir -p $(B)
	tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$(SOURCE_DATE_EPOCH) \
	  --exclude=node_modules --transform='s|^|$(DIST)/|' -czf $(B)/$(DIST).tar.gz $(DIST_FILES)

DEPS_DEB := dpkg-dev debhelper lintian
deb:
	@tests/deps $(DEPS) $(DEPS_DEB)
	@$(MAKE) --no-print-directory dist
	rm -rf $(B)/deb && mkdir -p $(B)/deb && tar -xzf $(B)/$(DIST).tar.gz -C $(B)/deb
	mv $(B)/deb/$(DIST)/etc/debian $(B)/deb/$(DIST)/debian
	cd $(B)/deb/$(DIST) && { env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u B \
	  dpkg-buildpackage -b -us -uc >../build.log 2>&1 || { tail -n 30 ../build.log; exit 1; }; }
	lintian --fail-on error,warning --tag-display-limit 0 $(B)/deb/*.changes
	@ls $(B)/deb/*.deb
.PHONY: dist deb
