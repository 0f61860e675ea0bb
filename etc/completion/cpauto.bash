# bash completion for cpauto; made by: cpauto completion bash
_cpauto()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command='' words='' files='' w i globals='--config --json --color --state --cache --help --version'
	COMPREPLY=()
	case $prev in
	--config|-c) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--color) COMPREPLY=($(compgen -W 'auto always never' -- "$cur")); return ;;
	--state) compopt -o filenames; COMPREPLY=($(compgen -d -- "$cur")); return ;;
	--cache) compopt -o filenames; COMPREPLY=($(compgen -d -- "$cur")); return ;;
	--state) COMPREPLY=($(compgen -W 'planned rendered waiting ready sending published unknown parked refused' -- "$cur")); return ;;
	--output|-o) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		case $w in
		--config|-c) ((i++)) ;;
		--color) ((i++)) ;;
		--state) ((i++)) ;;
		--cache) ((i++)) ;;
		-*) ;;
		*)
			if [[ -z $command ]]; then command=$w
			else
				case $command\ $w in
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
				'posts settle') command="$command $w" ;;
				esac
				break
			fi ;;
		esac
	done
	if [[ -z $command ]]; then
		words='status queue posts calls plan explain preview lint check show-config unblock sandbox completion'
	fi
	case $command in
	status) words='' ;;
	'queue list'|queue) words='list add remove pause resume now --list --limit' ;;
	'queue add') words=' --list' ;;
	'queue remove') words=' --list' ;;
	'queue pause') words=' --list --all' ;;
	'queue resume') words=' --list --all' ;;
	'queue now') words=' --list' ;;
	'posts list'|posts) words='list show approve reject retry settle --state --list --limit' ;;
	'posts show') words=' --html --text --markdown' ;;
	'posts approve') words='' ;;
	'posts reject') words=' --reason' ;;
	'posts retry') words='' ;;
	'posts settle') words=' --published --absent --url' ;;
	calls) words=' --hours' ;;
	plan) words=' --hours' ;;
	explain) words='' ;;
	preview) words=' --template --list --fetch --sandbox --open --output --html --text --markdown' ;;
	lint) words=''; files=1 ;;
	check) words=' --agents' ;;
	show-config) words='' ;;
	unblock) words='' ;;
	sandbox) words='' ;;
	completion) words='bash zsh' ;;
	esac
	if [[ $files ]]; then
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
	COMPREPLY+=($(compgen -W "$words $globals" -- "$cur"))
}
complete -F _cpauto cpauto
