import { describe, expect, test } from 'vitest';
import { describeFailure, EscrowFault, reasonOf } from '../../../src/escrow/model/failure.ts';
import type { ServiceAnswer } from '../../../src/escrow/model/service-error.ts';
import { OutOfTime, type ServiceError } from '../../../src/escrow/model/service-error.ts';
import { incompleteRun } from '../../../src/escrow/run/incomplete-run.ts';
import { answered } from '../../support/answers.ts';

const prod = { kind: 'vault', name: 'contoso-prod' } as const;
const hsm = { kind: 'managedHsm', name: 'contoso-hsm' } as const;
const keyVault = (message: string, answer: Partial<ServiceAnswer>): ServiceError =>
  answered('Key Vault', { code: 'x', host: 'contoso-prod.vault.azure.net', ...answer }, message);
const forbidden = (innerCode?: string, message = 'Caller is not authorized.') =>
  keyVault(message, { statusCode: 403, code: 'Forbidden', innerCode, requestId: 'r-1' });

describe('a 403 says which of the four kinds it is and what to do', () => {
  test('a missing role names the data action, for what was being done', () => {
    expect(describeFailure(forbidden('ForbiddenByRbac'), 'backUp', prod, 'payroll')).toEqual({
      code: 'ForbiddenByRbac',
      message:
        'Cannot back up key "payroll" in vault "contoso-prod": access denied (403 ForbiddenByRbac, request r-1): Caller is not authorized. Grant Microsoft.KeyVault/vaults/keys/backup/action.',
      remedy: 'Grant Microsoft.KeyVault/vaults/keys/backup/action.',
      statusCode: 403,
      requestId: 'r-1',
    });
    expect(describeFailure(forbidden('ForbiddenByRbac'), 'list', prod).message).toMatch(
      /^Cannot list the keys of vault "contoso-prod": .*Grant Microsoft\.KeyVault\/vaults\/keys\/read\.$/,
    );
    expect(describeFailure(forbidden('ForbiddenByRbac'), 'backUp', hsm, 'x').remedy).toBe(
      'Grant Microsoft.KeyVault/managedHsm/keys/backup/action.',
    );
  });

  test('a missing access policy names the key permission; an HSM has none, but local RBAC', () => {
    expect(describeFailure(forbidden('AccessDenied'), 'backUp', prod, 'x').remedy).toContain('key permission "backup"');
    expect(describeFailure(forbidden('AccessDenied'), 'list', prod).remedy).toContain('key permission "list"');
    expect(describeFailure(forbidden('AccessDenied'), 'read', prod, 'x').remedy).toContain('key permission "get"');
    const { remedy } = describeFailure(forbidden('AccessDenied'), 'list', hsm);
    expect(remedy).toContain('managedHsm/keys/read/action');
    expect(remedy).toContain('local RBAC');
  });

  test.each([
    [
      'ForbiddenByFirewall',
      /firewall of the source refused/,
      /^Let the caller's subnet or address through the source's firewall/,
    ],
    ['ForbiddenByConnection', /private connections only/, /approved private endpoint/],
  ])('%s is about the network', (innerCode, reason, remedy) => {
    const failure = describeFailure(forbidden(innerCode), 'list', prod);
    expect(failure).toMatchObject({ code: innerCode, message: expect.stringMatching(reason) });
    expect(failure.remedy).toMatch(remedy);
  });

  test('a certificate-backed key is about the certificate', () => {
    const words = 'Operation "backup" is not allowed on this Key, since it is associated with a certificate.';
    const failure = describeFailure(forbidden(undefined, words), 'backUp', prod, 'web');
    expect(failure.code).toBe('Forbidden');
    expect(failure.remedy).toMatch(/^Back up the certificate instead/);
  });
});

describe('every other failure has a remedy of its own', () => {
  test.each([
    ['a key that is gone', keyVault('not found', { statusCode: 404, code: 'KeyNotFound' }), /recover it while/],
    ['a backup that never ends', keyVault('no answer within 30 s', { code: 'TimedOut' }), /more than 500 versions/],
    ['a nextLink elsewhere', keyVault('refused', { code: 'ForeignHost' }), /another host, which never gets our token/],
    [
      'no connection',
      keyVault('refused', { code: 'ECONNREFUSED' }),
      /contoso-prod\.vault\.azure\.net exists, resolves/,
    ],
    ['a wrong tenant', keyVault('no', { statusCode: 401, code: 'Unauthorized' }), /tenant/],
    ['a broken service', keyVault('oops', { statusCode: 500, code: 'InternalServerError' }), /Azure support/],
    ['no token', answered('identity', { code: 'AuthenticationError' }), /AZURE_CLIENT_ID/],
    [
      'a missing storage role',
      answered('Blob Storage', { statusCode: 403, code: 'AuthorizationPermissionMismatch' }),
      /blobs\/add\/action and blobs\/read/,
    ],
    [
      'a missing container',
      answered('Blob Storage', { statusCode: 404, code: 'ContainerNotFound' }),
      /ESCROW_CONTAINER_URL/,
    ],
    [
      'an account that does not resolve',
      answered('Blob Storage', { code: 'ENOTFOUND', host: 'e.blob.core.windows.net' }),
      /e\.blob\.core\.windows\.net exists/,
    ],
    ['a fault of our own', new EscrowFault('EmptyBackup', 'no backup', 'Tell Azure support.'), /Tell Azure support/],
    ['a bug', new TypeError('x is undefined'), /report it/],
    ['something that is no error', 'nonsense', /report it/],
  ])('%s', (_, error, remedy) => {
    const failure = describeFailure(error, 'backUp', prod, 'payroll');
    expect(failure.remedy).toMatch(remedy);
    expect(failure.message).toMatch(/^Cannot back up key "payroll" in vault "contoso-prod": ./);
    expect(failure.message.endsWith(failure.remedy)).toBe(true);
  });

  test('a lack of time says what was being waited out', () => {
    const throttled = keyVault('Too many requests.', { statusCode: 429, code: 'Throttled' });
    const failure = describeFailure(new OutOfTime({ cause: throttled }), 'backUp', prod, 'payroll');
    expect(failure.code).toBe('outOfTime');
    expect(failure.message).toContain('while waiting out: throttled (429 Throttled): Too many requests.');
    expect(describeFailure(new OutOfTime(), 'list', prod).message).not.toContain('waiting out');
  });

  test('whoever may not read a record is told of no permission to write', () => {
    const { remedy } = describeFailure(
      answered('Blob Storage', { statusCode: 403, code: 'AuthorizationPermissionMismatch' }),
      'readRecord',
      prod,
      'payroll',
    );
    expect(remedy).toBe('Grant blobs/read on the escrow container, and let the caller through its firewall.');
  });

  test('no remedy takes the reader for the app: the command line says the same to a person', () => {
    const answers: Partial<ServiceAnswer>[] = [
      { statusCode: 403, innerCode: 'ForbiddenByFirewall' },
      { statusCode: 403, innerCode: 'ForbiddenByConnection' },
      { code: 'TimedOut' },
      { code: 'ENOTFOUND' },
      { statusCode: 500 },
      { service: 'Blob Storage', statusCode: 403, code: 'AuthorizationFailure' },
      { service: 'Blob Storage', code: 'ENOTFOUND' },
      { service: 'Blob Storage', statusCode: 503 },
    ];
    const errors = [...answers.map((answer) => keyVault('x', answer)), new OutOfTime()];
    for (const error of errors) {
      for (const operation of ['list', 'backUp', 'restore'] as const) {
        expect(describeFailure(error, operation, prod, 'x').remedy).not.toMatch(/\bthe app\b|the retry/i);
      }
    }
  });
});

test("the service's words come as one clause, without line breaks and closing dots", () => {
  const error = keyVault('First line.\r\nSecond  line...', { statusCode: 409, code: 'Conflict', requestId: 'r-2' });
  expect(reasonOf(error)).toBe('First line. Second line (409 Conflict, request r-2)');
});

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('a code %s is only a code', (code) => {
  expect(reasonOf(keyVault('Odd.', { statusCode: 400, code }))).toBe(`Odd (400 ${code})`);
  expect(reasonOf(forbidden(code))).toBe(`Caller is not authorized (403 ${code}, request r-1)`);
});

test('one error at the end carries every failure, and its text says how many it leaves out', () => {
  const failures = Array.from({ length: 40 }, (_, index) => ({ code: 'c', message: `message ${index}`, remedy: 'r' }));
  const error = incompleteRun('Head.', failures);
  expect(error.errors).toHaveLength(40);
  expect(error.errors[39]).toMatchObject({ message: 'message 39', code: 'c' });
  expect(error.message.split('\n')).toHaveLength(27);
  expect(error.message).toContain('and 15 more');
});
