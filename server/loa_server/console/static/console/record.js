// Recording a voice in the browser. What was recorded is kept in this browser's own store from the
// first seconds on, and forgotten only when the server has it: a lost connection, an ended session
// or a crashed browser costs nobody a reading in a language that few people read.

import { post, shown } from "./progress.js";

const SLICE_MS = 2000;
const TOO_SOFT = 0.02;  // RMS: a voice across the room
const TOO_LOUD = 0.98;  // peak

const keep = await open_store();

for (const place of document.querySelectorAll("[data-record]")) new Recorder_(place);

function open_store() {
  return new Promise((resolve) => {
    const asked = indexedDB.open("loa-recordings", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("slices", { keyPath: ["key", "n"] });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => resolve(null);  // a private window: recording works, a crash loses it
  });
}

function store(work) {
  return new Promise((resolve) => {
    if (!keep) return resolve(undefined);
    const turn = keep.transaction("slices", "readwrite");
    const asked = work(turn.objectStore("slices"));
    turn.oncomplete = () => resolve(asked?.result);
    turn.onerror = turn.onabort = () => resolve(undefined);
  });
}

function Recorder_(place) {
  const part = (name) => place.querySelector(`[data-part="${name}"]`);
  const say = (word) => { part("said").textContent = word ? place.dataset[word] : ""; };
  const key = place.dataset.record;
  const range = IDBKeyRange.bound([key, 0], [key, Infinity]);
  let recorder = null, slices = [], sound = null, meter = 0, began = 0, type = "";

  const show = (state) => { place.dataset.state = state; };
  const clock = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

  async function start() {
    say("");
    if (!navigator.mediaDevices || !window.MediaRecorder) return say("unable");
    let stream;
    try {
      // No noise suppression: it eats what it takes for noise, tones and soft endings of words too.
      stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true },
      });
    } catch (refused) {
      return say(refused.name === "NotFoundError" ? "nothing" : "denied");
    }
    await store((slot) => slot.delete(range));
    slices = [];
    recorder = new MediaRecorder(stream, { audioBitsPerSecond: 96000 });
    type = recorder.mimeType;
    recorder.ondataavailable = (event) => {
      if (!event.data.size) return;
      slices.push(event.data);
      const n = slices.length, blob = event.data, at = began;
      store((slot) => slot.put({ key, n, blob, at, type }));
    };
    recorder.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      clearInterval(meter);
      ready(new Blob(slices, { type }));
    };
    began = Date.now();
    recorder.start(SLICE_MS);
    show("recording");
    watch(stream);
  }

  function watch(stream) {
    const sounds = new AudioContext();
    const ear = sounds.createAnalyser();
    ear.fftSize = 2048;
    sounds.createMediaStreamSource(stream).connect(ear);
    const heard = new Float32Array(ear.fftSize);
    let loudest = 0, soft = 0;
    meter = setInterval(() => {
      if (recorder.state !== "recording") { sounds.close(); return; }
      ear.getFloatTimeDomainData(heard);
      let power = 0, peak = 0;
      for (const one of heard) { power += one * one; peak = Math.max(peak, Math.abs(one)); }
      const level = Math.sqrt(power / heard.length);
      loudest = Math.max(level, loudest * 0.97);
      part("level").value = Math.min(1, Math.sqrt(level) * 1.4);
      part("time").textContent = clock(Date.now() - began);
      soft = loudest < TOO_SOFT ? soft + 1 : 0;
      say(peak > TOO_LOUD ? "loud" : soft > 30 ? "soft" : "");
    }, 100);
  }

  function ready(made) {
    sound = made;
    const listen = part("listen");
    URL.revokeObjectURL(listen.src);
    listen.src = URL.createObjectURL(made);
    show("ready");
  }

  async function send() {
    const form = new FormData();
    form.append("voice", new File([sound], "recording", { type: sound.type }));
    show("sending");
    say("sending");
    const bar = place.querySelector("[data-progress]");
    let answer;
    try {
      answer = await post(place.dataset.address, form, {
        headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
        tell: shown(bar),
      });
    } catch {
      bar.hidden = true;
      show("ready");
      return say("unsent");
    }
    bar.hidden = true;
    if (answer.status === 200 && answer.responseText === "{}") {
      await store((slot) => slot.delete(range));
      location.reload();
      return;
    }
    show("ready");
    if (answer.status === 422) part("said").textContent = JSON.parse(answer.responseText).fault;
    // a stranger's recording is too long before anybody asks who sends it
    else say([200, 401, 403, 413].includes(answer.status) ? "signed_out" : "unsent");
  }

  async function drop() {
    await store((slot) => slot.delete(range));
    sound = null;
    say("");
    show("idle");
  }

  async function find_left_over() {
    const rows = await store((slot) => slot.getAll(range));
    if (!rows?.length) return;
    ready(new Blob(rows.map((row) => row.blob), { type: rows[0].type }));
    say("found");
  }

  part("start").addEventListener("click", start);
  part("again").addEventListener("click", start);
  part("stop").addEventListener("click", () => recorder.stop());
  part("send").addEventListener("click", send);
  part("drop").addEventListener("click", drop);
  addEventListener("beforeunload", (event) => {
    if (recorder?.state === "recording") event.preventDefault();
  });
  place.hidden = false;
  show("idle");
  if (!window.isSecureContext) { part("start").disabled = true; say("insecure"); }
  else find_left_over();
}
