import type { Address } from '../../../../base/address.ts';
import { HYPERCALL, VECTOR } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import { fuse, Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { DIRECT_MAP, imagePhysical } from '../memory-map.ts';
import { TASK } from './constants.ts';
import type { Inline } from './inline.ts';
import { popRegisters, pushRegisters } from './inline.ts';
import type { Locks } from './locks.ts';
import type { Memory } from './mm.ts';
import { r10, r12, r13, r8, rax, rbx, rdi, rdx, rsi } from './registers.ts';
import type { Scheduler } from './sched.ts';
import type { Sleep } from './sleep.ts';

/** Block and network drivers: split virtqueues of 16 entries, requests in fixed slots of a buffer page. */
export interface Drivers {
  /** read(rdi: sector) and write: one sector, sleeping until the device is done. rax: 0 or -errno. Called functions. */
  readonly read: Label;
  readonly write: Label;
  /** send(rdi: a word that goes into the frame): does not wait. A called function. */
  readonly send: Label;
  /** Sets the rings up. A called function. */
  readonly probe: Label;
  readonly disk_interrupt: Label;
  readonly net_interrupt: Label;
}

const ENTRIES = 16;
const AVAIL: number = ENTRIES * 16;
const USED = 4096;
/** Three descriptors a block request: header, data, status. */
const BLOCK_SLOTS = 5;
const BLOCK_SLOT_BYTES = 768;
const FRAME_SLOTS = 8;
const FRAME_BYTES = 256;
const DESC_NEXT = 1;
const DESC_WRITE = 2;
const ENODEV = -19;
const EIO = -5;

export const DISK_VECTOR: number = VECTOR.device_base;
export const NET_VECTOR: number = VECTOR.device_base + 1;

export function assembleDrivers(
  k: Kernel,
  inline: Inline,
  locks: Locks,
  sched: Scheduler,
  sleep: Sleep,
  memory: Memory,
  boot: { readonly disk: Address; readonly net: Address },
): Drivers {
  const { task } = k.o;
  const at = (name: string): Address => k.symbol(name);
  const disk = {
    ring: at('disk_ring'),
    ready: at('disk_ready'),
    lock: at('disk_lock'),
    last: at('disk_last_used'),
    free: at('disk_free'),
    waiters: at('disk_waiters'),
    buffer: at('disk_buffer'),
  };
  const net = {
    ring: at('net_ring'),
    ready: at('net_ready'),
    lock: at('net_lock'),
    last: at('net_last_used'),
    free: at('net_free'),
    buffer: at('net_buffer'),
  };

  const describe = (
    cpu: Cpu,
    ring: Address,
    index: number,
    address: Address,
    bytes: number,
    flags: number,
    next: number,
  ): void => {
    const entry = ring + index * 16;
    cpu.store64(entry, address - DIRECT_MAP);
    cpu.store32(entry + 8, bytes);
    cpu.store32(entry + 12, flags | (next << 16));
  };
  const announce = (cpu: Cpu, ring: Address, head: number): void => {
    const index = cpu.load16(ring + AVAIL + 2);
    cpu.store16(ring + AVAIL + 4 + (index % ENTRIES) * 2, head);
  };
  const publish = (cpu: Cpu, ring: Address): void =>
    cpu.store16(ring + AVAIL + 2, cpu.load16(ring + AVAIL + 2) + 1);
  const kick = (cpu: Cpu, index: Address): void => {
    cpu.set(rax, HYPERCALL.device_kick);
    cpu.set(rdi, cpu.load32(index));
    cpu.set(rsi, 0);
    cpu.hypercall();
  };
  const setUp = (cpu: Cpu, index: number, ring: Address, vector: number): void => {
    cpu.set(rax, HYPERCALL.device_setup);
    cpu.set(rdi, index);
    cpu.set(rsi, 0);
    cpu.set(rdx, imagePhysical(ring));
    cpu.set(r10, ENTRIES);
    cpu.set(r8, vector);
    cpu.hypercall();
  };

  const probe = k.text.fn(
    'virtio_probe',
    (cpu) => {
      const index = cpu.load32(boot.disk);
      if (index === 0xffff_ffff) return;
      cpu.store64(disk.buffer, memory.allocPage(cpu));
      cpu.store32(disk.free, (1 << BLOCK_SLOTS) - 1);
      setUp(cpu, index, disk.ring, DISK_VECTOR);
      if (cpu.get(rax) === 0) cpu.store32(disk.ready, 1);
    },
    (cpu) => {
      const index = cpu.load32(boot.net);
      if (index !== 0xffff_ffff) {
        cpu.store64(net.buffer, memory.allocPage(cpu));
        cpu.store32(net.free, (1 << FRAME_SLOTS) - 1);
        setUp(cpu, index, net.ring, NET_VECTOR);
        if (cpu.get(rax) === 0) cpu.store32(net.ready, 1);
      }
      cpu.ret();
    },
  );

  // rbx: slot, r12: sector, r13: 0 to read, 1 to write
  const [again, full, wait, done] = [1, 2, 3, 4].map(() => new Label()) as [Label, Label, Label, Label];
  const slotAt = (cpu: Cpu): Address => cpu.load64(disk.buffer) + cpu.get(rbx) * BLOCK_SLOT_BYTES;
  const submit = k.text.fn(
    'submit_bio_wait',
    (cpu) => {
      if (cpu.load32(disk.ready) === 0) {
        cpu.set(rax, ENODEV);
        return cpu.ret();
      }
      pushRegisters(cpu, rbx, r12, r13);
      cpu.set(r12, cpu.get(rdi));
      cpu.set(r13, cpu.get(rsi));
    },
    again,
    fuse(
      (cpu) => {
        cpu.interruptsOff();
        return locks.spinLock(cpu, disk.lock);
      },
      (cpu) => {
        const free = cpu.load32(disk.free);
        if (free === 0) {
          cpu.jump(full.at);
          return false;
        }
        const slot = 31 - Math.clz32(free & -free);
        cpu.store32(disk.free, free & (free - 1));
        cpu.set(rbx, slot);
        const buffer = slotAt(cpu);
        const writes = cpu.get(r13) !== 0;
        cpu.store32(buffer, writes ? 1 : 0);
        cpu.store32(buffer + 4, 0);
        cpu.store64(buffer + 8, cpu.get(r12));
        cpu.store8(buffer + 16, 0xff);
        const head = slot * 3;
        describe(cpu, disk.ring, head, buffer, 16, DESC_NEXT, head + 1);
        describe(
          cpu,
          disk.ring,
          head + 1,
          buffer + 256,
          512,
          DESC_NEXT | (writes ? 0 : DESC_WRITE),
          head + 2,
        );
        describe(cpu, disk.ring, head + 2, buffer + 16, 1, DESC_WRITE, 0);
        if (writes) cpu.store64(buffer + 256, cpu.now);
        announce(cpu, disk.ring, head);
        return false;
      },
    ),
    (cpu) => {
      const t = inline.current(cpu);
      publish(cpu, disk.ring);
      cpu.store64(disk.waiters + cpu.get(rbx) * 8, t);
      locks.spinUnlock(cpu, disk.lock);
      cpu.interruptsOn();
      kick(cpu, boot.disk);
    },
    wait,
    (cpu) => {
      const t = inline.current(cpu);
      cpu.store32(t + task.__state, TASK.UNINTERRUPTIBLE);
      if (cpu.load8(slotAt(cpu) + 16) !== 0xff) return cpu.jump(done.at);
      cpu.push(wait.at);
      cpu.jump(sched.schedule.at);
    },
    done,
    fuse(
      (cpu) => {
        cpu.store32(inline.current(cpu) + task.__state, TASK.RUNNING);
        cpu.interruptsOff();
        return locks.spinLock(cpu, disk.lock);
      },
      (cpu) => {
        cpu.set(rax, cpu.load8(slotAt(cpu) + 16) === 0 ? 0 : EIO);
        cpu.store32(disk.free, cpu.load32(disk.free) | (1 << cpu.get(rbx)));
        locks.spinUnlock(cpu, disk.lock);
        cpu.interruptsOn();
        popRegisters(cpu, rbx, r12, r13);
        cpu.ret();
        return false;
      },
    ),
    full,
    (cpu) => {
      locks.spinUnlock(cpu, disk.lock);
      cpu.interruptsOn();
      cpu.set(rdi, 1);
      cpu.push(again.at);
      cpu.jump(sleep.timeout.at);
    },
  );
  const read = k.text.fn('__x64_sys_read', (cpu) => {
    cpu.set(rsi, 0);
    cpu.jump(submit.at);
  });
  const write = k.text.fn('__x64_sys_write', (cpu) => {
    cpu.set(rsi, 1);
    cpu.jump(submit.at);
  });

  const send = k.text.fn(
    '__x64_sys_sendto',
    fuse(
      (cpu) => {
        if (cpu.load32(net.ready) === 0) {
          cpu.set(rax, ENODEV);
          cpu.ret();
          return false;
        }
        pushRegisters(cpu, rbx, r12);
        cpu.set(r12, cpu.get(rdi));
        cpu.interruptsOff();
        return locks.spinLock(cpu, net.lock);
      },
      (cpu) => {
        const free = cpu.load32(net.free);
        const slot = free === 0 ? -1 : 31 - Math.clz32(free & -free);
        cpu.set(rbx, slot);
        if (slot < 0) return false;
        cpu.store32(net.free, free & (free - 1));
        const frame = cpu.load64(net.buffer) + slot * FRAME_BYTES;
        // An Ethernet header with the local experimental type, then what was to be sent.
        cpu.store32(frame, 0xffff_ffff);
        cpu.store32(frame + 4, 0x0252_ffff);
        cpu.store32(frame + 8, 0x0100_5254);
        cpu.store16(frame + 12, 0xb588);
        cpu.store64(frame + 16, cpu.get(r12));
        describe(cpu, net.ring, slot, frame, 64, 0, 0);
        announce(cpu, net.ring, slot);
        return false;
      },
    ),
    (cpu) => {
      const sent = cpu.get(rbx) >= 0;
      if (sent) publish(cpu, net.ring);
      locks.spinUnlock(cpu, net.lock);
      cpu.interruptsOn();
      if (sent) kick(cpu, boot.net);
      cpu.set(rax, sent ? 0 : -11);
      popRegisters(cpu, rbx, r12);
      cpu.ret();
    },
  );

  // r12: used index seen
  const [more, no_more] = [new Label(), new Label()];
  const disk_interrupt = k.text.fn(
    'virtblk_done',
    (cpu) => {
      pushRegisters(cpu, r12);
      locks.spinLock(cpu, disk.lock);
    },
    more,
    (cpu) => {
      const last = cpu.load32(disk.last);
      if (last === cpu.load16(disk.ring + USED + 2)) return cpu.jump(no_more.at);
      const head = cpu.load32(disk.ring + USED + 4 + (last % ENTRIES) * 8);
      cpu.store32(disk.last, (last + 1) & 0xffff);
      const waiter = disk.waiters + (Math.floor(head / 3) & 7) * 8;
      const t = cpu.load64(waiter);
      cpu.store64(waiter, 0);
      if (t === 0) return cpu.jump(more.at);
      cpu.set(rdi, t);
      cpu.push(more.at);
      cpu.jump(sched.wake.at);
    },
    no_more,
    (cpu) => {
      locks.spinUnlock(cpu, disk.lock);
      popRegisters(cpu, r12);
      cpu.ret();
    },
  );
  const net_interrupt = k.text.fn(
    'skb_xmit_done',
    fuse(
      (cpu) => locks.spinLock(cpu, net.lock),
      (cpu) => {
        for (let turn = 0; turn < ENTRIES; turn++) {
          const last = cpu.load32(net.last);
          if (last === cpu.load16(net.ring + USED + 2)) break;
          const head = cpu.load32(net.ring + USED + 4 + (last % ENTRIES) * 8);
          cpu.store32(net.last, (last + 1) & 0xffff);
          cpu.store32(net.free, cpu.load32(net.free) | (1 << (head % FRAME_SLOTS)));
        }
        locks.spinUnlock(cpu, net.lock);
        cpu.ret();
        return false;
      },
    ),
  );
  return { read, write, send, probe, disk_interrupt, net_interrupt };
}
