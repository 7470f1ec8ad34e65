/** Each upstream: its sliding window, its backlog, how it does. */
import { html, nothing } from '../lit/lit-html.js';
import { state, upstream } from '../state.js';
import { post } from '../api.js';
import { count, duration, moment, percent, seconds } from '../format.js';
import { link } from '../router.js';
import { confirm } from '../parts/dialogs.js';
import { attempt, figure } from '../parts/pieces.js';
import { shortest, windows } from '../parts/slots.js';
import { spark } from '../parts/chart.js';
import { closePartitions, partitions, togglePartitions } from '../parts/partitions.js';
import { closeUsers, toggleUsers, users } from '../parts/users.js';
import '../parts/chart.js';

/** Outcomes whose names alone do not say enough. */
const OUTCOMES = { status: 'error status', throttled: 'over quota', unauthorized: 'credential refused', stale: 'token renewed', uncalled: 'no token', garbage: 'not HTTP', too_large: 'result too large', unreadable: 'result unreadable', crash: 'lost in a crash' };

/** What the running averages look back on, about. */
const RECENT_CALLS = 20;

export const title = () => {
  const waiting = state.frame?.upstreams.reduce((sum, one) => sum + one.queued + one.retrying, 0) ?? 0;
  return waiting ? `${count(waiting)} waiting` : 'Upstreams';
};

export const keys = () => ({
  p: () => inFocus(toggle),
  u: () => inFocus(toggleUsers),
  o: () => inFocus(togglePartitions, (name) => upstream(name)?.partitions),
});

export function leave() {
  closeUsers();
  closePartitions();
}

/** Does something to the upstream in focus, or to the first, of those that it can be done to. */
function inFocus(action, may = () => true) {
  const all = [document.activeElement?.closest?.('.upstream'), ...document.querySelectorAll('.upstream')];
  const panel = all.find((one) => one && may(one.dataset.name));
  if (panel) action(panel.dataset.name);
}

export function draw() {
  const all = state.frame.upstreams;
  if (!all.length) return html`<h1 class="hidden">Upstreams</h1><div class="empty">No upstream is configured.</div>`;
  return html`<h1 class="hidden">Upstreams</h1>${all.map(panel)}`;
}

function toggle(name) {
  const path = `/v1/upstreams/${encodeURIComponent(name)}`;
  if (upstream(name)?.paused) {
    attempt(`${name} goes on.`, () => post(`${path}/resume`));
    return;
  }
  confirm(
    `Pause ${name}?`,
    'No call leaves for it until somebody resumes it, whatever waits. Calls under way go on.',
    'Pause it',
    () => attempt(`${name} is paused: no call leaves until it is resumed.`, () => post(`${path}/pause`)),
  );
}

async function resume(name) {
  await attempt(`${name} is called again.`, () => post(`/v1/upstreams/${encodeURIComponent(name)}/resume`));
}

function panel(one) {
  const points = state.history.get(one.name) ?? [];
  return html`<section class="upstream ${condition(one).kind}" data-name=${one.name} aria-label=${one.name}>
    <header>
      <h2>${one.name}</h2>
      <span class="condition ${condition(one).kind}">${condition(one).words}</span>
      <span class="quota">${quota(one)}</span>
      <span class="space"></span>
      ${condition(one).kind === 'closed'
        ? html`<button type="button" class="primary" @click=${() => resume(one.name)}>Try now</button>`
        : nothing}
      <button type="button" class=${one.paused ? 'primary' : ''} @click=${() => toggle(one.name)}>
        ${one.paused ? 'Resume' : 'Pause'}</button>
    </header>
    <div class="window">
      ${headline(one)}
      ${windows(one, state.frameAt)}
      ${legend()}
      ${outcomes(one)}
      ${users(one)}
      ${partitions(one)}
    </div>
    <div class="backlog">
      <h3>Backlog <span class="key queued">queued</span><span class="key retrying">to be retried</span><span class="key eta">time until done</span></h3>
      <backlog-chart .points=${[...points]}></backlog-chart>
    </div>
    <dl class="figures">
      ${figure('queued', count(one.queued))}
      ${figure('to be retried', count(one.retrying))}
      ${one.scheduled ? figure('scheduled for later', scheduled(one)) : nothing}
      ${one.high + one.low ? figure('by priority', priorities(one)) : nothing}
      ${figure('done in', one.queued + one.retrying && one.eta_ms !== undefined ? `≈ ${duration(one.eta_ms)}` : '–')}
      ${one.oldest_ms ? figure('the oldest has waited', seconds(one.oldest_ms)) : nothing}
      ${figure(`need no retry, of the last ${RECENT_CALLS} calls`, percent(one.success_rate), spark(points, 4, 1))}
      ${figure('a call takes', duration(one.latency_ms), spark(points, 5))}
      ${figure('under way', `${one.in_flight} of ${one.concurrency}`)}
      ${figure('over quota (429)', count(one.incidents), nothing, one.incidents ? 'bad' : '')}
    </dl>
  </section>`;
}

/** How many wait for their time, and when that of the next one comes. */
function scheduled(one) {
  return `${count(one.scheduled)}${one.starts_at ? `, next due ${moment(one.starts_at)}` : ''}`;
}

/** How many of each priority wait, and for how long, where that can be told. */
function priorities(one) {
  const waiting = { high: one.high, normal: one.queued + one.retrying - one.high - one.low, low: one.low };
  return Object.entries(waiting)
    .map(([name, many]) => `${count(many)} ${name}${one[`eta_${name}_ms`] === undefined ? '' : ` (≈ ${duration(one[`eta_${name}_ms`])})`}`)
    .join(', ');
}

function condition(one) {
  if (one.paused) return { kind: 'paused', words: 'paused' };
  if (one.unauthorized_ms !== undefined) return { kind: 'closed', words: `refuses the credential (401)${tried(one)}` };
  if (one.absent_ms !== undefined) return { kind: 'closed', words: `nobody is at home since ${seconds(one.absent_ms)}; single calls try it` };
  if (one.closed_ms !== undefined) return { kind: 'closed', words: `asked to be left alone, ${seconds(one.closed_ms)} left` };
  return { kind: 'open', words: 'open' };
}

function tried(one) {
  return one.closed_ms === undefined ? '' : `, tried again in ${seconds(one.closed_ms)}`;
}

function quota(one) {
  if (!one.windows.length) return 'no quota';
  return one.windows.map((window) => `${count(window.limit)} in ${duration(window.length_ms)}`).join(', ');
}

function headline(one) {
  const window = shortest(one);
  if (!window) return html`<p class="headline"><b>${one.in_flight}</b> under way</p>`;
  const strangers = one.strangers ?? 0;
  const next =
    one.free_slots > 0
      ? html`<span class="good">${one.free_slots} free now</span>`
      : one.next_slot_ms === undefined
        ? html`<span>next when a call ends</span>`
        : html`<span>next free in <b>${seconds(one.next_slot_ms)}</b></span>`;
  return html`<p class="headline"><span><b>${window.used + strangers}</b> of ${count(window.limit)} slots taken${strangers ? `, ${count(strangers)} of them by others` : ''}</span>${next}</p>`;
}

function legend() {
  return html`<ul class="legend" aria-label="Legend">
    <li class="running">under way</li><li class="ok">succeeded</li><li class="refused">refused for good</li><li class="again">failed, again later</li>
    <li class="bad">over quota</li><li class="hold">holds its slot</li><li class="free">free</li>
    <li class="strangers">others' calls</li>
  </ul>`;
}

function outcomes(one) {
  const entries = Object.entries(one.outcomes).sort((a, b) => b[1] - a[1]);
  const all = entries.reduce((sum, [, n]) => sum + n, 0);
  if (!all) return html`<p class="outcomes muted">No call yet since the start.</p>`;
  return html`<p class="outcomes"><span class="muted">Calls since the start:</span>
    ${entries.map(([name, n]) => html`<span class="outcome ${name}">${OUTCOMES[name] ?? name} <b>${count(n)}</b></span>`)}
    <a href=${link('requests', '', { status: one.retrying ? 'retrying' : '' })}>the requests behind them</a></p>`;
}
