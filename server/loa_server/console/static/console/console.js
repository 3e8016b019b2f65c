// What makes the forms quicker where a browser can; every page works without it.

for (const form of document.querySelectorAll("form[data-working]")) {
  form.addEventListener("submit", () => form.classList.add("busy"));
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form.busy")) form.classList.remove("busy");
});

// A chosen file is sent at once: choosing it is what the person came to do.
for (const box of document.querySelectorAll("input[data-sends]")) {
  box.addEventListener("change", () => {
    if (box.files.length) box.form.requestSubmit(box.form.querySelector('button[value="save"]'));
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Leaving with words that were not saved asks first.
for (const form of document.querySelectorAll("form[data-typing]")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

const tree = document.querySelector("[data-tree]");
if (tree) {
  const shade = () => {
    if (tree.dataset.tree === "one") return;  // a radio covers nothing below it
    for (const item of tree.querySelectorAll("li")) {
      const over = item.parentElement.closest("li");
      const covered = over && (over.dataset.covered || over.querySelector("input").checked);
      if (covered) item.dataset.covered = "yes"; else delete item.dataset.covered;
    }
  };
  tree.addEventListener("change", shade);
  shade();

  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();
  const search = document.querySelector("[data-search]");
  if (search) search.hidden = false; // a folded tree is searched by the server
  search?.querySelector("input").addEventListener("input", (event) => {
    const words = fold(event.target.value).split(/\s+/).filter(Boolean);
    const meets = (item) => words.every((word) => fold(item.querySelector("label").textContent).includes(word));
    for (const item of tree.querySelectorAll("li")) {
      const near = [item, ...item.querySelectorAll("li")].some(meets);
      let over = item.parentElement.closest("li");
      let inside = false;
      while (over) { inside ||= meets(over); over = over.parentElement.closest("li"); }
      item.hidden = words.length > 0 && !near && !inside;
    }
  });
}

// The picture of a node's screen, taken anew every few seconds while somebody looks.
for (const picture of document.querySelectorAll("img[data-again]")) {
  const address = picture.getAttribute("src");
  setInterval(() => {
    if (document.visibilityState === "visible") picture.src = `${address}?at=${Date.now()}`;
  }, Number(picture.dataset.again) * 1000);
}
