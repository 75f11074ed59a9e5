import { open, readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { EscrowFault, messageOf } from '../../escrow/model/failure.ts';
import { type SourceId, sourcePath } from '../../escrow/model/source.ts';
import type { StoredRecord } from '../../escrow/records/stored-record.ts';
import type { RestoreOutcome } from '../../escrow/restore/restore-outcome.ts';
import { UsageFault } from '../usage-fault.ts';

export interface ReceiptSubject {
  readonly source: SourceId;
  readonly target: SourceId;
  readonly asOf: Date | undefined;
}

const anotherFile = 'Name another file: --receipt FILE.';

const format = 'keyvault-escrow/restore-receipt/1';

const text = z.string();

/** What a later pass reads again. The other lines, `outcome` and `end`, are for people. */
const lineSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('begin'),
    format: z.literal(format),
    source: text,
    target: text,
    asOf: z.exactOptional(text),
  }),
  z.object({ event: z.literal('restoring'), key: text, blobName: text }),
]);

type ReceiptLine = z.infer<typeof lineSchema>;

export function defaultReceiptFile({ source, target }: ReceiptSubject): string {
  const name = (id: SourceId): string => sourcePath(id).replace('/', '-');
  return `restore-${name(source)}-to-${name(target)}.receipt.jsonl`;
}

export type RestoreReceipt = Awaited<ReturnType<typeof openRestoreReceipt>>;

/**
 * The receipt of a restore of many keys: a local file of JSON lines, each on the disk before the next step begins, so that a
 * pass that died can be gone on with. Whoever restores may not write to the escrow. Goes on with the file where it is there;
 * `readBegun` says what it is of.
 */
export async function openRestoreReceipt(file: string, subject: ReceiptSubject, now: () => Date) {
  const handle = await open(file, 'a+', 0o600).catch((error: unknown) => refuse(file, 'write', error));
  const put = async (
    line: ReceiptLine | ({ event: 'outcome' } & RestoreOutcome) | { event: 'end'; counts: object },
  ) => {
    await handle.appendFile(`${JSON.stringify({ at: now().toISOString(), ...line })}\n`);
    await handle.datasync();
  };
  // The last line of a pass that died may be cut.
  const { size } = await handle.stat();
  const { buffer } = await handle.read(Buffer.from('\n'), 0, 1, Math.max(0, size - 1));
  if (buffer.toString() !== '\n') await handle.appendFile('\n');
  await put({
    event: 'begin',
    format,
    source: sourcePath(subject.source),
    target: sourcePath(subject.target),
    ...(subject.asOf && { asOf: subject.asOf.toISOString() }),
  });
  return {
    file,
    beginning: ({ keyName, blobName }: StoredRecord) => put({ event: 'restoring', key: keyName, blobName }),
    ended: (outcome: RestoreOutcome) => put({ event: 'outcome', ...outcome }),
    end: (counts: object) => put({ event: 'end', counts }),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** Blob names that earlier passes began to restore. @throws UsageFault when the file is something else, which is left as it is. */
export async function readBegun(file: string, { source, target }: ReceiptSubject): Promise<ReadonlySet<string>> {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? '' : refuse(file, 'read', error),
  );
  const lines = content.split('\n').map(parseLine);
  if (content !== '' && lines[0]?.event !== 'begin')
    throw new UsageFault(`${file} is no receipt of a restore`, anotherFile);
  const restore = `${sourcePath(source)} to ${sourcePath(target)}`;
  const restores = lines.flatMap((line) => (line?.event === 'begin' ? [`${line.source} to ${line.target}`] : []));
  const other = restores.find((one) => one !== restore);
  if (other !== undefined) throw new UsageFault(`${file} is the receipt of another restore (${other})`, anotherFile);
  return new Set(lines.flatMap((line) => (line?.event === 'restoring' ? [line.blobName] : [])));
}

/** @returns undefined for a line that is cut, or that no later pass reads. */
function parseLine(line: string): ReceiptLine | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function refuse(file: string, what: 'read' | 'write', cause: unknown): never {
  const code = what === 'read' ? 'cannotRead' : 'cannotWrite';
  throw new EscrowFault(code, `Cannot ${what} the receipt ${file}: ${messageOf(cause)}`, anotherFile, { cause });
}
