import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Shell scripts under the names of programs, in a folder of their own: a search path on which nothing else lies. */
export function fakePrograms(folder: string, programs: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(programs)) {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }
  return folder;
}

/** The head of a bzImage that states a release, padded to a page. */
export function fakeKernelImage(release: string): Uint8Array {
  const image = Buffer.alloc(8192);
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt16LE(0x1000 - 0x200, 0x20e);
  image.write(`${release} (someone@somewhere) #1 SMP\0`, 0x1000, 'latin1');
  return image;
}

/** The head of an ELF program; `loader`: one that needs shared libraries. */
export function fakeProgramImage(loader: boolean): Uint8Array {
  const image = Buffer.alloc(256);
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  image.writeUInt32LE(64, 32);
  image.writeUInt16LE(1, 56);
  image.writeUInt32LE(loader ? 3 : 1, 64);
  return image;
}
