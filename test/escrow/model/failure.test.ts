import { describe, expect, test } from 'vitest';
import {
  describeFailure,
  EscrowFault,
  type Failure,
  failureHeadline,
  failureSentence,
} from '../../../src/escrow/model/failure.ts';
import { OutOfTime } from '../../../src/escrow/model/service-error.ts';
import { incompleteRun } from '../../../src/escrow/run/incomplete-run.ts';
import { answered } from '../../support/answers.ts';

const prod = { kind: 'vault', name: 'contoso-prod' } as const;
const host = 'contoso-prod.vault.azure.net';
const forbidden = answered(
  'Key Vault',
  { host, statusCode: 403, code: 'Forbidden', innerCode: 'ForbiddenByRbac', requestId: 'r-1' },
  'Caller is not authorized.',
);

describe('a failure', () => {
  test('is data: what could not be done, to what, why, and what to do', () => {
    expect(describeFailure(forbidden, 'backUp', prod, 'payroll')).toEqual({
      code: 'ForbiddenByRbac',
      kind: 'denied',
      attempt: 'back up',
      subject: 'key "payroll" in vault "contoso-prod"',
      reason: 'access denied (403 ForbiddenByRbac, request r-1): Caller is not authorized',
      remedy: 'Grant Microsoft.KeyVault/vaults/keys/backup/action.',
      statusCode: 403,
      requestId: 'r-1',
    });
  });

  test('makes one sentence where it is printed', () => {
    const failure = describeFailure(forbidden, 'list', prod);
    expect(failureSentence(failure)).toBe(
      'Cannot list the keys of vault "contoso-prod": access denied (403 ForbiddenByRbac, request r-1): Caller is not authorized. Grant Microsoft.KeyVault/vaults/keys/read.',
    );
    expect(failureSentence(failure)).toBe(`${failureHeadline(failure)}. ${failure.remedy}`);
  });

  test('keeps what was thrown, where nothing that is written can carry it', () => {
    const failure = describeFailure(forbidden, 'list', prod);
    expect(failure.cause).toBe(forbidden);
    expect(Object.keys(failure)).not.toContain('cause');
    expect(incompleteRun('Head.', [failure]).errors[0]).toMatchObject({ cause: forbidden });
  });

  test.each([
    [
      'of our own has its own remedy',
      new EscrowFault('EmptyBackup', 'no backup', 'Tell Azure support.'),
      'Tell Azure support.',
    ],
    ['that is a bug asks for a report', new TypeError('x is undefined'), expect.stringContaining('report it')],
    ['that is no error asks for a report', 'nonsense', expect.stringContaining('report it')],
  ])('%s', (_, error, remedy) => {
    expect(describeFailure(error, 'backUp', prod, 'payroll')).toMatchObject({ attempt: 'back up', remedy });
  });

  test('for lack of time says what was being waited out', () => {
    const throttled = answered('Key Vault', { statusCode: 429, code: 'Throttled' }, 'Too many requests.');
    const failure = describeFailure(new OutOfTime({ cause: throttled }), 'backUp', prod, 'payroll');
    expect(failure.code).toBe('outOfTime');
    expect(failure.reason).toContain('while waiting out: throttled (429 Throttled): Too many requests');
    expect(describeFailure(new OutOfTime(), 'list', prod).reason).not.toContain('waiting out');
  });
});

test('one error at the end carries every failure, and its text says how many it leaves out, and where they are', () => {
  const failures = Array.from(
    { length: 1040 },
    (_, index): Failure => ({ code: 'c', attempt: 'back up', subject: `key ${index}`, reason: 'r', remedy: 'R.' }),
  );
  const error = incompleteRun('Head.', failures);
  expect(error.errors).toHaveLength(1040);
  expect(error.errors[39]).toMatchObject({ message: 'Cannot back up key 39: r. R.', code: 'c' });
  expect(error.message.split('\n')).toHaveLength(27);
  expect(error.message).toMatch(/\n- and 1,015 more, in the run report and the log$/);
});
