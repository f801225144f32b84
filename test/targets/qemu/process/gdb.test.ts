import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../../src/targets/qemu/problem.ts';
import { GdbStub } from '../../../../src/targets/qemu/process/gdb.ts';
import { Qmp } from '../../../../src/targets/qemu/process/qmp.ts';
import { fakeChannel } from '../../../support/fake-channel.ts';

const packet = (text: string): string => {
  const sum = [...text].reduce((total, one) => total + one.charCodeAt(0), 0) & 255;
  return `$${text}#${sum.toString(16).padStart(2, '0')}`;
};

/** A stub whose peer answers every packet by `reply`, and the packets that it sent. */
function stub(reply: (packet: string) => string): {
  readonly gdb: GdbStub;
  readonly sent: () => string[];
  readonly human: string[];
} {
  const human: string[] = [];
  const monitor = fakeChannel((text) => {
    const { id, arguments: words } = JSON.parse(text) as {
      id: number;
      arguments?: { 'command-line': string };
    };
    if (words) human.push(words['command-line']);
    return `${JSON.stringify({ return: '', id })}\n`;
  });
  const channel = fakeChannel((text) => (text.startsWith('$') ? `+${reply(text.slice(1, -3))}` : ''));
  const sent = (): string[] =>
    channel.written.filter((text) => text.startsWith('$')).map((text) => text.slice(1, -3));
  return { gdb: new GdbStub(channel, new Qmp(monitor, () => '')), sent, human };
}

describe('the debugger stub', () => {
  it('is attached when it is first needed, once, and told to take addresses as physical', () => {
    const { gdb, sent, human } = stub(() => packet('OK'));
    expect([sent(), human]).toEqual([[], []]);
    gdb.writeMemory(0x1000, Uint8Array.of(1, 0xff));
    gdb.writeMemory(0x2000, Uint8Array.of(2));
    expect(human).toEqual(['gdbserver chardev:gdb']);
    expect(sent()).toEqual([
      'qXfer:features:read:target.xml:0,ffb',
      'Qqemu.PhyMemMode:1',
      'M1000,2:01ff',
      'M2000,1:02',
    ]);
  });

  it('writes much memory in pieces that QEMU takes', () => {
    const { gdb, sent } = stub(() => packet('OK'));
    gdb.writeMemory(0x1000, new Uint8Array(2500));
    expect(
      sent()
        .slice(2)
        .map((text) => text.split(':')[0]),
    ).toEqual(['M1000,400', 'M1400,400', 'M1800,1c4']);
    expect(Math.max(...sent().map((text) => text.length))).toBeLessThan(4096);
  });

  it('lets some processors go on, by their numbers from 1, and waits for no answer', () => {
    const { gdb, sent } = stub((text) => (text.startsWith('vCont') ? '' : packet('OK')));
    gdb.goOn([0, 2, 10]);
    expect(sent().at(-1)).toBe('vCont;c:1;c:3;c:b');
  });

  it('writes registers of the processor that is meant, in the guest’s byte order', () => {
    const { gdb, sent } = stub(() => packet('OK'));
    expect(gdb.writeRegister(1, 'rip', 0xffff_ffff_8100_1234n)).toBe(true);
    expect(gdb.writeRegister(0, 'rflags', 0x246n)).toBe(true);
    expect(sent().slice(2)).toEqual(['Hg2', 'P10=34120081ffffffff', 'Hg1', 'P11=46020000']);
    expect(gdb.writeRegister(0, 'idtr', 0n)).toBe(false);
  });

  it('takes news of a stop for no answer', () => {
    const { gdb } = stub(() => packet('T02thread:01;') + packet('OK'));
    gdb.writeMemory(0, Uint8Array.of(1));
  });

  it('says what was refused', () => {
    const { gdb } = stub((text) => packet(text.startsWith('M') ? 'E14' : 'OK'));
    expect(problemOf(() => gdb.writeMemory(0, Uint8Array.of(1)))).toMatchObject({
      code: 'REFUSED',
      message: "QEMU's debugger refuses M0,1:01: E14",
    });
  });
});
