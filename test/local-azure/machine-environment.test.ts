import { expect, test } from 'vitest';
import { machineEnvironment } from '../../local-azure/machine-environment.ts';

test('a child sees the machine as its parent does, its clock too, and no setting or secret of the parent', () => {
  const machine = {
    PATH: '/bin',
    HOME: '/home/ada',
    TMPDIR: '/tmp',
    TZ: 'Asia/Kolkata',
    LD_PRELOAD: 'libfaketime.so.1',
    FAKETIME: '+86400',
    FAKETIME_SHARED: '/sem /shm',
  };
  const own = { IDENTITY_HEADER: 'secret', ESCROW_SOURCES: '[]', AZURE_CLIENT_ID: 'id', NODE_OPTIONS: '--inspect' };
  expect(machineEnvironment({ ...own, ...machine })).toEqual(machine);
});
