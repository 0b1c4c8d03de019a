// Two helps for a report, neither of them needed: a counter under long texts, and photos made
// smaller before they travel.

function count(area) {
  const limit = Number(area.dataset.count);
  const line = document.createElement("p");
  line.className = "field__help";
  line.setAttribute("aria-live", "off");
  area.after(line);
  const show = () => {
    line.textContent = `${[...area.value].length} / ${limit}`;
  };
  area.addEventListener("input", show);
  show();
}

const LONGEST_SIDE = 2048;

async function smaller(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size < 1500000) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  if (!blob || blob.size >= file.size) return file;
  const name = file.name.replace(/\.[^.]*$/, "");
  return new File([blob], `${name || "photo"}.jpg`, { type: "image/jpeg" });
}

function shrink(form) {
  const status = form.querySelector("[data-shrink-status]");
  form.addEventListener("change", async (event) => {
    const input = event.target;
    if (input.type !== "file" || !input.files.length) return;
    status.textContent = form.dataset.working;
    try {
      const bag = new DataTransfer();
      bag.items.add(await smaller(input.files[0]));
      input.files = bag.files;
    } catch {
      // The picture travels as it is; the server has the last word on it.
    }
    status.textContent = "";
  });
}

document.querySelectorAll("textarea[data-count]").forEach(count);
if ("createImageBitmap" in window && "DataTransfer" in window) {
  document.querySelectorAll("form[data-shrink]").forEach(shrink);
}
