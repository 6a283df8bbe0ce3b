"use strict";
// Comfort only: without it the texts are selected and copied by hand.
for (const button of document.querySelectorAll(".pt-copy")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) continue;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch (refusal) {
      // No clipboard without https: mark the text, so that one key press copies it.
      if ("select" in source) { source.focus(); source.select(); } else window.getSelection().selectAllChildren(source);
      if (!document.execCommand("copy")) return;
    }
    button.textContent = button.dataset.done;
    window.setTimeout(() => { button.textContent = label; }, 2000);
  });
}
