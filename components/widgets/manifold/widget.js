/* The manifold as a sheet of images; a press on one goes there on the map.
   In scope: element, props, watch (components/widgets/base.py). */
const { words, card, number, vae, imageGrid, images, besideMap, download, experiment } = window.playground;

const view = card(words("vae.manifold.card"), element.querySelector(".pg-widget"));
let z = [], shown = null; // numbers along a side, and the model that is shown
const place = (n) => [z[n % z.length], z[z.length - 1 - Math.floor(n / z.length)]]; // from the top left: z₂ grows upwards
const grid = imageGrid({ label: words("vae.manifold.label"), columns: 20, onpick: (n) => vae.settle(...place(n)),
  say: (n) => (n === null ? words("vae.manifold.hint") : words("vae.map.here", { z1: number(place(n)[0], 2), z2: number(place(n)[1], 2) })) });
view.body.append(grid.element);
view.controls.append(window.playground.make("button", { type: "button", class: "pg-button", text: words("vae.png"), onclick: () => {
  if (shown) grid.element.querySelector("canvas").toBlob((blob) => download(`manifold-${shown}.png`, blob));
} }));

async function show(value) {
  const { data } = await images(value.images), n = value.z.length, sheet = new Uint8Array(data.length);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) sheet.set(data.subarray(784 * (i * n + j), 784 * (i * n + j + 1)), 784 * ((n - 1 - j) * n + i));
  }
  [z, shown] = [value.z, value.model.id];
  view.readout.textContent = words("vae.manifold.readout", { model: vae.title(shown), n });
  grid.show({ data: sheet, count: n * n }, n);
}

besideMap({ run: "vae-manifold-run", element: view.element, shown: () => (vae.map()?.grid ? shown : vae.map()?.model.id) });
experiment({ name: "vae-manifold", props, watch, once: "images", show });
