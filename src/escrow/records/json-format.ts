import * as z from 'zod/mini';

/** A stored format as its schema has it, on one line: what the schema does not name is not written. */
export function formatJson<Schema extends z.ZodMiniType>(schema: Schema, value: z.infer<Schema>): Buffer {
  return Buffer.from(`${JSON.stringify(z.parse(schema, value))}\n`);
}

/** Reads a stored format; undefined for anything that is not one, whoever wrote it. */
export function parseJson<Schema extends z.ZodMiniType>(
  schema: Schema,
  content: Uint8Array | string,
): z.infer<Schema> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
  } catch {
    return undefined;
  }
  return z.safeParse(schema, value).data;
}
