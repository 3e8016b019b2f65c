// The map on one canvas: a point's shape says its state as its colour does. No tiles, no other origin.

import { presence } from "./presence.js";

const L = window.L;
const box = document.querySelector("#map");
const LOOKS = {
  online: { sides: 0, fill: "#1b7a43" },
  late: { sides: 3, fill: "#c98a10" },
  offline: { sides: 4, fill: "#b3261e" },
  never: { sides: -4, fill: "#51606b" },
  revoked: { sides: -4, fill: "#9aa8b3" },
};

// Sides of a polygon around the point; 0 is a circle, a negative number stands on its tip.
const Mark = L.CircleMarker.extend({
  _updatePath() {
    const canvas = this._renderer;
    if (!canvas._drawing || this._empty()) return;
    const { x, y } = this._point;
    const context = canvas._ctx;
    const radius = this._radius;
    const { sides } = this.options;
    context.beginPath();
    if (sides) {
      const count = Math.abs(sides);
      const first = sides === 4 ? Math.PI / 4 : -Math.PI / 2;
      for (let n = 0; n < count; n++) {
        const angle = first + (n * 2 * Math.PI) / count;
        context.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
      }
      context.closePath();
    } else {
      context.arc(x, y, radius, 0, Math.PI * 2);
    }
    canvas._fillStroke(context, this);
  },
});

function look(state) {
  const { sides, fill } = LOOKS[state] ?? LOOKS.never;
  return { sides, fillColor: fill };
}

function draw(map, told) {
  const outlines = L.layerGroup();
  for (const [name, polygons] of told.areas) {
    const rings = polygons.map((polygon) => polygon.map((ring) => ring.map(([lon, lat]) => [lat, lon])));
    L.polygon(rings, { color: "#5a6b78", weight: 1, fillColor: "#dfe8ee", fillOpacity: 0.5, interactive: false })
      .bindTooltip(name)
      .addTo(outlines);
  }
  outlines.addTo(map);
  const marks = [];
  for (const [id, lat, lon, state, name, heard, online, every] of told.nodes) {
    const mark = new Mark([lat, lon], { radius: 7, weight: 1, color: "#fff", fillOpacity: 1, ...look(state) });
    mark.node = { id, name, state, seen: heard * 1000, online, every };
    marks.push(mark);
    mark.addTo(map);
  }
  return marks;
}

function listen(map, marks) {
  const words = JSON.parse(box.dataset.words);
  const tip = L.tooltip({ direction: "top", offset: [0, -8] });
  for (const mark of marks) {
    mark.on("click", () => location.assign(box.dataset.node.replace("__", encodeURIComponent(mark.node.id))));
    mark.on("mouseover", () => {
      const said = document.createElement("span");
      said.textContent = `${mark.node.name} · ${words[mark.node.state] ?? mark.node.state}`;
      tip.setLatLng(mark.getLatLng()).setContent(said).addTo(map);
    });
    mark.on("mouseout", () => tip.remove());
  }
}

// What live.js hears of a node, and what time does to the others.
function follow(marks) {
  const paint = (mark) => {
    const { node } = mark;
    if (!node.seen || node.state === "revoked") return;
    const state = presence(node, box.dataset);
    if (state === node.state) return;
    node.state = state;
    mark.setStyle(look(state));
  };
  const found = new Map(marks.map((mark) => [mark.node.id, mark]));
  addEventListener("loa-row", ({ detail }) => {
    const mark = found.get(detail.node);
    if (!mark) return;
    Object.assign(mark.node, { seen: Date.parse(detail.seen_at), online: detail.online, every: detail.every_s });
    paint(mark);
  });
  setInterval(() => marks.forEach(paint), 5000);
}

async function start() {
  const answer = await fetch(box.dataset.points).catch(() => null);
  if (!answer?.ok || answer.redirected) {
    document.querySelector("[data-map-lost]").hidden = false;
    return;
  }
  const told = await answer.json();
  const began = performance.now();
  const map = L.map(box, { preferCanvas: true, attributionControl: false, zoomSnap: 0.25, zoomControl: false });
  L.control.zoom({ zoomInTitle: box.dataset.nearer, zoomOutTitle: box.dataset.farther }).addTo(map);
  const corners = [
    ...told.nodes.map(([, lat, lon]) => [lat, lon]),
    ...told.areas.flatMap(([, polygons]) => polygons.flat(2).map(([lon, lat]) => [lat, lon])),
  ];
  map.fitBounds(corners.length ? L.latLngBounds(corners).pad(0.05) : [[8.2, 102.1], [23.4, 109.5]], { animate: false });
  const marks = draw(map, told);
  listen(map, marks);
  follow(marks);
  requestAnimationFrame(() => requestAnimationFrame(() => {
    box.dataset.drawn = String(marks.length);
    box.dataset.took = (performance.now() - began).toFixed(0);
  }));
  const lost = document.querySelector("[data-map-nowhere]");
  lost.hidden = !told.lost;
  lost.querySelector("b").textContent = told.lost;
}

start();
