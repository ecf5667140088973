const { make, words, sentence, on, bytes, percent } = window.playground;

const said = make("span", {});
const notice = make("span", { class: "pg-notice" });
const progress = make("progress", { max: 1, "aria-label": words("status.progress") });
const line = make("p", { class: "pg-status", role: "status" }, said, progress, notice);
element.querySelector(".pg-widget").replaceChildren(line);

/** It is an estimate, so it is told in rounded numbers, and never as less than a second. */
function queued(position, wait) {
  if (wait === undefined) return words("status.queued", { position });
  const size = wait < 10 ? 1 : wait < 60 ? 5 : 30;
  return words("status.queued_for", { position, seconds: Math.max(size, size * Math.round(wait / size)) });
}

/** The error with its setting called what its control is called here, and an empty field called empty. */
function named({ values, ...error }) {
  const called = [tab.replaceAll("-", "."), tab.split("-")[0]].map((place) => `${place}.${values?.field}.label`).find((key) => words(key) !== key);
  const value = values?.value === "None" ? { value: words("status.nothing") } : {};
  return { ...error, values: { ...values, ...value, ...(called ? { field: words(called) } : {}) } };
}

function phrase(run) {
  if (run.error) return sentence(named(run.error));
  if (run.state === "queued") return queued(run.position ?? 1, run.wait);
  if (run.state === "loading") {
    return words("status.loading", { progress: percent(run.progress ?? 0), bytes: run.bytes ? `· ${bytes(run.bytes)}` : "" });
  }
  if (run.state === "done") return run.reason ? words(`reason.${run.reason}`) : words("status.done");
  return run.state ? words(`status.${run.state}`) : words("status.ready");
}

function show(run) {
  if (run.state === "done") refused = "";
  said.textContent = phrase(run);
  line.classList.toggle("pg-failed", Boolean(run.error));
  progress.hidden = run.state !== "loading";
  progress.value = run.progress ?? 0;
  notice.textContent = [...(run.notices || []).map(sentence), refused].join(" ").trim();
  latest = run;
}

const REFUSED = 5000; // ms that a change which a run cannot use is told beside what the run says
let latest = {}, refused = "", forgetting = 0;

/** The run goes on with what it had; what it says next is not to cover why. */
function refuse(error) {
  clearTimeout(forgetting);
  forgetting = setTimeout(() => { refused = ""; show(latest); }, REFUSED);
  refused = sentence(named(error));
  show(latest);
}

const tab = props.value?.tab ?? element.closest("[id$='-status']").id.slice(0, -"-status".length); // an error may have taken its place
show({});
on(`${tab}.status`, (run) => show(run || {}));
watch("value", () => {
  if (props.value?.error && ["running", "paused"].includes(latest.state)) refuse(props.value.error);
  else if (props.value?.state || props.value?.error) show(props.value);
});
