// Bars: lying ones for names, standing ones for years and hours.

const BAR = 24;

/** Rows `{label, count, hover, dim, value}` as lying bars. The labels stand at numbers: two names that look alike stay two. */
const lying = (rows, { most = 15, mark = 'mark', text } = {}) => {
  const shown = rows.slice(0, most);
  const room = narrow() ? 18 : 30;
  const at = shown.map((_, index) => index);
  const values = shown.map((row) => row.count);
  const sum = rows.reduce((all, row) => all + row.count, 0);
  const bars = {
    type: 'bar', orientation: 'h', y: at, x: values, customdata: shown.map((row) => row.id),
    hovertext: shown.map((row) => plain(row.hover ?? `${row.label}: ${number(row.count)} (${share(row.count, sum)})`)),
    hoverinfo: 'text', text: shown.map((row) => plain(text ? text(row) : number(row.count))), textposition: 'outside',
    cliponaxis: false, textfont: { color: colour('quiet'), size: 12 }, constraintext: 'none',
    marker: { color: shown.map((row) => colour(row.dim ? 'dim' : mark)) },
  };
  return {
    data: [bars],
    layout: {
      height: shown.length * BAR + 26,
      margin: { l: 8, r: narrow() ? 62 : 76, t: 4, b: 4 },
      xaxis: { visible: false, fixedrange: true, range: [0, Math.max(1, ...values)] },
      yaxis: {
        fixedrange: true, autorange: false, range: [shown.length - 0.5, -0.5], tickmode: 'array', tickvals: at,
        ticktext: shown.map((row) => plain(short(row.label, room))), ticks: '', automargin: true, showgrid: false, zeroline: false,
      },
    },
  };
};

/** Standing bars at numbers. `ticks` are their labels. */
const standing = (xs, counts, { labels, hover, ticks, title, height = 260, mark = 'mark' }) => ({
  data: [{
    type: 'bar', x: xs, y: counts, customdata: labels, hovertext: hover.map(plain), hoverinfo: 'text',
    marker: { color: colour(mark) },
  }],
  layout: {
    height,
    margin: { l: 8, r: 8, t: 8, b: 8 },
    xaxis: {
      fixedrange: true, tickmode: 'array', tickvals: ticks.map(([x]) => x), ticktext: ticks.map(([, text]) => plain(text)),
      tickangle: 0, showgrid: false, zeroline: false, automargin: true, title: { text: title, font: { size: 12, color: colour('quiet') }, standoff: 8 },
    },
    yaxis: { fixedrange: true, rangemode: 'tozero', nticks: 5, gridcolor: colour('line'), zeroline: false, automargin: true, tickformat: '~s' },
  },
});

/** Rows of a chart of names, as `[id, count]` came. */
const namedRows = (sums, list) => ranked(sums).map(([id, count]) => ({
  id, count, label: list[id] ?? '', dim: id === NONE || id === OTHER,
}));

/** The first of some rows in words, for who does not see them. */
const saysRows = (rows) => {
  const sum = rows.reduce((all, row) => all + row.count, 0);
  const first = rows.slice(0, 3).map((row) => `${row.label} ${number(row.count)} (${share(row.count, sum)})`);
  return `${many(rows.length, 'value', 'values')}; ${first.join(', ')}.`;
};

/** A figure of bars by name. */
const addBars = (grid, { id, title, note, column, rows, most, mark, click, wide, empty, unit = 'Records' }) => addFigure(grid, {
  id, title, note, wide, empty,
  columns: [{ name: column }, { name: unit, number: true }, { name: 'Share %', number: true, words: (value) => value.toFixed(2) }],
  rows: () => {
    const found = rows();
    const sum = found.reduce((all, row) => all + row.count, 0);
    return found.map((row) => [row.label, row.count, Number((100 * row.count / sum).toFixed(4))]);
  },
  draw: () => lying(rows(), { most, mark }),
  says: () => saysRows(rows()),
  drawn: (chart) => {
    if (click) chart.on('plotly_click', ({ points }) => click(points[0].customdata));
  },
});
