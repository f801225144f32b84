import { formatTime } from '../../base/units.ts';
import { clip, oneLine } from '../escape.ts';
import { markdownText } from '../markdown.ts';
import type { Colors } from '../console.ts';
import type { Change, Comparison, Pair, Slower } from './compare.ts';
import type { ComparedRun } from './read.ts';

/** One list of a comparison, ready to be written in any form. */
interface Section {
  readonly title: string;
  readonly kind: 'bad' | 'good' | 'note';
  readonly entries: readonly Entry[];
}

interface Entry {
  readonly where: string;
  readonly name: string;
  readonly note: string;
  readonly changes: readonly Change[];
}

const CHANGES_SHOWN = 20;
const ENTRIES_SHOWN = 200;

function sectionsOf(comparison: Comparison): readonly Section[] {
  const pairs = (list: readonly Pair[]): readonly Entry[] => list.map(pairEntry);
  const runs = (list: readonly ComparedRun[]): readonly Entry[] => list.map(runEntry);
  const all: readonly Section[] = [
    { title: 'newly failing', kind: 'bad', entries: pairs(comparison.newly_failing) },
    { title: 'added, and failing', kind: 'bad', entries: runs(comparison.added_failing) },
    { title: 'fixed', kind: 'good', entries: pairs(comparison.fixed) },
    { title: 'no longer end the same way', kind: 'note', entries: pairs(comparison.other_status) },
    { title: 'pass as before, but something else was concluded', kind: 'note', entries: pairs(comparison.changed) },
    { title: 'rescued more slowly', kind: 'note', entries: comparison.slower.map(slowerEntry) },
    { title: 'removed', kind: 'note', entries: runs(comparison.removed) },
    { title: 'added', kind: 'note', entries: runs(comparison.added) },
    { title: 'still failing', kind: 'note', entries: pairs(comparison.still_failing) },
  ]; // prettier-ignore
  return all.filter((section) => section.entries.length > 0);
}

function runEntry(run: ComparedRun): Entry {
  const { file, line, scenario, seed, status, why } = run;
  const note = why === '' ? status : `${status}: ${why}`;
  return { where: `${file}:${line}`, name: `${scenario} [seed ${seed}]`, note, changes: [] };
}

function pairEntry({ base, head, changes }: Pair): Entry {
  const entry = runEntry(head);
  const seed = base.seed === head.seed ? '' : ` (seed was ${base.seed})`;
  const why = head.why === '' ? '' : `: ${head.why}`;
  const note = base.status === head.status ? `${head.status}${why}` : `${base.status} → ${head.status}${why}`;
  return { ...entry, note: note + seed, changes };
}

function slowerEntry({ head, what, was_ns, is_ns }: Slower): Entry {
  const note = `${what}: ${formatTime(was_ns)} → ${formatTime(is_ns)} from attach to diagnosis`;
  return { ...runEntry(head), note };
}

/** A comparison for the terminal; ends with a line of counts. */
export function comparisonText(comparison: Comparison, colors: Colors): string {
  const paint = { bad: colors.red, good: colors.green, note: colors.yellow };
  const lines = [`base ${oneLine(comparison.base)}`, `head ${oneLine(comparison.head)}`];
  for (const { title, kind, entries } of sectionsOf(comparison)) {
    lines.push('', paint[kind](`${title} (${entries.length})`));
    for (const { where, name, note, changes } of entries.slice(0, ENTRIES_SHOWN)) {
      lines.push(`  ${oneLine(where)}  ${oneLine(name)}  ${colors.dim(oneLine(clip(note, 300)))}`);
      for (const { what, was, is } of changes.slice(0, CHANGES_SHOWN))
        lines.push(`      ${oneLine(clip(what, 200))}: ${colors.dim(said(was))} → ${said(is)}`);
      if (changes.length > CHANGES_SHOWN) lines.push(`      and ${changes.length - CHANGES_SHOWN} more`);
    }
    if (entries.length > ENTRIES_SHOWN) lines.push(`  and ${entries.length - ENTRIES_SHOWN} more`);
  }
  lines.push('', countsLine(comparison));
  return `${lines.join('\n')}\n`;
}

/** The same as Markdown, for a pull request. */
export function comparisonMarkdown(comparison: Comparison): string {
  const lines = ['## Siren: what changed', '', countsLine(comparison)];
  for (const { title, entries } of sectionsOf(comparison)) {
    lines.push('', `### ${title} (${entries.length})`, '');
    for (const { where, name, note, changes } of entries.slice(0, ENTRIES_SHOWN)) {
      lines.push(`- **${markdownText(name)}** ${markdownText(where)}: ${markdownText(clip(note, 300))}`);
      for (const { what, was, is } of changes.slice(0, CHANGES_SHOWN))
        lines.push(
          `  - ${markdownText(clip(what, 200))}: ${markdownText(said(was))} → ${markdownText(said(is))}`,
        );
      if (changes.length > CHANGES_SHOWN) lines.push(`  - and ${changes.length - CHANGES_SHOWN} more`);
    }
    if (entries.length > ENTRIES_SHOWN) lines.push(`- and ${entries.length - ENTRIES_SHOWN} more`);
  }
  return `${lines.join('\n')}\n`;
}

function said(value: string | undefined): string {
  return value === undefined ? 'nothing' : oneLine(clip(value, 300));
}

function countsLine(comparison: Comparison): string {
  const failing = comparison.newly_failing.length + comparison.added_failing.length;
  const added = comparison.added.length + comparison.added_failing.length;
  const counts: readonly (readonly [number, string])[] = [
    [failing, 'newly failing'],
    [comparison.fixed.length, 'fixed'],
    [comparison.changed.length + comparison.other_status.length, 'changed'],
    [comparison.slower.length, 'slower'],
    [added, 'added'],
    [comparison.removed.length, 'removed'],
    [comparison.still_failing.length, 'still failing'],
    [comparison.same, 'the same'],
  ];
  return counts
    .filter(([count], index) => count > 0 || index === 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
}
