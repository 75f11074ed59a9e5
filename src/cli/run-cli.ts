import { describeError } from '../app/describe-error.ts';
import { createOperatorServices } from '../app/operator-services.ts';
import { UsageFault } from '../app/usage-fault.ts';
import type { ComposeServices } from './cli.ts';
import { createProgram } from './program.ts';
import { type ExitCode, exitCodes, type Io } from './terminal/io.ts';
import { nameProgram, painter, printJson, say } from './terminal/print.ts';

/**
 * Runs one command line and owns its exit code.
 * @param args what follows the program's name.
 * @param compose makes the services; a test may bring its own.
 */
export async function runCli(
  args: readonly string[],
  io: Io,
  compose: ComposeServices = createOperatorServices,
): Promise<ExitCode> {
  try {
    return await createProgram(io, compose).parse(args);
  } catch (error) {
    const { code, message, remedy } = describeError(error);
    if (args.includes('--json')) await printJson(io, { error: { code, message, remedy: nameProgram(io, remedy) } });
    say(
      io,
      `${painter(io, 'stderr')('red', 'Error:')} ${message}${/([.!?]|\?\))$/.test(message) ? '' : '.'} ${remedy}`.trimEnd(),
    );
    if (io.env.DEBUG?.includes('keyvault-escrow') && error instanceof Error) say(io, error.stack ?? '');
    return error instanceof UsageFault ? exitCodes.usage : exitCodes.failed;
  }
}
