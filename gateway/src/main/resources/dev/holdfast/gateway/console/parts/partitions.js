/** An upstream's partitions: one is picked out of a page of them, seen, paused and resumed. */
import { html, nothing } from '../lit/lit-html.js';
import { get, post, query } from '../api.js';
import { afterDrawing, changed } from '../state.js';
import { count, duration, seconds } from '../format.js';
import { link } from '../router.js';
import { confirm } from './dialogs.js';
import { attempt, figure } from './pieces.js';

/** Partitions in a page. */
const PAGE = 20;
/** Between two looks while it is open. */
const AGAIN_MS = 2000;
/** After the last key that was pressed in the search. */
const TYPED_MS = 200;

/** How each state is told. */
const STATES = { open: 'open', paused: 'paused', closed: 'asked to be left alone', unauthorized: 'refuses its credential (401)' };

/**
 * By upstream, of each that is open: what its keys begin with, the cursors of the pages up to this
 * one, the page, and the picked one with its figures.
 */
const opened = new Map();
let timer = 0;
let typed = 0;

export function partitions(one) {
  if (!one.partitions) return nothing;
  const seen = opened.get(one.name);
  const id = `partitions-${one.name}`;
  return html`<div class="partitions">
    <button type="button" class="quiet" aria-expanded=${seen ? 'true' : 'false'} aria-controls=${id}
      @click=${() => togglePartitions(one.name)}>Partitions</button>
    <span class="muted">${counts(one.partitions)}</span>
    <div id=${id} class="inside">${seen ? inside(one.name, seen) : nothing}</div>
  </div>`;
}

/** How many there are of each kind. */
function counts(all) {
  const words = { known: 'known', waiting: 'with waiting requests', paused: 'paused', closed: 'left alone', refused: 'refused' };
  return Object.entries(words)
    .filter(([name]) => name === 'known' || all[name])
    .map(([name, word]) => `${count(all[name])} ${word}`)
    .join(', ');
}

/** Opens it or closes it. */
export function togglePartitions(name) {
  if (opened.has(name)) {
    opened.delete(name);
  } else {
    opened.set(name, { prefix: '', cursors: [''], page: null, words: 'Looking…', key: null, picked: null });
    look();
    afterDrawing(() => document.querySelector(`[data-name="${CSS.escape(name)}"] .partitions input`)?.focus());
  }
  changed();
}

/** Nobody looks any more. */
export function closePartitions() {
  opened.clear();
  clearTimeout(timer);
  clearTimeout(typed);
}

const path = (name, key) => `/v1/upstreams/${encodeURIComponent(name)}/partitions${key === undefined ? '' : `/${encodeURIComponent(key)}`}`;

async function look() {
  clearTimeout(timer);
  for (const [name, asked] of [...opened]) {
    let told;
    try {
      told = await read(name, asked);
    } catch (error) {
      told = { words: error.message };
    }
    // What was typed or picked meanwhile is looked at by its own look.
    if (opened.get(name) === asked) opened.set(name, { ...asked, ...told });
  }
  changed();
  clearTimeout(timer);
  if (opened.size) timer = setTimeout(look, AGAIN_MS);
}

async function read(name, { prefix, cursors, key }) {
  const page = await get(query(path(name), { prefix, cursor: cursors.at(-1), limit: PAGE }));
  const picked = key === null ? null : await get(path(name, key));
  return { page, picked, words: '' };
}

/** Another page, another search, another one picked. */
function turn(name, change) {
  const seen = opened.get(name);
  if (!seen) return;
  opened.set(name, { ...seen, ...change });
  changed();
  look();
}

function search(name, prefix) {
  clearTimeout(typed);
  typed = setTimeout(() => turn(name, { prefix, cursors: [''] }), TYPED_MS);
}

function inside(name, seen) {
  const all = seen.page?.partitions ?? [];
  return html`
    <label class="prefix"><span>Key begins with</span>
      <input type="search" autocomplete="off" spellcheck="false" maxlength="256" @input=${(event) => search(name, event.target.value)}></label>
    ${seen.words ? html`<p class="muted" role="status">${seen.words}</p>` : nothing}
    ${seen.page && !all.length ? html`<p class="muted">${seen.prefix ? 'None whose key begins so has anything waiting, running or of its own.' : 'Nothing waits or runs in any, and none has something of its own.'}</p>` : nothing}
    ${all.length ? html`<ul aria-label="Partitions of ${name}">${all.map((one) => entry(name, one, seen.key))}</ul>` : nothing}
    <div class="pages">
      ${seen.cursors.length > 1 ? html`<button type="button" class="quiet" @click=${() => turn(name, { cursors: seen.cursors.slice(0, -1) })}>Before</button>` : nothing}
      ${seen.page?.next_cursor ? html`<button type="button" class="quiet" @click=${() => turn(name, { cursors: [...seen.cursors, seen.page.next_cursor] })}>More</button>` : nothing}
    </div>
    ${seen.picked ? detail(name, seen.picked) : nothing}`;
}

function entry(name, one, picked) {
  const waiting = one.backlog.queued + one.backlog.retrying;
  return html`<li><button type="button" class="quiet" aria-pressed=${one.key === picked ? 'true' : 'false'}
    @click=${() => turn(name, { key: one.key === picked ? null : one.key, picked: one.key === picked ? null : one })}>
    <span class="name">${one.key}</span>
    <span class="muted">${count(waiting)} waiting${one.state === 'open' ? '' : `, ${STATES[one.state] ?? one.state}`}</span></button></li>`;
}

function detail(name, one) {
  return html`<section class="partition" aria-label="Partition ${one.key}">
    <header>
      <h3>${one.key}</h3>
      <span class="condition ${one.state === 'unauthorized' ? 'closed' : one.state}">${STATES[one.state] ?? one.state}</span>
      <span class="space"></span>
      ${one.own?.headers ? html`<span class="muted">has headers of its own</span>` : nothing}
      ${one.state === 'closed' || one.state === 'unauthorized'
        ? html`<button type="button" aria-label="Try partition ${one.key} now" @click=${() => resumes(name, one, `${one.key} is tried now.`)}>Try now</button>`
        : nothing}
      <button type="button" class=${one.paused ? 'primary' : ''} aria-label="${one.paused ? 'Resume' : 'Pause'} partition ${one.key}"
        @click=${() => pauses(name, one)}>${one.paused ? 'Resume' : 'Pause'}</button>
    </header>
    <dl class="figures">
      ${one.quota.map((window) => figure(`${window.unit ?? 'calls'} within ${duration(window.window_seconds * 1000)}`, `${count(window.taken)} of ${count(window.limit)}`))}
      ${figure('queued', count(one.backlog.queued))}
      ${figure('to be retried', count(one.backlog.retrying))}
      ${figure('under way', one.concurrency === undefined ? count(one.in_flight) : `${count(one.in_flight)} of ${count(one.concurrency)}`)}
      ${figure('waits for', why(one))}
      ${one.estimated_seconds === undefined ? nothing : figure('done in', `≈ ${duration(one.estimated_seconds * 1000)}`)}
    </dl>
    <p><a href=${link('requests', '', { partition: one.key })}>its requests</a></p>
  </section>`;
}

/** What keeps its next call from leaving, of its own. */
function why(one) {
  if (one.state === 'paused') return 'its pause to end';
  if (one.state === 'unauthorized') return `a credential that is not refused${one.closed_seconds === undefined ? '' : `, tried in ${seconds(one.closed_seconds * 1000)}`}`;
  if (one.state === 'closed') return `the time it asked for: ${seconds(one.closed_seconds * 1000)}`;
  if (one.backlog.queued + one.backlog.retrying === 0) return 'nothing';
  const most = one.order === 'fifo' ? 1 : one.concurrency;
  if (most !== undefined && one.in_flight >= most) return 'a call of its own to end';
  if (one.free_slots === 0) return one.next_slot_seconds ? `a slot of its own: ${seconds(one.next_slot_seconds * 1000)}` : 'a slot of its own';
  return 'its turn, or a slot of all';
}

function pauses(name, one) {
  if (one.paused) {
    resumes(name, one, `${one.key} goes on.`);
    return;
  }
  confirm(
    `Pause partition ${one.key}?`,
    'No call of this partition leaves until somebody resumes it; other partitions go on. Calls under way go on.',
    'Pause it',
    () => act(name, one, 'pause', `${one.key} is paused: none of its calls leaves until it is resumed.`),
  );
}

const resumes = (name, one, done) => act(name, one, 'resume', done);

const act = (name, one, what, done) => attempt(done, async () => {
  turn(name, { key: one.key, picked: await post(`${path(name, one.key)}/${what}`) });
});
