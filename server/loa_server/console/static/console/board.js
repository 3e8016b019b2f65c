// The board of an emergency: each event of the ledger asks for the numbers anew, once a second at most.

const board = document.querySelector("#board");
const lost = document.querySelector("[data-live-lost]");
const since = document.querySelector("[data-since]");
let asked = 0;

function freshen() {
  if (!since) location.reload(); // the first word since the signature: now there is much more to say
  if (asked || !since) return;
  asked = setTimeout(async () => {
    asked = 0;
    const answer = await fetch("?part=board").catch(() => null);
    lost.hidden = Boolean(answer);
    if (answer?.ok && !answer.redirected) board.innerHTML = await answer.text();
  }, 700 + Math.random() * 300);
}

if (since) {
  const began = Date.now() - 1000 * Number(since.dataset.since);
  setInterval(() => { since.textContent = Math.round((Date.now() - began) / 1000); }, 1000);
}

const source = new EventSource(board.dataset.live);
source.addEventListener("open", () => { lost.hidden = true; });
source.addEventListener("error", () => { lost.hidden = false; });
source.addEventListener("row", freshen);
source.addEventListener("resync", freshen);
addEventListener("beforeunload", () => source.close());
