import type { Address } from '../../../../base/address.ts';
import { WORKLOAD_TASKS } from '../../../../model/collections.ts';
import type { Cpu } from '../../step.ts';
import type { Part, Section } from '../assembler.ts';
import { Label, timed } from '../assembler.ts';
import { HEARTBEAT, NR } from '../kernel/syscalls.ts';
import { r12, rax, rbx, rdi, rsi } from '../kernel/registers.ts';
import { USER_DATA, USER_STACK_TOP } from '../memory-map.ts';
import type { Offsets } from '../offsets.ts';
import type { AppLayout } from './app/layout.ts';
import { workOf } from './app/program.ts';

/** Where the programs keep what they know: the generator's state, then what each likes. */
const RANDOM: Address = USER_DATA;
export const ORDER_BOOK: Address = USER_DATA + 0x40;
const ORDER_NEXT_ID: Address = USER_DATA + 0x30;
const ORDERS: Address = USER_DATA + 0x100;
const ORDER_COUNT = 48;
/** Files that the programs open. */
const FILES = 24;

/** One piece of a program. */
type Work = (at: Assembly) => Part;

interface Assembly {
  readonly section: Section;
  readonly o: Offsets;
  syscall(cpu: Cpu, number: number, first?: number, second?: number): void;
}

/** The next number of the process's own generator (xorshift32), in [0, bound). */
function random(cpu: Cpu, bound: number): number {
  let word = cpu.load32(RANDOM);
  word ^= word << 13;
  word ^= word >>> 17;
  word ^= word << 5;
  cpu.store32(RANDOM, word >>> 0);
  return (word >>> 0) % bound;
}

/** Sleeps between two times, on a high-resolution timer. */
const sleep =
  (from_us: number, to_us: number): Work =>
  (at) => [(cpu) => at.syscall(cpu, NR.nanosleep, (from_us + random(cpu, to_us - from_us)) * 1_000)];
/** Waits for something that does not come, with a timeout on the wheel. */
const poll =
  (from_ms: number, to_ms: number): Work =>
  (at) => [(cpu) => at.syscall(cpu, NR.poll, from_ms + random(cpu, to_ms - from_ms))];
/** Computes: a loop of steps of 50 us. */
const compute =
  (from_us: number, to_us: number): Work =>
  () => {
    const again = new Label();
    return [
      (cpu) => cpu.set(rbx, Math.ceil((from_us + random(cpu, to_us - from_us)) / 50)),
      again,
      timed(50_000, (cpu) => {
        const left = cpu.get(rbx) - 1;
        cpu.set(rbx, left);
        if (left > 0) cpu.jump(again.at);
      }),
    ];
  };
/** Opens one of the files that it likes. */
const open: Work = (at) => [(cpu) => at.syscall(cpu, NR.open, random(cpu, FILES))];
const read: Work = (at) => [(cpu) => at.syscall(cpu, NR.read, random(cpu, 65_536))];
const write: Work = (at) => [(cpu) => at.syscall(cpu, NR.write, random(cpu, 65_536))];
/** A word into every mailbox, and what lies in them taken. */
const mail: Work = (at) => [(cpu) => at.syscall(cpu, NR.sendmsg, random(cpu, 65_536))];
const send: Work = (at) => [(cpu) => at.syscall(cpu, NR.sendto, random(cpu, 65_536))];
/** Looks at every process, as `ps` and `kill -1` do. */
const look: Work = (at) => [(cpu) => at.syscall(cpu, NR.kill)];
/** Now and then: once in `times` turns. */
const seldom =
  (times: number, work: Work): Work =>
  (at) => {
    const skip = new Label();
    return [
      (cpu) => {
        if (random(cpu, times) !== 0) cpu.jump(skip.at);
      },
      work(at),
      skip,
    ];
  };
/** Forks a child that does something and exits, and reaps it. */
const child =
  (work: Work): Work =>
  (at) => {
    const parent = new Label();
    return [
      (cpu) => at.syscall(cpu, NR.fork),
      (cpu) => {
        if (cpu.get(rax) !== 0) cpu.jump(parent.at);
      },
      work(at),
      (cpu) => at.syscall(cpu, NR.exit, 0),
      parent,
      (cpu) => at.syscall(cpu, NR.wait4),
    ];
  };

/** What runs under each comm. A second entry is that of a thread. */
const PROGRAMS: Readonly<
  Record<string, { readonly start?: Work; readonly loop: readonly Work[]; readonly thread?: readonly Work[] }>
> = {
  nginx: { loop: [sleep(6_000, 14_000), open, seldom(3, read), send], thread: [poll(8, 20), send] },
  'php-fpm': {
    loop: [sleep(8_000, 16_000), compute(100, 400), seldom(2, open), seldom(8, child(compute(50, 150)))],
  },
  sshd: { loop: [poll(12, 24), seldom(16, look)] },
  postgres: {
    loop: [sleep(5_000, 12_000), open, read, compute(50, 250)],
    thread: [poll(8, 20), seldom(2, read)],
  },
  walwriter: { loop: [sleep(8_000, 14_000), write] },
  checkpointer: { loop: [poll(12, 24), seldom(4, write), seldom(16, look)] },
  make: { loop: [sleep(6_000, 12_000), open, seldom(4, child(compute(100, 300))), seldom(32, look)] },
  cc1: { loop: [compute(1_000, 3_000), open, sleep(1_000, 3_000)] },
  ld: { loop: [poll(12, 24), open, read, compute(100, 500)] },
  shop: { start: fillBook, loop: [sleep(6_000, 14_000), trade] },
  heartbeat: {
    loop: [
      (at) => [(cpu) => at.syscall(cpu, NR.ioctl, HEARTBEAT.wait)],
      child((at) => [(cpu) => at.syscall(cpu, NR.ioctl, HEARTBEAT.beat)]),
    ],
  },
  scanner: { loop: [compute(2_000, 4_000), seldom(4, open)], thread: [compute(2_000, 4_000)] },
  courier: { loop: [sleep(2_000, 6_000), mail] },
  init: { loop: [(at) => [(cpu) => at.syscall(cpu, NR.wait4)], poll(200, 300)] },
};

/** The stack of a second thread: half a page below the first's. */
const THREAD_STACK: Address = USER_STACK_TOP - 2048;

/** Assembles all programs; entry by comm. */
export function assemblePrograms(
  section: Section,
  o: Offsets,
  entry: Label,
  apps: readonly AppLayout[],
): ReadonlyMap<string, Label> {
  const at: Assembly = {
    section,
    o,
    syscall(cpu, number, first = 0, second = 0) {
      cpu.set(rax, number);
      cpu.set(rdi, first);
      cpu.set(rsi, second);
      cpu.toKernel(entry.at);
    },
  };
  const entries = new Map<string, Label>();
  for (const [comm, { start, loop, thread }] of Object.entries(PROGRAMS)) {
    const [again, thread_again] = [new Label(), new Label()];
    const second: Part = [
      thread_again,
      (thread ?? []).map((work) => work(at)),
      (cpu: Cpu) => cpu.jump(thread_again.at),
    ];
    const thread_main = thread ? section.fn(`${comm}.worker`, second) : undefined;
    const main = section.fn(
      comm,
      thread_main ? (cpu) => at.syscall(cpu, NR.clone, thread_main.at, THREAD_STACK) : [],
      start ? start(at) : [],
      again,
      loop.map((work) => work(at)),
      (cpu) => cpu.jump(again.at),
    );
    entries.set(comm, main);
  }
  // An app of the same name takes a program's place.
  for (const app of apps) {
    const again = new Label();
    const { name } = app.model;
    entries.set(
      name,
      section.fn(`app ${name}`, again, sleep(6_000, 14_000)(at), workOf(app, random), (cpu) =>
        cpu.jump(again.at),
      ),
    );
  }
  return entries;
}

/** Comms of a workload in the order in which init starts them; the heartbeat comes last, if it is a process. */
export function processesOf(workload: string): readonly string[] {
  return WORKLOAD_TASKS[workload] ?? [];
}

/** Fills the book. Orders hang in it as the kernel's lists do: no Linux code runs here, the shop's own does. */
function fillBook({ o }: Assembly): Part {
  const again = new Label();
  const head = ORDER_BOOK + o.order_book.orders;
  return [
    (cpu) => {
      cpu.store64(head, head);
      cpu.store64(head + 8, head);
      cpu.set(r12, 0);
    },
    again,
    (cpu) => {
      // rsi: the new order
      const index = cpu.get(r12);
      const order = ORDERS + index * o.order.bytes;
      cpu.store64(order + o.order.id, 1_000 + index);
      cpu.store32(order + o.order.qty, 1 + random(cpu, 1_000));
      cpu.store8(order + o.order.state, random(cpu, 3));
      cpu.set(rsi, order);
    },
    insertOrder(o),
    (cpu) => {
      const index = cpu.get(r12) + 1;
      cpu.set(r12, index);
      cpu.store32(ORDER_NEXT_ID, 1_000 + index);
      if (index < ORDER_COUNT) cpu.jump(again.at);
    },
  ];
}

/** list_add_tail(rsi, the book), then the count. */
function insertOrder(o: Offsets): Part {
  const head = ORDER_BOOK + o.order_book.orders;
  const count = ORDER_BOOK + o.order_book.count;
  return [
    (cpu) => {
      const link = cpu.get(rsi) + o.order.link;
      const last = cpu.load64(head + 8);
      cpu.store64(head + 8, link);
      cpu.store64(link, head);
      cpu.store64(link + 8, last);
    },
    (cpu) => {
      const link = cpu.get(rsi) + o.order.link;
      cpu.store64(cpu.load64(link + 8), link);
    },
    (cpu) => cpu.store32(count, cpu.load32(count) + 1),
  ];
}

/**
 * The oldest order leaves, is filled out anew and comes back as the youngest; some others change state. Under the
 * book's lock.
 */
function trade({ o }: Assembly): Part {
  const head = ORDER_BOOK + o.order_book.orders;
  const lock = ORDER_BOOK + o.order_book.lock;
  const count = ORDER_BOOK + o.order_book.count;
  const [take, empty] = [new Label(), new Label()];
  return [
    take,
    (cpu) => {
      if (cpu.load32(lock) !== 0) {
        cpu.spend(5_000);
        return cpu.jump(take.at);
      }
      cpu.store32(lock, 1);
    },
    (cpu) => {
      const first = cpu.load64(head);
      if (first === head) return cpu.jump(empty.at);
      cpu.set(rsi, first - o.order.link);
      cpu.store64(cpu.load64(first) + 8, head);
    },
    (cpu) => {
      const order = cpu.get(rsi);
      cpu.store64(head, cpu.load64(order + o.order.link));
      const id = cpu.load32(ORDER_NEXT_ID);
      cpu.store32(count, cpu.load32(count) - 1);
      cpu.store32(ORDER_NEXT_ID, id + 1);
      cpu.store64(order + o.order.id, id);
      cpu.store32(order + o.order.qty, 1 + random(cpu, 1_000));
      cpu.store8(order + o.order.state, 0);
    },
    insertOrder(o),
    // The one that has waited longest is filled or becomes void.
    (cpu) => cpu.store8(cpu.load64(head) - o.order.link + o.order.state, 1 + random(cpu, 2)),
    empty,
    (cpu) => cpu.store8(lock, 0),
  ];
}
