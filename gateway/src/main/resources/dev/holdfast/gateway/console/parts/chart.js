/** The backlog over time: what is queued and what is to be retried as areas, the ETA as a line. */
import { render, svg, nothing } from '../lit/lit-html.js';
import { duration, count } from '../format.js';

const LEFT = 40;
const RIGHT = 54;
const TOP = 8;
const BOTTOM = 22;
/** Round times for the axis, in seconds. */
const ETAS = [10, 20, 60, 120, 240, 600, 1200, 3600, 7200, 14_400, 28_800, 86_400, 172_800];
/** The least that the time axis spans. */
const MIN_SPAN_MS = 60_000;

class BacklogChart extends HTMLElement {
  #points = [];
  #width = 0;
  #hover = null;
  #size = new ResizeObserver(() => {
    if (this.clientWidth !== this.#width) {
      this.#width = this.clientWidth;
      this.#draw();
    }
  });

  connectedCallback() {
    this.#size.observe(this);
    this.addEventListener('pointermove', (event) => {
      this.#hover = event.clientX - this.getBoundingClientRect().left;
      this.#draw();
    });
    this.addEventListener('pointerleave', () => {
      this.#hover = null;
      this.#draw();
    });
  }

  disconnectedCallback() {
    this.#size.disconnect();
  }

  set points(points) {
    this.#points = points;
    this.#draw();
  }

  #draw() {
    if (!this.#width || this.#points.length === 0) return;
    const height = 150;
    const right = this.#width - RIGHT;
    const bottom = height - BOTTOM;
    const end = this.#points.at(-1)[0];
    const begin = Math.min(this.#points[0][0], end - MIN_SPAN_MS);
    const jobs = niceTop(Math.max(4, ...this.#points.map((one) => one[1] + one[2])));
    const most = Math.max(10, ...this.#points.map((one) => (one[3] ?? 0) / 1000));
    const eta = ETAS.find((top) => top >= most) ?? niceTop(most);
    const x = (at) => LEFT + ((at - begin) / (end - begin)) * (right - LEFT);
    const yJobs = (n) => bottom - (n / jobs) * (bottom - TOP);
    const yEta = (ms) => bottom - (ms / 1000 / eta) * (bottom - TOP);
    const points = thinned(this.#points, right - LEFT);
    const timed = points.filter((one) => one[3] !== null);
    const line = (y) => points.map((one) => `${x(one[0]).toFixed(1)},${y(one).toFixed(1)}`);
    const floor = [`${x(points.at(-1)[0]).toFixed(1)},${bottom}`, `${x(points[0][0]).toFixed(1)},${bottom}`];
    const queued = line((one) => yJobs(one[1]));
    const all = line((one) => yJobs(one[1] + one[2]));
    const marked = this.#hover === null ? null : nearest(points, x, this.#hover);
    const shown = marked ?? this.#points.at(-1);
    render(
      svg`<svg class="chart" width=${this.#width} height=${height} role="img"
          aria-label="Backlog: ${shown[1]} queued, ${shown[2]} to be retried, ${doneIn(shown[3])}">
        ${[0, 0.5, 1].map((share) => svg`
          <line class="grid" x1=${LEFT} x2=${right} y1=${bottom - share * (bottom - TOP)} y2=${bottom - share * (bottom - TOP)}></line>
          <text class="axis jobs" x=${LEFT - 8} y=${bottom - share * (bottom - TOP) + 4}>${count(jobs * share)}</text>
          <text class="axis eta" x=${right + 8} y=${bottom - share * (bottom - TOP) + 4}>${short(eta * share)}</text>`)}
        <polygon class="retrying" points=${[...all, ...[...queued].reverse()].join(' ')}></polygon>
        <polygon class="queued" points=${[...queued, ...floor].join(' ')}></polygon>
        <polyline class="top" points=${all.join(' ')}></polyline>
        <polyline class="eta" points=${timed.map((one) => `${x(one[0]).toFixed(1)},${yEta(one[3]).toFixed(1)}`).join(' ')}></polyline>
        <text class="axis time" x=${LEFT} y=${height - 5}>−${duration(end - begin)}</text>
        <text class="axis time last" x=${right} y=${height - 5}>now</text>
        ${marked
          ? svg`<line class="mark" x1=${x(marked[0])} x2=${x(marked[0])} y1=${TOP} y2=${bottom}></line>
              <text class="axis marked" x=${(LEFT + right) / 2} y=${height - 5}>
                ${new Date(marked[0]).toLocaleTimeString('en-GB')}: ${count(marked[1])} queued, ${count(marked[2])} to retry, ${doneIn(marked[3])}
              </text>`
          : nothing}
      </svg>`,
      this,
    );
  }
}

customElements.define('backlog-chart', BacklogChart);

function doneIn(ms) {
  return ms === null ? 'no telling when it is done' : `done in ${duration(ms)}`;
}

function thinned(points, most) {
  const step = Math.max(1, Math.ceil(points.length / Math.max(60, most / 2)));
  const last = points.length - 1;
  return points.filter((_, i) => i === last || (last - i) % step === 0);
}

function nearest(points, x, at) {
  return points.reduce((a, b) => (Math.abs(x(b[0]) - at) < Math.abs(x(a[0]) - at) ? b : a));
}

function niceTop(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 5, 10].map((one) => one * power).find((top) => top >= most);
}

function short(s) {
  if (s < 120) return `${Math.round(s)} s`;
  return s < 7200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`;
}

/** A figure's last quarter of an hour, as small as a word. */
export function spark(points, index, top) {
  const width = 60;
  const height = 22;
  const thin = thinned(points, width * 2).filter((one) => one[index] !== null);
  if (thin.length < 2) return nothing;
  const most = top ?? Math.max(1, ...thin.map((one) => one[index]));
  const line = thin
    .map((one, i) => `${((i / (thin.length - 1)) * width).toFixed(1)},${(height - 2 - (one[index] / most) * (height - 4)).toFixed(1)}`)
    .join(' ');
  return svg`<svg class="spark" width=${width} height=${height} aria-hidden="true"><polyline points=${line}></polyline></svg>`;
}
