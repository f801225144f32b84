import { toBigint } from '../../src/base/address.ts';
import { compileLocator } from '../../src/formats/locator-code/compile.ts';
import { writeKallsyms } from '../../src/formats/kallsyms-write.ts';
import { btfNote, locatorNote, vmcoreinfoNote } from '../../src/formats/region-notes.ts';
import { writeRegion } from '../../src/formats/region.ts';
import { writeVmcoreInfo } from '../../src/formats/vmcoreinfo.ts';
import type { TopologyModel } from '../../src/model/machine.ts';
import type { TraceEvent } from '../../src/target/events.ts';
import type { FaultControls, Location, Partition, RegisterName, Target } from '../../src/target/target.ts';
import { btfOf } from '../../src/targets/sim/guest/layout-btf.ts';
import type { Layout } from '../../src/targets/sim/guest/layout.ts';
import { layoutOf } from '../../src/targets/sim/guest/layout.ts';
import { locatorTypes } from '../../src/targets/sim/guest/locator-types.ts';
import { cast, member, named, symbol } from './formulas.ts';
import { locator } from './locators.ts';

const KERNEL_MAP = -0x8000_0000;
const IMAGE = -0x7f00_0000;
const IMAGE_PHYSICAL = 0x20_0000;
const USER = 0x40_0000;
const MEMORY_BYTES = 0x60_0000;
const PER_CPU = { runqueues: 0x100, hrtimer_bases: 0x800, timer_bases: 0x1000, tick_cpu_sched: 0x6000 };
const PER_CPU_BYTES = 0x8000;
const CPUS = 2;

const span = { file: 'a.spec', start: 0, end: 0 };
/** The shop's orders, as its author says where they are. */
const ORDERS = locator({
  name: 'orders',
  shape: 'list',
  of: named('order'),
  via: ['link'],
  id: ['id'],
  space: { comm: 'shop' },
  from: [member(cast(symbol('order_book'), named('order_book')), 'orders')],
});

/** A kernel's data, laid out by hand: nothing runs. Enough for everything that a place can be. */
export class BareKernel {
  readonly bytes = new Uint8Array(MEMORY_BYTES);
  readonly layout: Layout;
  readonly tasks = new Map<string, number>();
  readonly stacks = new Map<string, number>();
  readonly symbols = new Map<string, number>();
  readonly orders: number[] = [];
  readonly timers: number[] = [];
  readonly hrtimers: number[] = [];
  region = { physical: 0, bytes: 0 };
  vmcoreinfo = '';
  readonly name: string;
  readonly #view = new DataView(this.bytes.buffer);
  #next = IMAGE + 0x1_0000;
  #next_pid = 1;

  constructor(name = 'web', seed = 0) {
    this.name = name;
    this.layout = layoutOf(seed);
    this.#pageTables();
    for (const symbol of ['tasklist_lock', 'sb_lock', 'inode_hash_lock', 'nr_cpu_ids', 'nr_threads', 'prb'])
      this.symbols.set(symbol, this.alloc(64));
    this.symbols.set('__per_cpu_offset', this.alloc(8 * 64));
    this.symbols.set('_stext', IMAGE);
    this.put32(this.symbol('nr_cpu_ids'), CPUS);
    for (let cpu = 0; cpu < CPUS; cpu++)
      this.put64(this.symbol('__per_cpu_offset') + cpu * 8, this.alloc(PER_CPU_BYTES));
    for (const [symbol, offset] of Object.entries(PER_CPU)) this.symbols.set(symbol, offset);
    this.#populate();
    this.#publish();
  }

  symbol(name: string): number {
    return this.symbols.get(name) as number;
  }

  /** Physical address of an image or user address. */
  physical(address: number): number {
    return address >= 0 ? address - USER + 0x1_0000 : address - IMAGE + IMAGE_PHYSICAL;
  }

  alloc(bytes: number): number {
    const at = Math.ceil(this.#next / 64) * 64;
    this.#next = at + bytes;
    return at;
  }

  offset(type: string, path: string): number {
    return this.layout.offset(type, path);
  }

  put64(address: number, value: number | bigint): void {
    const bits = typeof value === 'bigint' ? value : toBigint(value);
    this.#view.setBigUint64(this.physical(address), BigInt.asUintN(64, bits), true);
  }

  put32(address: number, value: number): void {
    this.#view.setUint32(this.physical(address), value >>> 0, true);
  }

  get64(address: number): bigint {
    return this.#view.getBigUint64(this.physical(address), true);
  }

  get32(address: number): number {
    return this.#view.getUint32(this.physical(address), true);
  }

  perCpu(symbol: keyof typeof PER_CPU, cpu: number): number {
    return Number(BigInt.asIntN(64, this.get64(this.symbol('__per_cpu_offset') + cpu * 8))) + PER_CPU[symbol];
  }

  /** Links of a ring through `nodes`, the first of which is its head. */
  ring(nodes: readonly number[]): void {
    nodes.forEach((node, index) => {
      this.put64(node, nodes[(index + 1) % nodes.length] as number);
      this.put64(node + 8, nodes[(index + nodes.length - 1) % nodes.length] as number);
    });
  }

  addTask(comm: string, pid = this.#next_pid++): number {
    const task = this.alloc(this.layout.sizeOf('task_struct'));
    const stack = this.alloc(16_384);
    this.tasks.set(comm, task);
    this.stacks.set(comm, stack);
    this.put32(task + this.offset('task_struct', 'pid'), pid);
    this.bytes.set(Buffer.from(comm, 'latin1'), this.physical(task + this.offset('task_struct', 'comm')));
    this.put64(task + this.offset('task_struct', 'stack'), stack);
    this.put64(task + this.offset('task_struct', 'thread.sp'), stack + 16_000);
    this.put64(stack, 0x57ac_6e9d);
    this.ring([task + this.offset('task_struct', 'thread_group')]);
    this.ring([...this.tasks.values()].map((one) => one + this.offset('task_struct', 'tasks')));
    return task;
  }

  /** Another thread of a task: in its group, not on the ring of tasks. */
  addThread(leader: string, comm: string, pid: number): number {
    const thread = this.alloc(this.layout.sizeOf('task_struct'));
    this.put32(thread + this.offset('task_struct', 'pid'), pid);
    this.bytes.set(Buffer.from(comm, 'latin1'), this.physical(thread + this.offset('task_struct', 'comm')));
    const group = this.offset('task_struct', 'thread_group');
    this.ring([(this.tasks.get(leader) as number) + group, thread + group]);
    return thread;
  }

  #pageTables(): void {
    const entry = (table: number, index: number, value: number): void =>
      this.#view.setBigUint64(table + index * 8, BigInt(value), true);
    // Kernel: top table at 0x1000, image as one 2 MiB page pair. Process: top table at 0x4000, 16 pages at USER.
    entry(IMAGE_PHYSICAL, 511, 0x2000 | 3);
    entry(0x2000, 510, 0x3000 | 3);
    entry(0x3000, 8, IMAGE_PHYSICAL | 0x83);
    entry(0x3000, 9, (IMAGE_PHYSICAL + 0x20_0000) | 0x83);
    entry(0x4000, 0, 0x5000 | 7);
    entry(0x4000, 511, 0x2000 | 3);
    entry(0x5000, 0, 0x6000 | 7);
    entry(0x6000, 2, 0x7000 | 7);
    for (let page = 0; page < 16; page++) entry(0x7000, page, (0x1_0000 + page * 4096) | 7);
    this.symbols.set('swapper_pg_dir', IMAGE);
    // The process's top table, seen from the kernel: image memory that stands for it.
    this.#next = IMAGE + 0x1_0000;
  }

  #populate(): void {
    this.symbols.set('init_task', this.addTask('swapper/0', 0));
    for (const comm of ['init', 'kthreadd', 'nginx', 'php-fpm', 'shop']) this.addTask(comm);
    for (let cpu = 0; cpu < CPUS; cpu++) {
      const rq = this.perCpu('runqueues', cpu);
      this.put32(rq + this.offset('rq', 'nr_running'), cpu + 1);
      this.put64(rq + this.offset('rq', 'nr_switches'), 1000 + cpu);
    }
    this.#shop();
    this.#wheel();
    this.#hrtimerTree();
    this.#log();
  }

  #shop(): void {
    const shop = this.tasks.get('shop') as number;
    const mm = this.alloc(this.layout.sizeOf('mm_struct'));
    const pgd = Math.ceil(this.alloc(8192) / 4096) * 4096;
    this.bytes.copyWithin(this.physical(pgd), 0x4000, 0x5000);
    this.put64(shop + this.offset('task_struct', 'mm'), mm);
    this.put64(mm + this.offset('mm_struct', 'pgd'), pgd);
    const book = USER + 0x1000;
    this.symbols.set('order_book', book);
    for (let index = 0; index < 6; index++) {
      const order = USER + 0x2000 + index * 64;
      this.orders.push(order);
      this.put64(order + this.offset('order', 'id'), 100 + index);
      this.put32(order + this.offset('order', 'qty'), 10 * (index + 1));
      this.bytes[this.physical(order + this.offset('order', 'state'))] = index % 3;
    }
    this.put32(book + this.offset('order_book', 'count'), 6);
    this.ring([
      book + this.offset('order_book', 'orders'),
      ...this.orders.map((order) => order + this.offset('order', 'link')),
    ]);
  }

  #wheel(): void {
    const base = this.perCpu('timer_bases', 0);
    const heads = base + this.offset('timer_base', 'vectors');
    for (const bucket of [3, 3, 70]) {
      const timer = this.alloc(this.layout.sizeOf('timer_list'));
      this.timers.push(timer);
      const node = timer + this.offset('timer_list', 'entry');
      const head = heads + bucket * 8;
      const first = Number(BigInt.asIntN(64, this.get64(head)));
      this.put64(node, first);
      this.put64(node + 8, head);
      if (first !== 0) this.put64(first + 8, node);
      this.put64(head, node);
      const word = base + this.offset('timer_base', 'pending_map') + (bucket >> 6) * 8;
      this.put64(word, this.get64(word) | (1n << BigInt(bucket % 64)));
    }
  }

  /** Three timers under clock 0 of CPU 0: a black root with two red children. */
  #hrtimerTree(): void {
    const cpu_base = this.perCpu('hrtimer_bases', 0);
    const base = cpu_base + this.offset('hrtimer_cpu_base', 'clock_base[0]');
    this.put64(base + this.offset('hrtimer_clock_base', 'cpu_base'), cpu_base);
    this.put32(cpu_base + this.offset('hrtimer_cpu_base', 'active_bases'), 1);
    const node = (timer: number): number => timer + this.offset('hrtimer', 'node.node');
    for (let index = 0; index < 3; index++) {
      const timer = this.alloc(this.layout.sizeOf('hrtimer'));
      this.hrtimers.push(timer);
      this.put64(timer + this.offset('hrtimer', 'node.expires'), 1000 * (index + 1));
      this.put64(timer + this.offset('hrtimer', 'base'), base);
      this.bytes[this.physical(timer + this.offset('hrtimer', 'state'))] = 1;
    }
    const [low, middle, high] = this.hrtimers.map(node) as [number, number, number];
    this.put64(middle, 1);
    this.put64(middle + this.offset('rb_node', 'rb_left'), low);
    this.put64(middle + this.offset('rb_node', 'rb_right'), high);
    this.put64(low, middle);
    this.put64(high, middle);
    const active = base + this.offset('hrtimer_clock_base', 'active.rb_root');
    this.put64(active + this.offset('rb_root_cached', 'rb_root.rb_node'), middle);
    this.put64(active + this.offset('rb_root_cached', 'rb_leftmost'), low);
  }

  #log(): void {
    const ring = this.alloc(this.layout.sizeOf('printk_ringbuffer'));
    const descs = this.alloc(4 * this.layout.sizeOf('prb_desc'));
    const infos = this.alloc(4 * this.layout.sizeOf('printk_info'));
    const data = this.alloc(128);
    this.put64(this.symbol('prb'), ring);
    const at = (path: string): number => ring + this.offset('printk_ringbuffer', path);
    this.put32(at('desc_ring.count_bits'), 2);
    this.put64(at('desc_ring.descs'), descs);
    this.put64(at('desc_ring.infos'), infos);
    this.put32(at('text_data_ring.size_bits'), 7);
    this.put64(at('text_data_ring.data'), data);
    this.put64(at('desc_ring.tail_id'), 4n);
    this.put64(at('desc_ring.head_id'), 5n);
    [
      ['Linux version 6.1', 0],
      ['list_del corruption', 32],
    ].forEach(([text, begin], index) => {
      const desc = descs + index * this.layout.sizeOf('prb_desc');
      const info = infos + index * this.layout.sizeOf('printk_info');
      this.put64(desc + this.offset('prb_desc', 'state_var'), (2n << 62n) | BigInt(4 + index));
      this.put64(desc + this.offset('prb_desc', 'text_blk_lpos.begin'), 128n + BigInt(begin as number));
      this.put64(desc + this.offset('prb_desc', 'text_blk_lpos.next'), 160n + BigInt(begin as number));
      this.#view.setUint16(
        this.physical(info + this.offset('printk_info', 'text_len')),
        String(text).length,
        true,
      );
      this.bytes.set(Buffer.from(String(text)), this.physical(data + (begin as number) + 8));
    });
  }

  #publish(): void {
    const btf = btfOf(this.layout, new Map(Object.entries(PER_CPU)), PER_CPU_BYTES);
    const btf_at = this.alloc(btf.length);
    this.bytes.set(btf, this.physical(btf_at));
    this.symbols.set('__start_BTF', btf_at);
    this.symbols.set('__stop_BTF', btf_at + btf.length);
    const symbols = [...this.symbols].map(([name, address]) => ({
      name,
      type: address < 0 ? 'D' : 'A',
      address,
    }));
    const block = writeKallsyms(symbols);
    const at = this.alloc(block.bytes.length);
    this.bytes.set(block.bytes, this.physical(at));
    const published = Object.entries(block.tables).map(
      ([name, offset]) => [`kallsyms_${name}`, at + offset] as const,
    );
    this.vmcoreinfo = writeVmcoreInfo({
      osrelease: '6.1.0-bare',
      symbols: [['swapper_pg_dir', IMAGE], ['_stext', IMAGE], ...published],
      numbers: [
        ['phys_base', IMAGE_PHYSICAL - (IMAGE - KERNEL_MAP)],
        ['pgtable_l5_enabled', 0],
      ],
    });
    this.#writeRegion(btf_at, btf.length);
  }

  #writeRegion(btf_at: number, btf_bytes: number): void {
    const compiled = compileLocator(ORDERS, locatorTypes(this.layout, []));
    if (!compiled.ok) throw new Error(compiled.message);
    const region = writeRegion({
      boot_id: 7n,
      sealed: true,
      total_bytes: 8192,
      entries: [
        vmcoreinfoNote(this.vmcoreinfo),
        btfNote({ address: btf_at, bytes: btf_bytes }),
        locatorNote(compiled.entry),
      ],
    });
    const at = Math.ceil(this.alloc(8192 + 4096) / 4096) * 4096;
    this.bytes.set(region, this.physical(at));
    this.region = { physical: this.physical(at), bytes: region.length };
  }

  partition(): Partition {
    const { bytes } = this;
    const registers = Array.from(
      { length: CPUS },
      () => new Map<RegisterName, bigint>([['rip', 0xffff_ffff_8100_0010n]]),
    );
    const inside = (address: number, length: number): boolean =>
      address >= 0 && address + length <= bytes.length;
    return {
      name: this.name,
      memory: {
        size: bytes.length,
        read(address, into): boolean {
          if (!inside(address, into.length)) return false;
          into.set(bytes.subarray(address, address + into.length));
          return true;
        },
        write(address, content): boolean {
          if (!inside(address, content.length)) return false;
          bytes.set(content, address);
          return true;
        },
      },
      cpus: registers.map((file, index) => ({
        index,
        get: (register) => file.get(register) ?? 0n,
        set: (register, value): void => void file.set(register, value),
      })),
      vmcoreinfo: () => this.vmcoreinfo,
      region: () => this.region,
      machineAddress: (physical) => physical + 0x1000_0000,
      secondLevelEntry: (physical) => 0x80_0000 + Math.floor(physical / 4096) * 8,
      iommuEntry: (device, physical = 0) =>
        device === 'disk0' ? 0x90_0000 + Math.floor(physical / 4096) * 8 : undefined,
      park: () => undefined,
      resume: () => undefined,
      parked: false,
    };
  }
}

/** Every call of a fault control, in order. */
export interface BareTarget extends Target {
  readonly calls: string[];
  readonly watched: Location[];
  readonly machine_bytes: Uint8Array;
  clock: number;
  /** What `activated` answers, by watch. */
  readonly reads: Map<number, number>;
}

/** A target over hand-built memory: time stands, controls are noted. */
export function bareTarget(kernels: readonly BareKernel[]): BareTarget {
  const calls: string[] = [];
  const watched: Location[] = [];
  const machine_bytes = new Uint8Array(0x100_0000);
  const reads = new Map<number, number>();
  const note = (text: string): true => (calls.push(text) > 0) as true;
  const controls: FaultControls = {
    stopCpu: (partition, cpu) => note(`stop ${partition} ${cpu}`),
    stallCpu: (partition, cpu, duration) => note(`stall ${partition} ${cpu} ${duration}`),
    loseInterrupt: (source) => note(`lose ${source.kind} ${source.partition}`),
    injectDma: (partition, device, address, bytes, fill) => {
      note(`dma ${partition} ${device} 0x${address.toString(16)} ${bytes} ${fill}`);
      return bytes;
    },
    raiseInterrupt: (partition, cpu, vector) => note(`raise ${partition} ${cpu} 0x${vector.toString(16)}`),
    watch: (location) => watched.push(location) - 1,
    activated: (watch) => reads.get(watch),
  };
  return {
    name: 'sim',
    partitions: kernels.map((kernel) => kernel.partition()),
    clock: 0,
    now(): number {
      return this.clock;
    },
    runUntil(time_ns: number, _listener?: (event: TraceEvent) => boolean): void {
      this.clock = time_ns;
    },
    controls,
    machine: {
      size: machine_bytes.length,
      read(address, into): boolean {
        if (address + into.length > machine_bytes.length) return false;
        into.set(machine_bytes.subarray(address, address + into.length));
        return true;
      },
      write(address, bytes): boolean {
        if (address + bytes.length > machine_bytes.length) return false;
        machine_bytes.set(bytes, address);
        return true;
      },
    },
    calls,
    watched,
    machine_bytes,
    reads,
  };
}

/** The topology that goes with bare kernels. */
export function bareTopology(names: readonly string[] = ['web']): TopologyModel {
  return {
    machine: {
      cpus: [0, 1, 2, 3],
      memory_bytes: 0x1000_0000,
      devices: [{ kind: 'block', name: 'disk0', span }],
      iommu: 'strict',
      slice_ns: 10_000_000,
      span,
    },
    lpars: names.map((name) => ({
      name,
      cpus: { mode: 'owned', cpus: [0, 1], vcpus: 2, weight: 1 },
      memory_bytes: MEMORY_BYTES,
      devices: [{ mode: 'owned', device: 'disk0', weight: 1 }],
      kernel: {
        flavour: 'linux',
        workload: 'web_server',
        heartbeat_ns: 5_000_000,
        heartbeat_by: 'fork',
        watchdog_thresh_ns: 10_000_000_000,
        panic_on_oops: false,
        softlockup_panic: false,
        layout_seed: 0,
      },
      metadata: {
        size_bytes: 8192,
        seal: 'crc32c',
        describes: ['tasks', 'locks', 'app.orders'],
        locators: [ORDERS],
      },
      span,
    })),
    ambulances: [
      {
        name: 'rescue',
        cpus: { mode: 'owned', cpus: [3], vcpus: 1, weight: 1 },
        memory_bytes: 4096,
        attends: names,
        span,
      },
    ],
  };
}
