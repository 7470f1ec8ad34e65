/**
 * A list of any length: only the rows in sight are in the page, further pages are fetched when the
 * end comes near, and what is in sight is fetched anew every now and then.
 */
import { html, render, nothing } from '../lit/lit-html.js';
import { repeat } from '../lit/directives/repeat.js';
import { get, query } from '../api.js';
import { changed } from '../state.js';

const PAGE = 200;
const OVERSCAN = 10;
const REFRESH_MS = 1500;
/** Rows kept; who looks for more is better served by a filter. */
export const MAX_ROWS = 50_000;

/** The rows behind a list, newest first, by cursor. */
export class Rows {
  constructor(path, field, filters) {
    this.path = path;
    this.field = field;
    this.filters = filters;
    this.rows = [];
    this.cursor = null;
    /** The time that was looked back to, where there is more behind it. */
    this.back = null;
    this.ended = false;
    this.error = null;
    this.loaded = false;
    this.top = 0;
    this.selected = -1;
    this.busy = false;
    this.pending = null;
  }

  async more() {
    if (this.ended || this.rows.length >= MAX_ROWS) return false;
    return this.#fetch(async () => {
      const page = await this.#page(this.cursor, PAGE);
      this.rows = [...this.rows, ...page[this.field]];
      this.cursor = page.next_cursor;
      this.ended = !page.next_cursor;
      this.back = page.looked_back_to ?? null;
    });
  }

  /** Fetches what is in sight anew; what lies before and behind it stays. */
  async refresh(first, last) {
    if (this.busy || !this.loaded) return false;
    const before = first > 0 ? this.rows[first - 1].id : null;
    const limit = Math.min(200, Math.max(20, last - first + 1));
    return this.#fetch(async () => {
      const page = await this.#page(before, limit);
      const fresh = page[this.field];
      const rest = page.next_cursor && this.#joins(first, fresh) ? this.rows.filter((row) => row.id < fresh.at(-1).id) : [];
      const selected = this.rows[this.selected]?.id;
      this.rows = [...this.rows.slice(0, first), ...fresh, ...rest];
      if (!page.next_cursor) this.ended = true;
      else if (rest.length === 0) {
        this.cursor = page.next_cursor;
        this.ended = false;
      }
      if (selected) this.selected = this.rows.findIndex((row) => row.id === selected);
    });
  }

  /** Whether nothing is missing between these and the rows behind them: many may have come meanwhile. */
  #joins(first, fresh) {
    if (first > 0) return true;
    const known = new Set(this.rows.map((row) => row.id));
    return fresh.some((row) => known.has(row.id));
  }

  #page(cursor, limit) {
    return get(query(this.path, { ...this.filters, limit, cursor }));
  }

  /** One after the other: each goes on from the rows that the one before left. */
  async #fetch(step) {
    const before = this.pending;
    let done;
    this.pending = new Promise((then) => (done = then));
    this.busy = true;
    await before;
    try {
      await step();
      this.error = null;
    } catch (error) {
      this.error = error;
    }
    this.loaded = true;
    this.busy = false;
    done();
    return !this.error;
  }
}

const narrow = matchMedia('(max-width: 720px)');

class VirtualList extends HTMLElement {
  #source = null;
  #look = null;
  #timer = 0;
  #asked = false;
  #loading = null;
  #size = new ResizeObserver(() => {
    this.draw();
    if (this.#source) this.#more();
  });

  connectedCallback() {
    this.tabIndex = 0;
    this.setAttribute('role', 'grid');
    this.#size.observe(this);
    this.addEventListener('scroll', this.#scrolled, { passive: true });
    this.addEventListener('keydown', this.#key);
    this.#timer = setInterval(() => this.#refresh(), REFRESH_MS);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    this.#size.disconnect();
    this.removeEventListener('scroll', this.#scrolled);
    this.removeEventListener('keydown', this.#key);
  }

  /** source: Rows; columns: their names; row: draws one's cells; open: what Enter does; keys: more keys for the selected row. */
  set look(look) {
    this.#look = look;
    this.setAttribute('aria-label', look.label);
    this.setAttribute('aria-colcount', look.columns.length);
    if (look.source !== this.#source) {
      this.#source = look.source;
      this.draw();
      this.scrollTop = this.#source.top;
      this.#more();
    } else {
      this.draw();
    }
  }

  get #rowHeight() {
    return narrow.matches ? 68 : 42;
  }

  get #range() {
    const height = this.#rowHeight;
    const first = Math.max(0, Math.floor(this.scrollTop / height) - OVERSCAN);
    const last = Math.min(this.#source.rows.length - 1, Math.ceil((this.scrollTop + this.clientHeight) / height) + OVERSCAN);
    return { first, last };
  }

  draw() {
    if (!this.#source || !this.#look) return;
    const { rows, ended, error, loaded } = this.#source;
    const height = this.#rowHeight;
    const { first, last } = this.#range;
    const shown = rows.slice(first, last + 1);
    const foot = !ended && rows.length < MAX_ROWS;
    render(
      html`<div class="hidden" role="row" aria-rowindex="1">${this.#look.columns.map((name) => html`<span role="columnheader">${name}</span>`)}</div>
      <div class="rows" role="presentation" .style=${`height:${rows.length * height + (foot ? 40 : 0)}px`}>
        ${repeat(shown, (row) => row.id, (row, i) => html`
          <div class="row ${first + i === this.#source.selected ? 'selected' : ''}" role="row" id="row-${row.id}"
              aria-selected=${first + i === this.#source.selected} aria-rowindex=${first + i + 2}
              .style=${`transform:translateY(${(first + i) * height}px);height:${height}px`}
              @click=${(event) => this.#clicked(event, first + i)}>
            ${this.#look.row(row)}
          </div>`)}
        ${foot && rows.length ? html`<div class="foot" .style=${`transform:translateY(${rows.length * height}px)`}>…</div>` : nothing}
      </div>
      ${loaded && rows.length === 0 && !error ? html`<div class="empty">${this.#look.empty}</div>` : nothing}
      ${error && rows.length === 0 ? html`<div class="empty bad">${error.message}</div>` : nothing}`,
      this,
    );
    this.setAttribute('aria-rowcount', ended ? rows.length + 1 : -1);
    const selected = rows[this.#source.selected];
    if (selected) this.setAttribute('aria-activedescendant', `row-${selected.id}`);
    else this.removeAttribute('aria-activedescendant');
  }

  #scrolled = () => {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#source.top = this.scrollTop;
      this.draw();
      this.#more();
    });
  };

  async #more() {
    const source = this.#source;
    if (this.#loading === source) return;
    this.#loading = source;
    const near = () => this.scrollTop + 6 * this.clientHeight > source.rows.length * this.#rowHeight;
    while (source === this.#source && this.isConnected && near() && (await source.more())) this.draw();
    if (this.#loading === source) this.#loading = null;
    if (source === this.#source) {
      this.draw();
      changed();
    }
  }

  async #refresh() {
    if (!this.#source || document.hidden || this.#source.busy) return;
    const { first, last } = this.#range;
    const source = this.#source;
    await source.refresh(first, Math.max(last, first + 20));
    if (source === this.#source) {
      this.draw();
      this.#more();
    }
  }

  /** Fetches what is in sight anew, now. */
  reload() {
    return this.#refresh();
  }

  #clicked(event, index) {
    if (event.target.closest('button, a')) return;
    this.#select(index);
    this.#look.open(this.#source.rows[index]);
  }

  #select(index) {
    const source = this.#source;
    source.selected = Math.max(0, Math.min(source.rows.length - 1, index));
    const height = this.#rowHeight;
    const top = source.selected * height;
    if (top < this.scrollTop) this.scrollTop = top;
    else if (top + height > this.scrollTop + this.clientHeight) this.scrollTop = top + height - this.clientHeight;
    this.draw();
    this.#more();
  }

  /** Selects the next row, or the one before. */
  step(by) {
    this.#select(this.#source.selected < 0 ? 0 : this.#source.selected + by);
  }

  #key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this) return;
    const page = Math.max(1, Math.floor(this.clientHeight / this.#rowHeight) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const row = this.#source.rows[this.#source.selected];
    if (steps[event.key]) {
      const from = Math.max(0, this.#source.selected);
      const start = this.#source.selected < 0 && Math.abs(steps[event.key]) === 1 ? 0 : steps[event.key];
      this.#select(Number.isFinite(start) ? from + start : start < 0 ? 0 : this.#source.rows.length - 1);
    } else if (event.key === 'Enter' && row) {
      this.#look.open(row);
    } else if (this.#look.keys?.[event.key] && row) {
      this.#look.keys[event.key](row);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
}

customElements.define('virtual-list', VirtualList);
