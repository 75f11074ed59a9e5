import { chooseKnown } from '../../../app/known-names.ts';
import { carryOutPlan } from '../../../app/restore/carry-out-plan.ts';
import { isRefused, isStillThere, planRestores } from '../../../app/restore/plan-restores.ts';
import { describeLeft } from '../../../app/restore/prepare-restore.ts';
import { requireQuarantine } from '../../../app/restore/restore-ports.ts';
import { defaultReceiptFile, openRestoreReceipt, readBegun } from '../../../app/restore/restore-receipt.ts';
import type { Task } from '../../../app/task.ts';
import { UsageFault } from '../../../app/usage-fault.ts';
import { count } from '../../../escrow/model/count.ts';
import { EscrowFault } from '../../../escrow/model/failure.ts';
import { describeSource, sourceOfNames } from '../../../escrow/model/source.ts';
import { showInstant } from '../../options/instants.ts';
import { readAsOf } from '../../options/record-options.ts';
import { readTarget } from '../../options/target-options.ts';
import { confirm } from '../../terminal/confirm.ts';
import { type ExitCode, exitCodes, type Io } from '../../terminal/io.ts';
import { printJson, say } from '../../terminal/print.ts';
import { withProgress } from '../../terminal/progress.ts';
import { openQuarantineDesk, readThrough } from './quarantine-desk.ts';
import type { RestoreValues } from './restore-options.ts';
import { outcomeObject, planObject, printItems, printOutcomes, printPlan } from './restore-output.ts';

/** Every key of a source, or those that match, as of a time: the plan, the question, the paced work, the receipt. */
export async function restoreMatching(values: RestoreValues, io: Io, task: Task): Promise<ExitCode> {
  const { services } = task;
  const target = readTarget(values, services);
  const through = readThrough(values.through, target);
  const wanted = sourceOfNames(values);
  if (wanted === undefined) throw new UsageFault('Whose keys?', 'Pass --vault-name or --hsm-name.');
  const source = await chooseKnown(wanted, task);
  if (through !== undefined) await requireQuarantine(through, target.source, task);
  const asOf = readAsOf(values.at, services.now());
  const subject = { source, target: target.source, asOf };
  const receiptFile = values.receipt ?? defaultReceiptFile(subject);
  const begun = await readBegun(receiptFile, subject);
  const options = { source, target, asOf, pattern: values.name ?? '*', begun };
  const plan = await withProgress(io, { noun: 'key', verb: 'found' }, ({ step }) => planRestores(options, task, step));
  if (plan.items.length === 0) {
    throw new EscrowFault(
      'recordNotFound',
      `The escrow has no record of any such key of ${describeSource(source)}${asOf === undefined ? '' : ` from ${showInstant(asOf)} or before`}`,
      'See what there is: `keyvault-escrow list`.',
    );
  }
  printPlan(plan, through, io);
  if (values.whatIf) {
    if (values.json) await printJson(io, planObject(plan));
    else await printItems(plan, services.now(), io);
    return plan.items.some(isRefused) ? exitCodes.findings : exitCodes.done;
  }
  const items = plan.items.filter((item) => !isStillThere(item));
  const todo = items.filter((item) => !isRefused(item)).length;
  if (todo > 0 && !(await confirm(io, `Bring back ${count(todo, 'key')}?`, values.yes))) return exitCodes.failed;

  await using receipt = await openRestoreReceipt(receiptFile, subject, services.now);
  using desk = openQuarantineDesk(through, values.yes, io);
  const { outcomes, counts } = await withProgress(io, { noun: 'key', expected: items.length }, ({ step }) =>
    carryOutPlan(plan, { through, desk }, receipt, task, step),
  );
  if (values.json)
    await printJson(io, { ...planObject(plan), counts, keys: outcomes.map(outcomeObject), receipt: receipt.file });
  else await printOutcomes(outcomes, counts, io);
  for (const outcome of outcomes) if ('left' in outcome && outcome.left) say(io, describeLeft(outcome.left));
  say(io, `Receipt: ${receipt.file}`);
  if (counts.left > 0) {
    const why = counts.stranger > 0 ? 'Stopped at a record that holds another key' : 'Ended early';
    say(io, `${why}: ${count(counts.left, 'key')} left. Run the same command again to go on.`);
  }
  const isWhole = counts.failed + counts.left + counts.stranger + counts.unproven === 0;
  if (isWhole) return exitCodes.done;
  return counts.restored + counts.recovered + counts.alreadyThere > 0 ? exitCodes.findings : exitCodes.failed;
}
