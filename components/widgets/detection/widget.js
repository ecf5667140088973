/* A text searched for the watermark: its green words, its score, what that means, and the score before it.
   In scope: element, props, watch (see components/widgets/base.py). */
const { words, make, card, number, percent, pin, tokens, announce, experiment } = window.playground;

const view = card(words("text.detect.title"), element.querySelector(".pg-widget"));
const score = make("span", { class: "pg-detect-z pg-number", text: "–" });
const earlier = make("span", { class: "pg-hint pg-number" });
const verdict = make("p", { class: "pg-detect-verdict", role: "status", text: words("text.detect.empty") });
const facts = make("p", { class: "pg-hint pg-number" });
const text = make("div", { class: "pg-detect-text", dir: "auto", role: "group", "aria-label": words("text.detect.tokens") });
const reading = make("p", { class: "pg-hint pg-number pg-detect-reading" });
view.body.append(make("div", { class: "pg-detect-score" }, score, earlier), verdict, facts, text, reading);

let record = null;
const z = (value) => (Number.isFinite(value) ? number(value, 2) : "–");
const hint = () => { reading.textContent = record?.tokens.length ? words("text.detect.hint") : ""; };

function say(target) {
  const token = record.tokens[Number(target.dataset.index)];
  const kind = token.green === null ? "tell_first" : token.green ? "tell" : "tell_not";
  reading.replaceChildren(make("bdi", { class: "pg-lanes-word", text: tokens.spoken(tokens.shown(token)) }), ` ${words(`text.detect.${kind}`, { z: z(token.z) })}`);
}
pin(text, ".pg-tok", say, hint);
tokens.walk(text, () => [...text.querySelectorAll(".pg-tok")]);
text.addEventListener("keydown", (event) => {
  if ((event.key !== "Enter" && event.key !== " ") || !event.target.matches?.(".pg-tok")) return;
  event.preventDefault();
  event.target.click();
});

function tokenElement(token, index) {
  const span = make("span", { class: "pg-tok", role: "button", tabindex: index ? -1 : 0, "data-index": index });
  if (token.green) span.dataset.green = "";
  if (token.bytes) span.dataset.piece = "";
  if (!tokens.shown(token).trim()) span.setAttribute("aria-label", tokens.named(tokens.shown(token)));
  return tokens.fill(span, tokens.shown(token), { flowing: true });
}

function receive(value) {
  earlier.textContent = Number.isFinite(record?.z) ? words("text.detect.before", { z: z(record.z) }) : "";
  record = value;
  score.textContent = words("text.detect.z", { z: z(value.z) });
  view.element.dataset.verdict = value.verdict;
  verdict.textContent = words(`text.detect.${value.verdict}`, { threshold: number(value.threshold, 0), p: percent(value.p_value ?? NaN),
    scored: number(value.scored, 0), least: number(value.least, 0) });
  const ratio = value.settings?.greenlist_ratio;
  facts.textContent = value.scored ? `${words("text.detect.facts", { green: number(value.green, 0), scored: number(value.scored, 0),
    share: percent(value.green / value.scored), expected: percent(ratio ?? NaN) })} ${words("text.detect.repeats")}` : "";
  const whole = new Map(tokens.wholes(value.tokens).map((found) => [found.end, found.text]));
  text.replaceChildren(...value.tokens.flatMap((token, i) => [tokenElement(token, i), ...(whole.has(i) ? [make("span", { class: "pg-whole", text: whole.get(i) })] : [])]));
  hint();
  announce(`${score.textContent} ${verdict.textContent}`);
}
hint();
experiment({ name: "text-detect", props, watch, once: "verdict", show: receive });
