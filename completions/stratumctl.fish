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

complete -c stratumctl -n "__fish_stratumctl_needs_command" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_needs_command" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_needs_command" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_needs_command" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_needs_command" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_needs_command" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -s V -l version -d 'Print version'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "validate" -d 'Checks a farm file and reports every problem at once; needs no daemon'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "test" -d 'Runs the farm file\'s scenarios on a virtual clock and checks what they expect'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "simulate" -d 'Shows what each customer would receive if a site, rack, rig or pool were lost, or rigs failed at random'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "capacity" -d 'Shows how many spares the farm needs to keep its promises, and how much hashrate it can still sell'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "plan" -d 'Shows what `apply` would change, without changing anything'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "diff" -d 'Shows the differences between two farm files or generations'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "apply" -d 'Applies the farm file, and waits until the farm has converged'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "status" -d 'Shows the farm now: rentals, pools, rigs and overrides'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "failover" -d 'Overrides the farm file for a limited time: another pool, a rig out of service, or a rig lent to a rental'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "history" -d 'Lists the generations of the farm file, or the history of one rig or rental'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "show" -d 'Shows one generation of the farm file: its origin and its text'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "rollback" -d 'Applies an earlier generation of the farm file again, as a new generation'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "export" -d 'Prints the farm file in force'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "schema" -d 'Prints the JSON Schema of the farm file, for editors'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "explain" -d 'Explains a field of the farm file, an error code, a kind of event, or the exit codes'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "events" -d 'Shows the daemon\'s events'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "up" -d 'Runs a daemon in the foreground and applies the farm file'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "demo" -d 'Demonstrates the whole system on a simulated farm, in half a minute'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "completions" -d 'Prints shell completions'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "man" -d 'Prints the manual page, or writes all manual pages into a folder'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "version" -d 'Shows the versions of stratumctl and of the daemon'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "exit-codes" -d 'Lists the exit codes'
complete -c stratumctl -n "__fish_stratumctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -s f -l file -d 'Farm file, or a folder that contains one; `-` reads standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l output-format -d 'Format of the report [default: human, or github within GitHub Actions]' -r -f -a "human\t'Text with source excerpts, on standard error'
concise\t'One problem per line: file:line:column: error[code] message'
json\t'One JSON document'
jsonl\t'JSON lines, one object each'
sarif\t'SARIF 2.1.0, for code scanning'
github\t'Annotations for GitHub Actions'
gitlab\t'Code quality report for GitLab'
junit\t'JUnit XML report'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l strict -d 'Treats warnings as errors'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -s f -l file -d 'Farm file, or a folder that contains one; `-` reads standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l scenario -d 'Runs only scenarios whose name contains this text' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l seed -d 'Seed of the random numbers' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l runs -d 'Runs each scenario with this many seeds, starting at --seed' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l fidelity -d 'How exactly the farm is simulated [default: by the size of the scenario]' -r -f -a "shares\t'Every single share, over stratum sessions'
counts\t'Only the number of shares per rig and minute, which is faster'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l output-format -d 'Format of the report [default: human, or github within GitHub Actions]' -r -f -a "human\t'Text for people'
json\t'One JSON document'
jsonl\t'JSON lines, one object each'
github\t'Text for people, with annotations for GitHub Actions'
junit\t'JUnit XML report'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l timeline -d 'Prints the timeline of passed scenarios, too'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -s f -l file -d 'Farm file, or a folder that contains one; `-` reads standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l lose -d 'What to lose: site/NAME, rack/NAME, rig/NAME, a range of rigs, or pool/NAME; may be repeated' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l for -d 'How long the loss lasts' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l years -d 'Simulates this many years' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l time -d 'Simulates this much time [default: the loss and two more hours, or a week without a loss]' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l availability -d 'Part of the time that a rig works; without it, rigs do not fail at random' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l mttr -d 'Mean time to repair a failed rig' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l seed -d 'Seed of the random numbers' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l fidelity -d 'How exactly the farm is simulated' -r -f -a "shares\t'Every single share, over stratum sessions'
counts\t'Only the number of shares per rig and minute, which is faster'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand simulate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -s f -l file -d 'Farm file, or a folder that contains one; `-` reads standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l availability -d 'Part of the time that a rig works; use your own figure once you have measured it' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l mttr -d 'Mean time to repair a failed rig' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l detection -d 'Time from a failure until a spare hashes: about 41 s of silence at 20 shares a minute, plus the switch' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l check -d 'Also simulates such failures for this long, and shows what was delivered' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l seed -d 'Seed of the random numbers that --check uses' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand capacity" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -s f -l file -d 'Farm file, or a folder that contains one; `-` reads standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l changed-exit-code -d 'Ends with this number instead when there are changes, such as 2' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l max-delete -d 'Most objects that this may delete, as a count or a percentage of all' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l detailed-exitcode -d 'Ends with 10 when there are changes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l full -d 'Prints every line instead of a summary of long parts'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -s f -l file -d 'Farm file, or a folder that contains one; `-` reads standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l changed-exit-code -d 'Ends with this number instead when there are changes, such as 2' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l detailed-exitcode -d 'Ends with 10 when there are changes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l full -d 'Prints every line instead of a summary of long parts'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s f -l file -d 'Farm file, or a folder that contains one; `-` reads standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l reason -d 'Reason for this change, recorded in the history' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l max-delete -d 'Most objects that this may delete, as a count or a percentage of all' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l expect-generation -d 'Fails unless this generation is still the head' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l timeout -d 'How long to wait for convergence before exiting with code 8' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l resume -d 'Finishes an interrupted apply, by the key that it printed' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s y -l yes -d 'Applies without asking for confirmation'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l allow-dirty -d 'Accepts files with uncommitted changes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l no-wait -d 'Returns as soon as the daemon has accepted the change, without waiting for convergence'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -l watch -d 'Refreshes the output every second'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "pool" -d 'Sends the work of a customer, or of one rental, to another of the customer\'s pools'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "out" -d 'Takes a rig out of service, so that it serves no rental'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "lend" -d 'Lends a rig to a rental, regardless of the scheduler\'s rules'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "list" -d 'Lists the overrides that are in force'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "end" -d 'Ends an override early'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and not __fish_seen_subcommand_from pool out lend list end help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l to -d 'Pool that gets the work; it must be in the customer\'s list' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l reason -d 'Reason for the override, recorded with it' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l for -d 'How long the override lasts' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from pool" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l reason -d 'Reason for the override, recorded with it' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l for -d 'How long the override lasts' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from out" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l to -d 'Rental that gets the rig, such as alice/gold' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l reason -d 'Reason for the override, recorded with it' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l for -d 'How long the override lasts' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from lend" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -l all -d 'Includes overrides that have ended'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -l reason -d 'Reason for ending it, recorded with the override' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from end" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "pool" -d 'Sends the work of a customer, or of one rental, to another of the customer\'s pools'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "out" -d 'Takes a rig out of service, so that it serves no rental'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "lend" -d 'Lends a rig to a rental, regardless of the scheduler\'s rules'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists the overrides that are in force'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "end" -d 'Ends an override early'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand failover; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -s n -l limit -d 'Most entries to list' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l to -d 'Generation to go back to [default: the one before the head]' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l reason -d 'Reason for going back, recorded in the history' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l max-delete -d 'Most objects that this may delete, as a count or a percentage of all' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l timeout -d 'How long to wait for convergence before exiting with code 8' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -s y -l yes -d 'Rolls back without asking for confirmation'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l no-wait -d 'Returns as soon as the daemon has accepted the change, without waiting for convergence'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -s n -l limit -d 'How many past events to print first' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l kind -d 'Prints only events of this kind, such as pool-failover' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l subject -d 'Prints only events about this subject, such as rig/a-001 or customer/alice' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l follow -d 'Keeps printing events as they happen'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand events" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -s f -l file -d 'Farm file, or a folder that contains one; `-` reads standard input' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l data -d 'Folder for the daemon\'s data [default: `.stratumd` next to the farm file]' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l secrets -d 'Folder that the farm file\'s secrets are read from [default: `secrets` in the data folder]' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l scale -d 'Fraction of the nominal hashrate that simulated rigs really do, such as 1e-9' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l max-delete -d 'Most objects of the previous generation that this may delete, as a count or a percentage of all' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l allow-dirty -d 'Accepts files with uncommitted changes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l for -d 'Ends after this time, or as soon as everything was shown; without it, runs until Ctrl-C' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l folder -d 'Folder for the demonstration\'s farm file and data [default: a temporary folder]' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -l out -d 'Writes one page per command into this folder' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -l client -d 'Shows only the version of stratumctl, without contacting the daemon'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -s s -l server -d 'Address of the daemon: the path of its Unix socket, or http://host:port' -r
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -l token-file -d 'File with the API token, for a daemon reached over TCP' -r -F
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -s o -l output -d 'Format of the output' -r -f -a "table\t'Tables and sentences'
wide\t'Tables with more columns'
json\t'One JSON document'
jsonl\t'JSON lines, one object each; the last carries the exit code'
yaml\t'The same document as YAML'
name\t'Names only, one per line'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -l color -d 'When to colour the output' -r -f -a "auto\t'Only when writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -l progress -d 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere' -r -f -a "auto\t'Animated on a terminal, plain lines elsewhere'
plain\t'One line from time to time'
none\t'No progress output'"
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -l no-input -d 'Never prompts: a command that needs confirmation is refused without --yes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -s q -l quiet -d 'Suppresses progress and notes; only results and errors are printed'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand exit-codes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "validate" -d 'Checks a farm file and reports every problem at once; needs no daemon'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "test" -d 'Runs the farm file\'s scenarios on a virtual clock and checks what they expect'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "simulate" -d 'Shows what each customer would receive if a site, rack, rig or pool were lost, or rigs failed at random'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "capacity" -d 'Shows how many spares the farm needs to keep its promises, and how much hashrate it can still sell'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "plan" -d 'Shows what `apply` would change, without changing anything'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "diff" -d 'Shows the differences between two farm files or generations'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "apply" -d 'Applies the farm file, and waits until the farm has converged'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "status" -d 'Shows the farm now: rentals, pools, rigs and overrides'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "failover" -d 'Overrides the farm file for a limited time: another pool, a rig out of service, or a rig lent to a rental'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "history" -d 'Lists the generations of the farm file, or the history of one rig or rental'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "show" -d 'Shows one generation of the farm file: its origin and its text'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "rollback" -d 'Applies an earlier generation of the farm file again, as a new generation'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "export" -d 'Prints the farm file in force'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "schema" -d 'Prints the JSON Schema of the farm file, for editors'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "explain" -d 'Explains a field of the farm file, an error code, a kind of event, or the exit codes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "events" -d 'Shows the daemon\'s events'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "up" -d 'Runs a daemon in the foreground and applies the farm file'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "demo" -d 'Demonstrates the whole system on a simulated farm, in half a minute'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "completions" -d 'Prints shell completions'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "man" -d 'Prints the manual page, or writes all manual pages into a folder'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "version" -d 'Shows the versions of stratumctl and of the daemon'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "exit-codes" -d 'Lists the exit codes'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and not __fish_seen_subcommand_from validate test simulate capacity plan diff apply status failover history show rollback export schema explain events up demo completions man version exit-codes help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and __fish_seen_subcommand_from failover" -f -a "pool" -d 'Sends the work of a customer, or of one rental, to another of the customer\'s pools'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and __fish_seen_subcommand_from failover" -f -a "out" -d 'Takes a rig out of service, so that it serves no rental'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and __fish_seen_subcommand_from failover" -f -a "lend" -d 'Lends a rig to a rental, regardless of the scheduler\'s rules'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and __fish_seen_subcommand_from failover" -f -a "list" -d 'Lists the overrides that are in force'
complete -c stratumctl -n "__fish_stratumctl_using_subcommand help; and __fish_seen_subcommand_from failover" -f -a "end" -d 'Ends an override early'
