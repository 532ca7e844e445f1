// Display sizes: a heat map of width and height, two steps to an octave, with the usual proportions drawn in.

/** Where much is to be seen in little room, the names of more would overlap. */
const proportions = (octaves) => (octaves > (narrow() ? 3 : 7)
  ? [[16, 9], [1, 1], [9, 16]] : [[16, 9], [3, 2], [4, 3], [1, 1], [3, 4], [2, 3], [9, 16]]);
/** Powers of two of the axes. */
const pixelsOf = (log) => number(Math.round(2 ** log));

const sizeCells = () => [...chartSums('size')].map(([value, count]) => ({
  x: Math.floor(value / run.steps), y: value % run.steps, count,
}));
const spanOf = (step) => `${pixelsOf(step / 2)} to ${number(Math.ceil(2 ** ((step + 1) / 2)) - 1)}`;

/** The lines of the usual proportions, where they cross what is shown. */
const proportionLines = ([left, right], [low, high]) => proportions(right - left).flatMap(([wide, tall]) => {
  const offset = Math.log2(tall / wide);
  const start = Math.max(left, low - offset);
  const end = Math.min(right, high - offset);
  return end - start < 0.5 ? [] : [{ name: `${wide}:${tall}`, from: [start, start + offset], to: [end, end + offset] }];
});

const addSizes = (grid) => addFigure(grid, {
  id: 'size', title: 'Display sizes', wide: true,
  note: 'The right way up, in pixels, two steps to a doubling. Dotted: the usual proportions.',
  columns: [{ name: 'Width' }, { name: 'Height' }, { name: 'Records', number: true }],
  rows: () => sizeCells().sort((a, b) => b.count - a.count || a.x - b.x || a.y - b.y)
    .map(({ x, y, count }) => [spanOf(x), spanOf(y), count]),
  says: () => {
    const [first] = sizeCells().sort((a, b) => b.count - a.count);
    return `Most often ${spanOf(first.x)} wide and ${spanOf(first.y)} high: ${many(first.count, 'record', 'records')}.`;
  },
  draw: () => {
    const cells = sizeCells();
    const ends = (axis) => [Math.min(...cells.map((cell) => cell[axis])) - 1, Math.max(...cells.map((cell) => cell[axis])) + 2];
    const [x, y] = [ends('x'), ends('y')];
    const columns = Array.from({ length: x[1] - x[0] }, (_, at) => x[0] + at);
    const lines = Array.from({ length: y[1] - y[0] }, (_, at) => y[0] + at);
    const at = new Map(cells.map((cell) => [`${cell.x} ${cell.y}`, cell.count]));
    const counts = lines.map((line) => columns.map((column) => at.get(`${column} ${line}`) ?? null));
    const [rangeX, rangeY] = [[x[0] / 2, x[1] / 2], [y[0] / 2, y[1] / 2]];
    const ticks = ([from, to]) => {
      const found = Array.from({ length: 20 }, (_, power) => power).filter((power) => power >= from && power <= to);
      const some = found.filter((_, place) => place % Math.ceil(found.length / (narrow() ? 5 : 10)) === 0);
      return { tickmode: 'array', tickvals: some, ticktext: some.map(pixelsOf), tickangle: 0 };
    };
    const drawn = proportionLines(rangeX, rangeY);
    const axis = { fixedrange: true, zeroline: false, gridcolor: colour('line'), automargin: true };
    const title = (text) => ({ text, standoff: 8, font: { size: 12, color: colour('quiet') } });
    return {
      data: [{
        type: 'heatmap', x: columns.map((column) => column / 2 + 0.25), y: lines.map((line) => line / 2 + 0.25),
        // The root of the counts is shown, or one frequent size would leave all others blank.
        z: counts.map((line) => line.map((count) => (count === null ? null : Math.sqrt(count)))), customdata: counts, zmin: 0,
        hovertext: counts.map((line, row) => line.map((count, column) => (count === null ? ''
          : `${spanOf(columns[column])} wide, ${spanOf(lines[row])} high: ${number(count)}`))),
        hoverinfo: 'text', hoverongaps: false, xgap: 1, ygap: 1, showscale: false,
        colorscale: [[0, colour('mark-soft')], [1, colour('mark')]],
      }],
      layout: {
        height: narrow() ? 330 : 460, margin: { l: 8, r: 44, t: 24, b: 8 },
        xaxis: { ...axis, range: rangeX, ...ticks(rangeX), title: title('width') },
        yaxis: { ...axis, range: rangeY, ...ticks(rangeY), title: title('height') },
        shapes: drawn.map(({ from, to }) => ({
          type: 'line', layer: 'above', x0: from[0], y0: from[1], x1: to[0], y1: to[1], line: { color: colour('quiet'), width: 1, dash: 'dot' },
        })),
        annotations: drawn.map(({ name, to }) => {
          const isRight = to[0] > rangeX[1] - 0.01;
          return {
            text: name, x: to[0], y: to[1], showarrow: false, font: { size: 11, color: colour('quiet') },
            xanchor: isRight ? 'left' : 'center', yanchor: isRight ? 'middle' : 'bottom',
          };
        }),
      },
    };
  },
});
