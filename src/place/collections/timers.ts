import type { Address } from '../../base/address.ts';
import type { Btf } from '../../formats/btf.ts';
import { GLOBAL_VARIABLES, PER_CPU_VARIABLES } from '../../model/kernel-types.ts';
import type { CType } from '../../model/c-types.ts';
import { membersOf, underlying } from '../../model/kernel-types.ts';
import type { Kernel } from '../kernel.ts';
import type { Outcome } from '../outcome.ts';
import { found, lost } from '../outcome.ts';
import { objectAt } from '../typed.ts';
import { chain, tree } from '../walk.ts';
import type { Element } from './element.ts';
import { cpuCount, perCpu } from './queues.ts';

const BUCKET_LIMIT = 4096;

/** `timers`: what is queued in the wheels, CPU by CPU and bucket by bucket, then those known by their symbol. */
export function timerElements(kernel: Kernel, at: string): Outcome<Element[]> {
  return elementsOf(kernel, at, 'timer_list', queuedTimers(kernel, at));
}

/** `hrtimers`: what is queued, CPU by CPU, clock by clock, in order of expiry; then those known by their symbol. */
export function hrtimerElements(kernel: Kernel, at: string): Outcome<Element[]> {
  return elementsOf(kernel, at, 'hrtimer', queuedHrtimers(kernel, at));
}

function elementsOf(
  kernel: Kernel,
  at: string,
  type: 'timer_list' | 'hrtimer',
  queued: Outcome<readonly Address[]>,
): Outcome<Element[]> {
  if (!queued.ok) return queued;
  const names = embedded(kernel, type);
  const element = type === 'hrtimer' ? 'hrtimers' : 'timers';
  const open =
    (address: Address): Element['open'] =>
    (text) =>
      objectAt(kernel, address, type, { text, element });
  const elements: Element[] = queued.value.map((address, number) => {
    const name = names.get(address);
    names.delete(address);
    return {
      label: name === undefined ? String(number) : JSON.stringify(name),
      number,
      open: open(address),
      ...(name === undefined ? {} : { name }),
    };
  });
  for (const [address, name] of names)
    elements.push({ label: JSON.stringify(name), name, open: open(address) });
  return elements.length > 0 ? found(elements) : lost('NOT_FOUND', at, 'there are none');
}

function queuedTimers(kernel: Kernel, at: string): Outcome<readonly Address[]> {
  const btf = kernel.btf();
  if (!btf.ok) return btf;
  const base = btf.value.find('struct', 'timer_base');
  const vectors = base === undefined ? undefined : btf.value.member(base, 'vectors');
  const entry = offset(btf.value, 'timer_list', 'entry');
  const buckets = vectors && btf.value.elements(vectors.type);
  if (base === undefined || !vectors || !buckets || entry === undefined) {
    return lost('NO_TYPE', at, 'BTF lacks timer_base.vectors or timer_list.entry');
  }
  const timers: Address[] = [];
  for (let cpu = 0; cpu < cpuCount(kernel); cpu++) {
    const first = perCpu(kernel, 'timer_bases', cpu, at);
    if (!first.ok) return first;
    for (let index = 0; index < basesOf(btf.value); index++) {
      const heads = first.value + index * btf.value.sizeOf(base) + vectors.offset;
      const words = new Uint8Array(Math.min(buckets.count, BUCKET_LIMIT) * 8);
      if (!kernel.read(heads, words)) return lost('UNMAPPED', at, 'a timer wheel cannot be read');
      for (let bucket = 0; bucket * 8 < words.length; bucket++) {
        if (isZero(words, bucket * 8)) continue;
        const nodes = chain(kernel, heads + bucket * 8, at);
        if (!nodes.ok) return nodes;
        for (const node of nodes.value) timers.push(node - entry);
      }
    }
  }
  return found(timers);
}

function isZero(bytes: Uint8Array, at: number): boolean {
  for (let index = at; index < at + 8; index++) if (bytes[index] !== 0) return false;
  return true;
}

function queuedHrtimers(kernel: Kernel, at: string): Outcome<readonly Address[]> {
  const btf = kernel.btf();
  if (!btf.ok) return btf;
  const type = btf.value.find('struct', 'hrtimer_cpu_base');
  const clocks = type === undefined ? undefined : btf.value.member(type, 'clock_base');
  const array = clocks && btf.value.elements(clocks.type);
  const active = array && btf.value.member(array.type, 'active.rb_root.rb_root.rb_node');
  const [node, left, right] = [
    offset(btf.value, 'hrtimer', 'node.node'),
    offset(btf.value, 'rb_node', 'rb_left'),
    offset(btf.value, 'rb_node', 'rb_right'),
  ];
  if (!clocks || !array || !active || node === undefined || left === undefined || right === undefined) {
    return lost('NO_TYPE', at, 'BTF lacks hrtimer_cpu_base.clock_base, hrtimer.node or rb_node');
  }
  const timers: Address[] = [];
  for (let cpu = 0; cpu < cpuCount(kernel); cpu++) {
    const base = perCpu(kernel, 'hrtimer_bases', cpu, at);
    if (!base.ok) return base;
    for (let clock = 0; clock < Math.min(array.count, 16); clock++) {
      const root = base.value + clocks.offset + clock * btf.value.sizeOf(array.type) + active.offset;
      const nodes = tree(kernel, root, left, right, at);
      if (!nodes.ok) return nodes;
      for (const address of nodes.value) timers.push(address - node);
    }
  }
  return found(timers);
}

/** Timers inside variables that have a symbol: `heartbeat_timer`, `tick_cpu_sched/1`. */
function embedded(kernel: Kernel, type: string): Map<Address, string> {
  const names = new Map<Address, string>();
  const btf = kernel.btf();
  if (!btf.ok) return names;
  for (const [name, variable] of GLOBAL_VARIABLES) {
    const address = kernel.symbol(name);
    const inside = address === undefined ? undefined : insideOf(btf.value, variable, type);
    if (address !== undefined && inside !== undefined) names.set(address + inside, name);
  }
  for (const [name, variable] of PER_CPU_VARIABLES) {
    const inside = insideOf(btf.value, variable, type);
    if (inside === undefined) continue;
    for (let cpu = 0; cpu < cpuCount(kernel); cpu++) {
      const address = perCpu(kernel, name, cpu, '');
      if (address.ok) names.set(address.value + inside, `${name}/${cpu}`);
    }
  }
  return names;
}

/** Where a variable of a C type holds a struct `type`: as itself or as its member, or a member's. */
function insideOf(btf: Btf, variable: CType, type: string): number | undefined {
  const seen = underlying(variable);
  if (seen.kind !== 'aggregate') return undefined;
  if (seen.name === type) return 0;
  const path = memberPath(seen, type, 0);
  return path === undefined ? undefined : offset(btf, seen.name, path);
}

function memberPath(outer: CType, type: string, depth: number): string | undefined {
  for (const member of depth < 3 ? (membersOf(outer) ?? []) : []) {
    const seen = underlying(member.type);
    if (seen.kind !== 'aggregate') continue;
    if (seen.name === type) return member.name;
    const inner = memberPath(seen, type, depth + 1);
    if (inner !== undefined) return `${member.name}.${inner}`;
  }
  return undefined;
}

function offset(btf: Btf, struct: string, path: string): number | undefined {
  const type = btf.find('struct', struct);
  return type === undefined ? undefined : btf.member(type, path)?.offset;
}

/** NR_BASES: 2 with NO_HZ_COMMON (kernel/time/timer.c), as BTF's type of the per-CPU variable says. */
function basesOf(btf: Btf): number {
  const variable = btf.find('variable', 'timer_bases');
  const count = variable === undefined ? undefined : btf.elements(variable)?.count;
  return Math.min(count ?? 2, 8);
}
