import { expect, test } from 'vitest';
import type { OperatorServices } from '../../../src/app/operator-services.ts';
import { checkQueues } from '../../../src/cli/commands/doctor/doctor-storage.ts';
import type { Io } from '../../../src/cli/terminal/io.ts';
import { noLimit } from '../../support/escrow-sources.ts';

test('a poison message cannot steer the terminal of whoever runs doctor', async () => {
  const services = {
    settings: { queueName: 'requests' },
    requests: {
      state: async () => ({ name: 'requests', length: 0 }),
      poisonState: async () => ({ name: 'requests-poison', length: 1 }),
      peekPoison: async () => ['{"all":true}\u001b[2J\u009b2J\r\nok  poison queue  empty'],
    },
  } as unknown as OperatorServices;
  const [, poison] = await checkQueues({ signal: noLimit } as Io, services);
  expect(poison).toMatchObject({ status: 'failed', message: expect.stringContaining('{"all":true}') });
  expect(poison?.message).not.toMatch(/\p{Cc}/u);
});
