/* What is known of a model before it is fetched. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, bytes, join, unpack, whenSeen } = window.playground;

const said = make("p", { class: "pg-offer", "aria-live": "polite" });
element.querySelector(".pg-widget").replaceChildren(said);

function show() {
  const offer = unpack(props.value);
  if (!offer) return;
  const state = offer.here ? "here" : !offer.fits ? "too_big" : offer.reachable ? "away" : "offline";
  said.dataset.state = state;
  said.textContent = join(words("offer.facts", { title: offer.title, repo: offer.repo, size: bytes(offer.bytes), memory: bytes(offer.memory), licence: offer.licence }),
    words(`offer.${state}`, { title: offer.title }));
}

watch("value", show);
show();
whenSeen(element, () => { if (!unpack(props.value)) trigger("looked", null); });
