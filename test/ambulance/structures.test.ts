import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Attachment } from '../../src/ambulance/attach.ts';
import { attend } from '../../src/ambulance/attend.ts';
import { structuresOf } from '../../src/ambulance/structures.ts';
import { compileLibrary } from '../../src/runner/library.ts';
import { NO_LIBRARY } from '../../src/model/structure.ts';
import type { LibraryModel } from '../../src/model/structure.ts';
import { AttendedGuest, MS } from '../support/attended-guest.ts';
import { SHIPPED } from '../support/library.ts';

const NOTHING: Attachment = {
  via: 'live_region',
  described: new Map(),
  malformed: new Map(),
  verdict: 'intact',
  faults: [],
  entries: 0,
};

/** Why a structure is not checked; '' when it is. */
function why(structure: string, attachment: Partial<Attachment>, library: LibraryModel = SHIPPED): string {
  const planned = structuresOf({ ...NOTHING, ...attachment }, library).find(
    (one) => one.structure === structure,
  );
  return planned === undefined ? 'no verdict' : (planned.why?.code ?? '');
}

const described = (...names: string[]): Attachment['described'] =>
  new Map(names.map((name) => [name, {} as never]));

describe('which locator serves a structure', () => {
  it("the guest's own; what it does not describe is unchecked", () => {
    expect(why('tasks', { described: described('tasks') })).toBe('');
    expect(why('run_queues', { described: described('tasks') })).toBe('NO_LOCATOR');
  });

  it('what it describes in a way that nobody understands cannot be reached', () => {
    expect(why('locks', { malformed: new Map([['locks', 'garbage']]) })).toBe('LOCATOR_MALFORMED');
  });

  it("the library's own, where the guest describes nothing at all", () => {
    expect(why('tasks', {})).toBe('');
    expect(why('slabs', {})).toBe('');
  });

  it('one that the spec declares, whatever the guest describes', () => {
    const orders = SHIPPED.locators.find(({ name }) => name === 'orders');
    const own = {
      ...SHIPPED,
      locators: [...SHIPPED.locators.filter((one) => one !== orders), { ...orders, shipped: false } as never],
    };
    expect(why('orders', { described: described('tasks') }, own)).toBe('');
  });

  it('a validator that goes through another structure is run where that is described', () => {
    expect(why('cpu_freelists', { described: described('slabs') })).toBe('');
    expect(why('cpu_freelists', { described: described('tasks') })).toBe('NO_LOCATOR');
  });

  it('what nobody knows how to check is unchecked, and what only helps to find others has no verdict', () => {
    expect(why('accounts', { described: described('accounts') })).toBe('NO_VALIDATOR');
    expect(why('threads', { described: described('threads') })).toBe('no verdict');
  });
});

describe('without a library', () => {
  it.each([
    ['locators and validators', NO_LIBRARY],
    ['validators', { ...SHIPPED, validators: [] }],
  ])('of %s every structure is unchecked', (_what, library) => {
    const { patient } = new AttendedGuest().patientAt(40 * MS);
    const { report } = attend(patient, { ambulance: 'rescue', library });
    const kernel = report.verdicts.filter(({ structure }) => structure !== 'metadata');
    expect(kernel.length).toBeGreaterThan(7);
    expect(new Set(kernel.map(({ verdict }) => verdict))).toEqual(new Set(['unchecked']));
  });
});

describe('with the locators and validators of specs/lib cut out and the library rebuilt', () => {
  it('every structure is unchecked', async () => {
    const root = mkdtempSync(join(tmpdir(), 'siren-library-'));
    try {
      const from = new URL('../../specs/lib/', import.meta.url);
      mkdirSync(join(root, 'specs/lib'), { recursive: true });
      for (const file of readdirSync(from)) {
        const text = readFileSync(new URL(file, from), 'utf8');
        writeFileSync(join(root, 'specs/lib', file), /^(locator|validator) /m.test(text) ? '' : text);
      }
      const { library } = await compileLibrary(root);
      expect([library.locators, library.validators]).toEqual([[], []]);
      const { patient } = new AttendedGuest().patientAt(40 * MS);
      const { report } = attend(patient, { ambulance: 'rescue', library });
      const kernel = report.verdicts.filter(({ structure }) => structure !== 'metadata');
      expect(kernel.length).toBeGreaterThan(7);
      expect(new Set(kernel.map(({ verdict }) => verdict))).toEqual(new Set(['unchecked']));
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
