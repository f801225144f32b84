import type { LocatorModel, StructModel, ValidatorModel } from '../../model/structure.ts';
import type { TypeSource } from '../../model/type-source.ts';
import type { Label } from '../../text/diagnostic.ts';
import type { Unit } from '../scope.ts';
import { kernelPerCpu, kernelType } from '../../model/kernel-source.ts';

/** What the structures that a file may name are: its own, imported, and what those need. What ships comes last. */
export interface Names {
  readonly structs: Map<string, StructModel>;
  readonly locators: Map<string, LocatorModel>;
  readonly validators: Map<string, ValidatorModel>;
  readonly source: TypeSource;
  /**
   * True when a declaration was wrong, here or in a file that is imported, and which locators are not there for that:
   * told, so that nobody tells it again.
   */
  wrong: boolean;
  readonly wrong_locators: Set<string>;
  /** Those of another file, whose `def` is written out in this one. */
  readonly of: (unit: Unit) => Names;
  /** Takes a locator or a struct of another file, which a `def` of that one names, with what it needs. */
  readonly bring: (space: 'structs' | 'locators', name: string, from: Unit, at: Label) => void;
}

export function emptyNames(unit: Unit, { of, bring }: Pick<Names, 'of' | 'bring'>): Names {
  const structs = new Map<string, StructModel>();
  const locators = new Map<string, LocatorModel>();
  const validators = new Map<string, ValidatorModel>();
  const { shipped } = unit;
  const source: TypeSource = {
    named: (name) => {
      const struct = structs.get(name) ?? shipped.structs.get(name);
      if (struct === undefined || struct.from_guest)
        return kernelType(name) ?? (struct === undefined ? undefined : 'opaque');
      return { kind: 'aggregate', union: false, members: struct.members, bytes: struct.bytes };
    },
    perCpu: kernelPerCpu,
    // What ships is written for stock kernels, which have more than the one that is simulated.
    partial: shipped.ships || shipped.files.has(unit.file),
    locator: (name) => locators.get(name) ?? shipped.locators.get(name),
  };
  return { structs, locators, validators, source, wrong: false, wrong_locators: new Set(), of, bring };
}
