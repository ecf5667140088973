/* What all widgets share, loaded once, before Gradio: window.playground.

   words · errors · language     the page's words in the reader's language (components/locales)
   emit · on · last              a small bus: Gradio's JS-only listeners speak, widgets listen, no request is made
   number · percent · bits …     numbers as people read them
   copy · download · drop        to and from the person's machine
   make · announce · toast       elements whose text is text; words to a screen reader; a line at the foot of the page
   decode · encode · asBase64    arrays from playground/wire.py, and to it

   drawing.js adds the canvas, the card and the scrubber; shell.js what only the page itself needs.
*/
(() => {
  "use strict";
  const dictionaries = window.playgroundWords || {};

  // ---------------------------------------------------------------- words
  const language = dictionaries[navigator.language] ? navigator.language : "en";

  /** The text of `key` in the reader's language, {name} replaced by values.name; the key itself when there is none. */
  function words(key, values = {}) {
    const text = dictionaries[language]?.[key] ?? dictionaries.en?.[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  }

  /** The sentence of an error that the server sent as {key, values, sentence}. */
  function sentence(error) {
    const known = dictionaries[language]?.[`errors.${error.key}`] !== undefined;
    return known ? words(`errors.${error.key}`, error.values) : error.sentence || words("status.lost");
  }

  /** Sentences one after another: with a space between them where the language has one. */
  const join = (...sentences) => sentences.filter(Boolean).join(language === "zh-CN" ? "" : " ");

  /** Words with [[name]] replaced, for Markdown whose LaTeX needs its braces; numbers are escaped to be shown as text. */
  function fill(key, values) {
    const safe = (value) => String(value).replace(/[\\`*_{}[\]<>$&#|~]/g, "\\$&");
    return words(key).replace(/\[\[(\w+)\]\]/g, (whole, name) => (name in values ? safe(values[name]) : "…"));
  }

  // ---------------------------------------------------------------- the bus
  const listeners = new Map();
  const latest = new Map();

  /** Tell everyone who listens to `topic`; the value is kept for those who come later. */
  function emit(topic, value) {
    latest.set(topic, value);
    for (const listener of [...(listeners.get(topic) || [])]) listener(value);
  }

  /** Call `listener` with every value of `topic`, and at once with the latest if there is one. Returns the way to stop.
      With `element` it stops by itself once that has left the page: a closed experiment's widget is gone for good. */
  function on(topic, listener, element = null) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    const stop = () => listeners.get(topic).delete(hear);
    const hear = (value) => (element && !element.isConnected ? stop() : listener(value));
    listeners.get(topic).add(hear);
    if (latest.has(topic)) listener(latest.get(topic));
    return stop;
  }

  const last = (topic) => latest.get(topic);

  // ---------------------------------------------------------------- numbers
  const formats = new Map();
  function number(value, digits = 2) {
    if (!Number.isFinite(value)) return "–";
    if (!formats.has(digits)) {
      formats.set(digits, new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
    }
    return formats.get(digits).format(value);
  }

  /** A probability as people read it: 43.2%, 0.87%, 0.0031%, 0.000012%. */
  function percent(p) {
    if (!Number.isFinite(p)) return "–";
    if (p === 0) return "0%";
    if (p >= 0.99995 && p < 1) return ">99.99%";
    if (p >= 0.0995) return `${number(100 * p, 1)}%`;
    if (p >= 0.001) return `${number(100 * p, 2)}%`;
    if (p >= 1e-7) return `${(100 * p).toFixed(Math.ceil(1 - Math.log10(100 * p)))}%`;
    return "<0.00001%";
  }

  /** A number that is very large or very small: 4.8 × 10⁻⁷; a power of ten alone with digits = 0 and no other factor. */
  function scientific(value, digits = 1) {
    const [factor, power] = value.toExponential(digits).split("e");
    const raised = `10${[...power.replace("+", "")].map((one) => (one === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(one)])).join("")}`;
    return factor === "1" ? raised : `${factor.replace("-", "−")} × ${raised}`;
  }

  const bits = (value) => words("units.bits", { n: number(value, 2) });

  function bytes(value) {
    const step = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
    return `${number(value / 1000 ** step, step ? 1 : 0)} ${["B", "kB", "MB", "GB"][step]}`;
  }

  // ---------------------------------------------------------------- elements and messages
  /** An element: make("p", {class: "hint", text: "…"}, child, …). Text goes in as text, never as HTML. */
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "text") element.textContent = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }

  /** Say something to a screen reader, without moving anything on screen. */
  function announce(message) {
    let region = document.getElementById("pg-announce");
    if (!region) {
      region = make("div", { id: "pg-announce", class: "pg-unseen", role: "status", "aria-live": "polite" });
      document.body.append(region);
    }
    region.textContent = message;
  }

  /** A line at the foot of the page for a few seconds: what was copied, what a link asked for in vain. */
  function toast(message, seconds = 6) {
    const element = make("div", { class: "pg-toast", text: message });
    document.querySelectorAll(".pg-toast").forEach((old) => old.remove());
    document.body.append(element);
    announce(message);
    setTimeout(() => element.remove(), 1000 * seconds);
  }

  // ---------------------------------------------------------------- the person's machine
  /** Copy text; on pages without the clipboard API (plain http on a network) through a selected textarea. */
  async function copy(text, done = words("copied")) {
    let copied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { class: "pg-unseen", readonly: true, "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      copied = document.execCommand("copy");
      area.remove();
    }
    toast(copied ? done : words("copy_failed"));
    return copied;
  }

  /** Save `content` (a Blob, text, or any JSON value) as a file. */
  function download(name, content) {
    const isText = typeof content === "string";
    const blob = content instanceof Blob ? content
      : new Blob([isText ? content : JSON.stringify(content, null, 1)], { type: isText ? "text/plain" : "application/json" });
    const url = URL.createObjectURL(blob);
    const link = make("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  /** Let a file be dropped on `element`: onfile(file) for one that ends in `ending` and has at most `limit` bytes. */
  function drop(element, { ending = ".json", limit = 4e6, onfile }) {
    const isFile = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
    element.addEventListener("dragover", (event) => {
      if (!isFile(event)) return;
      event.preventDefault();
      element.setAttribute("data-dropping", "");
    });
    element.addEventListener("dragleave", () => element.removeAttribute("data-dropping"));
    element.addEventListener("drop", (event) => {
      if (!isFile(event)) return;
      event.preventDefault();
      element.removeAttribute("data-dropping");
      const file = event.dataTransfer.files[0];
      if (!file) return;
      if (!file.name.toLowerCase().endsWith(ending)) toast(words("drop.wrong_kind", { name: file.name, ending }));
      else if (file.size > limit) toast(words("drop.too_big", { size: bytes(file.size), limit: bytes(limit) }));
      else onfile(file);
    });
  }

  // ---------------------------------------------------------------- values and arrays
  /** A widget's value as plain data of one's own: the server packs what it streams into one text (components/runs.py). */
  function unpack(value) {
    if (value === "") return null; // what Gradio hands a gr.HTML that has no value yet
    return typeof value === "string" ? JSON.parse(value) : JSON.parse(JSON.stringify(value ?? null));
  }

  const ARRAYS = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int32: Int32Array, int64: BigInt64Array,
    float32: Float32Array, float64: Float64Array };

  function halfToFloat(half) {
    const sign = half & 0x8000 ? -1 : 1, exponent = (half >> 10) & 31, fraction = half & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15); // the wire carries no infinities
  }

  /** {shape, dtype, base64, zlib} → Promise of {shape, dtype, data}, data a typed array (float16 comes as Float32Array). */
  async function decode(wire) {
    const packed = Uint8Array.from(atob(wire.base64), (c) => c.charCodeAt(0));
    let raw = packed.buffer;
    if (wire.zlib) { // zlib's own format (RFC 1950) is what the web calls "deflate"
      const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
      raw = await new Response(inflated).arrayBuffer();
    }
    const data = wire.dtype === "float16" ? Float32Array.from(new Uint16Array(raw), halfToFloat) : new ARRAYS[wire.dtype](raw);
    return { shape: wire.shape, dtype: wire.dtype, data };
  }

  const asBase64 = (bytes) => btoa(Array.from({ length: Math.ceil(bytes.length / 8192) }, (_, n) => String.fromCharCode(...bytes.subarray(8192 * n, 8192 * (n + 1)))).join(""));

  /** Bytes in several arrays → Promise of the wire form of them one after the other, of this shape, packed. */
  async function encode(arrays, shape) {
    const packed = new Blob(arrays).stream().pipeThrough(new CompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
    return { shape, dtype: "uint8", base64: asBase64(bytes), zlib: true };
  }

  window.playground = Object.assign(window.playground || {}, {
    language, words, sentence, join, fill, emit, on, last, number, scientific, percent, bits, bytes, make, announce, toast, copy, download,
    drop, unpack, decode, encode, asBase64,
  });
})();
