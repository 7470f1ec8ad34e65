/** One request's whole story. */
import { html, nothing } from '../lit/lit-html.js';
import { changed } from '../state.js';
import { events, get, post, query, remove } from '../api.js';
import { duration, isFinal, left } from '../format.js';
import { back, place } from '../router.js';
import { all } from '../parts/bulk.js';
import { confirm } from '../parts/dialogs.js';
import { attempt, copy, figure, pill, when } from '../parts/pieces.js';
import { preview } from '../parts/preview.js';
import { story } from '../parts/story.js';

const POLL_MS = 1500;
const MAX_DELIVERIES = 20;

/** What to do about a failure. */
const REASONS = {
  rejected: 'The upstream refuses what was asked, and says below why: a retry brings the same unless something has changed there.',
  'max-attempts': 'As many calls failed as the policy allows. Retry it once the upstream is well.',
  'give-up-after': 'No call succeeded in the time that the policy gives. Retry it once the upstream is well.',
  uncertain: 'The call may have taken effect, and the route is not repeatable. Look at the upstream before you retry.',
  'result-too-large': 'The upstream did it, but its answer is larger than result.max. A retry does it again.',
  'result-unreadable': 'The upstream did it, but its answer cannot be read as the route wants. A retry does it again.',
};

let shown = null;

export const title = () => (shown?.request ? shown.request.status : 'Request');

export const keys = () => ({ c: () => cancel(), r: () => retry(), a: () => alike() });

export function leave() {
  shown?.abort.abort();
  clearInterval(shown?.timer);
  shown = null;
}

export function draw() {
  const { id } = place();
  if (shown?.id !== id) {
    leave();
    open(id);
  }
  const { request, error } = shown;
  if (error) {
    return html`<h1 class="hidden">Request</h1><div class="empty bad">${error.status === 404 ? 'There is no request of this id.' : error.message}</div>`;
  }
  if (!request) return html`<h1 class="hidden">Request</h1><div class="waiting">…</div>`;
  return html`<article class="request">
    <header>
      <a class="back" href="#/requests" @click=${(event) => {
        event.preventDefault();
        back('requests');
      }} aria-label="Back">←</a>
      <h1>${pill(request.status)}<code class="id">${request.id}</code>${copy(request.id, 'the id')}</h1>
      <span class="space"></span>
      ${isFinal(request.status) ? nothing : html`<button type="button" class="bad" @click=${cancel}>Cancel</button>`}
      ${request.status === 'failed' ? html`<button type="button" class="primary" @click=${retry}>Retry</button>` : nothing}
    </header>
    <div class="asked">
      <dl class="figures">
        ${figure('route', request.route)}
        ${figure('client', request.client)}
        ${figure('accepted', when(request.created_at))}
        ${request.completed_at
          ? figure('took', duration(Date.parse(request.completed_at) - Date.parse(request.created_at)))
          : figure('time', left(request))}
        ${request.position ? figure('position', request.position) : nothing}
        ${figure('attempts', request.attempts)}
        ${request.client_request_id ? figure('client_request_id', request.client_request_id) : nothing}
        ${request.expires_at ? figure('expires', when(request.expires_at)) : nothing}
      </dl>
      ${values('Asked', request.params)}
      ${request.result ? values('Result', request.result) : nothing}
      ${preview(request)}
      ${request.failure ? failure(request.failure) : nothing}
    </div>
    ${story(request, shown.attempts, shown.deliveries, load)}
  </article>`;
}

function values(name, fields) {
  return html`<section class="values"><h2>${name}</h2>${Object.entries(fields).map(([field, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return html`<div class="value"><span class="name">${field}</span><pre tabindex="0">${text}</pre>${copy(text, field)}</div>`;
  })}</section>`;
}

function failure(one) {
  return html`<section class="values failure"><h2>Failure</h2>
    <div class="value"><span class="name">reason</span><pre>${one.reason}</pre></div>
    ${REASONS[one.reason] ? html`<p class="advice">${REASONS[one.reason]}</p>` : nothing}
    ${one.upstream_status ? html`<div class="value"><span class="name">upstream status</span><pre>${one.upstream_status}</pre></div>` : nothing}
    ${one.upstream_body ? html`<div class="value"><span class="name">upstream body</span><pre tabindex="0">${one.upstream_body}</pre></div>` : nothing}
    ${one.detail ? html`<div class="value"><span class="name">detail</span><pre tabindex="0">${one.detail}</pre></div>` : nothing}
    <button type="button" class="quiet" @click=${alike}>All of this reason…</button>
  </section>`;
}

function open(id) {
  shown = { id, request: null, attempts: [], deliveries: [], error: null, abort: new AbortController(), timer: 0 };
  const mine = shown;
  shown.timer = setInterval(() => mine.deliveries.some((one) => one.status === 'pending') && load(), POLL_MS);
  load();
  follow(mine);
}

/** Told by the request's own events; comes back where they end before it does. */
async function follow(mine) {
  while (mine === shown) {
    try {
      await events(`/v1/requests/${mine.id}/events`, mine.abort.signal, () => mine === shown && load());
      if (mine.request && isFinal(mine.request.status)) return;
    } catch (error) {
      if (mine !== shown || error.status === 404 || error.status === 401) return;
    }
    await new Promise((then) => setTimeout(then, POLL_MS));
  }
}

async function load() {
  const mine = shown;
  if (!mine) return;
  const path = `/v1/requests/${mine.id}`;
  const { signal } = mine.abort;
  try {
    const [request, attempts, deliveries] = await Promise.all([
      get(path, signal),
      get(`${path}/attempts`, signal),
      get(query('/v1/deliveries', { request_id: mine.id, limit: MAX_DELIVERIES }), signal),
    ]);
    const tries = await Promise.all(
      deliveries.deliveries.map((one) => (one.attempts ? get(`/v1/deliveries/${one.id}/tries`, signal) : { tries: [] })),
    );
    mine.request = request;
    mine.attempts = attempts.attempts;
    mine.deliveries = deliveries.deliveries.map((one, i) => ({ ...one, tries: tries[i].tries }));
    mine.error = null;
  } catch (error) {
    if (error.name === 'AbortError') return;
    if (!mine.request) mine.error = error;
  }
  changed();
}

function cancel() {
  const request = shown?.request;
  if (!request || isFinal(request.status)) return;
  confirm(
    'Cancel this request?',
    'It ends as cancelled; its webhook, if it has one, is told so. That cannot be undone.',
    'Cancel it',
    () => attempt('It is cancelled.', () => remove(`/v1/requests/${request.id}`)).then(load),
  );
}

/** All that failed as this one did. */
function alike() {
  const { route, failure: why } = shown?.request ?? {};
  if (!why) return;
  const status = why.upstream_status ? ` with ${why.upstream_status}` : '';
  all('retry', { route, reason: why.reason, upstream_status: why.upstream_status }, `on ${route} failed as ${why.reason}${status}`, load);
}

async function retry() {
  const request = shown?.request;
  if (request?.status !== 'failed') return;
  await attempt('It is queued anew.', () => post(`/v1/requests/${request.id}/retry`));
  const mine = shown;
  await load();
  follow(mine);
}
