import { type Command, InvalidArgumentError, Option, type OptionValues } from '@commander-js/extra-typings';
import { namesOfSource, parseSourcePath, type SourceId, sourceNamePattern } from '../../escrow/model/source.ts';

export function withSource<Args extends unknown[], Values extends OptionValues, Global extends OptionValues>(
  command: Command<Args, Values, Global>,
) {
  return command
    .addOption(new Option('--vault-name <VAULT>', 'a vault').argParser(parseSourceName).conflicts('hsmName'))
    .addOption(new Option('--hsm-name <HSM>', 'a Managed HSM').argParser(parseSourceName));
}

/** @throws InvalidArgumentError for a text that is not the name of a vault or a Managed HSM. */
export function parseSourceName(text: string): string {
  if (sourceNamePattern.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('Give the name alone, as contoso-prod: 3 to 24 letters, digits and dashes.');
}

/** A key as `--json` shows it in every command: `vaultName` or `hsmName`, `name`, and what else is said of it. */
export function keyObject<Key extends { readonly source: SourceId; readonly keyName: string }>(key: Key): object {
  const { source, keyName: name, ...rest } = key;
  return { ...namesOfSource(source), name, ...rest };
}

/** `vaultName` or `hsmName` of a source that a stored document names by its path; undefined for a path that is none. */
export function namesOfPath(path: string): ReturnType<typeof namesOfSource> | undefined {
  const source = parseSourcePath(path);
  return source && namesOfSource(source);
}
