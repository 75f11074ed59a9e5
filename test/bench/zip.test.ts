import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { zip } from './zip.ts';

/** Reads an archive by its directory, as an unzip does. */
function unzip(archive: Buffer): Record<string, string> {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const count = archive.readUInt16LE(end + 10);
  const files: Record<string, string> = {};
  let at = archive.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    expect(archive.readUInt32LE(at)).toBe(0x02014b50);
    const [packed, size] = [archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 24)];
    const nameLength = archive.readUInt16LE(at + 28);
    const offset = archive.readUInt32LE(at + 42);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    expect(archive.readUInt32LE(offset)).toBe(0x04034b50);
    const from = offset + 30 + archive.readUInt16LE(offset + 26);
    const content = inflateRawSync(archive.subarray(from, from + packed));
    expect(content.length).toBe(size);
    files[name] = content.toString();
    at += 46 + nameLength;
  }
  expect(at).toBe(end);
  return files;
}

describe('a zip archive', () => {
  it('gives back every file by its directory', () => {
    const files = { 'host.json': '{"version":"2.0"}', 'main.cjs': 'x'.repeat(10_000), 'empty.txt': '' };
    const archive = zip(Object.entries(files).map(([name, text]) => ({ name, content: Buffer.from(text) })));
    expect(unzip(archive)).toEqual(files);
    expect(archive.length).toBeLessThan(1000);
  });
});
