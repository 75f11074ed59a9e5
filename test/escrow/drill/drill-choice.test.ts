import { expect, test } from 'vitest';
import { recordName, recordPrefix } from '../../../src/escrow/blob-names.ts';
import { chooseForDrill } from '../../../src/escrow/drill/drill-choice.ts';
import { noLimit, publicSuffixes } from '../../support/escrow-sources.ts';
import { createMemoryContainer } from '../../support/memory-container.ts';

test('a folder that holds no record does not stop the drill', async () => {
  const source = { kind: 'vault', name: 'contoso-prod' } as const;
  const container = createMemoryContainer();
  const put = (name: string) =>
    container.create({ name, bytes: Buffer.from('a'), contentType: 'text/plain', metadata: {} }, noLimit);
  await put(`${recordPrefix(source, 'alien')}readme.txt`);
  await put(recordName(source, 'signing', '20261124T020000Z'));
  const target = { source: { kind: 'vault', name: 'contoso-drill' }, place: {} } as const;
  const ports = { container, suffixes: publicSuffixes, outOfTime: noLimit };
  const chosen = await chooseForDrill({ sources: [source], target, sample: 3 }, new Map(), ports);
  expect(chosen.map(({ record }) => record.keyName)).toEqual(['signing']);
});
