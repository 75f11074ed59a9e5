import { styleText } from 'node:util';
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import packageJson from '../../package.json' with { type: 'json' };
import type { OperatorServices } from '../app/operator-services.ts';
import type { Settings } from '../app/settings.ts';
import { suggest } from '../app/suggestion.ts';
import type { Task } from '../app/task.ts';
import { UsageFault } from '../app/usage-fault.ts';
import { reasonOf } from '../escrow/model/service-error.ts';
import { describeSource } from '../escrow/model/source.ts';
import type { ConflictWait } from '../escrow/ports/conflict-wait.ts';
import { loadSettings } from './options/settings-source.ts';
import { type ExitCode, exitCodes, type Io } from './terminal/io.ts';
import { hasColours, nameProgram, say, wrapTo } from './terminal/print.ts';

export type ComposeServices = (settings: Settings) => OperatorServices;

/** What a command says about itself. Its `description` is whole sentences: what it does, what its exit codes mean. */
export interface About {
  /** One line for the list of commands. */
  readonly summary: string;
  readonly description: string;
  /** Command lines without the program's name. */
  readonly examples: readonly string[];
}

/** What a command file adds its command to. */
export type Cli = ReturnType<typeof createCli>;

/** One command line that is being read and carried out. */
export function createCli(io: Io, compose: ComposeServices) {
  let exitCode: ExitCode = exitCodes.done;
  const width = (isTTY: boolean): number => (isTTY ? io.columns : Number(io.env.COLUMNS) || 80);
  const program = new Command(io.program)
    .usage('<command> [options]')
    .description(
      'Backs up keys of Azure Key Vault and Managed HSM, and lists, checks, proves and restores what the escrow holds: backup with your own identity, enqueue by the deployed app.',
    )
    .version(packageJson.version, '-v, --version', 'the version')
    .helpOption('-h, --help', 'this text')
    .helpCommand('help [command]', 'what a command does, its options and examples')
    .option('--json', 'one JSON object on stdout, nothing else there')
    .option('--settings <FILE>', 'read the settings from the Values of a local.settings.json, not from the environment')
    .option('--store <PLACE>', 'another escrow than that of the settings: a folder, or the URL of a container')
    .configureHelp({
      minWidthToWrap: 20,
      showGlobalOptions: true,
      subcommandTerm: (command) => command.name(),
      // Commander takes it away again where there are no colours.
      styleTitle: (title) => styleText('bold', title, { validateStream: false }),
    })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // Faults are printed where all are: src/cli/run-cli.ts.
      outputError: () => undefined,
      getOutHelpWidth: () => width(io.isTTY.stdout),
      getErrHelpWidth: () => width(io.isTTY.stderr),
      getOutHasColors: () => hasColours(io, 'stdout'),
      getErrHasColors: () => hasColours(io, 'stderr'),
    })
    .exitOverride();
  program.addHelpText('after', ({ error }) =>
    wrapTo(
      `\nExit codes: 0 done, 1 failed, 2 usage or settings, 3 partial or findings. Data goes to stdout, messages to stderr.`,
      width(error ? io.isTTY.stderr : io.isTTY.stdout),
    ),
  );

  type CommonValues = ReturnType<typeof program.opts>;
  return {
    program,

    /** Adds a command, to which the caller adds its options and its action. */
    command(name: string, { summary, description, examples }: About, under: CommandUnknownOpts = program) {
      return (under as typeof program)
        .command(name)
        .summary(summary)
        .description(nameProgram(io, description))
        .usage('[options]')
        .addHelpText('after', () => ['\nExamples:', ...examples.map((line) => `  ${io.program} ${line}`)].join('\n'));
    },

    /** The action of a command: its values and arguments in, its exit code out. */
    action<Values>(
      run: (values: Values & CommonValues, io: Io, task: Task, args: readonly string[]) => Promise<ExitCode>,
    ) {
      return async function (this: { optsWithGlobals(): Values & CommonValues; args: string[] }): Promise<void> {
        const values = this.optsWithGlobals();
        const services = compose(await loadSettings(io, values));
        services.onWait((wait) => say(io, describeWait(wait)));
        const task = { services, signal: io.signal, say: (text: string) => say(io, text) };
        try {
          exitCode = await run(values, io, task, this.args);
        } finally {
          await services.release();
        }
      };
    },

    /** @throws UsageFault for a command line that cannot be read, or whatever stopped the command. */
    async parse(args: readonly string[]): Promise<ExitCode> {
      for (const command of [program, ...program.commands.flatMap((one) => [one, ...one.commands])]) beStrict(command);
      try {
        await program.parseAsync(args, { from: 'user' });
        return exitCode;
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        // Help and the version end a command line early. Help is exit code 2 where it is shown for want of a command.
        if (error.exitCode === 0) return exitCodes.done;
        if (error.code === 'commander.help') return exitCodes.usage;
        const asked = program.commands.find((command) => args.includes(command.name()));
        const name = asked?.name() ?? '';
        const message = unknownSubcommand(asked, error) ?? error.message.replace(/^error: /, '').replace('\n', ' ');
        throw new UsageFault(message, `Help: \`keyvault-escrow ${['help', name].join(' ').trimEnd()}\`.`);
      }
    },
  };
}

/** What follows a command that has commands of its own is taken for an argument by the library, and was meant for one of them. */
function unknownSubcommand(command: CommandUnknownOpts | undefined, { code }: CommanderError): string | undefined {
  const [typed] = command?.args ?? [];
  if (code !== 'commander.excessArguments' || typed === undefined || !command?.commands.length) return undefined;
  const names = command.commands.map((one) => one.name());
  const meant = suggest(typed, names).map((one) => `${command.name()} ${one}`);
  const hint = meant.length === 0 ? '' : ` (Did you mean ${meant.join(' or ')}?)`;
  return `unknown command '${command.name()} ${typed}'${hint}`;
}

/** Of an option that is given twice the library takes the last, and for its value whatever follows. Neither is meant. */
function beStrict(command: CommandUnknownOpts): void {
  for (const option of command.options.filter(({ required }) => required)) {
    let times = 0;
    command.on(`option:${option.name()}`, (value: string) => {
      if (value.startsWith('-') && value !== '-') command.error(`error: option '${option.flags}' argument missing`);
      if (++times > 1 && !option.variadic) command.error(`error: option '${option.flags}' is given twice`);
    });
  }
}

/** `Waiting 4 s to purge key "signing" in vault "contoso-drill": another operation on it goes on …`. */
function describeWait({ source, operation, keyName, ms, refusal }: ConflictWait): string {
  const what = `${operation === 'backUp' ? 'back up' : operation} key "${keyName}" in ${describeSource(source)}`;
  return `Waiting ${Math.round(ms / 1000)} s to ${what}: another operation on it goes on. ${reasonOf(refusal)}.`;
}
