// "Use my position": shown only where the browser can tell it, given up after eight seconds.
// The position is rounded to about a hundred metres, because addresses end up in logs.
const form = document.querySelector("form[data-locate]");

if (form && "geolocation" in navigator && window.isSecureContext) {
  const status = form.querySelector("[role=status]");
  let known = false;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    if (known) return;
    event.preventDefault();
    status.textContent = form.dataset.waiting;
    let over = false;
    const failed = () => {
      over = true;
      status.textContent = form.dataset.failed;
      document.getElementById("id_q").focus();
    };
    // Some phones neither answer nor refuse: the library's own limit does not run while they ask.
    const patience = setTimeout(failed, 8000);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        if (over) return;
        clearTimeout(patience);
        known = true;
        form.elements.lat.value = coords.latitude.toFixed(3);
        form.elements.lon.value = coords.longitude.toFixed(3);
        form.submit();
      },
      () => {
        clearTimeout(patience);
        if (!over) failed();
      },
      { maximumAge: 60000, timeout: 7500 },
    );
  });
}
