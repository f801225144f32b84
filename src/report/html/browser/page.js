import { runView } from './run.js';

/*
 * The page: runs are drawn when they are opened, and the list is filtered. All that it shows was put into the page by the reporter.
 */

/** @param {string} id */
function embedded(id) {
  const text = document.getElementById(id)?.textContent;
  return text === undefined || text === null ? undefined : JSON.parse(text);
}

/** @type {readonly import('../page-data.ts').PageTopology[]} */
let topologies;

/**
 * Pixels that a picture may take, the body's padding left out.
 * @param {Element} body
 */
function room(body) {
  const { paddingLeft, paddingRight } = getComputedStyle(body);
  const inner = body.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
  return Math.max(320, Math.min(1200, Math.floor(inner)));
}

/** @param {HTMLDetailsElement} details */
function draw(details) {
  const body = details.querySelector('.body');
  const data = details.querySelector('script');
  if (body === null || data === null) return;
  /** @type {import('../page-data.ts').PageRun} */
  const run = JSON.parse(data.textContent ?? '');
  topologies ??= embedded('topologies') ?? [];
  const width = room(body);
  body.innerHTML = runView(run, topologies[run.topology], embedded(`source-${run.source.text}`), width).text;
  details.dataset['width'] = String(width);
}

/** @param {Event} event */
function onToggle(event) {
  const details = event.target;
  if (
    details instanceof HTMLDetailsElement &&
    details.classList.contains('run') &&
    details.open &&
    details.dataset['width'] === undefined
  )
    draw(details);
}

/** Pictures are drawn for the width there is; a changed width needs new ones. */
function redraw() {
  for (const details of document.querySelectorAll('details.run[open]')) {
    if (!(details instanceof HTMLDetailsElement)) continue;
    const body = details.querySelector('.body');
    // Of what was never drawn there is no width.
    if (body !== null && !(Math.abs(room(body) - Number(details.dataset['width'])) <= 2)) draw(details);
  }
}

function filter() {
  const text = /** @type {HTMLInputElement} */ (document.getElementById('text')).value.toLowerCase();
  const tag = /** @type {HTMLSelectElement} */ (document.getElementById('tag')).value;
  const statuses = new Set(
    [...document.querySelectorAll('button[data-status][aria-pressed="true"]')].map((button) =>
      button.getAttribute('data-status'),
    ),
  );
  let shown = 0;
  for (const group of document.querySelectorAll('.group')) {
    let any = false;
    for (const details of group.querySelectorAll('details.run')) {
      const fits =
        (statuses.size === 0 || statuses.has(details.getAttribute('data-status'))) &&
        (tag === '' || (details.getAttribute('data-tags') ?? '').split(' ').includes(tag)) &&
        (text === '' || (details.getAttribute('data-text') ?? '').includes(text));
      details.toggleAttribute('hidden', !fits);
      if (fits) shown++;
      any ||= fits;
    }
    group.toggleAttribute('hidden', !any);
  }
  const count = document.getElementById('shown');
  if (count !== null) count.textContent = `${shown} shown`;
}

/** @param {Event} event */
function onClick(event) {
  const button = event.target;
  if (!(button instanceof HTMLButtonElement)) return;
  const copy = button.getAttribute('data-copy');
  if (copy !== null) {
    void navigator.clipboard?.writeText(copy).then(() => {
      button.textContent = 'copied';
    });
  }
  if (button.hasAttribute('data-status')) {
    button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') === 'true' ? 'false' : 'true');
    filter();
  }
}

function openFromAddress() {
  const run = /^#r\d+$/.test(location.hash) ? document.querySelector(location.hash) : null;
  if (!(run instanceof HTMLDetailsElement)) return;
  run.open = true;
  run.scrollIntoView();
}

let waiting = 0;
document.documentElement.classList.add('live');
document.addEventListener('toggle', onToggle, true);
document.addEventListener('click', onClick);
document.getElementById('text')?.addEventListener('input', filter);
document.getElementById('tag')?.addEventListener('change', filter);
addEventListener('hashchange', openFromAddress);
addEventListener('resize', () => {
  clearTimeout(waiting);
  waiting = setTimeout(redraw, 150);
});
// Those that are open from the start were so before anybody listened.
redraw();
openFromAddress();
