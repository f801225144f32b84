import { addressHex } from '../base/address.ts';
import { formatSize } from '../base/units.ts';
import type { AmbulanceReport, Finding, StructureVerdict } from '../patient/report.ts';
import type { Colors } from './console.ts';
import { oneLine } from './escape.ts';
import { asFarAsJudged, tooLittleJudged } from './judged.ts';

/** What a CPU was doing when the dump was made. */
interface SeenCpu {
  readonly index: number;
  readonly rip: bigint;
  /** Function that it was in; '' outside of the kernel's text. */
  readonly at: string;
  readonly mode: string;
  /** Functions that its stack leads back to, the innermost first. */
  readonly frames: readonly string[];
  /** Name of the lock that it spins for; '' when it does not. */
  readonly waits_on: string;
}

/** A dump and what was concluded of it. */
export interface DumpDiagnosis {
  readonly file: string;
  readonly format: string;
  readonly release: string;
  /** Bytes of memory in the file. */
  readonly memory_bytes: number;
  readonly cpu_count: number;
  readonly shortcomings: readonly string[];
  readonly report: AmbulanceReport;
  readonly cpus: readonly SeenCpu[];
  /** Why the kernel could not be opened. */
  readonly closed?: string;
}

/** Functions shown of a stack. */
const FRAMES_SHOWN = 6;
const VERDICT_WIDTH = 12;

/** `siren diagnose`, for a person. */
export function diagnosisText(of: DumpDiagnosis, colors: Colors): string {
  const { report, closed } = of;
  const kernel = of.release === '' ? 'a kernel that does not say which' : `Linux ${oneLine(of.release)}`;
  const parts = [
    [
      `${colors.bold(oneLine(of.file))}: ${of.format}, ${formatSize(of.memory_bytes)} of memory, ${of.cpu_count} CPU${of.cpu_count === 1 ? '' : 's'}, ${kernel}`,
    ],
    of.shortcomings.map((one) => `  ${colors.yellow('note')}: ${oneLine(one)}`),
    closed === undefined
      ? []
      : [`  ${colors.yellow('note')}: its kernel could not be opened: ${oneLine(closed)}`],
    report.notes.map((one) => `  ${colors.yellow('note')}: ${oneLine(one)}`),
    titled('structures', structureLines(report.verdicts, colors), colors),
    titled(
      'findings',
      report.findings.flatMap((one) => findingLines(one, colors)),
      colors,
    ),
    titled('CPUs', of.cpus.map(cpuLine), colors),
    titled(
      "the log's last lines",
      report.log_tail.map((line) => oneLine(line)),
      colors,
    ),
    titled(
      'diagnosis',
      report.diagnosis.flatMap(({ rank, cause, place, evidence }) => [
        `${rank}. ${colors.bold(cause)}${place === '' ? '' : ` at ${oneLine(place)}`}`,
        ...evidence.map((one) => `   ${oneLine(one)}`),
      ]),
      colors,
    ),
    ['', conclusion(of, colors)],
  ];
  return `${parts.flat().join('\n')}\n`;
}

function titled(title: string, lines: readonly string[], colors: Colors): readonly string[] {
  return lines.length === 0 ? [] : ['', colors.bold(title), ...lines.map((line) => `  ${line}`)];
}

/** A line each, but for those that nothing in the guest describes: they are named together. */
function structureLines(verdicts: readonly StructureVerdict[], colors: Colors): readonly string[] {
  if (verdicts.length === 0) return [];
  const absent = verdicts.filter(({ verdict, code }) => verdict === 'unchecked' && code === 'NO_LOCATOR');
  const names = absent.map(({ structure }) => oneLine(structure)).join(', ');
  return [
    colors.dim(`${'structure'.padEnd(18)}${'verdict'.padEnd(VERDICT_WIDTH)}elements`),
    ...verdicts.filter((one) => !absent.includes(one)).map((one) => verdictLine(one, colors)),
    ...(absent.length === 0
      ? []
      : [
          colors.yellow(`${absent.length} unchecked, as nothing in this guest leads to them (NO_LOCATOR)`) +
            `: ${names}`,
        ]),
  ];
}

function verdictLine({ structure, verdict, code, elements }: StructureVerdict, colors: Colors): string {
  const word = verdict.padEnd(VERDICT_WIDTH);
  const shown = verdict === 'corrupt' ? colors.red(word) : verdict === 'intact' ? word : colors.yellow(word);
  const why = code === undefined ? '' : code;
  return `${oneLine(structure).padEnd(18)}${shown}${String(elements).padStart(8)}${why === '' ? '' : `  ${oneLine(why)}`}`;
}

function findingLines(
  { code, place, address, message, consequence_of }: Finding,
  colors: Colors,
): readonly string[] {
  const where = `${oneLine(place)}${address === '' ? '' : ` (0x${address})`}`;
  const after = consequence_of === undefined ? '' : colors.dim(' (a consequence)');
  return [`${colors.bold(code)} at ${where}${after}`, `  ${oneLine(message)}`];
}

function cpuLine({ index, rip, at, mode, frames, waits_on }: SeenCpu): string {
  if (mode === 'unknown') return `${index}: its registers are not in the file`;
  const where = at === '' ? `0x${addressHex(rip)}` : at;
  const behind = frames.slice(1, FRAMES_SHOWN + 1);
  const back = behind.length === 0 ? '' : `, from ${behind.map((name) => oneLine(name)).join(' < ')}`;
  return `${index}: ${mode}, in ${oneLine(where)}${waits_on === '' ? '' : ` for ${oneLine(waits_on)}`}${back}`;
}

/** The last line: what the exit code says. */
function conclusion({ report, closed }: DumpDiagnosis, colors: Colors): string {
  if (closed !== undefined) return colors.yellow('no structure could be looked at');
  const { health, verdicts } = report;
  const corrupt = verdicts.filter(({ verdict }) => verdict === 'corrupt').length;
  const looked = verdicts.filter(({ verdict }) => verdict === 'corrupt' || verdict === 'intact').length;
  if (health === 'healthy' && tooLittleJudged(verdicts))
    return colors.yellow(`too little could be looked at: ${looked} of ${verdicts.length} structures`);
  const said = `${health}${asFarAsJudged(verdicts)}: ${corrupt} of ${looked} structures corrupt${looked === verdicts.length ? '' : `, ${verdicts.length - looked} not judged`}`;
  return health === 'healthy' ? colors.green(said) : colors.red(said);
}

/** The same for a program. */
export function diagnosisJson(of: DumpDiagnosis, siren: string): string {
  const { file, format, release, memory_bytes, shortcomings, report, closed } = of;
  const cpus = of.cpus.map(({ index, rip, at, mode, frames, waits_on }) => ({
    index,
    rip: addressHex(rip),
    in: at,
    mode,
    frames,
    ...(waits_on === '' ? {} : { waits_on }),
  }));
  const said = {
    format: 'siren-diagnosis',
    version: 1,
    siren,
    dump: { file, format, release, memory_bytes, shortcomings, ...(closed === undefined ? {} : { closed }) },
    cpus,
    report,
  };
  return `${JSON.stringify(said, null, 1)}\n`;
}
