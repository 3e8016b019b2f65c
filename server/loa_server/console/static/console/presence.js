// Whether a node is there, by when it was last heard: the same rule as fleet/status.py, between two pages.
export function presence({ seen, online, every }, { late, offline }) {
  const beats = (Date.now() - seen) / (1000 * Math.max(1, every));
  if (!online || beats > Number(offline)) return "offline";
  return beats > Number(late) ? "late" : "online";
}
