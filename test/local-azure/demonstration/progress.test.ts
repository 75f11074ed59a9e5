import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createProgress } from '../../../local-azure/demonstration/progress.ts';

test('reports a message that is not base64, which only the host sees', async () => {
  const stream = new PassThrough();
  const progress = createProgress(stream as unknown as NodeJS.WriteStream);
  const poisoned = { event: 'poisoned', at: 0, functionName: 'onDemandEscrow', messageId: 'm-1' } as const;
  progress.show({ ...poisoned, reason: 'notDecodable' });
  progress.show({ ...poisoned, reason: 'maxDequeueCount' });
  stream.end();
  expect(await text(stream)).toBe(
    '  Message m-1 is not base64: the host put it on the poison queue, and the app never saw it.\n',
  );
});
