"use strict";
// Comfort only: the call page works without it, by its links. It asks every few seconds what others have done, and
// lets the timers run. What somebody is typing is never touched.
(() => {
  const page = document.getElementById("call");
  if (!page) return;
  const EVERY = 2500, SLOWEST = 30000;
  const started = performance.now(), serverThen = Date.parse(page.dataset.now);
  const serverNow = () => serverThen + performance.now() - started;

  // Tokens are masked anew in every answer, and `seen` is followed below: neither is news.
  const plain = (part) => part.innerHTML
    .replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "").replace(/name="seen" value="[^"]*"/g, "")
    .replace(/\s+/g, " ");
  const news = new Map();
  const partsIn = (root) => [...root.querySelectorAll("[data-part]")].filter(
    (part) => part.parentElement.closest("[data-part]") === (root.dataset && root.dataset.part ? root : null));
  const remember = (part) => { news.set(part.dataset.part, plain(part)); partsIn(part).forEach(remember); };

  // A field that somebody stands in is not taken away while it serves; one that serves no more only if something was typed.
  const inUse = (part, same) => {
    const at = document.activeElement;
    if (same && at && part.contains(at) && at.matches("input:not([type=hidden]), textarea, select")) return true;
    if (part.querySelector("details.pt-offer[open], form[data-sent]")) return true;
    return [...part.querySelectorAll("input:not([type=hidden]), textarea")].some(
      (field) => (field.type === "radio" || field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue));
  };
  const follow = (part, fresh) => {
    const now = fresh.querySelector("input[name=seen]");
    if (now) for (const old of part.querySelectorAll("input[name=seen]")) old.value = now.value;
  };
  const tellChanged = (part) => {
    if (part.querySelector(".pt-changed")) return;
    const note = document.createElement("p"), link = document.createElement("a");
    note.className = "pt-alarm pt-changed";
    note.setAttribute("role", "status");
    link.href = window.location.pathname + window.location.search;
    link.textContent = page.dataset.show;
    note.append(`${page.dataset.changed} `, link);
    part.prepend(note);
  };
  const swap = (part, fresh) => {
    const inside = document.activeElement && part.contains(document.activeElement);
    const name = inside ? document.activeElement.textContent : "";
    if (fresh.dataset.said && fresh.dataset.said !== part.dataset.said) document.getElementById("call-said").textContent = fresh.dataset.said;
    part.replaceWith(fresh);
    if (!inside) return;
    const again = [...fresh.querySelectorAll("button, a, summary")].find((each) => name && each.textContent === name);
    (again || fresh.querySelector("[autofocus]"))?.focus();
  };
  let tag = "", wait = EVERY, timer = 0;
  const update = (part, fresh) => {
    const children = partsIn(fresh);
    const same = part.dataset.key === fresh.dataset.key;
    if (same && children.length) {
      const here = new Map(partsIn(part).map((child) => [child.dataset.part, child]));
      if (children.every((child) => here.has(child.dataset.part)) && here.size === children.length) {
        for (const child of children) update(here.get(child.dataset.part), child);
        return;
      }
    }
    const text = plain(fresh);
    if (text === news.get(part.dataset.part) && same) { follow(part, fresh); return; }
    if (inUse(part, same)) {
      tag = "";  // what had to wait is asked for again
      if (same) follow(part, fresh); else tellChanged(part);
      return;
    }
    remember(fresh);
    swap(part, fresh);
  };

  const lost = document.getElementById("call-lost");
  const look = async () => {
    window.clearTimeout(timer);
    if (document.hidden) return;
    try {
      const answer = await fetch(page.dataset.live, { headers: tag ? { "If-None-Match": tag } : {}, redirect: "error", credentials: "same-origin" });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") || "";
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
        for (const part of partsIn(fresh)) {
          const old = page.querySelector(`[data-part="${part.dataset.part}"]`);
          if (old) update(old, part);
        }
      } else if (answer.status !== 304) throw new Error(String(answer.status));
      // A call that is over changes seldom.
      const main = page.querySelector('[data-part="main"]');
      wait = ["booked", "started"].includes(main && main.dataset.key) ? EVERY : SLOWEST;
      lost.hidden = true;
    } catch {
      wait = Math.min(wait * 2, SLOWEST);
      lost.textContent = page.dataset.lost;
      lost.hidden = false;
    }
    timer = window.setTimeout(look, wait);
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  for (const part of partsIn(page)) remember(part);
  timer = window.setTimeout(look, EVERY);

  const two = (number) => String(number).padStart(2, "0");
  const tick = () => {
    for (const each of page.querySelectorAll(".pt-timer")) {
      const seconds = Math.ceil((Date.parse(each.dataset.until) - serverNow()) / 1000);
      const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
      const left = hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
      each.textContent = seconds > 0 ? each.dataset.words.replace("{left}", left) : each.dataset.over;
      each.classList.toggle("pt-warn", seconds <= 120 && !hours);
    }
  };
  tick();
  window.setInterval(tick, 1000);
})();
