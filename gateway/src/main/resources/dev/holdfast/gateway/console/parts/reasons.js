/** What failed, by its reason: how many, and all of them again. */
import { html, nothing } from '../lit/lit-html.js';
import { changed } from '../state.js';
import { get, post } from '../api.js';
import { count, REASONS } from '../format.js';
import { all } from './bulk.js';

const LOOK_MS = 500;

let shown = null;

/** The list for these filters of the requests' list; counted when somebody asks for it. */
export function reasons(filters) {
  const filter = Object.fromEntries(Object.entries(filters).filter(([name, value]) => value && (name === 'route' || name === 'client')));
  const wanted = JSON.stringify(filter);
  if (shown?.wanted !== wanted) shown = { wanted, filter, rows: [], busy: false, error: null };
  const mine = shown;
  return html`<section class="reasons" aria-label="Failed, by reason">
    <button type="button" class="quiet" ?disabled=${mine.busy} @click=${() => countAll(mine)}>
      ${mine.busy ? 'Counting…' : mine.rows.length ? 'Count again' : 'Count by reason'}</button>
    ${mine.error ? html`<span class="bad">${mine.error}</span>` : nothing}
    ${mine.rows.map((row) => html`<span class="reason"><b>${count(row.matched)}</b> ${row.reason}
      ${row.matched ? html`<button type="button" @click=${() => retry(mine, row)}>Retry all…</button>` : nothing}</span>`)}
  </section>`;
}

/** One after the other: each is a look at all requests, in the background. */
async function countAll(mine) {
  mine.busy = true;
  mine.error = null;
  mine.rows = [];
  changed();
  try {
    for (const reason of REASONS) {
      const matched = await counted({ ...mine.filter, status: 'failed', reason });
      if (matched || reason === REASONS[0]) mine.rows = [...mine.rows, { reason, matched }];
      changed();
    }
    mine.rows = mine.rows.filter((row, at) => row.matched || at === 0).sort((one, other) => other.matched - one.matched);
  } catch (error) {
    mine.error = error.message;
  }
  mine.busy = false;
  changed();
}

async function counted(filter) {
  let dry = await post('/v1/operations', { do: 'retry', filter, dry_run: true });
  while (dry.status === 'running') {
    await new Promise((then) => setTimeout(then, LOOK_MS));
    dry = await get(`/v1/operations/${dry.id}`);
  }
  return dry.matched;
}

function retry(mine, row) {
  const where = mine.filter.route ? `on ${mine.filter.route} ` : '';
  all('retry', { ...mine.filter, status: 'failed', reason: row.reason }, `${where}failed as ${row.reason}`);
}
