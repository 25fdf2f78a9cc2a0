// Redraws the frontier for any network while the reader moves two sliders. Nothing is fetched; the
// page embeds what the simulated clock needs of each cell, and the formulas are those of
// results/clock (networks.cpp, simulate.cpp): a test compares the two. At most 10,000 bytes, also by test.
'use strict';

const $ = id => document.getElementById(id);
const data = JSON.parse($('explorer-data').textContent);

// ---- The simulated clock. Seconds, bytes, bytes per second; p endpoints.

function allReduce(network, p, bytes) {
  if (p < 2) return 0;
  let rounds = 0;
  for (let reached = 1; reached < p; reached *= 2) ++rounds;
  const slices = 2 * (p - 1) / p * bytes / network.bandwidth;
  const ring = 2 * (p - 1) * network.latency + slices;
  const doubling = rounds * (network.latency + bytes / network.bandwidth);
  const rabenseifner = 2 * rounds * network.latency + slices;
  return Math.min(ring, doubling, rabenseifner);
}

// `slow`, the stragglers, in steps: the mean excess of one, and which member of a round, after its
// steps and their count, is what its slowest worker is expected to exceed them by in mean excesses.
function simulate(cell, log, network, [mean, model]) {
  let total = 0, exposed = 0;
  for (const round of log.rounds) total += round[1] * cell.step * (round[0] + mean * round[model]);
  for (const [bytes, gradient, hidden, count] of log.exchanges) {
    const credit = gradient ? cell.backward : hidden * cell.step * (1 + mean);
    total += count * cell.average;
    exposed += count * Math.max(0, allReduce(network, cell.workers, bytes) - credit);
  }
  return {total: total + exposed, exposed};
}

// Mean over seeds, taken around the first, so that equal seeds give exactly their value.
function overSeeds(cell, network, slow, value) {
  const of = cell.logs.map(log => value(simulate(cell, log, network, slow)));
  const first = of[cell.seeds[0]];
  return first + cell.seeds.reduce((sum, log) => sum + of[log] - first, 0) / cell.seeds.length;
}

// To nanoseconds: the order of a sum must not decide who is faster.
const timeOf = (cell, network, slow) =>
    overSeeds(cell, network, slow, time => Math.round(time.total * 1e9) / 1e9);

// Indices of the points that nobody dominates, fastest first; of equal ones all.
function frontier(points) {
  const order = points.map((_, i) => i).sort((a, b) => points[a].time - points[b].time ||
      points[b].accuracy - points[a].accuracy || a - b);
  const members = [];
  for (const i of order) {
    const last = points[members.at(-1)];
    if (!last || points[i].accuracy > last.accuracy ||
        (points[i].accuracy === last.accuracy && points[i].time === last.time)) members.push(i);
  }
  return members;
}

// The bandwidth at which a cell is as fast as its baseline, by bisection over what networks have.
function breakEven(cell, network, slow) {
  const base = data.cells[cell.base];
  if (!base) return '–';
  const gain = power => {
    const there = {latency: network.latency, bandwidth: 10 ** power};
    return timeOf(base, there, slow) - timeOf(cell, there, slow);
  };
  let low = 5, high = 14;
  const slowest = gain(low) > 0;
  if (gain(high) > 0 === slowest) return slowest ? 'always' : 'never';
  while (high - low > 1e-4) {
    const middle = (low + high) / 2;
    if (gain(middle) > 0 === slowest) low = middle; else high = middle;
  }
  return (slowest ? 'below ' : 'above ') + speed(10 ** low);
}

// ---- Text.

const digits = (value, n) => value.toLocaleString('en', {minimumSignificantDigits: n,
  maximumSignificantDigits: n});
const scaled = (value, units) => {
  let k = 0;
  for (; value >= 999.5 && k < units.length - 1; ++k) value /= 1000;
  return digits(value, 3) + ' ' + units[k];
};
const speed = value => scaled(value, ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s']);
const delay = value => scaled(value * 1e9, ['ns', 'µs', 'ms']);
const percent = value => (100 * value).toFixed(2);
const seconds = value => digits(value, 4) + ' s';

// ---- Drawing.

const svg = $('explorer-chart');

function draw(parent, tag, attributes, text) {
  const element = document.createElementNS(svg.namespaceURI, tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  if (text) element.textContent = text;
  return parent.appendChild(element);
}

// Pixels of a value on an axis, with ticks at round numbers inside it.
function axis(low, high, from, to, log) {
  const place = log ? Math.log : value => value, ticks = [];
  const scale = value => from + (to - from) * (place(value) - place(low)) / (place(high) - place(low));
  const step = log ? 0 : [1, 2, 5, 10].map(f => f * 10 ** Math.floor(Math.log10((high - low) / 5)))
      .find(step => (high - low) / step <= 6.5);
  if (log && high > 6 * low) {
    for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10) {
      for (const factor of high > 2000 * low ? [1] : [1, 2, 5]) ticks.push(factor * power);
    }
  } else if (log) {
    ticks.push(...axis(low, high, 0, 1, false).ticks);
  } else {
    for (let k = Math.ceil(low / step); k * step <= high; ++k) ticks.push(+(k * step).toPrecision(9));
  }
  return Object.assign(scale, {ticks: ticks.filter(tick => tick >= low && tick <= high)});
}

// Writes a label where it covers nothing in `taken`; without a place it is left out.
function label(point, x, y, taken, plot) {
  const text = draw(svg, 'text', {class: point.on ? 'halo' : 'halo q'}, point.name);
  const width = text.getComputedTextLength();
  for (const away of [9, 16, 24]) {
    for (const [dx, dy] of [[1, -1], [1, 0], [1, 1], [0, -1], [-1, -1], [-1, 0], [0, 1], [-1, 1]].slice(!point.on)) {
      const box = {x: x + dx * (away + width / 2) - width / 2, y: y + dy * (away + 6) - 7,
        w: width, h: 14};
      if (box.x < plot.left || box.x + width > plot.right || box.y < plot.top || box.y + 14 > plot.bottom ||
          taken.some(t => box.x < t.x + t.w && t.x < box.x + box.w && box.y < t.y + t.h && t.y < box.y + box.h)) continue;
      text.setAttribute('x', box.x);
      text.setAttribute('y', box.y + 11);
      taken.push(box);
      return;
    }
  }
  text.remove();
}

function drawPoint(point, x, y, bar) {
  const group = draw(svg, 'g', {opacity: point.on ? 1 : .55});
  const stroke = `var(--s${point.style})`;
  if (bar) draw(group, 'path', {stroke, d: `M${x} ${bar[0]}V${bar[1]}`});
  const mark = draw(group, 'path', {stroke, 'stroke-width': 2, d: data.marks[point.style],
    transform: `translate(${x} ${y})`, fill: point.fixed ? stroke : 'var(--panel)'});
  draw(mark, 'title', {}, `${point.name}: test ${percent(point.accuracy)} %, ${seconds(point.time)} ` +
      (point.fixed ? '(measured: stays)' : '(simulated)'));
}

function drawChart(points, members, range) {
  const width = Math.max(330, svg.parentNode.clientWidth), height = 400;
  const plot = {left: 46, right: width - 10, top: 26, bottom: height - 44};
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  // The first child is its title.
  svg.replaceChildren(svg.firstElementChild);
  const x = axis(range[0] / 1.15, range[1] * 1.15, plot.left, plot.right, true);
  const y = axis(100 * data.accuracy[0], 100 * data.accuracy[1], plot.bottom, plot.top, false);
  draw(svg, 'path', {class: 'pl', d: `M${plot.left} ${plot.top}H${plot.right}V${plot.bottom}H${plot.left}z`});
  const write = (x, y, anchor, text) => draw(svg, 'text', {class: 'q', x, y, 'text-anchor': anchor}, text);
  for (const tick of x.ticks) {
    draw(svg, 'path', {class: 'grid', d: `M${x(tick)} ${plot.top}V${plot.bottom}`});
    write(x(tick), plot.bottom + 16, 'middle', tick);
  }
  for (const tick of y.ticks) {
    draw(svg, 'path', {class: 'grid', d: `M${plot.left} ${y(tick)}H${plot.right}`});
    write(plot.left - 6, y(tick) + 4, 'end', tick);
  }
  write(plot.left, 16, 'start', 'test accuracy [%]');
  write((plot.left + plot.right) / 2, height - 8, 'middle', 'training time [s], simulated, log');
  // Of many cells only the frontier has bars and labels, as in the report's own charts.
  const few = points.length <= 80, at = points.map(point => [x(point.time), y(100 * point.accuracy)]);
  let line = '';
  for (const i of members) line += line ? `H${at[i][0]}V${at[i][1]}` : 'M' + at[i];
  draw(svg, 'path', {d: line + 'H' + plot.right, fill: 'none', stroke: 'var(--accent)', 'stroke-width': 1.6});
  const order = points.map((_, i) => i).sort((a, b) => points[a].on - points[b].on);
  for (const i of order) {
    const bar = (few || points[i].on) && points[i].ci?.map(share => Math.min(plot.bottom, Math.max(plot.top, y(100 * share))));
    drawPoint(points[i], ...at[i], bar);
  }
  const taken = at.map(([px, py]) => ({x: px - 6, y: py - 6, w: 12, h: 12}));
  for (const i of [...members, ...order.filter(i => few && !points[i].on)]) label(points[i], ...at[i], taken, plot);
}

function fillTable(points, network, slow) {
  const rows = points.filter(point => !point.fixed).sort((a, b) => a.time - b.time)
      .filter((row, i) => row.on || i < 40);
  $('explorer-rows').replaceChildren(...rows.map(row => {
    const line = document.createElement('tr');
    const exposed = overSeeds(row.cell, network, slow, time => time.exposed);
    line.className = row.on ? 'strong' : 'dim';
    [row.name, row.on ? 'yes' : '', percent(row.accuracy), seconds(row.time),
      Math.round(100 * exposed / row.time) + ' %', breakEven(row.cell, network, slow)].forEach((text, i) => {
      const field = line.appendChild(document.createElement(i ? 'td' : 'th'));
      field.textContent = text;
      if (i) field.className = i > 1 ? 'n' : ''; else field.scope = 'row';
    });
    return line;
  }));
}

// ---- The reader's network, and what follows from it.

let network = data.networks[data.start];
// The frontier as last told.
let before = '';

function pointsAt(network, slow) {
  const points = data.cells.map(cell => ({...cell, cell, on: false, time: timeOf(cell, network, slow)}));
  const members = frontier(points);
  for (const i of members) points[i].on = true;
  return {points: [...points, ...data.measured], members};
}

function update(settled) {
  const slow = data.stragglers[$('stragglers').value], {points, members} = pointsAt(network, slow);
  const ends = $('fit').checked ? [network] : [...data.networks, network];
  const times = ends.flatMap(end => data.cells.map(cell => timeOf(cell, end, slow)))
      .concat(data.measured.map(point => point.time));
  drawChart(points, members, [Math.min(...times), Math.max(...times)]);
  fillTable(points, network, slow);
  const words = {bandwidth: speed(network.bandwidth), latency: delay(network.latency)};
  for (const id in words) {
    $(id).value = Math.log10(network[id]);
    $(id).setAttribute('aria-valuetext', $(id + '-value').value = words[id]);
  }
  for (const button of $('presets').children)
    button.setAttribute('aria-pressed', data.networks[button.value] === network);
  if (!settled) return;
  const names = members.map(i => points[i].name);
  const less = (some, others) => some.filter(name => !others.includes(name)).join(', ') || 'none';
  $('explorer-news').textContent = `At ${words.bandwidth} and ${words.latency}, on the frontier: ` +
      names.join(', ') + (before && `. New: ${less(names, before)}; gone: ${less(before, names)}`) + '.';
  before = names;
}

function start() {
  document.documentElement.classList.add('scripted');
  for (const id of ['bandwidth', 'latency']) {
    $(id).oninput = () => { network = {...network, [id]: 10 ** $(id).value}; update(false); };
    $(id).onchange = () => update(true);
  }
  $('stragglers').onchange = $('fit').onchange = () => update(true);
  $('presets').onclick = event => {
    network = data.networks[event.target.value] || network;
    update(true);
  };
  onresize = () => update(false);
  update(true);
}
start();
