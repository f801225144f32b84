import type { Address } from '../../../../base/address.ts';
import { HYPERCALL } from '../../../../target/hypercalls.ts';
import { MESSAGE_BYTES, MESSAGES, RING, RING_BYTES } from '../../machine/mailbox.ts';
import type { Cpu } from '../../step.ts';
import { Label, timed } from '../assembler.ts';
import type { BootParams } from '../boot-params.ts';
import { SHARED_LIMIT } from '../boot-params.ts';
import type { Kernel } from '../kernel-data.ts';
import { popRegisters, pushRegisters } from './inline.ts';
import { r12, rax, rbx, rdi } from './registers.ts';

/**
 * What a visit takes, however many messages there are: what a neighbour sends can so not move this guest's time. For
 * the same reason no register and nothing but shared memory ever holds what a neighbour wrote.
 */
const VISIT_NS = 2_500;
const KIND = { request: 1, answer: 2 } as const;

/** A message, if there is room; a full ring is left as it is. */
function put(cpu: Cpu, ring: Address, kind: number, word: number): void {
  const number = cpu.load32(ring + RING.put);
  if ((number - cpu.load32(ring + RING.taken)) >>> 0 >= MESSAGES) return;
  const message = ring + RING.messages + (number % MESSAGES) * MESSAGE_BYTES;
  cpu.store32(message, kind);
  cpu.store64(message + 8, word);
  cpu.store32(ring + RING.put, number + 1);
}

/**
 * Takes all that there is and answers requests. What the other one says about its ring is not believed beyond the
 * ring's size.
 */
function takeAll(cpu: Cpu, theirs: Address, mine: Address): void {
  for (let turn = 0; turn < MESSAGES; turn++) {
    const taken = cpu.load32(theirs + RING.taken);
    if (taken === cpu.load32(theirs + RING.put)) return;
    const message = theirs + RING.messages + (taken % MESSAGES) * MESSAGE_BYTES;
    if (cpu.load32(message) === KIND.request) put(cpu, mine, KIND.answer, cpu.load64(message + 8));
    cpu.store32(theirs + RING.taken, taken + 1);
  }
}

/**
 * sendmsg(rdi: a word): a request into every mailbox; what has come is taken and answered. A called function; rax: 0.
 */
export function assembleMailbox(k: Kernel, boot: BootParams): Label {
  const next = new Label();
  return k.text.fn(
    '__x64_sys_sendmsg',
    (cpu) => {
      pushRegisters(cpu, rbx, r12);
      cpu.set(rbx, 0);
      cpu.set(r12, cpu.get(rdi));
    },
    next,
    timed(VISIT_NS, (cpu) => {
      const index = cpu.get(rbx);
      const entry = boot.shared + index * 16;
      const region = index < SHARED_LIMIT ? cpu.load64(entry) : 0;
      if (region === 0) {
        cpu.set(rax, 0);
        popRegisters(cpu, rbx, r12);
        return cpu.ret();
      }
      const side = cpu.load32(entry + 8) & 1;
      const [mine, theirs] = [region + side * RING_BYTES, region + (1 - side) * RING_BYTES];
      put(cpu, mine, KIND.request, cpu.get(r12));
      takeAll(cpu, theirs, mine);
      cpu.set(rbx, index + 1);
      cpu.set(rax, HYPERCALL.mailbox);
      cpu.set(rdi, index);
      cpu.hypercall();
      cpu.jump(next.at);
    }),
  );
}
