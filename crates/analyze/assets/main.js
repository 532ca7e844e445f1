// Filters, colours, and drawing it all.

/** Draws figures one after the other, so that the page answers meanwhile. */
const drawAll = async (which = figures) => {
  document.documentElement.dataset.state = 'drawing';
  for (const figure of which) {
    if (figure.refresh) figure.refresh();
    else await drawFigure(figure);
  }
  document.documentElement.dataset.state = 'drawn';
};

const recordFigures = () => figures.filter(({ figure }) => figure.closest('#records'));
const failureFigures = () => figures.filter(({ figure }) => figure.closest('#failed'));

/** A select of a list of names, by how many there are of each. */
const addFilter = (form, { by, label, all: allOf, sums, change }) => {
  const select = element('select', { id: `filter-${by}`, name: by });
  select.append(element('option', { value: '', text: allOf }));
  const rows = by === 'year'
    ? ranked(sums).sort(([a], [b]) => (a <= OTHER) - (b <= OTHER) || Number(names.year[a]) - Number(names.year[b]) || 0) : ranked(sums);
  for (const [id, count] of rows) {
    select.append(element('option', { value: String(id), text: `${short(names[by][id], 60)} (${number(count)})` }));
  }
  select.addEventListener('change', () => change(by, select.value === '' ? null : Number(select.value)));
  form.append(element('label', {}, label, select));
};

const showChoice = (of, output, sentence) => {
  for (const [by, id] of Object.entries(of)) byId(`filter-${by}`).value = id === null ? '' : String(id);
  byId(output).textContent = sentence;
};

const choose = (by, id) => {
  if (by) chosen[by] = id;
  refilter();
  showChoice(chosen, 'record-choice', `${number(total('records'))} of ${many(run.records, 'record', 'records')}`);
  return drawAll(recordFigures());
};
const pick = (by, id) => {
  if (by) picked[by] = id;
  showChoice(picked, 'failure-choice', `${number(failureTotal())} of ${many(run.failed, 'failure', 'failures')}`);
  return drawAll(failureFigures());
};

const addFilters = () => {
  const reset = (of, again) => element('button', { type: 'button', text: 'Show all', onclick: () => {
    Object.keys(of).forEach((by) => { of[by] = null; });
    again();
  } });
  const records = byId('record-filters');
  for (const [by, label, allOf] of [['format', 'Format', 'All formats'], ['camera', 'Camera', 'All cameras'], ['year', 'Year', 'All years']]) {
    addFilter(records, { by, label, all: allOf, change: choose, sums: new Map(slotSums(by).map((count, id) => [id, count])) });
  }
  records.append(reset(chosen, choose), element('output', { id: 'record-choice', 'aria-live': 'polite' }));
  const failures = byId('failure-filters');
  for (const [by, label, allOf] of [['kind', 'Kind', 'All kinds'], ['phase', 'Phase', 'All phases'], ['host', 'Host', 'All hosts']]) {
    addFilter(failures, { by, label, all: allOf, change: pick, sums: failureSums(by) });
  }
  failures.append(reset(picked, pick), element('output', { id: 'failure-choice', 'aria-live': 'polite' }));
  [records, failures].forEach((form) => form.addEventListener('submit', (event) => event.preventDefault()));
};

const addTheme = () => {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const themes = ['system', 'light', 'dark'];
  const words_ = { system: 'as the system', light: 'light', dark: 'dark' };
  let theme = 'system';
  const set = () => {
    document.documentElement.dataset.theme = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
    byId('theme').textContent = `Colours: ${words_[theme]}`;
  };
  byId('theme').addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    set();
    drawAll();
  });
  dark.addEventListener('change', () => {
    set();
    if (theme === 'system') drawAll();
  });
  set();
};

addTheme();
addSummary();
addFilters();
addRecordCharts(byId('records'));
addFailureCharts(byId('failed'));
showChoice(chosen, 'record-choice', `${number(total('records'))} of ${many(run.records, 'record', 'records')}`);
showChoice(picked, 'failure-choice', `${number(failureTotal())} of ${many(run.failed, 'failure', 'failures')}`);
// Labels and heights differ on a narrow page.
window.matchMedia('(max-width: 720px)').addEventListener('change', () => drawAll());
drawAll();
