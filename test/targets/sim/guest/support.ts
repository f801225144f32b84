import type { Address } from '../../../../src/base/address.ts';
import { toBigint } from '../../../../src/base/address.ts';
import { translate } from '../../../../src/formats/page-tables.ts';
import type {
  AppModel,
  KernelModel,
  LparModel,
  TopologyModel,
  Workload,
} from '../../../../src/model/machine.ts';
import type { LocatorModel } from '../../../../src/model/structure.ts';
import type { TraceEvent } from '../../../../src/target/events.ts';
import { buildImage } from '../../../../src/targets/sim/guest/image.ts';
import { createGuest } from '../../../../src/targets/sim/guest/kernel.ts';
import type { Layout } from '../../../../src/targets/sim/guest/layout.ts';
import { layoutOf } from '../../../../src/targets/sim/guest/layout.ts';
import { buildProgram } from '../../../../src/targets/sim/guest/program.ts';
import type { SimTarget } from '../../../../src/targets/sim/sim-target.ts';
import { powerOn } from '../../../../src/targets/sim/sim-target.ts';

const span = { file: 'test', start: 0, end: 0 };

export interface Shape {
  readonly cpus?: number;
  readonly shared?: boolean;
  readonly workload?: Workload;
  readonly devices?: boolean;
  readonly kernel?: Partial<KernelModel>;
  readonly seed?: number;
  readonly locators?: readonly LocatorModel[];
  readonly apps?: readonly AppModel[];
}

export function topologyOf(shape: Shape = {}): TopologyModel {
  const cpus = Array.from({ length: shape.cpus ?? 2 }, (_, index) => index);
  const web: LparModel = {
    name: 'web',
    cpus: shape.shared
      ? { mode: 'shared', cpus: [0], vcpus: cpus.length, weight: 1 }
      : { mode: 'owned', cpus, vcpus: cpus.length, weight: 1 },
    memory_bytes: 64 * 1_048_576,
    devices:
      shape.devices === false
        ? []
        : [
            { mode: 'owned', device: 'disk0', weight: 1 },
            { mode: 'owned', device: 'eth0', weight: 1 },
          ],
    kernel: {
      flavour: 'linux',
      workload: shape.workload ?? 'web_server',
      heartbeat_ns: 5_000_000,
      heartbeat_by: 'fork',
      watchdog_thresh_ns: 10_000_000_000,
      panic_on_oops: false,
      softlockup_panic: false,
      layout_seed: 0,
      ...shape.kernel,
    },
    ...(shape.apps ? { apps: shape.apps } : {}),
    metadata: {
      size_bytes: 65_536,
      seal: 'crc32c',
      describes: ['tasks', 'run_queues', 'locks', 'stacks', 'timers', 'hrtimers', 'log', 'app.orders'],
      ...(shape.locators ? { locators: shape.locators } : {}),
    },
    span,
  };
  return {
    machine: {
      cpus,
      memory_bytes: 128 * 1_048_576,
      devices: [
        { kind: 'block', name: 'disk0', span },
        { kind: 'network', name: 'eth0', span },
      ],
      iommu: 'strict',
      slice_ns: 10_000_000,
      span,
    },
    lpars: [web],
    ambulances: [],
  };
}

const built_for = new Map<Layout, { symbols: ReadonlyMap<string, Address>; root: number }>();

function builtFor(layout: Layout): { symbols: ReadonlyMap<string, Address>; root: number } {
  let known = built_for.get(layout);
  if (known === undefined) {
    const { data, per_cpu, kernel } = buildProgram(layout);
    const symbols = [...data, ...per_cpu, ...kernel.text.symbols].map(
      (one) => [one.name, one.address] as const,
    );
    known = {
      symbols: new Map(symbols),
      root: buildImage(layout, { locators: [], structs: [], apps: [] }).root,
    };
    built_for.set(layout, known);
  }
  return known;
}

/** A booted guest and ways to look at its bytes: the test's own reading, no guest code. */
export class Booted {
  readonly target: SimTarget;
  readonly layout: Layout;
  readonly events: TraceEvent[] = [];
  private readonly symbols: ReadonlyMap<string, Address>;
  private readonly root: number;

  constructor(shape: Shape = {}) {
    this.layout = layoutOf(shape.kernel?.layout_seed ?? 0);
    const { symbols, root } = builtFor(this.layout);
    this.symbols = symbols;
    this.root = root;
    this.target = powerOn(topologyOf(shape), shape.seed ?? 1, createGuest);
    this.target.onTrace((event) => {
      this.events.push(event);
      return false;
    });
    if (!this.target.bootAll()) throw new Error(`did not boot: ${JSON.stringify(this.events.slice(-5))}`);
  }

  run(until_ms: number): this {
    this.target.runUntil(until_ms * 1e6);
    return this;
  }

  of(kind: string): TraceEvent[] {
    return this.events.filter((event) => event.kind === kind);
  }

  log(): string[] {
    return this.of('log').map((event) => String(event.detail['text']));
  }

  symbol(name: string): Address {
    const address = this.symbols.get(name);
    if (address === undefined) throw new Error(`no symbol ${name}`);
    return address;
  }

  /** Bytes from the start of a type. */
  offset(type: string, path: string): number {
    return this.layout.offset(type, path);
  }

  physical(address: Address): number {
    const at = translate((from, into) => this.memory.read(from, into), this.root, 4, address);
    if (at < 0) throw new Error(`0x${toBigint(address).toString(16)} is not mapped`);
    return at;
  }

  private get memory(): {
    read(at: number, into: Uint8Array): boolean;
    write(at: number, bytes: Uint8Array): boolean;
  } {
    return this.target.partitions[0]!.memory;
  }

  view(address: Address, bytes: number): DataView {
    const into = new Uint8Array(bytes);
    this.memory.read(this.physical(address), into);
    return new DataView(into.buffer);
  }

  u32(address: Address): number {
    return this.view(address, 4).getUint32(0, true);
  }

  u64(address: Address): Address {
    return Number(this.view(address, 8).getBigInt64(0, true));
  }

  write64(address: Address, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    this.memory.write(this.physical(address), bytes);
  }

  write8(address: Address, value: number): void {
    this.memory.write(this.physical(address), Uint8Array.of(value));
  }

  text(address: Address, limit: number): string {
    const bytes = new Uint8Array(this.view(address, limit).buffer);
    return Buffer.from(bytes.subarray(0, bytes.indexOf(0) < 0 ? limit : bytes.indexOf(0))).toString('latin1');
  }

  /** Entries of a ring, checked both ways. */
  ring(head: Address, link: number): Address[] {
    const found: Address[] = [];
    let at = this.u64(head);
    let before = head;
    for (let count = 0; at !== head; count++) {
      if (count > 1_000) throw new Error('the ring does not close');
      if (this.u64(at + 8) !== before) throw new Error(`prev of entry ${count} does not point back`);
      found.push(at - link);
      before = at;
      at = this.u64(at);
    }
    if (this.u64(head + 8) !== before) throw new Error("the head's prev is not the last");
    return found;
  }

  /** Leaders on the task list, by comm. */
  tasks(): { readonly address: Address; readonly comm: string; readonly pid: number }[] {
    const link = this.offset('task_struct', 'tasks');
    return this.ring(this.symbol('init_task') + link, link).map((address) => ({
      address,
      comm: this.text(address + this.offset('task_struct', 'comm'), 16),
      pid: this.u32(address + this.offset('task_struct', 'pid')),
    }));
  }

  task(comm: string): Address {
    const found = this.tasks().find((one) => one.comm === comm);
    if (!found) throw new Error(`no task ${comm}`);
    return found.address;
  }

  perCpu(cpu: number, name: string): Address {
    return this.u64(this.symbol('__per_cpu_offset') + cpu * 8) + this.symbol(name);
  }

  /** Runs step by step in time until the lock is free. */
  untilFree(lock: Address): this {
    for (let turn = 0; turn < 2_000 && this.u32(lock) !== 0; turn++)
      this.target.runUntil(this.target.now() + 200);
    return this;
  }
}
