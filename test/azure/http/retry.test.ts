import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPacer, type Pacer } from '../../../src/azure/http/pacer.ts';
import { withRetries } from '../../../src/azure/http/retry.ts';
import { OutOfTime, type ServiceAnswer, type ServiceError } from '../../../src/escrow/model/service-error.ts';
import { answered as serviceAnswer } from '../../support/answers.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { createSimulatedClock } from '../../support/simulated-clock.ts';

const host = 'contoso-prod.vault.azure.net';
const answered = (statusCode: number | undefined, more: Partial<ServiceAnswer> = {}): ServiceError =>
  serviceAnswer(more.service ?? 'Key Vault', { host, code: `Http${statusCode}`, statusCode, ...more }, 'said no');

interface Trial {
  readonly answers: readonly (Error | string)[];
  readonly deadline?: AbortSignal;
  readonly clock?: ReturnType<typeof createSimulatedClock>;
  readonly pacer?: Pacer;
}

/** Makes attempts that answer one after the other, the last for ever, and says when each started. */
async function attempting({ answers, deadline = noLimit, clock = createSimulatedClock(), pacer }: Trial) {
  const startedAt: number[] = [];
  const ended = await withRetries(
    async () => {
      const answer = answers[Math.min(startedAt.length, answers.length - 1)];
      startedAt.push(clock.now());
      if (answer instanceof Error) throw answer;
      return answer;
    },
    {
      clock,
      deadline,
      ...(pacer && { pacer }),
      peer: { service: 'Key Vault', host },
    },
  ).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  return { ...ended, startedAt };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a 429', () => {
  test('never fails a call while time remains, with or without Retry-After', async () => {
    const clock = createSimulatedClock();
    const storm = Array.from({ length: 60 }, (_, index) => answered(429, index % 2 ? { retryAfterMs: 3000 } : {}));
    const pacer = createPacer(10, clock);
    const { startedAt, ...ended } = await attempting({ answers: [...storm, 'backup'], clock, pacer });
    expect(ended).toEqual({ result: 'backup' });
    expect(startedAt).toHaveLength(61);
    expect(pacer.throttleCount()).toBe(60);
  });

  test('ends with the time, and the refusal that was waited out is the cause', async () => {
    const clock = createSimulatedClock();
    const refusal = answered(429);
    const ended = await attempting({
      answers: [refusal],
      clock,
      pacer: createPacer(10, clock),
      deadline: clock.abortAfter(60_000),
    });
    expect(ended).toMatchObject({ error: expect.any(OutOfTime) });
    expect((ended as { error: OutOfTime }).error.cause).toBe(refusal);
    expect(ended.startedAt.length).toBeGreaterThan(5);
    expect(clock.now()).toBe(60_000);
  });

  test('does not use up the retries that other faults have', async () => {
    const clock = createSimulatedClock();
    const answers = [429, 500, 429, 500, 429, 500, 429, 500, 429].map((status) => answered(status));
    expect(await attempting({ answers: [...answers, 'backup'], clock, pacer: createPacer(10, clock) })).toMatchObject({
      result: 'backup',
    });
  });

  test('of storage, which has no pace of ours, is a transient fault', async () => {
    expect((await attempting({ answers: [answered(429)] })).startedAt).toHaveLength(5);
  });
});

describe('a transient fault', () => {
  test.each([
    ['401, after which the SDK has a new token', answered(401)],
    ['408', answered(408)],
    ['500', answered(500)],
    ['502', answered(502)],
    ['503', answered(503)],
    ['504', answered(504)],
    ['no answer', answered(undefined, { code: 'ECONNRESET' })],
    ['an answer that is not valid JSON', answered(undefined, { code: 'InvalidAnswer', kind: 'invalidAnswer' })],
    ['a sign-in that failed', answered(undefined, { service: 'identity', kind: 'signInUnavailable' })],
  ])('is tried again 4 times, then reported as it is: %s', async (_, fault) => {
    const { startedAt, ...ended } = await attempting({ answers: [fault] });
    expect(ended).toEqual({ error: fault });
    expect(startedAt).toEqual([0, 500, 1500, 3500, 7500]);
  });

  test('is forgotten when a later attempt succeeds', async () => {
    const answers = [500, 503, 500, 408].map((status) => answered(status));
    expect(await attempting({ answers: [...answers, 'backup'] })).toMatchObject({ result: 'backup' });
  });

  test('waits for as long as its Retry-After says', async () => {
    const answers = [answered(503, { retryAfterMs: 9000 }), 'backup'];
    expect((await attempting({ answers })).startedAt).toEqual([0, 9000]);
  });

  test('waits up to a quarter longer by chance', async () => {
    const clock = createSimulatedClock(0, () => 0.8);
    expect((await attempting({ answers: [answered(500), 'backup'], clock })).startedAt).toEqual([0, 600]);
  });

  test('passes the pacer with every attempt', async () => {
    const clock = createSimulatedClock();
    const pacer = createPacer(0.5, clock);
    const { startedAt } = await attempting({ answers: [answered(500)], clock, pacer });
    expect(startedAt).toEqual([0, 2000, 4000, 6000, 10_000]);
  });

  test('is not tried again after the time is out; it is the cause then', async () => {
    const clock = createSimulatedClock();
    const fault = answered(503, { retryAfterMs: 60_000 });
    const ended = await attempting({ answers: [fault], clock, deadline: clock.abortAfter(10_000) });
    expect(ended).toMatchObject({ startedAt: [0], error: expect.any(OutOfTime) });
    expect((ended as { error: OutOfTime }).error.cause).toBe(fault);
    expect(clock.now()).toBe(10_000);
  });
});

describe('what no retry can mend is reported at once', () => {
  test.each([
    ['403', answered(403, { innerCode: 'ForbiddenByRbac' })],
    ['404', answered(404)],
    ['400', answered(400)],
    ['409', answered(409)],
    ['501', answered(501)],
    ['a refusal of the host guard', answered(undefined, { code: 'ForeignHost', kind: 'misrouted' })],
    ['a listing that goes in a circle', answered(undefined, { code: 'NextLinkLoop', kind: 'misrouted' })],
    ['no token', answered(undefined, { service: 'identity', kind: 'notSignedIn' })],
    ['a bug of ours', new TypeError('x is not a function')],
  ])('%s', async (_, fault) => {
    expect(await attempting({ answers: [fault] })).toEqual({ error: fault, startedAt: [0] });
  });
});

describe('time', () => {
  test('that is out already allows no attempt', async () => {
    expect(await attempting({ answers: ['backup'], deadline: AbortSignal.abort() })).toEqual({
      error: expect.any(OutOfTime),
      startedAt: [],
    });
  });

  test('that runs out during an attempt does not spoil its success', async () => {
    const controller = new AbortController();
    const result = await withRetries(
      async () => {
        controller.abort();
        return 'backup';
      },
      { clock: createSimulatedClock(), deadline: controller.signal, peer: { service: 'Key Vault', host } },
    );
    expect(result).toBe('backup');
  });

  test('of one attempt is 30 seconds; then it is cut, reported as TimedOut, and tried again', async () => {
    const clock = createSimulatedClock();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => clock.abortAfter(ms));
    let attempts = 0;
    const stalled = (signal: AbortSignal) => {
      attempts++;
      return new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('This operation was aborted', 'AbortError')));
      });
    };
    const ended = withRetries(stalled, {
      clock,
      deadline: noLimit,
      peer: { service: 'Managed HSM', host: 'contoso-hsm.managedhsm.azure.net' },
    });
    await expect(ended).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'TimedOut',
      statusCode: undefined,
      service: 'Managed HSM',
      host: 'contoso-hsm.managedhsm.azure.net',
      message: 'no answer within 30 s',
      cause: expect.anything(),
    });
    expect(attempts).toBe(5);
    expect(timeout.mock.calls).toEqual(Array(5).fill([30_000]));
    expect(clock.now()).toBe(5 * 30_000 + 7500);
  });

  test('of one attempt ends it although a part of it ignores the signal, as a stalled token endpoint does', async () => {
    const clock = createSimulatedClock();
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => clock.abortAfter(ms));
    const ended = withRetries(() => new Promise<never>(() => undefined), {
      clock,
      deadline: clock.abortAfter(40_000),
      peer: { service: 'Key Vault', host },
    });
    await expect(ended).rejects.toMatchObject({ name: 'OutOfTime', cause: { code: 'TimedOut', host } });
    expect(clock.now()).toBeLessThan(70_000);
  });
});
