import type { Channel } from '../../src/targets/qemu/process/channel.ts';

/**
 * The near end of a peer made of answers: what is written goes to `answer`, what that gives can be read. undefined: the
 * peer is gone.
 */
export function fakeChannel(
  answer: (text: string) => string | undefined,
  greeting = '',
): Channel & { readonly written: string[] } {
  let waiting: string | undefined = greeting;
  const written: string[] = [];
  return {
    written,
    write(text): void {
      written.push(text);
      const reply = answer(text);
      waiting = reply === undefined || waiting === undefined ? undefined : waiting + reply;
    },
    read(): string | undefined {
      const text = waiting;
      if (waiting !== undefined) waiting = '';
      return text;
    },
    close(): void {},
  };
}
