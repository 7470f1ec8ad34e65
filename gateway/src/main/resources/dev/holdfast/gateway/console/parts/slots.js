/**
 * The sliding window as a picture. Each lane is a slot, each bar a call: solid from its start until
 * it settled, pale until its slot is free again, one window later. Time moves to the left; what is
 * right of the line is yet to come.
 */
import { html, render, svg, nothing } from '../lit/lit-html.js';
import { repeat } from '../lit/directives/repeat.js';
import { seconds, duration, tone } from '../format.js';
import { link } from '../router.js';

/** More slots than this are shown as a meter. */
export const MAX_LANES = 40;
/** Lanes where there is no quota to tell how many. */
const FREE_LANES = 12;
/** Shown without a quota. */
const FREE_PAST_MS = 60_000;
const PAST_SHARE = 0.48;
/** What the clocks of two looks may differ by. */
const SLACK_MS = 30;
/** The picture is moved no more often than this, and not by less than can be seen. */
const MIN_MOVE_MS = 33;
const MIN_SHIFT_PX = 0.3;
/** A character of what a bar says, at most. */
const CHARACTER_PX = 6.6;
const EDGE = 10;
const AXIS = 22;

const calm = matchMedia('(prefers-reduced-motion: reduce)');

class SlotWindow extends HTMLElement {
  #upstream = null;
  #known = new Map();
  #origin = performance.now();
  #width = 0;
  #frame = 0;
  #moved = 0;
  #focused = null;
  #size = new ResizeObserver(() => this.#resize());

  connectedCallback() {
    this.#size.observe(this);
    this.addEventListener('keydown', this.#key);
    this.#frame = requestAnimationFrame(this.#move);
  }

  disconnectedCallback() {
    this.#size.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  set upstream(one) {
    this.#upstream = one.figures;
    this.#learn(one.figures.calls, one.at);
    this.#draw();
  }

  get #window() {
    return shortest(this.#upstream);
  }

  get #lanes() {
    const window = this.#window;
    return window ? window.limit : Math.min(this.#upstream.concurrency, FREE_LANES);
  }

  get #held() {
    return this.#window?.held_ms ?? 0;
  }

  /** Pixels of a millisecond, and where the present is. */
  get #scale() {
    const room = this.#width - 2 * EDGE;
    if (!this.#window) return { k: (room * 0.9) / FREE_PAST_MS, now: EDGE + room * 0.9 };
    const now = EDGE + room * PAST_SHARE;
    return { k: (room * (1 - PAST_SHARE)) / (this.#held * 1.06), now };
  }

  /** Keeps a call where it was first seen: its times do not waver, and it stays in its lane. */
  #learn(calls, at) {
    const seen = new Set();
    for (const call of [...calls].sort((a, b) => b.taken_ms - a.taken_ms)) {
      seen.add(call.id);
      let known = this.#known.get(call.id);
      if (!known) {
        known = { ...call, taken: at - call.taken_ms, settled: null, lane: null };
        this.#known.set(call.id, known);
      }
      if (known.settled === null && call.settled_ms !== undefined) {
        known.settled = at - call.settled_ms;
        known.outcome = call.outcome;
        known.status = call.status;
      }
    }
    for (const id of this.#known.keys()) {
      if (!seen.has(id)) this.#known.delete(id);
    }
    const placed = [...this.#known.values()].sort((a, b) => a.taken - b.taken);
    placed.filter((call) => call.lane === null).forEach((call) => (call.lane = this.#laneFor(call)));
  }

  /** The first lane that is free by then, or else the one that is free soonest. */
  #laneFor(call) {
    const free = Array(this.#lanes).fill(-Infinity);
    for (const other of this.#known.values()) {
      if (other.lane !== null) free[other.lane] = Math.max(free[other.lane], this.#end(other));
    }
    const lane = free.findIndex((end) => end <= call.taken + SLACK_MS);
    return lane >= 0 ? lane : free.indexOf(Math.min(...free));
  }

  #end(call) {
    return call.settled === null ? Infinity : call.settled + this.#held;
  }

  #resize() {
    if (this.clientWidth !== this.#width) {
      this.#width = this.clientWidth;
      this.#draw();
    }
  }

  /** Moves what moves, without drawing anew. */
  #move = (now) => {
    const seen = MIN_SHIFT_PX / this.#scale.k;
    if (!calm.matches && !(now - this.#moved < Math.max(MIN_MOVE_MS, seen))) {
      this.#moved = now;
      this.#place();
    }
    this.#frame = requestAnimationFrame(this.#move);
  };

  #place() {
    const belt = this.querySelector('.belt');
    if (!belt) return;
    const { k, now: nowX } = this.#scale;
    const now = performance.now() - this.#origin;
    belt.setAttribute('transform', `translate(${(nowX - now * k).toFixed(2)} 0)`);
    for (const bar of this.querySelectorAll('.flying')) {
      const from = Number(bar.dataset.from);
      bar.setAttribute('width', Math.max(3, (now - from) * k).toFixed(2));
    }
    for (const ghost of this.querySelectorAll('.ghost')) ghost.setAttribute('x', (now * k).toFixed(2));
  }

  #draw() {
    if (!this.#upstream || !this.#width) return;
    const lanes = this.#lanes;
    const pitch = Math.max(7, Math.min(this.#width < 500 ? 18 : 27, Math.floor(290 / lanes)));
    const height = pitch > 10 ? pitch - 4 : pitch - 2;
    const { k, now: nowX } = this.#scale;
    const now = performance.now();
    const calls = [...this.#known.values()].sort((a, b) => a.taken - b.taken);
    const taken = new Set(calls.filter((call) => this.#end(call) > now).map((call) => call.lane));
    const rest = [...Array(lanes).keys()].filter((lane) => !taken.has(lane));
    const free = rest.slice(0, Math.max(0, rest.length - (this.#upstream.strangers ?? 0)));
    const strangers = rest.slice(free.length);
    render(
      svg`<svg class="slots" width=${this.#width} height=${lanes * pitch + AXIS}
          role="group" aria-label=${summary(this.#upstream)}>
        <rect class="past" x="0" y="0" width=${nowX} height=${lanes * pitch}></rect>
        ${this.#ticks(k, nowX, lanes * pitch)}
        ${[...Array(lanes).keys()].map((lane) => svg`
          <line class="lane" x1="0" x2=${this.#width} y1=${lane * pitch + pitch / 2} y2=${lane * pitch + pitch / 2}></line>`)}
        ${free.map((lane) => svg`
          <circle class="free" cx=${nowX + 11} cy=${lane * pitch + pitch / 2} r=${Math.min(4, height / 3)}></circle>`)}
        ${strangers.map((lane) => svg`
          <circle class="strangers" cx=${nowX + 11} cy=${lane * pitch + pitch / 2} r=${Math.min(4, height / 3)}></circle>`)}
        <g class="belt">${repeat(calls, (call) => call.id, (call) => this.#bar(call, k, pitch, height, now))}</g>
        <line class="now" x1=${nowX} x2=${nowX} y1="-2" y2=${lanes * pitch + 5}></line>
      </svg>`,
      this,
    );
    this.#place();
  }

  #bar(call, k, pitch, height, now) {
    const y = call.lane * pitch + (pitch - height) / 2;
    const from = call.taken - this.#origin;
    const flight = call.settled === null ? now - call.taken : call.settled - call.taken;
    const end = this.#end(call);
    const hold = this.#held * k;
    const holdX = call.settled === null ? 0 : (call.settled - this.#origin) * k;
    const past = end < now;
    const round = Math.min(4, height / 2);
    const label = `attempt ${call.number}: ${ending(call)}`;
    return svg`<a class="call ${kind(call)} ${past ? 'gone' : ''}" href=${link('requests', call.request_id)}
        tabindex=${call.id === this.#current() ? 0 : -1} data-id=${call.id} aria-label=${label}>
      <title>${label}</title>
      ${call.settled === null
        ? svg`<rect class="ghost" x="0" y=${y + 0.5} width=${hold} height=${height - 1} rx=${round}></rect>
            <rect class="solid flying" data-from=${from} x=${from * k} y=${y} width=${Math.max(3, flight * k)} height=${height} rx=${round}></rect>`
        : svg`<rect class="hold" x=${from * k} y=${y} width=${Math.max(3, holdX - from * k + hold)} height=${height} rx=${round}></rect>
            <rect class="solid" x=${from * k} y=${y} width=${Math.max(4, flight * k)} height=${height} rx=${round}></rect>`}
    </a>${height >= 12 && call.settled !== null ? this.#words(call, holdX, hold, y + height / 2 + 4, end - now, k) : nothing}`;
  }

  /** What a bar says: when its slot is free, and what was wrong; beside the link, whose name tells more. */
  #words(call, holdX, hold, y, left, k) {
    const free = seconds(left);
    return svg`
      ${left * k > CHARACTER_PX * free.length + 14
        ? svg`<text class="left" aria-hidden="true" x=${holdX + hold - 7} y=${y}>${free}</text>` : nothing}
      ${kind(call) !== 'ok' && left >= 0 && hold > 110
        ? svg`<text class="code call ${kind(call)}" aria-hidden="true" x=${holdX + 7} y=${y}>${call.status ?? call.outcome}</text>` : nothing}`;
  }

  #ticks(k, nowX, bottom) {
    const step = niceStep((this.#width / k) / Math.max(4, Math.floor(this.#width / 90)));
    const ticks = [];
    for (let t = -Math.floor(nowX / k / step) * step; nowX + t * k < this.#width - 8; t += step) {
      const x = nowX + t * k;
      if (x > 16) ticks.push({ x, t });
    }
    return ticks.map(({ x, t }) => svg`
      <line class="tick" x1=${x} x2=${x} y1="0" y2=${bottom}></line>
      <text class="tick ${t === 0 ? 'present' : ''}" x=${x} y=${bottom + 17}>${t === 0 ? 'now' : tickWords(t)}</text>`);
  }

  #current() {
    if (this.#focused && this.#known.has(this.#focused)) return this.#focused;
    return [...this.#known.values()].sort((a, b) => b.taken - a.taken)[0]?.id;
  }

  /** One stop for the tab key; the arrows go from call to call. */
  #key = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const bars = [...this.querySelectorAll('a.call')];
    const at = bars.indexOf(document.activeElement);
    const next = bars[at + step];
    if (at >= 0 && next) {
      event.preventDefault();
      this.#focused = Number(next.dataset.id);
      this.#draw();
      next.focus();
    }
  };
}

customElements.define('slot-window', SlotWindow);

/** The window that decides most often. */
export function shortest(figures) {
  return figures.windows.reduce((a, b) => (!a || b.length_ms < a.length_ms ? b : a), null);
}

function kind(call) {
  if (call.settled === null) return 'running';
  return tone(call.outcome);
}

function ending(call) {
  if (call.settled === null) return 'under way';
  return `${call.status ?? call.outcome} after ${duration(call.settled - call.taken)}`;
}

function summary(figures) {
  const window = shortest(figures);
  return window
    ? `Slots: ${window.used + (figures.strangers ?? 0)} of ${window.limit} taken. Each bar is a call from its start until its slot is free.`
    : 'Calls of the last minute; there is no quota.';
}

function niceStep(ms) {
  const steps = [500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000];
  return steps.find((step) => step >= ms) ?? Math.ceil(ms / 3_600_000) * 3_600_000;
}

function tickWords(t) {
  const sign = t < 0 ? '−' : '+';
  const s = Math.abs(t) / 1000;
  if (s < 120) return `${sign}${s} s`;
  return s < 7200 ? `${sign}${s / 60} min` : `${sign}${s / 3600} h`;
}

/** All of an upstream's windows: the picture of the shortest, meters for the others. */
export function windows(figures, at) {
  const main = shortest(figures);
  const drawn = !main || main.limit <= MAX_LANES;
  const meters = figures.windows.filter((one) => one !== main || !drawn);
  return html`
    ${drawn ? html`<slot-window .upstream=${{ figures, at }}></slot-window>` : nothing}
    ${meters.map((one) => html`
      <div class="meter-row">
        <span>${one.used} of ${one.limit.toLocaleString('en')} in ${duration(one.length_ms)}</span>
        <meter aria-label="Slots taken" min="0" max=${one.limit} value=${one.used} low=${one.limit * 0.7} high=${one.limit * 0.9} optimum="0"></meter>
      </div>`)}`;
}
