import { expect, test } from 'vitest';
import type { OperatorServices } from '../../../src/app/operator-services.ts';
import { checkQueues } from '../../../src/cli/commands/doctor/doctor-queue.ts';
import type { Io } from '../../../src/cli/terminal/io.ts';
import type { PoisonMessage } from '../../../src/escrow/ports/request-queue.ts';
import { noLimit } from '../../support/escrow-sources.ts';

async function check({ poison = [], mayProcess = true, env = {} }: Partial<Situation>) {
  const services = {
    settings: { queueName: 'requests' },
    requests: {
      state: async () => ({ name: 'requests', length: 0 }),
      poisonState: async () => ({ name: 'requests-poison', length: poison.length }),
      peekPoison: async () => poison,
      mayProcess: async () => mayProcess,
    },
  } as unknown as OperatorServices;
  const checks = await checkQueues({ signal: noLimit, env } as unknown as Io, services);
  return (wanted: string) => checks.find((one) => one.check === wanted);
}

interface Situation {
  readonly poison: readonly PoisonMessage[];
  readonly mayProcess: boolean;
  readonly env: Readonly<Record<string, string>>;
}

test('a poison message cannot steer the terminal of whoever runs doctor', async () => {
  const text = '{"all":true}\u001b[2J\u009b2J\r\nok  poison queue  empty';
  const poison = (await check({ poison: [{ text, isBase64: true }] }))('poison queue');
  expect(poison).toMatchObject({ status: 'failed', message: expect.stringContaining('{"all":true}') });
  expect(poison?.message).not.toMatch(/\p{Cc}/u);
  expect(poison?.fix).toMatch(/^The reason is in requests/);
});

test('a message that is not base64 is shown as it is, with what that means', async () => {
  const other = { text: '{"all":true}', isBase64: true };
  const poison = (await check({ poison: [other, { text: '{"vaultName":"x"}', isBase64: false }] }))('poison queue');
  expect(poison?.message).toBe('2 messages could not be carried out, for example {"vaultName":"x"} (not base64)');
  expect(poison?.fix).toMatch(/the app never saw it, and there is no record.*QueueMessageEncoding\.Base64/);
});

test('a role that is not enough to work on messages is a fault of the app, and none of a person', async () => {
  const appEnv = { AZURE_CLIENT_ID: 'id-1', ESCROW_QUEUE__clientId: 'id-1' };
  const app = (await check({ mayProcess: false, env: appEnv }))('queue role');
  expect(app).toMatchObject({ status: 'failed', message: expect.stringContaining('starts over and over') });
  expect(app?.fix).toMatch(/Storage Queue Data Contributor.*AzureWebJobs\.onDemandEscrow\.Disabled=true/);
  const person = (await check({ mayProcess: false, env: { ESCROW_QUEUE__clientId: 'id-1' } }))('queue role');
  expect(person).toMatchObject({ status: 'skipped', message: expect.stringContaining('normal for an operator') });
  expect((await check({ mayProcess: true, env: appEnv }))('queue role')?.status).toBe('ok');
});
