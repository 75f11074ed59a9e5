import {
  type ChosenRecord,
  type Drill,
  type DrilledKey,
  failedLast,
  type LeftOutKey,
  type UnprovenKey,
} from '../../../app/drill/prepare-drill.ts';
import { count } from '../../../escrow/model/count.ts';
import { capitalised } from '../../../escrow/model/finding.ts';
import { describeKey } from '../../../escrow/model/source.ts';
import { keyObject, namesOfPath } from '../../options/source-options.ts';
import { firstOfEach } from '../../terminal/first-of-each.ts';
import type { Io } from '../../terminal/io.ts';
import { painter, print, say } from '../../terminal/print.ts';

/** `key "signing" of vault "contoso-prod", proven last on 2026-10-01`. */
export function describeChosen({ record, previousAttempts }: ChosenRecord): string {
  return `${describeKey(record)}, ${describeBefore(previousAttempts)}`;
}

function describeBefore(before: ChosenRecord['previousAttempts']): string {
  if (before === undefined) return 'never tried';
  const proven = before.provenAt === undefined ? 'never proven' : `proven last on ${day(before.provenAt)}`;
  return failedLast(before) ? `${proven}, failed last on ${day(before.triedAt)}` : proven;
}

export function chosenObject({ record, previousAttempts }: ChosenRecord): object {
  const { source, keyName, blobName } = record;
  const { provenAt = null, triedAt = null } = previousAttempts ?? {};
  return keyObject({ source, keyName, blobName, provenAt, triedAt });
}

/** The receipt, with source and key as in every command. */
export function receiptObject({ receipt, receiptName }: Drill): object {
  const { target, keys, ...rest } = receipt;
  const named = keys.map(({ source, key: name, ...key }) => ({ ...namesOfPath(source), name, ...key }));
  return { receipt: receiptName ?? null, ...rest, target: namesOfPath(target), keys: named };
}

/** Keys whose turn it is, and that cannot be proven in this target. */
export function printLeftOut(keys: readonly LeftOutKey[], io: Io): void {
  const lineOf = (key: LeftOutKey): string => `Left out: ${describeKey(key)}. ${capitalised(key.reason)}`;
  for (const line of firstOfEach(keys, () => 'leftOut', lineOf, 'see them all with --json')) say(io, line);
}

/** Keys that an earlier drill did not prove and that are not tried in this one. */
export function printFailedEarlier(keys: readonly UnprovenKey[], io: Io): void {
  if (keys.length === 0) return;
  const paint = painter(io, 'stderr');
  say(io, paint('red', `Not proven when tried last, and not tried now: ${count(keys.length, 'key')}`));
  const lineOf = (key: UnprovenKey): string => `${describeKey(key)}, failed on ${day(key.failedAt)}`;
  for (const line of firstOfEach(keys, () => 'notProven', lineOf, 'see them all with --json')) say(io, `  ${line}`);
  say(io, `The receipts in drills/ say why. Mend that, then try again by name: --name ${keys[0]?.keyName}.`);
}

/** What came of every key, for a person. */
export async function printDrill({ receipt, receiptName }: Drill, planned: number, io: Io): Promise<void> {
  const paint = painter(io);
  for (const key of receipt.keys)
    await print(
      io,
      `${paint(key.outcome === 'proven' ? 'green' : key.outcome === 'unproven' ? 'yellow' : 'red', key.outcome)} ${describeDrilled(key)}`,
    );
  if (receipt.message !== undefined) await print(io, paint('red', `Stopped: ${receipt.message}`));
  await print(io, `${provenOf(receipt)} of ${count(planned, 'key')} proven. Receipt: ${receiptName ?? 'none'}`);
}

export function provenOf({ keys }: Drill['receipt']): number {
  return keys.filter(({ outcome }) => outcome === 'proven').length;
}

const proofWords = [
  ['publicKey', 'public key', ', against the source'],
  ['witness', 'public key', ', against the last audit'],
  ['versionId', 'id', ' alone'],
] as const;

function describeDrilled({ source, key, versions, message }: DrilledKey): string {
  if (message !== undefined) return `${source}/${key}: ${message}`;
  const proofs = proofWords.flatMap(([proof, what, how]) => {
    const number = versions.filter((version) => version.proof === proof).length;
    const whose = number === 1 ? `its ${what}` : `their ${what}s`;
    return number === 0 ? [] : [`${number} by ${whose}${how}`];
  });
  return `${source}/${key}: ${count(versions.length, 'version')}, ${proofs.join('; ')}`;
}

function day(instant: string): string {
  return instant.slice(0, 10);
}
