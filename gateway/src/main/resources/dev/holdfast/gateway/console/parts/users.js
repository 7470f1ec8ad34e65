/** Who uses an upstream's quota: read when it is opened, and again while it is. */
import { html, nothing } from '../lit/lit-html.js';
import { get } from '../api.js';
import { changed } from '../state.js';
import { count, duration, moment, percent } from '../format.js';

/** Between two looks while it is open. */
const AGAIN_MS = 2000;

/** What was read last of each upstream that is open: its windows, or why they cannot be read. */
const opened = new Map();
let timer = 0;

export function users(one) {
  const seen = opened.get(one.name);
  return html`<div class="users">
    <button type="button" class="quiet" aria-expanded=${seen ? 'true' : 'false'} @click=${() => toggleUsers(one.name)}>Who uses it</button>
    ${seen?.windows?.map(table) ?? nothing}
    ${seen?.words ? html`<p class="muted" role="status">${seen.words}</p>` : nothing}
  </div>`;
}

/** Opens it or closes it. */
export function toggleUsers(name) {
  if (opened.has(name)) {
    opened.delete(name);
  } else {
    opened.set(name, { words: 'Looking…' });
    look();
  }
  changed();
}

/** Nobody looks any more. */
export function closeUsers() {
  opened.clear();
  clearTimeout(timer);
}

async function look() {
  clearTimeout(timer);
  for (const name of [...opened.keys()]) {
    let seen;
    try {
      seen = { windows: (await get(`/v1/upstreams/${encodeURIComponent(name)}/clients`)).windows };
    } catch (error) {
      seen = { ...opened.get(name), words: error.message };
    }
    if (opened.has(name)) opened.set(name, seen);
  }
  changed();
  clearTimeout(timer);
  if (opened.size) timer = setTimeout(look, AGAIN_MS);
}

function table(window) {
  const sum = window.clients.reduce((all, one) => all + one.used, window.others?.used ?? 0);
  const what = `${window.unit ?? 'calls'} within ${duration(window.window_seconds * 1000)}`;
  const rows = [...window.clients, ...(window.others ? [{ client: `${count(window.others.clients)} others`, used: window.others.used }] : [])];
  return html`<table>
    <caption>${window.limit === undefined ? what : `${count(window.taken)} of ${count(window.limit)} ${what}`}${window.looked_back_to ? `, of which those since ${moment(window.looked_back_to)}` : ''}</caption>
    <thead class="hidden"><tr><th scope="col">client</th><th scope="col">used</th><th scope="col">share</th></tr></thead>
    <tbody>${rows.length
      ? rows.map((one) => html`<tr><th scope="row">${one.client}</th><td>${count(one.used)}</td><td>${percent(one.used / sum)}</td></tr>`)
      : html`<tr><td colspan="3" class="muted">No client called.</td></tr>`}</tbody>
  </table>`;
}
