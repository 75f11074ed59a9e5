import { parseArgs } from 'node:util';
import type { Command, OptionSpecs } from './command.ts';
import { commonOptions } from './command.ts';
import { didYouMean, suggest } from './options/suggestion.ts';
import { UsageFault } from './terminal/usage-fault.ts';

export interface ParsedCommandLine {
  readonly command: Command;
  readonly values: Readonly<Record<string, unknown>> & {
    readonly json?: boolean;
    readonly settings?: string;
    readonly help?: boolean;
  };
}

/** The command that is meant. @throws UsageFault with what may have been meant instead. */
export function findCommand(name: string, commands: readonly Command[]): Command {
  const command = commands.find((candidate) => candidate.name === name.toLowerCase());
  if (command !== undefined) return command;
  const names = commands.map((candidate) => candidate.name);
  throw new UsageFault(
    `there is no command ${JSON.stringify(name)}`,
    `${didYouMean(name, names)}The commands are ${names.join(', ')}.`,
  );
}

/** Reads the options of a command strictly. @throws UsageFault that names the option and what may have been meant. */
export function parseOptions(command: Command, args: readonly string[]): ParsedCommandLine['values'] {
  const specs: OptionSpecs = { ...command.options, ...commonOptions };
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short !== undefined && { short }), ...(multiple !== undefined && { multiple }) },
    ]),
  );
  const { values, tokens, positionals } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (spec === undefined) {
      const candidates = suggest(token.name, Object.keys(specs)).map((name) => `--${name}`);
      throw new UsageFault(
        `${command.name} has no option ${token.rawName}`,
        `${candidates.length === 0 ? '' : `Did you mean ${candidates.join(' or ')}? `}See npm run escrow -- ${command.name} --help.`,
      );
    }
    if (spec.type === 'string' && (token.value === undefined || (!token.inlineValue && /^-./.test(token.value)))) {
      throw new UsageFault(`--${token.name} lacks its value`, `Write it as --${token.name} ${spec.value ?? 'VALUE'}.`);
    }
    if (spec.type === 'boolean' && token.value !== undefined) {
      throw new UsageFault(`--${token.name} takes no value`, `Write it as --${token.name}.`);
    }
    if (
      !spec.multiple &&
      tokens.some((other) => other !== token && other.kind === 'option' && other.name === token.name)
    ) {
      throw new UsageFault(`--${token.name} is given twice`, 'Give it once.');
    }
  }
  if (positionals.length > 0) {
    throw new UsageFault(
      `${command.name} does not know what to do with ${JSON.stringify(positionals[0])}`,
      `Every value follows its option; see npm run escrow -- ${command.name} --help.`,
    );
  }
  return values as ParsedCommandLine['values'];
}
