/** A file of `docs/charts`. */
export interface Chart {
  readonly file: string;
  readonly svg: string;
}

/** Colours that differ in lightness too, so that they can be distinguished without seeing colour. */
export const palette = ['#1f5fa8', '#e08a1e', '#7a9a3b', '#8a5aa8', '#b8bec6'] as const;
const ink = '#1d2733';
const faint = '#67717d';

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly bold?: boolean;
  readonly faint?: boolean;
}

export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { anchor = 'start', size = 13, bold = false, faint: isFaint = false } = style;
  const weight = bold ? ' font-weight="600"' : '';
  const fill = isFaint ? faint : ink;
  return `<text x="${tidy(x)}" y="${tidy(y)}" text-anchor="${anchor}" font-size="${size}"${weight} fill="${fill}">${escaped(content)}</text>`;
}

/** A whole drawing: the title is the claim, the subtitle says what was measured; both are read aloud. */
export function drawing(
  frame: { readonly width: number; readonly height: number; readonly title: string; readonly subtitle: string },
  parts: readonly string[],
): string {
  const { width, height, title, subtitle } = frame;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="desc">${escaped(subtitle)}</desc>`,
    `<rect width="${width}" height="${height}" rx="6" fill="#ffffff"/>`,
    text(20, 32, title, { size: 16, bold: true }),
    text(20, 52, subtitle, { faint: true }),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** Coordinates with one decimal: nothing finer can be seen, and the files stay small. */
export function tidy(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Round values from 0 that reach the highest of these (1 when there is none above 0): three to six of them. */
export function ticks(values: readonly number[]): number[] {
  const highest = Math.max(...values, 0) || 1;
  const rough = highest / 5;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((size) => size >= rough) ?? rough;
  const count = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}
