import { type Drill, type DrillPorts, runDrill } from '../../escrow/drill/drill.ts';
import { readDrillAttempts } from '../../escrow/drill/drill-attempts.ts';
import { chooseForDrill, type DrillOptions } from '../../escrow/drill/drill-choice.ts';
import { requireEmpty, sweepCommand } from '../../escrow/drill/drill-target.ts';
import { findOpenDrills } from '../../escrow/drill/open-drills.ts';
import { EscrowFault } from '../../escrow/model/failure.ts';
import { describeSource, type SourceId } from '../../escrow/model/source.ts';
import { matchesAny } from '../../escrow/model/wildcard.ts';
import { recordedKeyNames, recordedSources } from '../../escrow/records/record-listing.ts';
import { readLatestAudit } from '../../escrow/records/stored-audits.ts';
import { chooseKnown, unknownKey } from '../known-names.ts';
import type { PacedTarget } from '../restore/prepare-restore.ts';
import { openRestorePorts, requireExpendablePlace } from '../restore/restore-ports.ts';
import { readOrSay, recordPlace, type Task } from '../task.ts';

// What a drill is printed from.
export { describeLeft } from '../../escrow/drill/drill.ts';
export { failedLast } from '../../escrow/drill/drill-attempts.ts';
export type { ChosenRecord, LeftOutKey, UnprovenKey } from '../../escrow/drill/drill-choice.ts';
export type { DrilledKey } from '../../escrow/records/drill-receipt.ts';
export type { Drill };

/** Whose keys: of every source that has records, where none is named. */
type DrillWish = Omit<DrillOptions, 'sources'> & { source: SourceId | undefined; target: PacedTarget };

/** Makes sure that keys may be restored and destroyed in the target, and chooses the records; nothing has been restored yet. @throws EscrowFault */
export async function prepareDrill(options: DrillWish, task: Task) {
  const { target } = options;
  const { services, signal, say } = task;
  const { store, drills, settings } = services;
  const operator = services.operatorOf(target.source);
  await requireExpendablePlace(target.source, 'No drill', task);
  const { open: ofTarget } = await findOpenDrills(drills, target.source, signal);
  await requireEmpty(operator, new Set(ofTarget.flatMap(({ names }) => names)), signal);
  if (ofTarget.length > 0) {
    say(
      `${ofTarget.length} earlier drills here are open, though nothing of them is left. Close them: ${sweepCommand(target.source)}.`,
    );
  }
  const sources = options.source ? [await chooseKnown(options.source, task)] : await recordedSources(store, signal);
  await refuseUnknown(options.names, sources, task);
  // Whose turn it is: what cannot be read changes only the order.
  const fault = 'The receipts of earlier drills cannot be read, so keys are drilled in the order of their names';
  const known = await readOrSay(task, fault, async () => {
    const { audit } = await readLatestAudit(services.audits, signal);
    return readDrillAttempts(drills, audit, signal);
  });
  const choice = await chooseForDrill({ ...options, sources }, known ?? { attempts: new Map(), audited: new Set() }, {
    ...recordPlace(task),
    configured: settings.sources,
  });
  if (choice.chosen.length === 0) {
    const [first] = choice.leftOut;
    throw new EscrowFault(
      'nothingToDrill',
      `No record can be proven in ${describeSource(target.source)}${first === undefined ? '' : `: key "${first.keyName}" is left out. ${first.reason.replace(/\.$/, '')}`}`,
      'It takes a record of a source of the same kind, whose place does not differ: `keyvault-escrow list`.',
    );
  }
  return {
    ...choice,
    /** Tells while it goes on what may stand in the target, and which key has ended. */
    async carryOut({ standing, ended }: Pick<DrillPorts, 'standing' | 'ended'>): Promise<Drill> {
      const ports = { ...(await openRestorePorts(target.source, task)), drills, now: services.now, standing, ended };
      const records = choice.chosen.map(({ record }) => record);
      return runDrill(records, target, ports);
    },
  };
}

/** A name without a record would be left out in silence, and taken for proven. */
async function refuseUnknown(
  names: readonly string[] | undefined,
  sources: readonly SourceId[],
  { services, signal }: Task,
): Promise<void> {
  if (names === undefined) return;
  const known: string[] = [];
  for (const source of sources) known.push(...(await recordedKeyNames(services.store, source, signal)));
  const unknown = names.find((name) => !known.some((key) => matchesAny([name], key)));
  if (unknown !== undefined) throw unknownKey(unknown, undefined, known);
}
