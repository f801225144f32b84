import type { CMember, CType } from '../model/c-types.ts';
import { AGGREGATES, ENUMS, TYPEDEFS } from '../model/kernel-types.ts';

/** Their heading: too many to be listed where nobody asked for types. */
export const KERNEL_TYPES = 'types of the kernel';

/** Types of the simulated kernel, each with what it is made of: names that need no `struct` in a spec. */
export function kernelTypeWords(): Readonly<Record<string, string>> {
  const words: [string, string][] = [];
  for (const [name, { union, members }] of AGGREGATES)
    words.push([
      name,
      `\`${union ? 'union' : 'struct'} ${name} { ${membersText(members)} }\`, of the kernel. Where its members lie, the guest's BTF says.`,
    ]);
  for (const [name, { bytes, values }] of ENUMS)
    words.push([
      name,
      `\`enum u${bytes * 8} { ${values.map(([word, value]) => `${word} = ${value}`).join(', ')} }\`, of the kernel.`,
    ]);
  for (const [name, type] of TYPEDEFS)
    if (!AGGREGATES.has(name))
      words.push([name, `\`${typeText(type)}\`, by the name that the kernel gives it.`]);
  return Object.fromEntries(words.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Where the simulated kernel has a member of that name: `of`, and what it is. */
export function kernelMembers(name: string): readonly { readonly of: string; readonly type: string }[] {
  const among = (of: string, members: readonly CMember[]): { of: string; type: string }[] =>
    members.flatMap((one) => [
      ...(one.name === name ? [{ of, type: typeText(one.type) }] : []),
      ...(one.type.kind === 'anonymous' ? among(of, one.type.members) : []),
    ]);
  return [...AGGREGATES].flatMap(([of, { members }]) => among(of, members));
}

function membersText(members: readonly CMember[]): string {
  return members
    .map(({ name, type, bits }) => `${name}: ${typeText(type)}${bits > 0 ? ` bits ${bits}` : ''}`)
    .join('; ');
}

/** As the language writes it. */
function typeText(type: CType): string {
  switch (type.kind) {
    case 'int':
      return ['bool', 'char'].includes(type.name) ? type.name : `${type.signed ? 's' : 'u'}${type.bytes * 8}`;
    case 'pointer':
      return `*${typeText(type.to)}`;
    case 'array':
      return `${typeText(type.of)}[${type.length}]`;
    case 'anonymous':
      return `${type.union ? 'union' : 'struct'} { ${membersText(type.members)} }`;
    case 'void':
    case 'function':
      return 'void';
    default:
      return type.name;
  }
}
