// A figure: a chart, and the table of the same numbers.

const figures = [];
/** Rows of a table that are shown: the CSV has all. */
const SHOWN = 500;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

/**
 * Adds a figure to a grid. `of` has: `id`, `title`, `note`, `wide`, `columns` (`{name, number}`), `rows()`, `draw()` (what
 * plotly.js takes, with `height`), `says()` for who does not see it, `empty`; perhaps `config`, `drawn(chart)`, `under`.
 */
const addFigure = (grid, of) => {
  const chart = element('div', { class: 'chart', id: `chart-${of.id}`, role: 'img' });
  const empty = element('p', { class: 'empty', hidden: true, text: of.empty ?? 'Nothing to show here.' });
  const table = element('div', { class: 'scroll', hidden: true, tabindex: 0, role: 'region', id: `table-${of.id}` });
  table.setAttribute('aria-label', `Table: ${of.title}`);
  const toggle = element('button', {
    type: 'button', text: 'Table', 'aria-expanded': 'false', 'aria-controls': table.id, 'aria-label': `Table: ${of.title}`,
  });
  const copy = element('button', { type: 'button', text: 'Copy CSV', 'aria-label': `Copy as CSV: ${of.title}` });
  const title = element('h3', { text: of.title, id: `title-${of.id}` });
  const note = element('p', { class: 'quiet' });
  const head = element('div', { class: 'head' }, title, element('div', { class: 'tools' }, toggle, copy));
  const figure = element('figure', { class: of.wide ? 'wide' : '', id: `figure-${of.id}`, 'aria-labelledby': title.id });
  figure.append(head, note, chart, ...(of.under ?? []), empty, table);
  grid.append(figure);
  const made = { ...of, chart, noted: note, empty, table, figure };
  toggle.addEventListener('click', () => {
    table.hidden = !table.hidden;
    toggle.setAttribute('aria-expanded', String(!table.hidden));
    fillTable(made);
  });
  copy.addEventListener('click', () => copyText(csv(of.columns, of.rows()), copy));
  figures.push(made);
  return made;
};

/** Draws a figure anew: its chart, its words, and its table where that is open. */
const drawFigure = async (figure) => {
  const { chart, empty, noted, table } = figure;
  const isEmpty = figure.rows().length === 0;
  noted.textContent = isEmpty ? '' : typeof figure.note === 'function' ? figure.note() : figure.note ?? '';
  noted.hidden = !noted.textContent;
  chart.hidden = isEmpty;
  empty.hidden = !isEmpty;
  (figure.under ?? []).forEach((part) => { part.hidden = isEmpty; });
  chart.setAttribute('aria-label', `${figure.title}. ${isEmpty ? empty.textContent : figure.says()} The table has all numbers.`);
  if (!table.hidden) fillTable(figure);
  if (isEmpty) {
    Plotly.purge(chart);
    figure.isDrawn = false;
    return;
  }
  const { data, layout } = figure.draw();
  await Plotly.react(chart, data, withDefaults(layout), {
    displayModeBar: false, responsive: true, doubleClick: false, ...figure.config,
  });
  if (!figure.isDrawn) {
    figure.isDrawn = true;
    figure.drawn?.(chart);
  }
};

const withDefaults = (layout) => ({
  margin: { l: 8, r: 12, t: 6, b: 8 }, showlegend: false, dragmode: false, bargap: 0.25, hovermode: 'closest',
  paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: { family: FONT, size: 12.5, color: colour('ink') },
  hoverlabel: {
    bgcolor: colour('card'), bordercolor: colour('dim'), align: 'left', font: { family: FONT, size: 13, color: colour('ink') },
  },
  ...layout,
});

const fillTable = ({ table, columns, rows, title }) => {
  const found = rows();
  const cut = found.length > SHOWN ? `, the first ${SHOWN} of ${number(found.length)}: the CSV has all` : '';
  const cells = (row) => row.map((value, at) => element(at === 0 ? 'th' : 'td', {
    scope: at === 0 ? 'row' : undefined, class: columns[at].number ? 'number' : '',
    text: typeof value === 'number' ? (columns[at].words ?? number)(value) : value,
  }));
  const heads = columns.map((column) => element('th', { scope: 'col', class: column.number ? 'number' : '', text: column.name }));
  table.replaceChildren(element('table', {},
    element('caption', { text: `${title}${cut}` }),
    element('thead', {}, element('tr', {}, ...heads)),
    element('tbody', {}, ...found.slice(0, SHOWN).map((row) => element('tr', {}, ...cells(row))))));
};

/** Copies a text, and says so on the button. */
const copyText = async (text, button) => {
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = element('textarea', { 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    area.select();
    copied = document.execCommand('copy');
    area.remove();
  }
  const label = button.textContent;
  button.textContent = copied ? 'Copied' : 'Not copied';
  setTimeout(() => { button.textContent = label; }, 1500);
};
