import { styleText } from 'node:util';
import type { Io } from './io.ts';

type Style = Parameters<typeof styleText>[0];

/** Colours text for a stream that is a terminal, unless NO_COLOR (https://no-color.org) or TERM=dumb asks for none. */
export function painter(io: Io, stream: 'stdout' | 'stderr' = 'stdout'): (style: Style, text: string) => string {
  const isPlain = !io.isTTY[stream] || Boolean(io.env.NO_COLOR) || io.env.TERM === 'dumb';
  return (style, text) => (isPlain ? text : styleText(style, text, { validateStream: false }));
}
