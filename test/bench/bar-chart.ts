import { type Chart, drawing, palette, text, ticks, tidy } from './svg.ts';

interface Bar {
  readonly label: string;
  readonly value: number;
  /** How the value is written at the end of its bar. */
  readonly shown: string;
}

interface BarChart {
  readonly file: string;
  readonly title: string;
  readonly subtitle: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
  /** A line across all bars: what must not be passed, or must be reached. */
  readonly mark?: { readonly value: number; readonly label: string };
}

/** A bar of a time, in seconds. @param ms milliseconds. */
export function secondsBar(label: string, ms: number): Bar {
  return { label, value: ms / 1000, shown: `${(ms / 1000).toFixed(1)} s` };
}

export function countBars(counts: readonly (readonly [label: string, count: number])[]): Bar[] {
  return counts.map(([label, value]) => ({ label, value, shown: String(value) }));
}

const width = 760;
const left = 220;
const right = 110;
const top = 74;
const rowHeight = 34;

/** Horizontal bars from zero. */
export function barChart({ file, title, subtitle, unit, bars, mark }: BarChart): Chart {
  const values = [...bars.map(({ value }) => value), mark?.value ?? 0];
  const axis = ticks(values);
  const highest = axis.at(-1) ?? 1;
  const x = (value: number): number => left + (value / highest) * (width - left - right);
  const bottom = top + bars.length * rowHeight;
  const grid = axis.flatMap((value) => [
    `<line x1="${tidy(x(value))}" x2="${tidy(x(value))}" y1="${top}" y2="${bottom}" stroke="#e3e7ec"/>`,
    text(x(value), bottom + 18, String(value), { anchor: 'middle', size: 11, faint: true }),
  ]);
  const rows = bars.flatMap(({ label, value, shown }, index) => {
    const y = top + index * rowHeight + 6;
    const colour = palette[Math.min(index, palette.length - 1)];
    return [
      text(left - 10, y + 15, label, { anchor: 'end' }),
      `<rect x="${left}" y="${y}" width="${tidy(Math.max(x(value) - left, 0.5))}" height="22" fill="${colour}"/>`,
      text(x(value) + 8, y + 15, shown, { bold: true }),
    ];
  });
  const line =
    mark === undefined
      ? []
      : [
          `<line x1="${tidy(x(mark.value))}" x2="${tidy(x(mark.value))}" y1="${top - 6}" y2="${bottom}" stroke="#b3261e" stroke-width="1.5" stroke-dasharray="5 4"/>`,
          text(x(mark.value), top - 10, mark.label, { anchor: 'middle', size: 11 }),
        ];
  const axisName = text(width - 20, bottom + 18, unit, { anchor: 'end', size: 11, faint: true });
  const frame = { width, height: bottom + 34, title, subtitle };
  return { file, svg: drawing(frame, [...grid, ...rows, ...line, axisName]) };
}
