import { markup, size, time } from './dom.js';
import { memoryView } from './memory.js';

/**
 * @typedef {import('../../results.ts').RescueResult} RescueResult
 * @typedef {import('../../results.ts').FindingResult} FindingResult
 */

/**
 * What one ambulance concluded of one patient: diagnosis, findings, verdicts, in the order in which a person asks.
 * @param {RescueResult} rescue
 */
export function rescueView(rescue) {
  return markup`<section class="rescue">
    <h4>
      ${rescue.ambulance} on ${rescue.patient} <span class="pill ${rescue.health}">${rescue.health}</span>${judgedView(rescue)}
    </h4>
    <p class="facts">
      called by ${rescue.reason} · region read via ${rescue.via.replaceAll('_', ' ')} · attached at
      ${time(rescue.attached_ns)}, diagnosed at ${time(rescue.diagnosed_ns)} · ${size(rescue.bytes_read)} read
    </p>
    ${diagnosisView(rescue)}${findingsView(rescue)}${notesView(rescue)}${verdictsView(rescue)}${lastWords(rescue)}
  </section>`;
}

/**
 * How far the health can be relied on.
 * @param {RescueResult} rescue
 */
function judgedView({ verdicts }) {
  const unseen = verdicts.filter(
    ({ verdict }) => verdict === 'unreachable' || verdict === 'unsettled',
  ).length;
  return unseen > 0 && markup` <span class="dim">as far as it could be judged: ${unseen} could not</span>`;
}

/** @param {RescueResult} rescue */
function diagnosisView(rescue) {
  if (rescue.diagnosis.length === 0) return markup`<p class="none">No root cause was named.</p>`;
  return markup`<h5>Diagnosis</h5>
    <ol class="diagnosis">
      ${rescue.diagnosis.map(
        (one) =>
          markup`<li value="${one.rank}">
            <strong>${one.cause}</strong> at <code>${one.place}</code>
            ${one.address !== undefined && markup`<code class="dim">${one.address}</code>`}
            <ul>
              ${one.evidence.map((line) => markup`<li>${line}</li>`)}
            </ul>
          </li>`,
      )}
    </ol>`;
}

/** @param {RescueResult} rescue */
function findingsView(rescue) {
  if (rescue.findings.length === 0) return markup`<p class="none">No invariant was violated.</p>`;
  const causes = rescue.findings.filter((finding) => !follows(finding, rescue.findings));
  const left = rescue.findings_left_out;
  return markup`<h5>Findings</h5>
    ${causes.map((cause) => findingView(cause, rescue.findings, 0))}
    ${left > 0 && markup`<p class="none">${left} more are not in this report.</p>`}`;
}

/** @param {RescueResult} rescue */
function notesView(rescue) {
  if (rescue.notes === undefined) return '';
  const left = rescue.notes_left_out ?? 0;
  return markup`<h5>Notes</h5>
    <p>Structs that a spec writes out are not as in the guest, which was read by its own types:</p>
    <ul class="notes">
      ${rescue.notes.map((note) => markup`<li>${note}</li>`)}
    </ul>
    ${left > 0 && markup`<p class="none">${left} more are not in this report.</p>`}`;
}

/**
 * True when the finding it follows from is listed too.
 * @param {FindingResult} finding
 * @param {readonly FindingResult[]} all
 */
function follows(finding, all) {
  const { consequence_of } = finding;
  return (
    consequence_of !== undefined &&
    consequence_of !== finding.index &&
    all.some((one) => one.index === consequence_of)
  );
}

/**
 * A finding with its memory; what follows from it is folded below. Depth is bounded: a ring of consequences cannot hang
 * the page. @param {FindingResult} finding @param {readonly FindingResult[]} all @param {number} depth @returns
 * {import('./dom.js').Markup}
 */
function findingView(finding, all, depth) {
  const after =
    depth < 8 ? all.filter((one) => one.consequence_of === finding.index && one.index !== finding.index) : [];
  const consequences =
    after.length > 0 &&
    markup`<details class="consequences">
      <summary>${after.length} ${after.length === 1 ? 'consequence' : 'consequences'}</summary>
      ${after.map((one) => findingView(one, all, depth + 1))}
    </details>`;
  return markup`<div class="finding">
    <p>
      <span class="code">${finding.code}</span>
      <code>${finding.place}</code>
      ${finding.address !== undefined && markup`<code class="dim">${finding.address}</code>`}<br />${finding.message}
    </p>
    <div class="wide">${memoryView(finding)}</div>
    ${consequences}
  </div>`;
}

/** @param {RescueResult} rescue */
function verdictsView(rescue) {
  // Nothing in the guest leads to them: one line for all says as much as a row for each.
  const absent = rescue.verdicts.filter(
    ({ verdict, code }) => verdict === 'unchecked' && code === 'NO_LOCATOR',
  );
  const sound = rescue.verdicts.filter(isPlain);
  const shown = rescue.verdicts.filter((one) => !absent.includes(one) && !sound.includes(one));
  return markup`<h5>Verdicts</h5>
    ${shown.length > 0 && verdictTable(shown)}
    ${
      sound.length > 0 &&
      markup`<p class="none">${sound.length} intact, each with how much of it was looked at:</p>
        <ul class="sound">
          ${sound.map((one) => markup`<li>${one.structure} <span class="dim">${one.elements}</span></li>`)}
        </ul>`
    }
    ${absent.length > 0 && markup`<p class="none">${absent.length} unchecked with NO_LOCATOR: ${absent.map((one) => one.structure).join(', ')}.</p>`}`;
}

/**
 * True for what is intact and nothing else: read once, as the rest of the region says.
 * @param {RescueResult['verdicts'][number]} verdict
 */
function isPlain({ verdict, code, via, message, rereads = 0 }) {
  return (
    verdict === 'intact' && code === undefined && via === undefined && message === undefined && rereads === 0
  );
}

/** @param {readonly RescueResult['verdicts'][number][]} shown */
function verdictTable(shown) {
  return markup`<div class="wide">
      <table>
        <thead>
          <tr>
            <th>structure</th>
            <th>verdict</th>
            <th>because</th>
            <th class="number">looked at</th>
            <th class="number">re-reads</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (one) =>
              markup`<tr>
                <th scope="row">${one.structure}</th>
                <td>
                  <span class="pill ${one.verdict}">${one.verdict}</span
                  >${one.via !== undefined && markup` via ${one.via.replaceAll('_', ' ')}`}
                </td>
                <td>
                  ${one.code}${one.place !== undefined && markup` at <code>${one.place}</code>`}
                  ${one.message !== undefined && markup`<br /><span class="dim">${one.message}</span>`}
                </td>
                <td class="number">${one.elements}</td>
                <td class="number">${one.rereads ?? 0}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

/** @param {RescueResult} rescue */
function lastWords(rescue) {
  if (rescue.log_tail === undefined) return '';
  return markup`<details>
    <summary>What the rescuer found in the kernel's log</summary>
    <pre>${rescue.log_tail.join('\n')}</pre>
  </details>`;
}
