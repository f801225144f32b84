import type { Address } from '../base/address.ts';
import { addressHex, fromHalves } from '../base/address.ts';

/**
 * A locator: where a structure is and how to walk it, as lines of `KEY=VALUE`. region.md, beside this file, explains every key,
 * with the locator of each structure that the simulated kernel describes.
 */
const SHAPES = ['list', 'rbtree', 'hlist_wheel', 'percpu', 'one', 'locks', 'stacks', 'log'] as const;
type Shape = (typeof SHAPES)[number];

/** `SYMBOL[.member.path]`, or `0xADDRESS[.member.path]` where there is no symbol. */
interface LocatorRoot {
  /** '' when the root is an address. */
  readonly symbol: string;
  /** Used when `symbol` is ''. */
  readonly address: Address;
  /** Members of ROOT_TYPE from the root to what SHAPE begins at; '' when the root is it. */
  readonly member: string;
}

export interface Locator {
  /** Unique in a region; model/collections.ts lists those that validators know. */
  readonly name: string;
  readonly shape: Shape;
  readonly root: LocatorRoot;
  /** `kernel`, or the comm of the process in whose address space the structure lies. */
  readonly space: 'kernel' | { readonly task: string };
  /** Everything else by its key, upper case: TYPE, LINK, GUARD … */
  readonly keys: ReadonlyMap<string, string>;
}

/** These say where to begin with other keys: LOCKS, OF. Their root is the address 0. */
const ROOTLESS: ReadonlySet<Shape> = new Set(['locks', 'stacks']);

const TEXT_LIMIT = 4096;
const LINE_LIMIT = 64;
const MEMBER = '[A-Za-z_][A-Za-z0-9_]*(?:\\[\\d{1,6}\\])?';
const ROOT = new RegExp(`^(?:0x([0-9a-f]{1,16})|([A-Za-z_.$][A-Za-z0-9_$]*))((?:\\.${MEMBER})*)$`);

/** The locator in a note's text; without one, `problem` says why, and `name` is its NAME if it has that. */
export function parseLocator(text: string | Uint8Array): {
  readonly locator?: Locator;
  readonly name?: string;
  readonly problem: string;
} {
  const content =
    typeof text === 'string' ? text : Buffer.from(text.subarray(0, TEXT_LIMIT)).toString('latin1');
  const keys = new Map<string, string>();
  const lines = content.slice(0, TEXT_LIMIT).replace(/\0.*$/s, '').split('\n', LINE_LIMIT);
  for (const line of lines) {
    if (line === '') continue;
    const equals = line.indexOf('=');
    const key = line.slice(0, Math.max(equals, 0));
    if (!/^[A-Z][A-Z0-9_]{0,31}$/.test(key))
      return problem(`no KEY=VALUE: ${JSON.stringify(line.slice(0, 40))}`);
    if (keys.has(key)) return problem(`${key} is stated twice`);
    keys.set(key, line.slice(equals + 1));
  }
  const name = keys.get('NAME') ?? '';
  if (!/^[a-z][a-z0-9_.]{0,63}$/.test(name)) return problem('NAME is missing or no name');
  const shape = SHAPES.find((known) => known === keys.get('SHAPE'));
  if (!shape) return problem(`SHAPE ${JSON.stringify((keys.get('SHAPE') ?? '').slice(0, 40))} is not known`);
  const root_match = ROOT.exec(keys.get('ROOT') ?? '');
  if (!root_match && (keys.has('ROOT') || !ROOTLESS.has(shape))) return problem('ROOT is missing or no root');
  const space = spaceOf(keys.get('SPACE') ?? 'kernel');
  if (!space) return problem('SPACE is neither kernel nor task:COMM');
  for (const key of ['NAME', 'SHAPE', 'ROOT', 'SPACE']) keys.delete(key);
  return { locator: { name, shape, root: rootOf(root_match), space, keys }, name, problem: '' };

  function problem(message: string): { name?: string; problem: string } {
    const known = keys.get('NAME');
    return { ...(known === undefined ? {} : { name: known.slice(0, 64) }), problem: message };
  }
}

/** The text of a locator. Reading it back gives the same. */
export function formatLocator(locator: Locator): string {
  const { root } = locator;
  const base = root.symbol === '' ? `0x${addressHex(root.address)}` : root.symbol;
  const rootless = ROOTLESS.has(locator.shape) && root.symbol === '' && root.address === 0;
  const lines = [`NAME=${locator.name}`, `SHAPE=${locator.shape}`];
  if (!rootless) lines.push(`ROOT=${base}${root.member === '' ? '' : `.${root.member}`}`);
  lines.push(`SPACE=${locator.space === 'kernel' ? 'kernel' : `task:${locator.space.task}`}`);
  for (const [key, value] of locator.keys) lines.push(`${key}=${value}`);
  return `${lines.join('\n')}\n`;
}

function rootOf(match: RegExpExecArray | null): LocatorRoot {
  const digits = match?.[1] ?? '';
  const address = fromHalves(parseInt(digits.slice(-8) || '0', 16), parseInt(digits.slice(0, -8) || '0', 16));
  return { symbol: match?.[2] ?? '', address, member: (match?.[3] ?? '').slice(1) };
}

function spaceOf(text: string): Locator['space'] | undefined {
  if (text === 'kernel') return 'kernel';
  const comm = /^task:([\x21-\x7e]{1,15})$/.exec(text)?.[1];
  return comm === undefined ? undefined : { task: comm };
}
