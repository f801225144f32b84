import type { Formula, LocatorModel, TypeModel } from '../../model/structure.ts';
import type { BlockName } from './assemble.ts';
import { assemble, TEXT } from './assemble.ts';
import { Emitter, NotCompiled } from './emit.ts';
import type { LocatorEntry } from './entry.ts';
import type { LocatorTypes } from './types.ts';
import { typeText } from './types.ts';

export interface CompileOptions {
  /**
   * `constants`: offsets and sizes as they are in this guest. `names`: to be looked up in BTF by whoever runs the code.
   */
  readonly offsets: 'constants' | 'names';
  /** What an element of the parent is, for a nested locator. */
  readonly parent?: TypeModel;
}

export type CompiledLocator =
  { readonly ok: true; readonly entry: LocatorEntry } | { readonly ok: false; readonly message: string };

/**
 * A locator of the language as an entry of a region. Not every expression can be written in code: then `message` says
 * which.
 */
export function compileLocator(
  model: LocatorModel,
  types: LocatorTypes,
  options: CompileOptions = { offsets: 'constants' },
): CompiledLocator {
  try {
    return { ok: true, entry: entryOf(model, types, options) };
  } catch (caught) {
    if (caught instanceof NotCompiled) return { ok: false, message: caught.message };
    throw caught;
  }
}

function entryOf(model: LocatorModel, types: LocatorTypes, options: CompileOptions): LocatorEntry {
  const by_name = options.offsets === 'names';
  const roots = new Emitter(types, by_name, options.parent);
  let object: TypeModel | undefined;
  let head: TypeModel | undefined;
  for (const from of model.from) {
    [object, head] = roots.roots(from, model.shape === 'one' && model.parent === undefined);
  }
  const blocks = new Map<BlockName, string>([['roots', roots.text]]);
  const add = (name: BlockName, element: TypeModel | undefined, write: (emitter: Emitter) => void): void => {
    const emitter = new Emitter(types, by_name, element);
    write(emitter);
    blocks.set(name, emitter.text);
  };
  let guard: TypeModel | undefined;
  if (model.guard) add('guard', object, (emitter) => (guard = emitter.address(model.guard as Formula)));
  if (model.step.length > 0)
    add('step', model.of, (emitter) => model.step.forEach((step) => emitter.followers(step)));
  for (const name of ['length', 'first', 'last'] as const) {
    const formula = model[name];
    if (formula) add(name, object, (emitter) => emitter.value(formula));
  }
  if (model.via.length > 0) add('link', model.of, (emitter) => emitter.offset(model.of, model.via));

  let texts: readonly string[] = [];
  const code = new Map<BlockName, Uint8Array>();
  for (const [name, text] of blocks) {
    const assembled = assemble(text, texts);
    if (!assembled.ok) throw new NotCompiled(`${name}: ${assembled.message}`);
    texts = assembled.texts;
    code.set(name, assembled.blocks.get('roots') as Uint8Array);
  }
  const names = {
    name: model.name,
    parent: model.parent ?? '',
    type: typeText(model.of),
    via: model.via.join('.'),
    label: model.label.join('.'),
    id: model.id.join('.'),
    key: model.key.join('.'),
    space: model.space?.comm ?? '',
    guard_type: typeText(guard),
    object_type: typeText(object),
    head_type: typeText(head),
  };
  const unfit = Object.entries(names).find(([, text]) => text !== '' && !TEXT.test(text));
  if (unfit) throw new NotCompiled(`${unfit[0]}: no text of an entry can be \`${unfit[1]}\``);
  const { shape, including_head, limit } = model;
  return { shape, including_head, limit, names, texts, blocks: code };
}
