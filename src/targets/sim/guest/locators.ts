import { compileLocator } from '../../../formats/locator-code/compile.ts';
import type { LocatorTypes } from '../../../formats/locator-code/types.ts';
import type { NoteContent } from '../../../formats/notes.ts';
import { locatorNote } from '../../../formats/region-notes.ts';
import type { Formula, LocatorModel } from '../../../model/structure.ts';

/** A locator can be corrected without moving what follows it. */
const SPARE_BYTES = 64;

/**
 * What is described, with this kernel's own offsets. A locator that no code can express is left out, as any kernel
 * would.
 */
export function locatorNotes(
  locators: readonly LocatorModel[],
  types: LocatorTypes,
  symbols: ReadonlySet<string>,
): readonly NoteContent[] {
  const named = new Map(locators.map((one) => [one.name, one]));
  return locators.flatMap((written) => {
    // A kernel describes what it has: variables that another version has are none of its own.
    const from = written.from.filter((place) => symbolsOf(place).every((name) => symbols.has(name)));
    if (from.length === 0) return [];
    const space = spaceOf(written, named);
    const model = { ...written, from, ...(space && { space }) };
    const parent = named.get(model.parent ?? '')?.of;
    const compiled = compileLocator(model, types, { offsets: 'constants', ...(parent ? { parent } : {}) });
    return compiled.ok ? [locatorNote(compiled.entry, SPARE_BYTES)] : [];
  });
}

/** What is nested lies where its parent does. */
function spaceOf(model: LocatorModel, named: ReadonlyMap<string, LocatorModel>): LocatorModel['space'] {
  for (let at: LocatorModel | undefined = model, depth = 0; at && depth < named.size; depth++) {
    if (at.space) return at.space;
    at = named.get(at.parent ?? '');
  }
  return undefined;
}

function symbolsOf(formula: Formula): readonly string[] {
  if (formula.kind === 'symbol') return [formula.name];
  return 'of' in formula && formula.of ? symbolsOf(formula.of) : [];
}
