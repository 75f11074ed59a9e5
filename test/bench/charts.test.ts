import { describe, expect, it } from 'vitest';
import { barChart } from './bar-chart.ts';
import { lineChart } from './line-chart.ts';
import { ticks } from './svg.ts';

const words = { file: 'chart.svg', title: 'T', subtitle: 's' };
const bars = barChart({
  file: 'bars.svg',
  title: 'Twice as <fast>',
  subtitle: 'A & B',
  unit: 'seconds',
  bars: [
    { label: 'slow', value: 10, shown: '10 s' },
    { label: 'fast', value: 5, shown: '5 s' },
  ],
  mark: { value: 7.5, label: 'target' },
});

const lines = lineChart({
  file: 'lines.svg',
  title: 'Growth',
  subtitle: 'of two',
  xLabel: 'keys',
  yLabel: 'MB',
  series: [
    {
      label: 'one',
      points: [
        [0, 0],
        [100, 50],
      ],
    },
    { label: 'two', points: [[50, 25]] },
  ],
  marks: [{ y: 50, label: 'limit' }],
});

function widths(svg: string): number[] {
  return [...svg.matchAll(/<rect x="220" y="\d+" width="([\d.]+)" height="22"/g)].map(([, width]) => Number(width));
}

/** Every element that is opened is closed, in order. */
function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, closing, name = '', selfClosing] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (selfClosing === '/') continue;
    if (closing === '') open.push(name);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}

describe('a bar chart', () => {
  it('draws bars as long as their values', () => {
    const [slow = 0, fast = 0] = widths(bars.svg);
    expect(slow / fast).toBeCloseTo(2, 2);
  });

  it('puts the mark between the two', () => {
    const at = Number(/<line x1="([\d.]+)"[^>]*stroke="#b3261e"/.exec(bars.svg)?.[1]);
    const [slow = 0, fast = 0] = widths(bars.svg);
    expect(at - 220).toBeCloseTo((slow + fast) / 2, 0);
  });

  it('draws a value of zero without breaking', () => {
    const { svg } = barChart({ ...words, unit: 'u', bars: [{ label: 'none', value: 0, shown: '0' }] });
    expect(widths(svg)).toEqual([0.5]);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe('a line chart', () => {
  it('reaches from the lower left corner to where the highest values are', () => {
    expect(lines.svg).toContain('points="64,306 740,98"');
  });

  it('draws each series and names it', () => {
    expect(lines.svg.match(/<polyline/g)).toHaveLength(2);
    expect(lines.svg).toMatch(/>one<[\s\S]*>two</);
  });

  it('draws nothing for series without points, without breaking', () => {
    const { svg } = lineChart({ ...words, xLabel: '', yLabel: '', series: [{ label: 'e', points: [] }] });
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe('every chart', () => {
  it.each([bars, lines])('is well-formed, has a title and a description, and no raw signs in its words', ({ svg }) => {
    expect(isWellFormed(svg)).toBe(true);
    expect(svg).toMatch(/role="img" aria-labelledby="title desc"/);
    expect(svg).not.toMatch(/<fast>|A & B/);
  });
});

describe('the ticks of an axis', () => {
  it.each([
    [10, [0, 2, 4, 6, 8, 10]],
    [7, [0, 2, 4, 6, 8]],
    [0.3, [0, 0.1, 0.2, 0.3]],
    [1050, [0, 500, 1000, 1500]],
  ])('up to %d are round and reach it', (highest, expected) => {
    expect(ticks([0.1, highest])).toEqual(expected);
  });
});
