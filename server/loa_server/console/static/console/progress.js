// A form with files goes up with its percent, then the server's own percent while it prepares them.
// Without this script the page just waits.

const EVERY_MS = 400;

// tell(part, "sending" | "working"), part 0..1; resolves to the request once the server has answered.
export function post(address, body, { headers = {}, tell = () => {} } = {}) {
  const job = Array.from(crypto.getRandomValues(new Uint8Array(12)), (one) => one.toString(16).padStart(2, "0")).join("");
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let asking = 0;
    const ask = async () => {
      try {
        const said = await (await fetch(`/progress/${job}`)).json();
        if ("done" in said) tell(said.done, "working");
      } catch { /* the answer itself will say */ }
    };
    request.upload.onprogress = (event) => { if (event.lengthComputable) tell(event.loaded / event.total, "sending"); };
    request.upload.onload = () => { tell(0, "working"); asking = setInterval(ask, EVERY_MS); };
    request.onloadend = () => clearInterval(asking);
    request.onload = () => resolve(request);
    request.onerror = request.onabort = () => reject(new TypeError("no answer"));
    request.open("POST", address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader("X-Progress", job);
    request.send(body);
  });
}

// Shows it in a [data-progress] place: its bar, and the words that stand in its data.
export function shown(place) {
  const bar = place.querySelector("progress"), said = place.querySelector("[data-progress-said]");
  return (part, what) => {
    place.hidden = false;
    bar.value = part;
    said.textContent = `${place.dataset[what]} ${Math.round(part * 100)} %`;
  };
}

const form = document.querySelector("form[data-progresses]");
if (form) {
  const place = form.querySelector(":scope > [data-progress]");  // each recorder has its own
  form.addEventListener("submit", async (event) => {
    const files = [...form.querySelectorAll("input[type=file]")].some((box) => box.files.length);
    const pressed = event.submitter?.value ?? "save";
    if (!files && !pressed.startsWith("speak:")) return;  // nothing to wait for
    event.preventDefault();
    const body = new FormData(form);
    body.set("do", pressed);
    let answer;
    try {
      answer = await post(form.action, body, { tell: shown(place) });
    } catch {
      place.hidden = true;
      form.classList.remove("busy");
      form.querySelector("[data-progress-lost]").hidden = false;
      return;
    }
    let said = {};
    try { said = JSON.parse(answer.responseText); } catch { /* a page: the session is over, or too much was sent */ }
    if (said.go) location.assign(said.go);
    else location.reload();
  });
}
