# bash completion for cpauto; made by: cpauto completion bash
_cpauto_reply()
{
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen "$@" -- "${COMP_WORDS[COMP_CWORD]}")
}

_cpauto_accounts()
{
	local f
	for f in /etc/cpauto/*.conf; do
		f=${f##*/}
		[[ $f == '*.conf' ]] || printf '%s\n' "${f%.conf}"
	done
}

_cpauto()
{
	local prev=${COMP_WORDS[COMP_CWORD-1]} command='' words='' files='' w i
	local globals='--config --account --json --color --state --cache --help --version'
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		case $w in
		--config|-c) ((i++)) ;;
		--account|-a) ((i++)) ;;
		--color) ((i++)) ;;
		--state) ((i++)) ;;
		--cache) ((i++)) ;;
		-*) ;;
		*)
			if [[ -z $command ]]; then command=$w
			else
				case "$command $w" in
				'queue list') command="$command $w" ;;
				'queue add') command="$command $w" ;;
				'queue remove') command="$command $w" ;;
				'queue pause') command="$command $w" ;;
				'queue resume') command="$command $w" ;;
				'queue now') command="$command $w" ;;
				'posts list') command="$command $w" ;;
				'posts show') command="$command $w" ;;
				'posts approve') command="$command $w" ;;
				'posts reject') command="$command $w" ;;
				'posts retry') command="$command $w" ;;
				'posts update') command="$command $w" ;;
				'posts settle') command="$command $w" ;;
				'notify list') command="$command $w" ;;
				'notify test') command="$command $w" ;;
				esac
				break
			fi ;;
		esac
	done
	case "$command $prev" in
	'posts list --state'|'posts --state') _cpauto_reply -W 'planned rendered waiting ready sending published unknown parked refused'; return ;;
	'preview --output'|'preview -o') compopt -o filenames; _cpauto_reply -f; return ;;
	*' --config'|*' -c') compopt -o filenames; _cpauto_reply -f; return ;;
	*' --account'|*' -a') _cpauto_reply -W "$(_cpauto_accounts)"; return ;;
	*' --color') _cpauto_reply -W 'auto always never'; return ;;
	*' --state') compopt -o filenames; _cpauto_reply -d; return ;;
	*' --cache') compopt -o filenames; _cpauto_reply -d; return ;;
	esac
	if [[ -z $command ]]; then
		words='status queue posts calls plan explain preview lint check notify login show-config backup restore unblock sandbox completion'
	fi
	case $command in
	status) words=' --prometheus' ;;
	'queue list'|queue) words='list add remove pause resume now --list --limit' ;;
	'queue add') words=' --list' ;;
	'queue remove') words=' --list' ;;
	'queue pause') words=' --list --all' ;;
	'queue resume') words=' --list --all' ;;
	'queue now') words=' --list' ;;
	'posts list'|posts) words='list show approve reject retry update settle --state --list --limit' ;;
	'posts show') words=' --html --text --markdown' ;;
	'posts approve') words='' ;;
	'posts reject') words=' --reason' ;;
	'posts retry') words='' ;;
	'posts update') words='' ;;
	'posts settle') words=' --published --absent --url' ;;
	calls) words=' --hours' ;;
	plan) words=' --hours' ;;
	explain) words='' ;;
	preview) words=' --template --list --fetch --sandbox --open --output --html --text --markdown' ;;
	lint) words=''; files=1 ;;
	check) words=' --agents --warn-unposted --crit-unposted' ;;
	'notify list'|notify) words='list test' ;;
	'notify test') words='' ;;
	login) words='' ;;
	show-config) words='' ;;
	backup) words=' --force'; files=1 ;;
	restore) words=''; files=1 ;;
	unblock) words='' ;;
	sandbox) words='' ;;
	completion) words='bash zsh' ;;
	esac
	if [[ $files ]]; then
		compopt -o filenames
		_cpauto_reply -f
	fi
	_cpauto_reply -W "$words $globals"
}
complete -F _cpauto cpauto
