// Asks the process every second, and shows what it says.
import { linearScale, logScale, pathOf, xOf } from './chart.js';
import { formatAge, formatTime, formatValue } from './format.js';
import { History, SHOWN_MS } from './history.js';
import { FIGURES, PANELS, readController, readLimits, readMoment } from './panels.js';
import { Sample } from './sample.js';

const EVERY_MS = 1_000;
const TIMEOUT_MS = 4_000;
const COLOURS = 7;
const LEFT = 52;
const BOTTOM = 16;
const SVG = 'http://www.w3.org/2000/svg';

const history = new History(readMoment, Date.now());
/** The end of what is shown, and its rows, while the reader holds it. */
let held;
/** The moment that is looked at; undefined: the last one. */
let cursorMs;

const byId = (id) => document.getElementById(id);
const pause = byId('pause');
const back = byId('back');

/** An element with text, which nothing in it can end. */
function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  return made;
}

function shape(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Writes only what differs, so that nothing is announced, selected or laid out again for nothing. */
function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// What the process says.

async function ask() {
  const options = { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) };
  try {
    const [metrics, ready] = await Promise.all([
      fetch('metrics', options),
      fetch('readyz', options),
    ]);
    if (!metrics.ok) throw new Error(`/metrics answers ${metrics.status}`);
    const atMs = Date.now();
    const [text, { failing = {} }] = await Promise.all([metrics.text(), ready.json()]);
    const reasons = Object.entries(failing).map(([check, why]) => `${check}: ${why}`);
    history.answered(new Sample(text, atMs), reasons);
  } catch (error) {
    history.unanswered(reasonFor(error), Date.now());
  }
}

/** Browsers word a refused connection in ways of their own. */
function reasonFor(error) {
  if (error instanceof TypeError) return `nothing answers at ${location.host}`;
  if (error?.name === 'TimeoutError') return `no answer within ${formatAge(TIMEOUT_MS)}`;
  return error instanceof Error ? error.message : String(error);
}

async function watch() {
  for (let asked = 1; ; asked += 1) {
    const nextMs = performance.now() + EVERY_MS;
    await ask();
    draw();
    document.documentElement.dataset.asked = String(asked);
    await new Promise((resolve) => setTimeout(resolve, Math.max(100, nextMs - performance.now())));
  }
}

// What is shown.

function shownRows() {
  return held?.rows ?? history.rows;
}

function shownEndMs() {
  return held?.endMs ?? history.rows.at(-1)?.atMs ?? Date.now();
}

/** The row that is looked at: the last one, or the last before the moment chosen. */
function shownRow() {
  const rows = shownRows();
  if (cursorMs === undefined) return rows.at(-1);
  return rows.findLast(({ atMs }) => atMs <= cursorMs + EVERY_MS / 2);
}

function draw() {
  drawState();
  drawMoment();
  drawFigures();
  drawCharts();
  drawLimits();
  drawEvents();
}

function drawState() {
  const { state, sample } = history;
  const target = byId('state');
  target.dataset.kind = state.kind;
  const texts = {
    unknown: () => 'asking the process …',
    ready: () => 'ready',
    'not ready': () => `not ready – ${state.why}`,
    // The time alone: an age would be announced every second.
    away: () => `away since ${formatTime(state.sinceMs)} – ${state.why}`,
  };
  write(target, texts[state.kind]());
  const service = sample?.rows('process_start_time_seconds')[0]?.[1].labels.service ?? '';
  write(byId('service'), service);
  const mark = state.kind === 'ready' ? '' : ` – ${state.kind}`;
  document.title = `Hermod ${service}${mark}`;
  if (sample === undefined) return;
  const startedMs = sample.sum('process_start_time_seconds') * 1000;
  const version = sample.rows('nodejs_version_info')[0]?.[1].labels.version ?? '';
  const up = state.kind === 'away' ? '' : `, up for ${formatAge(Date.now() - startedMs)}`;
  write(byId('about'), `${location.host}${up}, Node ${version}`);
}

function drawMoment() {
  const text = momentText();
  write(byId('moment'), text);
  back.setAttribute('aria-valuetext', text);
  write(byId('figures-title'), text === 'now' ? 'Now' : `At ${text}`);
}

/** Counted from the end of what is shown: it would be announced every second if it grew older. */
function momentText() {
  if (cursorMs !== undefined) {
    return `${formatTime(cursorMs)}, ${formatAge(shownEndMs() - cursorMs)} back`;
  }
  return held === undefined ? 'now' : `${formatTime(held.endMs)}, held`;
}

function drawFigures() {
  const target = byId('figures');
  const figures = shownRow()?.shown.figures;
  for (const { label, unit, limit } of FIGURES) {
    const value = figures?.get(label);
    let box = target.querySelector(`[data-figure="${label}"]`);
    if (box === null) {
      if (value === undefined) continue;
      box = element('div');
      box.dataset.figure = label;
      box.append(element('dt', label), element('dd'));
      target.append(box);
    }
    const isOver = limit !== undefined && value > limit;
    box.classList.toggle('over', isOver);
    write(box.querySelector('dt'), isOver ? `${label}: above ${formatValue(limit, unit)}` : label);
    write(box.querySelector('dd'), formatValue(value ?? Number.NaN, unit));
  }
  const controller = history.moment === undefined ? undefined : readController(history.moment);
  byId('controller').hidden = controller === undefined;
  write(byId('controller'), `Congestion controller: ${controller}.`);
}

/** The labels of a chart's lines, in the order in which they appeared. */
function labelsOf(id) {
  const labels = new Set();
  for (const { shown } of shownRows()) {
    for (const { label } of shown.charts.get(id) ?? []) labels.add(label);
  }
  return [...labels];
}

function drawCharts() {
  for (const panel of PANELS) {
    const labels = labelsOf(panel.id);
    if (labels.length > 0) drawChart(panel, labels, chartOf(panel));
  }
}

/** Counters of events have totals; those of seconds mean nothing to a reader. */
function hasTotals({ id, unit }) {
  const readings = shownRows().flatMap(({ shown }) => shown.charts.get(id) ?? []);
  return unit === 'perSec' && readings.some(({ total }) => total !== undefined);
}

/** The chart's element, made when it is first needed, in the order of the panels. */
function chartOf(panel) {
  const { id, title, about } = panel;
  const known = byId(`chart-${id}`);
  if (known !== null) return known;
  const made = element('figure', undefined, 'chart');
  made.id = `chart-${id}`;
  made.setAttribute('aria-labelledby', `title-${id}`);
  const head = element('h3', title);
  head.id = `title-${id}`;
  const svg = shape('svg', { 'aria-hidden': 'true' });
  const table = element('table');
  const row = element('tr');
  const heads = ['', 'now', 'peak', ...(hasTotals(panel) ? ['total'] : [])];
  for (const text of heads) row.append(element('th', text, 'number'));
  table.append(element('thead'), element('tbody'));
  table.tHead.append(row);
  made.append(head, element('p', about), svg, table);
  svg.addEventListener('pointermove', (event) => {
    const { left, width } = svg.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left - LEFT) / (width - LEFT)));
    lookAt(shownEndMs() - SHOWN_MS * (1 - share));
  });
  svg.addEventListener('pointerleave', () => lookAt(heldMoment()));
  const later = PANELS.slice(PANELS.indexOf(panel) + 1);
  const next = later.map((one) => byId(`chart-${one.id}`)).find((one) => one !== null);
  byId('charts').insertBefore(made, next ?? null);
  return made;
}

function drawChart({ id, unit, isLog, limit }, labels, figure) {
  const rows = shownRows();
  const valueAt = (row, label) =>
    row?.shown.charts.get(id)?.find((reading) => reading.label === label)?.value ?? Number.NaN;
  const lines = labels.map((label) => rows.map((row) => valueAt(row, label)));
  drawLines(figure.querySelector(':scope > svg'), { unit, isLog, limit }, rows, lines);
  const body = figure.querySelector('tbody');
  const at = shownRow();
  const columns = figure.querySelectorAll('thead th').length - 1;
  write(figure.querySelector('th:nth-child(2)'), cursorMs === undefined ? 'now' : 'then');
  labels.forEach((label, i) => {
    const row = body.rows[i] ?? addLegendRow(body, i, columns);
    const known = (lines[i] ?? []).filter(Number.isFinite);
    const total = at?.shown.charts.get(id)?.find((reading) => reading.label === label)?.total;
    write(row.cells[0].lastChild, label);
    write(row.cells[1], formatValue(valueAt(at, label), unit));
    write(row.cells[2], formatValue(known.length === 0 ? Number.NaN : Math.max(...known), unit));
    if (columns === 3) {
      write(row.cells[3], total === undefined ? '' : formatValue(total, 'count'));
    }
  });
  while (body.rows.length > labels.length) body.deleteRow(-1);
}

function addLegendRow(body, i, columns) {
  const row = element('tr');
  const head = element('th');
  head.scope = 'row';
  const key = shape('svg', { class: 'key', viewBox: '0 0 28 8', 'aria-hidden': 'true' });
  key.append(shape('path', { class: `series line-${i % COLOURS}`, d: 'M0 4H28' }));
  head.append(key, element('span'));
  row.append(head, ...Array.from({ length: columns }, () => element('td', '', 'number')));
  body.append(row);
  return row;
}

function drawLines(svg, { unit, isLog, limit }, rows, lines) {
  const { clientWidth, clientHeight } = svg;
  const toMs = shownEndMs();
  const frame = {
    width: clientWidth - LEFT,
    height: clientHeight - BOTTOM,
    fromMs: toMs - SHOWN_MS,
    toMs,
  };
  const values = lines.flat().filter(Number.isFinite);
  // With its limit, wherever that can be shown without making the rest flat.
  const scale = isLog
    ? logScale(limit === undefined ? values : [...values, limit], frame.height - 6)
    : linearScale(values, frame.height - 6, unit === 'bytes' ? 1024 : 10);
  const x = (atMs) => LEFT + xOf(frame, atMs);
  const y = (value) => scale.y(value) + 6;
  const across = (value, className) =>
    shape('line', { class: className, x1: LEFT, x2: clientWidth, y1: y(value), y2: y(value) });
  const upright = (atMs, className) =>
    shape('line', { class: className, x1: x(atMs), x2: x(atMs), y1: 0, y2: frame.height });
  const shapes = scale.ticks.flatMap((tick) => [
    across(tick, 'grid'),
    shape(
      'text',
      { x: LEFT - 6, y: y(tick) + 4, 'text-anchor': 'end' },
      formatValue(tick, unit).replace('/s', ''),
    ),
  ]);
  const foot = { y: clientHeight - 3 };
  shapes.push(
    shape('text', { ...foot, x: LEFT }, formatTime(frame.fromMs)),
    shape('text', { ...foot, x: clientWidth, 'text-anchor': 'end' }, formatTime(toMs)),
  );
  if (limit !== undefined && limit <= scale.ticks.at(-1)) shapes.push(across(limit, 'limit'));
  for (const atMs of history.restarts) {
    if (atMs >= frame.fromMs && atMs <= toMs) shapes.push(upright(atMs, 'restart'));
  }
  lines.forEach((line, i) => {
    const points = rows.map(({ atMs }, at) =>
      Number.isFinite(line[at]) && atMs >= frame.fromMs ? [x(atMs), y(line[at])] : undefined,
    );
    shapes.push(shape('path', { class: `series line-${i % COLOURS}`, d: pathOf(points) }));
  });
  if (cursorMs !== undefined && cursorMs >= frame.fromMs) shapes.push(upright(cursorMs, 'cursor'));
  svg.replaceChildren(...shapes);
}

function drawLimits() {
  const table = byId('limits');
  const { sample, state } = history;
  if (sample === undefined) return;
  const title = state.kind === 'away' ? 'How full, when it last answered' : 'How full';
  write(byId('limits-title'), title);
  const limits = readLimits(sample);
  while (table.rows.length > limits.length) table.deleteRow(-1);
  limits.forEach(({ name, help, value, limit }, i) => {
    const row = table.rows[i] ?? addLimitRow(table);
    const unit = name.endsWith('_bytes') ? 'bytes' : 'count';
    const [head, meter] = [row.cells[0], row.querySelector('meter')];
    write(head.querySelector('code'), name);
    write(head.querySelector('small'), help);
    meter.value = value / limit;
    meter.setAttribute('aria-label', name);
    write(row.cells[2], formatValue(value / limit, 'share'));
    write(row.cells[3], `${formatValue(value, unit)} of ${formatValue(limit, unit)}`);
  });
}

function addLimitRow(table) {
  const row = table.insertRow();
  const head = element('th');
  head.scope = 'row';
  head.append(element('code'), element('br'), element('small'));
  const meter = element('meter');
  Object.assign(meter, { max: 1, low: 0.5, high: 0.8, optimum: 0 });
  const cell = element('td');
  cell.append(meter);
  row.append(head, cell, element('td', '', 'number'), element('td', '', 'number'));
  return row;
}

function drawEvents() {
  const lines = history.events.map(({ atMs, text }) => `${formatTime(atMs)}  ${text}`);
  if (lines.length === 0) lines.push('nothing since this page was opened');
  const target = byId('events');
  if (target.dataset.lines === lines.join('\n')) return;
  target.dataset.lines = lines.join('\n');
  target.replaceChildren(...lines.map((line) => element('li', line)));
}

// What the reader wants.

function heldMoment() {
  const seconds = Number(back.value);
  return held === undefined || seconds === 0 ? undefined : held.endMs + seconds * 1000;
}

function lookAt(atMs) {
  cursorMs = atMs;
  draw();
}

function hold(isHeld) {
  if (isHeld) held ??= { endMs: shownEndMs(), rows: [...history.rows] };
  else held = undefined;
  pause.setAttribute('aria-pressed', String(isHeld));
  if (!isHeld) back.value = '0';
  lookAt(heldMoment());
}

pause.addEventListener('click', () => hold(held === undefined));
back.addEventListener('input', () => hold(held !== undefined || back.value !== '0'));
new ResizeObserver(() => draw()).observe(byId('charts'));
await watch();
