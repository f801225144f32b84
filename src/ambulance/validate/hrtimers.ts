import type { Address } from '../../base/address.ts';
import { embeddedTimers } from '../locate/embedded.ts';
import type { Root } from '../locate/roots.ts';
import { byPhysical, rootPlace } from '../locate/roots.ts';
import { checkGuard } from './guards.ts';
import { nodeLayout } from './run-queues.ts';
import { walkTree } from './tree.ts';
import { stackTimers } from './sleepers.ts';
import type { Inspection, Validator } from './validator.ts';

/** HRTIMER_STATE_ENQUEUED (linux/hrtimer.h). */
const ENQUEUED = 1;
const SLACK_LIMIT_NS = 1_000_000_000;

/** The per-CPU queues of high-resolution timers: red-black trees by expiry. */
export const HRTIMERS: Validator = {
  structure: 'hrtimers',
  run(inspection) {
    const { locator, space, subject, meter } = inspection;
    const type = locator.keys.get('TYPE') ?? 'hrtimer';
    const at = inspection.offsets(type, { node: locator.keys.get('LINK') ?? 'node.node', expires: locator.keys.get('KEY') ?? 'node.expires', function: locator.keys.get('FUNCTION') ?? 'function', state: 'state', soft: '_softexpires', base: 'base' }); // prettier-ignore
    const cached = inspection.offsets('rb_root_cached', { root: 'rb_root.rb_node', leftmost: 'rb_leftmost' });
    const nodes = nodeLayout(inspection);
    if (!at || !cached || !nodes) return;
    const names = embeddedTimers(subject, type);
    const queued = new Map<Address, string>();
    const plain = locator.keys.get('CACHED') === 'no';
    for (const root of inspection.roots()) {
      if (Number.isNaN(space.u64(root.head))) return inspection.unreachable('UNMAPPED', `the queue of CPU ${root.cpu} is not mapped`); // prettier-ignore
      inspection.under(root);
      const tree = walkTree(
        space,
        {
          root: root.head + (plain ? 0 : cached.root),
          ...(plain ? {} : { leftmost: root.head + cached.leftmost }),
          key: (node) => space.u64(node - at.node + at.expires),
          keyAddress: (node) => node - at.node + at.expires,
          genuine: (node) => names.has(node - at.node) || isTimer(inspection, node - at.node, at, root),
          // Both ends of a timer's slack: what lies far apart, or the wrong way round, was not set so.
          doubtful: (node) => {
            const slack = space.u64(node - at.node + at.expires) - space.u64(node - at.node + at.soft);
            return !(slack >= 0 && slack <= SLACK_LIMIT_NS);
          },
        },
        nodes,
        meter,
      );
      if (tree.exhausted) return inspection.unreachable('BUDGET', `the queue of CPU ${root.cpu} has no end`);
      for (const node of tree.nodes) {
        const timer = node - at.node;
        const name = names.get(timer);
        queued.set(timer, name === undefined ? `hrtimers[${queued.size}]` : `hrtimers["${name}"]`);
        inspection.elements++;
        checkTimer(inspection, timer, queued.get(timer) as string, at, type);
      }
      for (const fault of tree.faults) {
        const timer = fault.node - at.node;
        const own = fault.member === 'rb_node' || fault.member === 'rb_leftmost';
        const variable = names.get(timer);
        const name = queued.get(timer) ?? (variable === undefined ? undefined : `hrtimers["${variable}"]`);
        const head = `${rootPlace(locator, root)}${locator.root.member === '' ? '' : `.${locator.root.member}`}`;
        const member = fault.member === 'key' ? 'node.expires' : `node.node.${fault.member}`;
        const inside = fault.member === 'rb_node' && !plain ? 'rb_root.rb_node' : fault.member;
        const place = own ? `${head}.${inside}` : name === undefined ? byPhysical(subject, fault.field) : `${name}.${member}`; // prettier-ignore
        inspection.report({
          code: fault.code,
          place,
          address: fault.field,
          bytes: 8,
          object: own
            ? { type: locator.keys.get('ROOT_TYPE') ?? type, base: root.base }
            : { type, base: timer },
          message: `${place} is ${inspection.hexAt(fault.field)}: ${fault.message}`,
          ...(fault.expected === undefined ? {} : { expected: fault.expected }),
        });
      }
      checkGuard(inspection, root);
    }
    // With a broken tree, what is not found is no news.
    if (inspection.drafts.some(({ code }) => code === 'RB_POINTER')) return;
    for (const [timer, name] of names) {
      if (!queued.has(timer)) checkLost(inspection, timer, `hrtimers["${name}"]`, at.state, type);
    }
    const roots = inspection.roots();
    const bytes = subject.sizeOf(locator.keys.get('ROOT_TYPE') ?? 'hrtimer_cpu_base');
    for (const { timer, name } of stackTimers(inspection, type)) {
      if (queued.has(timer)) continue;
      const base = space.u64(timer + at.base);
      const root = roots.find((one) => base >= one.base && base < one.base + bytes);
      if (root) inspection.under(root);
      checkLost(inspection, timer, name, at.state, type);
    }
  },
};

/** Two of three marks: a callback in text, a state that says queued, a base inside this queue's. */
function isTimer(
  inspection: Inspection,
  timer: Address,
  at: { readonly function: number; readonly state: number; readonly base: number },
  root: Root,
): boolean {
  const { space, subject } = inspection;
  const base = space.u64(timer + at.base);
  const marks = [
    subject.inText(space.u64(timer + at.function)),
    space.u8(timer + at.state) === ENQUEUED,
    base > root.base && base < root.base + subject.sizeOf('hrtimer_cpu_base'),
  ];
  return marks.filter(Boolean).length >= 2;
}

function checkTimer(
  inspection: Inspection,
  timer: Address,
  name: string,
  at: { readonly function: number },
  type: string,
): void {
  const callback = inspection.space.u64(timer + at.function);
  if (inspection.subject.isFunction(callback)) return;
  inspection.report({
    code: 'TIMER_FUNCTION',
    place: `${name}.function`,
    address: timer + at.function,
    bytes: 8,
    object: { type, base: timer },
    message: `function is ${inspection.hexAt(timer + at.function)}, no function of the kernel`,
  });
}

/** A timer that is queued says so in its state, and the other way round; it changes both under the queue's lock. */
function checkLost(inspection: Inspection, timer: Address, name: string, state: number, type: string): void {
  if (inspection.space.u8(timer + state) !== ENQUEUED) return;
  inspection.elements++;
  inspection.report({
    code: 'TIMER_LOST',
    place: name,
    address: timer,
    bytes: 8,
    object: { type, base: timer },
    message: `${name} says that it is queued, and is on no queue`,
  });
}
