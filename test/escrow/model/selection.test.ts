import { describe, expect, test } from 'vitest';
import { literalKeys, skipMessages, skipReasonOf } from '../../../src/escrow/model/selection.ts';
import { escrowSource } from '../../support/escrow-sources.ts';
import { sourceKey } from '../../support/scripted-key-source.ts';

const everything = escrowSource('vault', 'contoso-prod');
const key = (name: string, certificateBacked = false) => sourceKey(everything, { name, certificateBacked });

describe('what the settings select', () => {
  test('everything, unless they say otherwise', () => {
    expect(skipReasonOf(everything, key('signing'))).toBeUndefined();
  });

  test('nothing that no pattern of "keys" matches', () => {
    const source = { ...everything, keys: ['pay-*', 'signing'] };
    expect(skipReasonOf(source, key('Signing'))).toBeUndefined();
    expect(skipReasonOf(source, key('pay-1'))).toBeUndefined();
    expect(skipReasonOf(source, key('other'))).toBe('excluded');
  });

  test('nothing that "except" matches, whatever "keys" says', () => {
    const source = { ...everything, keys: ['*', 'tmp-1'], except: ['TMP-*'] };
    expect(skipReasonOf(source, key('tmp-1'))).toBe('excluded');
  });

  test('no retired key, and it is called retired even when it is excluded or certificate-backed too', () => {
    const source = { ...everything, except: ['old-1'], retired: ['old-*'] };
    expect(skipReasonOf(source, key('old-1'))).toBe('retired');
    expect(skipReasonOf(source, key('old-2', true))).toBe('retired');
  });

  test('no certificate-backed key', () => {
    expect(skipReasonOf(everything, key('web', true))).toBe('certificateBacked');
  });
});

describe('the names that must exist', () => {
  test('are the literal ones of "keys", once each whatever their case', () => {
    expect(literalKeys({ ...everything, keys: ['*', 'Signing', 'signing', 'pay-?'] })).toEqual(['signing']);
  });

  test('are not those that "except" or "retired" takes out again', () => {
    const source = { ...everything, keys: ['signing', 'old-1', 'tmp-1'], except: ['tmp-*'], retired: ['OLD-*'] };
    expect(literalKeys(source)).toEqual(['signing']);
  });
});

test('every reason for skipping says what to do', () => {
  expect(skipMessages.excluded).toMatch(/change them to escrow it/);
  expect(skipMessages.retired).toMatch(/remove it from "retired"/);
  expect(skipMessages.certificateBacked).toMatch(/az keyvault certificate backup/);
});
