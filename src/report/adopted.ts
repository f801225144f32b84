import type { AmbulanceReport, Finding, StructureVerdict } from '../patient/report.ts';

/** A dump that is to be adopted, and what was found in it. */
export interface Adoptee {
  /** As seen from the spec's folder, with `/`. */
  readonly file: string;
  readonly sha256: string;
  /** '' where nothing says it. */
  readonly release: string;
  readonly siren: string;
  readonly report: AmbulanceReport;
  /** Name of the scenario. */
  readonly name: string;
  /** The verdict that a code stands for; undefined for codes that a spec cannot name. */
  readonly leads_to: (code: string) => string | undefined;
  /**
   * Places whose names lead to what was found; the others are told by their addresses: a name may be what is damaged.
   */
  readonly named?: ReadonlySet<string>;
}

/** Digits of the digest that a spec keeps: enough to tell dumps apart. */
const DIGITS = 16;
const LINE_LIMIT = 3;
/** Structures named in one claim: more would be a line that nobody reads. */
const NAMES_IN_A_LINE = 6;
const DIAGNOSES_KEPT = 8;
/** Lines of a log that say what the kernel itself noticed. */
const COMPLAINT = /BUG|Oops|panic|WARNING|corruption|lockup|stall|blocked for more/;
/** What needs no escape, and is no formula, between quotes. */
const PLAIN = /^[ !#-[\]-z|~]+$/;

/**
 * The spec that freezes what was found: it passes as long as the same is found again. Not in its one form as to blanks.
 */
export function adoptedSpec(adoptee: Adoptee): string {
  const { file, sha256, release, siren, report, name } = adoptee;
  const kernel = release === '' || !PLAIN.test(release) ? '' : ` kernel "${release}"`;
  const { patient } = report;
  const claims = [
    `hypervisor ${patient} is unobserved`,
    ...intact(report),
    ...report.verdicts.filter(({ verdict }) => verdict !== 'intact').map((one) => verdictClaim(one, adoptee)),
    ...diagnosisClaims(adoptee),
    ...logClaims(report),
  ];
  return `## Adopted: what Siren ${siren} found in this dump. Where a later one finds something else, look which of the two is right.
scenario "${name}" {
  targets core
  core ${patient} file "${file}" sha256 "${sha256.slice(0, DIGITS)}"${kernel}

  expect {
${claims.map((claim) => `    ${claim}`).join('\n')}
  }
}
`;
}

function intact({ patient, verdicts }: AmbulanceReport): readonly string[] {
  const names = verdicts
    .filter(({ verdict }) => verdict === 'intact')
    .map(({ structure }) => `${patient}.${structure}`);
  const lines = Array.from({ length: Math.ceil(names.length / NAMES_IN_A_LINE) }, (_, index) =>
    names.slice(index * NAMES_IN_A_LINE, (index + 1) * NAMES_IN_A_LINE),
  );
  return lines.map((line) => `verdict ${line.join(', ')} is intact`);
}

function verdictClaim(
  { structure, verdict, code }: StructureVerdict,
  { report, leads_to, named }: Adoptee,
): string {
  const subject = `verdict ${report.patient}.${structure} is ${verdict}`;
  const findings = report.findings.filter((one) => one.structure === structure);
  const codes = [...new Set(findings.map((one) => one.code))];
  // The same code may stand for another verdict elsewhere: then the verdict alone is frozen.
  if (findings.length === 0)
    return code === undefined || leads_to(code) !== verdict ? subject : `${subject} with ${code}`;
  const places = [...new Set(findings.map((one) => placeOf(one, named)))];
  const at = places.includes(undefined) ? '' : ` at ${places.join(', ')}`;
  return `${subject} with ${codes.join(', ')}${at}`;
}

function placeOf(
  { place, address }: Pick<Finding, 'place' | 'address'>,
  named: Adoptee['named'],
): string | undefined {
  if (named?.has(place) === true) return place;
  return address === '' ? undefined : `address(0x${address.replace(/^0+(?=.)/, '')})`;
}

function diagnosisClaims({ report: { patient, diagnosis }, named }: Adoptee): readonly string[] {
  return diagnosis.slice(0, DIAGNOSES_KEPT).map(({ cause, rank, ...where }) => {
    const at = placeOf(where, named);
    return `diagnosis ${patient} is ${cause}${at === undefined ? '' : ` at ${at}`}${rank === 1 ? '' : ` rank ${rank}`}`;
  });
}

/** What the kernel complained of. Its last words, where it did not, are evidence of nothing. */
function logClaims({ patient, log_tail }: AmbulanceReport): readonly string[] {
  const plain = log_tail.filter((line) => PLAIN.test(line) && line.trim().length > 8);
  const complaints = plain.filter((line) => COMPLAINT.test(line)).slice(0, LINE_LIMIT);
  return [...new Set(complaints)].map((line) => `check ${patient}.log contains "${line.trim()}"`);
}
