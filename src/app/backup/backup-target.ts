import { parseKeyId } from '../../escrow/model/key-id.ts';
import {
  type EscrowSource,
  isSameSource,
  keyNamePattern,
  type SourceId,
  type SourceKind,
  sourcePath,
} from '../../escrow/model/source.ts';
import type { Task } from '../task.ts';
import { UsageFault } from '../usage-fault.ts';

/** What is to be backed up: one key, or all that a source's selection takes. */
export interface BackupTarget {
  readonly source: EscrowSource;
  /** Undefined: the whole source. */
  readonly name?: string | undefined;
}

export interface TargetWords extends DeskSelection {
  readonly ids?: readonly string[] | undefined;
  readonly source?: SourceId | undefined;
  readonly name?: string | undefined;
  readonly all?: boolean | undefined;
}

/** @throws UsageFault */
export function readTargets(words: TargetWords, { services }: Task): BackupTarget[] {
  const { ids, source, name, all, maxBackupsPerSecond } = words;
  const { sources, suffixes } = services.settings;
  if (ids !== undefined) {
    if (ids.length === 0) throw new UsageFault('No key identifier was given', 'Write one a line.');
    return uniqueTargets(
      ids.map((id) => {
        const parsed = parseKeyId(id, suffixes);
        if (parsed === undefined) throw unusableId(id, suffixes.vault);
        return { source: deskSource(parsed.source, sources, words), name: parsed.name };
      }),
    );
  }
  if (all) {
    if (sources.length > 0) {
      return sources.map((one) => ({ source: { ...one, ...(maxBackupsPerSecond && { maxBackupsPerSecond }) } }));
    }
    throw new UsageFault('No source is configured', 'Set ESCROW_SOURCES, or pass --vault-name or --hsm-name.');
  }
  if (source === undefined) {
    throw new UsageFault('Back up what?', 'Pass --vault-name or --hsm-name (with --name for one key), --id or --all.');
  }
  if (name !== undefined && !keyNamePattern.test(name)) {
    throw new UsageFault(
      `"${name}" is not the name of one key`,
      'Key names have 1 to 127 letters, digits and dashes; for several keys pass --keys with patterns.',
    );
  }
  return [{ source: deskSource(source, sources, words), name }];
}

/** The sources of targets, each once; keys that were named are its selection, so that one that is missing fails by its name. */
export function wholeSources(targets: readonly BackupTarget[]): EscrowSource[] {
  return [...Map.groupBy(targets, ({ source }) => sourcePath(source)).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const names = group.flatMap(({ name }) => (name === undefined ? [] : [name]));
    return names.length === 0 ? [first.source] : [{ ...first.source, keys: names, except: [], retired: [] }];
  });
}

function uniqueTargets(targets: readonly BackupTarget[]): BackupTarget[] {
  const byKey = Map.groupBy(targets, ({ source, name }) => `${sourcePath(source)}/${name?.toLowerCase()}`);
  return [...byKey.values()].flatMap(([first]) => (first === undefined ? [] : [first]));
}

function unusableId(id: string, suffix: string): UsageFault {
  // Whatever came through the pipe may be anything, a secret too.
  const shown = /^https:\/\/[0-9A-Za-z.:/-]{1,200}$/.test(id) ? `"${id}"` : `a text of ${id.length} characters`;
  return new UsageFault(
    `${shown} is not the identifier of a key of this cloud`,
    `Write it as https://contoso-prod.${suffix}/keys/signing.`,
  );
}

/** What a person may say of a source beside its name. */
export interface DeskSelection {
  readonly keys?: readonly string[] | undefined;
  readonly except?: readonly string[] | undefined;
  readonly maxBackupsPerSecond?: number | undefined;
}

/**
 * Calls per second where neither the person nor the settings name a pace. Nobody shares it with a night job; a vault takes 2,000
 * operations in ten seconds for its HSM-protected RSA-2048 keys and a Managed HSM ten backups a second, and a 429 slows it down.
 * https://learn.microsoft.com/azure/key-vault/general/service-limits
 */
function deskBackupsPerSecond(kind: SourceKind): number {
  return kind === 'vault' ? 50 : 10;
}

/**
 * The source that a person names, with what the settings say of it where it is configured: where its backups can be restored,
 * and the selection unless another is given.
 */
export function deskSource(
  named: SourceId,
  configured: readonly EscrowSource[],
  { keys, except, maxBackupsPerSecond }: DeskSelection,
): EscrowSource {
  const known = configured.find((source) => isSameSource(source, named));
  return {
    ...(known ?? { ...named, keys: ['*'], except: [], retired: [], allowEmpty: false, place: {} }),
    ...(keys && { keys, except: [], retired: [] }),
    ...(except && { except }),
    maxBackupsPerSecond: maxBackupsPerSecond ?? deskBackupsPerSecond(named.kind),
  };
}
