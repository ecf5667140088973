/* A policy that Stable-Baselines3 saved, opened and replayed; the agent on stage, saved for Stable-Baselines3.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, unpack, sentence, decode, number, bytes, download, copy, drop, toast, emit, cart, asker } = window.playground;
const ENDING = ".zip", LIMIT = 4 * 1024 * 1024, CHUNK = 32_768, WEIGHTS = "cartpole.safetensors", SCRIPT = "cartpole_sb3.py";

const word = (key, values) => words(`cartpole.files.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const button = (key, act, more = {}) => make("button", { type: "button", class: "pg-button", text: word(key), onclick: act, ...more });
const picker = make("input", { type: "file", accept: ENDING, hidden: true, onchange: () => { open(picker.files[0]); picker.value = ""; } });
const activation = make("select", { class: "pg-select", id: "cartpole-files-activation", onchange: () => { if (opened) ask("opened", { file: opened.wire, activation: activation.value }); } }, ...["tanh", "relu"].map((act) => make("option", { value: act, text: word(`activation.${act}`) })));
const said = make("p", { class: "pg-runs-said", role: "status", text: word("nothing") });
const picture = make("canvas", { class: "pg-file-cart", role: "img", "aria-label": word("picture") });
const player = cart.player({ label: word("scrub"), text: (i) => word("step", { step: number(i, 0), seconds: number(i * cart.TAU, 2) }), onframe: () => stage.redraw() });
const another = button("another", () => { seed += 1; replay(); }, { disabled: true });
const stageIt = button("on_stage", () => {
  cart.agents.open({ id: agent.checkpoint, file: opened.name });
  emit("cartpole.show", { side: "right", id: agent.checkpoint });
  document.getElementById("cartpole-stage")?.scrollIntoView({ block: "start" });
  said.textContent = word("staged", { file: opened.name });
}, { disabled: true });
const kept = make("p", { class: "pg-runs-said pg-file-kept", role: "status", text: word("nothing_saved") });
const scripts = [button("script", () => download(SCRIPT, script), { disabled: true }), button("copy", () => copy(script), { disabled: true })];
view.body.append(make("div", { class: "pg-file" },
  make("section", {}, make("h4", { text: word("in") }), make("p", { class: "pg-hint", text: word("in_hint") }),
    make("div", { class: "pg-card-controls" }, button("open", () => picker.click()), make("label", { class: "pg-file-activation", for: "cartpole-files-activation", text: word("activation.label") }), activation, picker), said, picture, player.element, make("div", { class: "pg-card-controls" }, another, stageIt)),
  make("section", {}, make("h4", { text: word("out") }), make("p", { class: "pg-hint", text: word("out_hint") }),
    make("div", { class: "pg-card-controls" }, button("save", save), ...scripts), kept)));
drop(element, { ending: ENDING, limit: LIMIT, onfile: open });
player.keys(view.element);

let opened = null; // { name, wire } of the file that was last opened
let agent = null; // what import_policy told of it
let episode = null, seed = 0, script = "";
const stage = canvas(picture, (context, width, height, colours) => {
  const i = Math.floor(player.at());
  cart.draw(context, [0, 0, width, height], episode ? episode.state(i) : [0, 0, 0, 0], { colours, colour: episode ? "model" : "cutFill", action: episode && i < episode.length ? episode.actions[i] : null });
});

const questions = { opened: "import_policy", replayed: "replay_cartpole", saved: "export_policy" };
let event = null; // of the question that is on its way
const question = asker(({ event: which, ...told }) => { event = which; trigger(which, told); });

function ask(which, told) {
  (which === "saved" ? kept : said).textContent = word("waiting");
  question.ask({ event: which, ...told });
}

async function open(file) {
  if (!file) return;
  if (file.size > LIMIT) { toast(words("drop.too_big", { size: bytes(file.size), limit: bytes(LIMIT) })); return; }
  const data = new Uint8Array(await file.arrayBuffer()), text = [];
  if (!data.length) { said.textContent = word("empty", { file: file.name }); return; }
  for (let at = 0; at < data.length; at += CHUNK) text.push(String.fromCharCode(...data.subarray(at, at + CHUNK)));
  opened = { name: file.name, wire: { shape: [data.length], dtype: "uint8", base64: btoa(text.join("")) } };
  ask("opened", { file: opened.wire, activation: activation.value });
}

function replay() { ask("replayed", { checkpoint: agent.checkpoint, seed }); }
function save() { ask("saved", { checkpoint: cart.checkpoint() }); }

async function receive() {
  const value = unpack(props.value);
  if (!value?.asked || !question.answers(value) || value.state !== "done") return;
  if (value.error) { (value.what === questions.saved ? kept : said).textContent = sentence(value.error); return; }
  if (value.what === questions.opened) { [agent, seed] = [value, 0]; replay(); }
  if (value.what === questions.replayed) await play(value);
  if (value.what === questions.saved) await keep(value);
}

async function play(value) {
  episode = await cart.episode(value);
  another.disabled = stageIt.disabled = false;
  said.textContent = word(episode.truncated ? "stood" : "fell", { file: opened.name, algorithm: words(`cartpole.algorithm.choices.${agent.algorithm}`), layers: agent.layers.join("–"), activation: word(`activation.${agent.settings.activation}`), steps: number(episode.length, 0), seed });
  player.resize(episode.length + 1);
  player.set(0);
  player.play();
}

async function keep(value) {
  const { data } = await decode(value.file);
  script = value.script;
  for (const one of scripts) one.disabled = false;
  download(WEIGHTS, new Blob([data]));
  kept.textContent = word("saved", { file: WEIGHTS, size: bytes(data.length), agent: value.settings.checkpoint, script: SCRIPT });
}

watch("value", receive);
