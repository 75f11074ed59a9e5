import { expect, test } from 'vitest';
import { backUpSources } from '../../../src/app/backup/back-up-sources.ts';
import type { Task } from '../../../src/app/task.ts';
import type { EscrowStore } from '../../../src/escrow/ports/escrow-store.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { now } from '../../support/now.ts';
import { createScriptedKeySource } from '../../support/scripted-key-source.ts';

const source = escrowSource('vault', 'contoso-prod');
const silent = { listed: () => undefined, done: () => undefined };

/** A person's backup of that vault into a store. Records in which order both were asked, and whether the listing was ended. */
function desk(isBroken: boolean) {
  const asked: string[] = [];
  const memory = createMemoryStore();
  const scripted = createScriptedKeySource({ source, pages: [[{ name: 'a' }]] });
  const deadlines: AbortSignal[] = [];
  const keys: typeof scripted = {
    ...scripted,
    listKeys(deadline) {
      asked.push('keys');
      deadlines.push(deadline);
      return scripted.listKeys(deadline);
    },
  };
  const store: EscrowStore = {
    ...memory,
    get list() {
      asked.push('store');
      if (isBroken) throw new Error('no such container');
      return memory.list;
    },
  };
  const services = { keysOf: () => keys, store, now } as unknown as Task['services'];
  const task: Task = { services, signal: noLimit, say: () => undefined };
  const options = { sources: [source], force: false, whatIf: false };
  return { asked, deadlines, backUp: () => backUpSources(options, task, silent) };
}

test('the keys are being listed before the store is looked into', async () => {
  const { asked, backUp } = desk(false);
  const { runs } = await backUp();
  expect([asked, runs[0]?.status]).toEqual([['keys', 'store'], 'ok']);
});

test('a store that cannot be looked into ends the listing', async () => {
  const { deadlines, backUp } = desk(true);
  await expect(backUp()).rejects.toThrow('no such container');
  expect(deadlines.map(({ aborted }) => aborted)).toEqual([true]);
});
