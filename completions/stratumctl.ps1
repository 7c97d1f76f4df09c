
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'stratumctl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'stratumctl'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'stratumctl' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('validate', 'validate', [CompletionResultType]::ParameterValue, 'Checks a farm file: every problem at once, no daemon needed')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Plays the farm file''s scenarios on a virtual clock: what goes wrong, and what must stay true')
            [CompletionResult]::new('simulate', 'simulate', [CompletionResultType]::ParameterValue, 'Shows what each customer would receive if something were lost, or rigs failed at random')
            [CompletionResult]::new('capacity', 'capacity', [CompletionResultType]::ParameterValue, 'Shows how many spares the farm needs for its promises, and what it can still sell')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Shows what applying the farm file would do, without doing it')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Shows how two farm files, or generations, differ')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Makes the farm file the one to follow, and waits until it is so')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Shows rentals, pools and rigs: promised, delivered, where')
            [CompletionResult]::new('failover', 'failover', [CompletionResultType]::ParameterValue, 'Overrides the farm file for a while: another pool, a rig out of service or lent')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Lists the farm files that were applied, or the history of a rig or rental')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Shows one of them')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Applies an earlier one again, as a new generation')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Prints the farm file that is followed')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Prints the JSON Schema of farm files, for editors')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explains a field of the farm file, a problem''s code, or the exit codes')
            [CompletionResult]::new('events', 'events', [CompletionResultType]::ParameterValue, 'Shows what has happened')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Runs a daemon in the foreground and applies the farm file')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Shows it all with simulated rigs and pools, in half a minute')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Prints completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Prints the manual pages')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Shows the versions of this program and of the daemon')
            [CompletionResult]::new('exit-codes', 'exit-codes', [CompletionResultType]::ParameterValue, 'Lists the exit codes')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stratumctl;validate' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--output-format', '--output-format', [CompletionResultType]::ParameterName, 'How problems are written; `human`, or `github` within GitHub Actions, when left out')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Fails on warnings as well')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;test' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--scenario', '--scenario', [CompletionResultType]::ParameterName, 'Only scenarios whose name contains this')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where all chance comes from')
            [CompletionResult]::new('--runs', '--runs', [CompletionResultType]::ParameterName, 'Plays each with so many seeds, from --seed on')
            [CompletionResult]::new('--fidelity', '--fidelity', [CompletionResultType]::ParameterName, 'How closely it is played; by the size of the scenario when left out')
            [CompletionResult]::new('--output-format', '--output-format', [CompletionResultType]::ParameterName, 'How the outcome is written; `human`, or `github` within GitHub Actions, when left out')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--timeline', '--timeline', [CompletionResultType]::ParameterName, 'Shows what happened in scenarios that passed as well')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;simulate' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--lose', '--lose', [CompletionResultType]::ParameterName, 'What is lost: site/NAME, rack/NAME, rig/NAME, a range of rigs, or pool/NAME; may be repeated')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'For how long')
            [CompletionResult]::new('--years', '--years', [CompletionResultType]::ParameterName, 'Looks at so many years')
            [CompletionResult]::new('--time', '--time', [CompletionResultType]::ParameterName, 'Looks at this long; when left out, at the loss and two hours more, or at a week')
            [CompletionResult]::new('--availability', '--availability', [CompletionResultType]::ParameterName, 'Part of the time that a rig is there; rigs do not fail at random when left out')
            [CompletionResult]::new('--mttr', '--mttr', [CompletionResultType]::ParameterName, 'Mean time until a failed rig is there again')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where all chance comes from')
            [CompletionResult]::new('--fidelity', '--fidelity', [CompletionResultType]::ParameterName, 'How closely it is played')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;capacity' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--availability', '--availability', [CompletionResultType]::ParameterName, 'Part of the time that a rig is there; an assumption until your own history says better')
            [CompletionResult]::new('--mttr', '--mttr', [CompletionResultType]::ParameterName, 'Mean time until a failed rig is there again: a visit within half a shift')
            [CompletionResult]::new('--detection', '--detection', [CompletionResultType]::ParameterName, 'From a failure until a spare is hashing: 41 s of silence at 20 shares a minute, and the change of work')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Plays the farm for this long with such failures, and shows what was delivered beside it')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Where all chance of --check comes from')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;plan' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--changed-exit-code', '--changed-exit-code', [CompletionResultType]::ParameterName, 'Ends with this number instead when there are changes, such as 2')
            [CompletionResult]::new('--max-delete', '--max-delete', [CompletionResultType]::ParameterName, 'How much may be deleted, as a count or a percentage')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--detailed-exitcode', '--detailed-exitcode', [CompletionResultType]::ParameterName, 'Ends with 10 when there are changes')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Shows every line, however many')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;diff' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--changed-exit-code', '--changed-exit-code', [CompletionResultType]::ParameterName, 'Ends with this number instead when there are changes, such as 2')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--detailed-exitcode', '--detailed-exitcode', [CompletionResultType]::ParameterName, 'Ends with 10 when there are changes')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Shows every line, however many')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;apply' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why, for the history')
            [CompletionResult]::new('--max-delete', '--max-delete', [CompletionResultType]::ParameterName, 'How much may be deleted, as a count or a percentage')
            [CompletionResult]::new('--expect-generation', '--expect-generation', [CompletionResultType]::ParameterName, 'Only if this generation is the head')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait until it is so')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Finishes an apply that was cut off, by the key it printed')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Does not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Does not ask')
            [CompletionResult]::new('--allow-dirty', '--allow-dirty', [CompletionResultType]::ParameterName, 'Takes files that differ from what git has')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Does not wait until it is so')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;status' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Shows it again every second')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('pool', 'pool', [CompletionResultType]::ParameterValue, 'Moves a customer, or one rental, to another of its pools')
            [CompletionResult]::new('out', 'out', [CompletionResultType]::ParameterValue, 'Takes a rig out of service: it serves no rental')
            [CompletionResult]::new('lend', 'lend', [CompletionResultType]::ParameterValue, 'Lends a rig to a rental, whatever the rules say')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Lists the overrides in force')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'Ends an override before its time')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stratumctl;failover;pool' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The pool, one of the customer''s own list')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long it holds')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover;out' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long it holds')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover;lend' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The rental, such as alice/gold')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long it holds')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover;list' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Those that are over, as well')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover;end' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover;help' {
            [CompletionResult]::new('pool', 'pool', [CompletionResultType]::ParameterValue, 'Moves a customer, or one rental, to another of its pools')
            [CompletionResult]::new('out', 'out', [CompletionResultType]::ParameterValue, 'Takes a rig out of service: it serves no rental')
            [CompletionResult]::new('lend', 'lend', [CompletionResultType]::ParameterValue, 'Lends a rig to a rental, whatever the rules say')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Lists the overrides in force')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'Ends an override before its time')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stratumctl;failover;help;pool' {
            break
        }
        'stratumctl;failover;help;out' {
            break
        }
        'stratumctl;failover;help;lend' {
            break
        }
        'stratumctl;failover;help;list' {
            break
        }
        'stratumctl;failover;help;end' {
            break
        }
        'stratumctl;failover;help;help' {
            break
        }
        'stratumctl;history' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'At most so many')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most so many')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;show' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;rollback' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The generation to go back to; the one before the head when left out')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why')
            [CompletionResult]::new('--max-delete', '--max-delete', [CompletionResultType]::ParameterName, 'How much may be deleted, as a count or a percentage')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait until it is so')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Does not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Does not ask')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Does not wait until it is so')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;export' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;schema' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;explain' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;events' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'At most so many to begin with')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most so many to begin with')
            [CompletionResult]::new('--kind', '--kind', [CompletionResultType]::ParameterName, 'Only this kind, such as pool-failover')
            [CompletionResult]::new('--subject', '--subject', [CompletionResultType]::ParameterName, 'Only about this, such as rig/a-001 or customer/alice')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Goes on as things happen')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;up' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The farm file, or a folder that holds one; `-` is the standard input')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Folder for the daemon''s data; `.stratumd` beside the farm file when left out')
            [CompletionResult]::new('--secrets', '--secrets', [CompletionResultType]::ParameterName, 'The one folder whose files the farm file may name as secrets; `secrets` in the data folder when left out')
            [CompletionResult]::new('--scale', '--scale', [CompletionResultType]::ParameterName, 'What simulated rigs really do of their nominal hashrate, such as 1e-9')
            [CompletionResult]::new('--max-delete', '--max-delete', [CompletionResultType]::ParameterName, 'How much may be deleted of what ran before, as a count or a percentage')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--allow-dirty', '--allow-dirty', [CompletionResultType]::ParameterName, 'Takes files that differ from what git has')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;demo' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Ends by itself after this long, or when everything was seen; until Ctrl-C when left out')
            [CompletionResult]::new('--folder', '--folder', [CompletionResultType]::ParameterName, 'Where the demonstration''s farm is kept; a temporary folder when left out')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;completions' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;man' {
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Writes one page for each command into this folder')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;version' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Does not ask the daemon')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;exit-codes' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Where the daemon is: a socket''s path, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token for a daemon on TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on the error stream: drawn on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never asks; what needs a yes is refused')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Says nothing on the side')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;help' {
            [CompletionResult]::new('validate', 'validate', [CompletionResultType]::ParameterValue, 'Checks a farm file: every problem at once, no daemon needed')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Plays the farm file''s scenarios on a virtual clock: what goes wrong, and what must stay true')
            [CompletionResult]::new('simulate', 'simulate', [CompletionResultType]::ParameterValue, 'Shows what each customer would receive if something were lost, or rigs failed at random')
            [CompletionResult]::new('capacity', 'capacity', [CompletionResultType]::ParameterValue, 'Shows how many spares the farm needs for its promises, and what it can still sell')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Shows what applying the farm file would do, without doing it')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Shows how two farm files, or generations, differ')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Makes the farm file the one to follow, and waits until it is so')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Shows rentals, pools and rigs: promised, delivered, where')
            [CompletionResult]::new('failover', 'failover', [CompletionResultType]::ParameterValue, 'Overrides the farm file for a while: another pool, a rig out of service or lent')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Lists the farm files that were applied, or the history of a rig or rental')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Shows one of them')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Applies an earlier one again, as a new generation')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Prints the farm file that is followed')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Prints the JSON Schema of farm files, for editors')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explains a field of the farm file, a problem''s code, or the exit codes')
            [CompletionResult]::new('events', 'events', [CompletionResultType]::ParameterValue, 'Shows what has happened')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Runs a daemon in the foreground and applies the farm file')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Shows it all with simulated rigs and pools, in half a minute')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Prints completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Prints the manual pages')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Shows the versions of this program and of the daemon')
            [CompletionResult]::new('exit-codes', 'exit-codes', [CompletionResultType]::ParameterValue, 'Lists the exit codes')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stratumctl;help;validate' {
            break
        }
        'stratumctl;help;test' {
            break
        }
        'stratumctl;help;simulate' {
            break
        }
        'stratumctl;help;capacity' {
            break
        }
        'stratumctl;help;plan' {
            break
        }
        'stratumctl;help;diff' {
            break
        }
        'stratumctl;help;apply' {
            break
        }
        'stratumctl;help;status' {
            break
        }
        'stratumctl;help;failover' {
            [CompletionResult]::new('pool', 'pool', [CompletionResultType]::ParameterValue, 'Moves a customer, or one rental, to another of its pools')
            [CompletionResult]::new('out', 'out', [CompletionResultType]::ParameterValue, 'Takes a rig out of service: it serves no rental')
            [CompletionResult]::new('lend', 'lend', [CompletionResultType]::ParameterValue, 'Lends a rig to a rental, whatever the rules say')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Lists the overrides in force')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'Ends an override before its time')
            break
        }
        'stratumctl;help;failover;pool' {
            break
        }
        'stratumctl;help;failover;out' {
            break
        }
        'stratumctl;help;failover;lend' {
            break
        }
        'stratumctl;help;failover;list' {
            break
        }
        'stratumctl;help;failover;end' {
            break
        }
        'stratumctl;help;history' {
            break
        }
        'stratumctl;help;show' {
            break
        }
        'stratumctl;help;rollback' {
            break
        }
        'stratumctl;help;export' {
            break
        }
        'stratumctl;help;schema' {
            break
        }
        'stratumctl;help;explain' {
            break
        }
        'stratumctl;help;events' {
            break
        }
        'stratumctl;help;up' {
            break
        }
        'stratumctl;help;demo' {
            break
        }
        'stratumctl;help;completions' {
            break
        }
        'stratumctl;help;man' {
            break
        }
        'stratumctl;help;version' {
            break
        }
        'stratumctl;help;exit-codes' {
            break
        }
        'stratumctl;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
