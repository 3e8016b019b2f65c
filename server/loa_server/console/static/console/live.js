// Live rows: the server's events paint the table that is already there. Nothing is lost without it.

const table = document.querySelector("[data-live]");
const words = document.querySelector("#words")?.content;
const lost = document.querySelector("[data-live-lost]");

const say = (kind, code) =>
  code ? (words?.querySelector(`[data-word="${kind}:${CSS.escape(code)}"]`)?.textContent ?? code) : "";

const write = (row, name, text) => {
  const cell = row.querySelector(`[data-cell="${name}"]`);
  if (cell && cell.textContent !== text) cell.textContent = text;
};

const chip = (row, kind, state) => {
  const span = row.querySelector('[data-cell="state"] .chip');
  if (!span) return;
  span.className = `chip chip-${state}`;
  span.textContent = say(kind, state);
};

const clock = (at) => (at ? new Date(at).toLocaleTimeString("vi-VN", { timeZone: "Asia/Ho_Chi_Minh", hour12: false }) : "");

function paint(change) {
  const row = table.querySelector(`[data-node="${CSS.escape(change.node)}"]`);
  if (!row) return;
  chip(row, "delivery", change.state);
  write(row, "plays", `${change.plays}/${change.planned}`);
  write(row, "evidence", say("evidence", change.evidence));
  write(row, "reason", say("reason", change.reason));
  write(row, "first", clock(change.first_sound_at));
  row.classList.add("fresh");
  setTimeout(() => row.classList.remove("fresh"), 2500);
}

// Totals count nodes of other pages too: only the server knows them. Once in two seconds is enough.
let asked = 0;
function freshen() {
  const part = document.querySelector("[data-part]");
  if (!part || asked) return;
  asked = setTimeout(async () => {
    asked = 0;
    const answer = await fetch(part.dataset.part, { headers: { "X-Part": "totals" } });
    if (answer.ok) part.innerHTML = await answer.text();
  }, 500 + Math.random() * 1500);
}

export { paint, freshen, table, lost };
