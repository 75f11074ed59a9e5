import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { endsOfSlots, nightOfEstate, nightOfSource } from './estate-plan.ts';
import { partOf, withPart } from './performance-document.ts';
import { estates, planTable } from './plan-table.ts';

describe('a night of one source', () => {
  it('takes one turn for each key and one for each page of 25', () => {
    const night = nightOfSource({ kind: 'vault', count: 1, keysEach: 100 });
    expect(night).toMatchObject({ calls: 104, perSecond: 10, binds: 'our pace', invocations: 1 });
    expect(night.seconds).toBeCloseTo(11.4);
  });

  it('is bound by the service where our pace is above its limit', () => {
    const night = nightOfSource({ kind: 'managedHsm', count: 1, keysEach: 25, maxBackupsPerSecond: 50 });
    expect(night).toMatchObject({ perSecond: 10, binds: "the service's limit" });
  });

  it('needs more than one invocation when it outlives the usable 28 minutes', () => {
    expect(nightOfSource({ kind: 'managedHsm', count: 1, keysEach: 8000 }).invocations).toBe(1);
    expect(nightOfSource({ kind: 'managedHsm', count: 1, keysEach: 9000 }).invocations).toBe(2);
  });
});

describe('a night of an estate', () => {
  it('is as long as its longest source when every source has a slot', () => {
    const groups = [
      { kind: 'vault', count: 4, keysEach: 25 },
      { kind: 'managedHsm', count: 1, keysEach: 250 },
    ] as const;
    const night = nightOfEstate({ name: '', groups, apps: 1, instances: 1 });
    expect(night.seconds).toBeCloseTo(1 + 260 / 5 + 5);
    expect(night).toMatchObject({ sourcesAtOnce: 5, keys: 350, sourceCalls: 4 * 26 + 260, storageRequests: 350 + 10 });
    expect(night.binds).toContain('our pace (5/s)');
  });

  it('goes in waves when there are more sources than slots, and says so', () => {
    const groups = [{ kind: 'vault', count: 10, keysEach: 25 }] as const;
    const one = nightOfEstate({ name: '', groups, apps: 1, instances: 1 });
    const two = nightOfEstate({ name: '', groups, apps: 1, instances: 2 });
    expect(one.binds).toBe('5 sources at once');
    expect(one.seconds - 5).toBeCloseTo(2 * (two.seconds - 5));
  });
});

describe('slots', () => {
  it('take the longest first, each the one that is free first', () => {
    expect(endsOfSlots([1, 5, 3, 2], 2)).toEqual([6, 5]);
    expect(endsOfSlots([4], 3)).toEqual([4]);
  });
});

describe('docs/performance.md', () => {
  it('shows the plan as it is computed', async () => {
    expect(partOf(await readFile('docs/performance.md', 'utf8'), 'plan')).toBe(planTable());
  });

  it('says rightly that no night takes a tenth of what storage or the CPU allows', () => {
    for (const estate of estates) {
      const { storageShare, cpuShare } = nightOfEstate(estate);
      expect(Math.max(storageShare, cpuShare), estate.name).toBeLessThan(0.1);
    }
  });

  it('shows only charts that are there, and all of them', async () => {
    const document = await readFile('docs/performance.md', 'utf8');
    const shown = [...document.matchAll(/\(charts\/([a-z-]+\.svg)\)/g)].map(([, file]) => file);
    expect(new Set(shown)).toEqual(new Set(await readdir('docs/charts')));
  });
});

describe('a part of a document', () => {
  const document = 'a\n<!-- x -->\nold\n<!-- /x -->\nb\n';

  it('is replaced and nothing else', () => {
    const changed = withPart(document, 'x', 'new');
    expect(changed).toBe('a\n<!-- x -->\nnew\n<!-- /x -->\nb\n');
    expect(partOf(changed, 'x')).toBe('new');
  });

  it('must be there', () => {
    expect(() => withPart('a', 'x', 'new')).toThrow('no part "x"');
    expect(partOf('a', 'x')).toBeUndefined();
  });
});
