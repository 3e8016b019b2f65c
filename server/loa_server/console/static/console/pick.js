// Places chosen on the map: a press ticks the very box that stands in the tree, which is what is sent.

const tree = document.querySelector("[data-tree]");
const part = document.querySelector("[data-pick]");
const box = part?.querySelector("[data-places]");
const LOOKS = {
  chosen: { color: "#0b5c7a", weight: 2, fillColor: "#0b5c7a", fillOpacity: 0.6 },
  within: { color: "#0b5c7a", weight: 1, fillColor: "#0b5c7a", fillOpacity: 0.3 },
  free: { color: "#5a6b78", weight: 1, fillColor: "#dfe8ee", fillOpacity: 0.6 },
};

const boxOf = (id) => tree.querySelector(`input[name="areas"][value="${CSS.escape(id)}"]`);
const isTicked = (id) => Boolean(boxOf(id)?.checked);

function lookOf({ id, above }) {
  if (isTicked(id)) return "chosen";
  return above.some(isTicked) ? "within" : "free";
}

// A folded tree of thousands does not hold every box.
function added({ id, name }) {
  const input = Object.assign(document.createElement("input"), { type: "checkbox", name: "areas", value: id });
  const said = Object.assign(document.createElement("span"), { textContent: name });
  const label = document.createElement("label");
  label.append(input, said);
  const item = document.createElement("li");
  item.append(label);
  tree.append(item);
  return input;
}

function turn(place) {
  if (lookOf(place) === "within") return; // its commune is chosen as a whole
  const input = boxOf(place.id) ?? added(place);
  input.checked = !input.checked;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function saidOf(place) {
  const said = document.createElement("span");
  said.textContent = lookOf(place) === "within" ? `${place.name}: ${box.dataset.within}` : place.name;
  return said;
}

const loaded = (element) =>
  new Promise((done, failed) => {
    element.addEventListener("load", done);
    element.addEventListener("error", failed);
    document.head.append(element);
  });

function shapeOf(L, place) {
  if (!place.polygons) return L.circleMarker([place.lat, place.lon], { radius: 9 });
  return L.polygon(place.polygons.map((polygon) => polygon.map((ring) => ring.map(([lon, lat]) => [lat, lon]))));
}

function draw(L, places) {
  const map = L.map(box, { preferCanvas: true, attributionControl: false, zoomSnap: 0.25, zoomControl: false });
  L.control.zoom({ zoomInTitle: box.dataset.nearer, zoomOutTitle: box.dataset.farther }).addTo(map);
  const shapes = L.featureGroup(places.map((place) => Object.assign(shapeOf(L, place), { place })));
  const paint = () => shapes.eachLayer((shape) => shape.setStyle(LOOKS[lookOf(shape.place)]));
  map.fitBounds(shapes.getBounds().pad(0.05), { animate: false, maxZoom: 14 });
  shapes.bindTooltip(({ place }) => saidOf(place), { sticky: true });
  shapes.on("click", ({ layer }) => turn(layer.place));
  shapes.addTo(map);
  paint();
  tree.addEventListener("change", paint);
  box.dataset.drawn = String(places.length);
}

async function start() {
  const { leaflet, style, places } = box.dataset;
  try {
    const [answer] = await Promise.all([
      fetch(places),
      loaded(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style })),
      loaded(Object.assign(document.createElement("script"), { src: leaflet })),
    ]);
    const told = await answer.json();
    if (told.places.length) draw(window.L, told.places);
    else part.querySelector("[data-pick-none]").hidden = false;
    box.hidden = !told.places.length;
  } catch {
    part.querySelector("[data-pick-lost]").hidden = false;
    box.hidden = true;
  }
}

if (tree && box) {
  part.hidden = false;
  part.addEventListener("toggle", start, { once: true });
}
