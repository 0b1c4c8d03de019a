// Reads the page aloud in the large-print version.
//   button[data-read-aloud]   hidden until this finds a voice engine; data-stop="…" is its word
//                             while it reads, [data-read-aloud-word] the place of the word.
//   [data-no-reading]         inside main: left out (so are forms' own controls and hidden parts).
// Long pages are cut into sentences: some engines fall silent after fifteen seconds of one text.

const button = document.querySelector("button[data-read-aloud]");
const engine = window.speechSynthesis;
const LEFT_OUT = "[hidden], .visually-hidden, .print-only, [data-no-reading], script, select, svg, [aria-hidden=true]";
const LONGEST = 120;

function wordsOf(node, found = []) {
  node.childNodes.forEach((child) => {
    if (child.nodeType === Node.TEXT_NODE) found.push(child.textContent);
    else if (child.nodeType === Node.ELEMENT_NODE && !child.matches(LEFT_OUT)) {
      const label = child.getAttribute("role") === "img" && child.getAttribute("aria-label");
      if (label) found.push(label);
      else wordsOf(child, found);
      if (getComputedStyle(child).display !== "inline") found.push("\n");
    }
  });
  return found;
}

function sentences(text) {
  const parts = text
    .replace(/[ \t\u00a0]+/g, " ")
    .split(/\n+|(?:[。！？；]|[.!?;](?= ))/)
    .map((part) => part.trim())
    .filter(Boolean);
  return parts.reduce((all, part) => {
    for (let i = 0; i < part.length; i += LONGEST) all.push(part.slice(i, i + LONGEST));
    return all;
  }, []);
}

if (button && engine && window.SpeechSynthesisUtterance) {
  const word = button.querySelector("[data-read-aloud-word]");
  const begin = word.textContent;
  let reading = false;

  const show = (on) => {
    reading = on;
    word.textContent = on ? button.dataset.stop : begin;
    button.setAttribute("aria-pressed", String(on));
  };
  const stop = () => {
    engine.cancel();
    show(false);
  };
  const start = () => {
    engine.cancel();
    const parts = sentences(wordsOf(document.getElementById("main")).join(""));
    parts.forEach((part, number) => {
      const speech = new SpeechSynthesisUtterance(part);
      speech.lang = document.documentElement.lang;
      speech.rate = 0.9;
      speech.onerror = () => show(false);
      if (number === parts.length - 1) speech.onend = () => show(false);
      engine.speak(speech);
    });
    show(parts.length > 0);
  };

  button.hidden = false;
  show(false);
  button.addEventListener("click", () => (reading ? stop() : start()));
  window.addEventListener("pagehide", stop);
}
