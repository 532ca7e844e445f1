// The run in words and numbers.

const addSummary = () => {
  const [records, failed] = [run.records, run.failed];
  const rows = records + failed;
  byId('run').textContent = run.url;
  document.title = `${run.url} · imgmeta report`;
  byId('made').textContent = `Made ${run.made.replace('T', ' ').replace('Z', ' UTC')} by imgmeta ${run.version}`;
  byId('foot').textContent = 'This page holds all it shows and fetches nothing. Coastlines: Natural Earth (public domain). Charts: plotly.js (MIT).';
  const retryable = run.failures.count.reduce((sum, count, at) => sum + (run.failures.retryable[at] ? count : 0), 0);
  const [whole, read, sized] = ['whole', 'read_of_whole', 'sized'].map(all);
  const located = run.places.count.reduce((sum, count) => sum + count, 0);
  const card = (name, value, more) => element('div', {},
    element('dt', { text: name }), element('dd', { text: value }, element('small', { text: more })));
  byId('cards').append(
    card('Rows', number(rows), 'each a record or a failure'),
    card('Records', number(records), share(records, rows)),
    card('Failures', number(failed), failed ? `${share(failed, rows)}${retryable ? `; ${number(retryable)} may pass` : ''}` : 'none'),
    card('Size of the images', bytes(whole), sized < records ? `known of ${number(sized)}` : 'all together'),
    card('Read of them', bytes(read), `${share(Math.max(0, whole - read), whole)} saved`),
    card('With a position', number(located), share(located, records)),
  );
  byId('words').append(...words({ records, failed, rows, retryable, located }).map((text) => element('p', { text })));
};

const words = ({ records, failed, rows, retryable, located }) => {
  const most = (by) => ranked(new Map(slotSums(by).map((count, id) => [id, count]))).filter(([id]) => id > OTHER);
  const named = (by, [id, count]) => `${names[by][id]} (${share(count, records)})`;
  const said = [];
  const formats = most('format');
  if (formats.length) {
    const second = formats[1] ? `, then ${named('format', formats[1])}` : '';
    said.push(`Of ${many(rows, 'row', 'rows')}, ${many(records, 'is a record', 'are records')}. Most are ${named('format', formats[0])}${second}.`);
  } else {
    said.push(`Of ${many(rows, 'row', 'rows')}, none is a record.`);
  }
  const years = most('year').map(([id]) => Number(names.year[id]));
  if (years.length) {
    const span = Math.min(...years) === Math.max(...years) ? `in ${years[0]}` : `from ${Math.min(...years)} to ${Math.max(...years)}, most often in ${years[0]}`;
    said.push(`Those with a date were taken ${span}; ${share(located, records)} of the records say where.`);
  }
  const cameras = most('camera');
  if (cameras.length) said.push(`The most frequent camera is ${named('camera', cameras[0])}.`);
  const [kind] = failureRows('kind');
  if (kind) {
    const again = retryable ? ` ${many(retryable, 'failure', 'failures')} may pass when read again: imgmeta retry.` : '';
    said.push(`${many(failed, 'row', 'rows')} failed, most often as ${kind.label} (${number(kind.count)}): ${run.failures.hints[kind.id]}.${again}`);
  }
  return said;
};
