import { describe, expect, it } from 'vitest';
import { bytesByFrame, ownerOf, shares, timeByFrame } from './profile-shares.ts';

const frame = (functionName: string, url = '') => ({ functionName, url, scriptId: '', lineNumber: 0, columnNumber: 0 });

describe('shares of a profile', () => {
  it('are of self time, waiting left out', () => {
    const cpu = {
      nodes: [
        { id: 1, callFrame: frame('(idle)') },
        { id: 2, callFrame: frame('sign', 'file:///app/src/escrow/put-once.js') },
        { id: 3, callFrame: frame('get', 'file:///app/node_modules/@azure/core-client/dist/x.js') },
      ],
      samples: [1, 2, 3, 3],
      timeDeltas: [900, 10, 20, 10],
    };
    expect(shares(timeByFrame(cpu), ownerOf)).toEqual([
      { owner: 'SDK core and identity', share: 0.75 },
      { owner: 'our own code', share: 0.25 },
    ]);
  });

  it('are of bytes, over the whole tree', () => {
    const leaf = { callFrame: frame('parse', 'node:http'), selfSize: 300, id: 2, children: [] };
    const head = { callFrame: frame('(root)'), selfSize: 100, id: 1, children: [leaf] };
    expect(shares(bytesByFrame(head), ({ functionName }) => functionName)).toEqual([
      { owner: 'parse', share: 0.75 },
      { owner: '(root)', share: 0.25 },
    ]);
  });
});

describe('the owner of a function', () => {
  it.each([
    ['file:///app/node_modules/@azure/storage-blob/dist/a.js', 'storage SDK'],
    ['file:///app/node_modules/@azure/keyvault-keys/dist/a.js', 'Key Vault SDK'],
    ['file:///app/node_modules/@typespec/ts-http-runtime/dist/a.js', 'SDK core and identity'],
    ['file:///app/node_modules/p-queue/dist/index.js', 'other packages'],
    ['node:internal/tls/wrap', 'Node: TLS, digests'],
    ['node:_http_client', 'Node: HTTP, streams'],
    ['node:buffer', 'Node: rest'],
    ['file:///app/src/azure/pacer.js', 'our own code'],
    ['', 'native code, V8'],
  ])('of %s is: %s', (url, owner) => {
    expect(ownerOf(frame('work', url))).toBe(owner);
  });

  it('of a nested package is that package', () => {
    expect(ownerOf(frame('x', 'file:///a/node_modules/@azure/identity/node_modules/jws/index.js'))).toBe(
      'other packages',
    );
  });
});
