import { addressHex } from '../base/address.ts';
import type { Action, Scenario, Trigger } from '../model/scenario.ts';
import { VERBS } from '../model/verbs.ts';
import type { BytesPlace } from '../place/place.ts';
import { addressBits } from '../place/place.ts';
import { printExpression } from '../model/print.ts';
import type { Aim, Receipt } from '../record/record.ts';
import type { FaultControls } from '../target/target.ts';
import type { Asked, Done } from './injection.ts';

/** More occurrences of one `every` than this are not kept: the record stays small. */
const RECEIPTS_LIMIT = 1000;
const BYTES_KEPT = 64;

/** A receipt, and the watches that will tell when its damage was first read. Plain data. */
export interface Entry {
  readonly receipt: Receipt;
  readonly watches: readonly number[];
  readonly asked?: Asked;
}

/** The receipts of one run: armed at the start, one for each action and one for each firing of it. */
export class Receipts {
  readonly #scenario: Scenario;
  readonly #armed_ns: number;
  /** In the order of the spec, then of firing; undefined where there is nothing to have a receipt of. */
  readonly #entries: (Entry | undefined)[] = [];
  /** Where the receipts of each action stand, by `trigger action`. */
  readonly #actions = new Map<string, Standing>();

  constructor(scenario: Scenario, armed_ns: number, entries?: readonly Entry[]) {
    this.#scenario = scenario;
    this.#armed_ns = entries?.[0]?.receipt.armed_ns ?? armed_ns;
    for (const entry of entries ?? []) this.#push(entry);
    if (entries) return;
    scenario.triggers.forEach((trigger, index) => {
      trigger.actions.forEach((action, position) => {
        this.#push({ receipt: armed(trigger, index, action, position, armed_ns), watches: [] });
      });
    });
  }

  fired(trigger: number, action: number, time_ns: number, done: Done, watches: readonly number[]): void {
    const { place } = done;
    const address = place.kind === 'bytes' ? addressBits(place) : undefined;
    const where =
      place.kind === 'bytes' && place.runs[0]
        ? {
            address: address === undefined ? '' : addressHex(address),
            physical: place.runs[0].physical,
            extent: place.bytes,
            ...(place.number ? { number: place.number } : {}),
          }
        : { address: '', physical: -1 };
    this.#update(
      trigger,
      action,
      (receipt) => ({
        ...receipt,
        ...where,
        place: place.text,
        partition: place.partition,
        fired_ns: time_ns,
        ...(done.immediate ? { activated_ns: time_ns } : {}),
        before: hex(done.before),
        after: hex(done.after),
        bytes: done.after.length,
        note: done.note,
        ...(done.aim ? { aim: aimed(done.aim) } : {}),
      }),
      watches,
      done.asked,
    );
  }

  /** It came to nothing: why, and whether because this target cannot do it. */
  failed(trigger: number, action: number, note: string, unsupported?: true): void {
    const why = unsupported ? { note, unsupported } : { note };
    this.#update(trigger, action, (receipt) => ({ ...receipt, ...why }), []);
  }

  /** The trigger's condition was false: there is nothing to have a receipt of. */
  drop(trigger: number): void {
    const actions = this.#scenario.triggers[trigger]?.actions.length ?? 0;
    for (let action = 0; action < actions; action++) {
      const standing = this.#actions.get(`${trigger} ${action}`);
      if (standing?.open === undefined) continue;
      this.#entries[standing.open] = undefined;
      standing.open = undefined;
      standing.count--;
    }
  }

  /** All of them, with the first reads that the machine has seen since. */
  list(controls: Partial<FaultControls> | undefined, went?: (asked: Asked) => string): readonly Receipt[] {
    return this.entries().map(({ receipt: written, watches, asked }) => {
      const receipt =
        asked === undefined || went === undefined
          ? written
          : { ...written, note: `${written.note}; ${went(asked)}` };
      if (receipt.activated_ns !== undefined || !controls?.activated) return receipt;
      const times = watches.map((watch) => controls.activated?.(watch)).filter((time) => time !== undefined);
      return times.length === 0 ? receipt : { ...receipt, activated_ns: Math.min(...times) };
    });
  }

  entries(): readonly Entry[] {
    return this.#entries.filter((entry) => entry !== undefined);
  }

  /** Fills the receipt that still waits, or adds one for another firing of the same action. */
  #update(
    trigger: number,
    action: number,
    change: (receipt: Receipt) => Receipt,
    watches: readonly number[],
    asked?: Asked,
  ): void {
    const more = asked === undefined ? {} : { asked };
    const standing = this.#actions.get(`${trigger} ${action}`);
    const open = standing?.open;
    const waiting = open === undefined ? undefined : this.#entries[open];
    if (standing && open !== undefined && waiting) {
      const receipt = change(waiting.receipt);
      this.#entries[open] = { receipt, watches, ...more };
      if (receipt.fired_ns !== undefined) standing.open = undefined;
      return;
    }
    const written = this.#scenario.triggers[trigger];
    const again = written?.actions[action];
    if (!written || !again || (standing?.count ?? 0) >= RECEIPTS_LIMIT) return;
    const receipt = armed(written, trigger, again, action, this.#armed_ns);
    this.#push({ receipt: change(receipt), watches, ...more });
  }

  #push(entry: Entry): void {
    const { trigger, action, fired_ns } = entry.receipt;
    const key = `${trigger} ${action}`;
    const standing = this.#actions.get(key) ?? { count: 0, open: undefined };
    this.#actions.set(key, standing);
    standing.count++;
    if (fired_ns === undefined) standing.open ??= this.#entries.length;
    this.#entries.push(entry);
  }
}

/** How many receipts an action has, and which of them still waits. */
interface Standing {
  count: number;
  open: number | undefined;
}

function armed(trigger: Trigger, index: number, action: Action, position: number, armed_ns: number): Receipt {
  return {
    trigger: index,
    action: position,
    name: trigger.name ?? '',
    verb: action.verb,
    kind: VERBS.get(action.verb)?.kind ?? 'fault',
    place: action.subject ? printExpression(action.subject) : '',
    partition: action.subject?.kind === 'path' ? action.subject.value.root : '',
    address: '',
    physical: -1,
    armed_ns,
    before: '',
    after: '',
    bytes: 0,
    note: '',
  };
}

function aimed({ text, partition, runs, bytes, number }: BytesPlace): Aim {
  const physical = runs[0]?.physical ?? -1;
  return { place: text, partition, physical, bytes, ...(number ? { number } : {}) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, BYTES_KEPT)).toString('hex');
}
