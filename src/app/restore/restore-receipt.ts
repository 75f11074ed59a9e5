import type { FileHandle } from 'node:fs/promises';
import { open, readFile } from 'node:fs/promises';
import { EscrowFault } from '../../escrow/model/failure.ts';
import type { SourceId } from '../../escrow/model/source.ts';
import { sourcePath } from '../../escrow/model/source-path.ts';
import type { StoredRecord } from '../../escrow/records/stored-record.ts';
import type { RestoreWitness } from '../../escrow/restore/restore-many.ts';
import type { RestoreOutcome } from '../../escrow/restore/restore-outcome.ts';
import { UsageFault } from '../usage-fault.ts';

/**
 * The receipt of a restore of many keys: a local file of JSON lines, each on the disk before the next step begins, so that a
 * pass that died can be gone on with. Whoever restores may not write to the escrow.
 */
export interface RestoreReceipt extends RestoreWitness, AsyncDisposable {
  readonly file: string;
  end(counts: object): Promise<void>;
}

export interface ReceiptSubject {
  readonly source: SourceId;
  readonly target: SourceId;
  readonly asOf: Date | undefined;
}

const anotherFile = 'Name another file: --receipt FILE.';

const format = 'keyvault-escrow/restore-receipt/1';

export function defaultReceiptFile({ source, target }: ReceiptSubject): string {
  const name = (id: SourceId): string => sourcePath(id).replace('/', '-');
  return `restore-${name(source)}-to-${name(target)}.receipt.jsonl`;
}

/** Goes on with the file where it is there; `readBegun` says what it is of. */
export async function openRestoreReceipt(
  file: string,
  subject: ReceiptSubject,
  now: () => Date,
): Promise<RestoreReceipt> {
  const handle = await openFile(file);
  const put = async (line: object): Promise<void> => {
    await handle.appendFile(`${JSON.stringify({ at: now().toISOString(), ...line })}\n`);
    await handle.datasync();
  };
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
    end: (counts) => put({ event: 'end', counts }),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** Blob names that earlier passes began to restore. @throws UsageFault when the file is the receipt of something else. */
export async function readBegun(file: string, { source, target }: ReceiptSubject): Promise<ReadonlySet<string>> {
  const begun = new Set<string>();
  let text = '';
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return begun;
    throw new EscrowFault('cannotRead', `Cannot read the receipt ${file}: ${message}`, anotherFile, { cause: error });
  }
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (entry?.event === 'restoring' && entry.blobName !== undefined) begun.add(entry.blobName);
    if (entry?.event !== 'begin') continue;
    if (entry.format !== format || entry.source !== sourcePath(source) || entry.target !== sourcePath(target)) {
      const restore = `${entry.source} to ${entry.target}`;
      throw new UsageFault(`${file} is the receipt of another restore (${restore})`, anotherFile);
    }
  }
  return begun;
}

type ReceiptLine = Partial<Record<'event' | 'format' | 'source' | 'target' | 'blobName', string>>;

// The last line of a pass that died may be cut.
function parseLine(line: string): ReceiptLine | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'a', 0o600);
  } catch (cause) {
    const { message } = cause as Error;
    throw new EscrowFault('cannotWrite', `Cannot write the receipt ${file}: ${message}`, anotherFile, { cause });
  }
}
