import type { Io } from './io.ts';
import { print } from './print.ts';

/** One JSON object whose array is written item by item: `{"records":[…],"count":n}`. */
export interface JsonStream {
  item(value: unknown): Promise<void>;
  /** Writes the members that follow the array, and ends the object. */
  end(rest: Readonly<Record<string, unknown>>): Promise<void>;
}

/** @param head members before the array. */
export async function startJsonStream(
  io: Io,
  head: Readonly<Record<string, unknown>>,
  arrayName: string,
): Promise<JsonStream> {
  const before = JSON.stringify(head).slice(0, -1);
  let separator = `${before}${before === '{' ? '' : ','}${JSON.stringify(arrayName)}:[`;
  return {
    async item(value) {
      await print(io, `${separator}${JSON.stringify(value)}`);
      separator = ',';
    },
    async end(rest) {
      const tail = JSON.stringify(rest).slice(1);
      const start = separator === ',' ? '' : separator;
      await print(io, `${start}]${tail === '}' ? '' : ','}${tail}`);
    },
  };
}
