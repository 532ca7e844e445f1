// Failures: by kind, phase, host and status, with examples and what to do about them.

const failureRows = (by) => namedRows(failureSums(by), names[by]);

const addFailureCharts = (grid) => {
  const toggled = (by) => (id) => pick(by, picked[by] === id ? null : id);
  const bars = (by, title, column, more) => addBars(grid, {
    id: by, title, column, mark: 'bad', unit: 'Failures', empty: 'Nothing failed.', rows: () => failureRows(by), click: toggled(by), ...more,
  });
  bars('kind', 'By kind', 'Kind');
  bars('phase', 'By phase', 'Phase', { note: 'How far they had come: list, resolve, connect, request, body, identify, decode.' });
  bars('host', 'By host', 'Host', { note: () => lossyNote('host') });
  addBars(grid, {
    id: 'status', title: 'By HTTP status', column: 'Status', mark: 'bad', unit: 'Failures', empty: 'Nothing failed.',
    rows: () => [...failureSums('status')].sort(([a, of_a], [b, of_b]) => (a === 0) - (b === 0) || of_b - of_a || a - b)
      .map(([id, count]) => ({ id, count, label: id ? `HTTP ${id}` : 'no status', dim: id === 0 })),
  });
  addExamples(grid);
};

/** Examples by kind, each kind with its hint. */
const addExamples = (grid) => {
  const list = element('ul', { class: 'examples' });
  const shown = () => run.failures.examples.filter((_, at) => isPicked(at, run.failures.examples));
  const figure = addFigure(grid, {
    id: 'examples', title: 'Examples, and what to do', wide: true, empty: 'No example is kept of these.',
    columns: [{ name: 'Kind' }, { name: 'Phase' }, { name: 'Status' }, { name: 'Host' }, { name: 'URL' }, { name: 'Error' }],
    rows: () => shown().map(({ kind, phase, status, host, url, error }) => [
      names.kind[kind], names.phase[phase], status ? String(status) : '', names.host[host], url, error,
    ]),
  });
  figure.chart.replaceWith(list);
  figure.refresh = () => {
    list.replaceChildren(...failureRows('kind').map(({ id, label, count }) => {
      const examples = shown().filter((example) => example.kind === id).slice(0, 3);
      return element('li', {},
        element('strong', { text: label }), ' ', element('span', { class: 'count', text: many(count, 'failure', 'failures') }),
        element('p', { class: 'hint', text: run.failures.hints[id] }),
        element('ul', {}, ...examples.map(({ url, error, phase }) => element('li', {},
          element('code', { text: url }), ` ${error} (${names.phase[phase]})`))));
    }));
    figure.empty.hidden = failureRows('kind').length > 0;
    if (!figure.table.hidden) fillTable(figure);
  };
};
