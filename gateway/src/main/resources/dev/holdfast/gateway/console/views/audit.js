/** What operators did: who paused, resumed, retried, cancelled, redelivered, one or all that a filter chose, made and ended keys. */
import { html } from '../lit/lit-html.js';
import { count } from '../format.js';
import { go, link } from '../router.js';
import { columns, when } from '../parts/pieces.js';
import { Rows } from '../parts/list.js';

const REQUEST = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const OF_REQUESTS = new Set(['retry', 'cancel']);
const COLUMNS = ['when', 'who', 'did', 'to'];

let rows = null;

export const title = () => 'Audit';

export function draw() {
  rows ??= new Rows('/v1/audit', 'acts', {});
  return html`<h1 class="hidden">Audit</h1>
    <div class="filters"><span class="muted">What was done with admin keys and by holdfast keys.</span>
      <span class="space"></span>
      <span class="muted count">${count(rows.rows.length)}${rows.ended ? '' : ' and more'}</span></div>
    ${columns('audit-grid', COLUMNS)}
    <virtual-list .look=${{ source: rows, label: 'Audit', columns: COLUMNS, row, open, empty: 'Nobody did anything yet.' }}></virtual-list>`;
}

export function leave() {
  rows = null;
}

function ofRequest(one) {
  return OF_REQUESTS.has(one.what) && REQUEST.test(one.target);
}

function open(one) {
  if (ofRequest(one)) go('requests', one.target);
}

function row(one) {
  return html`<div class="audit-grid">
    <span role="gridcell" class="at">${when(one.at)}</span><span role="gridcell" class="who">${one.who}</span><b role="gridcell" class="what">${one.what}</b>
    ${ofRequest(one)
      ? html`<span role="gridcell" class="target"><a class="id" href=${link('requests', one.target)} tabindex="-1">${one.target}</a></span>`
      : html`<span role="gridcell" class="target">${one.target}</span>`}
  </div>`;
}
