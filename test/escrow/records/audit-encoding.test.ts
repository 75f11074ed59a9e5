import { describe, expect, test } from 'vitest';
import { decodeAudit, encodeAudit, isAudit } from '../../../src/escrow/records/audit-encoding.ts';
import { sampleAudit, sampleSource } from '../../support/sample-audit.ts';

const keys = Array.from({ length: 200 }, (_, index) => ({ key: `tenant-${index}-schlüssel`, versions: 3 }));
const audit = sampleAudit([sampleSource('vault', 'contoso-prod', keys)], []);
const encoded = encodeAudit(audit);
const whole = Buffer.concat([...encoded]);

describe('an encoded audit', () => {
  test('is one JSON document, in pieces that are measured before they are made', () => {
    expect([...encoded].length).toBeGreaterThan(1);
    expect(whole.length).toBe(encoded.length);
    expect(JSON.parse(whole.toString())).toEqual(JSON.parse(JSON.stringify(audit)));
  });

  test('is read back from its pieces and from all its bytes alike', () => {
    for (const bytes of [encoded, whole]) {
      const read = decodeAudit(bytes);
      expect([...(read?.keys ?? [])]).toEqual(audit.keys);
      expect(read?.head.totals).toEqual(audit.totals);
      expect(read?.find('vaults/contoso-prod', 'TENANT-7-schlüssel')).toEqual(audit.keys[7]);
    }
  });

  const text = whole.toString();
  test.each([
    ['nothing', ''],
    ['its end cut off', text.slice(0, -3)],
    ['its last newline cut off', text.slice(0, -1)],
    ['more behind its end', `${text}]}\n`],
    ['JSON on one line', JSON.stringify(audit)],
    ['a key of a source that it does not name', text.replace('"vaults/contoso-prod","key"', '"vaults/other","key"')],
    ['a key without a status', text.replace(/(tenant-9-.*?)"status":"fresh",/, '$1')],
    ['another format', text.replace(audit.format, 'keyvault-escrow/audit/0')],
  ])('is none with %s', (_, spoiled) => {
    expect(spoiled).not.toBe(text);
    expect(isAudit(Buffer.from(spoiled))).toBe(false);
    expect(decodeAudit(Buffer.from(spoiled))).toBeUndefined();
  });
});
