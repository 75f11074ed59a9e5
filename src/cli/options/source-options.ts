import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { SourceId } from '../../escrow/model/source.ts';
import { namesOfSource, sourceOfNames } from '../../escrow/model/source-names.ts';
import { parseSourcePath, sourceNamePattern } from '../../escrow/model/source-path.ts';

/** The options that name a source. */
export const vaultName = new Option('--vault-name <VAULT>', 'a vault').argParser(parseSourceName).conflicts('hsmName');
export const hsmName = new Option('--hsm-name <HSM>', 'a Managed HSM').argParser(parseSourceName);

export interface SourceValues {
  readonly vaultName?: string | undefined;
  readonly hsmName?: string | undefined;
}

/** @throws InvalidArgumentError for a text that is not the name of a vault or a Managed HSM. */
export function parseSourceName(text: string): string {
  if (sourceNamePattern.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('Give the name alone, as contoso-prod: 3 to 24 letters, digits and dashes.');
}

/** The source that the options name; undefined when neither is given. */
export function namedSource({ vaultName, hsmName }: SourceValues): SourceId | undefined {
  return sourceOfNames({ vaultName, hsmName });
}

/** The same for a source that a stored document names by its path; nothing for a path that is none. */
export function pathMembers(path: string): ReturnType<typeof sourceMembers> | undefined {
  const source = parseSourcePath(path);
  return source && sourceMembers(source);
}

/** `vaultName`/`hsmName` as messages and the JSON of commands carry a source. */
export const sourceMembers = namesOfSource;
