// Where pictures were taken: clusters in the cells of a grid, which become smaller as the map is zoomed in.

/** Pixels between clusters, about. */
const APART = 32;
const FARTHEST = 1;
const NEAREST = 400;
const WORLD = JSON.parse(byId('world').textContent);

/** What the library would fetch: coastlines and borders, by the names it knows. */
const bringWorld = () => {
  const { countries, land } = WORLD.objects;
  const topology = { ...WORLD, objects: { land, countries, coastlines: land } };
  window.PlotlyGeoAssets = { topojson: { world_110m: topology } };
};

const addMap = (grid) => {
  bringWorld();
  const view = { scale: FARTHEST, longitude: 0, latitude: 0 };
  /** The places to show: those by slot are in a coarser grid, and needed only where a filter is on. */
  const places = () => (isFiltered() ? run.places_by_slot : run.places);
  const level = (width) => {
    const cell = 360 / view.scale * APART / Math.max(width, 1);
    return Math.max(2, Math.min(places().level, Math.round(Math.log2(360 / cell))));
  };
  const clusters = () => {
    const { slot, count, latitude, longitude } = places();
    const filtered = isFiltered();
    const size = 360 / 2 ** level(chart?.clientWidth ?? 800);
    const found = new Map();
    count.forEach((many_, at) => {
      if (filtered && !through[slot[at]]) return;
      const [north, east] = [latitude[at] / 100, longitude[at] / 100];
      const key = Math.floor((east + 180) / size) * 65536 + Math.floor((north + 90) / size);
      const cluster = found.get(key) ?? { count: 0, north: 0, east: 0 };
      cluster.count += many_;
      cluster.north += north * many_;
      cluster.east += east * many_;
      found.set(key, cluster);
    });
    return [...found.values()].map(({ count: sum, north, east }) => ({ count: sum, north: north / sum, east: east / sum }))
      .sort((a, b) => b.count - a.count || a.north - b.north || a.east - b.east);
  };
  const degrees = (value, plus, minus) => `${Math.abs(value).toFixed(2)}° ${value < 0 ? minus : plus}`;
  const where = ({ north, east }) => `${degrees(north, 'N', 'S')}, ${degrees(east, 'E', 'W')}`;
  const located = () => clusters().reduce((sum, cluster) => sum + cluster.count, 0);
  /** From far away to where most pictures are, as the middle of the world is a sea. */
  const nearer = () => {
    const [{ north, east }] = clusters();
    return look(view.scale === FARTHEST ? { scale: 3, longitude: east, latitude: north } : { scale: view.scale * 2 });
  };
  const button = (text, label, press) => element('button', { type: 'button', text, 'aria-label': label, title: label, onclick: press });
  const zoom = element('div', { class: 'zoom', role: 'group', 'aria-label': 'The map' },
    button('+', 'Zoom in', nearer), button('−', 'Zoom out', () => look({ scale: view.scale / 2 })),
    button('←', 'West', () => move(-1, 0)), button('→', 'East', () => move(1, 0)),
    button('↑', 'North', () => move(0, 1)), button('↓', 'South', () => move(0, -1)),
    button('World', 'The whole world', () => look({ scale: FARTHEST, longitude: 0, latitude: 0 })),
    element('span', { class: 'quiet', text: 'Click a cluster to come nearer.' }));
  const figure = addFigure(grid, {
    id: 'map', title: 'Where they were taken', wide: true, empty: 'No record says where it was taken.',
    note: () => `${many(located(), 'record', 'records')} of ${number(total('records'))} ${total('records') === 1 ? 'says' : 'say'} where. Positions that are near each other are shown as one cluster.`,
    columns: [
      { name: 'Latitude', number: true, words: (value) => value.toFixed(2) },
      { name: 'Longitude', number: true, words: (value) => value.toFixed(2) }, { name: 'Records', number: true },
    ],
    rows: () => clusters().map(({ north, east, count }) => [Number(north.toFixed(2)), Number(east.toFixed(2)), count]),
    says: () => `${many(clusters().length, 'cluster', 'clusters')}; the largest is at ${where(clusters()[0])}, with ${many(clusters()[0].count, 'record', 'records')}.`,
    config: { scrollZoom: true },
    under: [zoom],
    draw: () => {
      const found = clusters();
      const most = Math.max(1, ...found.map((cluster) => cluster.count));
      const size = (count) => 5 + 21 * Math.sqrt(count / most);
      return {
        data: [{
          type: 'scattergeo', mode: 'markers', lon: found.map(({ east }) => east), lat: found.map(({ north }) => north),
          customdata: found.map(({ count }) => count), hoverinfo: 'text',
          hovertext: found.map((cluster) => `${many(cluster.count, 'record', 'records')} about ${where(cluster)}`),
          marker: {
            size: found.map(({ count }) => size(count)), color: colour('mark'), opacity: 0.72, line: { color: colour('card'), width: 1 },
          },
        }],
        layout: {
          height: Math.max(180, Math.min(600, Math.round((chart.clientWidth || 400) * 0.5))), margin: { l: 0, r: 0, t: 0, b: 0 }, dragmode: 'pan',
          geo: {
            scope: 'world', resolution: 110, projection: { type: 'equirectangular', scale: view.scale, rotation: { lon: view.longitude } },
            center: { lon: view.longitude, lat: view.latitude }, bgcolor: 'rgba(0,0,0,0)', showframe: false,
            showland: true, landcolor: colour('land'), showcoastlines: true, coastlinecolor: colour('dim'), coastlinewidth: 0.6,
            showcountries: true, countrycolor: colour('line'), countrywidth: 0.6, showocean: false, showlakes: false,
          },
        },
      };
    },
    drawn: (drawn) => {
      drawn.on('plotly_relayout', (changed) => {
        if (!Object.keys(changed).some((key) => key.startsWith('geo.'))) return;
        const { projection, center } = drawn._fullLayout.geo;
        const before = level(drawn.clientWidth);
        Object.assign(view, { scale: projection.scale, longitude: projection.rotation.lon, latitude: center.lat });
        if (level(drawn.clientWidth) !== before) drawFigure(figure);
      });
      drawn.on('plotly_click', ({ points: [{ lon, lat }] }) => look({ scale: view.scale * 3, longitude: lon, latitude: lat }));
    },
  });
  const { chart } = figure;
  const look = ({ scale, longitude = view.longitude, latitude = view.latitude }) => {
    view.scale = Math.max(FARTHEST, Math.min(NEAREST, scale));
    view.longitude = (longitude + 540) % 360 - 180;
    view.latitude = view.scale === FARTHEST ? 0 : Math.max(-85, Math.min(85, latitude));
    return drawFigure(figure);
  };
  const move = (east, north) => {
    const step = 90 / view.scale;
    look({ scale: view.scale, longitude: view.longitude + east * step, latitude: view.latitude + north * step / 2 });
  };
};
