// Words are kept while they are typed: in this browser at once, at the server a moment later. The
// form's own button stays the way on; without this script it is the only one.

const form = document.querySelector("form[data-keeps]");
const QUIET_MS = 1500;  // after the last key
const AGAIN_MS = 5000;  // while the server does not answer

if (form) {
  const banner = document.querySelector("[data-keep-said]");
  const key = `loa-kept:${form.dataset.keeps}`;
  const version = form.querySelector("[name=version]");
  const fields = () => [...form.elements].filter((one) => one.name && !["csrfmiddlewaretoken", "version"].includes(one.name));
  const words = () => Object.fromEntries(fields().filter((f) => !["radio", "checkbox"].includes(f.type) || f.checked).map((f) => [f.name, f.value]));
  const say = (word, kind = "warn") => {
    banner.hidden = !word;
    banner.className = `notice ${kind} keep-said`;
    banner.textContent = word ? banner.dataset[word] : "";
  };
  let waiting = 0, stopped = false;

  const bring_back = () => {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(key)); } catch { /* not ours */ }
    if (!kept || kept.version !== (version?.value ?? "") || form.querySelector("[aria-invalid]")) return;
    let changed = false;
    for (const field of fields()) {
      if (!/^(title|text)_|^(ticker|source_)/.test(field.name) || !(field.name in kept.words)) continue;
      if (field.value !== kept.words[field.name]) { field.value = kept.words[field.name]; changed = true; }
    }
    if (changed) say("back", "info");
  };

  const keep = () => {
    try { localStorage.setItem(key, JSON.stringify({ version: version?.value ?? "", words: words() })); } catch { /* full, or private */ }
  };

  const send = async () => {
    if (stopped || !form.dataset.autosave) return;
    const body = new FormData(form);
    for (const name of [...body.keys()]) if (name.startsWith("doc_")) body.delete(name);  // for the button only
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body, headers: { "X-Autosave": "1" }, redirect: "manual" });
    } catch {
      say("lost", "bad");
      waiting = setTimeout(send, AGAIN_MS);
      return;
    }
    if (answer.ok) {
      version.value = (await answer.json()).version;
      localStorage.removeItem(key);
      say("saved", "good");
    } else if (answer.status === 409) {
      stopped = true;  // the button shows both, and lets a person decide
      say("elsewhere");
    } else if (answer.status === 401 || answer.status === 403) say("signed_out");
    else say("");  // 422: a fault is told when the person presses the button
  };

  form.addEventListener("input", () => {
    keep();
    clearTimeout(waiting);
    waiting = setTimeout(send, QUIET_MS);
  });
  form.addEventListener("submit", () => { clearTimeout(waiting); stopped = true; });
  if ("fresh" in form.dataset) keep(); else bring_back();  // words just taken from a file are newer
}

// The first save of a new bulletin leads on: what was kept for it has arrived.
const arrived = document.querySelector("[data-arrived]");
if (arrived && document.referrer.endsWith("/bulletins/new")) localStorage.removeItem(`loa-kept:${arrived.dataset.arrived}`);
