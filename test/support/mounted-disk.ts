import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface MountedDisk {
  readonly folder: string;
  unmount(): Promise<void>;
}

/** Disks of one's own need the right to mount. */
interface DiskKind {
  /** Why there is none on this machine; undefined where there is one. */
  readonly reason: string | undefined;
  mount(): Promise<MountedDisk>;
}

const run = (command: string, ...args: string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout.trim();
};

function reasonAgainst(...commands: string[]): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root may mount a disk, on Linux';
  const lacking = commands.find((command) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0);
  return lacking === undefined ? undefined : `no ${lacking} (apt-get install exfatprogs exfat-fuse)`;
}

async function place(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'keyvault-escrow-disk-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A stick as people carry it: exFAT has no hard links, and its names ignore case. */
export const onExFat: DiskKind = {
  reason:
    reasonAgainst('mkfs.exfat', 'mount.exfat-fuse', 'losetup') ??
    (existsSync('/dev/fuse') ? undefined : 'no /dev/fuse'),
  async mount() {
    const image = await place();
    const at = await place();
    const file = await open(join(image.folder, 'disk'), 'w');
    await file.truncate(20 * 1024 * 1024);
    await file.close();
    run('mkfs.exfat', join(image.folder, 'disk'));
    const device = run('losetup', '-f', '--show', join(image.folder, 'disk'));
    run('mount.exfat-fuse', device, at.folder);
    return {
      folder: at.folder,
      async unmount() {
        run('umount', at.folder);
        run('losetup', '-d', device);
        await at.remove();
        await image.remove();
      },
    };
  },
};

/** A disk that is soon full. @param kilobytes its size */
export function smallDisk(kilobytes: number): DiskKind {
  return {
    reason: reasonAgainst('mount'),
    async mount() {
      const at = await place();
      run('mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', at.folder);
      return {
        folder: at.folder,
        async unmount() {
          run('umount', at.folder);
          await at.remove();
        },
      };
    },
  };
}
