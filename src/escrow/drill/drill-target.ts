import { describeFailure, EscrowFault, failureHeadline } from '../model/failure.ts';
import { ServiceError } from '../model/service-error.ts';
import type { EscrowSource } from '../model/source.ts';
import { describeSource, isSameSource } from '../model/source.ts';
import { sourcePath } from '../model/source-path.ts';
import type { EscrowStores } from '../ports/escrow-stores.ts';
import type { KeyOperator } from '../ports/key-operator.ts';
import { recordPrefix } from '../records/blob-names.ts';
import { readTakenNames } from '../restore/restore-step.ts';
import type { OpenJournal } from './drill-journal.ts';
import { findOpenJournals } from './drill-journal.ts';

// The journal's time and the vault's are two clocks of Azure's; the vault's tells whole seconds.
const clocksApartMs = 1000;

/** What stands in a drill target before a drill, and may be swept away. */
export interface DrillLeftovers {
  readonly journals: readonly OpenJournal[];
  /** Names of keys there, active or deleted, every one of them named by those journals. */
  readonly names: readonly string[];
}

/**
 * Makes sure that a drill may use a target: no source, configured here or ever escrowed, and empty (deleted keys included) but for what a drill's own
 * journal names.
 * @throws EscrowFault when it may not be used; nothing was changed then.
 */
export async function inspectDrillTarget(
  operator: KeyOperator,
  { container, drills }: Pick<EscrowStores, 'container' | 'drills'>,
  sources: readonly EscrowSource[],
  outOfTime: AbortSignal,
): Promise<DrillLeftovers> {
  const target = operator.keys.source;
  if (sources.some((source) => isSameSource(source, target))) {
    throw refusal(
      'drillTargetConfigured',
      `${describeSource(target)} is a configured source`,
      'Keys that matter live there.',
    );
  }
  // The settings of one desk may lack a source that another's have; what was ever escrowed is in the container for all.
  for await (const { name } of container.list(recordPrefix(target), outOfTime)) {
    throw refusal(
      'drillTargetEscrowed',
      `${describeSource(target)} has records in the escrow (${name}), so it is or was a source`,
      'Keys that matter may live there.',
    );
  }
  const journals = await findOpenJournals(drills, sourcePath(target), outOfTime);
  const taken = await readNames(operator, outOfTime);
  const ours = new Set(journals.flatMap(({ journal }) => journal.keys.map(({ key }) => key.toLowerCase())));
  const foreign = taken.filter((name) => !ours.has(name));
  if (foreign.length > 0) {
    const some = foreign.slice(0, 5).join(', ') + (foreign.length > 5 ? ', …' : '');
    throw refusal(
      'drillTargetNotEmpty',
      `${describeSource(target)} is not empty: it has ${foreign.length} keys, active or deleted, that no drill put there (${some})`,
      'A deleted key counts until it is purged.',
    );
  }
  return { journals, names: taken };
}

async function readNames(operator: KeyOperator, outOfTime: AbortSignal): Promise<string[]> {
  try {
    const { active, deleted } = await readTakenNames(operator, outOfTime);
    return [...active, ...deleted.keys()];
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const failure = describeFailure(error, 'list', operator.keys.source);
    throw new EscrowFault(failure.code, failureHeadline(failure), failure.remedy, { cause: error });
  }
}

/**
 * Takes one key of a drill away again, whatever state it is in. Only for names that a journal of this target has: and even
 * then only a key all of whose versions are older than that journal, which a restore leaves as they were, and which, where
 * it is found deleted already, was deleted after it.
 * @param journalAt when the journal was written, by the storage service: a desk's clock may be hours off.
 * @throws EscrowFault `notOfThisDrill` when somebody else's key has the name; what the service says when it refuses.
 */
export async function removeDrilledKey(
  operator: KeyOperator,
  name: string,
  journalAt: Date,
  outOfTime: AbortSignal,
): Promise<void> {
  const leaveAlone = (happened: string): EscrowFault =>
    new EscrowFault(
      'notOfThisDrill',
      `key "${name}" in ${describeSource(operator.keys.source)} was ${happened} the drill began, so no drill restored it`,
      'It is left alone. Use a vault for drills that nobody else uses.',
    );
  const requireOld = (createdAt: Date | undefined): void => {
    if (createdAt === undefined || createdAt.getTime() > journalAt.getTime() + clocksApartMs)
      throw leaveAlone('made after');
  };
  const isActive = (await operator.findKey(name, outOfTime)) !== undefined;
  if (isActive) {
    for await (const { createdAt } of operator.keys.listVersions(name, outOfTime)) requireOld(createdAt);
    await operator.deleteKey(name, outOfTime);
  }
  const deleted = await operator.findDeletedKey(name, outOfTime);
  if (deleted === undefined) return;
  requireOld(deleted.createdAt);
  // A key that was deleted before our restore cannot be what the restore made: the name would have been taken.
  const { deletedAt } = deleted;
  if (!isActive && (deletedAt === undefined || deletedAt.getTime() < journalAt.getTime() - clocksApartMs))
    throw leaveAlone('deleted before');
  try {
    await operator.purgeKey(name, outOfTime);
  } catch (error) {
    // Purged already: by somebody else, or by an attempt whose answer was lost.
    if (!isKeyAbsent(error)) throw error;
  }
}

/** Only the service's own "not found" counts: a proxy's 404 does not carry its code. */
function isKeyAbsent(error: unknown): boolean {
  return error instanceof ServiceError && error.kind === 'absent';
}

function refusal(code: string, reason: string, why: string): EscrowFault {
  return new EscrowFault(
    code,
    `No drill: ${reason}`,
    `${why} A drill deletes and purges what it restores: give it an empty vault or Managed HSM of its own.`,
  );
}
