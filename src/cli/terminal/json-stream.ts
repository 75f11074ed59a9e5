import type { Io } from './io.ts';
import { print } from './print.ts';

/** One JSON object whose array is written item by item: `{"records":[…],"counts":{…}}`. */
export interface JsonStream {
  item(value: unknown): Promise<void>;
  /** Writes the members that follow the array, and ends the object. */
  end(rest: Readonly<Record<string, unknown>>): Promise<void>;
}

export function startJsonStream(io: Io, arrayName: string): JsonStream {
  let separator = `{${JSON.stringify(arrayName)}:[`;
  return {
    async item(value) {
      await print(io, `${separator}${JSON.stringify(value)}`);
      separator = ',';
    },
    async end(rest) {
      const start = separator === ',' ? '' : separator;
      await print(io, `${start}],${JSON.stringify(rest).slice(1)}`);
    },
  };
}
