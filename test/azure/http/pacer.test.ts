import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPacer, type Turn } from '../../../src/azure/http/pacer.ts';
import { OutOfTime } from '../../../src/escrow/model/service-error.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { createSimulatedClock } from '../../support/simulated-clock.ts';

async function takeTurns(pacer: ReturnType<typeof createPacer>, count: number): Promise<Turn[]> {
  return Promise.all(Array.from({ length: count }, () => pacer.turn(noLimit)));
}

describe('the pace', () => {
  test('is kept: so many starts a second, evenly, without a burst', async () => {
    const pacer = createPacer(10, createSimulatedClock(1_000_000));
    const starts = (await takeTurns(pacer, 21)).map((turn) => turn.startedAt - 1_000_000);
    expect(starts[0]).toBe(0);
    expect(starts.at(-1)).toBeGreaterThanOrEqual(1949);
    for (const [index, start] of starts.entries()) {
      // 50 ms may be made up for once, because timers fire late.
      if (index > 0) expect(start - (starts[index - 1] ?? 0)).toBeGreaterThanOrEqual(index === 1 ? 49 : 99);
    }
  });

  test('is kept in every window, whatever the callers do', async () => {
    const callers = fc.array(fc.tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 1, max: 12 })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(0.5, 5, 10, 100), callers, async (rate, waves) => {
        const clock = createSimulatedClock(1_000_000);
        const pacer = createPacer(rate, clock);
        const all = await Promise.all(
          waves.map(async ([after, count]) => {
            await clock.sleep(after, noLimit);
            return takeTurns(pacer, count);
          }),
        );
        const starts = all
          .flat()
          .map((turn) => turn.startedAt)
          .sort((left, right) => left - right);
        for (const [from, first] of starts.entries()) {
          for (const [index, last] of starts.entries()) {
            if (index < from) continue;
            expect(index - from).toBeLessThanOrEqual(((last - first + 51) * rate) / 1000 + 0.001);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('does not save up turns while nobody asks', async () => {
    const clock = createSimulatedClock();
    const pacer = createPacer(10, clock);
    await pacer.turn(noLimit);
    await clock.sleep(60_000, noLimit);
    const starts = (await takeTurns(pacer, 3)).map((turn) => turn.startedAt);
    expect(starts).toEqual([60_000, 60_050, 60_150]);
  });

  test('serves first come first served, across a hold too', async () => {
    const clock = createSimulatedClock();
    const pacer = createPacer(10, clock);
    const order: number[] = [];
    const callers = Array.from({ length: 12 }, (_, index) =>
      pacer.turn(noLimit).then((turn) => {
        order.push(index);
        if (index === 4) pacer.throttled(turn, 3000);
      }),
    );
    await Promise.all(callers);
    expect(order).toEqual(Array.from({ length: 12 }, (_, index) => index));
  });
});

describe('a 429', () => {
  test('halves the pace and holds everybody for 1, 2, 4, 8, 16 and again 16 seconds when it keeps coming', async () => {
    const clock = createSimulatedClock(1_000_000);
    const pacer = createPacer(100, clock);
    const holds: number[] = [];
    for (let episode = 0; episode < 6; episode++) {
      const turn = await pacer.turn(noLimit);
      pacer.throttled(turn, undefined);
      const next = await pacer.turn(noLimit);
      holds.push(next.startedAt - turn.startedAt);
      await clock.sleep(500, noLimit);
    }
    expect(holds).toEqual([1000, 2000, 4000, 8000, 16_000, 16_000]);
    expect(pacer.throttleCount()).toBe(6);
  });

  test('holds up to a quarter longer, by chance, so that instances do not come back together', async () => {
    const clock = createSimulatedClock(0, () => 0.999);
    const pacer = createPacer(10, clock);
    pacer.throttled(await pacer.turn(noLimit), undefined);
    const next = await pacer.turn(noLimit);
    expect(next.startedAt).toBeGreaterThan(1240);
    expect(next.startedAt).toBeLessThanOrEqual(1250);
  });

  test('with Retry-After holds for exactly that long, longer or shorter than the advice', async () => {
    for (const retryAfterMs of [0, 200, 7000, 45_000]) {
      const pacer = createPacer(
        100,
        createSimulatedClock(0, () => 0.5),
      );
      pacer.throttled(await pacer.turn(noLimit), retryAfterMs);
      const next = await pacer.turn(noLimit);
      expect(Math.abs(next.startedAt - retryAfterMs)).toBeLessThanOrEqual(10);
    }
  });

  test('counts once for all calls that were under way together: one halving, one step of the hold', async () => {
    const clock = createSimulatedClock();
    const pacer = createPacer(100, clock);
    const turns = await takeTurns(pacer, 16);
    const refusedAt = clock.now();
    for (const turn of turns) pacer.throttled(turn, undefined);
    expect(pacer.perSecond()).toBe(50);
    expect(pacer.throttleCount()).toBe(16);
    expect((await pacer.turn(noLimit)).startedAt).toBe(refusedAt + 1000);
  });

  test('of a call under way still prolongs the hold when its Retry-After says so', async () => {
    const clock = createSimulatedClock();
    const pacer = createPacer(100, clock);
    const [first, second] = await takeTurns(pacer, 2);
    const refusedAt = clock.now();
    if (first === undefined || second === undefined) expect.unreachable();
    pacer.throttled(first, undefined);
    pacer.throttled(second, 30_000);
    expect((await pacer.turn(noLimit)).startedAt).toBe(refusedAt + 30_000);
  });

  test('never stops the source: the pace has a floor of a thirty-second of the ceiling', async () => {
    const clock = createSimulatedClock();
    const pacer = createPacer(32, clock);
    for (let episode = 0; episode < 10; episode++) {
      const turn = await pacer.turn(noLimit);
      await clock.sleep(1, noLimit);
      pacer.throttled(turn, 10);
    }
    expect(pacer.perSecond()).toBe(1);
  });
});

describe('recovery', () => {
  test('goes a twentieth of the ceiling at a time, after two seconds of successes each, up to the ceiling', async () => {
    const clock = createSimulatedClock(1_000_000);
    const pacer = createPacer(20, clock);
    const refused = await pacer.turn(noLimit);
    pacer.throttled(refused, undefined);
    const paces: number[] = [pacer.perSecond()];
    let successes = 0;
    const successesPerStep: number[] = [];
    while (pacer.perSecond() < 20) {
      const before = pacer.perSecond();
      pacer.succeeded(await pacer.turn(noLimit));
      successes++;
      if (pacer.perSecond() === before) continue;
      paces.push(pacer.perSecond());
      successesPerStep.push(successes);
      successes = 0;
    }
    expect(paces).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(successesPerStep).toEqual([20, 22, 24, 26, 28, 30, 32, 34, 36, 38]);
    expect(clock.now() - refused.startedAt).toBeGreaterThan(20_000);
  });

  test('begins the hold at one second again, but only after a success that started later than the refusal', async () => {
    const clock = createSimulatedClock();
    const pacer = createPacer(100, clock);
    const [first, second] = await takeTurns(pacer, 2);
    if (first === undefined || second === undefined) expect.unreachable();
    pacer.throttled(first, undefined);
    // Under way when the service refused: says nothing about what it allows now.
    pacer.succeeded(second);
    const third = await pacer.turn(noLimit);
    pacer.throttled(third, undefined);
    const fourth = await pacer.turn(noLimit);
    expect(fourth.startedAt - third.startedAt).toBe(2000);
    pacer.succeeded(fourth);
    const fifth = await pacer.turn(noLimit);
    pacer.throttled(fifth, undefined);
    expect((await pacer.turn(noLimit)).startedAt - fifth.startedAt).toBe(1000);
  });

  test('starts over at every refusal', async () => {
    const clock = createSimulatedClock();
    const pacer = createPacer(20, clock);
    pacer.throttled(await pacer.turn(noLimit), undefined);
    for (let done = 0; done < 19; done++) pacer.succeeded(await pacer.turn(noLimit));
    pacer.throttled(await pacer.turn(noLimit), undefined);
    expect(pacer.perSecond()).toBe(5);
    for (let done = 0; done < 9; done++) pacer.succeeded(await pacer.turn(noLimit));
    expect(pacer.perSecond()).toBe(5);
    pacer.succeeded(await pacer.turn(noLimit));
    expect(pacer.perSecond()).toBe(6);
  });
});

describe('out of time', () => {
  test('a caller gets no turn any more, and the others go on', async () => {
    const clock = createSimulatedClock();
    const pacer = createPacer(1, clock);
    const deadline = clock.abortAfter(2500);
    const late = Array.from({ length: 5 }, () => pacer.turn(deadline));
    const other = pacer.turn(noLimit);
    const settled = await Promise.allSettled(late);
    expect(settled.map(({ status }) => status)).toEqual([...Array(3).fill('fulfilled'), ...Array(2).fill('rejected')]);
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(OutOfTime);
    expect((await other).startedAt).toBe(3000);
  });

  test('a caller is reported at once, even behind another that has the time to wait out a long hold', async () => {
    const clock = createSimulatedClock();
    const pacer = createPacer(10, clock);
    pacer.throttled(await pacer.turn(noLimit), 600_000);
    const patient = pacer.turn(noLimit);
    await expect(pacer.turn(clock.abortAfter(5000))).rejects.toBeInstanceOf(OutOfTime);
    expect(clock.now()).toBe(5000);
    expect((await patient).startedAt).toBe(600_000);
  });

  test('a caller that comes with no time left gets no turn', async () => {
    const pacer = createPacer(10, createSimulatedClock());
    await expect(pacer.turn(AbortSignal.abort())).rejects.toBeInstanceOf(OutOfTime);
    expect((await pacer.turn(noLimit)).startedAt).toBe(0);
  });
});
