#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# No secret gets out. Keys, tokens and passwords that are easy to find go through
# a run of everything, refusals that echo them included; then every byte of logs,
# journal, databases, posts, command lines, environments, cores and what the
# programs said is searched for any ten letters of them, also percent-encoded, in
# base64, in hex and backwards. Then files that others could read or change: each
# is refused with the command that mends it.
#   SECRETS_FAULTS, SECRETS_API_FAULTS: what the servers do (tests/wire/server.py)
if [ -z "${SECRETS_INSIDE:-}" ]; then
  # A journal, processes and a /run of our own, where that may be had.
  enter=(unshare --mount --pid --fork --mount-proc)
  if "${enter[@]}" mount -t tmpfs tmpfs /run 2>/dev/null; then
    # shellcheck disable=SC2016
    SECRETS_INSIDE=yes exec "${enter[@]}" sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh "$0" "$@"
  fi
  SECRETS_INSIDE=no
fi
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all 'python3 is not there'
export PYTHONDONTWRITEBYTECODE=1 TMPDIR=$T/tmp
mkdir -p "$T"/{tmp,said,cores,proc,profile,journal}
said=0
say() { # COMMAND...: what it says is kept, and searched in the end
  said=$((said + 1))
  "$@" >"$T/said/$said" 2>&1
}

# ---- what is looked for
/usr/bin/python3 - "$T/keys" "${SOAK_SEED:-7}" <<'END'
import base64, os, random, string, sys
from urllib.parse import quote
keys, r = sys.argv[1], random.Random(int(sys.argv[2]))
def word(n, more=""):
    return "".join(r.choice(string.ascii_letters + string.digits + more) for _ in range(n))
secrets = {"access": "-".join(word(4) for _ in range(9)), "secret": word(40), "mw": word(20, "&<%!"),
           "at": word(60, "+/"), "rt": word(50), "id": word(20), "word": word(10),
           "wp": " ".join(word(4) for _ in range(6)), "own": word(30),
           "nt": "tk_" + word(30), "bot": "7654321:" + word(30)}
forms = set()
for name, text in secrets.items():
    with open(os.path.join(keys, name), "w") as f:
        f.write(text + "\n")
    raw = text.encode()
    forms |= {text, quote(text, safe=""), raw.hex(), raw.hex().upper(), text.replace(" ", ""), text[::-1]}
    for before in range(3):
        # What stands before it in the same base64 changes the first letters, what follows the last.
        forms.add(base64.b64encode(b"\0" * before + raw).decode().rstrip("=")[before + (before > 0):-1])
forms.add(base64.b64encode(b"me:" + secrets["wp"].encode()).decode())
parts = {f[i:i + 10] for f in forms for i in range(max(1, len(f) - 9))}
with open(os.path.join(keys, "needles"), "w") as f:
    f.write("\n".join(sorted(p for p in parts if len(p) == 10)) + "\n")
END
search() { grep -raoFf "$T/keys/needles" "$@" 2>/dev/null | sort -u | head -5; }
planted() { # a search that finds nothing must be one that would
  local form
  for form in "$(cat "$T/keys/secret")" "$(tr -d '\n' <"$T/keys/wp" | base64)" "$(printf 'me:%s' "$(cat "$T/keys/wp")" | base64 -w0)" \
    "$(printf 'x%s' "$(cat "$T/keys/rt")" | base64 -w0)" "$(printf 'xx%s' "$(cat "$T/keys/rt")" | base64 -w0)" \
    "$(head -c 25 "$T/keys/at" | tail -c 14)" "$(tr -d '\n' <"$T/keys/rt" | od -An -tx1 | tr -d ' \n')" "$(rev "$T/keys/word")"; do
    printf 'xx\0\377%sxx' "$form" >"$T/planted"
    [ -n "$(search "$T/planted")" ] || { echo "$form"; return 1; }
  done
  rm "$T/planted"
}
ok 'what is planted is found, in each form' planted

# ---- the watchers
JOURNALD=
if [ "$SECRETS_INSIDE" = yes ] && [ -s /etc/machine-id ] && [ -x /lib/systemd/systemd-journald ]; then
  mkdir -p /run/systemd/journal /run/log/journal
  mount --bind "$T/journal" /run/log/journal
  # It would take RUNTIME_DIRECTORY for its own.
  env -i /lib/systemd/systemd-journald >"$T/journald.out" 2>&1 &
  JOURNALD=$!
  pids+=("$JOURNALD")
  if wait_for 5 test -S /run/systemd/journal/socket; then export CPAUTO_LOG=journal; else JOURNALD=; fi
fi
[ -n "$JOURNALD" ] || echo '# no journal can be had here: its lines are searched in the log'
/usr/bin/python3 - "$T/proc/seen" <<'END' &
import os, sys, time
seen = set()
with open(sys.argv[1], "ab") as out:
    while True:
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for what in ("cmdline", "environ"):
                try:
                    text = open("/proc/%s/%s" % (pid, what), "rb").read()
                except OSError:
                    continue
                if text not in seen:
                    seen.add(text)
                    out.write(text + b"\n")
                    out.flush()
        time.sleep(0.004)
END
pids+=($!)

wire() { # NAME: another server, its port in $WIRE; it does what is in $T/NAME.do
  echo none >"$T/$1.do"
  : >"$T/$1.asked"
  /usr/bin/python3 "$tree/tests/wire/server.py" "$T/$1.port" "$T/$1.asked" "$T/$1.do" >"$T/$1.out" 2>&1 &
  pids+=($!)
  wait_for 10 test -s "$T/$1.port" || { echo 'Bail out! no server'; cat "$T/$1.out"; exit 1; }
  WIRE=$(cat "$T/$1.port")
}
wire api
URL=http://127.0.0.1:$WIRE
wire blog
BLOG=http://127.0.0.1:$WIRE
cat >"$T/own" <<'END'
#!/bin/sh
cat >/dev/null
echo "<5>cores of at most $(ulimit -c)" >&2
test -r "$CPAUTO_SECRET_OWN" && echo '{"v":1,"result":"ok","id":"1","url":""}'
END
chmod 700 "$T/own"
state() { # N: a state of its own; all of them are searched
  export STATE_DIRECTORY=$T/state/$1 CACHE_DIRECTORY=$T/cache/$1
  mkdir -p "$STATE_DIRECTORY" "$CACHE_DIRECTORY"
}
cp "$T/keys/at" "$T/keys/at.old"
token_age() { # SECONDS: the first token again, so old
  cp "$T/keys/at.old" "$T/keys/at"
  touch -d "@$(($(date +%s) - $1))" "$T/keys/at"
}
published() { sqlite3 -readonly -cmd '.timeout 5000' "$STATE_DIRECTORY/state.db" "SELECT count(*) FROM posts WHERE state = 'published'" 2>/dev/null; }
write_conf() {
  local p tokens lists=''
  tokens="endpoint = \"$BLOG\"; token_endpoint = \"$BLOG/oauth2.0/token\"; access_token_file = \"$T/keys/at\"; refresh_token_file = \"$T/keys/rt\"; client_id_file = \"$T/keys/id\"; client_secret_file = \"$T/keys/word\""
  for p in "$@"; do
    lists="$lists${lists:+, }{ name = \"$p\"; keywords = [ \"$p 상품\" ]; every = \"1d\"; publisher = \"$p\"; }"
  done
  conf
  sed -i '/^publishers/d; /^lists/d' "$T/cpauto.conf"
  cat >>"$T/cpauto.conf" <<END
publishers = (
  { name = "outbox"; agent = "outbox"; directory = "$T/out"; },
  { name = "mw"; agent = "metaweblog"; endpoint = "$BLOG/xmlrpc.php"; user = "me"; password_file = "$T/keys/mw"; },
  { name = "wp"; agent = "wordpress"; endpoint = "$BLOG"; user = "me"; password_file = "$T/keys/wp"; },
  { name = "api"; agent = "naver-openapi"; category_no = 7; $tokens; },
  { name = "cafe"; agent = "naver-cafe"; clubid = 1; menuid = 2; images = false; $tokens; },
  { name = "naver"; agent = "naver"; blog_id = "myblog"; driver_url = "$BLOG"; endpoint = "$BLOG"; profile = "$T/profile"; step_timeout = "2s"; },
  { name = "own"; agent = "exec"; program = "$T/own"; own_file = "$T/keys/own"; }
);
events = (
  { name = "phone"; agent = "ntfy"; url = "$BLOG"; topic = "t"; token_file = "$T/keys/nt"; on = [ "published", "refused", "failed", "broken" ]; },
  { name = "bot"; agent = "telegram"; url = "$BLOG"; chat = 42; token_file = "$T/keys/bot"; on = [ "published", "refused", "failed", "broken" ]; }
);
lists = ( $lists );
END
}
write_conf outbox mw wp api cafe naver own

# ---- a run of everything
state good
token_age 4000
say cpauto check
say "$B/cpautod" -c "$T/cpauto.conf" --check
(
  cd "$T/cores" || exit
  ulimit -c "$(ulimit -H -c)"
  exec "$B/cpautod" -v -c "$T/cpauto.conf" >>"$T/log" 2>&1
) &
DAEMON=$!
pids+=("$DAEMON")
enough() { [ "$(published)" = 6 ]; }
ok 'six publishers have published' wait_for 40 enough
is 'one token was fetched for two' "$(grep -c oauth "$T/blog.asked")" 1
ok 'and kept' grep -q fresh-token "$T/keys/at"
if command -v gcore >/dev/null; then
  say gcore -o "$T/cores/live" "$DAEMON"
  ok 'a core of the daemon, taken alive' test -s "$T/cores/live.$DAEMON"
fi
kill -SEGV "$DAEMON"
wait "$DAEMON" 2>/dev/null
is 'and killed by a fault' "$?" 139
for c in status posts calls queue plan show-config 'explain 1' 'explain 2' 'posts show 1' 'preview mw'; do
  # shellcheck disable=SC2086
  say cpauto $c
  # shellcheck disable=SC2086
  [ "$c" = show-config ] || say cpauto $c --json
done

# ---- servers that echo what they are sent
i=0
run_with() { # FILE FAULT AGE-OF-TOKEN
  i=$((i + 1))
  state "$i"
  token_age "${3:-4000}"
  echo "$2" >"$T/$1.do"
  once -v
  say cpauto posts --json
  say cpauto calls --json
  [ $i -gt 1 ] || say cpauto check --json
  echo none >"$T/$1.do"
}
write_conf mw wp api cafe
IFS=, read -ra faults <<<"${SECRETS_FAULTS:-echo-401,echo-200}"
for f in "${faults[@]}"; do run_with blog "$f"; done
# The token is taken for good at first, then refused, then refreshed.
write_conf api
run_with blog 'echo-401 writePost' 1000
is 'a refused token is refreshed' "$(grep -c fresh-token "$T/keys/at")" 1
IFS=, read -ra faults <<<"${SECRETS_API_FAULTS:-echo-rcode}"
for f in "${faults[@]}"; do run_with api "$f"; done

# ---- a key that is none, a trace, and a core of an agent
state odd
cp "$T/keys/secret" "$T/keys/secret.good"
printf '%s and more\n' "$(cat "$T/keys/secret.good")" >"$T/keys/secret"
once -v
say cpauto status --json
like 'a key that is none is told of' "$(cat "$T/said/$said")" 'is no key'
cp "$T/keys/secret.good" "$T/keys/secret"
if command -v strace >/dev/null; then
  state traced
  strace -f -qq -v -s 100000 -e trace=execve -o "$T/proc/execve" "$B/cpautod" -c "$T/cpauto.conf" --once >>"$T/log" 2>&1
  like 'the trace shows what agents are given: names of files' "$(grep -ac 'CPAUTO_SECRET_[A-Z_]*=/' "$T/proc/execve")" '^[1-9]'
fi
: >"$T/api.asked"
echo silence >"$T/api.do"
core=$(cd "$T/cores" && /usr/bin/python3 - "$B/agents/coupang" "$URL" "$T" <<'END'
import os, resource, signal, subprocess, sys, time
agent, url, t = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
def crash(p, ready):
    while not ready():
        time.sleep(0.01)
    os.kill(p.pid, signal.SIGSEGV)
    return "core" if os.waitpid(p.pid, 0)[1] & 0x80 else "none"
env = {"CPAUTO_SECRET_ACCESS_KEY": t + "/keys/access", "CPAUTO_SECRET_SECRET_KEY": t + "/keys/secret"}
p = subprocess.Popen([agent], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=env)
p.stdin.write(b'{"v":1,"op":"search","keyword":"a","limit":1,"config":{"endpoint":"%s"}}' % url.encode())
p.stdin.close()
mine = crash(p, lambda: os.path.getsize(t + "/api.asked") > 0)
print(mine, crash(subprocess.Popen(["sleep", "60"]), lambda: True))
END
)
echo none >"$T/api.do"
like 'an agent that crashes in the middle of a call leaves no core' "$core" '^none'
[ "$core" = 'none core' ] || echo '# (nor does anything else here: no cores may be written)'

# ---- the search
if [ -n "$JOURNALD" ]; then
  kill -TERM "$JOURNALD"
  wait "$JOURNALD" 2>/dev/null
  journalctl --directory="$T/journal" -o export >"$T/journal.export" 2>/dev/null
  like 'the journal has it all' "$(grep -ac '^MESSAGE' "$T/journal.export")" '^[0-9]{2}'
fi
like 'a program of the owner may leave no core' "$(cat "$T/log" "$T/journal.export" 2>/dev/null)" 'cores of at most 0'
ok 'what was echoed was said, without the secret' grep -qa '(hidden)' "$T/log" "$T/journal.export"
ok 'and stands so in the databases' grep -rqa '(hidden)' "$T/state"
ok 'environments were seen' grep -qa 'CPAUTO_SECRET_[A-Z_]*=/' "$T/proc/seen"
# All that is there but what the owner made, and the stand-ins' notes of what they were asked.
find "$T" -type f ! -path "$T/keys/*" ! -name '*.asked' -print0 >"$T/keys/files"
bytes=$(xargs -0 cat <"$T/keys/files" | wc -c)
echo "# searched: $(tr -cd '\0' <"$T/keys/files" | wc -c) files, $bytes bytes, for $(wc -l <"$T/keys/needles") pieces of 10 bytes"
for part in log journal state cache out run said proc cores tmp profile; do
  is "no secret in $part" "$(search "$T/$part" "$T/$part".* 2>/dev/null)" ''
done
is 'nor anywhere else' "$(xargs -0 grep -aoFf "$T/keys/needles" <"$T/keys/files" 2>/dev/null | head -5)" ''
ok 'there were enough bytes to search' test "$bytes" -gt 1000000
rm -rf "$T/cores"

# ---- files that others could read or change
export CPAUTO_LOG=stderr
state loose
write_conf outbox mw wp api cafe own
sed -i '/name = "naver";/d' "$T/cpauto.conf"
request='{"v":1,"op":"check","config":{"endpoint":"'$URL'"}}'
agent() { CPAUTO_SECRET_ACCESS_KEY=$1 CPAUTO_SECRET_SECRET_KEY=$T/keys/secret "$B/agents/coupang" <<<"$request" 2>&1; }
refused() { # TEXT FILE REMEDY: by cpauto check, cpautod --check and an agent, until the command was run
  local answer command
  like "$1: cpauto check" "$(cpauto check 2>&1)" "$3"
  like "$1: cpautod --check" "$("$B/cpautod" -c "$T/cpauto.conf" --check 2>&1)" "$3"
  answer=$(agent "$2")
  like "$1: an agent" "$(jq -r '.result + " " + .reason' <<<"$answer")" "^broken .*$3"
  command=$(jq -r .reason <<<"$answer" | sed -n 's/.*run: //p')
  [ -n "$command" ] || return
  sh -c "$command"
  is "$1: the command mends it" "$(agent "$2" | jq -r .result) $(cpauto check >/dev/null 2>&1; echo $?)" 'ok 0'
}
name_key() { sed -i "s|access_key_file = \"[^\"]*\"|access_key_file = \"$1\"|" "$T/cpauto.conf"; }
is 'all is well at first' "$(cpauto check >"$T/said/well" 2>&1; echo $?)" 0
chmod 644 "$T/keys/access"
refused 'for all to read' "$T/keys/access" "chmod 600 $T/keys/access"
chmod 640 "$T/keys/access"
refused 'for a group to read' "$T/keys/access" "chmod 600 $T/keys/access"
chmod 602 "$T/keys/access"
refused 'for all to write' "$T/keys/access" "chmod 600 $T/keys/access"
if [ "$(id -u)" = 0 ]; then
  chown 12345 "$T/keys/access"
  refused "another's" "$T/keys/access" "chown 0 $T/keys/access"
fi
chmod 777 "$T/keys"
refused 'in a folder that all may write to' "$T/keys/access" "chmod go-w $T/keys"
chmod 700 "$T/keys"
mkdir "$T/loose"
cp "$T/keys/access" "$T/loose/key"
chmod 777 "$T/loose"
ln -s "$T/loose/key" "$T/keys/link"
name_key "$T/keys/link"
refused 'a link' "$T/keys/link" "name the file itself, $T/loose/key"
ln -s "$T/loose" "$T/keys/folder"
name_key "$T/keys/folder/key"
refused 'a link of a folder to one that all may write to' "$T/keys/folder/key" "chmod go-w $T/(keys/folder|loose)"

# ---- credentials as systemd makes them: lent by an ACL, which shows as the group's bit
mkdir -m 700 "$T/credentials"
cp "$T/keys/access" "$T/credentials/coupang.access-key"
cp "$T/keys/secret" "$T/credentials/coupang.secret-key"
cp "$T/keys/mw" "$T/credentials/mw.password"
chmod 0440 "$T"/credentials/*
chmod 0550 "$T/credentials"
sed -i 's|access_key_file = "[^"]*"; secret_key_file = "[^"]*";||; s|\(name = "mw".*\) password_file = "[^"]*";|\1 password_file = "/nowhere";|' "$T/cpauto.conf"
export CREDENTIALS_DIRECTORY=$T/credentials
is 'credentials are taken' "$(cpauto check >"$T/said/credentials" 2>&1; echo $?) $("$B/cpautod" -c "$T/cpauto.conf" --check >/dev/null 2>&1; echo $?)" '0 0'
once
is 'by the agents too' "$(published)" 6
chmod 0444 "$T/credentials/coupang.access-key"
like 'but not for all to read' "$(cpauto check 2>&1)" "chmod 600 $T/credentials/coupang.access-key"
