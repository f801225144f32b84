import { markup, time } from './dom.js';
import { changedBytes } from './memory.js';

/**
 * @typedef {import('../../results.ts').ServiceResult} ServiceResult
 * @typedef {import('../../results.ts').RecordResult} RecordResult
 */

/** What each step of a service is, in the order in which they come. */
const STEPS = ['park', 'write', 'verify', 'resume'];

/**
 * One repair of a patient: how it ended and why, the steps that the ambulance came to, and the hypervisor's journal.
 * @param {ServiceResult} service
 * @param {RecordResult} record
 */
export function serviceView(service, record) {
  const { ambulance, patient, state, code, by, message, writes, writes_left_out } = service;
  const how = `${by === undefined ? '' : ` by ${by}`}${code === undefined ? '' : ` with ${code}`}`;
  return markup`<section class="rescue">
    <h4>
      Service of ${patient} by ${ambulance}
      <span class="pill ${state === 'done' ? 'healthy' : 'failing'}">${state.replace('_', ' ')}</span>
    </h4>
    <p class="facts">
      ordered at ${time(service.ordered_ns)}, over at ${time(service.ended_ns)}${how} · ${message}
    </p>
    ${stepsView(service, record)}
    ${writes.length > 0 && journalView(service)}
    ${writes_left_out > 0 && markup`<p class="none">${writes_left_out} more writes are not in this report.</p>`}
  </section>`;
}

/**
 * The steps that the ambulance said before it took them, from the events of the run.
 * @param {ServiceResult} service
 * @param {RecordResult} record
 */
function stepsView({ ambulance, patient, ordered_ns, ended_ns }, record) {
  const taken = record.events.filter(
    ({ kind, subject, detail, time_ns }) =>
      STEPS.includes(kind) &&
      subject === ambulance &&
      detail['patient'] === patient &&
      time_ns >= ordered_ns &&
      time_ns <= ended_ns,
  );
  if (taken.length === 0) return markup`<p class="none">It came to no step.</p>`;
  return markup`<p class="facts">
    ${taken.map(({ kind, time_ns }, index) => markup`${index > 0 && ' → '}<strong>${kind}</strong> ${time(time_ns)}`)}
  </p>`;
}

/** @param {ServiceResult} service */
function journalView({ writes }) {
  return markup`<h5>The hypervisor's journal</h5>
    <table class="cards">
      <thead>
        <tr>
          <th class="number">time</th>
          <th>where</th>
          <th>bytes before → after</th>
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${writes.map(
          (write) =>
            markup`<tr>
              <td class="number" data-label="time">${time(write.time_ns)}</td>
              <td data-label="where">
                <code>${write.place}</code><br /><span class="dim">${write.address ?? write.physical ?? ''}</span>
              </td>
              <td data-label="bytes before → after">
                ${changedBytes(write.before, write.after)}${write.bytes > 64 && markup` <span class="dim">first 64 of ${write.bytes}</span>`}
              </td>
              <td data-label="then">${write.undone ? 'undone' : 'kept'}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}
