import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readBtfBytes } from '../../src/formats/btf.ts';
import { openKernel } from '../../src/formats/kernel.ts';
import type { ReadMemory } from '../../src/formats/result.ts';
import { parseVmcoreInfo } from '../../src/formats/vmcoreinfo.ts';
import { layoutOf } from '../../src/targets/sim/guest/layout.ts';
import { AttendedGuest, MS } from '../support/attended-guest.ts';

const bpftool = ['/usr/sbin/bpftool', '/usr/bin/bpftool'].find((path) => existsSync(path));
const unless = bpftool ? '' : ' (skipped: there is no bpftool)';

it.skipIf(!bpftool)(`bpftool reads the BTF out of a running guest's memory${unless}`, () => {
  const layout_seed = 7;
  const { run } = new AttendedGuest({ layout_seed }).patientAt(20 * MS);
  const web = run.machine.target.partitionNamed('web');
  const physical: ReadMemory = (address, into) => web.memory.read(address, into);
  const kernel = openKernel(physical, parseVmcoreInfo(web.vmcoreinfo()));
  if (!kernel.ok) throw new Error(kernel.message);
  const { kallsyms, space } = kernel.value;
  const [start, stop] = ['__start_BTF', '__stop_BTF'].map((name) => kallsyms.lookup(name) ?? 0) as [
    number,
    number,
  ];
  const blob = readBtfBytes(space.read, start, stop - start);
  if (!blob.ok) throw new Error(blob.message);
  const folder = mkdtempSync(join(tmpdir(), 'siren-bpftool-'));
  try {
    const file = join(folder, 'web.btf');
    writeFileSync(file, blob.value);
    const dump = execFileSync(bpftool as string, ['btf', 'dump', 'file', file], { encoding: 'utf8' });
    const task = /STRUCT 'task_struct' size=(\d+) vlen=\d+\n(?:\t.*\n)*/.exec(dump);
    expect(Number(task?.[1])).toBe(layoutOf(layout_seed).sizeOf('task_struct'));
    const comm = /'comm' type_id=\d+ bits_offset=(\d+)/.exec(task?.[0] ?? '');
    expect(Number(comm?.[1])).toBe(layoutOf(layout_seed).offset('task_struct', 'comm') * 8);
    expect(dump).toContain("STRUCT 'printk_ringbuffer'");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
