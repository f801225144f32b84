import type { Address } from '../../base/address.ts';
import type { Btf } from '../../formats/btf.ts';
import type { Subject } from './subject.ts';

/** Timers that are global variables of a stock kernel; BTF gives no type for those. */
const GLOBAL_TIMERS: Readonly<Record<string, readonly string[]>> = {
  timer_list: ['watchdog_timer'],
  hrtimer: ['heartbeat_timer'],
};

const DEPTH_LIMIT = 3;
const MEMBER_LIMIT = 512;
const known = new WeakMap<Btf, Map<string, readonly (readonly [name: string, offset: number])[]>>();

/** Timers inside variables that have a symbol, by address: `heartbeat_timer`, `tick_cpu_sched/1` for CPU 1's. */
export function embeddedTimers(subject: Subject, type: string): ReadonlyMap<Address, string> {
  const timers = new Map<Address, string>();
  for (const name of GLOBAL_TIMERS[type] ?? []) {
    const address = subject.symbol(name);
    if (address !== undefined) timers.set(address, name);
  }
  if (!subject.btf) return timers;
  for (const [name, inside] of perCpuVariables(subject.btf, type)) {
    for (let cpu = 0; cpu < subject.cpus; cpu++) {
      const address = subject.perCpu(name, cpu);
      if (!Number.isNaN(address)) timers.set(address + inside, `${name}/${cpu}`);
    }
  }
  return timers;
}

/** Per-CPU variables, which are all that BTF has a VAR for, that hold a struct of that name, and where. */
function perCpuVariables(btf: Btf, type: string): readonly (readonly [string, number])[] {
  const of_btf = known.get(btf) ?? new Map<string, readonly (readonly [string, number])[]>();
  known.set(btf, of_btf);
  const before = of_btf.get(type);
  if (before) return before;
  const found: (readonly [string, number])[] = [];
  for (let id = 1; id <= btf.count; id++) {
    if (btf.kind(id) !== 'variable') continue;
    const inside = insideOf(btf, id, type, 0);
    if (inside !== undefined) found.push([btf.name(id), inside]);
  }
  of_btf.set(type, found);
  return found;
}

function insideOf(btf: Btf, id: number, type: string, depth: number): number | undefined {
  const seen = btf.resolve(id);
  if (btf.kind(seen) !== 'struct') return undefined;
  if (btf.name(seen) === type) return 0;
  if (depth >= DEPTH_LIMIT) return undefined;
  for (const member of btf.members(seen).slice(0, MEMBER_LIMIT)) {
    const inner = insideOf(btf, member.type, type, depth + 1);
    if (inner !== undefined) return member.offset + inner;
  }
  return undefined;
}
