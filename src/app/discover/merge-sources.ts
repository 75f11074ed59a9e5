import { isSameSource, namesOfSource, type SourceId } from '../../escrow/model/source.ts';
import { sourceOf } from '../source-settings.ts';
import type { FoundSource } from './find-sources.ts';
import { isSample, type SourceEntry } from './sources-file.ts';

export type SourceChange =
  /** `sampleRemoved`: the example that the repository comes with. `notFound` is kept: whoever asks may not be allowed to see it. */
  | { readonly kind: 'added' | 'sampleRemoved' | 'notFound'; readonly source: SourceId }
  | { readonly kind: 'changed'; readonly source: SourceId; readonly properties: ReturnType<typeof differences> };

/** The topic that the deployment itself makes; written into the file, it would be taken for somebody else's. */
const ownTopicName = (vaultName: string): string => `evgt-key-escrow-${vaultName}`;

/**
 * The file of sources after a look around, and what differs, in the order of its entries. Every source found is in it, with what
 * Azure says of where it is. What a person chose (selection, pace, events, private endpoint, restore place, `notEscrowed`) stays as it
 * was written.
 */
export function mergeSources(found: readonly FoundSource[], existing: readonly SourceEntry[]) {
  const changes: SourceChange[] = [];
  const entries: SourceEntry[] = [];
  for (const entry of existing) {
    const source = sourceOf(entry);
    const match = found.find((one) => isSameSource(one.source, source));
    if (match === undefined && isSample(entry)) changes.push({ kind: 'sampleRemoved', source });
    else if (match === undefined) {
      changes.push({ kind: 'notFound', source });
      entries.push(entry);
    } else {
      const updated = withFacts(entry, match);
      const properties = differences(entry, updated);
      if (properties.length > 0) changes.push({ kind: 'changed', source, properties });
      entries.push(updated);
    }
  }
  for (const one of found) {
    if (existing.some((entry) => isSameSource(sourceOf(entry), one.source))) continue;
    changes.push({ kind: 'added', source: one.source });
    entries.push(
      withFacts(
        { ...namesOfSource(one.source), resourceGroup: one.resourceGroup, privateEndpoint: !one.publicAccess },
        one,
      ),
    );
  }
  return { entries, changes };
}

/** What Azure knows better than the file. */
function withFacts(entry: SourceEntry, found: FoundSource): SourceEntry {
  const { existingSystemTopic: _topic, ...rest } = entry;
  const place = { subscriptionId: found.subscriptionId, resourceGroup: found.resourceGroup, location: found.location };
  if (found.source.kind === 'managedHsm') return { ...rest, ...place };
  const { topic, accessModel } = found;
  const isForeign = topic !== undefined && topic.name.toLowerCase() !== ownTopicName(found.source.name);
  const isElsewhere = topic?.resourceGroup.toLowerCase() !== found.resourceGroup.toLowerCase();
  return {
    ...rest,
    ...place,
    accessModel: accessModel === 'rbac' ? 'rbac' : 'accessPolicy',
    ...(isForeign && {
      existingSystemTopic: { name: topic.name, ...(isElsewhere && { resourceGroup: topic.resourceGroup }) },
    }),
  };
}

function differences(before: SourceEntry, after: SourceEntry) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof SourceEntry>;
  return [...names]
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => ({ name, before: before[name], after: after[name] }));
}
