import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { styleText } from 'node:util';
import { Help } from '@commander-js/extra-typings';
import { printable, printableJson } from '../../escrow/model/printable.ts';
import type { Io } from './io.ts';

type Stream = 'stdout' | 'stderr';
type Style = Parameters<typeof styleText>[0];

/** Text for the reader, wrapped to their terminal. Waits for a slow reader, so that a long listing is never held in memory. */
export async function print(io: Io, text: string): Promise<void> {
  await write(io, wrap(io, 'stdout', text));
}

/** Bytes of a document on stdout, exactly as they are. */
export async function write(io: Io, text: string): Promise<void> {
  if (!io.stdout.write(`${text}\n`)) await once(io.stdout, 'drain');
}

/** The one object of `--json`. */
export function printJson(io: Io, value: unknown): Promise<void> {
  return write(io, printableJson(JSON.stringify(value, null, 2)));
}

/** A message beside the data. */
export function say(io: Io, text: string): void {
  io.stderr.write(`${wrap(io, 'stderr', text)}\n`);
}

const labelWidth = 8;

/** A message beside the data, under a label: what does not fit its line goes on below the text, not below the label. */
export function sayLabelled(io: Io, label: string, text: string): void {
  const [first = '', ...rest] = wrap({ ...io, columns: io.columns - labelWidth }, 'stderr', text).split('\n');
  const below = rest.map((line) => `${' '.repeat(labelWidth)}${line}`);
  io.stderr.write(`${[`${label}:`.padEnd(labelWidth) + first, ...below].join('\n')}\n`);
}

const introducer = '\u001b[';
// Two parameters that nobody else can know tell the styles of `painter` from those in foreign text, until they are printed.
const mark = `${randomInt(1000, 10_000)};${randomInt(1000, 10_000)}`;
const ownStyle = new RegExp(`\\u001b\\[${mark};(\\d+m)`);

/**
 * Colours text for a stream that is a terminal, unless NO_COLOR (https://no-color.org) or TERM=dumb asks for none. What it makes
 * is for `print` and `say` only.
 */
export function painter(io: Io, stream: Stream = 'stdout'): (style: Style, text: string) => string {
  const isPlain = !hasColours(io, stream);
  return (style, text) => {
    if (isPlain) return text;
    const styled = styleText(style, printable(text, '\n'), { validateStream: false });
    return styled.replaceAll(introducer, `${introducer}${mark};`);
  };
}

export function hasColours(io: Io, stream: Stream): boolean {
  return io.isTTY[stream] && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
}

const wrapper = new Help();
wrapper.minWidthToWrap = 10;

/** Wraps each line to a width, between words only; what follows the first line of a paragraph keeps its indentation. */
export function wrapTo(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => {
      const indent = /^ */.exec(line)?.[0] ?? '';
      const wrapped = wrapper.boxWrap(line.slice(indent.length), columns - indent.length);
      return wrapped.replaceAll(/^/gm, indent).trimEnd();
    })
    .join('\n');
}

// Stands for a space that no line may end at.
const glue = '\u{e000}';

function wrap(io: Io, stream: Stream, text: string): string {
  const named = nameProgram(io, withoutControls(io, stream, text), glue);
  return (io.isTTY[stream] ? wrapTo(named, io.columns) : named).replaceAll(glue, ' ');
}

/** Names, metadata and answers are of somebody else's making: nothing in them may steer the terminal. */
function withoutControls(io: Io, stream: Stream, text: string): string {
  if (!hasColours(io, stream)) return printable(text, '\n');
  const parts = text.split(ownStyle);
  return parts.map((part, at) => (at % 2 === 0 ? printable(part, '\n') : `${introducer}${part}`)).join('');
}

/**
 * A message calls this program `keyvault-escrow` and puts its command lines in backticks; the reader sees the name that they
 * started it by. A command line at the end of a message gets a line of its own, and none is ever wrapped: it can be pasted.
 * @param space what its words are joined by.
 */
export function nameProgram(io: Io, text: string, space = ' '): string {
  const lineOf = (args: string): string => `${io.program} ${args}`.replaceAll(' ', space);
  return text
    .replaceAll(/^( *)(.*?)\s*`keyvault-escrow ([^`]*)`\.?$/gm, (_, indent, before, args) =>
      [...(before === '' ? [] : [`${indent}${nameProgram(io, before, space)}`]), `${indent}  ${lineOf(args)}`].join(
        '\n',
      ),
    )
    .replaceAll(/`keyvault-escrow ([^`]*)`/g, (_, args) => lineOf(args));
}
