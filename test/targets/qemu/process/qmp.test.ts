import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../../src/targets/qemu/problem.ts';
import { Qmp } from '../../../../src/targets/qemu/process/qmp.ts';
import { fakeChannel } from '../../../support/fake-channel.ts';

const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\r\n';
const line = (message: unknown): string => `${JSON.stringify(message)}\r\n`;
const idOf = (text: string): number => (JSON.parse(text) as { id: number }).id;
/** A monitor that greets, agrees, and answers every other command with `reply`. */
function monitor(reply: (id: number, text: string) => string | undefined): Qmp {
  const channel = fakeChannel(
    (text) =>
      text.includes('qmp_capabilities') ? line({ return: {}, id: idOf(text) }) : reply(idOf(text), text),
    GREETING,
  );
  const qmp = new Qmp(channel, () => ': out of paper');
  qmp.open();
  return qmp;
}

describe('the monitor', () => {
  it('returns what the command returned, in whatever pieces it comes', () => {
    const channel = fakeChannel((text) => line({ return: { status: 'running' }, id: idOf(text) }), GREETING);
    let rest = '';
    const qmp = new Qmp(
      {
        write: (text) => channel.write(text),
        // One character at a time.
        read() {
          rest += channel.read() ?? '';
          const [first = ''] = rest;
          rest = rest.slice(1);
          return first;
        },
        close() {},
      },
      () => '',
    );
    qmp.open();
    expect(qmp.command('query-status')).toEqual({ status: 'running' });
    expect(channel.written[1]).toBe('{"execute":"query-status","id":2}\n');
  });

  it('keeps events that come before an answer, and gives them once', () => {
    const qmp = monitor(
      (id) =>
        line({ event: 'STOP' }) +
        line({ return: 1, id }) +
        line({ event: 'GUEST_PANICKED', data: { action: 'run' } }),
    );
    expect(qmp.command('stop')).toBe(1);
    expect(qmp.events()).toEqual([
      { name: 'STOP', data: {} },
      { name: 'GUEST_PANICKED', data: { action: 'run' } },
    ]);
    expect(qmp.events()).toEqual([]);
  });

  it('takes no answer to another command for its own', () => {
    const qmp = monitor((id) => line({ return: 'late', id: id - 1 }) + line({ return: 'own', id }));
    expect(qmp.command('cont')).toBe('own');
  });

  it('says why a command was refused', () => {
    const qmp = monitor((id) => line({ error: { class: 'GenericError', desc: 'no such file' }, id }));
    expect(problemOf(() => qmp.command('migrate'))).toMatchObject({
      code: 'REFUSED',
      message: 'QEMU refuses migrate: no such file',
    });
  });

  it('says what QEMU said last when it ends', () => {
    const qmp = monitor(() => undefined);
    expect(problemOf(() => qmp.command('cont'))).toMatchObject({
      code: 'QEMU_DIED',
      message: 'QEMU ended: out of paper',
    });
  });

  it.each(['no json at all\n', '17\n', 'null\n', `"${'x'.repeat(5_000_000)}`])(
    'takes nonsense for no answer: %.12s',
    (text) => {
      const qmp = monitor(() => text);
      expect(problemOf(() => qmp.command('cont'))).toMatchObject({ code: 'NO_ANSWER' });
    },
  );

  it('waits no longer than it was told', () => {
    const qmp = monitor(() => '');
    expect(problemOf(() => qmp.command('cont', {}, 20))).toMatchObject({
      code: 'NO_ANSWER',
      message: 'QEMU gave no answer to cont for 20 ms',
    });
    const mute = new Qmp(
      fakeChannel(() => ''),
      () => '',
    );
    expect(problemOf(() => mute.open(20))).toMatchObject({ code: 'NO_ANSWER' });
  });
});
