import type { Address } from '../base/address.ts';
import type { Locator } from '../formats/locator.ts';
import { guardOf, rootPlace, rootsOf } from './locate/roots.ts';
import type { Subject } from './locate/subject.ts';

/** An object that a structure begins at: what must be mapped for the kernel to run at all. */
export interface Landmark {
  /** As a spec names it, without the patient: `run_queues[0]`, `symbols["hrtimer_bases"][0]`. */
  readonly place: string;
  readonly address: Address;
  /** The lock inside of it that writers hold. */
  readonly guard?: { readonly place: string; readonly address: Address };
}

/** Where the described structures of the kernel begin, and what else every access hangs on. */
export function landmarksOf(subject: Subject, locators: Iterable<Locator>): Landmark[] {
  const landmarks: Landmark[] = [];
  const variable = (name: string): void => {
    const address = subject.symbol(name);
    if (address !== undefined) landmarks.push({ place: `symbols["${name}"]`, address });
  };
  variable('__per_cpu_offset');
  for (const locator of locators) {
    if (locator.space !== 'kernel') continue;
    for (const item of (locator.keys.get('LOCKS') ?? '').split(',')) variable(item.split(':')[0] ?? '');
    if (locator.root.symbol === '') continue;
    if (locator.keys.get('PERCPU') !== 'yes') variable(locator.root.symbol);
    const located = rootsOf(subject, locator, subject.space);
    for (const root of located.ok ? located.roots : []) {
      const place = rootPlace(locator, root);
      const member = locator.keys.get('GUARD') ?? '';
      const guard = member.startsWith('.') ? guardOf(subject, locator, root)?.address : undefined;
      const own = guard === undefined ? {} : { guard: { place: `${place}${member}`, address: guard } };
      landmarks.push({ place, address: root.base, ...own });
    }
  }
  return landmarks;
}
