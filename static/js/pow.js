// Solves the riddle of components/puzzle.html while the person reads, in short slices so that the
// page stays usable. Own SHA-256, because crypto.subtle is missing on plain http and slow in small bites.

const K = new Uint32Array(64);
const START = new Uint32Array(8);

(function fillConstants() {
  const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) >>> 0;
  let found = 0;
  for (let n = 2; found < 64; n += 1) {
    let prime = true;
    for (let d = 2; d * d <= n; d += 1) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(n));
    K[found] = fraction(Math.cbrt(n));
    found += 1;
  }
})();

const W = new Uint32Array(64);

/** First 32 bits of SHA-256 of an ASCII text. */
export function firstWord(text) {
  const length = text.length;
  const blocks = ((length + 8) >> 6) + 1;
  const words = new Uint32Array(blocks * 16);
  for (let i = 0; i < length; i += 1) words[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8);
  words[length >> 2] |= 0x80 << (24 - (length & 3) * 8);
  words[words.length - 1] = length * 8;
  const H = START.slice();
  for (let block = 0; block < blocks; block += 1) {
    for (let i = 0; i < 16; i += 1) W[i] = words[block * 16 + i];
    for (let i = 16; i < 64; i += 1) {
      const x = W[i - 15];
      const y = W[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = H;
    for (let i = 0; i < 64; i += 1) {
      const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + S1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    H[0] += a;
    H[1] += b;
    H[2] += c;
    H[3] += d;
    H[4] += e;
    H[5] += f;
    H[6] += g;
    H[7] += h;
  }
  return H[0];
}

/** Resolves with a nonce for a riddle that begins with "<bits>-". */
export function solve(riddle) {
  const bits = Number.parseInt(riddle, 10);
  let nonce = 0;
  return new Promise((resolve) => {
    function slice() {
      const until = performance.now() + 25;
      while (performance.now() < until) {
        for (let i = 0; i < 200; i += 1, nonce += 1) {
          if (Math.clz32(firstWord(`${riddle}.${nonce}`)) >= bits) {
            resolve(String(nonce));
            return;
          }
        }
      }
      setTimeout(slice, 0);
    }
    slice();
  });
}

function attach(box) {
  const form = box.closest("form");
  const riddle = box.querySelector("[name=pow_challenge]");
  const nonce = box.querySelector("[name=pow_nonce]");
  const status = box.querySelector("[data-pow-status]");
  if (!form || !riddle || !nonce || !riddle.value) return;
  let pressed = null;
  form.addEventListener("submit", (event) => {
    if (nonce.value) return;
    event.preventDefault();
    pressed = event.submitter || form;
  });
  if (status) status.textContent = box.dataset.working;
  solve(riddle.value).then((answer) => {
    nonce.value = answer;
    if (status) status.textContent = box.dataset.ready;
    if (pressed) form.requestSubmit(pressed === form ? undefined : pressed);
  });
}

if (typeof document !== "undefined") document.querySelectorAll("[data-pow]").forEach(attach);
