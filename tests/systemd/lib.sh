# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by the scenarios that want a real systemd, after lib.sh: a Debian tree
# made with mmdebstrap, a copy of it for each scenario, booted with systemd-nspawn.
# Its network is a namespace of our own that outlives a reboot, as does the
# stand-in server in it, which counts the calls.
NAME=cpauto-test-$$
IMAGE=${CPAUTO_IMAGE:-$B/system/image}
ROOT=$T/root
LEADER='' CONTAINER=''

# What the package depends on, and what the tests look with.
IMAGE_PACKAGES=systemd,systemd-sysv,dbus,libnss-systemd,iproute2,procps,ca-certificates,libcurl4,libjson-c5,libconfig9,libsqlite3-0,libunistring2,libmicrohttpd12,libturbojpeg0,libxml2,libcairo2,libssl3,init-system-helpers,debconf,curl,jq,sqlite3,locales

# Where the machine does not allow it, the scenario says why and is skipped.
system_needs() {
  local tool
  [ "$(id -u)" -eq 0 ] || skip_all 'a container needs root'
  for tool in mmdebstrap systemd-nspawn nsenter dpkg-deb; do
    command -v "$tool" >/dev/null || skip_all "$tool is not here (make deps-system)"
  done
  # shellcheck disable=SC2016
  unshare --mount --pid --fork true 2>/dev/null || skip_all 'this machine gives no namespaces'
}

# The tree, made once: IMAGE is whole or not there.
system_image() {
  local sources=/etc/apt/sources.list.d/debian.sources
  [ -x "$IMAGE/sbin/init" ] && return 0
  [ -e "$sources" ] || sources=/etc/apt/sources.list
  rm -rf "$IMAGE.new"
  mkdir -p "$(dirname "$IMAGE")"
  mmdebstrap --variant=minbase --aptopt='APT::Install-Recommends "false"' \
    --include="$IMAGE_PACKAGES" bookworm "$IMAGE.new" "$sources" >"$T/mmdebstrap.log" 2>&1 || {
    tail -n 5 "$T/mmdebstrap.log" | sed 's/^/# /'
    skip_all 'a Debian tree could not be made'
  }
  printf 'ko_KR.UTF-8 UTF-8\nen_US.UTF-8 UTF-8\n' >"$IMAGE.new/etc/locale.gen"
  chroot "$IMAGE.new" locale-gen >/dev/null 2>&1
  ln -sf /dev/null "$IMAGE.new/etc/systemd/system/systemd-networkd.service"
  ln -sf /dev/null "$IMAGE.new/etc/systemd/system/systemd-networkd.socket"
  mv "$IMAGE.new" "$IMAGE"
}

system_root() { # a copy, kept over reboots of the container
  (umask 022 && cp -a --reflink=auto "$IMAGE" "$ROOT" && mkdir -p "$ROOT/var/log/journal") || exit 2
  echo 'uninitialized' >"$ROOT/etc/machine-id"
  ip netns add "$NAME" || skip_all 'this machine gives no network namespaces'
  ip -n "$NAME" link set lo up
}

# in_root COMMAND...: within the booted container.
in_root() { (umask 022; exec nsenter -t "$LEADER" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG="${IN_LANG:-C.UTF-8}" TERM=dumb COLUMNS=80 "$@"); }

is_booted() {
  LEADER=$(pgrep -P "$CONTAINER" | head -n 1)
  [ -n "$LEADER" ] || return 1
  case $(in_root systemctl is-system-running 2>/dev/null) in running | degraded) ;; *) return 1 ;; esac
}

# The container has cgroups of its own, so that nothing is left in ours.
boot() {
  local h
  (
    for h in unified systemd; do
      [ -d "/sys/fs/cgroup/$h" ] || continue
      mkdir -p "/sys/fs/cgroup/$h/$NAME" && echo "$BASHPID" >"/sys/fs/cgroup/$h/$NAME/cgroup.procs"
    done
    exec systemd-nspawn -q -D "$ROOT" -M "$NAME" --boot --register=no --keep-unit \
      --network-namespace-path="/run/netns/$NAME" --console=pipe </dev/null >>"$T/boot.log" 2>&1
  ) &
  CONTAINER=$!
  pids+=("$CONTAINER")
  wait_for 60 is_booted || {
    tail -n 20 "$T/boot.log" | sed 's/^/# /'
    skip_all 'systemd does not come up in a container here'
  }
}
power_off() {
  in_root systemctl poweroff >/dev/null 2>&1
  wait_for 60 not_running "$CONTAINER" || kill -9 "$CONTAINER"
  wait "$CONTAINER" 2>/dev/null
  LEADER=''
}
not_running() { ! kill -0 "$1" 2>/dev/null; }

system_finish() {
  local h
  [ -n "$CONTAINER" ] && kill -0 "$CONTAINER" 2>/dev/null && power_off
  ip netns del "$NAME" 2>/dev/null
  for h in unified systemd; do
    find "/sys/fs/cgroup/$h/$NAME" -depth -type d -exec rmdir {} \; 2>/dev/null
  done
}
trap 'system_finish; finish' EXIT

# unit_is UNIT STATE
unit_is() { [ "$(in_root systemctl is-active "$1")" = "$2" ]; }
journal() { in_root journalctl -q --no-pager -o cat "$@"; }

# The package: built from this tree, and one that passes for the release before it.
system_package() {
  DEB=$B/system/cpauto.deb OLD_DEB=$B/system/cpauto-old.deb
  if [ ! -e "$DEB" ] || [ -n "$(find "$tree/src" "$tree/systemd" "$tree/etc" "$tree/Makefile" -newer "$DEB" -print -quit)" ]; then
    (unset MAKEFLAGS; make -s -C "$tree" B="$B" deb) >"$T/deb.log" 2>&1 || {
      tail -n 20 "$T/deb.log" | sed 's/^/# /'
      echo 'Bail out! the package cannot be built'
      exit 1
    }
    mkdir -p "$B/system"
    mv "$B"/deb/cpauto_*.deb "$DEB"
  fi
  rm -rf "$T/old"
  (umask 022 && dpkg-deb -R "$DEB" "$T/old" && sed -i 's/^Version: .*/Version: 0.0.9/' "$T/old/DEBIAN/control" &&
    dpkg-deb -Zgzip -b "$T/old" "$OLD_DEB") >/dev/null || exit 2
  rm -rf "$T/old"
}

# The stand-in server in the container's network; it lives on over reboots.
system_sandbox() {
  ip netns exec "$NAME" "$B/cpauto-sandbox" --port 8888 --log "$T/server.log" --quiet --die-with-parent "$@" \
    >"$T/server.out" 2>&1 &
  pids+=($!)
  wait_for 10 ip netns exec "$NAME" curl -sf --noproxy '*' http://127.0.0.1:8888/_sandbox/stats ||
    { echo 'Bail out! the stand-in server does not start'; exit 1; }
}
system_stats() { ip netns exec "$NAME" curl -s --noproxy '*' http://127.0.0.1:8888/_sandbox/stats | jq -r "$1"; }
