import { expect, test } from 'vitest';
import { checkQueues } from '../../../src/app/doctor/check-queues.ts';
import type { OperatorServices } from '../../../src/app/operator-services.ts';
import { SettingsFault } from '../../../src/app/settings.ts';
import type { PoisonMessage } from '../../../src/escrow/ports/request-queue.ts';
import { noLimit } from '../../support/escrow-sources.ts';

async function check({ poison = [], mayProcess = true, isApp = false }: Partial<Situation>) {
  const services = {
    settings: { queueName: 'requests' },
    requests: {
      length: async () => 0,
      poisonLength: async () => poison.length,
      peekPoison: async () => poison,
      mayProcess: async () => mayProcess,
    },
  } as unknown as OperatorServices;
  const { checks } = await checkQueues({ services, signal: noLimit, say: () => undefined }, isApp);
  return (wanted: string) => checks.find((one) => one.check === wanted);
}

interface Situation {
  readonly poison: readonly PoisonMessage[];
  readonly mayProcess: boolean;
  readonly isApp: boolean;
}

test('a poison message cannot steer the terminal of whoever runs doctor', async () => {
  const text = '{"all":true}\u001b[2J\u009b2J\r\nok  poison queue  empty';
  const poison = (await check({ poison: [{ text, isBase64: true }] }))('poison queue');
  expect(poison).toMatchObject({ status: 'failed', message: expect.stringContaining('{"all":true}') });
  expect(poison?.message).not.toMatch(/\p{Cc}/u);
  expect(poison?.remedy).toMatch(/^The reason is in requests/);
});

test('a desk without the settings of the queue gets a message, and the rest is checked all the same', async () => {
  const settings = {
    get queueName(): string {
      throw new SettingsFault(['ESCROW_QUEUE_NAME is missing']);
    },
  };
  const task = { services: { settings } as unknown as OperatorServices, signal: noLimit, say: () => undefined };
  expect((await checkQueues(task, false)).checks).toEqual([
    expect.objectContaining({ status: 'notChecked', message: 'no queue is configured' }),
  ]);
});

test('a message that is not base64 is shown as it is, with what that means', async () => {
  const other = { text: '{"all":true}', isBase64: true };
  const poison = (await check({ poison: [other, { text: '{"vaultName":"x"}', isBase64: false }] }))('poison queue');
  expect(poison?.message).toBe('2 messages could not be carried out, for example {"vaultName":"x"} (not base64)');
  expect(poison?.remedy).toMatch(/the app never saw it, and there is no record.*QueueMessageEncoding\.Base64/);
});

test('a role that is not enough to work on messages is a fault of the app, and none of a person', async () => {
  const app = (await check({ mayProcess: false, isApp: true }))('queue role');
  expect(app).toMatchObject({ status: 'failed', message: expect.stringContaining('starts over and over') });
  expect(app?.remedy).toMatch(/Storage Queue Data Contributor.*AzureWebJobs\.onDemandEscrow\.Disabled=true/);
  const person = (await check({ mayProcess: false, isApp: false }))('queue role');
  expect(person).toMatchObject({ status: 'notChecked', message: expect.stringContaining('normal for an operator') });
  expect((await check({ mayProcess: true, isApp: true }))('queue role')?.status).toBe('ok');
});
