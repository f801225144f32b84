import { oneLine } from '../report/escape.ts';
import { nearest } from '../language/suggest.ts';
import { EXIT } from '../runner/exit-codes.ts';
import type { Entry } from './explanations.ts';
import type { Surroundings } from './surroundings.ts';

/** `siren explain WORD`: what it means, in every place where it means something. Without a word, all there are, by kind. */
export async function explainCommand(
  words: readonly string[],
  { out, error, colors }: Surroundings,
): Promise<number> {
  const { explanations } = await import('./explanations.ts');
  const { shippedLibrary } = await import('../runner/library.ts');
  const entries = explanations(await shippedLibrary());
  if (words.length === 0) {
    for (const line of overview(entries)) out(`${line}\n`);
    return EXIT.ok;
  }
  const named = (text: string): readonly Entry[] => {
    const wanted = text.trim().replace(/\s+/g, ' ').toLowerCase();
    return entries.filter((entry) => entry.word.toLowerCase() === wanted);
  };
  // `on each` is one thing; of other phrases each word is explained.
  const whole = named(words.join(' '));
  const asked = whole.length > 0 ? [] : words.flatMap((word) => word.trim().split(/\s+/));
  const found = new Set([...whole, ...asked.flatMap(named)]);
  for (const { word: name, title, doc, group, example } of found) {
    out(`${colors.bold(name)}${title === '' ? '' : `  ${title}`}  ${colors.dim(`(${group})`)}\n\n`);
    out(`${wrapped(doc, 100)}\n\n`);
    if (example === undefined) continue;
    out(`  ${colors.red('wrong')}\n${indented(example.bad)}\n\n`);
    out(`  ${colors.green('right')}\n${indented(example.mended)}\n\n`);
  }
  const unknown = asked.filter((word) => named(word).length === 0);
  for (const word of unknown) {
    const near = nearest(word, new Set(entries.map((entry) => entry.word)));
    const help = near === undefined ? '`siren explain` lists all of them' : `did you mean \`${near}\`?`;
    error(`there is no code or word \`${oneLine(word)}\`: ${help}\n`);
  }
  return unknown.length > 0 ? EXIT.usage : EXIT.ok;
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

/** What fits into a line: up to the first stop that is not too near the start to say anything. */
function firstSentence(text: string): string {
  return /^.{24,}?(?=[.;:](?:\s|$))/.exec(text)?.[0] ?? text.replace(/\.$/, '');
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
