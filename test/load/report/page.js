// Runs in the report: draws what is in the element "summary".
(() => {
  const summary = JSON.parse(document.getElementById('summary').textContent);
  const { seconds, counts, totals, times, statuses, rates, verdict, bottleneck } = summary;
  const number = new Intl.NumberFormat('en');
  const dark = matchMedia('(prefers-color-scheme: dark)');

  const ms = (value) => {
    if (value === undefined || value === null) return '–';
    return value < 10
      ? value.toFixed(2)
      : value < 100
        ? value.toFixed(1)
        : number.format(Math.round(value));
  };
  const percent = (share) => `${(share * 100).toFixed(2)} %`;

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className !== undefined) made.className = className;
    return made;
  }

  function fillTable(id, heads, rows) {
    const table = document.getElementById(id);
    const line = (cells, kind) => {
      const row = element('tr');
      cells.forEach((cell, i) => {
        const isNumber = i > 0 && (typeof cell === 'number' || heads[i]?.endsWith('#'));
        const text =
          typeof cell === 'number' ? number.format(cell) : String(cell).replace(/#$/, '');
        row.append(element(kind, text, isNumber ? 'number' : undefined));
      });
      table.append(row);
    };
    if (heads.some((head) => head !== '')) line(heads, 'th');
    for (const row of rows) line(row, 'td');
  }

  // Head.
  const word = document.getElementById('verdict');
  word.textContent = verdict.holds ? '– every invariant holds' : '– not every invariant holds';
  word.className = verdict.holds ? 'holds' : 'broken';
  document.getElementById('what').textContent =
    `${number.format(summary.users)} users, ${summary.runSec} s from ${summary.startedAt.replace('T', ' ').slice(0, 19)} UTC` +
    `, ${summary.workers} generator process${summary.workers === 1 ? '' : 'es'}, run ${summary.run}`;
  document.getElementById('command').textContent = summary.command;
  const warnings = document.getElementById('warnings');
  for (const breach of verdict.breaches) {
    const text = `${number.format(breach.count)} messages ${breach.what}${breach.isAllowed ? ' (allowed)' : ''}`;
    warnings.append(element('div', text, breach.isAllowed ? 'note' : 'note broken'));
  }
  if (bottleneck.isBottleneck) {
    const text =
      `The generator was the bottleneck in ${bottleneck.lateSeconds.length} of ${summary.runSec} seconds: it was short of CPU, and what it sent late ` +
      `(p99 ${ms(times.lateness?.p99Ms)} ms) is in the times below. More --workers, or more cores.`;
    warnings.append(element('div', text, 'note'));
  }
  if (summary.wasStopped) warnings.append(element('div', 'The run was stopped early.', 'note'));

  const tiles = [
    [`${number.format(Math.round(rates.offered))}/s`, 'offered'],
    [`${number.format(Math.round(rates.goodput))}/s`, 'goodput (first receipts)'],
    [percent(summary.success.wellBehaved), 'answered 2xx'],
    [`${ms(times.success?.p50Ms)} ms`, '2xx after, median'],
    [`${ms(times.success?.p99Ms)} ms`, '2xx after, p99'],
    [`${ms(times.delivery?.p99Ms)} ms`, 'received after, p99'],
    [number.format(counts.lost200 + counts.lost202), 'lost'],
    [number.format(totals.repeats), 'received twice'],
    [number.format(totals.disordered), 'out of order'],
  ];
  if (summary.success.abusive !== undefined) {
    tiles.push([percent(summary.success.abusive), 'abusive source: answered 2xx']);
  }
  for (const [figure, label] of tiles) {
    const tile = element('div', undefined, 'tile');
    tile.append(element('b', figure), element('span', label));
    document.getElementById('tiles').append(tile);
  }

  // Charts.
  const at = seconds.map(({ second }) => second);
  const counter = (name) => seconds.map((one) => one.counts[name]);
  const time = (name, field) => seconds.map(({ times: one }) => one[name]?.[field] ?? null);
  const status = (wanted) =>
    seconds.map(({ statuses: one }) =>
      Object.entries(one).reduce(
        (sum, [code, count]) => (wanted(Number(code)) ? sum + count : sum),
        0,
      ),
    );
  const some = (values) => values.some((value) => value > 0);
  const COLOURS = {
    blue: ['#2563eb', '#6ea8fe'],
    green: ['#18794e', '#4cc38a'],
    orange: ['#c2570c', '#f7a35c'],
    red: ['#c62a2f', '#ff7b80'],
    purple: ['#7c3aed', '#b794f6'],
    grey: ['#6b7280', '#a3adba'],
  };
  const charts = [
    {
      title: 'Rate',
      about: 'Messages per second: due by the plan, sent, received for the first time.',
      series: [
        ['due', 'grey', counter('intended'), true],
        ['sent', 'blue', counter('sent')],
        ['received', 'green', counter('received')],
        ['due, abusive', 'red', counter('abuseIntended')],
      ],
    },
    {
      title: 'Time to 2xx',
      about:
        'Milliseconds from when a message was due to its 200 or 202, by the second of the answer.',
      log: true,
      series: [
        ['p50', 'green', time('success', 'p50Ms')],
        ['p90', 'blue', time('success', 'p90Ms')],
        ['p99', 'orange', time('success', 'p99Ms')],
        ['max', 'red', time('success', 'maxMs'), true],
      ],
    },
    {
      title: 'Final responses',
      about: 'Per second, by status code; and messages that got none within 32 s.',
      series: [
        ['200', 'green', status((code) => code === 200)],
        ['202', 'blue', status((code) => code === 202)],
        ['503', 'orange', status((code) => code === 503)],
        ['other', 'red', status((code) => code >= 300 && code !== 503)],
        ['none', 'purple', counter('unanswered')],
        ['not sent', 'grey', counter('unsent')],
      ],
    },
    {
      title: 'Time to receipt',
      about:
        'Milliseconds from when a message was due to when the first device had it; without users who are away.',
      log: true,
      series: [
        ['p50', 'green', time('delivery', 'p50Ms')],
        ['p90', 'blue', time('delivery', 'p90Ms')],
        ['p99', 'orange', time('delivery', 'p99Ms')],
        ['max', 'red', time('delivery', 'maxMs'), true],
      ],
    },
    {
      title: 'Open messages and devices',
      about:
        'At the end of each second: messages without a final response (left), registered devices (right).',
      right: 'devices',
      series: [
        ['open', 'blue', seconds.map(({ gauges }) => gauges.open)],
        ['devices', 'green', seconds.map(({ gauges }) => gauges.connected), false, 'right'],
        ['registrations', 'purple', counter('registered'), true],
      ],
    },
    {
      title: 'The generator itself',
      about:
        'Milliseconds between when a message was due and when it was sent (p99, left), share of time its event loop was busy (right). Above 20 ms or near 100 % the figures are its own.',
      right: '%',
      series: [
        ['late, p99', 'orange', time('lateness', 'p99Ms')],
        ['busy', 'grey', seconds.map(({ gauges }) => gauges.loopShare * 100), false, 'right'],
      ],
    },
  ];

  let drawn = [];
  function draw() {
    const host = document.getElementById('charts');
    for (const chart of drawn) chart.destroy();
    drawn = [];
    host.replaceChildren();
    const side = dark.matches ? 1 : 0;
    const axis = {
      stroke: ['#5c6878', '#97a3b4'][side],
      grid: { stroke: ['#eceff3', '#252e3a'][side] },
      ticks: { stroke: ['#dfe3e9', '#2d3746'][side] },
    };
    // All cards first: their widths depend on each other.
    const cards = charts.map(({ title, about }) => {
      const card = element('div', undefined, 'chart');
      card.append(element('h2', title), element('p', about));
      return card;
    });
    host.append(...cards);
    for (const [i, { series, log, right }] of charts.entries()) {
      const card = cards[i];
      const shown = series.filter(([, , values], n) => n === 0 || some(values));
      const options = {
        width: Math.max(280, card.clientWidth - 26),
        height: 230,
        cursor: { sync: { key: 'second' } },
        scales: {
          x: { time: false },
          y: log ? { distr: 3 } : { range: (_u, _min, max) => [0, Math.max(1, max) * 1.05] },
          right: { range: (_u, _min, max) => [0, Math.max(1, max) * 1.05] },
        },
        axes: [
          { ...axis, values: (_u, ticks) => ticks.map((tick) => `${tick} s`) },
          {
            ...axis,
            size: 62,
            values: (_u, ticks) => ticks.map((tick) => (tick === null ? '' : number.format(tick))),
          },
          ...(right === undefined
            ? []
            : [
                {
                  ...axis,
                  scale: 'right',
                  side: 1,
                  size: 62,
                  grid: { show: false },
                  values: (_u, ticks) => ticks.map((tick) => number.format(tick)),
                },
              ]),
        ],
        series: [
          { label: 'second' },
          ...shown.map(([label, colour, , dashed, scale]) => ({
            label,
            stroke: COLOURS[colour][side],
            width: 1.5,
            points: { show: seconds.length < 40, size: 4 },
            scale: scale ?? 'y',
            ...(dashed ? { dash: [5, 4] } : {}),
            value: (_u, value) =>
              value === null || value === undefined
                ? '–'
                : log || value % 1 !== 0
                  ? ms(value)
                  : number.format(value),
          })),
        ],
      };
      // A logarithmic scale has no place for nothing.
      const empty = log && !shown.some(([, , values]) => some(values));
      if (empty) card.append(element('p', 'no values'));
      else drawn.push(new uPlot(options, [at, ...shown.map(([, , values]) => values)], card));
    }
  }
  draw();
  dark.addEventListener('change', draw);
  let resizing;
  addEventListener('resize', () => {
    clearTimeout(resizing);
    resizing = setTimeout(draw, 150);
  });

  // Tables.
  const ledger = [
    ['sent', counts.sent],
    ['answered 200: a device has it', counts.delivered],
    ['answered 202: it is kept until delivered', counts.accepted],
    ['refused', counts.refused],
    ['no final response within 32 s', counts.unanswered],
    ['sender’s connection ended before the answer', counts.cut],
    ['not sent: the server did not read, or no connection', counts.unsent],
    ['received by one device at least', counts.received],
    ['copies on further devices of the same user', totals.copies],
    ['202, kept for users who were away to the end', counts.stored],
    ['refused or unanswered, and received all the same', counts.refusedYetReceived],
    ['lost after 200', counts.lost200],
    ['lost after 202', counts.lost202],
    ['received twice', totals.repeats],
    ['received twice after a broken connection, or by a slow reader', totals.repeatsExcused],
    ['out of order', totals.disordered],
    ['out of order, at a slow reader or over UDP', totals.disorderedExcused],
    ['damaged', totals.damaged],
    ['of earlier runs', totals.strays],
  ];
  fillTable('ledger', ['', ''], ledger);
  fillTable(
    'times',
    ['ms', 'p50#', 'p90#', 'p99#', 'p99.9#', 'max#'],
    [
      ['2xx', times.success],
      ['refusal', times.refusal],
      ['receipt', times.delivery],
      ['REGISTER', times.register],
      ['sent late by', times.lateness],
    ]
      .filter(([, one]) => one !== undefined)
      .map(([name, one]) => [
        name,
        ...['p50Ms', 'p90Ms', 'p99Ms', 'p999Ms', 'maxMs'].map((field) => ms(one[field])),
      ]),
  );
  fillTable('statuses', ['', ''], Object.entries(statuses));
  fillTable(
    'events',
    ['second', '', ''],
    summary.events.map(({ atSec, kind, text }) => [String(Math.round(atSec)), kind, text]),
  );
  if (summary.broken.length > 0) {
    const table = Object.assign(element('table'), { id: 'examples' });
    document
      .getElementById('broken')
      .append(element('h2', 'Messages for which an invariant is broken (examples)'), table);
    fillTable(
      'examples',
      ['broken', 'due, s', 'first received, s', 'received, s', 'answer', 'Call-ID', 'from', 'to'],
      summary.broken.map((one) => [
        one.invariant,
        one.atSec.toFixed(3),
        one.received === undefined ? '–' : one.received.firstAtSec.toFixed(3),
        one.received === undefined ? '–' : one.received.atSec.toFixed(3),
        one.status < 100 ? 'none' : String(one.status),
        one.callId,
        one.from,
        one.to,
      ]),
    );
  }
  document.documentElement.dataset.drawn = String(drawn.length);
})();
