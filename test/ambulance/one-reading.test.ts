// A dump is looked at once: of what no lock guards only that is believed which no update leaves behind, not for a
// moment.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Patient } from '../../src/patient/patient.ts';
import { isAtRest } from '../../src/ambulance/at-rest.ts';
import { believedAtOnce } from '../../src/ambulance/settle.ts';
import type { Draft } from '../../src/ambulance/draft.ts';
import type { CpuView } from '../../src/structure/session.ts';
import { SHIPPED } from '../support/library.ts';
import type { RegisterName } from '../../src/model/registers.ts';
import { Faults, frozen, HARM_NS, look, symbolIn } from '../support/fixtures.ts';

const CACHE = 'web.slabs["kmalloc-64"]';
const OTHER = `${CACHE}.cpu_slab[1]`;

/** Of structures that no lock guards. */
const DOUBTFUL = [
  ['dentries', 'DENTRY_SB', 'set web.super_blocks["tmpfs"].s_root.d_sb to web.dentries[3]'],
  ['dentries', 'DENTRY_INODE', 'set web.dentries[3].d_inode to web.super_blocks["tmpfs"].s_root.d_inode + 0'],
  ['cpu_freelists', 'SLAB_COUNTERS', `set ${OTHER}.slab.counters to 0x0040_000a`],
  ['locks', 'LOCK_NO_HOLDER', 'leak web.locks["sb_lock"]'],
] as const;
const CERTAIN = [
  ['dentries', 'DENTRY_COUNT', 'set web.dentries[3].d_lockref.count to 0x8000_0000'],
  ['dentries', 'DENTRY_INODE', 'set web.dentries[3].d_inode to 0xdead_0000_0000_0100'],
  [
    'cpu_freelists',
    'FREELIST_CYCLE',
    `free ${CACHE}.objects[4]; free ${CACHE}.objects[5]; free ${CACHE}.objects[4]`,
  ],
  ['cpu_freelists', 'FREELIST_OUTSIDE', `set ${CACHE}.cpu_slab[0].freelist to 0x4141_4141_4141_4140`],
  // Under a lock that nobody has.
  ['run_queues', 'RB_POINTER', 'set web.tasks["nginx"].on_rq to 1; set web.tasks["nginx"].se.on_rq to 1'],
] as const;

let faults: Faults;
beforeAll(() => {
  const words = [0x100, 0x1ff, 0x300].map((word) => `set web.symbols["nr_threads"] to ${word}`);
  faults = new Faults([...[...DOUBTFUL, ...CERTAIN].map(([, , text]) => text), ...words]);
});

function said(patient: Patient, structure: string) {
  return look(patient).verdicts.find((one) => one.structure === structure);
}

/** One CPU is at work in the kernel, where it may be in the middle of anything. */
function busy(patient: Patient): Patient {
  const rip = BigInt(symbolIn(patient, 'do_exit'));
  const cpus = patient.cpus.map((cpu) => {
    const register = (name: RegisterName): bigint =>
      name === 'rip' ? rip : name === 'cs' ? 0x10n : cpu.register(name);
    return {
      index: cpu.index,
      register: cpu.index === 1 ? register : (name: RegisterName) => cpu.register(name),
      steps: 0,
      running: true,
      ticks: 0,
    };
  });
  return { ...frozen(patient), cpus };
}

describe('where nothing can be looked at again', () => {
  it.each(DOUBTFUL)('%s may have been half done: %s', (structure, code, text) => {
    const { patient, release } = faults.patient(text, HARM_NS, 50_000);
    const once = said(busy(patient), structure);
    const often = said(patient, structure);
    release();
    expect(often).toMatchObject({ verdict: 'corrupt', code });
    expect(once).toMatchObject({ verdict: 'unsettled', code });
    expect(once?.message).toMatch(/one reading only/);
  });

  it.each(CERTAIN)('%s is damage at the first sight of it: %s', (structure, code, text) => {
    const { patient, release } = faults.patient(text, HARM_NS, 50_000);
    const once = said(busy(patient), structure);
    release();
    expect(once).toMatchObject({ verdict: 'corrupt', code });
  });
});

describe('while every CPU is at rest', () => {
  it.each(DOUBTFUL)(
    '%s is half done only where a writer may be put to sleep: %s',
    (structure, code, text) => {
      const { patient, release } = faults.patient(text, HARM_NS, 50_000);
      const once = said(frozen(patient), structure);
      release();
      const sleeps = structure === 'dentries';
      expect(once).toMatchObject({ verdict: sleeps ? 'unsettled' : 'corrupt', code });
    },
  );

  /** A kernel of which some symbols and one word are known. */
  const kernel = (symbols: Readonly<Record<string, number>>, mode: number): Parameters<typeof isAtRest>[2] =>
    ({
      library: SHIPPED,
      kallsyms: { lookup: (name: string) => symbols[name] },
      space: { u32: (at: number) => (at === 2 ? mode : NaN) },
    }) as never;
  const cpu = (mode: string): CpuView => ({ mode }) as CpuView;
  const link = { structure: 'mounts', code: 'LIST_BACKLINK', means: undefined, link: true };
  const count = { structure: 'worker_pools', code: 'POOL_COUNT', means: 'bad_count', link: false };

  it.each([
    ['has no code for that', {}, 0, true],
    ['was told not to', { preempt_schedule: 1, preempt_dynamic_mode: 2 }, 1, true],
    ['does', { preempt_schedule: 1, preempt_dynamic_mode: 2 }, 2, false],
    ['does not say', { preempt_schedule: 1 }, 0, false],
  ])(
    'what nobody sleeps in is whole if the kernel preempts itself nowhere: it %s',
    (_what, symbols, mode, whole) => {
      for (const one of [link, count])
        expect(isAtRest(one, [cpu('idle'), cpu('user')], kernel(symbols, mode))).toBe(whole);
      expect(isAtRest({ ...count, code: 'POOL_ID' }, [cpu('idle')], kernel(symbols, mode))).toBe(false);
    },
  );

  it.each(['kernel', 'waiting', 'unknown'])('nothing is where a CPU is %s', (mode) => {
    const leak = { structure: 'locks', code: 'LOCK_NO_HOLDER', means: 'lock_leak', link: false };
    expect(isAtRest(leak, [cpu('idle'), cpu('user')], kernel({}, 0))).toBe(true);
    expect(isAtRest(leak, [cpu('idle'), cpu(mode)], kernel({}, 0))).toBe(false);
    expect(isAtRest(leak, [], kernel({}, 0))).toBe(false);
  });
});

describe('two CPUs that spin, each for what the other may hold', () => {
  /** Each is where it waits for a word of its own, and has been for so long. */
  function spinning(stuck_ns: number): Patient {
    const { patient } = faults.patient(CERTAIN[0][2], HARM_NS, 50_000);
    const at = symbolIn(patient, 'native_queued_spin_lock_slowpath');
    const lock = symbolIn(patient, 'random_state');
    const cpus = patient.cpus.map((cpu) => {
      const own: Partial<Record<RegisterName, number>> = { rip: at, rdi: lock + 64 * cpu.index, cs: 0x10 };
      const register = (name: RegisterName): bigint =>
        name in own ? BigInt(own[name] as number) : cpu.register(name);
      return { index: cpu.index, register, steps: stuck_ns, running: true, ticks: 0 };
    });
    return { ...frozen(patient), cpus };
  }
  const causes = (patient: Patient): readonly string[] => look(patient).diagnosis.map(({ cause }) => cause);

  it('may have their locks already, at one look', () => {
    expect(causes(spinning(0))).not.toContain('deadlock');
  });

  it('are deadlocked where they have been at it for long', () => {
    expect(causes(spinning(1e9))).toContain('deadlock');
  });
});

describe('a CPU that waits for an rwlock to write', () => {
  it.each([
    [0x100, 'has only said that it waits', []],
    [0x1ff, 'waits for another one that writes', ['lock_leak']],
    [0x300, 'waits for one that reads', ['lock_leak']],
  ])('and it is %i: it %s', (word, _what, expected) => {
    const { patient, release } = faults.patient(`set web.symbols["nr_threads"] to ${word}`, HARM_NS, 50_000);
    const own: Partial<Record<RegisterName, number>> = {
      rip: symbolIn(patient, 'queued_write_lock_slowpath'),
      rdi: symbolIn(patient, 'nr_threads'),
      cs: 0x10,
    };
    const register = (name: RegisterName): bigint =>
      name in own ? BigInt(own[name] as number) : (patient.cpus[0]?.register(name) ?? 0n);
    const cpus = patient.cpus.map((cpu) =>
      cpu.index === 0 ? { index: 0, register, steps: 0, running: true, ticks: 0 } : cpu,
    );
    const causes = look({ ...frozen(patient), cpus }).diagnosis.map(({ cause }) => cause);
    release();
    expect(causes.filter((cause) => cause === 'lock_leak')).toEqual(expected);
  });
});

describe('one reading does', () => {
  const draft = (of: Partial<Draft>): Draft =>
    ({ guard: 'free', torn: true, unguarded: true, certain: false, link: true, ...of }) as Draft;
  const never = (): boolean => false;

  it('for what a lock guards that nobody holds, and not while somebody does', () => {
    expect(believedAtOnce(draft({ unguarded: false }), never)).toBe(true);
    expect(believedAtOnce(draft({ unguarded: false, guard: 'held' }), never)).toBe(false);
    expect(believedAtOnce(draft({}), never)).toBe(false);
  });

  it("for a link where the kernel's own log tells of a broken list, and for nothing else that the log does not tell of", () => {
    expect(believedAtOnce(draft({}), () => true)).toBe(true);
    expect(believedAtOnce(draft({ link: false }), () => true)).toBe(false);
  });
});
