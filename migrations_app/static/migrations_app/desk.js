"use strict";
// Comfort only: every page of the desk works without it.
document.addEventListener("submit", (event) => {
  // A second click must not send a form twice while the first is on its way to Meta.
  const form = event.target;
  if (!form.closest(".pt")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button")) window.setTimeout(() => { button.disabled = true; }, 0);
});
// A page that comes back from the browser's memory may be used again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll(".pt form")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }
});
document.addEventListener("click", (event) => {
  // One pop-up form at a time; a click elsewhere closes it.
  for (const open of document.querySelectorAll(".pt-offer[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const open of document.querySelectorAll(".pt-offer[open]")) open.open = false;
});
