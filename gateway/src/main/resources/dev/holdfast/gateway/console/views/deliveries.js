/** Webhooks: what was delivered, what was not, and again. */
import { html, nothing } from '../lit/lit-html.js';
import { state } from '../state.js';
import { post } from '../api.js';
import { count, DELIVERY_STATUSES, shortId } from '../format.js';
import { go, link, place, refine } from '../router.js';
import { all } from '../parts/bulk.js';
import { attempt, byClient, choice, columns, pill, when } from '../parts/pieces.js';
import { Rows } from '../parts/list.js';

const FILTERS = ['status', 'client', 'request_id'];
const COLUMNS = ['status', 'to', 'tells', 'client', 'tries', 'last', 'due', 'again'];

let rows = null;
let shownFilters = '';

export const title = () => 'Deliveries';

export function draw() {
  const { query } = place();
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? '']));
  const wanted = JSON.stringify(filters);
  if (!rows || wanted !== shownFilters) {
    shownFilters = wanted;
    rows = new Rows('/v1/deliveries', 'deliveries', filters);
  }
  const set = (name, value) => refine('deliveries', { ...filters, [name]: value });
  return html`<h1 class="hidden">Deliveries</h1>
    <div class="filters">
      <form class="search" role="search" @submit=${(event) => {
        event.preventDefault();
        set('request_id', event.target.elements.search.value.trim());
      }}>
        <input type="search" name="search" aria-label="A request's id" placeholder="request's id" autocomplete="off"
          spellcheck="false" .value=${filters.request_id}
          @search=${(event) => event.target.value === '' && filters.request_id && set('request_id', '')}>
      </form>
      ${choice('status', 'status', filters.status, DELIVERY_STATUSES, (value) => set('status', value))}
      ${byClient(state.hello?.clients ?? [], filters.client, (value) => set('client', value))}
      ${(filters.status === 'failed' || filters.status === 'ended') && !filters.request_id
        ? html`<button type="button" @click=${() => all('redeliver', { client: filters.client }, 'were given up, or their receivers wanted no more',
            () => document.querySelector('virtual-list')?.reload())}>Redeliver all…</button>` : nothing}
      ${Object.values(filters).some((value) => value)
        ? html`<button class="quiet" type="button" @click=${() => refine('deliveries', {})}>clear</button>` : nothing}
      <span class="space"></span>
      <span class="muted count">${count(rows.rows.length)}${rows.ended ? '' : ' and more'}</span>
    </div>
    ${columns('deliveries-grid', COLUMNS)}
    <virtual-list .look=${{
      source: rows,
      label: 'Deliveries',
      columns: COLUMNS,
      row,
      open: (one) => one.request_id && go('requests', one.request_id),
      keys: { r: redeliver },
      empty: Object.values(filters).some((v) => v) ? 'No delivery matches.' : 'No webhook was asked for yet.',
    }}></virtual-list>`;
}

export async function redeliver(one) {
  await attempt('It is delivered again, with the same webhook-id.', () => post(`/v1/deliveries/${one.id}/redeliver`));
  document.querySelector('virtual-list')?.reload();
}

function row(one) {
  const last = one.last_status ?? one.last_error;
  return html`<div class="deliveries-grid">
    <span role="gridcell">${pill(one.status)}</span>
    <span role="gridcell" class="what"><a href=${one.request_id ? link('requests', one.request_id) : nothing} tabindex="-1">
      <span class="message">${one.url}</span><span class="id">${shortId(one.request_id ?? one.batch_id)}</span></a></span>
    <span role="gridcell" class="type">${one.type.replace('request.', '')}</span>
    <span role="gridcell" class="client">${one.client}</span>
    <span role="gridcell" class="n attempts">${one.attempts}</span>
    <span role="gridcell" class="last ${one.last_error || one.last_status >= 300 ? 'warn' : ''}" title=${one.last_error ?? nothing}>${last ?? '–'}</span>
    <span role="gridcell" class="at">${one.next_at ? when(one.next_at) : '–'}</span>
    <span role="gridcell" class="does"><button type="button" class="small" tabindex="-1" @click=${() => redeliver(one)}>Redeliver</button></span>
  </div>`;
}
