import { describe, expect, it } from 'vitest';
import { type Figures, figures, figureTable, isKept, missed } from './figures.ts';
import { median } from './median.ts';

describe('figures', () => {
  const kept: Figures = Object.fromEntries(figures.map(({ name, target }) => [name, target]));

  it('keeps every target when each figure is exactly at its bound', () => {
    expect(missed(kept)).toEqual([]);
  });

  it.each(figures.map((figure) => [figure.name, figure] as const))(
    'misses the target of %s just beyond it',
    (name, figure) => {
      const beyond = figure.target + (figure.bound === 'at least' ? -0.001 : 0.001);
      expect(isKept(figure, beyond)).toBe(false);
      expect(missed({ ...kept, [name]: beyond })).toEqual([name]);
    },
  );

  it('counts a figure that was not measured as missed, and says so in the table', () => {
    const { coldStart, ...others } = kept;
    expect(coldStart).toBe(0.4);
    expect(missed(others)).toEqual(['coldStart']);
    expect(figureTable(others).find(([name]) => name === 'coldStart')?.[2]).toBe('not measured');
  });
});

describe('the median', () => {
  it('is the middle of an odd number of values, in whatever order they come', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the middle two of an even number', () => {
    expect(median([4, 10, 1, 3])).toBe(3.5);
  });

  it('does not exist of nothing', () => {
    expect(() => median([])).toThrow('No median of nothing');
  });
});
