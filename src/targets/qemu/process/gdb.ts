import { QemuProblem } from '../problem.ts';
import type { Channel } from './channel.ts';
import { monotonic_ns, sleep_ms } from './channel.ts';
import type { Qmp } from './qmp.ts';

const ANSWER_MS = 10_000;
/** Bytes of memory in one packet: QEMU's longest is 4096 characters, two for a byte. */
const WRITE_BYTES = 1024;

/** Numbers of QEMU's own description of an x86-64 (gdb-xml/i386-64bit.xml), and how many bytes each has. */
const REGISTER: Readonly<Record<string, readonly [number: number, bytes: number]>> = {
  rax: [0, 8],
  rbx: [1, 8],
  rcx: [2, 8],
  rdx: [3, 8],
  rsi: [4, 8],
  rdi: [5, 8],
  rbp: [6, 8],
  rsp: [7, 8],
  r8: [8, 8],
  r9: [9, 8],
  r10: [10, 8],
  r11: [11, 8],
  r12: [12, 8],
  r13: [13, 8],
  r14: [14, 8],
  r15: [15, 8],
  rip: [16, 8],
  rflags: [17, 4],
  cs: [18, 4],
  gs_base: [25, 8],
  cr2: [28, 8],
  cr3: [29, 8],
};

/**
 * QEMU's debugger stub (the GDB remote serial protocol), synchronous, attached when it is first needed: the one way to
 * write registers, and to write memory so that code which has been translated is thrown away. The machine must stand
 * still.
 */
export class GdbStub {
  readonly #channel: Channel;
  readonly #qmp: Qmp;
  #attached = false;
  #pending = '';

  constructor(channel: Channel, qmp: Qmp) {
    this.#channel = channel;
    this.#qmp = qmp;
  }

  /** Writes guest-physical memory as a device would: whatever was made of the bytes before is forgotten. */
  writeMemory(physical: number, bytes: Uint8Array): void {
    this.#attach();
    for (let done = 0; done < bytes.length; done += WRITE_BYTES) {
      const piece = bytes.subarray(done, done + WRITE_BYTES);
      const hex = Buffer.from(piece).toString('hex');
      this.#ask(`M${(physical + done).toString(16)},${piece.length.toString(16)}:${hex}`);
    }
  }

  /** False for a register that the stub does not know. */
  writeRegister(cpu: number, name: string, value: bigint): boolean {
    const known = REGISTER[name];
    if (known === undefined) return false;
    const [number, bytes] = known;
    const word = Buffer.alloc(8);
    word.writeBigUInt64LE(BigInt.asUintN(64, value));
    this.#attach();
    this.#ask(`Hg${(cpu + 1).toString(16)}`);
    this.#ask(`P${number.toString(16)}=${word.toString('hex', 0, bytes)}`);
    return true;
  }

  /**
   * Lets these processors go on, and no other: a `cont` of the monitor starts them all. Returns at once; the machine
   * runs when its status says so.
   */
  goOn(cpus: readonly number[]): void {
    this.#attach();
    const packet = `vCont${cpus.map((cpu) => `;c:${(cpu + 1).toString(16)}`).join('')}`;
    this.#channel.write(`$${packet}#${checksum(packet)}`);
  }

  /** The stub tells of every stop; what nobody reads would fill its pipe. */
  drain(): void {
    if (!this.#attached) return;
    const text = this.#channel.read() ?? '';
    const packets = text.split('$').length - 1;
    if (packets > 0) this.#channel.write('+'.repeat(packets));
  }

  #attach(): void {
    this.drain();
    if (this.#attached) return;
    this.#qmp.human('gdbserver chardev:gdb');
    this.#attached = true;
    // Whoever has read the description may write single registers.
    this.#exchange('qXfer:features:read:target.xml:0,ffb');
    this.#ask('Qqemu.PhyMemMode:1');
  }

  #ask(packet: string): void {
    const answer = this.#exchange(packet);
    if (answer !== 'OK')
      throw new QemuProblem(
        'REFUSED',
        `QEMU's debugger refuses ${packet.slice(0, 24)}: ${answer || 'not supported'}`,
        'see whether this QEMU is at least version 7',
      );
  }

  /** Sends one packet; the answer to it. News of stops that come between are passed over. */
  #exchange(packet: string): string {
    this.#channel.write(`$${packet}#${checksum(packet)}`);
    const end = monotonic_ns() + ANSWER_MS * 1e6;
    for (;;) {
      const text = this.#channel.read();
      if (text === undefined)
        throw new QemuProblem('QEMU_DIED', 'QEMU ended while it was being debugged', 'run it again');
      this.#pending += text;
      for (;;) {
        const found = /\$([^#]*)#[0-9a-f]{2}/.exec(this.#pending);
        if (found === null) break;
        this.#pending = this.#pending.slice(found.index + found[0].length);
        this.#channel.write('+');
        const [, answer = ''] = found;
        if (!/^[TS][0-9a-f]{2}/.test(answer)) return answer;
      }
      if (monotonic_ns() > end)
        throw new QemuProblem(
          'NO_ANSWER',
          `QEMU's debugger gave no answer to ${packet.slice(0, 24)}`,
          'run it again, with fewer workers',
        );
      if (text === '') sleep_ms(0.1);
    }
  }
}

function checksum(packet: string): string {
  let sum = 0;
  for (let index = 0; index < packet.length; index++) sum += packet.charCodeAt(index);
  return (sum & 255).toString(16).padStart(2, '0');
}
