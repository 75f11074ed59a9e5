import { type Chart, drawing, palette, text, ticks, tidy } from './svg.ts';

interface Series {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface LineChart {
  readonly file: string;
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Horizontal lines: limits. */
  readonly marks?: readonly { readonly y: number; readonly label: string }[];
}

const width = 760;
const height = 360;
const area = { left: 64, right: 740, top: 98, bottom: 306 };

/** Lines over a common axis, both axes from zero. */
export function lineChart({ file, title, subtitle, xLabel, yLabel, series, marks = [] }: LineChart): Chart {
  const points = series.flatMap((one) => one.points);
  const xTicks = ticks(points.map(([x]) => x));
  const yTicks = ticks([...points.map(([, y]) => y), ...marks.map(({ y }) => y)]);
  const toX = (x: number): number => area.left + (x / (xTicks.at(-1) ?? 1)) * (area.right - area.left);
  const toY = (y: number): number => area.bottom - (y / (yTicks.at(-1) ?? 1)) * (area.bottom - area.top);
  const parts = [
    ...yTicks.flatMap((y) => [
      `<line x1="${area.left}" x2="${area.right}" y1="${tidy(toY(y))}" y2="${tidy(toY(y))}" stroke="#e3e7ec"/>`,
      text(area.left - 8, toY(y) + 4, String(y), { anchor: 'end', size: 11, faint: true }),
    ]),
    ...xTicks.map((x) => text(toX(x), area.bottom + 18, String(x), { anchor: 'middle', size: 11, faint: true })),
    ...marks.flatMap(({ y, label }) => [
      `<line x1="${area.left}" x2="${area.right}" y1="${tidy(toY(y))}" y2="${tidy(toY(y))}" stroke="#b3261e" stroke-width="1.5" stroke-dasharray="5 4"/>`,
      text(area.right, toY(y) - 6, label, { anchor: 'end', size: 11 }),
    ]),
    ...series.map(({ points: line }, index) => {
      const path = line.map(([x, y]) => `${tidy(toX(x))},${tidy(toY(y))}`).join(' ');
      return `<polyline points="${path}" fill="none" stroke="${colourOf(index)}" stroke-width="2" stroke-linejoin="round"/>`;
    }),
    ...series.flatMap(({ label }, index) => [
      `<rect x="${area.left + index * 220}" y="70" width="14" height="4" fill="${colourOf(index)}"/>`,
      text(area.left + 20 + index * 220, 76, label, { size: 12 }),
    ]),
    text((area.left + area.right) / 2, height - 14, xLabel, { anchor: 'middle', size: 11, faint: true }),
    text(area.left, area.top - 8, yLabel, { anchor: 'start', size: 11, faint: true }),
  ];
  return { file, svg: drawing({ width, height, title, subtitle }, parts) };
}

function colourOf(index: number): string {
  return palette[index % palette.length] ?? palette[0];
}
