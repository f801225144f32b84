import type { Elements, Root, ShapeFault } from './elements.ts';
import type { Draft } from './findings.ts';
import type { Session } from './session.ts';
import { hex } from './shapes/shape.ts';

/** What a walker found wrong, as a finding of the structure that it stands for. */
export function draftOf(session: Session, structure: string, elements: Elements, one: ShapeFault): Draft {
  const root = elements.roots[one.root] as Root;
  const { name } = elements.locator.model;
  const own = Number.isNaN(one.element);
  const named =
    one.place === ''
      ? (session.placeOf(one.address) ?? `address(${hex(one.address, root.space.fold)})`)
      : one.place;
  const place = named ?? `${own ? root.place : session.nameOf(name, one.element)}${one.member}`;
  const guard = session.validatorGuard(structure) ?? root.guard;
  const object =
    one.place !== undefined
      ? { type: '', base: 0 }
      : own
        ? root.object
        : { type: elements.locator.named, base: one.element };
  const back = one.back && {
    place: Number.isNaN(one.back.element)
      ? `${root.place}${one.back.member}`
      : `${session.nameOf(name, one.back.element)}${one.back.member}`,
    address: one.back.address,
  };
  const closed =
    back && back.address !== one.address ? ` through ${back.place}: one of the two links is wrong` : '';
  return {
    structure,
    code: one.code,
    place,
    address: one.address,
    bytes: one.bytes,
    pointer: one.number !== true,
    message: `${place} is ${one.message}${closed}`,
    space: root.space,
    of_shape: true,
    rule: -1,
    bound: [],
    ...meansOf(one),
    ...(back ? { back } : {}),
    ...(object.type === '' ? {} : { object }),
    ...(one.expected === undefined ? {} : { expected: one.expected, expected_bits: one.expected_bits ?? 0n }),
    ...(guard ? { guard } : {}),
    around: root.guard && guard !== root.guard ? [root.guard] : [],
  };
}

/** What the code of a link does not say by itself. */
function meansOf({ code, place }: ShapeFault): { means?: string } {
  if (code === 'FREELIST_CYCLE') return { means: 'double_free' };
  if (code === 'TOO_MANY') return { means: place === undefined ? 'bad_count' : 'bad_value' };
  return {};
}
