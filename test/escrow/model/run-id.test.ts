import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventRunId, parseRunTime, requestRunId, scheduledRunId } from '../../../src/escrow/model/run-id.ts';

const messageId = '3f2a9c1e-7d6b-4c5a-9e8f-0a1b2c3d4e5f';
const afternoon = new Date('2026-11-24T14:03:07.891Z');
const instants = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
const wholeSeconds = (time: Date) => new Date(Math.floor(time.getTime() / 1000) * 1000);

test('a scheduled run is named by its instant alone', () => {
  expect(scheduledRunId(new Date('2026-11-24T02:00:00Z'))).toBe('20261124T020000Z');
});

test('a requested run is named by its insertion time and the start of its message id', () => {
  expect(requestRunId(afternoon, messageId)).toBe('20261124T140307Z-3f2a9c1e');
  expect(requestRunId(afternoon, messageId.toUpperCase())).toBe('20261124T140307Z-3f2a9c1e');
});

test('deliveries of one event have the same run id, those of another event another', () => {
  const eventId = '00eccf70-95a7-4e7c-8299-2eb17ee9ad64';
  expect(eventRunId(afternoon, eventId)).toBe(eventRunId(new Date(afternoon), eventId));
  // The first 8 digits of the SHA-256 of the event id.
  expect(eventRunId(afternoon, '')).toBe('20261124T140307Z-e3b0c442');
  expect(eventRunId(afternoon, eventId)).not.toBe(eventRunId(afternoon, `${eventId}x`));
});

describe('every run id', () => {
  test('gives its instant back, to the second', () => {
    fc.assert(
      fc.property(instants, fc.string(), (time, id) => {
        for (const runId of [scheduledRunId(time), requestRunId(time, id), eventRunId(time, id)]) {
          expect(runId).toMatch(/^\d{8}T\d{6}Z(-[0-9a-f]{8})?$/);
          expect(parseRunTime(runId)).toEqual(wholeSeconds(time));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('sorts as text in the order of time', () => {
    fc.assert(
      fc.property(instants, instants, (left, right) => {
        const order = Math.sign(wholeSeconds(left).getTime() - wholeSeconds(right).getTime());
        const [leftId, rightId] = [scheduledRunId(left), scheduledRunId(right)];
        expect(leftId === rightId ? 0 : leftId < rightId ? -1 : 1).toBe(order);
      }),
    );
  });
});

test.each([
  '',
  '20261124T020000',
  '20261324T020000Z',
  '20260230T020000Z',
  '20261124T250000Z',
  '20261124T020000Z-3F2A9C1E',
  '20261124T020000Z-3f2a9c1',
  '20261124T020000Z-3f2a9c1e0',
  '20261124T020000Z/../x',
  '20261124T020000Z\n',
  '+0123450101T0000Z',
])('%j is no run id', (text) => {
  expect(parseRunTime(text)).toBeUndefined();
});
