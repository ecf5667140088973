/* The attention run on screen, and what is looked at in it: playground.attention. All its widgets draw from here, so
   another head, another token, another view ask nobody.

   frame()  the run: {tokens, layers, heads, causal, markers, masks, kinds, says, settings, …} or null
   head() · query() · off()   the open head {layer, head} (-1: the mean), the token looked at (-1: none), heads that are off
   pick(layer, head) · look(position) · toggle(heads) change them
   matrix(layer, head)  the weights of a head, or a mean: {side, at(i, j)}, null while they are not here
   costs()  of each head what switching it off costs in bits, once they were all tried; compared() heads beside the open one
   Bus: attention.frame, attention.head, attention.query, attention.off, attention.sink,
   attention.view, attention.costs, attention.compared, attention.wanted */
(() => {
  "use strict";
  const { emit, on, last, decode, words } = window.playground;
  // of heads whose links are compared: Okabe and Ito's hues that mean nothing else on the page
  const HUES = ["#56B4E9", "#E69F00", "#CC79A7", "#999933", "#882255", "#44AA99"];

  let run = null; // what `receive` has unpacked
  let head = { layer: 0, head: 0 };
  let query = -1;
  let off = new Set(); // layer · heads + head
  let sink = false; // whether the first token's column is hidden
  let view = "matrix"; // or "links"
  let costs = null; // of each head, in bits, once they were tried
  let compared = []; // numbers of heads that show their links beside the open one's
  let means = new Map();

  const frame = () => run?.frame ?? null;
  const settings = () => last("attention.settings") ?? {};

  /** Where the weight of query i on key j stands in a packed matrix. */
  const place = (side, i, j) => (run.frame.causal ? (i * (i + 1)) / 2 + j : i * side + j);
  const sizeOf = (side) => (run.frame.causal ? (side * (side + 1)) / 2 : side * side);

  /** A new run: its arrays are unpacked once. */
  async function receive(value) {
    const [levels, weights, scores] = await Promise.all([value.maps?.levels, value.open?.weights, value.kinds?.scores]
      .map((array) => (array ? decode(array) : null)));
    if (!value.maps) { // one more head of the text on screen, in full
      if (run && same(run.frame.settings, value.settings)) {
        run.opened.set(`${value.open.layer}.${value.open.head}`, weights.data);
        emit("attention.head", head);
      }
      return;
    }
    run = { frame: { ...value, scores }, levels: levels.data, block: value.maps.block, side: value.maps.side,
      opened: new Map([[`${value.open.layer}.${value.open.head}`, weights.data]]) };
    means = new Map();
    [costs, compared] = [null, []];
    const { tokens, layers, heads } = run.frame;
    head = { layer: Math.min(value.open.layer, layers - 1), head: Math.min(value.open.head, heads - 1) };
    query = query < tokens.length ? query : -1;
    off = new Set(same(settings(), run.frame.settings) ? wantedOff().filter((n) => n < layers * heads) : []);
    emit("attention.frame", run.frame);
    emit("attention.off", off);
    emit("attention.head", head);
  }

  const TEXT = ["text", "second", "model", "copies"];
  const same = (a, b) => TEXT.every((name) => a?.[name] === b?.[name]);
  const wantedOff = () => (Array.isArray(settings().off) ? settings().off : []);

  // ---------------------------------------------------------------- weights
  /** The small map of one head: {side, block, at(i, j)}, the largest weight of each of its cells. */
  function map(layer, number) {
    const { side, levels, block } = run;
    const from = (layer * run.frame.heads + number) * sizeOf(side);
    return { side, block, at: (i, j) => (levels[from + place(side, i, j)] / 255) ** 2 };
  }

  /** All weights of a head, or of a mean (head -1 of a layer, layer -1 of all): {side, at(i, j)}; null when not here. */
  function matrix(layer, number) {
    const side = run.frame.tokens.length;
    const exact = run.opened.get(`${layer}.${number}`);
    if (exact) return { side, at: (i, j) => exact[place(side, i, j)] };
    if (run.block > 1) return null;
    if (layer >= 0 && number >= 0) return map(layer, number);
    const key = `${layer}.${number}`;
    if (!means.has(key)) means.set(key, mean(layer));
    const data = means.get(key);
    return { side, at: (i, j) => data[place(side, i, j)] };
  }

  function mean(layer) {
    const { heads, layers } = run.frame, size = sizeOf(run.side);
    const sum = new Float32Array(size);
    const [from, to] = layer >= 0 ? [layer * heads, (layer + 1) * heads] : [0, layers * heads];
    for (let n = from; n < to; n += 1) for (let k = 0; k < size; k += 1) sum[k] += (run.levels[n * size + k] / 255) ** 2;
    return sum.map((total) => total / (to - from));
  }

  /** The same with the first token's column left out and the rest of each row made to sum to 1, where that is wanted.
      Where nothing was left over there is nothing to show. */
  function without(whole) {
    if (!whole || !sink) return whole;
    const rests = new Float64Array(whole.side).fill(-1); // of each row, what is left without its first weight
    const rest = (i) => {
      if (rests[i] < 0) for (let j = 1, sum = 0; j < whole.side && sees(i, j); j += 1) rests[i] = sum += whole.at(i, j);
      return rests[i];
    };
    return { ...whole, at: (i, j) => (j === 0 || rest(i) < 1e-3 ? null : whole.at(i, j) / rest(i)) };
  }
  const seen = (layer, number) => without(matrix(layer, number));
  /** The same of a small map; one whose cells stand for several tokens only leaves its first column out. */
  function seenMap(layer, number) {
    const whole = map(layer, number);
    return whole.block === 1 || !sink ? without(whole) : { ...whole, at: (i, j) => (j === 0 ? null : whole.at(i, j)) };
  }

  /** Whether query i sees key j. */
  const sees = (i, j) => !run.frame.causal || j <= i;

  // ---------------------------------------------------------------- what is looked at
  let picked = 0; // when something was last picked on the pictures

  /** A person picked something on the pictures: the controls are to follow. */
  function follow() {
    picked = performance.now();
    emit("attention.picked", picked);
  }

  function open(layer, number) {
    head = { layer, head: layer < 0 ? -1 : number };
    emit("attention.head", head);
    if (run && !matrix(head.layer, head.head)) emit("attention.wanted", { ...run.frame.settings, ...head });
  }

  function pick(layer, number) {
    if (!run || layer >= run.frame.layers || number >= run.frame.heads) return;
    open(layer, number);
    follow();
  }

  function look(position) {
    query = position;
    emit("attention.query", query);
  }

  /** Switch heads (layer · heads + head each) off, or back on when all of them are off. */
  function toggle(heads) {
    const back = heads.every((n) => off.has(n));
    off = new Set(off);
    for (const n of heads) if (back) off.delete(n); else off.add(n);
    switchOff(off);
    follow();
  }

  function switchOff(heads) {
    off = new Set(heads);
    emit("attention.off", off);
  }

  function only(heads) {
    switchOff(heads);
    follow();
  }

  function hideSink(hidden) {
    sink = hidden;
    emit("attention.sink", sink);
    follow();
  }

  function show(chosen) {
    view = chosen;
    emit("attention.view", view);
    follow();
  }

  function tried(bits) {
    costs = bits;
    emit("attention.costs", costs);
  }

  function compare(numbers) {
    compared = numbers.slice(-HUES.length);
    emit("attention.compared", compared);
  }
  const compareAlso = (number) => compare(compared.includes(number) ? compared.filter((one) => one !== number) : [...compared, number]);

  /** "layer 5 · head 1", "the mean of layer 5", "the mean of all heads". */
  const named = (layer, number) => words(layer < 0 ? "attention.name.all" : number < 0 ? "attention.name.layer" : "attention.name.head", { layer, head: number });

  const SETTLED = 1000; // ms after which what the controls say is no echo of what was picked on the pictures

  // the controls follow what is picked on the pictures, and the other way round (a link, a number typed)
  on("attention.settings", (told) => {
    if (performance.now() - picked < SETTLED) return;
    if (told.sink && (told.sink === "hidden") !== sink) { sink = told.sink === "hidden"; emit("attention.sink", sink); }
    if (told.view && told.view !== view) { view = told.view; emit("attention.view", view); }
    if (!run || !same(told, run.frame.settings)) return;
    const { layers, heads } = run.frame, within = (value, count) => Number.isInteger(value) && value >= -1 && value < count;
    if ((told.layer !== head.layer || told.head !== head.head) && within(told.layer, layers) && within(told.head, heads)) open(told.layer, told.head);
    const wanted = wantedOff().filter((n) => n < layers * heads);
    if (wanted.length !== off.size || wanted.some((n) => !off.has(n))) switchOff(wanted);
  });

  /** What the controls that follow are to say: layer, head, view, sink, off. */
  const chosen = () => [head.layer, head.head, view, sink ? "hidden" : "shown", [...off]];

  window.playground.attention = { frame, head: () => head, query: () => query, off: () => off, sink: () => sink, view: () => view,
    costs: () => costs, worst: () => Math.max(...(costs ?? [0])), compared: () => compared.map((number, i) => ({ number, colour: HUES[i] })),
    receive, matrix, map, seen, seenMap, sees, pick, look, toggle, only, hideSink, show, tried, compare, compareAlso, named, chosen, same };
})();
