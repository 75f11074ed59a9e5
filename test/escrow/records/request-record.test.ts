import { expect, test } from 'vitest';
import { requestRecordName } from '../../../src/escrow/records/blob-names.ts';
import { readRequest, saveRequest } from '../../../src/escrow/records/request-record.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore } from '../../support/memory-store.ts';

const messageId = '5f3a9c1e-0000-4000-8000-000000000000';
const insertedAt = new Date('2026-11-24T14:03:07Z');
const record = {
  format: 'keyvault-escrow/request/1',
  messageId,
  runId: '20261124T140307Z-5f3a9c1e',
  insertedAt: insertedAt.toISOString(),
  recordedAt: '2026-11-24T14:03:09.123Z',
  status: 'refused',
  reason: 'Cannot carry out the request: the message is empty.',
  attempt: 1,
  message: { text: '' },
} as const;

test('a request that was not carried out reads back as it was kept, and stands against a redelivery', async () => {
  const store = createMemoryStore();
  await saveRequest(store, record, noLimit);
  await saveRequest(store, { ...record, attempt: 2 }, noLimit);
  expect(await readRequest(store, { insertedAt, messageId }, noLimit)).toEqual(record);
});

test('of a message that left none there is none', async () => {
  expect(await readRequest(createMemoryStore(), { insertedAt, messageId }, noLimit)).toBeUndefined();
});

test.each([
  ['empty', {}],
  ['of another format', { ...record, format: 'keyvault-escrow/drill/1' }],
  ['without a reason', { ...record, reason: undefined }],
  ['with a state that there is not', { ...record, status: 'done' }],
  ['with a message in two forms', { ...record, message: { text: '', base64: '' } }],
])('a record that is %s says nothing, and stops nobody who waits for it', async (_, content) => {
  const store = createMemoryStore();
  store.put(requestRecordName(insertedAt, messageId), JSON.stringify(content));
  expect(await readRequest(store, { insertedAt, messageId }, noLimit)).toBeUndefined();
});
