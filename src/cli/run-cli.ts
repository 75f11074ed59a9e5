import packageJson from '../../package.json' with { type: 'json' };
import type { OperatorServices } from '../app/operator-services.ts';
import { createOperatorServices } from '../app/operator-services.ts';
import type { Settings } from '../app/settings.ts';
import { findCommand, parseOptions } from './command-line.ts';
import { commands } from './commands.ts';
import { helpOf, helpOfAll } from './help.ts';
import { loadSettings } from './options/settings-source.ts';
import type { ExitCode } from './terminal/exit-codes.ts';
import { exitCodes } from './terminal/exit-codes.ts';
import { describeFault } from './terminal/fault-text.ts';
import type { Io } from './terminal/io.ts';
import { print, printJson, say } from './terminal/output.ts';
import { painter } from './terminal/paint.ts';
import { describeWait } from './terminal/wait-text.ts';

/**
 * Runs one command line and owns its exit code.
 * @param args what follows the program's name.
 * @param compose makes the services; a test may bring its own.
 */
export async function runCli(
  args: readonly string[],
  io: Io,
  compose: (settings: Settings) => OperatorServices = createOperatorServices,
): Promise<ExitCode> {
  try {
    return await dispatch(args, io, compose);
  } catch (error) {
    const { exitCode, code, message, remedy } = describeFault(error);
    if (args.includes('--json')) await printJson(io, { error: { code, message, remedy } });
    say(
      io,
      `${painter(io, 'stderr')('red', 'Error:')} ${message}${/[.!?]$/.test(message) ? '' : '.'} ${remedy}`.trimEnd(),
    );
    if (io.env.DEBUG?.includes('keyvault-escrow') && error instanceof Error) say(io, error.stack ?? '');
    return exitCode;
  }
}

async function dispatch(
  args: readonly string[],
  io: Io,
  compose: (settings: Settings) => OperatorServices,
): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === '--version') {
    await print(io, packageJson.version);
    return exitCodes.done;
  }
  if (name === undefined || ['help', '--help', '-h'].includes(name)) {
    const wanted = name === 'help' ? rest[0] : undefined;
    await print(io, wanted === undefined ? helpOfAll(commands) : helpOf(findCommand(wanted, commands)));
    return name === undefined ? exitCodes.usage : exitCodes.done;
  }
  const command = findCommand(name, commands);
  const values = parseOptions(command, rest);
  if (values.help) {
    await print(io, helpOf(command));
    return exitCodes.done;
  }
  const services = compose(await loadSettings(io, values.settings));
  services.onWait((wait) => say(io, describeWait(wait)));
  return command.run(values, io, services);
}
