import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DayMark, decodeMarks, encodeMarks } from '../../../src/escrow/audit/calendar.ts';

const marks = fc.array(fc.constantFrom<DayMark[]>('e', 'h', 's', 'f', 'k', 'g', '-'), { maxLength: 200 });

test('the marks of a key survive their short form', () => {
  fc.assert(
    fc.property(marks, (days) => {
      expect(decodeMarks(encodeMarks(days))).toEqual(days);
    }),
  );
});

test('what is no mark is read as none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(decodeMarks(text).filter((mark) => !'ehsfkg-'.includes(mark))).toEqual([]);
    }),
  );
});
