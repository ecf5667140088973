/* Save the networks of the run on screen, or open such a file: the controls are then set to go on from it.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, unpack, sentence, decode, number, bytes, download, drop, toast, gan } = window.playground;
const ENDING = ".safetensors", LIMIT = 5 * 1024 * 1024, CHUNK = 32_768;

const word = (key, values) => words(`gan.files.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const picker = make("input", { type: "file", accept: ENDING, hidden: true, onchange: () => { open(picker.files[0]); picker.value = ""; } });
const button = (key, act) => make("button", { type: "button", class: "pg-button", text: word(key), onclick: act });
const said = make("p", { class: "pg-gan-file", role: "status", text: word("nothing") });
view.body.append(said);
view.controls.append(button("save", save), button("open", () => picker.click()), picker);
drop(element, { ending: ENDING, limit: LIMIT, onfile: open });

let asked = 0; // so that an answer to an older question says nothing
let name = ""; // of the file that is being opened

function ask(event, question) {
  asked += 1;
  said.textContent = word("waiting");
  trigger(event, { ...question, asked: String(asked) });
}

function save() {
  ask("wanted", { checkpoint: gan.run()?.checkpoint?.id ?? "" });
}

async function open(file) {
  if (!file) return;
  if (file.size > LIMIT) { toast(words("drop.too_big", { size: bytes(file.size), limit: bytes(LIMIT) })); return; }
  const data = new Uint8Array(await file.arrayBuffer()), text = [];
  for (let at = 0; at < data.length; at += CHUNK) text.push(String.fromCharCode(...data.subarray(at, at + CHUNK)));
  name = file.name;
  ask("opened", { file: { shape: [data.length], dtype: "uint8", base64: btoa(text.join("")) } });
}

async function receive() {
  const value = unpack(props.value);
  if (value?.state !== "done" || value.asked !== String(asked)) return;
  if (value.error) { said.textContent = sentence(value.error); return; }
  if (value.what === "save_gan") {
    const { data } = await decode(value.file);
    const file = `gan-${value.step}${ENDING}`;
    download(file, new Blob([data]));
    said.textContent = word("saved", { file, size: bytes(data.length), step: number(value.step, 0) });
  } else {
    gan.file = { start: value.checkpoint.id, ...value.settings };
    trigger("loaded", null);
    said.textContent = word("loaded", { file: name, step: number(value.checkpoint.step, 0) });
  }
}

watch("value", receive);
