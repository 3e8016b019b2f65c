// Live rows: the server's events paint the table that is already there. Nothing is lost without it.

import { presence } from "./presence.js";

const table = document.querySelector("[data-live]");
const words = document.querySelector("#words")?.content;
const lost = document.querySelector("[data-live-lost]");

const say = (kind, code) =>
  code ? (words?.querySelector(`[data-word="${kind}:${CSS.escape(code)}"]`)?.textContent ?? code) : "";

const write = (row, name, text) => {
  const cell = row.querySelector(`[data-cell="${name}"]`);
  if (cell && cell.textContent !== text) cell.textContent = text;
};

function chip(row, kind, state) {
  const span = row.querySelector('[data-cell="state"] .chip');
  if (!span || span.classList.contains(`chip-${state}`)) return;
  span.className = `chip chip-${state}`;
  span.textContent = say(kind, state);
}

const clock = (at) =>
  at ? new Date(at).toLocaleTimeString("en-GB", { timeZone: "Asia/Ho_Chi_Minh" }) : "";

function paintDelivery(row, change) {
  chip(row, "delivery", change.state);
  write(row, "plays", `${change.plays}/${change.planned}`);
  write(row, "evidence", say("evidence", change.evidence));
  write(row, "reason", say("reason", change.reason));
  write(row, "first", clock(change.first_sound_at));
  row.classList.add("fresh");
  setTimeout(() => row.classList.remove("fresh"), 2500);
}

// A node falls silent without an event: its chip follows the clock.
function paintPresence(row) {
  const { seen, online, every } = row.dataset;
  if (!seen) return;
  chip(row, "presence", presence({ seen: new Date(seen), online, every: Number(every) }, table.dataset));
}

function paintNode(row, change) {
  row.dataset.seen = change.seen_at;
  row.dataset.online = change.online ? "yes" : "";
  row.dataset.every = change.every_s;
  paintPresence(row);
  const ago = row.querySelector('[data-cell="state"] .soft');
  if (ago) ago.textContent = say("ago", "now");
}

// Totals count nodes of other pages too: only the server knows them. Once in two seconds is enough.
let asked = 0;
function freshen() {
  const part = document.querySelector("[data-part]");
  if (!part || asked) return;
  asked = setTimeout(async () => {
    asked = 0;
    const answer = await fetch(part.dataset.part).catch(() => null);
    if (answer?.ok && !answer.redirected) part.innerHTML = await answer.text();
  }, 300 + Math.random() * 1500);
}

// The first row comes within a blink of the approval: what the page has just said stays said.
const SAID = "loa-said";

function again() {
  const said = [...document.querySelectorAll("main > .notice[role=status]")].map((one) => [one.className, one.textContent]);
  sessionStorage.setItem(SAID, JSON.stringify(said));
  location.reload();
}

function say_again() {
  const said = JSON.parse(sessionStorage.getItem(SAID) ?? "[]");
  sessionStorage.removeItem(SAID);
  for (const [kind, text] of said.reverse()) {
    const notice = Object.assign(document.createElement("div"), { className: kind, textContent: text });
    notice.setAttribute("role", "status");
    document.querySelector("main").prepend(notice);
  }
}

function start() {
  say_again();
  const fleet = "late" in table.dataset;
  const { only } = table.dataset;  // the page of one node
  const source = new EventSource(table.dataset.live);
  const alive = () => { lost.hidden = true; };
  source.addEventListener("open", alive);
  source.addEventListener("error", () => { lost.hidden = false; });
  source.addEventListener("resync", only ? freshen : again);
  source.addEventListener("row", (event) => {
    alive();
    const change = JSON.parse(event.data);
    if (only && change.node !== only) return;
    dispatchEvent(new CustomEvent("loa-row", { detail: change }));  // for the map beside the table
    const row = table.querySelector(`tr[data-node="${CSS.escape(change.node)}"]`);
    if (row) (fleet ? paintNode : paintDelivery)(row, change);
    else if (!fleet && !table.querySelector("tr[data-node]")) again();
    freshen();
  });
  if (fleet) setInterval(() => table.querySelectorAll("tr[data-node]").forEach(paintPresence), 5000);
  if (only) setInterval(freshen, 30_000);  // one that falls silent sends no event
  addEventListener("offline", () => { lost.hidden = false; });
  addEventListener("beforeunload", () => source.close());
}

if (table) start();
