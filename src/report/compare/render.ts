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
  const errors = comparison.new_errors.map(({ where, code, message }) => ({
    where,
    name: code,
    note: message,
    changes: [],
  }));
  const removed = comparison.cut === undefined ? 'removed' : `not run in the head (${comparison.cut})`;
  const all: readonly Section[] = [
    { title: 'new errors in specs', kind: 'bad', entries: errors },
    { title: 'newly failing', kind: 'bad', entries: pairs(comparison.newly_failing) },
    { title: 'added, and failing', kind: 'bad', entries: runs(comparison.added_failing) },
    { title: 'fixed', kind: 'good', entries: pairs(comparison.fixed) },
    { title: 'no longer end the same way', kind: 'note', entries: pairs(comparison.other_status) },
    {
      title: 'pass as before, but something else was concluded',
      kind: 'note',
      entries: pairs(comparison.changed),
    },
    { title: 'rescued more slowly', kind: 'note', entries: comparison.slower.map(slowerEntry) },
    {
      title: removed,
      kind: comparison.cut === undefined ? 'note' : 'bad',
      entries: runs(comparison.removed),
    },
    { title: 'added', kind: 'note', entries: runs(comparison.added) },
    { title: 'still failing', kind: 'note', entries: comparison.still_failing.map(stillFailing) },
  ];
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

/** Why it fails is told of the head: the base may have failed for another reason. */
function stillFailing(pair: Pair): Entry {
  const entry = pairEntry(pair);
  const { status, why } = pair.head;
  return { ...entry, note: why === '' ? entry.note : `${status} in the head: ${why}` };
}

function slowerEntry({ head, what, was_ns, is_ns }: Slower): Entry {
  const note = `${what}: ${formatTime(was_ns)} → ${formatTime(is_ns)} from attach to diagnosis`;
  return { ...runEntry(head), note };
}

/** A comparison for the terminal; ends with a line of counts. */
export function comparisonText(comparison: Comparison, colors: Colors): string {
  const paint = { bad: colors.red, good: colors.green, note: colors.yellow };
  const lines = [
    `base ${oneLine(comparison.base)}`,
    `head ${oneLine(comparison.head)}`,
    ...targetsOf(comparison).map((text) => colors.yellow(text)),
  ];
  for (const { title, kind, entries } of sectionsOf(comparison)) {
    lines.push('', paint[kind](`${title} (${entries.length})`));
    for (const { where, name, note, changes } of entries.slice(0, ENTRIES_SHOWN)) {
      lines.push(`  ${oneLine(where)}  ${oneLine(name)}  ${colors.dim(oneLine(clip(note, 300)))}`);
      for (const { what, was, is } of changes.slice(0, CHANGES_SHOWN))
        lines.push(
          `      ${oneLine(clip(what, 200))}: ${colors.dim(said(what, was, 'was'))} → ${said(what, is, 'is')}`,
        );
      if (changes.length > CHANGES_SHOWN) lines.push(`      and ${changes.length - CHANGES_SHOWN} more`);
    }
    if (entries.length > ENTRIES_SHOWN) lines.push(`  and ${entries.length - ENTRIES_SHOWN} more`);
  }
  lines.push('', countsLine(comparison));
  return `${lines.join('\n')}\n`;
}

/** The same as Markdown, for a pull request. */
export function comparisonMarkdown(comparison: Comparison): string {
  const lines = [
    '## Siren: what changed',
    '',
    countsLine(comparison),
    ...targetsOf(comparison).flatMap((text) => ['', markdownText(text)]),
  ];
  for (const { title, entries } of sectionsOf(comparison)) {
    lines.push('', `### ${title} (${entries.length})`, '');
    for (const { where, name, note, changes } of entries.slice(0, ENTRIES_SHOWN)) {
      lines.push(`- **${markdownText(name)}** ${markdownText(where)}: ${markdownText(clip(note, 300))}`);
      for (const { what, was, is } of changes.slice(0, CHANGES_SHOWN))
        lines.push(
          `  - ${markdownText(clip(what, 200))}: ${markdownText(said(what, was, 'was'))} → ${markdownText(said(what, is, 'is'))}`,
        );
      if (changes.length > CHANGES_SHOWN) lines.push(`  - and ${changes.length - CHANGES_SHOWN} more`);
    }
    if (entries.length > ENTRIES_SHOWN) lines.push(`- and ${entries.length - ENTRIES_SHOWN} more`);
  }
  return `${lines.join('\n')}\n`;
}

/** A claim that one side lacks was added to the spec or taken out of it; of the rest, that run says nothing. */
function said(what: string, value: string | undefined, side: 'was' | 'is'): string {
  if (value !== undefined) return oneLine(clip(value, 300));
  if (!what.startsWith('claim ')) return 'nothing';
  return side === 'was' ? 'not in the spec' : 'removed from the spec';
}

function targetsOf({ targets }: Comparison): readonly string[] {
  return targets === undefined
    ? []
    : [`the base ran on ${oneLine(targets.base)}, the head on ${oneLine(targets.head)}`];
}

function countsLine(comparison: Comparison): string {
  const counts: readonly (readonly [number, string])[] = [
    [comparison.newly_failing.length, 'newly failing'],
    [
      comparison.new_errors.length,
      comparison.new_errors.length === 1 ? 'new error in specs' : 'new errors in specs',
    ],
    [comparison.added_failing.length, 'added, and failing'],
    [comparison.fixed.length, 'fixed'],
    [comparison.changed.length + comparison.other_status.length, 'changed'],
    [comparison.slower.length, 'slower'],
    [comparison.added.length, 'added'],
    [comparison.removed.length, comparison.cut === undefined ? 'removed' : 'not run'],
    [comparison.still_failing.length, 'still failing'],
    [comparison.same, 'the same'],
  ];
  return counts
    .filter(([count], index) => count > 0 || index === 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
}
