// The charts of records, but for sizes and the map.

const ORIENTATIONS = [
  'not said', '1: upright', '2: mirrored', '3: turned by 180°', '4: upside down, mirrored', '5: on its side, mirrored',
  '6: to be turned right', '7: on its other side, mirrored', '8: to be turned left',
];
const lossyNote = (by) => (run.lossy.includes(by)
  ? 'There are more than were told apart: rare ones are counted under others, and counts may be a little low.' : '');

const addRecordCharts = (grid) => {
  const sums = (by) => new Map(slotSums(by).map((count, id) => [id, count]));
  const toggled = (by) => (id) => choose(by, chosen[by] === id ? null : id);
  addBars(grid, {
    id: 'format', title: 'Formats', column: 'Format', rows: () => namedRows(sums('format'), names.format), click: toggled('format'),
  });
  addBars(grid, { id: 'mode', title: 'Modes', column: 'Mode', rows: () => namedRows(chartSums('mode'), names.mode) });
  addSizes(grid);
  addBars(grid, {
    id: 'aspect', title: 'Proportions', note: 'Width to height the right way up, within 1 %.', column: 'Proportion',
    rows: () => [...chartSums('aspect')].sort(([a, of_a], [b, of_b]) => of_b - of_a || a - b)
      .map(([id, count]) => ({ id, count, label: names.aspect[id], dim: id === 0 || id > names.aspect.length - 3 })),
  });
  addBars(grid, {
    id: 'orientation', title: 'Orientation', note: 'What EXIF says of how to show the stored picture.', column: 'Orientation',
    rows: () => [...chartSums('orientation')].sort(([a], [b]) => (a || 9) - (b || 9))
      .map(([id, count]) => ({ id, count, label: ORIENTATIONS[id], dim: id === 0 })),
  });
  addBars(grid, {
    id: 'camera', title: 'Cameras', note: () => lossyNote('camera'), column: 'Camera',
    rows: () => namedRows(sums('camera'), names.camera), click: toggled('camera'), most: 16,
  });
  addBars(grid, {
    id: 'lens', title: 'Lenses', note: () => lossyNote('lens'), column: 'Lens', most: 16,
    rows: () => namedRows(chartSums('lens'), names.lens),
  });
  addYears(grid, toggled('year'));
  addHours(grid);
  addMap(grid);
  addBytes(grid);
  addTags(grid);
};

/** Years without pictures between those with, unless a clock stood at an odd year. */
const withGaps = (years) => {
  const [first, last] = [years[0], years[years.length - 1]].map((year) => Number(year?.name));
  if (!years.length || last - first > 60) return years;
  const found = new Map(years.map((year) => [Number(year.name), year]));
  return Array.from({ length: last - first + 1 }, (_, at) => found.get(first + at) ?? { name: String(first + at), count: 0 });
};

const addYears = (grid, click) => {
  const counted = () => {
    const sums = slotSums('year');
    const years = names.year.map((name, id) => ({ id, name, count: sums[id] })).filter(({ count }) => count > 0);
    return {
      years: years.filter(({ id }) => id > OTHER).sort((a, b) => Number(a.name) - Number(b.name)),
      rest: years.filter(({ id }) => id <= OTHER).reverse(),
    };
  };
  addFigure(grid, {
    id: 'year', title: 'Taken, by year', columns: [{ name: 'Year' }, { name: 'Records', number: true }],
    note: () => counted().rest.map(({ name, count }) => `${name}: ${number(count)}`).join('; '),
    rows: () => { const { years, rest } = counted(); return [...years, ...rest].map(({ name, count }) => [name, count]); },
    says: () => saysRows(counted().years.map(({ name, count }) => ({ label: name, count })).sort((a, b) => b.count - a.count)),
    draw: () => {
      const years = withGaps(counted().years);
      const at = years.map((_, index) => index);
      const every = Math.max(1, Math.ceil(years.length / (narrow() ? 6 : 10)));
      return standing(at, years.map(({ count }) => count), {
        labels: years.map(({ id }) => id), hover: years.map(({ name, count }) => `${name}: ${number(count)}`), title: 'year',
        ticks: years.map(({ name }, index) => [index, name]).filter(([index]) => (years.length - 1 - index) % every === 0),
      });
    },
    drawn: (chart) => chart.on('plotly_click', ({ points }) => { if (points[0].y) click(points[0].customdata); }),
  });
};

const addHours = (grid) => {
  const HOURS = [...Array(24).keys()];
  const two = (hour) => String(hour).padStart(2, '0');
  const unknown = () => chartSums('hour').get(24) ?? 0;
  const counts = () => { const sums = chartSums('hour'); return HOURS.map((hour) => sums.get(hour) ?? 0); };
  addFigure(grid, {
    id: 'hour', title: 'Taken, by hour', columns: [{ name: 'Hour' }, { name: 'Records', number: true }],
    note: () => `By the camera's clock${unknown() ? `; not known: ${number(unknown())}` : ''}`,
    rows: () => {
      const rows = counts().map((count, hour) => [`${two(hour)}:00`, count]);
      return [...rows, ...(unknown() ? [['not known', unknown()]] : [])];
    },
    says: () => saysRows(counts().map((count, hour) => ({ label: `${two(hour)}:00`, count })).sort((a, b) => b.count - a.count)),
    draw: () => standing(HOURS, counts(), {
      labels: HOURS, hover: counts().map((count, hour) => `${two(hour)}:00 to ${two(hour)}:59: ${number(count)}`), title: 'hour',
      ticks: HOURS.filter((hour) => hour % (narrow() ? 6 : 3) === 0).map((hour) => [hour, two(hour)]),
    }),
  });
};

const addBytes = (grid) => {
  const rows = () => {
    const [whole, read, sized] = ['whole', 'read_of_whole', 'sized'].map((column) => slotSums('format', column));
    return names.format.map((label, id) => ({ id, label, whole: whole[id], read: read[id], sized: sized[id] }))
      .filter((row) => row.sized > 0).sort((a, b) => b.whole - a.whole);
  };
  const saved = (row) => Math.max(0, row.whole - row.read);
  addFigure(grid, {
    id: 'bytes', title: 'Bytes saved', wide: true, empty: 'Of no image the whole size is known.',
    note: () => `Read ${bytes(total('read_of_whole'))} of ${bytes(total('whole'))}, over ${many(total('sized'), 'image', 'images')} whose size is known: ${share(saved({ whole: total('whole'), read: total('read_of_whole') }), total('whole'))} was never fetched.`,
    columns: [
      { name: 'Format' }, { name: 'Images', number: true }, { name: 'Bytes', number: true }, { name: 'Read', number: true },
      { name: 'Saved %', number: true, words: (value) => value.toFixed(2) },
    ],
    rows: () => rows().map((row) => [row.label, row.sized, row.whole, row.read, Number((100 * saved(row) / (row.whole || 1)).toFixed(4))]),
    says: () => `${rows().slice(0, 3).map((row) => `${row.label}: read ${bytes(row.read)} of ${bytes(row.whole)}`).join('; ')}.`,
    draw: () => {
      const shown = rows().slice(0, 12);
      const bar = (column, name, mark) => ({
        type: 'bar', orientation: 'h', name, y: shown.map((_, at) => at), x: shown.map((row) => row[column]),
        marker: { color: colour(mark) }, hoverinfo: 'text',
        hovertext: shown.map((row) => plain(`${row.label}: read ${bytes(row.read)} of ${bytes(row.whole)}, ${share(saved(row), row.whole)} saved`)),
        text: shown.map((row) => (column === 'whole' ? plain(`${share(saved(row), row.whole)} saved`) : '')), textposition: 'outside',
        cliponaxis: false, textfont: { color: colour('quiet'), size: 12 },
      });
      const most = Math.max(1, ...shown.map((row) => Math.max(row.whole, row.read)));
      const tick = 2 ** Math.floor(Math.log2(most / 3));
      return {
        data: [bar('whole', 'whole size', 'mark-soft'), bar('read', 'read', 'mark')],
        layout: {
          height: shown.length * 34 + 78, barmode: 'overlay', showlegend: true, margin: { l: 8, r: 90, t: 28, b: 30 },
          legend: { orientation: 'h', x: 0, y: 1, yanchor: 'bottom', itemclick: false, itemdoubleclick: false },
          xaxis: {
            fixedrange: true, gridcolor: colour('line'), zeroline: false, range: [0, most], tickmode: 'array',
            tickvals: [0, 1, 2, 3, 4, 5].map((at) => at * tick).filter((at, step) => at <= most && (!narrow() || step % 2 === 0)),
            ticktext: [0, 1, 2, 3, 4, 5].map((at) => bytes(at * tick)).filter((_, step) => step * tick <= most && (!narrow() || step % 2 === 0)),
          },
          yaxis: {
            fixedrange: true, autorange: false, range: [shown.length - 0.5, -0.5], tickmode: 'array', ticks: '', automargin: true,
            tickvals: shown.map((_, at) => at), ticktext: shown.map((row) => plain(short(row.label, 18))), showgrid: false,
          },
        },
      };
    },
  });
};

const addTags = (grid) => {
  const rows = () => namedRows(chartSums('tag'), names.tag.map((tag, id) => (names.ifd[id] ? `${names.ifd[id]} ${tag}` : tag)));
  const of = (row) => `${row.label}: in ${number(row.count)} (${share(row.count, total('records'))}) of the records`;
  addFigure(grid, {
    id: 'tag', title: 'EXIF tags', wide: true, empty: 'No record has EXIF.',
    note: () => `How many records have each tag: the ${Math.min(30, rows().length)} most frequent of ${many(rows().filter((row) => !row.dim).length, 'tag', 'tags')}.`,
    columns: [
      { name: 'IFD' }, { name: 'Tag' }, { name: 'Records', number: true }, { name: 'Share %', number: true, words: (value) => value.toFixed(2) },
    ],
    rows: () => rows().map((row) => [names.ifd[row.id], names.tag[row.id], row.count, Number((100 * row.count / total('records')).toFixed(4))]),
    says: () => `${rows().slice(0, 3).map(of).join('; ')}.`,
    draw: () => lying(rows().map((row) => ({ ...row, hover: of(row) })), { most: 30, text: (row) => share(row.count, total('records')) }),
  });
};
