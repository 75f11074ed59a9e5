import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { readSettings, type Settings } from '../app/settings.ts';
import type { Cli } from './cli.ts';
import type { Io } from './terminal/io.ts';

/** `complete <shell>` prints the script that lets a shell complete commands, options and the names of configured sources. */
export function addCompletion({ program }: Cli, io: Io): void {
  // A shell completes the installed program, however this one was started.
  const completion = tab(program.name('keyvault-escrow') as unknown as Command);
  program.name(io.program);
  program.commands
    .find((command) => command.name() === 'complete')
    ?.summary('print the completion script of a shell: bash, zsh, fish or powershell')
    .description(
      'Prints a script that lets the shell complete commands, options, and the names of configured sources. The shell must find the installed program by its name, keyvault-escrow.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  source <(keyvault-escrow complete bash)\n  keyvault-escrow complete powershell | Out-String | Invoke-Expression',
    );

  for (const command of program.commands) {
    const completed = completion.commands.get(command.name());
    if (completed === undefined) continue;
    completed.description = command.summary();
    const { options } = completed;
    for (const [flag, kind] of [
      ['vault-name', 'vault'],
      ['hsm-name', 'managedHsm'],
    ] as const) {
      const option = options.get(flag);
      if (option === undefined) continue;
      option.handler = (complete) => {
        for (const { kind: one, name } of configured(io)) if (one === kind) complete(name, '');
      };
    }
  }
}

/** Who completes a command must not be stopped by faulty settings. */
function configured(io: Io): Settings['sources'] {
  try {
    return readSettings(io.env, 'command').sources;
  } catch {
    return [];
  }
}
