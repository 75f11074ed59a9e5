import { expect, test } from 'vitest';
import { attempt } from '../../../src/app/doctor/check.ts';
import type { OperatorServices } from '../../../src/app/operator-services.ts';
import { answered } from '../../support/answers.ts';

test('what a service refuses after Ctrl-C ends doctor as interrupted, and is no finding', async () => {
  const interrupt = new AbortController();
  const task = { services: {} as OperatorServices, signal: interrupt.signal, say: () => undefined };
  const checking = attempt('list', task, async () => {
    interrupt.abort();
    throw answered('Key Vault', { statusCode: 403 });
  });
  await expect(checking).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
});
