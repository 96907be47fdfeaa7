// What the pages do in the browser beside htmx: acts as JSON, news without a click, times in the reader's zone, the chart.
/* global htmx, uPlot */

const REFRESH_MS = 5_000;
const CHART_MS = 15_000;
const NOTICE_MS = 8_000;

const live = () => document.getElementById('live');

// ── Acts: a form posts JSON to the route that the commands use too, and the page says what came of it.

htmx.defineExtension('json', {
  onEvent: (name, event) => {
    // The name as htmx writes it, or both types would be sent.
    if (name === 'htmx:configRequest') event.detail.headers['Content-Type'] = 'application/json';
    return true;
  },
  encodeParameters: (_request, _parameters, form) => JSON.stringify(bodyOf(form)),
});

/** `name[]` is a list, a checkbox is true or false, everything else is text. */
function bodyOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (field.name === '') continue;
    if (field.type === 'checkbox') body[field.name] = field.checked;
    else if (field.name.endsWith('[]')) body[field.name.slice(0, -2)] = [field.value];
    else body[field.name] = field.value.trim();
  }
  return body;
}

document.addEventListener('htmx:afterRequest', ({ detail }) => {
  const { done } = detail.elt.dataset;
  if (done === undefined) return;
  if (!detail.successful) return notify(refusalOf(detail.xhr), 'bad');
  notify(done);
  document.activeElement?.blur();
  refresh();
});

function refusalOf({ responseText, status }) {
  try {
    const { message, fix } = JSON.parse(responseText).error;
    return `${message} ${fix}`;
  } catch {
    return `HTTP ${status}`;
  }
}

let noticeTimer;
function notify(words, tone = '') {
  const notice = document.getElementById('notice');
  const line = document.createElement('p');
  line.className = tone;
  line.textContent = words;
  notice.replaceChildren(line);
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => notice.replaceChildren(), tone === 'bad' ? 3 * NOTICE_MS : NOTICE_MS);
}

// ── News: the page is read again, unless its reader is at work in it.

const refresh = () => htmx.trigger(live(), 'refresh');

function isInUse() {
  const active = document.activeElement;
  const isTyping = live().contains(active) && active.matches('input, textarea, pre, summary');
  return isTyping || live().querySelector('.acts details[open]') !== null || !getSelection().isCollapsed;
}

setInterval(() => {
  if (live().dataset.refresh === 'often' && !document.hidden && !isInUse()) refresh();
}, REFRESH_MS);

// What was unfolded stays so.
let unfolded = [];
document.addEventListener('htmx:beforeSwap', () => {
  unfolded = [...live().querySelectorAll('details[id]')].map(({ id, open }) => [id, open]);
});
document.addEventListener('htmx:afterSwap', () => {
  for (const [id, open] of unfolded) document.getElementById(id)?.toggleAttribute('open', open);
  localiseTimes();
  showSpan();
});

// ── Times: the server does not know where its reader is.

function localiseTimes() {
  for (const element of document.querySelectorAll('time[datetime]')) {
    const at = new Date(element.dateTime);
    const two = (number) => String(number).padStart(2, '0');
    const day = `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    element.textContent = `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
    element.title = at.toLocaleString(document.documentElement.lang, { timeZoneName: 'short' });
  }
}

// ── The chart of the overview.

let chart;
let chartMinutes = 60;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

async function drawChart() {
  const place = document.getElementById('chart');
  if (!place) return;
  const reply = await fetch(`/v1/rates?minutes=${chartMinutes}`);
  if (!reply.ok) return;
  const { times, perSecond } = await reply.json();
  const { accepted, rejected, later, inDoubt } = perSecond;
  const data = [times, accepted, rejected, later, inDoubt];
  chart ??= createChart(place, data);
  chart.setData(data);
}

function createChart(place, data) {
  const { dataset } = place;
  const line = (label, name) => ({
    label,
    stroke: colour(name),
    fill: `${colour(name)}22`,
    width: 1.5,
    points: { show: false },
    value: (_self, value) => (value === null ? '–' : value.toFixed(2)),
  });
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const lines = [
    {
      label: dataset.time,
      value: (_self, at) => (at === null ? '–' : new Date(at * 1000).toTimeString().slice(0, 5)),
    },
    line(dataset.accepted, '--bar-accepted'),
    line(dataset.rejected, '--bar-rejected'),
    line(dataset.later, '--bar-open'),
    line(dataset.inDoubt, '--bar-in-doubt'),
  ];
  const clock = (_self, splits) => splits.map((at) => new Date(at * 1000).toTimeString().slice(0, 5));
  const made = new uPlot(
    {
      width: place.clientWidth,
      height: 180,
      series: lines,
      axes: [
        { ...axis, values: clock },
        { ...axis, size: 44 },
      ],
      scales: { y: { range: (_self, _min, max) => [0, Math.max(0.1, max * 1.1)] } },
      cursor: { y: false },
    },
    data,
    place,
  );
  new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: 180 })).observe(place);
  return made;
}

function showSpan() {
  for (const button of document.querySelectorAll('[data-minutes]')) {
    button.setAttribute('aria-pressed', String(Number(button.dataset.minutes) === chartMinutes));
  }
}

document.addEventListener('click', ({ target }) => {
  const button = target.closest('[data-minutes]');
  if (!button) return;
  chartMinutes = Number(button.dataset.minutes);
  showSpan();
  drawChart();
});

setInterval(() => {
  if (!document.hidden) drawChart();
}, CHART_MS);

// Colours are drawn, not styled: another scheme needs another drawing.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  chart?.destroy();
  chart = undefined;
  drawChart();
});

// ── "/" goes to the search.

document.addEventListener('keydown', (event) => {
  const isTyping = event.target.matches('input, textarea, select');
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.getElementById('find').focus();
});

localiseTimes();
drawChart();
