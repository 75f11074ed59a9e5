import { expect, test } from 'vitest';
import { oneLargeAtATime } from '../../../src/escrow/records/bounded-read.ts';
import { storedBlob } from '../../support/memory-store.ts';

test('large blobs are worked on one by one, small ones all at once', async () => {
  const withLarge = oneLargeAtATime();
  const most = async (length: number): Promise<number> => {
    let underWay = 0;
    let highest = 0;
    const work = async (): Promise<void> => {
      highest = Math.max(highest, ++underWay);
      await new Promise(setImmediate);
      underWay--;
    };
    const blob = {
      ...storedBlob({ name: 'x', bytes: Buffer.from('x'), createdAt: new Date('2026-11-24T02:00:00Z') }),
      length,
    };
    await Promise.all(Array.from({ length: 5 }, () => withLarge(blob, work)));
    return highest;
  };
  expect([await most(1000), await most(64 * 1024 ** 2)]).toEqual([5, 1]);
});
