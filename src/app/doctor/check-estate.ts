import { describeSource } from '../../escrow/model/source.ts';
import { compareSources, unconfigured } from '../discover/compare-sources.ts';
import { findSources } from '../discover/find-sources.ts';
import type { SourceEntry } from '../discover/sources-file.ts';
import type { Task } from '../task.ts';
import { type Check, type CheckedSubject, notChecked, ok, unlessRefused } from './check.ts';

const maxNamed = 3;

/**
 * The silent hole: vaults that nobody configured. Only mentioned, because a person decides what is escrowed.
 * @param listed the deployment's list of sources, where it is at hand.
 */
export async function checkEstate(task: Task, listed: readonly SourceEntry[]): Promise<CheckedSubject> {
  const { services, signal } = task;
  const check = 'on no list';
  const remedy = 'Give yourself the role Reader on the subscriptions, then: `keyvault-escrow discover`.';
  const compare = async (): Promise<Check> => {
    const found = await findSources(services.resourceGraph, [], signal);
    if (found.length === 0) return notChecked(check, 'you see no vault', remedy);
    const missing = unconfigured(compareSources(found, services.settings.sources, listed));
    if (missing.length === 0) return ok(check, `none of the ${found.length} vaults and Managed HSMs that you see`);
    const names = missing.slice(0, maxNamed).map(({ source }) => describeSource(source));
    const more = missing.length > maxNamed ? ` and ${missing.length - maxNamed} more` : '';
    return ok(
      check,
      `${missing.length} of ${found.length} that you see: ${names.join(', ')}${more}. See \`keyvault-escrow discover\``,
    );
  };
  const looked = await unlessRefused(task, compare, (error) => notChecked(check, error.message, remedy));
  return { subject: 'everything else in Azure', checks: [looked] };
}
