# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_stratumctl_global_optspecs
    string join \n s/server= token-file= o/output= color= progress= no-input q/quiet h/help V/version
end

function __fish_stratumctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_stratumctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_stratumctl_using_subcommand
    set -l cmd (__fish_stratumctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c stratumctl -n "__fish_stratumctl_needs_command" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_needs_command" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_needs_command" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_needs_command" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_needs_command" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -s V -l version -d 'Print version'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "validate" -d 'Checks a farm file: every problem at once, no daemon needed'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "test" -d 'Plays the farm file\'s scenarios on a virtual clock: what goes wrong, and what must stay true'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "simulate" -d 'Shows what each customer would receive if something were lost, or rigs failed at random'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "capacity" -d 'Shows how many spares the farm needs for its promises, and what it can still sell'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "plan" -d 'Shows what applying the farm file would do, without doing it'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "diff" -d 'Shows how two farm files, or generations, differ'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "apply" -d 'Makes the farm file the one to follow, and waits until it is so'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "status" -d 'Shows rentals, pools and rigs: promised, delivered, where'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "failover" -d 'Overrides the farm file for a while: another pool, a rig out of service or lent'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "history" -d 'Lists the farm files that were applied, or the history of a rig or rental'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "show" -d 'Shows one of them'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "rollback" -d 'Applies an earlier one again, as a new generation'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "export" -d 'Prints the farm file that is followed'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "schema" -d 'Prints the JSON Schema of farm files, for editors'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "explain" -d 'Explains a field of the farm file, a problem\'s code, or the exit codes'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "events" -d 'Shows what has happened'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "up" -d 'Runs a daemon in the foreground and applies the farm file'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "demo" -d 'Shows it all with simulated rigs and pools, in half a minute'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "completions" -d 'Prints completions for a shell'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "man" -d 'Prints the manual pages'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "version" -d 'Shows the versions of this program and of the daemon'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "exit-codes" -d 'Lists the exit codes'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -s f -l file -d 'The farm file, or a folder that holds one; `-` is the standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l output-format -d 'How problems are written; `human`, or `github` within GitHub Actions, when left out' -r -f -a "human\t'With the lines they are about, on the error stream'
concise\t'One a line: file:line:column: error[code] message'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning'
github\t'Annotations of GitHub Actions'
gitlab\t'A code quality report of GitLab'
junit\t'A JUnit test report'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l strict -d 'Fails on warnings as well'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -s f -l file -d 'The farm file, or a folder that holds one; `-` is the standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l scenario -d 'Only scenarios whose name contains this' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l seed -d 'Where all chance comes from' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l runs -d 'Plays each with so many seeds, from --seed on' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l fidelity -d 'How closely it is played; by the size of the scenario when left out' -r -f -a "shares\t'Every share, over real sessions'
counts\t'A count of shares for each rig and minute'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l output-format -d 'How the outcome is written; `human`, or `github` within GitHub Actions, when left out' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
github\t'For people, with annotations of GitHub Actions'
junit\t'A JUnit test report'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l timeline -d 'Shows what happened in scenarios that passed as well'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -s f -l file -d 'The farm file, or a folder that holds one; `-` is the standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l lose -d 'What is lost: site/NAME, rack/NAME, rig/NAME, a range of rigs, or pool/NAME; may be repeated' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l for -d 'For how long' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l years -d 'Looks at so many years' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l time -d 'Looks at this long; when left out, at the loss and two hours more, or at a week' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l availability -d 'Part of the time that a rig is there; rigs do not fail at random when left out' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l mttr -d 'Mean time until a failed rig is there again' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l seed -d 'Where all chance comes from' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l fidelity -d 'How closely it is played' -r -f -a "shares\t'Every share, over real sessions'
counts\t'A count of shares for each rig and minute'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -s f -l file -d 'The farm file, or a folder that holds one; `-` is the standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l availability -d 'Part of the time that a rig is there; an assumption until your own history says better' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l mttr -d 'Mean time until a failed rig is there again: a visit within half a shift' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l detection -d 'From a failure until a spare is hashing: 41 s of silence at 20 shares a minute, and the change of work' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l check -d 'Plays the farm for this long with such failures, and shows what was delivered beside it' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l seed -d 'Where all chance of --check comes from' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -s f -l file -d 'The farm file, or a folder that holds one; `-` is the standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l changed-exit-code -d 'Ends with this number instead when there are changes, such as 2' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l max-delete -d 'How much may be deleted, as a count or a percentage' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l detailed-exitcode -d 'Ends with 10 when there are changes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l full -d 'Shows every line, however many'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -s f -l file -d 'The farm file, or a folder that holds one; `-` is the standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l changed-exit-code -d 'Ends with this number instead when there are changes, such as 2' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l detailed-exitcode -d 'Ends with 10 when there are changes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l full -d 'Shows every line, however many'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s f -l file -d 'The farm file, or a folder that holds one; `-` is the standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l reason -d 'Why, for the history' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l max-delete -d 'How much may be deleted, as a count or a percentage' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l expect-generation -d 'Only if this generation is the head' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l timeout -d 'How long to wait until it is so' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l resume -d 'Finishes an apply that was cut off, by the key it printed' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s y -l yes -d 'Does not ask'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l allow-dirty -d 'Takes files that differ from what git has'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l no-wait -d 'Does not wait until it is so'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -l watch -d 'Shows it again every second'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "pool" -d 'Moves a customer, or one rental, to another of its pools'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "out" -d 'Takes a rig out of service: it serves no rental'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "lend" -d 'Lends a rig to a rental, whatever the rules say'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "list" -d 'Lists the overrides in force'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "end" -d 'Ends an override before its time'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l to -d 'The pool, one of the customer\'s own list' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l reason -d 'Why' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l for -d 'How long it holds' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l reason -d 'Why' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l for -d 'How long it holds' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l to -d 'The rental, such as alice/gold' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l reason -d 'Why' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l for -d 'How long it holds' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -l all -d 'Those that are over, as well'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -l reason -d 'Why' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "pool" -d 'Moves a customer, or one rental, to another of its pools'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "out" -d 'Takes a rig out of service: it serves no rental'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "lend" -d 'Lends a rig to a rental, whatever the rules say'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists the overrides in force'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "end" -d 'Ends an override before its time'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -s n -l limit -d 'At most so many' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l to -d 'The generation to go back to; the one before the head when left out' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l reason -d 'Why' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l max-delete -d 'How much may be deleted, as a count or a percentage' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l timeout -d 'How long to wait until it is so' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -s y -l yes -d 'Does not ask'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l no-wait -d 'Does not wait until it is so'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -s n -l limit -d 'At most so many to begin with' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l kind -d 'Only this kind, such as pool-failover' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l subject -d 'Only about this, such as rig/a-001 or customer/alice' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l follow -d 'Goes on as things happen'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -s f -l file -d 'The farm file, or a folder that holds one; `-` is the standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l data -d 'Folder for the daemon\'s data; `.stratumd` beside the farm file when left out' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l secrets -d 'The one folder whose files the farm file may name as secrets; `secrets` in the data folder when left out' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l scale -d 'What simulated rigs really do of their nominal hashrate, such as 1e-9' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l max-delete -d 'How much may be deleted of what ran before, as a count or a percentage' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l allow-dirty -d 'Takes files that differ from what git has'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l for -d 'Ends by itself after this long, or when everything was seen; until Ctrl-C when left out' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l folder -d 'Where the demonstration\'s farm is kept; a temporary folder when left out' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -l out -d 'Writes one page for each command into this folder' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -l client -d 'Does not ask the daemon'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -s s -l server -d 'Where the daemon is: a socket\'s path, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -l token-file -d 'File that holds the token for a daemon on TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -s o -l output -d 'The form of the result' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'One JSON object a line, the last with the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one a line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'In any case'
never\t'In no case'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -l progress -d 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Drawn on a terminal, else plain'
plain\t'A line now and then'
none\t'Not at all'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -l no-input -d 'Never asks; what needs a yes is refused'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -s q -l quiet -d 'Says nothing on the side'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "validate" -d 'Checks a farm file: every problem at once, no daemon needed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "test" -d 'Plays the farm file\'s scenarios on a virtual clock: what goes wrong, and what must stay true'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "simulate" -d 'Shows what each customer would receive if something were lost, or rigs failed at random'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "capacity" -d 'Shows how many spares the farm needs for its promises, and what it can still sell'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "plan" -d 'Shows what applying the farm file would do, without doing it'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "diff" -d 'Shows how two farm files, or generations, differ'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "apply" -d 'Makes the farm file the one to follow, and waits until it is so'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "status" -d 'Shows rentals, pools and rigs: promised, delivered, where'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "failover" -d 'Overrides the farm file for a while: another pool, a rig out of service or lent'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "history" -d 'Lists the farm files that were applied, or the history of a rig or rental'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "show" -d 'Shows one of them'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "rollback" -d 'Applies an earlier one again, as a new generation'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "export" -d 'Prints the farm file that is followed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "schema" -d 'Prints the JSON Schema of farm files, for editors'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "explain" -d 'Explains a field of the farm file, a problem\'s code, or the exit codes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "events" -d 'Shows what has happened'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "up" -d 'Runs a daemon in the foreground and applies the farm file'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "demo" -d 'Shows it all with simulated rigs and pools, in half a minute'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "completions" -d 'Prints completions for a shell'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "man" -d 'Prints the manual pages'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "version" -d 'Shows the versions of this program and of the daemon'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "exit-codes" -d 'Lists the exit codes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and __fish_seen_subcommand_from failover" -f -a "pool" -d 'Moves a customer, or one rental, to another of its pools'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and __fish_seen_subcommand_from failover" -f -a "out" -d 'Takes a rig out of service: it serves no rental'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and __fish_seen_subcommand_from failover" -f -a "lend" -d 'Lends a rig to a rental, whatever the rules say'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and __fish_seen_subcommand_from failover" -f -a "list" -d 'Lists the overrides in force'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and __fish_seen_subcommand_from failover" -f -a "end" -d 'Ends an override before its time'
