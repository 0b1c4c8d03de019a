// What a page looks like to an eye and a thumb. Evaluated in a page, returns plain data.
//   limits.least    px that every visible text must have
//   limits.main     px that the main text, buttons and fields must have
//   limits.action   px that a main action must have in both directions
(limits) => {
  const faults = { text: [], lines: [], targets: [], near: [], clipped: [], moving: [], uncalled: [] };
  const SIDE = "small, .small, .meta, .crumbs, .field__help, .badge, .pill, .person__who > span, " +
    ".person > span, .choice__more, .foot, .top, .panel__label, .notice small";
  const SLACK = 0.5;
  const NEIGHBOURS = 8;
  const LEAST_TARGET = 44;

  const name = (node) => {
    const words = (node.innerText || node.value || node.name || "").trim().replace(/\s+/g, " ");
    const marks = [...node.classList].map((each) => `.${each}`).join("");
    return `${node.tagName.toLowerCase()}${marks} “${words.slice(0, 24)}”`;
  };
  const box = (node) => node.getBoundingClientRect();
  const unseen = (node) => {
    if (!node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return true;
    for (let up = node; up && up !== document.body; up = up.parentElement) {
      const around = box(up);
      const style = getComputedStyle(up);
      if (style.position !== "absolute") continue;
      if (around.width <= 1.5 || around.height <= 1.5) return true;
      if (around.right + scrollX <= 0 || around.bottom + scrollY <= 0) return true;
    }
    return false;
  };

  // --- Text: its size, its lines, whether anything lies over it or cuts it off

  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const holder = node.parentElement;
    if (!node.textContent.trim() || holder.closest("script, style, option, textarea")) continue;
    if (unseen(holder)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].filter((each) => each.width > 0 && each.height > 0);
    if (rects.length) texts.push({ node, holder, rects });
  }
  const isMain = (node) => node.closest("main") && !node.closest(SIDE);
  const checkSize = (node) => {
    const size = parseFloat(getComputedStyle(node).fontSize);
    const least = isMain(node) ? limits.main : limits.least;
    if (size < least - 0.01) faults.text.push(`${size} px, not ${least}: ${name(node)}`);
  };
  new Set(texts.map((each) => each.holder)).forEach(checkSize);
  document.querySelectorAll("input:not([type=hidden]), select, textarea").forEach((node) => {
    if (!unseen(node) && !["checkbox", "radio"].includes(node.type)) checkSize(node);
  });

  document.querySelectorAll("p, li, dd, dt, label, summary, .btn").forEach((node) => {
    if (unseen(node) || !node.innerText.trim()) return;
    const style = getComputedStyle(node);
    const ratio = parseFloat(style.lineHeight) / parseFloat(style.fontSize);
    if (!(ratio >= 1.3 - 0.001)) faults.lines.push(`line height ${ratio}: ${name(node)}`);
    const next = node.nextElementSibling;
    if (node.tagName !== "P" || !next || next.tagName !== "P" || unseen(next)) return;
    const gap = box(next).top - box(node).bottom;
    if (gap < -1) return;
    // From the last line of one paragraph to the first of the next: 1.3 times a line's way.
    const share = 1 + gap / parseFloat(style.lineHeight);
    if (share < 1.3 - 0.001) faults.lines.push(`paragraph gap ${share.toFixed(2)}: ${name(node)}`);
  });

  const bands = [];
  texts.forEach(({ node, holder, rects }) => {
    const around = holder.closest("a, button, summary, .pill, .badge, .choice, .card, .panel, .notice");
    const frame = around && getComputedStyle(around).display !== "inline" && box(around);
    rects.forEach((rect) => {
      const quarter = rect.height / 4;
      const band = {
        left: rect.left + 1, right: rect.right - 1,
        top: rect.top + quarter, bottom: rect.bottom - quarter, node, holder,
      };
      bands.push(band);
      const out = frame && (band.left < frame.left - 1 || band.right > frame.right + 1
        || band.top < frame.top - 1 || band.bottom > frame.bottom + 1);
      if (out) faults.clipped.push(`runs out of its box: ${name(around)}`);
      if (rect.right > document.documentElement.clientWidth + 1 || rect.left < -1) {
        faults.clipped.push(`runs out of the page: ${name(holder)}`);
      }
    });
  });
  bands.sort((a, b) => a.top - b.top);
  bands.forEach((one, at) => {
    for (let i = at + 1; i < bands.length && bands[i].top < one.bottom - 2; i += 1) {
      const other = bands[i];
      const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      if (other.node !== one.node && width > 2) {
        faults.clipped.push(`${name(one.holder)} lies over ${name(other.holder)}`);
      }
    }
  });
  document.querySelectorAll("body *").forEach((node) => {
    if (node.closest("svg, textarea, input, select") || unseen(node)) return;
    const style = getComputedStyle(node);
    if (style.overflowX === "visible" && style.overflowY === "visible") return;
    if (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1) {
      faults.clipped.push(`cut off: ${name(node)}`);
    }
  });

  // --- Targets: what a thumb must hit

  const inProse = (node) => {
    if (getComputedStyle(node).display !== "inline") return false;
    const around = node.closest("p, li, dd, td, div");
    return around && around.innerText.trim().length > node.innerText.trim().length + 3;
  };
  const targets = new Map();
  document.querySelectorAll("a[href], button, input, select, textarea, summary").forEach((node) => {
    if (node.type === "hidden" || unseen(node)) return;
    if (node.tagName === "A" && inProse(node)) return;
    const ticked = ["radio", "checkbox"].includes(node.type);
    const target = ticked && node.labels.length ? node.labels[0] : node;
    targets.set(target, box(target));
  });
  targets.forEach((rect, node) => {
    const isAction = node.matches(".btn, .home__acts a");
    const least = isAction ? limits.action : LEAST_TARGET;
    if (rect.width < least - SLACK || rect.height < least - SLACK) {
      const size = `${rect.width.toFixed(0)} × ${rect.height.toFixed(0)}`;
      faults.targets.push(`${size}, not ${least}: ${name(node)}`);
    }
  });
  const pairs = [...targets];
  pairs.forEach(([node, a], at) => {
    pairs.slice(at + 1).forEach(([other, b]) => {
      if (node.contains(other) || other.contains(node)) return;
      const dx = Math.max(0, a.left - b.right, b.left - a.right);
      const dy = Math.max(0, a.top - b.bottom, b.top - a.bottom);
      const gap = Math.hypot(dx, dy);
      if (gap < NEIGHBOURS - SLACK) {
        faults.near.push(`${gap.toFixed(1)} px between ${name(node)} and ${name(other)}`);
      }
    });
  });

  // --- What moves, and what nobody asked for

  const seconds = (list) => Math.max(...list.split(",").map((each) => parseFloat(each)));
  document.querySelectorAll("*").forEach((node) => {
    const style = getComputedStyle(node);
    const takes = Math.max(
      style.animationName === "none" ? 0 : seconds(style.animationDuration),
      seconds(style.transitionDuration),
    );
    if (takes > 0.2) faults.moving.push(`${takes} s: ${name(node)}`);
    if (unseen(node) || !document.body.contains(node)) return;
    const covers = style.position === "fixed" || style.position === "sticky";
    const asks = node.matches("dialog[open], [role=dialog], [role=alertdialog], [aria-modal=true], [popover]");
    if (covers || asks) faults.uncalled.push(name(node));
  });
  const turn = document.querySelector("meta[http-equiv=refresh]");
  if (turn) faults.uncalled.push("meta refresh");

  // --- What the page is and offers

  const inside = (node) => node.closest(".reading, .top__choices, .foot__choices") === null;
  const path = (address) => {
    const parts = new URL(address, location.href);
    return parts.protocol.startsWith("http") ? parts.pathname + parts.search : address;
  };
  const fields = (form) => [...new Set([...form.elements].map((each) => each.name))]
    .filter((each) => each && each !== "csrfmiddlewaretoken").sort().join(" ");
  return {
    faults,
    lang: document.documentElement.lang,
    title: document.title,
    viewport: document.querySelector("meta[name=viewport]").content,
    mistakes: document.querySelectorAll(".error-summary, .field__error").length,
    ways: [...document.querySelectorAll("a[href]")].map((each) => path(each.href)).sort(),
    forms: [...document.forms].filter(inside)
      .map((each) => `${each.method} ${path(each.getAttribute("action") || "")} ${fields(each)}`).sort(),
    inputs: [...document.querySelectorAll("input:not([type=hidden])")].map((each) => ({
      name: each.name, type: each.type, autocomplete: each.autocomplete, inputmode: each.inputMode,
    })),
    scripts: [...document.scripts].map((each) => each.type),
    counted: { texts: texts.length, targets: targets.size },
  };
}
