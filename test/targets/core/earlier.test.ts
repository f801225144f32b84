import { expect, it } from 'vitest';
import { withEarlier } from '../../../src/targets/core/earlier.ts';
import type { DumpedMachine } from '../../../src/targets/core/open.ts';
import type { Patient } from '../../../src/patient/patient.ts';

const machine = (vmcoreinfo: string | undefined, byte = 0): DumpedMachine => ({
  patient: { name: 'dump', read: (_, into) => into.fill(byte).length > 0 } as Patient,
  format: 'ELF core',
  held_bytes: 0,
  release: '',
  shortcomings: [],
  close: () => undefined,
  ...(vmcoreinfo === undefined ? {} : { vmcoreinfo: Buffer.from(vmcoreinfo) }),
});

const BOOT = 'OSRELEASE=6.1.0\nKERNELOFFSET=1d000000\n';

it("an earlier dump of the same boot says what the machine's memory was, whenever the kernel crashed", () => {
  const known = withEarlier(machine(`${BOOT}CRASHTIME=12\n`, 1), machine(`${BOOT}CRASHTIME=\n`, 2));
  if (typeof known === 'string') throw new Error(known);
  const [now, then] = [new Uint8Array(2), new Uint8Array(2)];
  expect([known.read(0, now), known.booted?.(0, then)]).toEqual([true, true]);
  expect([...now, ...then]).toEqual([1, 1, 2, 2]);
});

it('of another boot, or where nothing says which, nothing can be compared', () => {
  expect(withEarlier(machine(BOOT), machine('OSRELEASE=6.1.0\nKERNELOFFSET=2d000000\n'))).toMatch(
    /another boot/,
  );
  expect(withEarlier(machine(BOOT), machine(undefined))).toMatch(/carries no VMCOREINFO/);
  expect(withEarlier(machine(undefined), machine(undefined))).toMatch(/carries no VMCOREINFO/);
});
