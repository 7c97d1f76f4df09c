
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
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('validate', 'validate', [CompletionResultType]::ParameterValue, 'Checks a farm file and reports every problem at once; needs no daemon')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Runs the farm file''s scenarios on a virtual clock and checks what they expect')
            [CompletionResult]::new('simulate', 'simulate', [CompletionResultType]::ParameterValue, 'Shows what each customer would receive if a site, rack, rig or pool were lost, or rigs failed at random')
            [CompletionResult]::new('capacity', 'capacity', [CompletionResultType]::ParameterValue, 'Shows how many spares the farm needs to keep its promises, and how much hashrate it can still sell')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Shows what `apply` would change, without changing anything')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Shows the differences between two farm files or generations')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Applies the farm file, and waits until the farm has converged')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Shows the farm now: rentals, pools, rigs and overrides')
            [CompletionResult]::new('failover', 'failover', [CompletionResultType]::ParameterValue, 'Overrides the farm file for a limited time: another pool, a rig out of service, or a rig lent to a rental')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Lists the generations of the farm file, or the history of one rig or rental')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Shows one generation of the farm file: its origin and its text')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Applies an earlier generation of the farm file again, as a new generation')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Prints the farm file in force')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Prints the JSON Schema of the farm file, for editors')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explains a field of the farm file, an error code, a kind of event, or the exit codes')
            [CompletionResult]::new('events', 'events', [CompletionResultType]::ParameterValue, 'Shows the daemon''s events')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Runs a daemon in the foreground and applies the farm file')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Demonstrates the whole system on a simulated farm, in half a minute')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Prints shell completions')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Prints the manual page, or writes all manual pages into a folder')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Shows the versions of stratumctl and of the daemon')
            [CompletionResult]::new('exit-codes', 'exit-codes', [CompletionResultType]::ParameterValue, 'Lists the exit codes')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stratumctl;validate' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--output-format', '--output-format', [CompletionResultType]::ParameterName, 'Format of the report [default: human, or github within GitHub Actions]')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Treats warnings as errors')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;test' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--scenario', '--scenario', [CompletionResultType]::ParameterName, 'Runs only scenarios whose name contains this text')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed of the random numbers')
            [CompletionResult]::new('--runs', '--runs', [CompletionResultType]::ParameterName, 'Runs each scenario with this many seeds, starting at --seed')
            [CompletionResult]::new('--fidelity', '--fidelity', [CompletionResultType]::ParameterName, 'How exactly the farm is simulated [default: by the size of the scenario]')
            [CompletionResult]::new('--output-format', '--output-format', [CompletionResultType]::ParameterName, 'Format of the report [default: human, or github within GitHub Actions]')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--timeline', '--timeline', [CompletionResultType]::ParameterName, 'Prints the timeline of passed scenarios, too')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;simulate' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--lose', '--lose', [CompletionResultType]::ParameterName, 'What to lose: site/NAME, rack/NAME, rig/NAME, a range of rigs, or pool/NAME; may be repeated')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long the loss lasts')
            [CompletionResult]::new('--years', '--years', [CompletionResultType]::ParameterName, 'Simulates this many years')
            [CompletionResult]::new('--time', '--time', [CompletionResultType]::ParameterName, 'Simulates this much time [default: the loss and two more hours, or a week without a loss]')
            [CompletionResult]::new('--availability', '--availability', [CompletionResultType]::ParameterName, 'Part of the time that a rig works; without it, rigs do not fail at random')
            [CompletionResult]::new('--mttr', '--mttr', [CompletionResultType]::ParameterName, 'Mean time to repair a failed rig')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed of the random numbers')
            [CompletionResult]::new('--fidelity', '--fidelity', [CompletionResultType]::ParameterName, 'How exactly the farm is simulated')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;capacity' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--availability', '--availability', [CompletionResultType]::ParameterName, 'Part of the time that a rig works; use your own figure once you have measured it')
            [CompletionResult]::new('--mttr', '--mttr', [CompletionResultType]::ParameterName, 'Mean time to repair a failed rig')
            [CompletionResult]::new('--detection', '--detection', [CompletionResultType]::ParameterName, 'Time from a failure until a spare hashes: about 41 s of silence at 20 shares a minute, plus the switch')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Also simulates such failures for this long, and shows what was delivered')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed of the random numbers that --check uses')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;plan' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--changed-exit-code', '--changed-exit-code', [CompletionResultType]::ParameterName, 'Ends with this number instead when there are changes, such as 2')
            [CompletionResult]::new('--max-delete', '--max-delete', [CompletionResultType]::ParameterName, 'Most objects that this may delete, as a count or a percentage of all')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--detailed-exitcode', '--detailed-exitcode', [CompletionResultType]::ParameterName, 'Ends with 10 when there are changes')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Prints every line instead of a summary of long parts')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;diff' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--changed-exit-code', '--changed-exit-code', [CompletionResultType]::ParameterName, 'Ends with this number instead when there are changes, such as 2')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--detailed-exitcode', '--detailed-exitcode', [CompletionResultType]::ParameterName, 'Ends with 10 when there are changes')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Prints every line instead of a summary of long parts')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;apply' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason for this change, recorded in the history')
            [CompletionResult]::new('--max-delete', '--max-delete', [CompletionResultType]::ParameterName, 'Most objects that this may delete, as a count or a percentage of all')
            [CompletionResult]::new('--expect-generation', '--expect-generation', [CompletionResultType]::ParameterName, 'Fails unless this generation is still the head')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for convergence before exiting with code 8')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Finishes an interrupted apply, by the key that it printed')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Applies without asking for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Applies without asking for confirmation')
            [CompletionResult]::new('--allow-dirty', '--allow-dirty', [CompletionResultType]::ParameterName, 'Accepts files with uncommitted changes')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Returns as soon as the daemon has accepted the change, without waiting for convergence')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;status' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Refreshes the output every second')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('pool', 'pool', [CompletionResultType]::ParameterValue, 'Sends the work of a customer, or of one rental, to another of the customer''s pools')
            [CompletionResult]::new('out', 'out', [CompletionResultType]::ParameterValue, 'Takes a rig out of service, so that it serves no rental')
            [CompletionResult]::new('lend', 'lend', [CompletionResultType]::ParameterValue, 'Lends a rig to a rental, regardless of the scheduler''s rules')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Lists the overrides that are in force')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'Ends an override early')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stratumctl;failover;pool' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Pool that gets the work; it must be in the customer''s list')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason for the override, recorded with it')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long the override lasts')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover;out' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason for the override, recorded with it')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long the override lasts')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover;lend' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Rental that gets the rig, such as alice/gold')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason for the override, recorded with it')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long the override lasts')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover;list' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Includes overrides that have ended')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover;end' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason for ending it, recorded with the override')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;failover;help' {
            [CompletionResult]::new('pool', 'pool', [CompletionResultType]::ParameterValue, 'Sends the work of a customer, or of one rental, to another of the customer''s pools')
            [CompletionResult]::new('out', 'out', [CompletionResultType]::ParameterValue, 'Takes a rig out of service, so that it serves no rental')
            [CompletionResult]::new('lend', 'lend', [CompletionResultType]::ParameterValue, 'Lends a rig to a rental, regardless of the scheduler''s rules')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Lists the overrides that are in force')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'Ends an override early')
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
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Most entries to list')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Most entries to list')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;show' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;rollback' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Generation to go back to [default: the one before the head]')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason for going back, recorded in the history')
            [CompletionResult]::new('--max-delete', '--max-delete', [CompletionResultType]::ParameterName, 'Most objects that this may delete, as a count or a percentage of all')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for convergence before exiting with code 8')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Rolls back without asking for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Rolls back without asking for confirmation')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Returns as soon as the daemon has accepted the change, without waiting for convergence')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;export' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;schema' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;explain' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;events' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'How many past events to print first')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many past events to print first')
            [CompletionResult]::new('--kind', '--kind', [CompletionResultType]::ParameterName, 'Prints only events of this kind, such as pool-failover')
            [CompletionResult]::new('--subject', '--subject', [CompletionResultType]::ParameterName, 'Prints only events about this subject, such as rig/a-001 or customer/alice')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Keeps printing events as they happen')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;up' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Farm file, or a folder that contains one; `-` reads standard input')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Folder for the daemon''s data [default: `.stratumd` next to the farm file]')
            [CompletionResult]::new('--secrets', '--secrets', [CompletionResultType]::ParameterName, 'Folder that the farm file''s secrets are read from [default: `secrets` in the data folder]')
            [CompletionResult]::new('--scale', '--scale', [CompletionResultType]::ParameterName, 'Fraction of the nominal hashrate that simulated rigs really do, such as 1e-9')
            [CompletionResult]::new('--max-delete', '--max-delete', [CompletionResultType]::ParameterName, 'Most objects of the previous generation that this may delete, as a count or a percentage of all')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--allow-dirty', '--allow-dirty', [CompletionResultType]::ParameterName, 'Accepts files with uncommitted changes')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;demo' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Ends after this time, or as soon as everything was shown; without it, runs until Ctrl-C')
            [CompletionResult]::new('--folder', '--folder', [CompletionResultType]::ParameterName, 'Folder for the demonstration''s farm file and data [default: a temporary folder]')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;completions' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;man' {
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Writes one page per command into this folder')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;version' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Shows only the version of stratumctl, without contacting the daemon')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;exit-codes' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the daemon: the path of its Unix socket, or http://host:port')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the API token, for a daemon reached over TCP')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour the output')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on standard error: animated on a terminal, in plain lines elsewhere')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompts: a command that needs confirmation is refused without --yes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Suppresses progress and notes; only results and errors are printed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stratumctl;help' {
            [CompletionResult]::new('validate', 'validate', [CompletionResultType]::ParameterValue, 'Checks a farm file and reports every problem at once; needs no daemon')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Runs the farm file''s scenarios on a virtual clock and checks what they expect')
            [CompletionResult]::new('simulate', 'simulate', [CompletionResultType]::ParameterValue, 'Shows what each customer would receive if a site, rack, rig or pool were lost, or rigs failed at random')
            [CompletionResult]::new('capacity', 'capacity', [CompletionResultType]::ParameterValue, 'Shows how many spares the farm needs to keep its promises, and how much hashrate it can still sell')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Shows what `apply` would change, without changing anything')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Shows the differences between two farm files or generations')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Applies the farm file, and waits until the farm has converged')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Shows the farm now: rentals, pools, rigs and overrides')
            [CompletionResult]::new('failover', 'failover', [CompletionResultType]::ParameterValue, 'Overrides the farm file for a limited time: another pool, a rig out of service, or a rig lent to a rental')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Lists the generations of the farm file, or the history of one rig or rental')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Shows one generation of the farm file: its origin and its text')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Applies an earlier generation of the farm file again, as a new generation')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Prints the farm file in force')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Prints the JSON Schema of the farm file, for editors')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explains a field of the farm file, an error code, a kind of event, or the exit codes')
            [CompletionResult]::new('events', 'events', [CompletionResultType]::ParameterValue, 'Shows the daemon''s events')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Runs a daemon in the foreground and applies the farm file')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Demonstrates the whole system on a simulated farm, in half a minute')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Prints shell completions')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Prints the manual page, or writes all manual pages into a folder')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Shows the versions of stratumctl and of the daemon')
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
            [CompletionResult]::new('pool', 'pool', [CompletionResultType]::ParameterValue, 'Sends the work of a customer, or of one rental, to another of the customer''s pools')
            [CompletionResult]::new('out', 'out', [CompletionResultType]::ParameterValue, 'Takes a rig out of service, so that it serves no rental')
            [CompletionResult]::new('lend', 'lend', [CompletionResultType]::ParameterValue, 'Lends a rig to a rental, regardless of the scheduler''s rules')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Lists the overrides that are in force')
            [CompletionResult]::new('end', 'end', [CompletionResultType]::ParameterValue, 'Ends an override early')
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
