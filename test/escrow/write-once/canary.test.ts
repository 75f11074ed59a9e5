import { expect, test } from 'vitest';
import { findingMessage } from '../../../src/escrow/model/finding.ts';
import { OutOfTime } from '../../../src/escrow/model/service-error.ts';
import type { EscrowStore } from '../../../src/escrow/ports/escrow-store.ts';
import { trialFindings, tryCanary } from '../../../src/escrow/write-once/canary.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore, storageError } from '../../support/memory-store.ts';

const rejecting = (error: Error) => () => Promise.reject(error);
const refused = rejecting(storageError({ statusCode: 403, code: 'AuthorizationPermissionMismatch' }));
const busy = rejecting(storageError({ statusCode: 503, code: 'ServerBusy' }));
const late = rejecting(new OutOfTime());

test.each([
  ['refuses both', { replace: refused, remove: refused }, []],
  ['refuses to overwrite only', { replace: refused }, [/has deleted the canary/]],
  ['refuses to delete only', { remove: refused }, [/has overwritten the canary/]],
  ['is busy when it is to overwrite', { replace: busy, remove: refused }, [/could not be proven .*ServerBusy/]],
  ['is busy when it is to delete', { replace: refused, remove: busy }, [/could not be proven .*ServerBusy/]],
  ['answers too late', { replace: refused, remove: late }, [/could not be proven .*ran out/]],
  ['does not take the canary', { create: refused }, [/could not be proven \(the canary cannot be put: /]],
  ['cannot be read in time', { find: late }, [/could not be proven \(the canary cannot be put: .*ran out/]],
])('a store that %s', async (_, answers: Partial<EscrowStore>, expected) => {
  const trial = await tryCanary({ ...createMemoryStore(), ...answers }, noLimit);
  expect(trialFindings(trial).map(findingMessage)).toEqual(expected.map((words) => expect.stringMatching(words)));
});
