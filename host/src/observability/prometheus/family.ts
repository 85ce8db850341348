/** The most series one family keeps; further label values are counted in one series whose values read `other`. */
const mostSeries = 10_000;

export interface Counter {
  value: number;
}

/** A metric with its labels: each combination of label values is a series, made on first use and kept. */
export interface CounterFamily {
  with(...labelValues: readonly string[]): Counter;
  render(): string;
}

export interface Histogram {
  observe(value: number): void;
}

export interface HistogramFamily {
  with(...labelValues: readonly string[]): Histogram;
  render(): string;
}

/** `fixed` labels stand on every series, already rendered, for example `app_id="a"`. */
export function counterFamily(name: string, help: string, fixed: string, labels: readonly string[]): CounterFamily {
  const series = seriesOf<Counter>(fixed, labels, () => ({ value: 0 }));
  return {
    with: series.with,
    render: () => page(name, help, "counter", series, (rendered, counter) => `${name}{${rendered}} ${counter.value}\n`),
  };
}

/** `bounds` are the upper ends of the buckets, ascending; a last bucket without end is added. */
export function histogramFamily(
  name: string,
  help: string,
  fixed: string,
  labels: readonly string[],
  bounds: readonly number[],
): HistogramFamily {
  const series = seriesOf<BucketHistogram>(fixed, labels, () => new BucketHistogram(bounds));
  return {
    with: series.with,
    render: () => page(name, help, "histogram", series, (rendered, histogram) => histogram.render(name, rendered)),
  };
}

class BucketHistogram implements Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    // Most values fall into the first buckets.
    let index = 0;
    while (index < bounds.length && value > bounds[index]!) index++;
    this.#counts[index]!++;
    this.#sum += value;
  }

  render(name: string, labels: string): string {
    const comma = labels === "" ? "" : ",";
    let text = "";
    let total = 0;
    for (const [index, bound] of this.#bounds.entries()) {
      total += this.#counts[index]!;
      text += `${name}_bucket{${labels}${comma}le="${bound}"} ${total}\n`;
    }
    total += this.#counts[this.#bounds.length]!;
    return `${text}${name}_bucket{${labels}${comma}le="+Inf"} ${total}\n${name}_sum{${labels}} ${this.#sum}\n${name}_count{${labels}} ${total}\n`;
  }
}

interface Series<T> {
  with(...labelValues: readonly string[]): T;
  readonly all: Map<string, T>;
}

function seriesOf<T>(fixed: string, labels: readonly string[], make: () => T): Series<T> {
  const all = new Map<string, T>();
  // Sorted by name, as Prometheus clients print them.
  const order = labels.map((_, index) => index).sort((left, right) => (labels[left]! < labels[right]! ? -1 : 1));
  const rendered = (values: readonly string[]): string => {
    const own = order.map((index) => `${labels[index]}="${labelValue(values[index] ?? "")}"`);
    return (fixed === "" ? own : [fixed, ...own]).join(",");
  };
  return {
    all,
    with(...values) {
      let key = rendered(values);
      let found = all.get(key);
      if (found !== undefined) return found;
      if (all.size >= mostSeries) {
        key = rendered(labels.map(() => "other"));
        found = all.get(key);
        if (found !== undefined) return found;
      }
      all.set(key, (found = make()));
      return found;
    },
  };
}

function page<T>(
  name: string,
  help: string,
  type: string,
  series: Series<T>,
  line: (labels: string, item: T) => string,
): string {
  if (series.all.size === 0) return "";
  let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  for (const [labels, item] of series.all) text += line(labels, item);
  return text;
}

function labelValue(text: string): string {
  return /[\\"\n]/.test(text) ? text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n") : text;
}
