import { oneLine } from '../report/escape.ts';
import { nearest } from '../language/suggest.ts';
import { EXIT } from '../runner/exit-codes.ts';
import type { Entry } from './explanations.ts';
import { KERNEL_TYPES, kernelMembers } from './kernel-types.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * `siren explain WORD`: what it means, in every place where it means something. Without a word, all there are, by kind.
 */
export async function explainCommand(words: readonly string[], around: Surroundings): Promise<number> {
  const { out, error, colors } = around;
  const { explanations } = await import('./explanations.ts');
  const { shippedLibrary } = await import('../runner/library.ts');
  const shipped = explanations(await shippedLibrary());
  if (words.length === 0) {
    for (const line of overview(shipped.filter(({ group }) => group !== KERNEL_TYPES))) out(`${line}\n`);
    out(`\n${KERNEL_TYPES}\n  \`siren explain types\` lists them\n`);
    return EXIT.ok;
  }
  const entries = [...shipped, ...(await further(words, shipped, around.cwd))];
  const named = (text: string): readonly Entry[] => {
    const wanted = text.trim().replace(/\s+/g, ' ').toLowerCase();
    return entries.filter((entry) => entry.word.toLowerCase() === (SAME[wanted] ?? wanted));
  };
  // `on each` is one thing; of other phrases each word is explained.
  const whole = named(words.join(' '));
  const asked = whole.length > 0 ? [] : words.flatMap((word) => word.trim().split(/\s+/));
  const groups = whole.length > 0 ? [words.join(' ')] : new Set([words.join(' '), ...asked]);
  for (const group of groups) {
    const members = grouped(group, entries);
    for (const line of overview(members)) out(`${line}\n`);
    if (members.length > 0) out('\n');
  }
  const found = new Set([...whole, ...asked.flatMap(named)]);
  for (const { word: name, title, doc, group, example } of found) {
    out(`${colors.bold(name)}${title === '' ? '' : `  ${title}`}  ${colors.dim(`(${group})`)}\n\n`);
    out(`${wrapped(doc, 100)}\n\n`);
    if (example === undefined) continue;
    out(`  ${colors.red('wrong')}\n${indented(example.bad)}\n\n`);
    out(`  ${colors.green('right')}\n${indented(example.mended)}\n\n`);
  }
  const unknown = asked.filter((word) => named(word).length === 0 && !isGroup(word, words, entries));
  for (const word of unknown) {
    const near = nearest(word, new Set(entries.map((entry) => entry.word)));
    const help = near === undefined ? '`siren explain` lists all of them' : `did you mean \`${near}\`?`;
    error(`there is no code or word \`${oneLine(word)}\`: ${help}\n`);
  }
  return unknown.length > 0 ? EXIT.usage : EXIT.ok;
}

/** What is called otherwise in the language. */
const SAME: Readonly<Record<string, string>> = {
  'shared memory': 'shares',
  'shared region': 'shares',
  shared: 'shares',
};

/**
 * Entries for words that are none of Siren's: names of the project's specs, which are read for them alone, and members
 * of the kernel's structs.
 */
async function further(
  words: readonly string[],
  known: readonly Entry[],
  cwd: string,
): Promise<readonly Entry[]> {
  const has = new Set(known.map(({ word }) => word.toLowerCase()));
  const whole = words.join(' ').trim().toLowerCase();
  if (has.has(SAME[whole] ?? whole) || grouped(whole, known).length > 0) return [];
  const strange = words
    .flatMap((word) => word.trim().split(/\s+/))
    .filter(
      (word) => !has.has(SAME[word.toLowerCase()] ?? word.toLowerCase()) && grouped(word, known).length === 0,
    );
  if (strange.length === 0) return [];
  const { projectEntries } = await import('./explain-project.ts');
  return [...(await projectEntries(cwd)), ...strange.flatMap(memberEntries)];
}

/** A member of the kernel's structs, with those that have one. */
function memberEntries(word: string): Entry[] {
  const members = word === '' ? [] : kernelMembers(word);
  if (members.length === 0) return [];
  const of = members.map((one) => `\`${one.of}\` (\`${one.type}\`)`).join(', ');
  return [
    {
      word,
      title: '',
      doc: `A member of the kernel's ${of}. \`siren explain ${members[0]?.of ?? ''}\` lists its members.`,
      group: `members of ${KERNEL_TYPES}`,
    },
  ];
}

/** True for a group's name, or a word of one of several. */
function isGroup(word: string, words: readonly string[], entries: readonly Entry[]): boolean {
  return grouped(word, entries).length > 0 || grouped(words.join(' '), entries).length > 0;
}

/** `types`, `repairs`: the entries of every group of that name, by the first word of it as well. */
function grouped(text: string, entries: readonly Entry[]): Entry[] {
  const wanted = text.trim().toLowerCase();
  return entries.filter(({ group }) => group.toLowerCase() === wanted || group.startsWith(`${wanted} of `));
}

function* overview(entries: readonly Entry[]): Generator<string> {
  let group = '';
  for (const entry of entries) {
    // They are listed with their verb.
    if (entry.group.startsWith('clauses of the verb')) continue;
    if (entry.group !== group) yield `${group === '' ? '' : '\n'}${entry.group}`;
    group = entry.group;
    yield `  ${entry.word.padEnd(20)} ${entry.title === '' ? firstSentence(entry.doc) : entry.title}`;
  }
}

/** The first sentence, with the example that it ends in. A stop inside backticks is none. */
function firstSentence(text: string): string {
  return /^(?:`[^`]*`|[^`])*?(?=\.(?:\s|$))/.exec(text)?.[0] ?? text.replace(/\n.*/s, '');
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, '    ');
}

/** Breaks prose at spaces; indented by two. */
function wrapped(text: string, columns: number): string {
  return text
    .split('\n')
    .map((paragraph) => {
      const lines: string[] = [];
      let line = ' ';
      for (const word of paragraph.split(' ')) {
        if (line.length + word.length + 1 > columns && line.trim() !== '') {
          lines.push(line);
          line = ' ';
        }
        line += ` ${word}`;
      }
      lines.push(line);
      return lines.join('\n').trimEnd();
    })
    .join('\n');
}
