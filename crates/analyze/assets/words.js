// Numbers as people write them, and elements whose text is only ever text.

const whole = new Intl.NumberFormat('en');
const number = (value) => whole.format(value);
const share = (part, all) => {
  if (!all) return '0 %';
  const percent = 100 * part / all;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent.toFixed(percent < 99.95 || part === all ? 1 : 2).replace(/\.0$/, '')} %`;
};
const bytes = (value) => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let at = 0;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at += 1;
  }
  return `${at ? value.toFixed(value < 100 ? 1 : 0) : number(value)} ${units[at]}`;
};
const many = (count, one, more) => `${number(count)} ${count === 1 ? one : more}`;

/** Text of the run for a chart, which takes some markup: none is left in it, nor what moves the line. */
const plain = (text) => String(text)
  .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd')
  .replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const short = (text, most) => (text.length > most ? `${[...text].slice(0, most - 1).join('')}…` : text);

/** An element. Strings among the children are text, whatever is in them. */
const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'text') made.textContent = value;
    else if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, '');
    else if (value !== false && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
};
const byId = (id) => document.getElementById(id);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const narrow = () => window.innerWidth <= 720;

/** Rows as CSV. A cell of text that a spreadsheet would compute is kept from it by a quote before it. */
const csv = (columns, rows) => {
  const cell = (value) => {
    if (typeof value === 'number') return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [columns.map((column) => column.name), ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
};
