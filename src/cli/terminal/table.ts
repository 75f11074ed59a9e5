import { stripVTControlCharacters } from 'node:util';
import type { Io } from './io.ts';
import { wrapTo } from './print.ts';

// Less is no column to read in.
const minLastWidth = 24;

/**
 * Rows as aligned columns, two spaces apart; colours do not count. On a terminal the last column is wrapped into what room
 * is left, or stands on lines of its own below its row where a word of it would not fit: no word is ever cut.
 */
export function alignColumns(io: Io, rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
  }
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, indent.length);
  const room = io.isTTY.stdout ? io.columns - before : Number.POSITIVE_INFINITY;
  return rows
    .map((row) => {
      const cells = row.slice(0, -1).map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - widthOf(cell)));
      const head = `${indent}${cells.map((cell) => `${cell}  `).join('')}`;
      const last = row.at(-1) ?? '';
      if (widthOf(last) <= room) return `${head}${last}`.trimEnd();
      const isRoomy = room >= minLastWidth && last.split(' ').every((word) => widthOf(word) <= room);
      if (!isRoomy) return `${hang(head.trimEnd(), indent, io.columns)}\n${wrapTo(`${indent}    ${last}`, io.columns)}`;
      return `${head}${wrapTo(last, room).replaceAll('\n', `\n${' '.repeat(before)}`)}`;
    })
    .join('\n');
}

/** A row that is too long for the terminal by itself goes on further in. */
function hang(row: string, indent: string, columns: number): string {
  if (widthOf(row) <= columns) return row;
  return wrapTo(row, columns - 4).replaceAll(`\n${indent}`, `\n${indent}    `);
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
