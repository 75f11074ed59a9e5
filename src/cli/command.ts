import type { OperatorServices } from '../app/operator-services.ts';
import type { ExitCode } from './terminal/exit-codes.ts';
import type { Io } from './terminal/io.ts';

/** One option as util.parseArgs takes it, and as the help shows it. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** The word for its value in the help: `--name KEY`. */
  readonly value?: string;
  readonly about: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<Spec extends OptionSpec> = Spec['type'] extends 'boolean'
  ? boolean
  : Spec['multiple'] extends true
    ? string[]
    : string;

/** What was given on the command line, typed by the specifications; absent options are absent. */
export type Values<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]?: ValueOf<Specs[Name]> | undefined;
};

interface Described<Specs extends OptionSpecs> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Whole sentences: what it does, what its exit codes mean. */
  readonly help: string;
  /** Command lines without the program's name. */
  readonly examples: readonly string[];
  readonly options: Specs;
}

/** One command: what is typed, what it says about itself, what it does. */
export interface Command extends Described<OptionSpecs> {
  run(values: Readonly<Record<string, unknown>>, io: Io, services: OperatorServices): Promise<ExitCode>;
}

/** Gives `run` its options typed by their specifications. */
export function defineCommand<const Specs extends OptionSpecs>(
  command: Described<Specs> & {
    run(values: Values<Specs & typeof commonOptions>, io: Io, services: OperatorServices): Promise<ExitCode>;
  },
): Command {
  return {
    ...command,
    run: (values, io, services) => command.run(values as Values<Specs & typeof commonOptions>, io, services),
  };
}

/** Options of every command. */
export const commonOptions = {
  json: { type: 'boolean', about: 'one JSON object on stdout, nothing else there' },
  settings: {
    type: 'string',
    value: 'FILE',
    about: 'read the settings from the Values of a local.settings.json, not from the environment',
  },
  help: { type: 'boolean', short: 'h', about: 'this text' },
} as const satisfies OptionSpecs;
