import { markup, time } from './dom.js';
import { asNumbers, changedBytes } from './memory.js';
import { rescueView } from './rescue.js';
import { serviceView } from './service.js';
import { problemView, sourceView } from './source.js';
import { timelinePictures } from './timeline.js';
import { topologyPicture } from './topology.js';

/**
 * @typedef {import('../page-data.ts').PageRun} PageRun
 * @typedef {import('../page-data.ts').PageTopology} PageTopology
 * @typedef {import('../../results.ts').RecordResult} RecordResult
 */

/**
 * Everything about one run.
 * @param {PageRun} run
 * @param {PageTopology | undefined} topology
 * @param {string | undefined} text the file that the scenario is in
 * @param {number} width pixels for the pictures
 */
export function runView(run, topology, text, width) {
  const { record } = run;
  return markup`${run.doc !== undefined && markup`<p class="doc">${run.doc}</p>`}
    ${run.reason !== undefined && markup`<p class="reason"><strong>${run.status === 'xpassed' ? 'passes, though marked xfail' : run.status}</strong>: ${run.reason}</p>`}
    <p class="facts">
      ${time(record?.duration_ns ?? run.duration_ns)} of ${run.real ? 'running' : 'virtual'} time · seed
      ${run.seed}${record !== undefined && !run.real && markup` · trace <code>${record.trace_hash}</code>`}${run.tags.length > 0 && markup` · ${run.tags.join(', ')}`}
    </p>
    <p class="replay">
      <span>replay</span> <code>${run.replay}</code>
      <button type="button" data-copy="${run.replay}">copy</button>
    </p>
    ${
      run.problems.length > 0 &&
      markup`<h3>What is wrong</h3>
        <div class="problems">${run.problems.map(problemView)}</div>`
    }
    ${claimsView(run)}
    ${
      topology !== undefined &&
      markup`<h3>Timeline</h3>
        <div class="wide">${timelinePictures(run, topology, width)}</div>
        ${eventTable(run)}`
    }
    ${record !== undefined && recordView(record)}${record !== undefined && witnessView(record)}
    ${
      topology !== undefined &&
      markup`<h3>Machine</h3>
        <div class="wide">${topologyPicture(topology, width, marksOf(run))}</div>`
    }
    ${
      text !== undefined &&
      markup`<h3>Source <span class="dim">${run.file}:${run.line}</span></h3>
        <div class="wide">${sourceView(run, text)}</div>`
    }
    ${record !== undefined && logsView(record)}`;
}

/** @param {PageRun} run */
function marksOf(run) {
  const { record } = run;
  return {
    attended: new Set((record?.rescues ?? []).map((rescue) => `${rescue.ambulance}>${rescue.patient}`)),
    health: new Map((record?.partitions ?? []).map((one) => [one.name, one.health])),
    struck: new Set(
      (record?.receipts ?? [])
        .filter((one) => one.kind === 'fault' && one.fired_ns !== undefined)
        .map((one) => one.partition),
    ),
  };
}

/**
 * What a real kernel said of itself, beside what the rescuer concluded; and what the target made different.
 * @param {RecordResult} record
 */
function witnessView(record) {
  const { oracle = [], notes = [] } = record;
  const diagnosed = new Map(
    record.rescues
      .filter((rescue) => rescue.findings.length > 0)
      .map((rescue) => [rescue.patient, rescue.diagnosed_ns]),
  );
  /** @param {string} partition @param {number} at */
  const lead = (partition, at) => {
    const found = diagnosed.get(partition);
    if (found === undefined) return '';
    return at >= found
      ? markup`, ${time(at - found)} after the diagnosis`
      : markup`, ${time(found - at)} before the diagnosis`;
  };
  return markup`${
    oracle.length > 0 &&
    markup`<h3>The kernel's own console</h3>
      <ul class="notes">
        ${oracle.map(
          (one) =>
            markup`<li>
              ${one.partition} at ${time(one.time_ns)}${lead(one.partition, one.time_ns)}:
              <strong>${one.sign}</strong> <code>${one.line}</code>
            </li>`,
        )}
      </ul>`
  }${
    notes.length > 0 &&
    markup`<h3>Done otherwise on this target</h3>
      <ul class="notes">
        ${notes.map((note) => markup`<li>${note}</li>`)}
      </ul>`
  }`;
}

const CLAIM_MARKS = /** @type {Record<string, string>} */ ({
  met: '✓',
  unmet: '✗',
  not_judged: '–',
  inconclusive: '?',
});

/** @param {PageRun} run */
function claimsView(run) {
  if (run.claims.length === 0) return '';
  const counts = ['met', 'unmet', 'inconclusive', 'not_judged']
    .map((status) => ({
      count: run.claims.filter((claim) => claim.status === status).length,
      words: status.replace('_', ' '),
    }))
    .filter(({ count }) => count > 0)
    .map(({ count, words }) => `${count} ${words}`);
  return markup`<h3>Claims <span class="dim">${counts.join(', ')}</span></h3>
    <ul class="claims">
      ${run.claims.map(
        (claim) =>
          markup`<li class="${claim.status}">
            <span class="tick" title="${claim.status.replace('_', ' ')}"
              >${CLAIM_MARKS[claim.status] ?? '?'}</span
            >
            <div>
              <code>${claim.text}</code><br /><span class="seen"
                >${claim.seen}</span
              >
            </div>
          </li>`,
      )}
    </ul>`;
}

/** @param {PageRun} run */
function eventTable(run) {
  const events = run.record?.events ?? [];
  const left = run.record?.events_left_out ?? 0;
  return markup`<details>
    <summary>
      ${events.length} ${events.length === 1 ? 'event' : 'events'} as a
      table${left > 0 && ` (${left} routine ones are not listed)`}
    </summary>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th class="number">time</th>
            <th>who</th>
            <th>what</th>
            <th>detail</th>
          </tr>
        </thead>
        <tbody>
          ${events.map(
            (event) =>
              markup`<tr>
                <td class="number">${time(event.time_ns)}</td>
                <td>${event.subject}</td>
                <td>${event.kind.replaceAll('_', ' ')}</td>
                <td>
                  ${Object.entries(event.detail).map(([key, value]) => markup`${key} <code>${value}</code> `)}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

/** @param {RecordResult} record */
function recordView(record) {
  return markup`<h3>Faults and stimuli</h3>
    ${receiptsView(record)}
    ${
      record.rescues.length > 0
        ? markup`<h3>Rescue</h3>
            ${record.rescues.map(rescueView)}`
        : markup`<p class="none">No ambulance was called.</p>`
    }
    ${
      record.services.length > 0 &&
      markup`<h3>Services</h3>
      ${record.services.map((service) => serviceView(service, record))}`
    }
    ${twinsView(record)}`;
}

/**
 * True for what writes one number, of two bytes at least.
 * @param {{ verb: string, before?: string }} receipt
 */
function isNumber({ verb, before = '' }) {
  return verb === 'set' && before.length > 2 && before.length <= 16;
}

/** @param {RecordResult} record */
function receiptsView(record) {
  if (record.receipts.length === 0) return markup`<p class="none">None: this scenario breaks nothing.</p>`;
  // Nearly always all of them from the start.
  const armed = record.receipts.some(({ armed_ns }) => armed_ns > 0);
  return markup`<div class="wide">
    <table class="cards">
      <thead>
        <tr>
          <th>what</th>
          <th>where</th>
          ${armed && markup`<th class="number">armed</th>`}
          <th class="number">fired</th>
          <th class="number" title="when the guest first read a damaged byte">activated</th>
          <th>bytes before → after</th>
        </tr>
      </thead>
      <tbody>
        ${record.receipts.map(
          (one) =>
            markup`<tr>
              <th scope="row">
                ${one.name ?? one.verb}<br /><span class="dim"
                  >${one.name !== undefined && `${one.verb}, `}${one.kind}</span
                >
              </th>
              <td data-label="where">
                <code>${one.place}</code><br /><span class="dim">${one.address ?? one.partition}</span>
              </td>
              ${armed && markup`<td class="number" data-label="armed">${time(one.armed_ns)}</td>`}
              <td class="number" data-label="fired">
                ${one.fired_ns === undefined ? markup`<strong class="bad">never</strong>` : time(one.fired_ns)}
              </td>
              <td class="number" data-label="activated">
                ${one.activated_ns === undefined ? '–' : time(one.activated_ns)}
              </td>
              <td
                ${(one.before ?? '') !== '' ? markup`data-label="bytes before → after"` : one.note === undefined ? markup`class="empty"` : markup`data-label="how"`}
              >
                ${one.before !== undefined && changedBytes(one.before, one.after ?? '')}${isNumber(one) && asNumbers(one.before ?? '', one.after ?? '')}${one.bytes > 64 && markup` <span class="dim">first 64 of ${one.bytes}</span>`}
                ${one.note !== undefined && markup` <span class="dim">${one.note}</span>`}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${record.receipts_left_out > 0 && markup`<p class="none">${record.receipts_left_out} more are not in this report.</p>`}
  </div>`;
}

/**
 * What a comparison let pass, as its claim says it.
 * @param {RecordResult['twins'][number]['leeway']} leeway
 */
function leewayWords(leeway) {
  if (leeway === undefined) return '';
  const slack = leeway.slack_ns > 0 ? ` slack ${time(leeway.slack_ns)}` : '';
  return leeway.except.length > 0 ? `${slack} except ${leeway.except.join(', ')}` : slack;
}

/** @param {RecordResult} record */
function twinsView(record) {
  if (record.twins.length === 0) return '';
  // Facts, not judgements: a patient is expected to differ from its twin.
  return markup`<h3>Twins <span class="dim">each partition at the end, bit by bit, against the run without the fault or without the rescue</span></h3>
    <ul class="claims">
      ${record.twins.map(
        (twin) => markup`<li>
          <span class="tick">${twin.identical ? '=' : '≠'}</span>
          <div><strong>${twin.partition}</strong> ${twin.identical ? 'is' : 'is not'} ${twin.claim}${leewayWords(twin.leeway)}:
            ${twin.identical ? (twin.known ? 'identical, as nothing reached it' : 'identical') : markup`<code>${twin.difference}</code>`}</div>
        </li>`,
      )}
    </ul>`;
}

/** @param {RecordResult} record */
function logsView(record) {
  const { audit } = record;
  const consoles = record.partitions.filter((one) => one.console !== undefined);
  return markup`${consoles.map(
    (one) =>
      markup`<details>
        <summary>Console of ${one.name}</summary>
        <pre>${(one.console ?? []).join('\n')}</pre>
      </details>`,
  )}
  ${
    audit.entries > 0 &&
    markup`<details>
      <summary>
        Hypervisor's audit log <span class="dim">${audit.listed.length} of ${audit.entries} entries</span>
      </summary>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th class="number">time</th>
              <th>who</th>
              <th>what</th>
              <th></th>
              <th>detail</th>
            </tr>
          </thead>
          <tbody>
            ${audit.listed.map(
              (one) =>
                markup`<tr>
                  <td class="number">${time(one.time_ns)}</td>
                  <td>${one.who}</td>
                  <td>${one.what}</td>
                  <td>${one.allowed ? 'allowed' : markup`<strong class="bad">refused</strong>`}</td>
                  <td>${one.detail}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`
  }`;
}
