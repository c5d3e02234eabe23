# SPDX-License-Identifier: Apache-2.0
# bash completion for skydive-exporter: commands, their options, files, and the
# tenants of the exporter that runs.

_skydive_exporter_tenants() {
	skydive-exporter status 2>/dev/null | awk 'found && NF { print $1 } $1 == "TENANT" { found = 1 }'
}

_skydive_exporter() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} choices=

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		choices="run check explain replay record reload retry status version --extension"
	else
		case $command:$before in
		*:-c | *:--topology | *:--extension | *:--ca | *:--cert | *:--key)
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
			return
			;;
		*:--output)
			mapfile -t COMPREPLY < <(compgen -d -- "$word")
			return
			;;
		*:--pid)
			choices=$(pidof skydive-exporter)
			;;
		run:*) choices="-c --progress" ;;
		check:*) choices="-c --connect --migrate --reference" ;;
		explain:*) choices="-c --topology" ;;
		replay:*) choices="-c --topology --topology-stream --output" ;;
		record:*) choices="--json --topology --user --seconds --ca --cert --key" ;;
		reload:*) choices="--wait --pid -c" ;;
		retry:*) choices="-c $(_skydive_exporter_tenants)" ;;
		status:*) choices="-c --watch --audit --html $(_skydive_exporter_tenants)" ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
	if [ "$command" = replay ] || [ "$command" = record ]; then
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
	fi
}
complete -F _skydive_exporter skydive-exporter
