import type { Io } from './io.ts';
import { print } from './print.ts';

/** One JSON object whose array is written item by item: `{"records":[…],"counts":{…}}`. */
export function startJsonStream(io: Io, arrayName: string) {
  let separator = `{${JSON.stringify(arrayName)}:[`;
  return {
    async item(value: unknown) {
      await print(io, `${separator}${JSON.stringify(value)}`);
      separator = ',';
    },
    /** Writes the members that follow the array, and ends the object. */
    async end(rest: object) {
      const start = separator === ',' ? '' : separator;
      await print(io, `${start}],${JSON.stringify(rest).slice(1)}`);
    },
  };
}
