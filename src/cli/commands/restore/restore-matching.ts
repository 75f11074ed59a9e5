import { chooseKnown } from '../../../app/known-names.ts';
import type { Task } from '../../../app/task.ts';
import { EscrowFault } from '../../../escrow/model/failure.ts';
import { describeSource } from '../../../escrow/model/source.ts';
import type { RestoreOutcome } from '../../../escrow/restore/restore-key.ts';
import { restoreMany } from '../../../escrow/restore/restore-many.ts';
import { readAsOf } from '../../options/record-choice-options.ts';
import { namedSource } from '../../options/source-options.ts';
import { readTarget } from '../../options/target-options.ts';
import { confirm } from '../../terminal/confirm.ts';
import type { ExitCode } from '../../terminal/errors.ts';
import { exitCodes, UsageFault } from '../../terminal/errors.ts';
import { count } from '../../terminal/figures.ts';
import type { Io } from '../../terminal/io.ts';
import { printJson, say } from '../../terminal/print.ts';
import { showProgress } from '../../terminal/progress.ts';
import type { RestoreValues } from './restore-options.ts';
import type { RestoreCounts } from './restore-output.ts';
import { tellOutcomes, tellPlan } from './restore-output.ts';
import type { RestorePlan } from './restore-plan.ts';
import { isRefused, isStillThere, makePlan, planObject } from './restore-plan.ts';
import { defaultReceiptFile, openRestoreReceipt, readBegun } from './restore-receipt.ts';

/** Every key of a source, or those that match, as of a time: the plan, the question, the paced work, the receipt. */
export async function restoreMatching(values: RestoreValues, io: Io, task: Task): Promise<ExitCode> {
  const { services } = task;
  const target = readTarget(values, services);
  const wanted = namedSource(values);
  if (wanted === undefined) throw new UsageFault('Whose keys?', 'Name the source: --vault-name or --hsm-name.');
  const source = await chooseKnown(wanted, task);
  const asOf = readAsOf(values.at, services.now());
  const receiptFile = values.receipt ?? defaultReceiptFile({ source, target: target.source, asOf });
  const begun = await readBegun(receiptFile, { source, target: target.source, asOf });
  const plan = await makePlan({ source, target, asOf, pattern: values.name ?? '*', begun }, io, services);
  if (plan.items.length === 0) {
    throw new EscrowFault(
      'recordNotFound',
      `The escrow has no record of any such key of ${describeSource(source)}`,
      'See what there is: `keyvault-escrow list`.',
    );
  }
  tellPlan(plan, io);
  if (values.whatIf) {
    if (values.json) await printJson(io, planObject(plan));
    return plan.items.some(isRefused) ? exitCodes.findings : exitCodes.done;
  }
  const items = plan.items.filter((item) => !isStillThere(item));
  const todo = items.filter((item) => !isRefused(item)).length;
  if (todo > 0 && !(await confirm(io, `Bring back ${count(todo, 'key')}?`, values.yes))) return exitCodes.failed;

  await using receipt = await openRestoreReceipt(receiptFile, { source, target: target.source, asOf }, services.now);
  const progress = showProgress(io, 'keys', items.length);
  const ports = {
    container: services.container,
    operator: services.operatorOf(target.source),
    outOfTime: io.signal,
    sleep: services.sleep,
  };
  const outcomes = await restoreMany(items, ports, {
    beginning: receipt.beginning,
    async ended(outcome) {
      await receipt.ended(outcome);
      progress.step();
    },
  });
  progress.end();
  const counts = countOutcomes(outcomes, plan);
  await receipt.end(counts);
  if (values.json) await printJson(io, { ...planObject(plan), counts, keys: outcomes, receipt: receipt.file });
  else await tellOutcomes(outcomes, counts, io);
  say(io, `Receipt: ${receipt.file}`);
  if (counts.left > 0) say(io, `Ended early: ${count(counts.left, 'key')} left. Run the same command again to go on.`);
  if (counts.failed === 0 && counts.left === 0) return exitCodes.done;
  return counts.restored + counts.recovered + counts.alreadyThere > 0 ? exitCodes.findings : exitCodes.failed;
}

function countOutcomes(outcomes: readonly RestoreOutcome[], plan: RestorePlan): RestoreCounts {
  const stillThere = plan.items.filter(isStillThere).length;
  const counts = {
    planned: plan.items.length,
    stillThere,
    restored: 0,
    alreadyThere: 0,
    recovered: 0,
    failed: 0,
    left: 0,
  };
  for (const { outcome } of outcomes) counts[outcome]++;
  counts.left = counts.planned - stillThere - outcomes.length;
  return counts;
}
