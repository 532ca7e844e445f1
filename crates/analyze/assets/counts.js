// What the page holds, and how it adds up under the filters.

const run = JSON.parse(byId('data').textContent);
const names = run.names;
/** The ids of "there is none" and of "others" in lists of names. */
const NONE = 0;
const OTHER = 1;

/** The filters of records: the id of a name, or null for all. */
const chosen = { format: null, camera: null, year: null };
/** Those of failures. */
const picked = { kind: null, phase: null, host: null };

const isChosen = (slot) => Object.entries(chosen).every(([by, id]) => id === null || run.slots[by][slot] === id);
const isFiltered = () => Object.values(chosen).some((id) => id !== null);

/** The slots that the filters let through, as flags. */
let through = [];
const refilter = () => {
  through = run.slots.records.map((_, slot) => isChosen(slot));
};
refilter();

/** A sum over the slots that are let through. */
const total = (column) => run.slots[column].reduce((sum, value, slot) => sum + (through[slot] ? value : 0), 0);
const all = (column) => run.slots[column].reduce((sum, value) => sum + value, 0);

/** Sums of a column of the slots by one of the filters' names. */
const slotSums = (by, column = 'records') => {
  const sums = names[by].map(() => 0);
  run.slots[column].forEach((value, slot) => {
    if (through[slot]) sums[run.slots[by][slot]] += value;
  });
  return sums;
};

/** Counts of a chart by its values. */
const chartSums = (name) => {
  const { slot, value, count } = run.charts[name];
  const sums = new Map();
  for (let at = 0; at < slot.length; at += 1) {
    if (through[slot[at]]) sums.set(value[at], (sums.get(value[at]) ?? 0) + count[at]);
  }
  return sums;
};

/** Whether a failure is let through. */
const isPicked = (at, of = run.failures) => Object.entries(picked).every(([by, id]) => {
  const value = Array.isArray(of) ? of[at][by] : of[by][at];
  return id === null || value === id;
});
const failureSums = (by) => {
  const sums = new Map();
  run.failures.count.forEach((count, at) => {
    const key = run.failures[by][at];
    if (isPicked(at)) sums.set(key, (sums.get(key) ?? 0) + count);
  });
  return sums;
};
const failureTotal = () => run.failures.count.reduce((sum, count, at) => sum + (isPicked(at) ? count : 0), 0);

/** Rows `[id, count]` of a list of names, the frequent ones first; what stands for none and for others comes last. */
const ranked = (sums) => [...sums].filter(([, count]) => count > 0).sort(([a, of_a], [b, of_b]) => {
  const last = (id) => (id === NONE ? 2 : id === OTHER ? 1 : 0);
  return last(a) - last(b) || of_b - of_a || a - b;
});
